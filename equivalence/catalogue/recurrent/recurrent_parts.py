"""How LSTM, GRU and SimpleRNN are written: the call's tensors, torch's layer or a stepped cell, the outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.recurrent.masked_steps import MASKED_LSTM, MASKED_RNN
from equivalence.catalogue.recurrent.state_module import state_of
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.schema import Weight
    from equivalence.translation.call_site import Site, Value


class Kind(NamedTuple):
    """What tells the recurrent cells apart."""

    states: int
    torch_layer: Callable[[Site, int], str]  # the constructor of torch's layer; empty where none does the same
    cell: Callable[[Site, int], str]  # the constructor of a cell, for everything else
    step: str  # source of the helper that steps the cell
    weights: Callable[[Site], Sequence[Weight]] = lambda site: site.weights  # in torch's layer


class Cell(NamedTuple):
    """A cell of a recurrent layer."""

    site: Site  # whose configuration and weights it has: the layer's own, or that of a cell inside it
    kind: Kind
    suffix: str = ""  # of the name of its module


class Steps(NamedTuple):
    """One call of a recurrent layer, in the order in which the steps are taken."""

    x: Value  # (N, T, C), flipped where the layer goes backwards
    states: list[Value]  # initial ones, (N, H) each; empty for zeros
    mask: Value | None  # (N, T), flipped likewise
    output_mask: Value | None  # as it was given, or came with an input whose mask the layer did not get
    zero_masked: bool
    stateful: bool


def emit_recurrent(site: Site, kind: Kind, masked: bool = True) -> Value | list[Value]:
    """Torch's layer; with recurrent dropout or what torch lacks, a cell that a helper steps over time.

    `masked`: whether a mask is heeded, as it is but in a naive form.
    """
    return emit_cells(site, [Cell(site, kind)], masked)


def emit_cells(site: Site, cells: Sequence[Cell], masked: bool = True) -> Value | list[Value]:
    """A recurrent layer of one cell, or of several, of which each runs over all outputs of the one before it.

    So it is with a mask too: what a cell gives at a masked step, no later cell heeds.
    """
    steps = read_call(site, sum(cell.kind.states for cell in cells))
    mask = steps.mask if masked else None
    sequences, with_state = site.config.flag("return_sequences"), site.config.flag("return_state")
    x, left = steps.x, steps.states
    states: list[Value] = []
    for cell in cells:
        initial, left = left[: cell.kind.states], left[cell.kind.states :]
        last = cell is cells[-1]
        own = steps._replace(x=x, states=initial, mask=mask, zero_masked=steps.zero_masked and last)
        expr, picks = _run(site, cell, own, with_state)
        pick = "[0]" if sequences or not last else "[0][:, -1]"
        made = site.parts(expr, {"output": pick, **picks}) if with_state else [site.new(f"{expr}{pick}", KERAS)]
        x, states = made[0], [*states, *made[1:]]
    x.mask = steps.output_mask if sequences else None
    return [x, *states] if states else x


def _run(site: Site, cell: Cell, steps: Steps, with_state: bool) -> tuple[str, dict[str, str]]:
    """The text of (all outputs, state), and what picks each state out of it, by its name."""
    kind, features = cell.kind, steps.x.shape[-1]
    assert features is not None
    names = ("h", "c")[: kind.states]
    ctor = kind.torch_layer(cell.site, features)
    dropped_by_cell = rate_of(cell.site, "recurrent_dropout") > 0
    x = steps.x if dropped_by_cell else _dropped(site, cell, steps.x)
    keywords: dict[str, Any] = {"zero_masked": steps.zero_masked and steps.mask is not None}
    if not ctor or dropped_by_cell:
        module = module_of(site, cell, kind.cell(cell.site, features), cell_weights(cell))
        held = state_of(site, cell.suffix) if steps.stateful else ""
        keywords = {
            "state": _state(steps, held, [str(state) for state in steps.states]),
            "mask": steps.mask and f"{steps.mask}",
            **keywords,
            "dropout": f"{module}.masks({x})" if dropped_by_cell else None,
        }
        unset = {"state": None, "mask": None, "zero_masked": False, "dropout": None}
        return _kept(held, call(site.helper(kind.step), module, f"{x}", **keywords, omit=unset)), _picks(names, "")
    module = module_of(site, cell, ctor, kind.weights(cell.site))
    held = state_of(site, cell.suffix, batch_axis=1) if steps.stateful else ""
    state = _state(steps, held, [f"{state}[None]" for state in steps.states])
    given = [f"{x}", *([state] if state else [])]
    if steps.mask is None:
        return _kept(held, call(module, *given)), _picks(names, "[0]")
    given.insert(1, f"{steps.mask}")
    helper = MASKED_LSTM if kind.states > 1 and (with_state or held) else MASKED_RNN
    made = call(site.helper(helper), module, *given, **keywords, omit={"zero_masked": False})
    return _kept(held, made), _picks(names, "[0]")


def _state(steps: Steps, held: str, given: Sequence[str]) -> str | None:
    """The text of the state to begin with: as given, or as the call before left it; None for zeros."""
    return f"{held}.last({steps.x})" if held and not given else _tuple(given)


def _kept(held: str, made: str) -> str:
    """The text of (outputs, state), of which a stateful layer keeps the state."""
    return f"{held}.keep({made})" if held else made


def _picks(names: Sequence[str], end: str) -> dict[str, str]:
    """What picks each state out of (outputs, states); `end` picks the layer out of a state."""
    if len(names) == 1:
        return {names[0]: f"[1]{end}"}
    return {name: f"[1][{index}]{end}" for index, name in enumerate(names)}


def module_of(site: Site, cell: Cell, ctor: str, weights: Sequence[Weight]) -> str:
    """Declares the module of a cell, or of torch's layer in its place, with the cell's arrays in it."""
    return site.module(ctor, cell.suffix, weights=(), inside=[(cell.site, weights)])


def read_call(site: Site, states: int) -> Steps:
    """The input, initial states (`states` of them, or none) and mask of a call.

    Raises Refused for an input that is no sequence of vectors, and for another number of states.
    """
    config = site.config
    config.only("time_major", False)
    x, initial = tensors(site)
    stateful = is_stateful(site, initial)
    if len(initial) not in (0, states):
        site.refuse(f"it is called with {len(initial)} initial states, not {states}")
    if x.rank != 3 or x.shape[-1] is None:
        site.refuse(f"its input has shape {x.shape}, not (batch, steps, features)")
    mask = boolean(site, site.mask())
    passed_on = mask if mask is not None else x.mask
    x = site.take(x)
    if config.flag("go_backwards"):
        x = site.new(f"{x}.flip(1)", KERAS)
        mask = mask and site.new(f"{mask}.flip(1)", KERAS, "mask")
    return Steps(x, initial, mask, passed_on, config.flag("zero_output_for_mask"), stateful)


def is_stateful(site: Site, initial: Sequence[Value]) -> bool:
    """Whether the layer begins where its last call ended.

    Raises Refused for a file of Keras 2 whose call has initial states too: these count for the first call alone there.
    """
    stateful = site.config.flag("stateful")
    if stateful and initial and site.old:
        site.refuse("it is stateful and called with initial states, which Keras 2 heeds while the kept ones are zero")
    return stateful


def tensors(site: Site) -> tuple[Value, list[Value]]:
    """The sequence and the initial states: by keyword, as second argument, or (Keras 2) in one list."""
    args = site.args()
    first = args[0] if isinstance(args[0], list) else [args[0]]
    given = flat([first[1:], args[1:], site.keyword("initial_state")])
    return first[0], [site.take(state) for state in given]


def flat(given: Any) -> list[Any]:
    """What nested lists hold, in order; None left out."""
    if isinstance(given, (list, tuple)):
        return [leaf for part in given for leaf in flat(part)]
    return [] if given is None else [given]


def boolean(site: Site, mask: Value | None, ranks: tuple[int, ...] = (2,)) -> Value | None:
    """A mask of steps, as torch takes it. Raises Refused for one of another rank."""
    if mask is None:
        return None
    if mask.rank not in ranks:
        site.refuse(f"its mask has shape {mask.shape}, not (batch, steps)")
    return mask if mask.dtype == "bool" else site.new(f"{mask} != 0", KERAS, "mask")


def rate_of(site: Site, name: str) -> float:
    """A dropout rate in [0, 1)."""
    rate = site.config.number(name)
    if not 0 <= rate < 1:
        site.config.refuse(name, rate, "should be at least 0 and less than 1")
    return rate


def _dropped(site: Site, cell: Cell, x: Value) -> Value:
    """The input with Keras's dropout: one mask for all steps."""
    rate = rate_of(cell.site, "dropout")
    if not rate:
        return x
    name = f"{cell.suffix}_dropout" if cell.suffix else "dropout"
    dropout = site.module(call("nn.Dropout", rate), name, weights=())
    return site.new(f"{x} * {dropout}(torch.ones_like({x}[:, :1]))", KERAS)


