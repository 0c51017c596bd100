"""How LSTM, GRU and SimpleRNN are written: the call's tensors, torch's layer or a stepped cell, the outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.recurrent.masked import MASKED_LSTM, MASKED_RNN
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.schema import Weight
    from equivalence.translation.call_site import Site, Value


class Kind(NamedTuple):
    """What tells the recurrent layers apart."""

    states: int
    torch_layer: Callable[[Site, int], str]  # the constructor of torch's layer; empty where none does the same
    cell: Callable[[Site, Steps], str]  # the constructor of a cell, for everything else
    step: str  # source of the helper that steps the cell


class Steps(NamedTuple):
    """One call of a recurrent layer, in the order in which the steps are taken."""

    x: Value  # (N, T, C), flipped where the layer goes backwards
    features: int
    states: list[Value]  # initial ones, (N, H) each; empty for zeros
    mask: Value | None  # (N, T), flipped likewise
    output_mask: Value | None  # as it was given, or came with an input whose mask the layer did not get
    dropout: float
    recurrent_dropout: float
    zero_masked: bool


def emit_recurrent(site: Site, kind: Kind, masked: bool = True) -> Value | list[Value]:
    """Torch's layer; with recurrent dropout or what torch lacks, a cell that a helper steps over time.

    `masked`: whether a mask is heeded, as it is but in a naive form.
    """
    steps = read_call(site, kind.states)
    steps = steps if masked else steps._replace(mask=None)
    names = ("h", "c")[: kind.states]
    ctor = kind.torch_layer(site, steps.features)
    if ctor and not steps.recurrent_dropout:
        layer, x = site.module(ctor), _dropped(site, steps)
        state = _tuple([f"{state}[None]" for state in steps.states])
        if steps.mask is None:
            return _outputs(site, steps, call(layer, f"{x}", *state), dict.fromkeys(names, "[0]"))
        helper = MASKED_LSTM if kind.states == 2 and site.config.flag("return_state") else MASKED_RNN
        zero_masked = {"zero_masked": True} if steps.zero_masked else {}
        expr = call(site.helper(helper), layer, f"{x}", f"{steps.mask}", *state, **zero_masked)
        return _outputs(site, steps, expr, dict.fromkeys(names, "[0]"))
    cell = site.module(kind.cell(site, steps), weights=cell_weights(site))
    return _outputs(site, steps, _stepped(site, steps, kind, cell), dict.fromkeys(names, ""))


def read_call(site: Site, states: int) -> Steps:
    """The input, initial states (`states` of them, or none), mask and dropout of a call.

    Raises Refused for an input that is no sequence of vectors, for another number of states, and for
    what depends on the call before (stateful).
    """
    config = site.config
    config.only("stateful", False, because="keeps its state between calls; pass initial_state instead")
    config.only("time_major", False)
    x, initial = tensors(site)
    if len(initial) not in (0, states):
        site.refuse(f"it is called with {len(initial)} initial states, not {states}")
    features = x.shape[-1]
    if x.rank != 3 or features is None:
        site.refuse(f"its input has shape {x.shape}, not (batch, steps, features)")
    mask = _boolean(site, site.mask())
    passed_on = mask if mask is not None else x.mask
    x = site.take(x)
    if config.flag("go_backwards"):
        x = site.new(f"{x}.flip(1)", KERAS)
        mask = mask and site.new(f"{mask}.flip(1)", KERAS, "mask")
    rates = rate_of(site, "dropout"), rate_of(site, "recurrent_dropout")
    return Steps(x, features, initial, mask, passed_on, *rates, config.flag("zero_output_for_mask"))


def tensors(site: Site) -> tuple[Value, list[Value]]:
    """The sequence and the initial states: by keyword, as second argument, or (Keras 2) in one list."""
    args = site.args()
    first = args[0] if isinstance(args[0], list) else [args[0]]
    given: list[Any] = first[1:]
    for states in (*args[1:], site.keyword("initial_state")):
        given += states if isinstance(states, list) else [states]
    return first[0], [site.take(state) for state in given if state is not None]


def _boolean(site: Site, mask: Value | None) -> Value | None:
    if mask is None:
        return None
    if mask.rank != 2:
        site.refuse(f"its mask has shape {mask.shape}, not (batch, steps)")
    return mask if mask.dtype == "bool" else site.new(f"{mask} != 0", KERAS, "mask")


def rate_of(site: Site, name: str) -> float:
    """A dropout rate in [0, 1)."""
    rate = site.config.number(name)
    if not 0 <= rate < 1:
        site.config.refuse(name, rate, "should be at least 0 and less than 1")
    return rate


def _dropped(site: Site, steps: Steps) -> Value:
    """The input with Keras's dropout: one mask for all steps."""
    if not steps.dropout:
        return steps.x
    dropout = site.module(call("nn.Dropout", steps.dropout), "dropout", weights=())
    return site.new(f"{steps.x} * {dropout}(torch.ones_like({steps.x}[:, :1]))", KERAS)


