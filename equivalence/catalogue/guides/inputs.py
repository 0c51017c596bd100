"""Inputs that a layer refuses: axes that are missing or too many, sizes that do not meet."""

from __future__ import annotations

from equivalence.schema import Guide, Message, Suspect

InputsDoNotFit = Guide(
    id="inputs-do-not-fit",
    title="An input does not fit its layer",
    about="shape size dim expected incompatible tuple fit rank",
    says="A layer refuses what it is given: an axis is missing, lies elsewhere, or has another size.",
    first="Print x.shape before the layer, in both: images are (N, C, H, W) in torch and (N, H, W, C) in Keras.",
    asked=(
        "input shape does not fit the layer, wrong number of dimensions",
        "input is incompatible with the layer",
        "layer expects another rank, missing batch axis",
        "images of different sizes in one batch",
        "sizes do not match when tensors are joined or added",
        "input is too small for the kernel",
    ),
    suspects=(
        Suspect("keras.layers.Flatten#flatten-order", "it fits, and everything behind a Flatten is wrong"),
        Suspect("keras.layers.BatchNormalization#axis", "it fits by chance: a square image normalised along its rows"),
        Suspect("keras.layers.Conv2D#same-stride", "sizes behind a strided layer are off by one"),
    ),
    messages=(
        Message(
            "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [5, 8, 3, 4, 4]",
            "keras.layers.Conv2D",
            "nn.Conv2d takes (N, C, H, W). Over the frames of a video fold them into the batch, as "
            "TimeDistributed does.",
            "nn.Conv2d(3, 64, 3)(torch.randn(5, 8, 3, 4, 4))",
            "nn.Conv2d(3, 64, 3)(torch.randn(5, 8, 3, 4, 4).flatten(0, 1))",
            heard=("expected 4-dimensional input for 4-dimensional weight, but got 3-dimensional input",),
        ),
        Message(
            "Kernel size can't be greater than actual input size",
            "keras.layers.Conv2D",
            "The image is smaller than the kernel: often its channels lie where height is expected, or padding is "
            "missing.",
            "nn.Conv2d(3, 64, 7)(torch.randn(8, 3, 4, 4))",
            "nn.Conv2d(3, 64, 7, padding=3)(torch.randn(8, 3, 4, 4))",
        ),
        Message(
            "Given input size: (3x1x1). Calculated output size: (3x0x0). Output size is too small",
            "keras.layers.MaxPooling2D",
            "Nothing is left to pool: one pooling too many for this size of input.",
            "nn.MaxPool2d(2)(torch.ones(1, 3, 1, 1))",
            "nn.MaxPool2d(2, ceil_mode=True)(torch.ones(1, 3, 1, 1))",
        ),
        Message(
            "padding='same' is not supported for strided convolutions",
            "keras.layers.Conv2D",
            "Keras pads a strided convolution at the bottom and right; in torch F.pad does that before it.",
            "nn.Conv2d(3, 8, 3, stride=2, padding='same')",
            "nn.Conv2d(3, 8, 3, stride=2)(F.pad(torch.ones(1, 3, 8, 8), (0, 1, 0, 1)))",
        ),
        Message(
            "input.size(-1) must be equal to input_size. Expected 10, got 20",
            "keras.layers.LSTM",
            "The first argument of nn.LSTM is the number of features of a step, which Keras reads off its input.",
            "nn.LSTM(10, 3, batch_first=True)(torch.randn(2, 5, 20))",
            "nn.LSTM(20, 3, batch_first=True)(torch.randn(2, 5, 20))",
        ),
        Message(
            "Expected hidden[0] size (1, 2, 3), got [1, 5, 3]",
            "keras.layers.LSTM",
            "Without batch_first=True torch takes the first axis for steps; states are (layers, N, units) all the "
            "same.",
            "nn.LSTM(10, 3)(torch.randn(2, 5, 10), (torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)))",
            "nn.LSTM(10, 3, batch_first=True)(torch.randn(2, 5, 10), (torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)))",
            heard=("Expected hidden size (1, 2, 3), got [1, 5, 3]",),
        ),
        Message(
            "linear(): argument 'input' (position 1) must be Tensor, not tuple",
            "keras.layers.LSTM",
            "nn.LSTM gives all steps and the states; Keras's LSTM without return_sequences is the last step alone.",
            "nn.Sequential(nn.LSTM(4, 3, batch_first=True), nn.Linear(3, 2))(torch.randn(2, 5, 4))",
            "nn.Linear(3, 2)(nn.LSTM(4, 3, batch_first=True)(torch.randn(2, 5, 4))[0][:, -1])",
        ),
        Message(
            "'tuple' object has no attribute 'size'",
            "keras.layers.LSTM",
            "nn.LSTM gives all steps and the states; Keras's LSTM without return_sequences is the last step alone.",
            "nn.LSTM(4, 3, batch_first=True)(torch.randn(2, 5, 4)).size()",
            "nn.LSTM(4, 3, batch_first=True)(torch.randn(2, 5, 4))[0][:, -1].size()",
            heard=("'tuple' object has no attribute 'shape'", "'tuple' object has no attribute 'dim'"),
        ),
        Message(
            "Expected more than 1 value per channel when training, got input size torch.Size([1, 512])",
            "keras.layers.BatchNormalization",
            "A batch of one has no variance: drop the last batch (drop_last=True), or call eval(). Keras takes a "
            "variance of 0.",
            "nn.BatchNorm1d(512)(torch.randn(1, 512))",
            "nn.BatchNorm1d(512).eval()(torch.randn(1, 512))",
        ),
        Message(
            "running_mean should contain 8 elements not 3",
            "keras.layers.BatchNormalization",
            "torch normalises axis 1, which holds another axis than the channels here.",
            "nn.BatchNorm2d(3)(torch.randn(2, 8, 8, 3))",
            "nn.BatchNorm2d(3)(torch.randn(2, 8, 8, 3).permute(0, 3, 1, 2))",
        ),
        Message(
            "expected 4D input (got 2D input)",
            "keras.layers.BatchNormalization",
            "Keras's one layer is nn.BatchNorm1d behind Dense and for sequences, 2d for images, 3d for volumes.",
            "nn.BatchNorm2d(3)(torch.randn(2, 3))",
            "nn.BatchNorm1d(3)(torch.randn(2, 3))",
            heard=("expected 2D or 3D input (got 4D input)",),
        ),
        Message(
            "Given normalized_shape=[5], expected input with shape [*, 5], but got input of size[2, 3, 4]",
            "keras.layers.LayerNormalization",
            "nn.LayerNorm wants the sizes of the last axes, which Keras reads off its input.",
            "nn.LayerNorm(5)(torch.ones(2, 3, 4))",
            "nn.LayerNorm(4)(torch.ones(2, 3, 4))",
        ),
        Message(
            "index out of range in self",
            "keras.layers.Embedding",
            "A number is not below num_embeddings, the input_dim of Keras: the largest number plus one.",
            "nn.Embedding(10, 4)(torch.tensor([1, 10]))",
            "nn.Embedding(11, 4)(torch.tensor([1, 10]))",
            heard=("indices[0,1] = 10 is not in [0, 10)",),
        ),
        Message(
            "stack expects each tensor to be equal size, but got [3, 224, 224] at entry 0 and [3, 180, 240] at entry 1",
            "keras.layers.Resizing",
            "Samples of a batch want one size: resize pictures, pad sequences (nn.utils.rnn.pad_sequence) in the "
            "Dataset.",
            "torch.stack([torch.zeros(3, 224, 224), torch.zeros(3, 180, 240)])",
            "torch.stack([F.interpolate(x[None], (224, 224))[0] for x in (torch.zeros(3, 224, 224), "
            "torch.zeros(3, 180, 240))])",
        ),
        Message(
            "Sizes of tensors must match except in dimension 1. Expected size 8 but got size 7 for tensor number "
            "1 in the list.",
            "keras.layers.Concatenate",
            "Two branches have another height: most often a strided layer with padding='same', which torch pads "
            "otherwise.",
            "torch.cat([torch.zeros(2, 64, 8, 8), torch.zeros(2, 64, 7, 7)], dim=1)",
            "torch.cat([torch.zeros(2, 64, 8, 8), F.pad(torch.zeros(2, 64, 7, 7), (0, 1, 0, 1))], dim=1)",
        ),
        Message(
            "The size of tensor a (64) must match the size of tensor b (32) at non-singleton dimension 3",
            "keras.layers.Add",
            "Two branches differ in size: most often a strided layer with padding='same', which torch pads otherwise.",
            "torch.zeros(2, 64, 8, 64) + torch.zeros(2, 64, 8, 32)",
            "torch.zeros(2, 64, 8, 64) + torch.zeros(2, 64, 8, 64)",
        ),
        Message(
            "embed_dim must be divisible by num_heads",
            "keras.layers.MultiHeadAttention",
            "nn.MultiheadAttention cuts embed_dim into heads; Keras's key_dim is the size of one head, whatever "
            "the input is.",
            "nn.MultiheadAttention(10, 3)",
            "nn.MultiheadAttention(12, 3)",
        ),
        Message(
            "Input 0 … of layer … is incompatible with the layer: expected axis -1 of input shape to have value 784",
            "keras.layers.Dense",
            "The last axis has another size than when the layer was built: a Flatten is missing, or channels lie "
            "first.",
            "dense = layers.Dense(10)\ndense(np.zeros((2, 784)))\ndense(np.zeros((2, 28, 28)))",
            "dense = layers.Dense(10)\ndense(np.zeros((2, 784)))\ndense(layers.Flatten()(np.zeros((2, 28, 28))))",
        ),
        Message(
            "Input 0 … of layer … is incompatible with the layer: expected ndim=3, found ndim=2",
            "keras.layers.LSTM",
            "Recurrent layers take (N, steps, features): a layer before wants return_sequences=True, or an axis "
            "is missing.",
            "layers.LSTM(4)(np.zeros((2, 3)))",
            "layers.LSTM(4)(np.zeros((2, 3))[:, :, None])",
        ),
        Message(
            "Input 0 … of layer … is incompatible with the layer: expected min_ndim=4, found ndim=3",
            "keras.layers.Conv2D",
            "Images are (N, H, W, C): grey ones want an axis of size 1, in torch x[:, None].",
            "layers.Conv2D(4, 3)(np.zeros((2, 28, 28)))",
            "layers.Conv2D(4, 3)(np.zeros((2, 28, 28, 1)))",
        ),
        Message(
            "Invalid input shape for input … Expected shape (None, 8, 8, 3), but input has incompatible shape (8, "
            "8, 3)",
            "keras.Model.predict",
            "The batch axis is missing: one picture is x[None], in torch x.unsqueeze(0).",
            "keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten()])(np.zeros((8, 8, 3)))",
            "keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten()])(np.zeros((8, 8, 3))[None])",
        ),
        Message(
            "Computed output size would be zero or negative",
            "keras.layers.Conv2D",
            "The image is smaller than the kernel: one pooling or stride too many, or channels where height is "
            "expected.",
            "layers.Conv2D(4, 3)(np.zeros((1, 2, 2, 3)))",
            "layers.Conv2D(4, 3, padding='same')(np.zeros((1, 2, 2, 3)))",
            heard=("Negative dimension size caused by subtracting 3 from 2 for",),
        ),
        Message(
            "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis",
            "keras.layers.Concatenate",
            "Two branches differ in an axis that is not joined: sizes that are no multiple of the strides come "
            "back larger.",
            "layers.Concatenate()([np.zeros((1, 4, 4, 2)), np.zeros((1, 3, 3, 2))])",
            "layers.Concatenate()([np.zeros((1, 4, 4, 2)), layers.ZeroPadding2D(((0, 1), (0, 1)))(np.zeros((1, 3, "
            "3, 2)))])",
        ),
        Message(
            "Inputs have incompatible shapes. Received shapes (4, 4, 2) and (3, 3, 2)",
            "keras.layers.Add",
            "Two branches differ in size or channels: the shortcut wants the stride, or a 1x1 convolution.",
            "layers.Add()([np.zeros((1, 4, 4, 2)), np.zeros((1, 3, 3, 2))])",
            "layers.Add()([np.zeros((1, 4, 4, 2)), np.zeros((1, 4, 4, 2))])",
        ),
        Message(
            "Data cardinality is ambiguous",
            "keras.Model.fit",
            "Inputs and targets have other numbers of rows; TensorDataset of torch wants the same.",
            "model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])\nmodel.compile('sgd', 'mse')\n"
            "model.fit(np.zeros((4, 3)), np.zeros((5, 2)), verbose=0)",
            "model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])\nmodel.compile('sgd', 'mse')\n"
            "model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)",
        ),
    ),
)
