"""It runs, and answers worse than in Keras."""

from __future__ import annotations

from equivalence.schema import Guide, Suspect

LowerAccuracy = Guide(
    id="lower-accuracy",
    title="Accuracy is lower after the conversion",
    says="The port runs with the weights of the Keras model, and is right less often.",
    first="Call eval() on the module, and give both the same array: then layers alone are left.",
    asked=(
        "accuracy lower after conversion",
        "accuracy drops after porting to pytorch",
        "pytorch model has worse accuracy than the keras model with the same weights",
        "accuracy 10% after conversion, random guessing",
        "model predicts always the same class after conversion",
        "predictions are wrong, garbage or random after converting weights",
        "validation accuracy worse in pytorch",
        "converted network performs worse, poor results, bad predictions",
        "performance gap degradation between keras and pytorch",
        "accuracy dropped a few percent after migration",
        "效果差 性能差异 精度下降 准确率",
    ),
    suspects=(
        Suspect("keras.layers.BatchNormalization#left-in-training", "answers for an image change with its batch"),
        Suspect("keras.layers.Dropout#left-in-training", "answers change from call to call"),
        Suspect("keras.layers.Flatten#flatten-order", "all is equal up to the first Dense layer behind a Flatten"),
        Suspect("keras.layers.Dense#dense-kernel-layout", "a Dense layer with as many outputs as inputs is off"),
        Suspect("keras.layers.Conv2D#same-stride", "the first strided convolution is off, the size is right"),
        Suspect("keras.layers.MaxPooling2D#same-stride", "the first strided pooling is off"),
        Suspect("keras.layers.Rescaling#rescaling-order", "already what goes into the first layer is off"),
        Suspect("keras.layers.BatchNormalization#epsilon", "every normalisation is off by a little"),
        Suspect("keras.layers.LeakyReLU#leaky-layer-slope", "negative numbers alone are off"),
    ),
)

DifferentOutputs = Guide(
    id="different-outputs",
    title="Outputs differ with the same weights",
    says="The weights were carried over, and the same input gives other numbers.",
    first="In float64 rounding is about 1e-15: what is still off there is no rounding.",
    asked=(
        "different output with same weights",
        "same weights different results",
        "outputs do not match between keras and pytorch",
        "results not identical, numerical difference, mismatch after converting the weights",
        "torch.allclose fails, np.testing.assert_allclose mismatch between frameworks",
        "same model same input other predictions in torch",
        "converted model gives different numbers",
        "results of resnet50 are different in pytorch",
        "converted model has different weights",
        "intermediate activations diverge, feature maps differ",
        "small numeric deviation that grows layer by layer",
        "结果不一致 输出不同",
    ),
    suspects=(
        Suspect("keras.layers.Conv2D#same-stride", "the first strided convolution with padding='same' is off"),
        Suspect("keras.layers.Conv2D#kernel-layout", "the first convolution is off, whatever its padding"),
        Suspect("keras.layers.BatchNormalization#left-in-training", "the first normalisation is off by much"),
        Suspect("keras.layers.BatchNormalization#epsilon", "the first normalisation is off by a little"),
        Suspect("keras.layers.Flatten#flatten-order", "the first Dense layer behind a Flatten is off"),
        Suspect("keras.layers.MaxPooling2D#same-stride", "the first strided pooling is off"),
        Suspect("keras.layers.AveragePooling2D#padding-counted", "the border of a pooled image is off"),
        Suspect("keras.layers.Conv2D#activation", "negative numbers come out of a layer that has an activation"),
        Suspect("keras.layers.LSTM#last-output", "a recurrent layer is off"),
        Suspect("keras.activations.softmax#softmax-axis", "the last layer alone is off: rows do not add up to 1"),
    ),
)

ChangesEveryCall = Guide(
    id="changes-every-call",
    title="The output changes from call to call",
    says="The same input gives other numbers each time, or other numbers in another batch.",
    first="A module of torch is in training mode until eval() is called.",
    asked=(
        "output changes every call",
        "different predictions each time I run the model",
        "non deterministic inference, results not reproducible",
        "same input gives different output on each forward pass",
        "prediction of one image depends on the batch size, on the other images of the batch",
        "model.eval() vs training=False",
        "forgot eval, train mode at inference",
        "results differ between batch size 1 and 32",
        "predict is random, outputs fluctuate",
    ),
    suspects=(
        Suspect("keras.layers.Dropout#left-in-training", "outputs of one batch differ between two calls"),
        Suspect("keras.layers.BatchNormalization#left-in-training", "outputs change with what else is in the batch"),
        Suspect("keras.layers.LSTM#kept-state", "the second call goes on from where the first one ended"),
    ),
)

ShiftedByAPixel = Guide(
    id="shifted-by-a-pixel",
    title="The result is shifted by a pixel",
    says="Feature maps or images look right, and lie one pixel or half a pixel off.",
    asked=(
        "output shifted by one pixel",
        "feature map offset misaligned by a pixel",
        "segmentation mask is shifted",
        "off by one in strided convolution",
        "border pixels differ, edges wrong, corners differ",
        "same padding in pytorch with stride 2",
        "same padding asymmetric",
        "padding='same' is not supported for strided convolutions",
        "upsampled image is half a pixel off",
    ),
    suspects=(
        Suspect("keras.layers.Conv2D#same-stride", "from the first strided convolution on"),
        Suspect("keras.layers.MaxPooling2D#same-stride", "from the first strided pooling on"),
        Suspect("keras.layers.Conv2DTranspose#same-odd-kernel", "from a transposed convolution on"),
        Suspect("keras.layers.UpSampling2D#half-pixel-centres", "from a bilinear upsampling on"),
        Suspect("keras.layers.Resizing#nearest", "from a resized image on"),
        Suspect("keras.layers.ZeroPadding2D#order-of-axes", "rows and columns are exchanged at the border"),
        Suspect("keras.layers.Cropping2D#order-of-axes", "what is cut off is cut from the other axis"),
    ),
)
