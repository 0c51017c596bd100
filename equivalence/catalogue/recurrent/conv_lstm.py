"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.convolution.convolution_parts import DEFAULTS, NO_KERNEL, Window, window
from equivalence.catalogue.recurrent.arguments import LOOP_ARGUMENTS
from equivalence.catalogue.recurrent.conv_lstm_module import CONV_LSTM
from equivalence.catalogue.recurrent.recurrent_parts import boolean, is_stateful, rate_of, tensors, torch_activations
from equivalence.catalogue.recurrent.state_module import state_of
from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import FIRST, KERAS
from equivalence.translation.python_text import call, squeeze
from equivalence.translation.same_padding import pad_argument, same_padding, symmetric

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


_LEAKY = {"class_name": "LeakyReLU", "config": {"negative_slope": 0.25}}


def emit_conv_lstm(site: Site) -> Value | list[Value]:
    """A module of the file's own: one torch convolution for all steps of the input, one for the state."""
    config, dims = site.config, int(site.entry.keras[-2])
    config.value("unroll")  # how Keras computes it
    config.only("time_major", False)
    first, initial = tensors(site)
    if first.rank != dims + 3:
        site.refuse(f"its input has shape {first.shape}, not (batch, steps, ...) with {dims} axes and channels")
    if len(initial) not in (0, 2):
        site.refuse(f"it is called with {len(initial)} initial states, not 2")
    channels_first = config.choice("data_format", "channels_last", "channels_first", None) == "channels_first"
    channels, sizes = (first.shape[2], first.shape[3:]) if channels_first else (first.shape[-1], first.shape[2:-1])
    if channels is None or None in sizes:
        site.refuse(f"its input has shape {first.shape}, of which Keras wants all but batch and steps known")
    over = window(site, dims)
    mask = boolean(site, site.mask(), (2,) if channels_first else (2, dims + 2))
    output_mask = mask if mask is not None else first.mask
    if mask is not None and mask.rank > 2 and (_pads(site, sizes, over) is None or over.strides != (1,) * dims):
        site.refuse("its mask has a value for each position of the input, of which the outputs are fewer")
    x = site.new(f"{site.take(first)}.transpose(1, 2)", KERAS) if channels_first else site.take(first, FIRST)
    pads = _pads(site, sizes, over)
    if pads is not None and symmetric(pads) is None:
        x = site.new(call("F.pad", f"{x}", pad_argument(pads)), x.order)
    if config.flag("go_backwards"):
        x = site.new(f"{x}.flip(2)", x.order)
        mask = mask and site.new(f"{mask}.flip(1)", KERAS, "mask")
    order = KERAS if channels_first else FIRST
    module = site.module(_constructor(site, channels, order, over, (pads and symmetric(pads)) or (0,) * dims))
    held = state_of(site) if is_stateful(site, initial) else ""
    kept = f"{held}.last({x})" if held else None
    keywords: dict[str, Any] = {
        "state": f"({', '.join(str(site.take(state, order)) for state in initial)})" if initial else kept,
        "mask": mask and f"{mask}",
        "zero_masked": config.flag("zero_output_for_mask") and mask is not None,
    }
    expr = call(module, f"{x}", **keywords, omit={"state": None, "mask": None, "zero_masked": False})
    return _outputs(site, f"{held}.keep({expr})" if held else expr, order, output_mask)


def _pads(site: Site, sizes: tuple[int | None, ...], over: Window) -> tuple[tuple[int, int], ...] | None:
    if site.config.choice("padding", "valid", "same") == "valid":
        return None
    return same_padding(sizes, over.kernel, over.strides, over.dilation)


def _constructor(site: Site, channels: int, order: str, over: Window, padding: tuple[int, ...]) -> str:
    config, name = site.config, f"nn.Conv{site.entry.keras[-2:].lower()}"
    filters = config.integer("filters")
    rates = rate_of(site, "dropout"), rate_of(site, "recurrent_dropout")
    groups = [4 if rate else 1 for rate in rates]
    from_input = call(
        name, channels * groups[0], filters * 4, **over.options(), padding=squeeze(padding), groups=groups[0],
        bias=config.flag("use_bias"), omit=DEFAULTS,
    )  # fmt: skip
    from_state = call(
        name, filters * groups[1], filters * 4, kernel_size=squeeze(over.kernel), padding="'same'", groups=groups[1],
        bias=False, omit=DEFAULTS,
    )  # fmt: skip
    functions = {}
    if not torch_activations(site):
        sizes = [None] * len(padding)
        state = (None, filters, *sizes) if order == KERAS else (None, *sizes, filters)
        functions = {
            name: site.activation_function(name, state, order) for name in ("activation", "recurrent_activation")
        }
    return call(
        site.helper(CONV_LSTM), from_input, from_state, **functions, dropout=rates[0], recurrent_dropout=rates[1],
        omit={"dropout": 0.0, "recurrent_dropout": 0.0},
    )  # fmt: skip


