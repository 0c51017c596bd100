"""Bidirectional."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.defects import zeros_at_other_steps
from equivalence.catalogue.recurrent import gru, lstm, simple
from equivalence.catalogue.recurrent.recurrent_parts import rate_of, tensors
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Inner, Weight
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_TORCH_LAYER = {
    "keras.layers.GRU": gru.torch_layer,
    "keras.layers.LSTM": lstm.torch_layer,
    "keras.layers.SimpleRNN": simple.torch_layer,
}
_MERGED = {"concat": "torch.cat(({}, {}), dim=-1)", "sum": "{} + {}", "ave": "({} + {}) / 2", "mul": "{} * {}"}
_REDUCED = {"sum": "sum", "ave": "mean", "mul": "prod"}


class _Call(NamedTuple):
    """One call, and the two layers: sites for reading their configurations."""

    x: Value
    mask: Value | None
    states: list[Value]  # of the forward layer, then of the backward layer
    forward: Site
    backward: Site
    sequences: bool
    merge_mode: str


def emit_bidirectional(site: Site) -> Value | list[Value]:
    """One nn.LSTM, nn.GRU or nn.RNN with bidirectional=True, where torch has it; else the two layers, merged."""
    # Keras forces this on both layers, so that padding is zero in both halves.
    return _emit(site, zero_masked=site.inside("layer").config.flag("return_sequences"))


def _emit(site: Site, zero_masked: bool) -> Value | list[Value]:
    return _written(site, _read(site, zero_masked))


def _written(site: Site, called: _Call) -> Value | list[Value]:
    ctor = _torch_layer(called)
    outputs, states = _together(site, called, ctor) if ctor else _apart(site, called)
    for output in outputs:
        output.mask = (called.mask or called.x.mask) if called.sequences else None
    returned = [*outputs, *states] if called.forward.config.flag("return_state") else outputs
    return returned if len(returned) > 1 else returned[0]


def _read(site: Site, zero_masked: bool) -> _Call:
    changes: dict[str, Any] = {"zero_output_for_mask": zero_masked}
    forward = site.inside("layer", changes)
    if site.layer.config.get("backward_layer") is None:
        changes["go_backwards"] = True
    backward = site.inside("backward_layer", changes)
    x, states = tensors(site)
    if len(states) % 2:
        site.refuse(f"it is called with {len(states)} initial states, which are not as many for each direction")
    merge_mode = site.config.choice("merge_mode", "concat", "sum", "ave", "mul", None)
    sequences = forward.config.flag("return_sequences")
    return _Call(x, site.mask(), states, forward, backward, sequences, merge_mode)


def _torch_layer(called: _Call) -> str:
    """The text of the torch layer that computes both directions at once; empty where none does."""
    texts = [_one_direction(inner, called.x.shape[-1], backwards) for backwards, inner in enumerate(called[3:5])]
    apart = called.mask is not None or called.forward.general
    return texts[0] if texts[0] == texts[1] and not apart else ""


def _one_direction(inner: Site, features: int | None, backwards: int) -> str:
    config, make = inner.config, _TORCH_LAYER.get(inner.entry.keras)
    if make is None:
        return ""
    for name in ("return_sequences", "return_state", "zero_output_for_mask"):
        config.flag(name)  # Keras wants them equal in both directions, and without a mask the last has no effect
    kept = [config.flag("stateful"), config.flag("time_major")]
    dropped = [rate_of(inner, name) for name in ("dropout", "recurrent_dropout")]
    turned = config.flag("go_backwards") != bool(backwards)
    if features is None or any(kept) or any(dropped) or turned:
        return ""
    return make(inner, features, bidirectional=True)


def _together(site: Site, called: _Call, ctor: str) -> tuple[list[Value], list[Value]]:
    layer = site.module(ctor, weights=(), inside=_both(called))
    half = len(called.states) // 2
    carry = called.forward.entry.keras == "keras.layers.LSTM"
    if half not in (0, 1 + carry):
        site.refuse(f"it is called with {half} initial states for each direction, not {1 + carry}")
    initial = [f"torch.stack(({a}, {b}))" for a, b in zip(called.states[:half], called.states[half:], strict=True)]
    state = "" if not half else f", {initial[0]}" if half == 1 else f", ({', '.join(initial)})"
    picks = {"output": "[0]", "h": "[1][0]", "c": "[1][1]"} if carry else {"output": "[0]", "h": "[1]"}
    output, *last = site.parts(f"{layer}({site.take(called.x)}{state})", picks)
    directions = [[site.new(f"{value}[{side}]", KERAS, value.hint) for value in last] for side in (0, 1)]
    states = [value for side in directions for value in side]
    if not called.sequences:
        if called.merge_mode in _REDUCED:
            return [site.new(f"{last[0]}.{_REDUCED[called.merge_mode]}(0)", KERAS)], states
        return _merged(site, called.merge_mode, directions[0][0], directions[1][0]), states
    if called.merge_mode == "concat":
        return [output], states
    return _merged(site, called.merge_mode, *site.many(f"{output}.chunk(2, dim=-1)", (KERAS, KERAS))), states


def _both(called: _Call) -> list[tuple[Site, Sequence[Weight]]]:
    reverse = [weight._replace(torch=f"{weight.torch}_reverse") for weight in called.backward.weights]
    return [(called.forward, called.forward.weights), (called.backward, reverse)]


def _apart(site: Site, called: _Call) -> tuple[list[Value], list[Value]]:
    half = len(called.states) // 2
    made: list[list[Value]] = []
    for key, suffix, states in (
        ("layer", "forward", called.states[:half]),
        ("backward_layer", "backward", called.states[half:]),
    ):
        keywords = {"mask": called.mask, "initial_state": states or None}
        outputs = site.inner(key, [called.x], suffix, keywords=keywords)
        made.append(outputs if isinstance(outputs, list) else [outputs])
    (forward, *forward_states), (backward, *backward_states) = made
    if called.sequences:
        backward = site.new(f"{backward}.flip(1)", KERAS)
    return _merged(site, called.merge_mode, forward, backward), [*forward_states, *backward_states]


def _merged(site: Site, merge_mode: str, forward: Value, backward: Value) -> list[Value]:
    if merge_mode not in _MERGED:
        return [forward, backward]
    return [site.new(_MERGED[merge_mode].format(forward, backward), KERAS)]


def _last_of_both(site: Site) -> Value | list[Value]:
    """The last of torch's outputs, as people take it of one direction."""
    if site.inside("layer").config.flag("return_sequences"):
        return emit_bidirectional(site)
    called = _read(site, zero_masked=False)
    layer = site.module(_torch_layer(called), weights=(), inside=_both(called))
    return site.new(f"{layer}({called.x})[0][:, -1]", KERAS)


