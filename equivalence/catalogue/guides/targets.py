"""Targets that a loss refuses, or takes for something else."""

from __future__ import annotations

from equivalence.schema import Guide, Message, Suspect

_SPARSE = "keras.losses.SparseCategoricalCrossentropy"
_CATEGORICAL = "keras.losses.CategoricalCrossentropy"
_BINARY = "keras.losses.BinaryCrossentropy"

TargetsDoNotFit = Guide(
    id="targets-do-not-fit",
    title="Targets do not fit the loss",
    about="target label hot dtype shape rank",
    says="A loss refuses its targets, or broadcasts them: each wants one type and one shape.",
    first="nn.CrossEntropyLoss takes class numbers, int64 of shape (N,), and logits (N, classes); losses of "
    "numbers take "
    "floats of the shape of the predictions.",
    asked=(
        "shape of the targets is wrong for the loss",
        "labels have the wrong dtype for cross entropy",
        "target and output shapes are incompatible",
        "labels out of range of the classes",
        "CUDA error: device-side assert triggered, Assertion t >= 0 && t < n_classes failed",
        "one hot labels or class indices, loss refuses one hot targets",
    ),
    suspects=(
        Suspect("keras.losses.MeanSquaredError#ranks", "a warning of a target size that differs: (N,) beside (N, 1)"),
        Suspect(
            "keras.losses.SparseCategoricalCrossentropy#logits", "it fits, and the loss falls slowly: softmax twice"
        ),
        Suspect("keras.losses.SparseCategoricalCrossentropy#ignored", "some labels are to be ignored"),
        Suspect("keras.losses.BinaryCrossentropy#logits", "logits go into nn.BCELoss"),
    ),
    command="equivalence check model.keras port.py:Net --train",
    messages=(
        Message(
            "expected target dtype to be Long or Byte, but got Float",
            _SPARSE,
            "Class numbers are int64 in torch; Keras casts whatever it is given.",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([1.0, 2.0, 3.0, 4.0]))",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([1.0, 2.0, 3.0, 4.0]).long())",
            heard=("expected scalar type Long but found Float", "expected scalar type Long but found Int"),
        ),
        Message(
            "Expected floating point type for target with class probabilities, got Long",
            _CATEGORICAL,
            "Targets of the shape of the logits are probabilities, and floats.",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), F.one_hot(torch.tensor([1, 2, 3, 4]), 10))",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), F.one_hot(torch.tensor([1, 2, 3, 4]), 10).float())",
        ),
        Message(
            "0D or 1D target tensor expected, multi-target not supported",
            _SPARSE,
            "Class numbers come as (N,): an axis of size 1 goes, and one-hot rows become numbers.",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([[1], [2], [3], [4]]))",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([[1], [2], [3], [4]]).squeeze(1))",
            heard=("multi-target not supported at", "1D target tensor expected, multi-target not supported"),
        ),
        Message(
            "only batches of spatial targets supported (3D tensors) but got targets of dimension: 4",
            _SPARSE,
            "A mask of class numbers is (N, H, W): the channel of size 1 goes.",
            "nn.CrossEntropyLoss()(torch.randn(4, 3, 8, 8), torch.zeros(4, 1, 8, 8, dtype=torch.long))",
            "nn.CrossEntropyLoss()(torch.randn(4, 3, 8, 8), torch.zeros(4, 1, 8, 8, dtype=torch.long).squeeze(1))",
        ),
        Message(
            "Target 10 is out of bounds.",
            _SPARSE,
            "Class numbers run from 0 to classes - 1: labels from 1 want one less, or a layer wants one output more.",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([1, 2, 3, 10]))",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([1, 2, 3, 10]) - 1)",
            heard=("CUDA error: device-side assert triggered", "Assertion t >= 0 && t < n_classes failed"),
        ),
        Message(
            "Expected input batch_size (4) to match target batch_size (3).",
            _SPARSE,
            "The predictions lost or gained rows: a view before the loss has the wrong first size, or Flatten "
            "took the batch.",
            "nn.CrossEntropyLoss()(torch.randn(4, 4, 10).flatten(0, 1), torch.tensor([1, 2, 3, 4]))",
            "nn.CrossEntropyLoss()(torch.randn(4, 10), torch.tensor([1, 2, 3, 4]))",
        ),
        Message(
            "Using a target size (torch.Size([32])) that is different to the input size (torch.Size([32, 1])). "
            "This will "
            "likely lead to incorrect results due to broadcasting",
            "keras.losses.MeanSquaredError",
            "All predictions are held against all targets; Keras adds the missing axis by itself.",
            "nn.MSELoss()(torch.randn(32, 1), torch.randn(32))",
            "nn.MSELoss()(torch.randn(32, 1), torch.randn(32).unsqueeze(1))",
        ),
        Message(
            "Target size (torch.Size([32])) must be the same as input size (torch.Size([32, 1]))",
            _BINARY,
            "Targets want the shape of the predictions; Keras adds the missing axis by itself.",
            "nn.BCEWithLogitsLoss()(torch.randn(32, 1), torch.ones(32))",
            "nn.BCEWithLogitsLoss()(torch.randn(32, 1), torch.ones(32).unsqueeze(1))",
        ),
        Message(
            "result type Float can't be cast to the desired output type Long",
            _BINARY,
            "The binary loss wants targets of 0.0 and 1.0, as floats; Keras casts them.",
            "nn.BCEWithLogitsLoss()(torch.randn(2, 1), torch.tensor([[0], [1]]))",
            "nn.BCEWithLogitsLoss()(torch.randn(2, 1), torch.tensor([[0], [1]]).float())",
            heard=("result type Float can't be cast to the desired output type long int",),
        ),
        Message(
            "Found dtype Long but expected Float",
            _BINARY,
            "This loss wants targets of the type of the predictions; Keras casts them.",
            "nn.BCELoss()(torch.rand(2, 1), torch.tensor([[0], [1]]))",
            "nn.BCELoss()(torch.rand(2, 1), torch.tensor([[0], [1]]).float())",
            heard=("expected scalar type Float but found Long", "Found dtype Double but expected Float"),
        ),
        Message(
            "all elements of input should be between 0 and 1",
            _BINARY,
            "nn.BCELoss takes probabilities: logits go into nn.BCEWithLogitsLoss, Keras's from_logits=True.",
            "nn.BCELoss()(torch.tensor([[3.0], [-2.0]]), torch.ones(2, 1))",
            "nn.BCEWithLogitsLoss()(torch.tensor([[3.0], [-2.0]]), torch.ones(2, 1))",
            heard=("Assertion `input_val >= zero && input_val <= one` failed",),
        ),
        Message(
            "Arguments `target` and `output` must have the same shape. Received: target.shape=(None, 1), "
            "output.shape=(None, 10)",
            _CATEGORICAL,
            "categorical_crossentropy takes one-hot rows, its sparse form class numbers, as nn.CrossEntropyLoss does.",
            "keras.losses.CategoricalCrossentropy()(np.array([[1], [2]]), np.full((2, 10), 0.1))",
            "keras.losses.SparseCategoricalCrossentropy()(np.array([[1], [2]]), np.full((2, 10), 0.1))",
            heard=(
                "Shapes (None, 1) and (None, 10) are incompatible",
                "Arguments `target` and `output` must have the same rank (ndim)",
                "You are passing a target array of shape (…) while using as loss categorical_crossentropy",
            ),
        ),
        Message(
            "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape=(2, 10), "
            "output.shape=(2, 10)",
            _SPARSE,
            "sparse_categorical_crossentropy takes class numbers; one-hot rows belong to categorical_crossentropy.",
            "keras.losses.SparseCategoricalCrossentropy()(np.eye(10)[:2], np.full((2, 10), 0.1))",
            "keras.losses.CategoricalCrossentropy()(np.eye(10)[:2], np.full((2, 10), 0.1))",
            heard=(
                "logits and labels must have the same first dimension, got logits shape",
                "logits and labels must be broadcastable: logits_size",
            ),
        ),
        Message(
            "Received a label value of 10 which is outside the valid range of [0, 10).",
            _SPARSE,
            "Class numbers run from 0 to classes - 1: labels from 1 want one less, or a layer wants one output more.",
            "keras.losses.SparseCategoricalCrossentropy()(np.array([1, 10]), np.full((2, 10), 0.1))",
            "keras.losses.SparseCategoricalCrossentropy()(np.array([1, 10]) - 1, np.full((2, 10), 0.1))",
        ),
        Message(
            "Arguments `target` and `output` must have the same shape. Received: target.shape=(4, 1), "
            "output.shape=(4, 2)",
            _BINARY,
            "The binary loss compares number by number: two classes want one output, or the categorical loss.",
            "keras.losses.BinaryCrossentropy()(np.ones((4, 1)), np.full((4, 2), 0.5))",
            "keras.losses.BinaryCrossentropy()(np.ones((4, 1)), np.full((4, 1), 0.5))",
            heard=("`logits` and `labels` must have the same shape, received",),
        ),
    ),
)
