"""The mistakes by kind: the trap that each is (`traps` of the collection), and what a check may call it.

`difference` and `says` are regular expressions: a cause is right where its difference's id, or its sentence, fits.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`mode` is "given" where carrying the weights over would mend the mistake."""

    trap: str
    says: str
    difference: str = "^$"
    mode: str = "any"
    train: bool = False
    least: float = 1e-6  # relative change of the output that it makes at least


def argument(names: str) -> str:
    """A sentence about an argument of one of the names, not of an operation that is shown with its arguments."""
    return rf"\b({names})\b(?!=)"


def missing(names: str) -> str:
    """A sentence that says of an operation that it is not there."""
    return rf"\b({names})\b[^;]*\bmissing\b"


def extra(names: str) -> str:
    """A sentence that says of an operation that it should not be there."""
    return rf"\b({names})\b[^;]*(too many|twice|extra)"


def instead(names: str, wanted: str) -> str:
    """A sentence that says of an operation that it should be another."""
    return rf"\b({names})\b[^;]*\b(stands where|instead of)\b[^;]*\b({wanted})\b"


ANY = r"\w+"
#: The order of a list of tensors, not that of the numbers in one.
TENSORS_IN_ANOTHER_ORDER = r"^(?!.*(flattened|reshaped)).*another order"
SCALINGS, SHIFTS = "mul|div|scaling", "add|sub|shift"
OF_ANOTHER = r"\b(is that of|are those of)\b"
ACTIVATIONS = (
    "relu|relu6|leaky_relu|prelu|elu|selu|gelu|silu|tanh|sigmoid|hardsigmoid|hardswish|softplus|softsign|softmax|"
    "log_softmax|exp|rnn_tanh"
)

