"""ops.binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy: the loss of each sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.losses.crossentropy import of_logits, of_probabilities
from equivalence.catalogue.losses.loss_parts import EPSILON
from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

CLIPPED = f"clamp({EPSILON!r}, {1 - EPSILON!r})"


def emit_binary(site: Site) -> Value:
    """Of logits F.binary_cross_entropy_with_logits; of probabilities Keras's formula, which takes any target, where
    F.binary_cross_entropy refuses one outside of [0, 1]."""
    (target, output), order = site.aligned(_tensors(site))
    if site.config.flag("from_logits"):
        return site.new(binary_text(f"{target}", f"{output}", True, "none"), order)
    p = site.new(f"{output}.{CLIPPED}", order, "probability")
    return site.new(f"-({target} * {p}.log() + (1 - {target}) * (1 - {p}).log())", order)


def binary_text(target: str, output: str, logits: bool, how: str) -> str:
    """The crossentropy of each element, or all reduced as torch calls it, of targets between 0 and 1.
    F.binary_cross_entropy by itself holds the logarithm to -100 and clips nothing."""
    name = "F.binary_cross_entropy_with_logits" if logits else "F.binary_cross_entropy"
    p = output if logits else f"{output}.{CLIPPED}"
    return call(name, p, target, reduction=f'"{how}"', omit={"reduction": '"mean"'})


def emit_target_second(site: Site) -> Value:
    """The naive form: the arguments in Keras's order, as if torch's were the same."""
    (target, output), order = site.aligned(_tensors(site))
    site.config.value("from_logits")
    return site.new(f'F.binary_cross_entropy_with_logits({target}, {output}, reduction="none")', order)


def emit_categorical(site: Site) -> Value:
    """F.cross_entropy without reduction, of logits; of probabilities Keras's formula."""
    target, output = (site.take(value, KERAS) for value in _tensors(site))
    axis = site.config.integer("axis", minimum=None)
    if not -output.rank <= axis < output.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {output.rank}")
    if site.config.flag("from_logits"):
        return of_logits(site, target, output, axis % output.rank, 0.0, "none")
    return of_probabilities(site, target, output, axis % output.rank)


def emit_sparse(site: Site) -> Value:
    """F.cross_entropy without reduction; of probabilities, on the logarithm of what Keras clips them to."""
    target, output = (site.take(value, KERAS) for value in _tensors(site, whole=True))
    axis = site.config.integer("axis", minimum=None)
    if axis not in (-1, output.rank - 1):
        site.config.refuse("axis", axis, "is not the last axis, the only one that Keras takes")
    logits = f"{output}" if site.config.flag("from_logits") else f"{output}.{CLIPPED}.log()"
    labels = f"{target}.squeeze(-1)" if target.rank == output.rank else f"{target}"
    moved = f"{logits}.movedim(-1, 1)" if output.rank > 2 else logits
    return site.new(f'F.cross_entropy({moved}, {labels}.long(), reduction="none")', KERAS)


def _tensors(site: Site, whole: bool = False) -> tuple[Value, Value]:
    target, output = operands(site, "target", "output")
    if not is_tensor(target) or not is_tensor(output):
        site.refuse("its target or its output is no tensor of the model")
    if not output.dtype.startswith("float") or not (whole or target.dtype.startswith("float")):
        site.refuse(f"it is called on {target.dtype} and {output.dtype}; cast them to floats")
    return target, output


_LOGITS = Argument(
    "from_logits",
    None,
    False,
    note="torch has a function of its own for each; right behind a softmax or sigmoid layer Keras takes its logits "
    "unasked, which differs by the clipping alone",
)
_INPUTS = (Argument("target", "target"), Argument("output", "input", note="torch has the output first"))
BinaryCrossentropy = Entry(
    keras="keras.ops.binary_crossentropy",
    torch=("torch.nn.functional.binary_cross_entropy_with_logits",),
    says="Minus the logarithm of the probability given to what each element should be, 0 or 1; no mean is taken.",
    emit=emit_binary,
    kind="operation",
    arguments=(*_INPUTS, _LOGITS),
    differences=(
        Difference(
            "order-of-arguments",
            "Keras takes the target first, torch the prediction.",
            case="logits",
            naive=emit_target_second,
        ),
    ),
    cases=(
        Case("probabilities", {}, x=[(3, 5), (3, 5)], draw="uniform"),
        Case("logits", {"from_logits": True}, x=[(3, 5), (3, 5)], draw=["uniform", "wide"]),
        Case("images", {}, x=[(2, 3, 4, 1), (2, 3, 4, 1)], draw="uniform"),
    ),
    aliases=(
        "keras.ops.nn.binary_crossentropy",
        "tf.nn.sigmoid_cross_entropy_with_logits",
        "nn.BCEWithLogitsLoss",
        "F.binary_cross_entropy",
    ),
    stored=stored("BinaryCrossentropy", "nn"),
)
CategoricalCrossentropy = Entry(
    keras="keras.ops.categorical_crossentropy",
    torch=("torch.nn.functional.cross_entropy",),
    says="Minus the logarithm of the probability given to the true class, for each sample; no mean is taken.",
    emit=emit_categorical,
    kind="operation",
    arguments=(*_INPUTS, _LOGITS, Argument("axis", None, -1, note="torch has the classes at dimension 1")),
    cases=(
        Case("probabilities", {}, x=[(3, 5), (3, 5)], draw="uniform"),
        Case("logits", {"from_logits": True}, x=[(3, 5), (3, 5)], draw=["one-hot", "wide"]),
        Case("logits-of-images", {"from_logits": True}, x=[(2, 3, 4, 5), (2, 3, 4, 5)], draw=["one-hot", "normal"]),
        Case("last-axis-by-number", {"axis": 2}, x=[(2, 4, 5), (2, 4, 5)], draw="uniform"),
    ),
    aliases=("keras.ops.nn.categorical_crossentropy", "tf.nn.softmax_cross_entropy_with_logits"),
    stored=stored("CategoricalCrossentropy", "nn"),
)
SparseCategoricalCrossentropy = Entry(
    keras="keras.ops.sparse_categorical_crossentropy",
    torch=("torch.nn.functional.cross_entropy",),
    says="Minus the logarithm of the probability given to the class of a number, for each sample; no mean is taken.",
    emit=emit_sparse,
    kind="operation",
    arguments=(*_INPUTS, _LOGITS, Argument("axis", None, -1, note="torch has the classes at dimension 1")),
    differences=(
        Difference(
            "logits",
            "Keras expects probabilities unless from_logits is set; F.cross_entropy takes the softmax of what it is "
            "given.",
            case="probabilities",
            swap=((".clamp(1e-07, 0.9999999).log()", ""),),
        ),
    ),
    cases=(
        Case("probabilities", {}, x=[(3,), (3, 5)], draw=["ids:5", "uniform"]),
        Case("logits", {"from_logits": True}, x=[(3, 1), (3, 5)], draw=["ids:5", "wide"]),
        Case("images", {"from_logits": True, "axis": 3}, x=[(2, 3, 4), (2, 3, 4, 5)], draw=["ids:5", "normal"]),
    ),
    aliases=(
        "keras.ops.nn.sparse_categorical_crossentropy",
        "tf.nn.sparse_softmax_cross_entropy_with_logits",
    ),
    stored=stored("SparseCategoricalCrossentropy", "nn"),
)