def _repeated(site: Site) -> Value | list[Value]:
    """Masked steps as each of the two layers alone would give them."""
    return _emit(site, zero_masked=False)


def _unmasked(site: Site) -> Value | list[Value]:
    """Both directions as if there were no mask."""
    return _written(site, _read(site, zero_masked=False)._replace(mask=None))


def _layer(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": {"units": 5, **config}}


_RNN: dict[str, Any] = {
    "class_name": "RNN",
    "config": {"cell": {"class_name": "LSTMCell", "config": {"units": 5}}, "return_sequences": True},
}
_MASKED: dict[str, Any] = {"x": [(4, 7, 3), (4, 7)], "draw": ["normal", "bool"], "call": {"mask": {"$input": 1}}}

Bidirectional = Entry(
    trains_by_default=None,
    whole_numbers="floats",
    keras="keras.layers.Bidirectional",
    torch=("torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN"),
    says="Runs a recurrent layer forwards and a second one backwards over a sequence, and merges their outputs.",
    arguments=(
        Argument("layer", None, note="becomes bidirectional=True of torch's layer, where both directions agree"),
        Argument("merge_mode", None, "concat", note="torch always concatenates"),
        Argument("weights", None, None, inert=True, note="initial values", since=None),
        Argument("backward_layer", None, None, note="left out, a copy of `layer` that goes backwards", since="3"),
        *LAYER_ARGUMENTS,
    ),
    inner=(
        Inner("layer", ("forward_layer",)),
        Inner("backward_layer", ("backward_layer",), fallback="layer"),
    ),
    differences=(
        Difference(
            "last-of-both",
            "Keras merges the two final states; the last of torch's outputs holds the backward state after one step.",
            case="lstm",
            naive=_last_of_both,
        ),
        Difference(
            "reversed-outputs",
            "A layer that goes backwards returns its outputs in reversed order: they are flipped before the merge.",
            case="another-backward-layer",
            swap=(("{x}.flip(1)", "{x}"),),
        ),
        Difference(
            "masked-steps",
            "A masked step keeps the state of either direction; a plain layer of torch's reads the padding.",
            case="mask",
            naive=_unmasked,
        ),
        Difference(
            "masked-outputs",
            "With return_sequences, outputs at masked steps are zero, where each layer alone repeats the one before.",
            case="mask",
            naive=_repeated,
        ),
    ),
    defects=(zeros_at_other_steps({"layer": _layer("LSTM", return_sequences=True, unroll=True)}),),
    cases=(
        Case("lstm", {"layer": _layer("LSTM")}, x=(2, 7, 3)),
        Case("stateful", {"layer": _layer("GRU", stateful=True, return_sequences=True)}, x=(4, 7, 3)),
        Case("lstm-sequences", {"layer": _layer("LSTM", return_sequences=True)}, x=(2, 7, 3), declared=(None, 3)),
        Case("gru-sum", {"layer": _layer("GRU", return_sequences=True), "merge_mode": "sum"}, x=(2, 7, 3)),
        Case("gru-sum-last", {"layer": _layer("GRU", use_bias=False), "merge_mode": "sum"}, x=(2, 7, 3)),
        Case("simple-rnn-mean", {"layer": _layer("SimpleRNN", activation="relu"), "merge_mode": "ave"}, x=(2, 7, 3)),
        Case("lstm-product", {"layer": _layer("LSTM", return_sequences=True), "merge_mode": "mul"}, x=(2, 7, 3)),
        Case("unmerged", {"layer": _layer("LSTM", return_sequences=True), "merge_mode": None}, x=(2, 7, 3)),
        Case(
            "states",
            {"layer": _layer("LSTM", return_state=True)},
            x=[(2, 7, 3), (2, 5), (2, 5), (2, 5), (2, 5)],
            call={"initial_state": [{"$input": 1}, {"$input": 2}, {"$input": 3}, {"$input": 4}]},
        ),
        Case(
            "gru-states-unmerged",
            {"layer": _layer("GRU", return_state=True), "merge_mode": None},
            x=[(2, 7, 3), (2, 5), (2, 5)],
            call={"initial_state": [{"$input": 1}, {"$input": 2}]},
        ),
        Case(
            "another-backward-layer",
            {
                "layer": _layer("LSTM", return_sequences=True),
                "backward_layer": _layer("GRU", units=4, return_sequences=True, go_backwards=True, reset_after=False),
            },
            x=(2, 7, 3),
        ),
        Case("dropout", {"layer": _layer("GRU", dropout=0.25, return_sequences=True)}, x=(2, 7, 3), training="random"),
        Case("mask", {"layer": _layer("GRU", return_sequences=True)}, **_MASKED),
        Case("cells", {"layer": _RNN, "merge_mode": "sum"}, x=(2, 7, 3)),
        Case("mask-cells", {"layer": _RNN}, **_MASKED),
        Case(
            "mask-states",
            {"layer": _layer("LSTM", return_state=True, activation="softsign"), "merge_mode": "ave"},
            **_MASKED,
        ),
    ),
    aliases=("bidirectional", "BiLSTM", "BiGRU", "Bidirectional LSTM"),
    emit=emit_bidirectional,
    layout="last",
    mask="own",
)
