"""It does not run, or not with these weights: messages about shapes and layouts."""

from __future__ import annotations

from equivalence.schema import Guide, Message, Suspect

SizeMismatch = Guide(
    id="size-mismatch",
    title="Weights do not fit: size mismatch",
    about="weight size shape state_dict kernel param key load conver transfer copy h5 pth checkpoint transpos",
    says="An array of the Keras model does not have the shape of the parameter that it should become.",
    first="`equivalence port model.keras` writes the module and its weights; `equivalence.transfer` carries them "
    "into "
    "yours.",
    asked=(
        "Error(s) in loading state_dict: size mismatch for conv1.weight: copying a param with shape torch.Size",
        "ValueError: Layer weight shape not compatible with provided weight shape",
        "set_weights expects, You called set_weights with a weight list of length",
        "unexpected key(s) in state_dict, missing keys",
        "weights have the wrong shape after conversion",
        "transpose conv kernel HWIO to OIHW",
        "convert weights h5 to pth, pth to h5",
        "copy weights from keras to pytorch",
        "load keras weights in pytorch",
        "keras to pytorch model conversion",
        "get_weights to state_dict",
        "transfer pretrained weights",
        "state_dict keys do not match, which weight goes where, order of weights",
        "numpy array to parameter, assign kernel to weight",
        "run a converted keras model in c++",
    ),
    suspects=(
        Suspect("keras.layers.Conv2D#kernel-layout", "a convolution: (height, width, in, out)"),
        Suspect("keras.layers.Dense#dense-kernel-layout", "a Dense layer: (in, out)"),
        Suspect("keras.layers.DepthwiseConv2D#kernel-layout", "a depthwise one: (height, width, in, multiplier)"),
        Suspect("keras.layers.Conv2DTranspose#kernel-layout", "a transposed convolution: (height, width, out, in)"),
        Suspect("keras.layers.BatchNormalization#weights-in-order", "arrays were copied by their place"),
        Suspect("keras.layers.Flatten#flatten-order", "everything fits, and the first Dense layer is wrong"),
        Suspect("keras.layers.GRU#gate-order", "a GRU: blocks of gates in another order"),
        Suspect("keras.layers.LSTM#bias-twice", "an LSTM: torch has two biases"),
    ),
    messages=(
        Message(
            "Missing key(s) in state_dict",
            "keras.Model",
            "The names in the file are of another module: wrapped in a Sequential or in DataParallel, or renamed.",
            "nn.Linear(3, 2).load_state_dict(nn.Sequential(nn.Linear(3, 2)).state_dict())",
            "nn.Linear(3, 2).load_state_dict(nn.Sequential(nn.Linear(3, 2))[0].state_dict())",
            heard=("Unexpected key(s) in state_dict",),
        ),
        Message(
            "copying a param with shape torch.Size([2, 2]) from checkpoint, the shape in current model is "
            "torch.Size([2, 3]).",
            "keras.layers.Dense",
            "An array has the shape of Keras's, (in, out) for Dense, or the module has other sizes than the file.",
            "nn.Linear(3, 2).load_state_dict({'weight': torch.ones(3, 2), 'bias': torch.ones(2)})",
            "nn.Linear(3, 2).load_state_dict({'weight': torch.ones(3, 2).T, 'bias': torch.ones(2)})",
        ),
        Message(
            "weight shape … is not compatible with provided weight shape",
            "keras.layers.Dense",
            "torch's weight is (out, in), Keras's kernel (in, out).",
            "dense = layers.Dense(3)\ndense.build((None, 2))\ndense.set_weights([np.zeros((3, 2)), np.zeros(3)])",
            "dense = layers.Dense(3)\ndense.build((None, 2))\ndense.set_weights([np.zeros((3, 2)).T, np.zeros(3)])",
            heard=("Layer weight shape … not compatible with provided weight shape",),
        ),
        Message(
            "with a weight list of length 1, but the layer was expecting 0 weights.",
            "keras.layers.Layer",
            "The layer is not built yet, or has another number of arrays: torch counts an LSTM's biases twice.",
            "layers.Dense(3).set_weights([np.zeros((2, 3)), np.zeros(3)])",
            "dense = layers.Dense(3)\ndense.build((None, 2))\ndense.set_weights([np.zeros((2, 3)), np.zeros(3)])",
        ),
    ),
)

