"""Losses: modules of torch.nn, functions of torch.nn.functional. Keras's losses are called with the target first."""

from __future__ import annotations

from equivalence.catalogue.from_torch.loss_forms import OLD, pair, plain, reduced
from equivalence.catalogue.from_torch.loss_helpers import CROSS_ENTROPY, CTC, MULTI_MARGIN
from equivalence.catalogue.from_torch.torch_rows import nothing, row
from equivalence.translation.keras_templates import Given

_FIRST = "Keras's losses are called with the target first: loss(target, input)."


def _cross_entropy(given: Given) -> str:
    plain = all(name not in given for name in ("weight", "ignore_index", "label_smoothing"))
    if plain and given.value("reduction") == "mean":
        return "keras.losses.SparseCategoricalCrossentropy(from_logits=True)(target, input)"
    if plain:
        return reduced(given, "keras.ops.sparse_categorical_crossentropy(target, input, from_logits=True)")
    return (
        "cross_entropy(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction, "
        "smoothing=label_smoothing)"
    )


def _binary(given: Given) -> str:
    positive = given.has("pos_weight") and not given.is_none("pos_weight")
    if positive:
        loss = "-(pos_weight * target * keras.ops.log_sigmoid(input) + (1 - target) * keras.ops.log_sigmoid(-input))"
        return plain(loss)(given)
    logits = ", from_logits=True" if given.has("pos_weight") else ""
    mean = f"keras.losses.BinaryCrossentropy({'from_logits=True' if logits else ''})(target, input)"
    return plain(f"keras.ops.binary_crossentropy(target, input{logits})", mean)(given)


def _divergence(given: Given) -> str:
    """torch's order: the input holds logarithms; "mean" is that over all elements, "batchmean" the divergence's."""
    if given.value("log_target"):
        loss = "keras.ops.exp(target) * (target - input)"
    else:
        loss = "keras.ops.where(target > 0, target * (keras.ops.log(keras.ops.maximum(target, 1e-38)) - input), 0.0)"
    if given.value("reduction") == "batchmean":
        return f"keras.ops.sum({loss}) / input.shape[0]"
    return reduced(given, loss)


def _poisson(given: Given) -> str:
    loss = (
        "keras.ops.exp(input) - target * input"
        if given.value("log_input")
        else ("input - target * keras.ops.log(input + eps)")
    )
    if given.value("full"):
        sterling = "target * keras.ops.log(target) - target + 0.5 * keras.ops.log(2 * math.pi * target)"
        loss = f"{loss} + keras.ops.where(target > 1, {sterling}, 0.0)"
    return reduced(given, loss)


def _gaussian(given: Given) -> str:
    spread = "keras.ops.maximum(var, eps)"
    loss = f"0.5 * (keras.ops.log({spread}) + keras.ops.square(input - target) / {spread})"
    if given.value("full"):
        loss = f"{loss} + 0.5 * math.log(2 * math.pi)"
    return reduced(given, loss)


def _triplet(given: Given) -> str:
    def apart(one: str, other: str) -> str:
        if given.has("distance_function"):
            if not given.is_none("distance_function"):
                return f"distance_function({one}, {other})"
            return f"keras.ops.norm({one} - {other} + 1e-06, axis=-1)"
        return f"keras.ops.norm({one} - {other} + eps, ord=always(p), axis=-1)"

    far = apart("anchor", "negative")
    if given.value("swap"):
        far = f"keras.ops.minimum({far}, {apart('positive', 'negative')})"
    return reduced(given, f"keras.ops.relu({apart('anchor', 'positive')} - {far} + margin)")


