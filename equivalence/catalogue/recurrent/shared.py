"""What the recurrent layers have in common: arguments, the call's tensors and masks, and the outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from equivalence.catalogue.convolution.shared import initialised
from equivalence.code import call
from equivalence.order import KERAS
from equivalence.schema import LAYER_ARGUMENTS, Argument, Weight

if TYPE_CHECKING:
    from equivalence.site import Site, Value

ONE_LAYER = "torch's dropout acts between stacked layers: here a nn.Dropout draws one mask for all steps"

LOOP_ARGUMENTS = (
    Argument("return_sequences", None, False, note="torch always returns all outputs: the last one is taken"),
    Argument(
        "return_state", None, False, note="torch always returns the state, with an axis for layers and directions"
    ),
    Argument("go_backwards", None, False, note="the input is flipped; the outputs stay in reversed order"),
    Argument("stateful", None, False, note="refused: pass the state from call to call yourself"),
    Argument("unroll", None, False, inert=True, note="how Keras computes it, not what"),
)

#: Accepted by Keras through **kwargs, and so in no signature; the last stands in files of Keras 2 alone.
UNNAMED_ARGUMENTS = (
    Argument("zero_output_for_mask", None, False, note="masked steps give zeros, not the output before them"),
    Argument("implementation", None, 2, inert=True, note="how Keras computes it, not what"),
    Argument("time_major", None, False),
)


def arguments(recurrent_activation: bool, own: tuple[Argument, ...] = (), cudnn: bool = True) -> tuple[Argument, ...]:
    """The arguments of LSTM, GRU and SimpleRNN; `own` are those that one of them alone has."""
    gate = Argument("recurrent_activation", None, "sigmoid", note="torch has sigmoid; another needs a cell of its own")
    return (
        Argument("units", "hidden_size"),
        Argument("activation", None, "tanh", note="torch has tanh; another needs a cell of its own"),
        *((gate,) if recurrent_activation else ()),
        Argument("use_bias", "bias", True),
        *initialised("kernel"),
        Argument("recurrent_initializer", None, "orthogonal", inert=True),
        Argument("recurrent_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
        Argument("recurrent_constraint", None, None, inert=True, note="acts in Keras's training step"),
        *initialised("bias"),
        Argument("dropout", None, 0.0, note=ONE_LAYER),
        Argument("recurrent_dropout", None, 0.0, note="torch has none; left out, which the port states"),
        Argument("seed", None, None, inert=True),
        *own,
        *LOOP_ARGUMENTS,
        *((Argument("use_cudnn", None, "auto", inert=True),) if cudnn else ()),
        *LAYER_ARGUMENTS,
    )


class Steps(NamedTuple):
    """One call of a recurrent layer, in the order in which the steps are taken."""

    x: Value  # (N, T, C), flipped where the layer goes backwards, with dropout
    features: int
    states: list[Value]  # initial ones, (N, H) each; empty for zeros
    mask: Value | None  # (N, T), flipped likewise
    output_mask: Value | None
    zero_masked: bool


def read_call(site: Site, states: int) -> Steps:
    """The input, initial states (`states` of them, or none) and mask of a call.

    Raises Refused for an input that is no sequence of vectors, for another number of states, and for
    what depends on the call before (stateful).
    """
    config = site.config
    config.only("stateful", False, because="keeps its state between calls; pass initial_state instead")
    config.only("time_major", False)
    x, initial = _tensors(site)
    if len(initial) not in (0, states):
        site.refuse(f"it is called with {len(initial)} initial states, not {states}")
    features = x.shape[-1]
    if x.rank != 3 or features is None:
        site.refuse(f"its input has shape {x.shape}, not (batch, steps, features)")
    given = mask = _boolean(site, site.mask())
    x = site.take(x)
    if config.flag("go_backwards"):
        x = site.new(f"{x}.flip(1)", KERAS)
        mask = mask and site.new(f"{mask}.flip(1)", KERAS, "mask")
    return Steps(_dropped(site, x), features, initial, mask, given, config.flag("zero_output_for_mask"))


def _tensors(site: Site) -> tuple[Value, list[Value]]:
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


def _dropped(site: Site, x: Value) -> Value:
    """The input with Keras's dropout: one mask for all steps."""
    rate, recurrent = rate_of(site, "dropout"), rate_of(site, "recurrent_dropout")
    if recurrent:
        site.note(f"recurrent_dropout={recurrent} acts in Keras's training; it is left out here.")
    if not rate:
        return x
    dropout = site.module(call("nn.Dropout", rate), "dropout", weights=())
    return site.new(f"{x} * {dropout}(torch.ones_like({x}[:, :1]))", KERAS)


def rate_of(site: Site, name: str) -> float:
    """A dropout rate in [0, 1)."""
    rate = site.config.number(name)
    if not 0 <= rate < 1:
        site.config.refuse(name, rate, "should be at least 0 and less than 1")
    return rate


def outputs(site: Site, steps: Steps, expr: str, states: Mapping[str, str]) -> Value | list[Value]:
    """What Keras returns, out of torch's (outputs, states); `states` are the texts that pick the states."""
    sequences = site.config.flag("return_sequences")
    pick = "[0]" if sequences else "[0][:, -1]"
    if site.config.flag("return_state"):
        made = site.parts(expr, {"output": pick, **states})
    else:
        made = [site.new(f"{expr}{pick}", KERAS)]
    made[0].mask = steps.output_mask if sequences else None
    return made if len(made) > 1 else made[0]


def cell_weights(site: Site) -> tuple[Weight, ...]:
    """The placements in torch's cell, where those of its layer are the site's."""
    return tuple(weight._replace(torch=weight.torch.removesuffix("_l0")) for weight in site.weights)


def stepped(site: Site, steps: Steps, helper: str, cell: str, state: str) -> str:
    """The call of a stepping helper; `state` is the text of the initial state, empty for zeros."""
    keywords: dict[str, Any] = {}
    if state:
        keywords["state"] = state
    if steps.mask is not None:
        keywords |= {"mask": f"{steps.mask}", "zero_masked": steps.zero_masked}
    return call(site.helper(helper), cell, f"{steps.x}", **keywords, omit={"zero_masked": False})


def torch_activations(site: Site) -> bool:
    """Whether the activations are those that torch's LSTM and GRU have."""
    return (site.config.value("activation"), site.config.value("recurrent_activation")) == ("tanh", "sigmoid")


def activations(site: Site) -> dict[str, str]:
    """The keyword arguments of a cell that takes its activations as functions."""
    names = ("activation", "recurrent_activation")
    return {name: site.activation_function(name) for name in names}


def constructor(site: Site, name: str, features: int, **keywords: Any) -> str:
    """The text that makes torch's layer or cell of this size."""
    config = site.config
    return call(name, features, config.integer("units"), bias=config.flag("use_bias"), **keywords, omit={"bias": True})
