"""Activations that are smooth everywhere and that torch has under one name, or nearly so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.activation.activation_parts import DEFAULTS, SHAPE, activation, plain, torch_names
from equivalence.schema import Argument, Case, Difference
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


#: Why TensorFlow cannot be the oracle of gelu.
FLOAT32_CONSTANTS = "tf.nn.gelu takes its constants (√2, 0.044715) through float32."


def emit_gelu(site: Site) -> Value:
    """F.gelu; Keras's flag is torch's approximate="tanh"."""
    approximate = "'tanh'" if site.config.flag("approximate") else "'none'"
    return site.new(call("F.gelu", f"{site.x}", approximate=approximate, omit={"approximate": "'none'"}), site.x.order)


def emit_squareplus(site: Site) -> Value:
    """(x + sqrt(x² + b)) / 2, which torch lacks."""
    x, b = site.x, literal(site.config.number("b"))
    return site.new(f"({x} + torch.sqrt({x} * {x} + {b})) / 2", x.order)


sigmoid = activation(
    "sigmoid",
    "1 / (1 + exp(-x)).",
    plain("torch.sigmoid"),
    ("torch.sigmoid", "torch.nn.Sigmoid"),
    aliases=("logistic",),
)
log_sigmoid = activation(
    "log_sigmoid",
    "The logarithm of the sigmoid, -softplus(-x).",
    plain("F.logsigmoid"),
    torch_names("logsigmoid", "LogSigmoid"),
)
tanh = activation("tanh", "The hyperbolic tangent.", plain("torch.tanh"), ("torch.tanh", "torch.nn.Tanh"))
tanh_shrink = activation("tanh_shrink", "x - tanh(x).", plain("F.tanhshrink"), torch_names("tanhshrink", "Tanhshrink"))
softplus = activation("softplus", "log(1 + exp(x)).", plain("F.softplus"), torch_names("softplus", "Softplus"))
softsign = activation("softsign", "x / (1 + |x|).", plain("F.softsign"), torch_names("softsign", "Softsign"))
exponential = activation("exponential", "exp(x).", plain("torch.exp"), ("torch.exp",), aliases=("exp",))
silu = activation(
    "silu",
    "x * sigmoid(x), also known as swish.",
    plain("F.silu"),
    torch_names("silu", "SiLU"),
    aliases=("keras.activations.swish",),
    stored=("swish",),
)
mish = activation("mish", "x * tanh(softplus(x)).", plain("F.mish"), torch_names("mish", "Mish"))
gelu = activation(
    "gelu",
    "x times the normal distribution function of x, exact or by its tanh approximation.",
    emit_gelu,
    torch_names("gelu", "GELU"),
    arguments=(Argument("approximate", "approximate", False, how='"tanh" if true, else "none"'),),
    differences=(
        Difference(
            "gelu-exact",
            "keras.activations.gelu is exact unless approximate=True; keras.ops.gelu is the tanh approximation unless "
            "approximate=False. torch's F.gelu is exact.",
            case="defaults",
            swap=(("F.gelu({x})", "F.gelu({x}, approximate='tanh')"),),
        ),
    ),
    cases=(
        Case("defaults", {}, x=SHAPE, oracle="torch", because=FLOAT32_CONSTANTS),
        Case("approximate", {"approximate": True}, x=SHAPE, oracle="torch", because=FLOAT32_CONSTANTS),
    ),
)
squareplus = activation(
    "squareplus",
    "(x + sqrt(x² + b)) / 2, an algebraic softplus.",
    emit_squareplus,
    ("torch.sqrt",),
    arguments=(Argument("b", None, 4, note="written out: torch has no squareplus"),),
    cases=(DEFAULTS, Case("b", {"b": 0.25}, x=SHAPE)),
)