KINDS = {
    # normalisation
    "bn-eps": Kind("bn-epsilon", argument("eps"), r"BatchNormalization#epsilon"),
    "bn-eps-near": Kind("bn-epsilon", argument("eps"), r"BatchNormalization#epsilon", least=1e-9),
    "bn-batch-statistics": Kind("train-mode-default", r"training mode|statistics of the batch|batch statistics"),
    "bn-forgotten": Kind("bn-epsilon", missing("batch_norm|layer_norm")),
    "bn-after-activation": Kind(
        "activation-arg", missing(ACTIVATIONS) + "|" + extra(ACTIVATIONS) + "|" + TENSORS_IN_ANOTHER_ORDER
    ),
    "bn-weights-in-order": Kind("bn-weight-order", OF_ANOTHER, r"#weights-in-order", "given"),
    "ln-eps": Kind("ln-epsilon", argument("eps"), r"LayerNormalization#epsilon"),
    "ln-eps-near": Kind("ln-epsilon", argument("eps"), r"LayerNormalization#epsilon", least=1e-7),
    "ln-axes": Kind("ln-axes", argument("normalized_shape|axis|axes"), r"LayerNormalization#axis"),
    "ln-sample-deviation": Kind("std-ddof", r"n ?- ?1|unbiased|correction|sample"),
    "gn-eps": Kind("gn-defaults", argument("eps"), r"GroupNormalization#epsilon"),
    "gn-groups": Kind("gn-defaults", argument("num_groups")),
    "instance-norm": Kind("instance-norm", instead("instance_norm", "group_norm")),
    # convolutions and paddings
    "conv-same-stride": Kind("same-stride", argument("pads?|padding|causal"), r"#same-stride"),
    "conv-padding": Kind("same-stride", argument("padding")),
    "conv-padding-mode": Kind("same-stride", r"reflect|replicate|circular|padding_mode"),
    "conv-stride-elsewhere": Kind("resnet-v1-stride", argument("stride")),
    "conv-dilation": Kind("conv1d-layout", argument("dilation")),
    "conv-bias-forgotten": Kind("separable", r"\bbias\b[^;]*(not there|missing|none)|no bias", mode="given"),
    "bias-extra": Kind("separable", r"\bbias\b[^;]*(there|too many)|has a bias", mode="given"),
    "activation-in-separable": Kind("separable", extra("relu"), r"#one-activation"),
    "causal-both-sides": Kind("conv1d-layout", argument("pads?|padding|causal"), r"Conv1D#causal"),
    "pad-axes": Kind("pad-arg-order", argument("pads?|padding|causal"), r"#order-of-axes"),
    "pad-side": Kind("same-stride", argument("pads?|padding|causal"), r"#same-stride|#order-of-axes"),
    "pad-forgotten": Kind("same-stride", argument("pads?|padding|causal"), r"#same-stride"),
    "pool-pad-value": Kind("maxpool-same", r"-inf|\bvalue\b(?!=)|\bpad\b.*too many.*padding", r"#padding-value"),
    "transposed-recipe": Kind("convtranspose-same-odd", argument("padding|output_padding|crop"), r"#same-odd-kernel"),
    "transposed-crop": Kind("convtranspose-same-size", r"slice|crop", r"#same-odd-kernel"),
    "crop-side": Kind("pad-arg-order", r"slice|crop|goes on with x\[", r"#order-of-axes"),
    # pooling
    "pool-same-stride": Kind("maxpool-same", argument("padding|ceil_mode"), r"#same-stride"),
    "pool-padding": Kind("maxpool-same", argument("padding"), r"#same-stride"),
    "pool-counts-padding": Kind("avgpool-pad", argument("count_include_pad"), r"#padding-counted"),
    "pool-ceil": Kind("maxpool-same", argument("ceil_mode")),
    "pool-window": Kind("maxpool-same", argument("kernel_size")),
    "pool-other": Kind("global-pooling", instead(r"\w*(?:pool|mean|max)\w*", r"\w*(?:pool|mean|max)\w*")),
    # activations
    "activation-forgotten": Kind(
        "activation-arg",
        missing(ACTIVATIONS),
        r"#activation",
    ),
    "activation-twice": Kind("ce-logits", extra(ACTIVATIONS)),
    "activation-other": Kind(
        "activation-arg",
        instead(ANY, ACTIVATIONS),
    ),
    "activation-misplaced": Kind(
        "activation-arg", missing(ACTIVATIONS) + "|" + extra(ACTIVATIONS) + "|" + TENSORS_IN_ANOTHER_ORDER
    ),
    "hard-sigmoid": Kind("hard-sigmoid-version", instead("clamp", "hardsigmoid"), r"#hard-sigmoid-slope"),
    "leaky-slope": Kind("leaky-slope", argument("negative_slope"), r"slope"),
    "gelu-approximate": Kind("gelu-split", argument("approximate"), r"#gelu-exact"),
    "softmax-dim": Kind("softmax-axis", argument("dim") + "|" + instead("softmax", "softmax"), r"softmax.*axis"),
    "prelu-shared": Kind("prelu-shape", r"channel|alpha|one number|num_parameters|shape", r"#prelu-shape"),
    "elu-alpha": Kind("activation-arg", argument("alpha")),
    # wiring
    "concat-order": Kind("concat-axis", TENSORS_IN_ANOTHER_ORDER),
    "residual-forgotten": Kind("residual", missing("add")),
    "residual-elsewhere": Kind("residual", r"^$"),
    "residual-scale": Kind("residual", argument("other|scale|mul")),
    "summand-forgotten": Kind("residual", missing("add")),
    "layer-used-twice": Kind("shared-layer", OF_ANOTHER),
    "other-input": Kind("wiring", r"^$"),
    "input-twice": Kind("wiring", r"takes .*left.* where Keras takes .*right"),
    "operator-other": Kind("wiring", instead("add|sub|mul|minimum", "add|sub|mul|maximum")),
    "flatten-order": Kind("flatten-order", r"another order|flatten(s|ed)? ", r"#flatten-order|#reshape-order", "given"),
    "reshape-order": Kind(
        "reshape-permute-batch", r"another order|\baxes\b|transpos|permut", r"#reshape-order|#flatten-order"
    ),
    "permute-direction": Kind(
        "reshape-permute-batch", r"another order|\baxes\b|transpos|permut", r"#permute-direction|#reshape-order"
    ),
    "rescaling": Kind("preprocess-modes", r"\b(div|mul)\b|0\.0078125", r"#rescaling"),
    "unit-norm": Kind("normalize", argument("p|dim")),
    "align-corners": Kind("upsample-bilinear", argument("align_corners"), r"#half-pixel-centres"),
    "interpolation": Kind("upsample-bilinear", argument("mode"), r"#repeat|#bicubic"),
    "upsample-tiled": Kind("upsample-bilinear", missing("interpolate") + "|repeat", r"#repeat"),
    # noise
    "dropout-active": Kind("train-mode-default", extra(r"dropout\w*") + r"|dropout[^;]*(training|active)"),
    # sequences
    "last-step": Kind("masking-rnn", r"last|getitem|step", r"#last-output|#masked"),
    "mask-ignored": Kind("masking-rnn", r"mask|length|pad", r"mask"),
    "mean-mask-ignored": Kind(
        "masked-pooling", missing("sum|div|mul") + "|" + instead("mean", "sum") + r"|mask", r"#mask"
    ),
    "cell-state": Kind("return-sequences", r"state|cell"),
    "both-ways-last": Kind("bidirectional-last", r"last|state|step", r"#last-of-both"),
    "reversed-back": Kind("go-backwards", r"flip", r"#go-backwards|#reversed-outputs"),
    "steps-for-batch": Kind("rnn-batch-first", argument("batch_first|transpose|steps?"), r"#steps-before-batch"),
    "state-forgotten": Kind("stateful", r"state|hx"),
    "states-exchanged": Kind("return-sequences", r"state|another order|exchang"),
    "scale-forgotten": Kind("attention-scale", missing(SCALINGS), r"#size-per-head|#no-scaling"),
    "attention-scaled": Kind("attention-scale", extra(SCALINGS) + "|" + argument("scale"), r"#no-scaling"),
    "attention-scale-width": Kind("mha-keydim", argument("other|scale") + "|0\\.5", r"#size-per-head"),
    "attention-mask-ignored": Kind("attn-mask-polarity", missing("masked_fill") + r"|mask", r"mask"),
    "attention-mask-inverted": Kind("attn-mask-polarity", r"__invert__|invert", r"#mask-polarity"),
    "causal-forgotten": Kind("attn-mask-polarity", missing("masked_fill") + r"|causal", r"mask"),
    "causal-shifted": Kind("attn-mask-polarity", r"diagonal|tri[lu]|\bmask\b"),
    "heads-merged": Kind("mha-weights", r"transpose|order|heads", r"#heads-first"),
    "parts-exchanged": Kind("mha-weights", r"query|exchang|block", mode="given"),
    "ids-shifted": Kind("vocab-offset", extra(SHIFTS)),
    # weights
    "dense-not-transposed": Kind("dense-kernel-layout", r"transposed", r"#dense-kernel-layout|#kernel-layout", "given"),
    "conv-channels-exchanged": Kind(
        "conv-kernel-layout", r"axes \(1, 0|transposed|reshaped where", r"#kernel-layout", "given"
    ),
    "conv-turned": Kind("conv-kernel-layout", r"axes \(0, 1|reversed along axis [2-4]", r"#kernel-layout", "given"),
    "depthwise-order": Kind("depthwise-layout", r"order", r"#kernel-layout", "given"),
    "flattened-not-reordered": Kind("flatten-order", r"columns in another order|flatten", r"#flatten-order", "given"),
    "gru-gates": Kind("gru-gates", r"blocks in the order", r"GRU#gate-order", "given"),
    "gru-biases": Kind("gru-gates", OF_ANOTHER + "|exchanged", r"GRU#biases-exchanged", "given"),
    "lstm-gates": Kind("lstm-gates", r"blocks in the order", r"LSTM#gate-order", "given"),
    "lstm-bias-twice": Kind(
        "lstm-gates", r"bias\S* is (it )?(twice|doubled|times)|bias.*2", r"LSTM#bias-twice", "given"
    ),
    "recurrent-not-transposed": Kind("lstm-gates", r"transposed", r"#recurrent-kernel-layout", "given"),
    "packed-order": Kind("mha-weights", r"blocks in the order|blocks", "^$", "given"),
    "heads-order": Kind("mha-weights", r"order|heads", r"#heads-first", "given"),
    "directions-exchanged": Kind("bidirectional-last", OF_ANOTHER + "|reverse|direction", "^$", "given"),
    "weight-initial": Kind("saving-format", r"\binitial\b|as a layer begins", "^$", "given"),
    "weight-random": Kind("saving-format", r"other numbers|initial|at the start|never", "^$", "given"),
    "weight-elsewhere": Kind("bn-center-scale", OF_ANOTHER, "^$", "given"),
    "rows-exchanged": Kind(
        "vocab-offset", r"rows .*exchanged|(rows|slices).* in another order|reversed along axis 0", "^$", "given"
    ),
    "rows-rolled": Kind(
        "vocab-offset",
        r"(rows|slices).* in another order|rows .*exchanged|reversed along axis 0|shifted|rolled",
        "^$",
        "given",
    ),
    "padding-row-zero": Kind("mask-zero", r"row 0", r"#mask-zero", "given"),
    "bias-zero": Kind("dense-init", r"\bbias\b[^;]*\b0 throughout", "^$", "given"),
    # training
    "bn-momentum": Kind("bn-momentum", argument("momentum"), r"#momentum", train=True),
    "bn-unbiased": Kind("bn-variance-bias", r"unbiased|n ?/ ?\(n", r"#unbiased-running-variance", train=True),
    "dropout-rate": Kind("rnn-dropout", r"dropout|rate|\bp is", train=True),
    "frozen-trained": Kind("bn-frozen", r"frozen|trainable|requires_grad", train=True),
    "frozen-statistics": Kind("bn-frozen", r"frozen|trainable|running stat|eval", train=True),
    "gradient-stopped": Kind("no-grad", r"gradient|detach", train=True),
}