def _tuple(states: Sequence[str]) -> str | None:
    """The text of a state: h, or (h, c); None where there is none."""
    return f"({', '.join(states)})" if len(states) > 1 else states[0] if states else None


def cell_weights(cell: Cell) -> tuple[Weight, ...]:
    """The placements in torch's cell: those in its layer, whose names tell the number of the layer."""
    return tuple(rule._replace(torch=rule.torch.removesuffix("_l0")) for rule in cell.kind.weights(cell.site))


def torch_activations(site: Site) -> bool:
    """Whether the activations are those that torch's LSTM and GRU have."""
    return (site.config.activation("activation"), site.config.activation("recurrent_activation")) == ("tanh", "sigmoid")


def cell(site: Site, features: int, name: str, *arguments: str, **keywords: Any) -> str:
    """The text of a cell; `arguments` are the names of the activations that it takes as functions."""
    taken = {argument: site.activation_function(argument) for argument in arguments}
    rates = {name: rate_of(site, name) for name in ("dropout", "recurrent_dropout")}
    return constructor(site, name, features, **(rates if rates["recurrent_dropout"] else {}), **taken, **keywords)


def constructor(site: Site, name: str, features: int, **keywords: Any) -> str:
    """The text that makes torch's layer or cell of this size."""
    config = site.config
    return call(name, features, config.integer("units"), bias=config.flag("use_bias"), **keywords, omit={"bias": True})
