"""Whether a layer or model treats every sample of a batch by itself: only then may time be folded into the batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equivalence.translation.graph import Call, Graph, Layer

#: Layers that change something at each call in training: once for all steps is not once a step.
_CHANGING = ("BatchNormalization", "SpectralNormalization")

#: Operations that treat every element alike.
_ELEMENTWISE = frozenset(
    """Abs Absolute Add Cast Ceil Clip Cos Divide Elu Equal Exp Expm1 Floor FloorDivide Gelu Greater GreaterEqual
    HardSigmoid HardSilu HardTanh LeakyRelu Less LessEqual Log Log1p LogSigmoid LogicalAnd LogicalNot LogicalOr Maximum
    Minimum Mod Multiply Negative NotEqual Power Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Silu Sin Softplus
    Softsign Sqrt Square Subtract Tan Tanh TrueDivide Where""".split()
)


def normalises_each_call(layer: Layer) -> bool:
    """Whether a layer normalises what is called together, or its weight at each call, or is a model with such."""
    return layer.cls.name in _CHANGING or any(
        normalises_each_call(inner) for _, graph in layer.models() for inner in graph.layers
    )


def not_known_alone(layer: Layer) -> str:
    """The name of what may bring together the samples of a batch at inference; empty where nothing does.

    A layer does where its axis is that of the batch. An operation is known not to where it is elementwise, works along
    other axes, or takes parts of all samples alike.
    """
    if _along_batch(layer.config.get("axis"), None):
        return layer.name
    return next((name for _, graph in layer.models() for name in _in_graph(graph)), "")


def _in_graph(graph: Graph) -> Iterator[str]:
    for call in graph.calls:
        if call.layer.cls.module.startswith(("keras.ops", "keras.src.ops")) or call.layer.cls.name.endswith("OpLambda"):
            if not _alone(call, graph):
                yield call.layer.name
        elif found := not_known_alone(call.layer):
            yield found


def _alone(call: Call, graph: Graph) -> bool:
    """Whether an operation is known to treat every sample by itself."""
    name, config = call.layer.cls.name, call.layer.config
    if name in _ELEMENTWISE:
        return True
    if name == "GetItem":
        key = call.args[1] if len(call.args) > 1 else None
        return isinstance(key, (list, tuple)) and bool(key) and key[0] == slice(None)
    specs = [graph.declared.get(ref) or graph.specs.get(ref) for ref in call.refs()]
    ranks = {len(spec.shape) for spec in specs if spec is not None}
    return "axis" in config and not _along_batch(config["axis"], min(ranks, default=1))


def _along_batch(axis: Any, rank: int | None) -> bool:
    """Whether an axis, or one of several, is or may be that of the batch; of a layer (no rank) none below 0 is."""
    if rank is not None and not (isinstance(axis, (int, list, tuple)) and axis != []):
        return True  # none said: all of them
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    return any(index == 0 or (rank is not None and (not isinstance(index, int) or index < 1 - rank)) for index in axes)
