"""It trains, and not as in Keras."""

from __future__ import annotations

from equivalence.schema import Guide, Suspect

TRAIN = "equivalence check model.keras port.py:Net --train"

LossIsNan = Guide(
    id="loss-is-nan",
    title="The loss is NaN in one of the two alone",
    about="nan inf explod diverg overflow log zero blow unstable instab underflow",
    says="Training ends in NaN or infinity in PyTorch, and does not in Keras, or the other way round.",
    asked=(
        "loss is nan in pytorch only",
        "nan loss, loss becomes inf",
        "loss explodes in pytorch but not in keras",
        "training diverges, gradients explode",
        "nan after a few steps, RuntimeError: Function returned nan values in its 0th output",
        "log of zero in cross entropy gives nan",
        "loss goes to infinity, overflow",
        "nan gradients",
        "NaN after some iterations, after the first epoch",
        "loss suddenly becomes nan, numerical instability, underflow",
        "all masked attention row gives nan",
    ),
    suspects=(
        Suspect("keras.losses.CategoricalCrossentropy#logits", "the logarithm of a softmax that is exactly 0"),
        Suspect("keras.losses.BinaryCrossentropy#clipping", "a probability of exactly 0 or 1 goes into the loss"),
        Suspect("keras.layers.Softmax#softmax-all-masked", "a row of scores is masked in full"),
        Suspect("keras.losses.KLDivergence#logarithm", "the loss of a divergence is negative, or grows without end"),
        Suspect("keras.losses.MeanAbsolutePercentageError#zeros", "true values of 0 are divided by"),
        Suspect("keras.optimizers.Adam#clipnorm", "gradients were clipped one by one in Keras"),
    ),
    command=TRAIN,
)

LearnsSlower = Guide(
    id="learns-slower",
    title="Training is slower, or ends worse, than in Keras",
    says="The same architecture, data and optimizer learn less from as many steps.",
    first="Give the port the first weights of the Keras model (equivalence.transfer): what is then still slower is no "
    "question of initialisation.",
    asked=(
        "training slower than keras",
        "pytorch model trains slower",
        "loss decreases slower in pytorch than in keras",
        "model does not learn, does not converge, loss stuck, not decreasing",
        "higher error with pytorch compared with identical keras model",
        "same architecture different training results",
        "cannot reproduce the keras training curve in pytorch",
        "validation loss worse after training in pytorch",
        "accuracy stuck at 50 percent",
        "default initialization differs",
        "overfits in pytorch, not in keras",
        "loss does not go down, loss plateaus, keeps improving in keras alone",
        "network does not train, torch model trains worse",
        "needs many more epochs, many more steps",
        "learning curve is flat, plateau from the start",
        "gets stuck predicting the mean",
        "network learns nothing, loss stays at its first value, log of the number of classes",
        "takes times as many epochs to reach the same loss",
        "recurrent network trains worse than in keras",
        "converges to a worse minimum, final loss higher",
        "gradients differ, gradient too small, vanishing",
        "optimizer behaves differently",
        "训练 收敛 初始化",
    ),
    suspects=(
        Suspect("keras.initializers.GlorotUniform#torch-default", "the loss before the first step is another"),
        Suspect("keras.losses.CategoricalCrossentropy#logits", "gradients are small from the start"),
        Suspect("keras.losses.MeanSquaredError#ranks", "a regression learns the mean alone"),
        Suspect("keras.optimizers.Adam#epsilon", "the first steps are of another length"),
        Suspect("keras.optimizers.Adam#weight-decay", "weights shrink at another pace"),
        Suspect("keras.optimizers.Adam#clipnorm", "large gradients are cut otherwise"),
        Suspect("keras.layers.BatchNormalization#momentum", "training goes well, and validation lags far behind"),
        Suspect(
            "keras.initializers.RandomUniform#embedding", "a model with an Embedding starts twenty times as far out"
        ),
        Suspect("keras.layers.Embedding#mask-zero", "padding takes part, or its vector is not trained"),
    ),
    command=TRAIN,
)

ValidationLags = Guide(
    id="validation-lags",
    title="Good in training, bad in validation",
    about="eval validat test train inference batch momentum running",
    says="Training looks alike in both, and the port is much worse as soon as it is in eval mode.",
    asked=(
        "good training accuracy but bad in eval mode",
        "model.eval() gives much worse results than model.train()",
        "validation loss huge, training loss fine, batchnorm",
        "running mean and variance wrong after training",
        "momentum of batch norm 0.99 in pytorch",
        "train mode fine, eval mode broken",
        "test accuracy terrible although training accuracy is perfect",
        "results are worse at inference than in training",
        "validation loss much higher than the training loss on identical data",
        "great training accuracy, validation at chance level",
    ),
    suspects=(
        Suspect("keras.layers.BatchNormalization#momentum", "running statistics are those of the last batch"),
        Suspect("keras.layers.BatchNormalization#unbiased-running-variance", "small batches: a variance too large"),
        Suspect("keras.layers.BatchNormalization#epsilon", "channels that hardly vary are off"),
        Suspect("keras.layers.Dropout#left-in-training", "F.dropout goes on dropping"),
    ),
    command=TRAIN,
)

LossDiffers = Guide(
    id="loss-differs",
    title="The loss has another value on the same predictions",
    about="loss entropy target label long weights hot class regulari mse",
    says="Predictions agree, and what is computed from them and the targets does not.",
    asked=(
        "loss value differs from keras on the same predictions",
        "cross entropy loss different in pytorch and keras",
        "loss is larger by a factor, mean or sum over the batch",
        "class weights imbalanced give another loss",
        "loss in keras includes regularization",
        "softmax applied twice before CrossEntropyLoss",
        "validation loss average over batches wrong, last batch is smaller, len(loader) or len(dataset)",
        "loss starts at another value",
        "loss twice, four, ten times as large, scaled by batch size",
        "negative loss",
        "loss many times bigger or smaller than in keras",
    ),
    suspects=(
        Suspect("keras.losses.CategoricalCrossentropy#logits", "the loss stays near log(classes): softmax twice"),
        Suspect("keras.losses.SparseCategoricalCrossentropy#logits", "likewise, with indices for targets"),
        Suspect("keras.losses.CategoricalCrossentropy#class-weights", "off by a factor that changes with the batch"),
        Suspect("keras.losses.CategoricalCrossentropy#smoothed-targets", "sure predictions cost more in Keras"),
        Suspect("keras.losses.MeanSquaredError#ranks", "torch warns of a target size that differs"),
        Suspect("keras.losses.MeanSquaredError#last-axis", "sums are off by the size of the last axis"),
        Suspect("keras.losses.BinaryCrossentropy#clipping", "losses of 16.1 in Keras are larger in torch"),
        Suspect("keras.losses.KLDivergence#batchmean", "off by the number of classes"),
    ),
    command=TRAIN,
)
