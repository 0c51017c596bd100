"""What the libraries refuse that is no question of shapes: gradients, types, devices, models that are not ready."""

from __future__ import annotations

from equivalence.schema import Guide, Message, Suspect

NoGradient = Guide(
    id="no-gradient",
    title="The backward pass is refused",
    about="backward graph inplace in-place grad_fn flow",
    says="Keras's fit calls for gradients by itself; in torch the graph is the program's, and may be cut or used "
    "twice.",
    first="One step is optimizer.zero_grad(), loss.backward(), optimizer.step(), with the loss of this batch alone.",
    asked=(
        "no gradients flow, tensor has no grad_fn, parameters are not updated",
        "backward fails, graph is freed",
        "gradients are None, param.grad is None",
        "modified by an in-place operation",
    ),
    suspects=(
        Suspect("keras.Model.train_on_batch#zero-grad", "it runs, and gradients of earlier steps are added"),
        Suspect("keras.losses.CategoricalCrossentropy#logits", "it runs, and gradients are small: softmax twice"),
        Suspect("keras.optimizers.Adam#clipnorm", "it runs, and gradients are cut otherwise"),
    ),
    command="equivalence check model.keras port.py:Net --train",
    messages=(
        Message(
            "element 0 of tensors does not require grad and does not have a grad_fn",
            "keras.Model.train_on_batch",
            "The graph was cut: by detach(), numpy(), torch.no_grad(), argmax, or as all parameters are frozen.",
            "nn.Linear(3, 2)(torch.ones(1, 3)).detach().sum().backward()",
            "nn.Linear(3, 2)(torch.ones(1, 3)).sum().backward()",
        ),
        Message(
            "Trying to backward through the graph a second time",
            "keras.Model.train_on_batch",
            "A value of an earlier step is in this loss: sum up loss.item(), and detach the state that is carried on.",
            "loss = nn.Linear(3, 2)(torch.ones(1, 3)).tanh().sum()\nloss.backward()\nloss.backward()",
            "layer = nn.Linear(3, 2)\nfor _ in range(2):\n    layer(torch.ones(1, 3)).tanh().sum().backward()",
        ),
        Message(
            "one of the variables needed for gradient computation has been modified by an inplace operation",
            "keras.layers.Layer",
            "x += y writes into what the backward pass needs; Keras's tensors never change. Write x = x + y.",
            "x = nn.Linear(3, 2)(torch.ones(1, 3)).sigmoid()\nx += 1\nx.sum().backward()",
            "x = nn.Linear(3, 2)(torch.ones(1, 3)).sigmoid()\nx = x + 1\nx.sum().backward()",
        ),
        Message(
            "a leaf Variable that requires grad is being used in an in-place operation",
            "keras.layers.Layer",
            "A parameter is set without a graph, as Keras's set_weights does.",
            "nn.Linear(3, 2).weight.add_(1)",
            "with torch.no_grad():\n    nn.Linear(3, 2).weight.add_(1)",
        ),
        Message(
            "grad can be implicitly created only for scalar outputs",
            "keras.losses.MeanSquaredError",
            "backward() starts from one number: reduction='none' wants a mean, which Keras takes by itself.",
            "nn.MSELoss(reduction='none')(nn.Linear(3, 2)(torch.ones(4, 3)), torch.ones(4, 2)).backward()",
            "nn.MSELoss(reduction='none')(nn.Linear(3, 2)(torch.ones(4, 3)), torch.ones(4, 2)).mean().backward()",
        ),
        Message(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
            "keras.Model.predict",
            "predict gives arrays without a graph: in torch under torch.no_grad(), or after detach().",
            "nn.Linear(3, 2)(torch.ones(1, 3)).numpy()",
            "nn.Linear(3, 2)(torch.ones(1, 3)).detach().numpy()",
        ),
        Message(
            "optimizer got an empty parameter list",
            "keras.Model.compile",
            "Modules in a plain list or dict are not found: nn.ModuleList and nn.ModuleDict are; Keras finds both.",
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.blocks = "
            "[nn.Linear(3, 2)]\n"
            "torch.optim.SGD(Net().parameters(), lr=0.1)",
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.blocks = nn.ModuleList([nn.Linear(3, 2)])\ntorch.optim.SGD(Net().parameters(), lr=0.1)",
        ),
        Message(
            "No gradients provided for any variable",
            "keras.ops.stop_gradient",
            "Nothing that is trained reaches the loss: all layers are frozen, or argmax, round or NumPy stands "
            "between.",
            "keras.optimizers.SGD().apply([None], [keras.Variable(np.ones(2))])",
            "keras.optimizers.SGD().apply([np.ones(2)], [keras.Variable(np.ones(2))])",
        ),
    ),
)