ChannelsMismatch = Guide(
    id="channels-mismatch",
    title="Channels are expected elsewhere: NHWC and NCHW",
    about="channel nhwc nchw data_format layout dimension axis axes expected permut hwc chw dim 通道 维度",
    says="Keras's images end with their channels, torch's have them behind the batch.",
    first="Images go into the port as x.permute(0, 3, 1, 2).",
    asked=(
        "Given groups=1, weight of size [64, 3, 7, 7], expected input[1, 224, 224, 3] to have 3 channels, but got "
        "224 "
        "channels instead",
        "NHWC NCHW convert",
        "channels_last to channels_first",
        "channels first channels last pytorch model in keras",
        "image_data_format, data_format, memory_format",
        "expected 4-dimensional input, got 3-dimensional",
        "wrong dimension order of images, channel axis, permute input",
        "axis=-1 in keras is which dim in pytorch",
        "tensor has the wrong layout, dimensions are swapped",
        "expected 3D or 4D batched input to conv2d",
        "通道 维度顺序",
    ),
    suspects=(
        Suspect("keras.layers.BatchNormalization#axis", "a normalisation runs over positions"),
        Suspect("keras.layers.GlobalAveragePooling2D#axes", "a mean runs over channels"),
        Suspect("keras.layers.Flatten#flatten-order", "a Flatten counts channels first"),
        Suspect("keras.layers.Flatten#flatten-channels-first", "the Keras model is channels_first itself"),
        Suspect("keras.layers.Reshape#reshape-order", "a Reshape counts channels first"),
        Suspect("keras.layers.LayerNormalization#axis", "a LayerNorm runs over columns"),
        Suspect("keras.layers.Permute#permute-direction", "axes were exchanged the other way round"),
        Suspect("keras.activations.softmax#softmax-axis", "a softmax runs over another dimension"),
    ),
    messages=(
        Message(
            "Given groups=1, weight of size [64, 3, 7, 7], expected input[8, 224, 224, 3] to have 3 channels, but "
            "got 224 "
            "channels instead",
            "keras.layers.Conv2D",
            "Channels are expected behind the batch, and the image ends with them.",
            "nn.Conv2d(3, 64, 7)(torch.randn(1, 32, 32, 3))",
            "nn.Conv2d(3, 64, 7)(torch.randn(1, 32, 32, 3).permute(0, 3, 1, 2))",
        ),
    ),
)

AfterFlatten = Guide(
    id="after-flatten",
    title="Wrong from the first Dense layer behind a Flatten",
    about="flatten view linear dense mat1 fully fc behind reshape feature",
    says="Convolutions agree, and everything behind a Flatten does not.",
    first="Permute back before flattening, x.permute(0, 2, 3, 1).flatten(1), or re-order the rows of the Dense kernel.",
    asked=(
        "flatten gives another order than keras",
        "view and flatten work differently",
        "convolutional part equal, fully connected part wrong",
        "conv layers agree, dense layer after flatten wrong",
        "transfer conv layers gives wrong result behind flatten",
        "flatten more than one channel wrong",
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied",
        "number of input features of the first linear layer after convolution",
        "shape '[-1, 400]' is invalid for input of size 18432",
        "weights copied, dense layer after the convolutions is wrong, rubbish behind flatten",
        "view size is not compatible with input tensor's size and stride, use reshape",
    ),
    suspects=(
        Suspect("keras.layers.Flatten#flatten-order", "more than one channel and more than one position"),
        Suspect("keras.layers.Flatten#flatten-channels-first", "the Keras model is channels_first"),
        Suspect("keras.layers.Dense#dense-kernel-layout", "the Dense kernel was not transposed"),
        Suspect("keras.layers.Reshape#reshape-order", "a Reshape stands where the Flatten would"),
    ),
    messages=(
        Message(
            "mat1 and mat2 shapes cannot be multiplied (32x512 and 2048x128)",
            "keras.layers.Dense",
            "The first argument of nn.Linear is the number of features that come in, which Keras reads off its input.",
            "nn.Linear(2048, 128)(torch.randn(32, 512))",
            "nn.Linear(512, 128)(torch.randn(32, 512))",
        ),
        Message(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across "
            "two "
            "contiguous subspaces). Use .reshape(...) instead.",
            "keras.layers.Flatten",
            "A permuted tensor is not contiguous: flatten and reshape copy it where they must, as Keras does.",
            "torch.zeros(2, 3, 4).permute(0, 2, 1).view(2, 12)",
            "torch.zeros(2, 3, 4).permute(0, 2, 1).flatten(1)",
        ),
        Message(
            "shape '[-1, 400]' is invalid for input of size 6",
            "keras.layers.Flatten",
            "A written number of features does not divide what is there: flatten(1) counts them itself, as Keras does.",
            "torch.zeros(2, 3).view(-1, 4)",
            "torch.zeros(2, 3).flatten(1)",
        ),
    ),
)
