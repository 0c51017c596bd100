"""Code of the other library in this one: what calls, classes and values are not here."""

from __future__ import annotations

from equivalence.schema import Guide, Message

CodeOfTheOther = Guide(
    id="code-of-the-other",
    title="A model's code does not run in the other library",
    about="forward() callable attribute boolean module __init__ symbolic kerastensor session placeholder",
    says="Calls, containers and values are others in the two: what is code in Keras may be an object in torch.",
    first="`equivalence translate FILE.py` writes the definition in the other library.",
    asked=(
        "forward is missing an argument",
        "module is not callable, function where a layer is expected",
        "names of TensorFlow 1 are gone, sessions, placeholders",
        "a symbolic tensor has no value",
    ),
    suspects=(),
    messages=(
        Message(
            "forward() missing 1 required positional argument:",
            "keras.Model",
            "A module is called with what its forward takes; several inputs are several arguments, where Keras "
            "takes a "
            "list.",
            "class Net(nn.Module):\n    def forward(self, a, b):\n        return a + b\nNet()([torch.ones(2), "
            "torch.ones(2)])",
            "class Net(nn.Module):\n    def forward(self, a, b):\n        return a + b\nNet()(torch.ones(2), "
            "torch.ones(2))",
            heard=("forward() takes 2 positional arguments but 3 were given",),
        ),
        Message(
            "is not a Module subclass",
            "keras.Sequential",
            "nn.Sequential takes modules; of a function take its module: nn.ReLU() for F.relu, as Keras's Activation.",
            "nn.Sequential(nn.Linear(3, 2), F.relu)",
            "nn.Sequential(nn.Linear(3, 2), nn.ReLU())",
        ),
        Message(
            "cannot assign module before Module.__init__() call",
            "keras.layers.Layer",
            "A class calls super().__init__() before it gets layers; Keras 3 does so by itself.",
            "class Net(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(3, 2)\nNet()",
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = "
            "nn.Linear(3, 2)\n"
            "Net()",
        ),
        Message(
            "cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected)",
            "keras.layers.Layer",
            "Weights are set inside the parameter, as Keras's set_weights does.",
            "nn.Linear(3, 2).weight = torch.ones(2, 3)",
            "nn.Linear(3, 2).weight.data.copy_(torch.ones(2, 3))",
        ),
        Message(
            "'Tensor' object is not callable",
            "keras.layers.Layer",
            "A module is made once and then called; here its result is called again.",
            "nn.Linear(3, 2)(torch.ones(2, 3))(torch.ones(2, 3))",
            "nn.Linear(3, 2)(torch.ones(2, 3))",
        ),
        Message(
            "Boolean value of Tensor with more than one value is ambiguous",
            "keras.ops.where",
            "An if wants one truth: torch.where chooses for each element, all() or any() make one of them.",
            "y = 1 if torch.ones(2) > 0 else 0",
            "y = torch.where(torch.ones(2) > 0, 1, 0)",
            heard=("The truth value of an array with more than one element is ambiguous",),
        ),
        Message(
            "a Tensor with 2 elements cannot be converted to Scalar",
            "keras.metrics.Mean",
            "item() is for one number: a loss that was not reduced wants mean(), which Keras takes by itself.",
            "torch.ones(2).item()",
            "torch.ones(2).mean().item()",
            heard=("only one element tensors can be converted to Python scalars",),
        ),
        Message(
            "Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            "keras.layers.Softmax",
            "There are fewer axes than the code counts: an axis was summed away, or the batch's is missing.",
            "torch.ones(2, 3).sum(dim=2)",
            "torch.ones(2, 3).sum(dim=-1)",
        ),
        Message(
            "Tensors must have same number of dimensions: got 2 and 1",
            "keras.layers.Concatenate",
            "What is joined has as many axes: unsqueeze adds the missing one, Keras's expand_dims.",
            "torch.cat([torch.ones(2, 3), torch.ones(2)], dim=1)",
            "torch.cat([torch.ones(2, 3), torch.ones(2).unsqueeze(1)], dim=1)",
        ),
        Message(
            "stack expects a non-empty TensorList",
            "keras.ops.stack",
            "Nothing was gathered: the loop that fills the list did not run.",
            "torch.stack([])",
            "torch.stack([torch.ones(2)])",
            heard=("expected a non-empty list of Tensors",),
        ),
        Message(
            "expected sequence of length 3 at dim 1 (got 2)",
            "keras.utils.pad_sequences",
            "Rows of different lengths make no tensor: fill them up, as pad_sequences does.",
            "torch.tensor([[1, 2, 3], [1, 2]])",
            "nn.utils.rnn.pad_sequence([torch.tensor([1, 2, 3]), torch.tensor([1, 2])], batch_first=True)",
            heard=("setting an array element with a sequence",),
        ),
        Message(
            "masked_fill_ only supports boolean masks, but got mask with dtype float",
            "keras.layers.Masking",
            "Masks are booleans in torch; Keras takes numbers too.",
            "torch.ones(2, 3).masked_fill(torch.ones(2, 3), 0)",
            "torch.ones(2, 3).masked_fill(torch.ones(2, 3).bool(), 0)",
        ),
        Message(
            "'numpy.ndarray' object has no attribute 'dim'",
            "keras.Model.predict",
            "A module takes tensors: torch.from_numpy(x).float().",
            "nn.BatchNorm1d(3)(torch.zeros(2, 3).numpy())",
            "nn.BatchNorm1d(3)(torch.from_numpy(torch.zeros(2, 3).numpy()))",
        ),
        Message(
            "one_hot is only applicable to index tensor of type LongTensor.",
            "keras.ops.one_hot",
            "Class numbers are int64 in torch: x.long(). Keras casts them.",
            "F.one_hot(torch.tensor([1.0]))",
            "F.one_hot(torch.tensor([1.0]).long())",
        ),
        Message(
            "Class values must be smaller than num_classes.",
            "keras.ops.one_hot",
            "A class number is too large; Keras makes a row of zeros of it, torch refuses.",
            "F.one_hot(torch.tensor([3]), 3)",
            "F.one_hot(torch.tensor([3]), 4)",
        ),
        Message(
            "Only instances of `keras.Layer` can be added to a Sequential model.",
            "keras.Sequential",
            "A function goes into a layer: Activation, or Lambda; layers of another Keras (tf_keras) do not count.",
            "keras.Sequential([layers.Dense(2), keras.ops.relu])",
            "keras.Sequential([layers.Dense(2), layers.Activation(keras.ops.relu)])",
            heard=("The added layer must be an instance of class Layer",),
        ),
        Message(
            "Unrecognized keyword arguments passed to … :",
            "keras.layers.Layer",
            "The layer has no such argument: torch's names (bias, in_features) and those of Keras 2 (input_dim) "
            "are others.",
            "layers.Dense(2, bias=False)",
            "layers.Dense(2, use_bias=False)",
            heard=("got an unexpected keyword argument", "Keyword argument not understood:"),
        ),
        Message(
            "Could not interpret optimizer identifier:",
            "keras.Model.compile",
            "compile takes the name of an optimizer of Keras's, or an object of it; torch's does not fit.",
            "keras.Sequential([layers.Dense(2)]).compile('adamm')",
            "keras.Sequential([layers.Dense(2)]).compile('adam')",
            heard=("Could not interpret loss function identifier",),
        ),
        Message(
            "module 'keras.backend' has no attribute 'get_session'",
            "keras.utils.clear_session",
            "Keras 3 has no sessions and no graph of its own: call the layer, and convert by "
            "keras.ops.convert_to_numpy.",
            "keras.backend.get_session()",
            "keras.utils.clear_session()",
            heard=(
                "module 'tensorflow' has no attribute 'get_default_graph'",
                "module 'tensorflow' has no attribute 'placeholder'",
                "module 'tensorflow' has no attribute 'Session'",
            ),
        ),
        Message(
            "'KerasTensor' object has no attribute 'numpy'",
            "keras.Model.predict",
            "A tensor of a functional model has a shape and no numbers: make a model that ends in it, and call that.",
            "keras.Input((3,)).numpy()",
            "keras.ops.convert_to_numpy(keras.Sequential([keras.Input((3,)), layers.Dense(2)])(np.zeros((1, 3))))",
            heard=(
                "A KerasTensor is symbolic: it's a placeholder for a shape an a dtype",
                "Iterating over a symbolic KerasTensor is not supported.",
                "A symbolic KerasTensor cannot be used as a boolean.",
            ),
        ),
        Message(
            "Layer … expects 2 named input(s) with keys … but it received 1 input tensors",
            "keras.Model",
            "A model of several inputs takes a list of arrays; an array of arrays is one input. In torch they are "
            "arguments.",
            "a, b = keras.Input((3,)), keras.Input((3,))\nkeras.Model([a, b], layers.Add()([a, b]))([np.zeros((2, "
            "3))])",
            "a, b = keras.Input((3,)), keras.Input((3,))\n"
            "keras.Model([a, b], layers.Add()([a, b]))([np.zeros((2, 3)), np.zeros((2, 3))])",
            heard=("Layer … expects 1 input(s), but it received 2 input tensors",),
        ),
        Message(
            "Inputs to a layer should be tensors. Got",
            "keras.layers.Layer",
            "What the layer before gives is no tensor: often a call that forgot its return.",
            "layers.Dense(2)(None)",
            "layers.Dense(2)(np.zeros((1, 3)))",
        ),
        Message(
            "The total size of the tensor must be unchanged.",
            "keras.layers.Reshape",
            "target_shape leaves the batch out, and holds as many numbers as the input.",
            "layers.Reshape((2, 3))(np.zeros((2, 5)))",
            "layers.Reshape((2, 3))(np.zeros((2, 6)))",
            heard=("total size of new array must be unchanged",),
        ),
    ),
)
