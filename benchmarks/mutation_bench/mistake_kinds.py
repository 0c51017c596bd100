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


KINDS = {
    # normalisation
    "bn-eps": Kind("bn-epsilon", r"\beps is", r"BatchNormalization#epsilon"),
    "bn-eps-near": Kind("bn-epsilon", r"\beps is", r"BatchNormalization#epsilon", least=1e-9),
    "bn-batch-statistics": Kind("train-mode-default", r"training mode|statistics of the batch|batch statistics"),
    "bn-forgotten": Kind("bn-epsilon", r"(batch_norm|layer_norm) is missing"),
    "bn-after-activation": Kind("activation-arg", r"(relu|gelu)\S* is (missing|one too many)|(before|after) the"),
    "bn-weights-in-order": Kind("bn-weight-order", r"is that of", r"#weights-in-order", "given"),
    "ln-eps": Kind("ln-epsilon", r"\beps is", r"LayerNormalization#epsilon"),
    "ln-eps-near": Kind("ln-epsilon", r"\beps is", r"LayerNormalization#epsilon", least=1e-7),
    "ln-axes": Kind("ln-axes", r"normalized_shape|\bax[ei]s\b", r"LayerNormalization#axis"),
    "ln-sample-deviation": Kind("std-ddof", r"n ?- ?1|unbiased|correction|sample"),
    "gn-eps": Kind("gn-defaults", r"\beps is", r"GroupNormalization#epsilon"),
    "gn-groups": Kind("gn-defaults", r"num_groups"),
    "instance-norm": Kind("instance-norm", r"instance_norm|num_groups"),
    # convolutions and paddings
    "conv-same-stride": Kind("same-stride", r"\bpad(ding)? is", r"#same-stride"),
    "conv-padding": Kind("same-stride", r"padding is"),
    "conv-padding-mode": Kind("same-stride", r"reflect|replicate|circular|padding_mode"),
    "conv-stride-elsewhere": Kind("resnet-v1-stride", r"stride is"),
    "conv-dilation": Kind("conv1d-layout", r"dilation is"),
    "conv-bias-forgotten": Kind("separable", r"bias is (not there|missing)"),
    "bias-extra": Kind("separable", r"bias is there|bias is one too many"),
    "activation-in-separable": Kind("separable", r"relu\S* is one too many", r"#one-activation"),
    "causal-both-sides": Kind("conv1d-layout", r"\bpad(ding)? is|causal", r"Conv1D#causal"),
    "pad-axes": Kind("pad-arg-order", r"\bpad(ding)? is", r"#order-of-axes"),
    "pad-side": Kind("same-stride", r"\bpad(ding)? is", r"#same-stride|#order-of-axes"),
    "pad-forgotten": Kind("same-stride", r"\bpad(ding)? is", r"#same-stride"),
    "pool-pad-value": Kind("maxpool-same", r"-inf|\bvalue is|pad\(.*one too many.*padding is", r"#padding-value"),
    "transposed-recipe": Kind("convtranspose-same-odd", r"(output_)?padding is", r"#same-odd-kernel"),
    "transposed-crop": Kind("convtranspose-same-size", r"slice|crop", r"#same-odd-kernel"),
    "crop-side": Kind("pad-arg-order", r"slice|crop", r"#order-of-axes"),
    # pooling
    "pool-same-stride": Kind("maxpool-same", r"padding is|ceil_mode is", r"#same-stride"),
    "pool-padding": Kind("maxpool-same", r"padding is", r"#same-stride"),
    "pool-counts-padding": Kind("avgpool-pad", r"count_include_pad is", r"#padding-counted"),
    "pool-ceil": Kind("maxpool-same", r"ceil_mode is"),
    "pool-window": Kind("maxpool-same", r"kernel_size is"),
    "pool-other": Kind("global-pooling", r"(pool|mean|amax)\w*\(.*stands where Keras has \w*(pool|mean|amax)"),
    # activations
    "activation-forgotten": Kind(
        "activation-arg",
        r"(relu6?|tanh|sigmoid|softmax|prelu|softplus|silu|exp) is missing",
        r"#activation",
    ),
    "activation-twice": Kind("ce-logits", r"(relu|tanh|sigmoid|softmax)\S* is one too many|twice"),
    "activation-other": Kind(
        "activation-arg",
        r"\w+\(.*stands where Keras has (relu|tanh|sigmoid|hard|silu|soft|log_soft|gelu|elu|selu|rnn_tanh)",
    ),
    "activation-misplaced": Kind("activation-arg", r"relu\S* is (missing|one too many)"),
    "hard-sigmoid": Kind(
        "hard-sigmoid-version", r"stands where Keras has hardsigmoid|slope|0\.2", r"#hard-sigmoid-slope"
    ),
    "leaky-slope": Kind("leaky-slope", r"negative_slope is", r"slope"),
    "gelu-approximate": Kind("gelu-split", r"approximate is", r"#gelu-exact"),
    "softmax-dim": Kind("softmax-axis", r"\bdim is|softmax\(.*stands where Keras has softmax", r"softmax.*axis"),
    "prelu-shared": Kind("prelu-shape", r"channel|alpha|one number|num_parameters|shape", r"#prelu-shape"),
    "elu-alpha": Kind("activation-arg", r"alpha is"),
    # wiring
    "concat-order": Kind("concat-axis", r"another order"),
    "residual-forgotten": Kind("residual", r"add is missing"),
    "residual-elsewhere": Kind("residual", r"^$"),
    "residual-scale": Kind("residual", r"other is|scale|0\.\d+"),
    "summand-forgotten": Kind("residual", r"add is missing|operand|summand"),
    "layer-used-twice": Kind("shared-layer", r"is that of"),
    "other-input": Kind("wiring", r"^$"),
    "input-twice": Kind("wiring", r"takes .*left.* where Keras takes .*right"),
    "operator-other": Kind("wiring", r"(add|sub|mul|abs|minimum)\(?\S* (stands where Keras has|is missing)"),
    "flatten-order": Kind("flatten-order", r"another order|flatten(s|ed)? ", r"#flatten-order|#reshape-order", "given"),
    "reshape-order": Kind("reshape-permute-batch", r"order|\baxes\b|transpos|permut", r"#reshape-order|#flatten-order"),
    "permute-direction": Kind(
        "reshape-permute-batch", r"order|\baxes\b|transpos|permut", r"#permute-direction|#reshape-order"
    ),
    "rescaling": Kind("preprocess-modes", r"\b(div|mul|sub)\b", r"#rescaling"),
    "unit-norm": Kind("normalize", r"\bp is|\bdim is"),
    "align-corners": Kind("upsample-bilinear", r"align_corners is", r"#half-pixel-centres"),
    "interpolation": Kind("upsample-bilinear", r"mode is", r"#repeat|#bicubic"),
    "upsample-tiled": Kind("upsample-bilinear", r"interpolate is missing|repeat", r"#repeat"),
    # noise
    "dropout-active": Kind("train-mode-default", r"dropout\w*\(.*one too many|dropout\w* (runs|is active)"),
    # sequences
    "last-step": Kind("masking-rnn", r"last|getitem|step", r"#last-output|#masked"),
    "mask-ignored": Kind("masking-rnn", r"mask|length|pad", r"mask"),
    "mean-mask-ignored": Kind(
        "masked-pooling", r"mask|mean\(.*stands where Keras has sum|(sum|div|mul) is missing", r"#mask"
    ),
    "cell-state": Kind("return-sequences", r"state|cell"),
    "both-ways-last": Kind("bidirectional-last", r"last|state|step", r"#last-of-both"),
    "reversed-back": Kind("go-backwards", r"flip", r"#go-backwards|#reversed-outputs"),
    "steps-for-batch": Kind("rnn-batch-first", r"batch_first|transpose|step", r"#steps-before-batch"),
    "state-forgotten": Kind("stateful", r"state|hx"),
    "states-exchanged": Kind("return-sequences", r"state|another order|exchang"),
    "scale-forgotten": Kind("attention-scale", r"mul is missing", r"#size-per-head|#no-scaling"),
    "attention-scaled": Kind("attention-scale", r"(div|mul)\(.*one too many|scale", r"#no-scaling"),
    "attention-scale-width": Kind("mha-keydim", r"other is|scale", r"#size-per-head"),
    "attention-mask-ignored": Kind("attn-mask-polarity", r"masked_fill is missing|mask is (missing|not)", r"mask"),
    "attention-mask-inverted": Kind("attn-mask-polarity", r"__invert__|invert", r"#mask-polarity"),
    "causal-forgotten": Kind("attn-mask-polarity", r"masked_fill is missing|causal", r"mask"),
    "causal-shifted": Kind("attn-mask-polarity", r"diagonal|tri[lu]"),
    "heads-merged": Kind("mha-weights", r"transpose|order|heads", r"#heads-first"),
    "parts-exchanged": Kind("mha-weights", r"query|another order|exchang|block", mode="given"),
    "ids-shifted": Kind("vocab-offset", r"add\(.*one too many"),
    # weights
    "dense-not-transposed": Kind("dense-kernel-layout", r"transposed", r"#dense-kernel-layout|#kernel-layout", "given"),
    "conv-channels-exchanged": Kind("conv-kernel-layout", r"axes \(1, 0|transposed", r"#kernel-layout", "given"),
    "conv-turned": Kind("conv-kernel-layout", r"axes \(0, 1|reversed along axis [2-4]", r"#kernel-layout", "given"),
    "depthwise-order": Kind("depthwise-layout", r"order", r"#kernel-layout", "given"),
    "flattened-not-reordered": Kind("flatten-order", r"columns in another order|flatten", r"#flatten-order", "given"),
    "gru-gates": Kind("gru-gates", r"blocks in the order", r"GRU#gate-order", "given"),
    "gru-biases": Kind("gru-gates", r"is that of \S*bias|exchanged", r"GRU#biases-exchanged", "given"),
    "lstm-gates": Kind("lstm-gates", r"blocks in the order", r"LSTM#gate-order", "given"),
    "lstm-bias-twice": Kind(
        "lstm-gates", r"bias\S* is (it )?(twice|doubled|times)|bias.*2", r"LSTM#bias-twice", "given"
    ),
    "recurrent-not-transposed": Kind("lstm-gates", r"transposed", r"#recurrent-kernel-layout", "given"),
    "packed-order": Kind("mha-weights", r"blocks in the order|blocks", "^$", "given"),
    "heads-order": Kind("mha-weights", r"order|heads", r"#heads-first", "given"),
    "directions-exchanged": Kind("bidirectional-last", r"is that of \S*reverse", "^$", "given"),
    "weight-initial": Kind("saving-format", r"throughout, as a layer begins", "^$", "given"),
    "weight-random": Kind("saving-format", r"other numbers|never|initial", "^$", "given"),
    "weight-elsewhere": Kind("bn-center-scale", r"is that of", "^$", "given"),
    "rows-exchanged": Kind(
        "vocab-offset", r"rows .*exchanged|(rows|slices).* in another order|reversed along axis 0", "^$", "given"
    ),
    "rows-rolled": Kind(
        "vocab-offset", r"(rows|slices).* in another order|reversed along axis 0|shifted|rolled", "^$", "given"
    ),
    "padding-row-zero": Kind("mask-zero", r"row 0", r"#mask-zero", "given"),
    "bias-zero": Kind("dense-init", r"bias\S* is 0 throughout", "^$", "given"),
    # training
    "bn-momentum": Kind("bn-momentum", r"momentum is", r"#momentum", train=True),
    "bn-unbiased": Kind("bn-variance-bias", r"unbiased|n ?/ ?\(n", r"#unbiased-running-variance", train=True),
    "dropout-rate": Kind("rnn-dropout", r"dropout|rate|\bp is", train=True),
    "frozen-trained": Kind("bn-frozen", r"frozen|trainable|requires_grad", train=True),
    "frozen-statistics": Kind("bn-frozen", r"frozen|trainable|running stat|eval", train=True),
    "gradient-stopped": Kind("no-grad", r"gradient|detach", train=True),
}
