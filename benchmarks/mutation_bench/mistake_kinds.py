"""The mistakes by kind: the trap that each is (`traps` of the collection), and what a check may call it.

`difference` and `says` are regular expressions: a cause is right where its difference's id, or its sentence, fits.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`mode` is "given" where the mistake lies in the weights: carrying them over would mend it."""

    trap: str
    says: str
    difference: str = "^$"
    mode: str = "any"
    train: bool = False
    least: float = 1e-6  # relative change of the output that it makes at least


_FORGOTTEN = r"forgotten|missing|left out|not applied|without|lacks|no \w+"
_EXTRA = r"twice|extra|again|additional|too many|once more"
_WEIGHT_ORDER = r"transpos|order|layout|exchang|permut|axes"

KINDS = {
    # normalisation
    "bn-eps": Kind("bn-epsilon", r"\beps", r"BatchNormalization#epsilon"),
    "bn-eps-near": Kind("bn-epsilon", r"\beps", r"BatchNormalization#epsilon", least=1e-9),
    "bn-batch-statistics": Kind("train-mode-default", r"batch('s)? (mean|statistic)|training mode|running stat"),
    "bn-forgotten": Kind("bn-epsilon", rf"{_FORGOTTEN}"),
    "bn-after-activation": Kind("activation-arg", r"order|before|after|exchang"),
    "bn-weights-in-order": Kind(
        "bn-weight-order", rf"{_WEIGHT_ORDER}|mean.*variance|running", r"#weights-in-order", "given"
    ),
    "ln-eps": Kind("ln-epsilon", r"\beps", r"LayerNormalization#epsilon"),
    "ln-eps-near": Kind("ln-epsilon", r"\beps", r"LayerNormalization#epsilon", least=1e-7),
    "ln-axes": Kind("ln-axes", r"ax[ei]s|dim|normalized_shape", r"LayerNormalization#axis"),
    "ln-sample-deviation": Kind("std-ddof", r"n ?- ?1|unbiased|correction|sample|variance"),
    "gn-eps": Kind("gn-defaults", r"\beps", r"GroupNormalization#epsilon"),
    "gn-groups": Kind("gn-defaults", r"group"),
    "instance-norm": Kind("instance-norm", r"group|instance"),
    # convolutions and paddings
    "conv-same-stride": Kind("same-stride", r"pad", r"#same-stride"),
    "conv-padding": Kind("same-stride", r"pad"),
    "conv-padding-mode": Kind("same-stride", r"pad"),
    "conv-stride-elsewhere": Kind("resnet-v1-stride", r"stride"),
    "conv-dilation": Kind("conv1d-layout", r"dilat"),
    "conv-bias-forgotten": Kind("separable", r"bias"),
    "bias-extra": Kind("separable", r"bias"),
    "activation-in-separable": Kind("separable", rf"activation|relu|{_EXTRA}", r"#one-activation"),
    "causal-both-sides": Kind("conv1d-layout", r"pad|causal", r"Conv1D#causal"),
    "pad-axes": Kind("pad-arg-order", r"pad|order", r"#order-of-axes"),
    "pad-side": Kind("same-stride", r"pad", r"#same-stride|#order-of-axes"),
    "pad-forgotten": Kind("same-stride", rf"pad|{_FORGOTTEN}", r"#same-stride"),
    "pool-pad-value": Kind("maxpool-same", r"pad|-inf", r"#padding-value"),
    "transposed-recipe": Kind("convtranspose-same-odd", r"pad|crop|shift", r"#same-odd-kernel"),
    "transposed-crop": Kind("convtranspose-same-size", r"pad|crop|slice|shift", r"#same-odd-kernel"),
    "crop-side": Kind("pad-arg-order", r"crop|slice|pad|order|side", r"#order-of-axes"),
    # pooling
    "pool-same-stride": Kind("maxpool-same", r"pad", r"#same-stride"),
    "pool-padding": Kind("maxpool-same", r"pad", r"#same-stride"),
    "pool-counts-padding": Kind("avgpool-pad", r"count_include_pad|pad", r"#padding-counted"),
    "pool-ceil": Kind("maxpool-same", r"ceil"),
    "pool-window": Kind("maxpool-same", r"kernel|window|pool_size"),
    "pool-other": Kind("global-pooling", r"max|mean|average|avg"),
    # activations
    "activation-forgotten": Kind(
        "activation-arg",
        rf"(activation|relu|tanh|sigmoid|swish|softmax|\w+).*({_FORGOTTEN})|({_FORGOTTEN}).*",
        r"#activation",
    ),
    "activation-twice": Kind("ce-logits", _EXTRA),
    "activation-other": Kind("activation-arg", r"activation|relu|tanh|sigmoid|swish|silu|elu|soft|gelu"),
    "activation-misplaced": Kind("activation-arg", r"before|after|order|exchang|activation|relu"),
    "hard-sigmoid": Kind("hard-sigmoid-version", r"sigmoid|slope|0\.2", r"#hard-sigmoid-slope"),
    "leaky-slope": Kind("leaky-slope", r"slope", r"slope"),
    "gelu-approximate": Kind("gelu-split", r"approximate|tanh|gelu", r"#gelu-exact"),
    "softmax-dim": Kind("softmax-axis", r"dim|axis", r"softmax.*axis"),
    "prelu-shared": Kind("prelu-shape", r"alpha|slope|channel|num_parameters|shared|weight", r"#prelu-shape"),
    "elu-alpha": Kind("activation-arg", r"alpha"),
    # wiring
    "concat-order": Kind("concat-axis", r"order|concat|exchang|\bcat\b"),
    "residual-forgotten": Kind("residual", rf"add|residual|shortcut|{_FORGOTTEN}"),
    "residual-elsewhere": Kind("residual", r"residual|shortcut|another|instead|other|added|operand"),
    "residual-scale": Kind("residual", r"scale|factor|times|multipl|0\.\d"),
    "summand-forgotten": Kind("residual", rf"operand|summand|added|{_FORGOTTEN}"),
    "layer-used-twice": Kind("shared-layer", r"weight|another layer|same layer|of layer|instead"),
    "other-input": Kind("wiring", r"instead|another|other|input|operand"),
    "input-twice": Kind("wiring", r"instead|another|other|input|operand"),
    "operator-other": Kind("wiring", r"instead|add|mul|max|mean|average|divid|factor|half|operation"),
    "flatten-order": Kind("flatten-order", r"flatten|order|permut", r"#flatten-order|#reshape-order"),
    "reshape-order": Kind(
        "reshape-permute-batch", r"order|permut|reshape|view|axes|transpos", r"#reshape-order|#flatten-order"
    ),
    "permute-direction": Kind(
        "reshape-permute-batch", r"permut|order|transpos|axes|turn", r"#permute-direction|#reshape-order"
    ),
    "rescaling": Kind("preprocess-modes", r"scale|offset|factor|preprocess|divid|/|\*", r"#rescaling"),
    "unit-norm": Kind("normalize", r"norm|\bp\b|dim|axis|ord"),
    "align-corners": Kind("upsample-bilinear", r"align_corners|corner|half", r"#half-pixel-centres"),
    "interpolation": Kind("upsample-bilinear", r"nearest|bilinear|bicubic|mode|interpolat", r"#repeat|#bicubic"),
    "upsample-tiled": Kind("upsample-bilinear", r"repeat|tile|order|nearest", r"#repeat"),
    # noise
    "dropout-active": Kind("train-mode-default", r"dropout|random|training"),
    # sequences
    "last-step": Kind("masking-rnn", r"last|step|state", r"#last-output|#masked"),
    "mask-ignored": Kind("masking-rnn", r"mask|pad", r"mask"),
    "mean-mask-ignored": Kind("masked-pooling", r"mask|pad", r"#mask"),
    "cell-state": Kind("return-sequences", r"state|cell|\bc\b"),
    "both-ways-last": Kind("bidirectional-last", r"last|state|backward|step", r"#last-of-both"),
    "reversed-back": Kind("go-backwards", r"revers|flip|backward|order", r"#go-backwards|#reversed-outputs"),
    "steps-for-batch": Kind("rnn-batch-first", r"batch_first|batch|step", r"#steps-before-batch"),
    "state-forgotten": Kind("stateful", r"state"),
    "states-exchanged": Kind("return-sequences", r"state|exchang|swap|order"),
    "scale-forgotten": Kind("attention-scale", r"scal|factor|multipl|times", r"#size-per-head|#no-scaling"),
    "attention-scaled": Kind("attention-scale", r"scal|sqrt|root|divid", r"#no-scaling"),
    "attention-scale-width": Kind("mha-keydim", r"scal|sqrt|root|divid|size", r"#size-per-head"),
    "attention-mask-ignored": Kind("attn-mask-polarity", r"mask", r"mask"),
    "attention-mask-inverted": Kind("attn-mask-polarity", r"mask|invert|polarity|true", r"#mask-polarity"),
    "causal-forgotten": Kind("attn-mask-polarity", r"mask|causal", r"mask"),
    "causal-shifted": Kind("attn-mask-polarity", r"mask|causal|diagonal"),
    "heads-merged": Kind("mha-weights", r"head|order|transpos|permut", r"#heads-first"),
    "parts-exchanged": Kind("mha-weights", r"query|key|value|order|exchang|block"),
    "ids-shifted": Kind("vocab-offset", r"row|index|shift|offset|id|\+ ?1"),
    # weights
    "dense-not-transposed": Kind("dense-kernel-layout", _WEIGHT_ORDER, r"#dense-kernel-layout|#kernel-layout", "given"),
    "conv-channels-exchanged": Kind("conv-kernel-layout", _WEIGHT_ORDER, r"#kernel-layout", "given"),
    "conv-turned": Kind("conv-kernel-layout", _WEIGHT_ORDER, r"#kernel-layout", "given"),
    "depthwise-order": Kind("depthwise-layout", _WEIGHT_ORDER, r"#kernel-layout", "given"),
    "flattened-not-reordered": Kind("flatten-order", rf"flatten|{_WEIGHT_ORDER}", r"#flatten-order", "given"),
    "gru-gates": Kind("gru-gates", r"gate|block|order|exchang", r"GRU#gate-order", "given"),
    "gru-biases": Kind("gru-gates", r"bias|exchang", r"GRU#biases-exchanged", "given"),
    "lstm-gates": Kind("lstm-gates", r"gate|block|order|exchang", r"LSTM#gate-order", "given"),
    "lstm-bias-twice": Kind("lstm-gates", r"bias", r"LSTM#bias-twice", "given"),
    "recurrent-not-transposed": Kind("lstm-gates", _WEIGHT_ORDER, r"#recurrent-kernel-layout", "given"),
    "packed-order": Kind("mha-weights", r"query|key|value|order|exchang|block", "^$", "given"),
    "heads-order": Kind("mha-weights", r"head|order|exchang|permut", r"#heads-first", "given"),
    "directions-exchanged": Kind("bidirectional-last", r"direction|forward|backward|exchang|another", "^$", "given"),
    "weight-initial": Kind("saving-format", r"initial|never|not loaded|left|default|ones|zeros|random", "^$", "given"),
    "weight-elsewhere": Kind(
        "bn-center-scale", r"another layer|other layer|those of|that of|layer's|belongs to|from", "^$", "given"
    ),
    "rows-exchanged": Kind("vocab-offset", r"row|exchang|swap|block|order", "^$", "given"),
    "rows-rolled": Kind("vocab-offset", r"row|shift|rolled|offset|order|block", "^$", "given"),
    "padding-row-zero": Kind("mask-zero", r"row|zero|padding_idx", r"#mask-zero", "given"),
    "bias-zero": Kind("dense-init", r"bias|zero", "^$", "given"),
    # training
    "bn-momentum": Kind("bn-momentum", r"momentum", r"#momentum", train=True),
    "bn-unbiased": Kind("bn-variance-bias", r"unbiased|n ?/|variance", r"#unbiased-running-variance", train=True),
    "dropout-rate": Kind("rnn-dropout", r"dropout|rate|\bp\b", train=True),
    "frozen-trained": Kind("bn-frozen", r"frozen|trainable|requires_grad|freez", train=True),
    "frozen-statistics": Kind("bn-frozen", r"frozen|trainable|eval|running|freez", train=True),
    "gradient-stopped": Kind("no-grad", r"gradient|detach|no_grad|requires_grad", train=True),
}
