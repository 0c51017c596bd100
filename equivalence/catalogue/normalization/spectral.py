"""SpectralNormalization."""

from __future__ import annotations

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry, refuse_without_counterpart

_DENSE = {"class_name": "Dense", "config": {"units": 4}}

SpectralNormalization = Entry(
    keras="keras.layers.SpectralNormalization",
    since="2.13",
    torch=(),
    says="Divides a layer's kernel by its largest singular value in training: the discriminators of GANs.",
    emit=refuse_without_counterpart,
    arguments=(Argument("layer"), Argument("power_iterations", None, 1, note="refused"), *LAYER_ARGUMENTS),
    cases=(
        Case("dense", {"layer": _DENSE}, x=(2, 5)),
        Case("iterations", {"layer": _DENSE, "power_iterations": 3}, x=(2, 5)),
    ),
    aliases=("spectral norm", "torch.nn.utils.parametrizations.spectral_norm", "tfa.layers.SpectralNormalization"),
    no_counterpart=(
        "Keras writes the divided kernel back at each training step, where torch's parametrizations.spectral_norm "
        "keeps the kernel and divides it at each call; at inference the wrapped layer alone is the same: build the "
        "model with layer.layer in its place and port that, then wrap the module by spectral_norm to train it"
    ),
)