_REDUCTIONS = ("", "reduction='sum'", "reduction='none'")
_HUBER = (
    "keras.ops.where(keras.ops.abs(input - target) < {0}, 0.5 * keras.ops.square(input - target){1}, "
    "{2}(keras.ops.abs(input - target) - 0.5 * {0}))"
)
_COSINE = (
    "keras.ops.sum(input1 * input2, axis=-1) / keras.ops.sqrt((keras.ops.sum(input1 * input1, axis=-1) + 1e-12) * "
    "(keras.ops.sum(input2 * input2, axis=-1) + 1e-12))"
)
_SOFT = (
    "keras.ops.mean(-(target * keras.ops.log_sigmoid(input) + (1 - target) * keras.ops.log_sigmoid(-input)), axis=-1)"
)

ROWS = (
    *pair(
        "MSELoss",
        "mse_loss",
        OLD,
        plain("keras.ops.square(input - target)", "keras.losses.MeanSquaredError()(target, input)"),
        "x, y",
        _REDUCTIONS,
        function_own=f"{OLD}, weight=None",
        watch=(_FIRST,),
    ),
    *pair(
        "L1Loss",
        "l1_loss",
        OLD,
        plain("keras.ops.abs(input - target)", "keras.losses.MeanAbsoluteError()(target, input)"),
        "x, y",
        _REDUCTIONS,
        function_own=f"{OLD}, weight=None",
        watch=(_FIRST,),
    ),
    *pair(
        "HuberLoss",
        "huber_loss",
        "reduction='mean', delta=1.0",
        plain(_HUBER.format("delta", "", "delta * "), "keras.losses.Huber(delta=delta)(target, input)"),
        "x, y",
        (*_REDUCTIONS, "delta=0.5"),
        function_own="reduction='mean', delta=1.0, weight=None",
        watch=(_FIRST,),
    ),
    *pair(
        "SmoothL1Loss",
        "smooth_l1_loss",
        f"{OLD}, beta=1.0",
        plain(_HUBER.format("beta", " / beta", ""), "keras.losses.Huber(delta=beta)(target, input) / beta"),
        "x, y",
        (*_REDUCTIONS, "beta=0.5"),
        watch=(_FIRST, "Keras's Huber is beta times torch's smooth L1."),
    ),
    *pair(
        "CrossEntropyLoss",
        "cross_entropy",
        "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0",
        _cross_entropy,
        "logits, labels",
        (*_REDUCTIONS, "class_weight", "ignore_index=2", "label_smoothing=0.25", "class_weight, label_smoothing=0.25"),
        helper=CROSS_ENTROPY,
        max_rel=3e-7,
        because="Keras clips and rounds constants in float32",
        watch=(
            _FIRST,
            "torch's classes are in dimension 1, Keras's in the last axis.",
            "Targets that are shares of classes: keras.losses.CategoricalCrossentropy(from_logits=True).",
        ),
    ),
    *pair(
        "NLLLoss",
        "nll_loss",
        "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'",
        lambda given: (
            "cross_entropy(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction, is_log=True)"
        ),
        "logits, labels",
        (*_REDUCTIONS, "class_weight", "ignore_index=2"),
        helper=CROSS_ENTROPY,
        watch=(
            "The input holds logarithms of chances. Of log_softmax, the two together are "
            "keras.losses.SparseCategoricalCrossentropy(from_logits=True).",
        ),
    ),
    row(
        "nn.NLLLoss2d(weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean')(input, target)",
        "cross_entropy(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction, is_log=True)",
        "nn.NLLLoss2d()(dense_logits, dense_labels)",
        helper=CROSS_ENTROPY,
    ),
    *pair(
        "BCELoss",
        "binary_cross_entropy",
        f"weight=None, {OLD}",
        _binary,
        "chances, targets",
        (*_REDUCTIONS, "element_weight"),
        watch=(_FIRST,),
        max_rel=3e-7,
        because="Keras clips chances to 1e-7 in float32",
    ),
    *pair(
        "BCEWithLogitsLoss",
        "binary_cross_entropy_with_logits",
        f"weight=None, {OLD}, pos_weight=None",
        _binary,
        "logits, targets",
        (*_REDUCTIONS, "element_weight", "pos_weight=class_weight"),
        watch=(_FIRST,),
    ),
    *pair(
        "KLDivLoss",
        "kl_div",
        f"{OLD}, log_target=False",
        _divergence,
        "logits, shares",
        (*_REDUCTIONS, "reduction='batchmean'", "log_target=True"),
        watch=(
            "torch's input holds logarithms; keras.losses.KLDivergence takes chances on both sides, sums over the last "
            "axis, and is called with the target first.",
        ),
    ),
    *pair(
        "PoissonNLLLoss",
        "poisson_nll_loss",
        "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'",
        _poisson,
        "logits, spread",
        (*_REDUCTIONS, "full=True"),
        called="input, target",
        watch=("keras.losses.Poisson is log_input=False, and adds 1e-7 to the logarithm.",),
    ),
    *pair(
        "GaussianNLLLoss",
        "gaussian_nll_loss",
        "*, full=False, eps=1e-06, reduction='mean'",
        _gaussian,
        "logits, means, spread",
        (*_REDUCTIONS, "full=True"),
        called="input, target, var",
        function_own="full=False, eps=1e-06, reduction='mean'",
    ),
    *pair(
        "HingeEmbeddingLoss",
        "hinge_embedding_loss",
        f"margin=1.0, {OLD}",
        plain("keras.ops.where(target == 1, input, keras.ops.relu(margin - input))"),
        "logits, signs_2",
        (*_REDUCTIONS, "margin=0.5"),
    ),
    *pair(
        "SoftMarginLoss",
        "soft_margin_loss",
        OLD,
        plain("keras.ops.log1p(keras.ops.exp(-target * input))"),
        "logits, signs_2",
        _REDUCTIONS,
    ),
    *pair(
        "MarginRankingLoss",
        "margin_ranking_loss",
        f"margin=0.0, {OLD}",
        plain("keras.ops.relu(-target * (input1 - input2) + margin)"),
        "scores, scores_2, signs",
        (*_REDUCTIONS, "margin=0.5"),
        called="input1, input2, target",
        function_own=f"margin=0, {OLD}",
    ),
    *pair(
        "CosineEmbeddingLoss",
        "cosine_embedding_loss",
        f"margin=0.0, {OLD}",
        plain(f"keras.ops.where(target > 0, 1 - {_COSINE}, keras.ops.relu({_COSINE} - margin))"),
        "embedded, embedded_2, signs",
        (*_REDUCTIONS, "margin=0.25"),
        called="input1, input2, target",
        function_own=f"margin=0, {OLD}",
    ),
    *pair(
        "TripletMarginLoss",
        "triplet_margin_loss",
        f"margin=1.0, p=2.0, eps=1e-06, swap=False, {OLD}",
        _triplet,
        "embedded, embedded_2, embedded_3",
        (*_REDUCTIONS, "swap=True", "2.0, p=1.0"),
        called="anchor, positive, negative",
        function_own=f"margin=1.0, p=2, eps=1e-06, swap=False, {OLD}",
        max_rel=1e-7,
        because="1e-6 through float32",
    ),
    *pair(
        "TripletMarginWithDistanceLoss",
        "triplet_margin_with_distance_loss",
        "*, distance_function=None, margin=1.0, swap=False, reduction='mean'",
        _triplet,
        "embedded, embedded_2, embedded_3",
        (*_REDUCTIONS, "swap=True"),
        called="anchor, positive, negative",
        function_own="*, distance_function=None, margin=1.0, swap=False, reduction='mean'",
        max_rel=1e-7,
        because="1e-6 through float32",
        notes={"distance_function": "called on Keras's tensors; of None, the distance with 1e-6 added"},
    ),
    *pair(
        "MultiLabelSoftMarginLoss",
        "multilabel_soft_margin_loss",
        f"weight=None, {OLD}",
        lambda given: reduced(given, _SOFT if given.is_none("weight") else _SOFT.replace("-(", "-weight * (")),
        "logits, targets",
        (*_REDUCTIONS, "class_weight"),
    ),
    *pair(
        "MultiMarginLoss",
        "multi_margin_loss",
        f"p=1, margin=1.0, weight=None, {OLD}",
        lambda given: reduced(given, "multi_margin(input, target, p, margin, weight)"),
        "logits, labels",
        (*_REDUCTIONS, "2, 0.5", "weight=class_weight"),
        helper=MULTI_MARGIN,
        watch=("keras.losses.CategoricalHinge takes the nearest other class alone.",),
    ),
    row(
        "nn.CTCLoss(blank=0, reduction='mean', zero_infinity=False)(log_probs, targets, input_lengths, target_lengths)",
        "ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)",
        "nn.CTCLoss()(ctc_scores, ctc_targets, ctc_steps, ctc_sizes)",
        "nn.CTCLoss(reduction='sum')(ctc_scores, ctc_targets, ctc_steps, ctc_sizes)",
        helper=CTC,
        gradients=False,
        max_rel=3e-7,
        because="TensorFlow computes it in float32; torch's gradient takes the input for normalised",
    ),
    row(
        "F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean', zero_infinity=False)",
        "ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)",
        "F.ctc_loss(ctc_scores, ctc_targets, ctc_steps, ctc_sizes)",
        "F.ctc_loss(ctc_scores, ctc_targets, ctc_steps, ctc_sizes, reduction='none')",
        helper=CTC,
        gradients=False,
        also=("torch.ctc_loss",),
        max_rel=3e-7,
        because="TensorFlow computes it in float32; torch's gradient takes the input for normalised",
    ),
    *nothing(
        "Keras has no loss on lists of labels that end in -1; make them a many-hot target, and take "
        "keras.losses.BinaryCrossentropy(from_logits=True).",
        f"nn.MultiLabelMarginLoss({OLD})(input, target)",
        f"F.multilabel_margin_loss(input, target, {OLD})",
    ),
    *nothing(
        "Keras has no softmax in clusters of classes by their frequency; take keras.layers.Dense with "
        "keras.losses.SparseCategoricalCrossentropy(from_logits=True), or sample classes.",
        "nn.AdaptiveLogSoftmaxWithLoss(in_features, n_classes, cutoffs, div_value=4.0, head_bias=False)(input, target)",
    ),
    row(
        "F.linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction='mean', "
        "ignore_index=None, label_smoothing=0.0, options=None)",
        "cross_entropy(keras.ops.matmul(input, keras.ops.transpose(linear_weight)) if linear_bias is None else "
        "keras.ops.matmul(input, keras.ops.transpose(linear_weight)) + linear_bias, target, weight=weight, "
        "ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction, smoothing=label_smoothing)",
        "F.linear_cross_entropy(embedded, dense_weight, labels)",
        helper=CROSS_ENTROPY,
        notes={"options": "how torch cuts it into parts, to save memory"},
    ),
    row(
        "nn.LinearCrossEntropyLoss(in_features, num_classes, *, out_features=(), bias=False, device=None, dtype=None, "
        "reduction='mean', weight=None, ignore_index=None, label_smoothing=0.0, options=None)(input, target)",
        "cross_entropy(keras.layers.Dense(num_classes, use_bias=always(bias))(input), target, weight=weight, "
        "ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction, smoothing=label_smoothing)",
        "nn.LinearCrossEntropyLoss(5, 7)(embedded, labels)",
        helper=CROSS_ENTROPY,
        prefixes=("linear.",),
        notes={
            "options": "how torch cuts it into parts, to save memory",
            "out_features": "of several targets at a place",
        },
    ),
    *nothing(
        "It says how torch cuts a loss into parts to save memory; leave it out.", "nn.LinearCrossEntropyOptions()"
    ),
)