def _stepped(site: Site, steps: Steps, kind: Kind, cell: str) -> str:
    """The call of the stepping helper."""
    keywords: dict[str, Any] = {}
    x = steps.x if steps.recurrent_dropout else _dropped(site, steps)
    if steps.states:
        keywords["state"] = _tuple([str(state) for state in steps.states])[0]
    if steps.mask is not None:
        keywords |= {"mask": f"{steps.mask}", "zero_masked": steps.zero_masked}
    if steps.recurrent_dropout:
        keywords["dropout"] = f"{cell}.masks({x})"
    return call(site.helper(kind.step), cell, f"{x}", **keywords, omit={"zero_masked": False})


def _tuple(states: list[str]) -> list[str]:
    """The text of a state as one argument, or no argument: h, or (h, c)."""
    return [f"({', '.join(states)})"] if len(states) > 1 else states


def _outputs(site: Site, steps: Steps, expr: str, states: Mapping[str, str]) -> Value | list[Value]:
    """What Keras returns, out of torch's (outputs, states); `states`: what follows each in the text that picks it."""
    sequences = site.config.flag("return_sequences")
    pick = "[0]" if sequences else "[0][:, -1]"
    if site.config.flag("return_state"):
        several = [f"[1][{index}]" for index in range(len(states))] if len(states) > 1 else ["[1]"]
        picks = {name: at + end for (name, end), at in zip(states.items(), several, strict=True)}
        made = site.parts(expr, {"output": pick, **picks})
    else:
        made = [site.new(f"{expr}{pick}", KERAS)]
    made[0].mask = steps.output_mask if sequences else None
    return made if len(made) > 1 else made[0]


def cell_weights(site: Site) -> tuple[Weight, ...]:
    """The placements in torch's cell, where those of its layer are the site's."""
    return tuple(weight._replace(torch=weight.torch.removesuffix("_l0")) for weight in site.weights)


def torch_activations(site: Site) -> bool:
    """Whether the activations are those that torch's LSTM and GRU have."""
    return (site.config.activation("activation"), site.config.activation("recurrent_activation")) == ("tanh", "sigmoid")


def cell(site: Site, steps: Steps, name: str, *arguments: str, **keywords: Any) -> str:
    """The text of a cell; `arguments` are the names of the activations that it takes as functions."""
    taken = {argument: site.activation_function(argument) for argument in arguments}
    rates = {"dropout": steps.dropout, "recurrent_dropout": steps.recurrent_dropout}
    return constructor(site, name, steps.features, **(rates if steps.recurrent_dropout else {}), **taken, **keywords)


def constructor(site: Site, name: str, features: int, **keywords: Any) -> str:
    """The text that makes torch's layer or cell of this size."""
    config = site.config
    return call(name, features, config.integer("units"), bias=config.flag("use_bias"), **keywords, omit={"bias": True})
