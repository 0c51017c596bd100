"""Initializers that draw nothing, or a matrix with a property: constants, identity, orthogonal, and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.initializers.initializer_parts import SEED, cases, filled, instead, kernel, no_counterpart
from equivalence.schema import Argument, Difference, Entry
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def emit_zeros(site: Site) -> str:
    """nn.init.zeros_."""
    return filled("zeros_", kernel(site))


def emit_ones(site: Site) -> str:
    """nn.init.ones_."""
    return filled("ones_", kernel(site))


def emit_constant(site: Site) -> str:
    """nn.init.constant_."""
    return f"nn.init.constant_({kernel(site)}, {literal(site.config.number('value'))})"


def emit_identity(site: Site) -> str:
    """nn.init.eye_, times the gain."""
    gain = site.config.number("gain")
    return filled("eye_", kernel(site)) + (f".data.mul_({literal(gain)})" if gain != 1 else "")


def emit_orthogonal(site: Site) -> str:
    """nn.init.orthogonal_: a transposed orthogonal matrix is one, so that torch's layout does not matter."""
    gain = site.config.number("gain")
    return filled("orthogonal_", kernel(site), **({"gain": gain} if gain != 1 else {}))


Zeros = Entry(
    keras="keras.initializers.Zeros",
    torch=("torch.nn.init.zeros_",),
    says="Fills with zeros: what every bias of Keras begins with.",
    emit=emit_zeros,
    kind="initializer",
    differences=(
        Difference(
            "torch-default",
            "A bias of torch's layers begins evenly within 1 / sqrt(fan_in), not at 0.",
            case="bias",
            naive=instead("nn.init.uniform_({}, -(layer.in_features**-0.5), layer.in_features**-0.5)"),
        ),
    ),
    cases=cases("bias", "Dense"),
    aliases=("zeros", "zeros_initializer", "bias_initializer"),
)

Ones = Entry(
    keras="keras.initializers.Ones",
    torch=("torch.nn.init.ones_",),
    says="Fills with ones.",
    emit=emit_ones,
    kind="initializer",
    cases=cases("Dense", "bias"),
    aliases=("ones", "ones_initializer"),
)

Constant = Entry(
    keras="keras.initializers.Constant",
    torch=("torch.nn.init.constant_",),
    says="Fills with one number.",
    emit=emit_constant,
    kind="initializer",
    arguments=(Argument("value", "val", 0.0, note="an array: layer.weight.data.copy_(...), in torch's layout"),),
    cases=cases("Dense", "bias", value=0.25),
    aliases=("constant", "constant_initializer"),
)

Identity = Entry(
    keras="keras.initializers.Identity",
    torch=("torch.nn.init.eye_", "torch.nn.init.dirac_"),
    related=("torch.nn.init.dirac_",),
    says="Fills a matrix with the identity, times gain; nn.init.dirac_ does so for the kernel of a convolution.",
    emit=emit_identity,
    kind="initializer",
    arguments=(Argument("gain", None, 1.0, how="times"),),
    cases=(*cases("Dense"), *(case._replace(id="gain") for case in cases("Dense", gain=0.5))),
    aliases=("identity", "IdentityInitializer", "identity initializer", "eye"),
)

Orthogonal = Entry(
    keras="keras.initializers.Orthogonal",
    torch=("torch.nn.init.orthogonal_",),
    says="Draws a matrix whose rows, or columns, are orthogonal and of length gain.",
    emit=emit_orthogonal,
    kind="initializer",
    arguments=(Argument("gain", "gain", 1.0), SEED),
    differences=(
        Difference(
            "all-gates",
            "The recurrent kernel of an LSTM is one matrix of all its gates for Keras: each gate is not orthogonal by "
            "itself.",
            case="lstm-recurrent",
            naive=instead("[nn.init.orthogonal_(gate) for gate in {}.chunk(4)]"),
        ),
    ),
    cases=(
        *cases("LSTM, recurrent", "Dense", "Conv2D"),
        *(case._replace(id="gain") for case in cases("Conv2DTranspose", gain=0.5)),
    ),
    aliases=("orthogonal", "OrthogonalInitializer", "recurrent_initializer"),
)

STFT = no_counterpart(
    "keras.initializers.STFT",
    "Fills the kernel of a convolution so that it computes a short-time Fourier transform.",
    "torch (2.13) has no such initializer, as it transforms without a kernel; call torch.stft, or port the layer "
    "STFTSpectrogram, which brings the kernel as an array",
    Argument("side", None, "real", inert=True),
    Argument("window", None, "hann", inert=True),
    Argument("scaling", None, "density", inert=True),
    Argument("periodic", None, False, inert=True),
    aliases=("STFTInitializer", "stft initializer"),
)
Initializer = no_counterpart(
    "keras.initializers.Initializer",
    "The class that initializers are made from.",
    "torch (2.13) has functions that fill a tensor instead; write def init(module), and call model.apply(init)",
    aliases=("keras.Initializer", "custom initializer"),
)
Get = no_counterpart(
    "keras.initializers.get",
    "Finds an initializer by its name.",
    "torch (2.13) names no initializer by a text; name the function, nn.init.kaiming_uniform_, itself",
    Argument("identifier"),
)
Serialize = no_counterpart(
    "keras.initializers.serialize",
    "Writes an initializer as a configuration.",
    "a state_dict of torch (2.13) holds the numbers, and not how they were drawn; keep that in code",
    Argument("initializer"),
)
Deserialize = no_counterpart(
    "keras.initializers.deserialize",
    "Makes an initializer from its configuration.",
    "a state_dict of torch (2.13) holds the numbers, and not how they were drawn; keep that in code",
    Argument("config"),
    Argument("custom_objects", None, None),
)
