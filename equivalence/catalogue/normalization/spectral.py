"""SpectralNormalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry, Inner, Weight
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: Layers whose kernel has its last axis where torch's weight has its first.
_KNOWN = ("Dense", *(f"Conv{dims}D{kind}" for kind in ("", "Transpose") for dims in (1, 2, 3)))

SPECTRALLY_NORMALISED = '''
def spectrally_normalised(layer: nn.Module, iterations: int = 1) -> nn.Module:
    """`layer`, whose weight is divided by its largest singular value before each call in training.

    As in Keras it stays divided, and no gradient passes through the division. The singular value
    is an estimate, from `u`, which comes nearer with each call. What one call's gradients need, the
    next changes: backward comes before it.
    """

    def divide(layer: nn.Module, inputs: tuple) -> None:
        if not layer.training or not layer.weight.any():
            return
        with torch.no_grad():
            matrix, u = layer.weight.flatten(1), layer.u
            for _ in range(iterations):
                v = F.normalize(matrix.mT @ u, dim=0, eps=1e-7)
                u = F.normalize(matrix @ v, dim=0, eps=1e-7)
            layer.weight.div_(u @ matrix @ v)
            layer.u.copy_(u)

    layer.register_buffer("u", torch.zeros(layer.weight.shape[0]))
    layer.register_forward_pre_hook(divide)
    return layer
'''


def emit_spectral_normalization(site: Site) -> Value:
    """The layer inside, its module with a hook. Raises Refused for layers whose kernel lies otherwise in torch."""
    inside = site.inside("layer").entry
    if inside.name not in _KNOWN:
        site.refuse(
            f"the layer in it is a {inside.name}, of which its division is not translated (known are "
            f"{', '.join(_KNOWN)}); at inference the layer alone gives the same: put layer.layer in its place"
        )
    if not site.x.dtype.startswith("float"):
        site.refuse(f"it is called on {site.x.dtype}, to which Keras casts what the layer in it gives; cast it before")
    iterations = site.config.integer("power_iterations")
    made = call(site.helper(SPECTRALLY_NORMALISED), "{}", iterations=iterations, omit={"iterations": 1})
    own = [weight for weight in site.weights if not weight.repeated]
    result: Value = site.inner("layer", [site.x], around=(made, own))
    return result


def _layer(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config}


SpectralNormalization = Entry(
    whole_numbers="inside",
    keras="keras.layers.SpectralNormalization",
    since="2.13",
    torch=("torch.nn.Linear", "torch.nn.Conv2d"),
    says="Divides a layer's kernel by its largest singular value in training: the discriminators of GANs.",
    emit=emit_spectral_normalization,
    arguments=(
        Argument(
            "layer", None, note="torch's parametrizations.spectral_norm keeps the kernel and divides it at each call"
        ),
        Argument("power_iterations", None, 1, note="n_power_iterations of torch's spectral_norm"),
        *LAYER_ARGUMENTS,
    ),
    weights=(
        Weight("kernel", "", repeated=True),
        Weight("vector_u", "u", "1 o -> o", trainable=False),
    ),
    inner=(Inner("layer", ("layer",)),),
    cases=(
        Case("dense", {"layer": _layer("Dense", units=4)}, x=(2, 5)),
        Case(
            "iterations",
            {"layer": _layer("Dense", units=4, use_bias=False, activation="relu"), "power_iterations": 3},
            x=(2, 7, 5),
        ),
        Case("convolution", {"layer": _layer("Conv2D", filters=4, kernel_size=3, strides=2)}, x=(2, 7, 8, 3)),
        Case("grouped", {"layer": _layer("Conv1D", filters=4, kernel_size=3, groups=2, padding="same")}, x=(2, 7, 6)),
        Case(
            "transposed",
            {"layer": _layer("Conv2DTranspose", filters=4, kernel_size=3, strides=2, activation="tanh")},
            x=(2, 4, 5, 3),
        ),
    ),
    aliases=("spectral norm", "torch.nn.utils.parametrizations.spectral_norm", "tfa.layers.SpectralNormalization"),
    layout="inside",
    mask="own",
)