TypesAndDevices = Guide(
    id="types-and-devices",
    title="Types or devices do not fit",
    about="dtype float64 double device cuda cpu gpu numpy",
    says="Keras casts what it is given and moves it to the device; torch does neither.",
    first="module.to(device) and x.to(device, torch.float32), for every batch.",
    asked=(
        "input is float64 and weights are float32",
        "dtype mismatch between input and weights",
        "model on the gpu, data on the cpu",
        "tensor is on another device",
        "numpy array where a tensor is expected",
    ),
    suspects=(
        Suspect("keras.layers.Rescaling#rescaling-order", "pictures of bytes were scaled otherwise"),
        Suspect("keras.losses.MeanSquaredError#ranks", "the cast targets have another rank"),
        Suspect("keras.Model.predict#eval-mode", "it runs, and answers change: eval() is missing"),
    ),
    messages=(
        Message(
            "mat1 and mat2 must have the same dtype, but got Double and Float",
            "keras.layers.Dense",
            "NumPy's arrays are float64: x.float(). Keras casts them to the layer's type.",
            "nn.Linear(4, 3)(torch.randn(2, 4, dtype=torch.float64))",
            "nn.Linear(4, 3)(torch.randn(2, 4, dtype=torch.float64).float())",
            heard=(
                "expected m1 and m2 to have the same dtype, but got",
                "expected scalar type Double but found Float",
                "expected scalar type Float but found Double",
                "Expected object of scalar type Float but got scalar type Double",
            ),
        ),
        Message(
            "Input type (double) and bias type (float) should be the same",
            "keras.layers.Conv2D",
            "Pictures are float64 or bytes: x.float(). Keras casts them to the layer's type.",
            "nn.Conv2d(3, 64, 3)(torch.randn(8, 3, 4, 4, dtype=torch.float64))",
            "nn.Conv2d(3, 64, 3)(torch.randn(8, 3, 4, 4, dtype=torch.float64).float())",
            heard=(
                "Input type (unsigned char) and bias type (float) should be the same",
                "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same",
            ),
        ),
        Message(
            "Tensor on device meta is not on the expected device cpu!",
            "keras.layers.Layer",
            "Module and data lie on two devices: both .to(device). Keras puts them on one by itself.",
            "nn.Linear(3, 2, device='meta')(torch.ones(1, 3))",
            "nn.Linear(3, 2, device='meta')(torch.ones(1, 3, device='meta'))",
            heard=(
                "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!",
                "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
                "memory first.",
                "Expected object of device type cuda but got device type cpu",
            ),
        ),
        Message(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            "torch.FloatTensor instead",
            "keras.layers.Embedding",
            "Numbers of words are integers in torch: x.long(). Keras casts floats.",
            "nn.Embedding(10, 4)(torch.tensor([1.0, 2.0]))",
            "nn.Embedding(10, 4)(torch.tensor([1.0, 2.0]).long())",
        ),
        Message(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            "Got: Long",
            "keras.ops.mean",
            "Keras takes the mean of whole numbers in floats; torch wants floats first.",
            "torch.tensor([1, 2]).mean()",
            "torch.tensor([1, 2]).float().mean()",
        ),
        Message(
            "argument 'input' (position 1) must be Tensor, not numpy.ndarray",
            "keras.Model.predict",
            "A module takes tensors: torch.from_numpy(x).float().",
            "nn.Linear(3, 2)(torch.zeros(2, 3).numpy())",
            "nn.Linear(3, 2)(torch.from_numpy(torch.zeros(2, 3).numpy()))",
        ),
        Message(
            "A KerasTensor cannot be used as input to a TensorFlow function",
            "keras.layers.Layer",
            "Functions of TensorFlow want a layer around them, or keras.ops instead, which has a translation.",
            "import tensorflow as tf\ntf.reduce_mean(keras.Input((4,)))",
            "keras.ops.mean(keras.Input((4,)))",
        ),
    ),
)

NotReady = Guide(
    id="not-ready",
    title="A model of Keras is not ready, or is not read",
    about="compil build built custom class unknown load locate",
    says="Keras wants what torch does not ask for: built layers, a compiled model, registered classes.",
    first="`equivalence port model.keras` reads the file without building it.",
    asked=(
        "model is not compiled",
        "own layer is unknown when the model is loaded",
        "weights are not created yet, model has not been built",
    ),
    suspects=(),
    messages=(
        Message(
            "You must call `compile()` before using the model.",
            "keras.Model.compile",
            "fit and evaluate want a loss and an optimizer; in torch both are objects of the loop.",
            "keras.Sequential([keras.Input((3,)), layers.Dense(2)]).fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)",
            "model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])\nmodel.compile('sgd', 'mse')\n"
            "model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)",
            heard=("You must compile your model before training/testing",),
        ),
        Message(
            "No loss to compute. Provide a `loss` argument in `compile()`.",
            "keras.Model.compile",
            "compile was given no loss, and no layer adds one.",
            "model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])\nmodel.compile('sgd')\n"
            "model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)",
            "model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])\nmodel.compile('sgd', 'mse')\n"
            "model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)",
        ),
        Message(
            "Could not locate class … Make sure custom classes and functions are decorated with "
            "`@keras.saving.register_keras_serializable()`",
            "keras.utils.register_keras_serializable",
            "A class of one's own has to be known where the file is read; torch keeps weights alone, and no classes.",
            "keras.layers.deserialize({'class_name': 'MyLayer', 'config': {}})",
            "class MyLayer(layers.Layer):\n    pass\n"
            "keras.layers.deserialize({'class_name': 'MyLayer', 'config': {}}, custom_objects={'MyLayer': MyLayer})",
            heard=(
                "Unknown layer: … Please ensure you are using a `keras.utils.custom_object_scope`",
                "Unknown layer:",
            ),
        ),
        Message(
            "The layer … has never been called and thus has no defined output.",
            "keras.Model",
            "A layer has an output once it was called in a graph; a hook (register_forward_hook) is torch's way to it.",
            "layers.Dense(3).output",
            "keras.Model(x := keras.Input((4,)), layers.Dense(3)(x)).layers[-1].output",
            heard=("Weights for model … have not yet been created",),
        ),
        Message(
            "Shapes used to initialize variables must be fully-defined (no `None` dimensions)",
            "keras.layers.Dense",
            "The last axis is unknown when weights are made: a Flatten of an image of any size, where a global "
            "pooling "
            "belongs. torch has nn.LazyLinear.",
            "layers.Dense(2)(layers.Flatten()(keras.Input((None, 3))))",
            "layers.Dense(2)(layers.GlobalAveragePooling1D()(keras.Input((None, 3))))",
        ),
    ),
)