def _outputs(site: Site, expr: str, order: str, output_mask: Value | None) -> Value | list[Value]:
    """What Keras returns, out of (outputs with the steps behind the channels, h, c)."""
    sequences, with_state = site.config.flag("return_sequences"), site.config.flag("return_state")
    turned = ".transpose(1, 2)" if order == KERAS else ""
    pick = turned if sequences else "[:, :, -1]"
    if not with_state:
        made = site.new(f"{expr}[0]{pick}", order)
        made.mask = output_mask if sequences else None
        return made
    # of which order the outputs are with their steps is no matter until they are turned or picked
    outputs, *states = site.many(expr, [order, order, order])
    made = site.new(f"{outputs}{pick}", order)
    made.mask = output_mask if sequences else None
    return [made, *states]


def _arguments(dims: int) -> tuple[Argument, ...]:
    gates = "all gates in one convolution for the input, and one for the state"
    return (
        Argument("filters", "out_channels", note=gates),
        Argument("kernel_size", "kernel_size"),
        Argument("strides", "stride", 1, note="of the input's convolution; the state's has none"),
        Argument("padding", "padding", "valid", note="of the input's convolution; the state's is always same"),
        Argument("data_format", None, None, note="channels_last is moved to torch's channels first"),
        Argument("dilation_rate", "dilation", 1, note="of the input's convolution; the state's has none"),
        Argument("activation", None, "tanh"),
        Argument("recurrent_activation", None, "sigmoid"),
        Argument("use_bias", "bias", True),
        *initialised("kernel"),
        Argument("recurrent_initializer", None, "orthogonal", inert=True),
        Argument("recurrent_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
        Argument("recurrent_constraint", None, None, inert=True, note="acts in Keras's training step"),
        *initialised("bias"),
        Argument("unit_forget_bias", None, True, inert=True, note="initialises the bias"),
        Argument("dropout", None, 0.0, note="one mask for all steps, another for each gate: a grouped convolution"),
        Argument("recurrent_dropout", None, 0.0, note="likewise, of the state"),
        Argument("seed", None, None, inert=True, since="3"),
        *(argument for argument in LOOP_ARGUMENTS if argument.keras != "unroll"),
        *LAYER_ARGUMENTS,
    )


_LEGACY = (
    Argument("time_major", None, False),
    Argument("implementation", None, None, inert=True, note="how Keras computes it, not what"),
    Argument("unroll", None, False, note="how Keras computes it, not what"),
    Argument("zero_output_for_mask", None, False, note="masked steps give zeros, not the output before them"),
)


def _weights(axes: str) -> tuple[Weight, ...]:
    return (
        Weight("kernel", "from_input.weight", f"{axes} i o -> o i {axes}", at=("cell",)),
        Weight("recurrent_kernel", "from_state.weight", f"{axes} i o -> o i {axes}", at=("cell",)),
        Weight("bias", "from_input.bias", when="use_bias", at=("cell",)),
    )


def _transposed_gates(axes: str) -> Difference:
    order = (0, 2, 1, 3)
    return Difference(
        "gate-order",
        "Keras orders the gates i, f, c, o; of the ConvLSTMs written for torch, many have i, f, o, c.",
        case="defaults",
        weights=tuple(weight._replace(blocks=order) for weight in _weights(axes)),
    )


def _state_like_input(case: str) -> Difference:
    return Difference(
        "dilated-state",
        "Strides and dilation are those of the input's convolution alone: the state's has neither, and keeps its size.",
        case=case,
        swap=(("padding='same', bias=False)", "dilation=2, padding='same', bias=False)"),),
    )


def _masked(x: tuple[int, ...]) -> dict[str, Any]:
    return {"x": [x, x[:2]], "draw": ["normal", "bool"], "call": {"mask": {"$input": 1}}}


def _more_cases(x: tuple[int, ...]) -> tuple[Case, ...]:
    """The settings that the cases of an entry leave out."""
    size: dict[str, Any] = {"filters": 3, "kernel_size": 2}
    strided = {"strides": 2, "padding": "same", "activation": "relu", "recurrent_activation": "softsign"}
    return (
        Case("strided-activations", {**size, **strided, "use_bias": False, "go_backwards": True, "unroll": True}, x=x),
        Case("zero-output-for-mask", {**size, "return_sequences": True, "zero_output_for_mask": True}, **_masked(x)),
        Case(
            "channels-first",
            {**size, "data_format": "channels_first", "return_sequences": True, "activation": "log_softmax"},
            x=(*x[:2], x[-1], *x[2:-1]),
            oracle="torch",
            because=NO_KERNEL,
        ),
        Case("an-activation-layer", {**size, "activation": _LEAKY}, x=x),
        Case("activation-over-channels", {**size, "activation": "softmax", "recurrent_activation": "sparsemax"}, x=x),
        Case("stateful", {**size, "stateful": True, "padding": "same", "return_sequences": True}, **_masked(x)),
        Case("dropout", {**size, "dropout": 0.25, "recurrent_dropout": 0.5}, x=x, training="random"),
    )


ConvLSTM1D = Entry(
    keras="keras.layers.ConvLSTM1D",
    since="2.6",
    torch=("torch.nn.Conv1d",),
    says="An LSTM whose products are convolutions over one axis.",
    arguments=_arguments(1),
    legacy=_LEGACY,
    weights=_weights("w"),
    differences=(_transposed_gates("w"), _state_like_input("dilated")),
    cases=(
        Case("defaults", {"filters": 4, "kernel_size": 3}, x=(2, 5, 9, 3)),
        Case(
            "dilated",
            {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "same", "return_sequences": True},
            x=(2, 5, 9, 3),
            declared=(None, 9, 3),
        ),
        Case(
            "states",
            {"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same", "return_state": True},
            x=[(2, 5, 8, 3), (2, 4, 4), (2, 4, 4)],
            call={"initial_state": [{"$input": 1}, {"$input": 2}]},
        ),
        Case(
            "mask",
            {"filters": 4, "kernel_size": 3, "return_sequences": True, "return_state": True, "go_backwards": True},
            **_masked((4, 6, 9, 3)),
        ),
        *_more_cases((4, 3, 7, 2)),
    ),
    emit=emit_conv_lstm,
    layout="spatial",
    mask="own",
)

ConvLSTM2D = Entry(
    keras="keras.layers.ConvLSTM2D",
    torch=("torch.nn.Conv2d",),
    says="An LSTM whose products are convolutions over images.",
    arguments=_arguments(2),
    legacy=_LEGACY,
    weights=_weights("h w"),
    differences=(_transposed_gates("h w"), _state_like_input("dilated")),
    cases=(
        Case("defaults", {"filters": 4, "kernel_size": 3}, x=(2, 5, 6, 7, 3)),
        Case(
            "sequences",
            {"filters": 4, "kernel_size": (2, 3), "padding": "same", "return_sequences": True, "use_bias": False},
            x=(2, 5, 6, 7, 3),
            declared=(None, 6, 7, 3),
        ),
        Case(
            "dilated",
            {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "same", "go_backwards": True},
            x=(2, 4, 6, 7, 3),
        ),
        Case(
            "states",
            {
                "filters": 4,
                "kernel_size": 3,
                "strides": 2,
                "padding": "same",
                "return_state": True,
                "return_sequences": True,
            },
            x=[(2, 5, 6, 7, 3), (2, 3, 4, 4), (2, 3, 4, 4)],
            call={"initial_state": [{"$input": 1}, {"$input": 2}]},
        ),
        Case(
            "activations",
            {"filters": 4, "kernel_size": 3, "activation": "relu", "recurrent_activation": "softsign"},
            x=(2, 4, 6, 7, 3),
        ),
        Case(
            "channels-first",
            {
                "filters": 4,
                "kernel_size": 3,
                "data_format": "channels_first",
                "return_sequences": True,
                "return_state": True,
            },
            x=(2, 4, 3, 6, 7),
            oracle="torch",
            because=NO_KERNEL,
        ),
        Case("mask", {"filters": 4, "kernel_size": 3, "return_sequences": True}, **_masked((4, 6, 5, 5, 3))),
        Case("stateful", {"filters": 4, "kernel_size": 3, "stateful": True}, x=(2, 4, 6, 7, 3)),
        Case(
            "zero-output-for-mask",
            {"filters": 4, "kernel_size": 3, "return_sequences": True, "zero_output_for_mask": True},
            **_masked((4, 6, 5, 5, 3)),
        ),
        Case(
            "recurrent-dropout",
            {"filters": 4, "kernel_size": 3, "padding": "same", "dropout": 0.25, "recurrent_dropout": 0.5},
            x=(2, 3, 4, 4, 3),
            training="random",
        ),
    ),
    aliases=("convolutional LSTM", "next-frame prediction"),
    emit=emit_conv_lstm,
    layout="spatial",
    mask="own",
)

ConvLSTM3D = Entry(
    keras="keras.layers.ConvLSTM3D",
    since="2.6",
    torch=("torch.nn.Conv3d",),
    says="An LSTM whose products are convolutions over volumes.",
    arguments=_arguments(3),
    legacy=_LEGACY,
    weights=_weights("d h w"),
    differences=(_transposed_gates("d h w"),),
    cases=(
        Case("defaults", {"filters": 2, "kernel_size": 2, "return_sequences": True}, x=(2, 3, 4, 5, 6, 3)),
        Case(
            "states",
            {"filters": 2, "kernel_size": 2, "padding": "same", "return_state": True},
            x=[(2, 3, 4, 5, 6, 3), (2, 4, 5, 6, 2), (2, 4, 5, 6, 2)],
            call={"initial_state": [{"$input": 1}, {"$input": 2}]},
        ),
        Case("mask", {"filters": 2, "kernel_size": 2}, **_masked((4, 4, 3, 4, 4, 2))),
        Case(
            "dilated",
            {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "padding": "same", "return_sequences": True},
            x=(2, 3, 4, 4, 5, 2),
        ),
        *_more_cases((4, 3, 4, 4, 5, 2)),
    ),
    emit=emit_conv_lstm,
    layout="spatial",
    mask="own",
)
