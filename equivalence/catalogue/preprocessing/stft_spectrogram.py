"""STFTSpectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: keras.config.epsilon(), below which Keras takes no root and no logarithm.
_EPSILON = 1e-7
_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


def emit_stft_spectrogram(site: Site) -> Value:
    """nn.Conv1d with the kernels of the file, on every channel by itself; then the axes as Keras has them."""
    config, x = site.config, site.take(site.x, KERAS)
    if x.rank != 3 or not x.dtype.startswith("float"):
        site.refuse(f"its input of shape {x.shape} and {x.dtype} is no (batch, steps, channels) of floats")
    last = config.choice("data_format", "channels_last", "channels_first", None) != "channels_first"
    mode = config.choice("mode", *_MODES)
    signal = site.new(f"{x}.mT" if last else f"{x}", KERAS, "signal")
    length, step = config.integer("frame_length"), _step(site)
    if config.choice("padding", "valid", "same") == "same":
        signal = _padded(site, signal, length, step)
    frames = site.new(f"{signal}.flatten(0, 1).unsqueeze(1)", KERAS, "frames")
    parts = {
        name: site.new(f"{_kernel(site, name, length, step)}({frames}).unflatten(0, {signal}.shape[:2])", KERAS, name)
        for name in ("real", "imag")
        if mode not in ({"real", "imag"} - {name})
    }
    made = _mode(site, mode, parts)
    if config.flag("expand_dims"):
        made = site.new(f"{made}.permute(0, 3, 2, 1)" if last else f"{made}.mT", KERAS)
    else:
        made = site.new(f"{made}.flatten(1, 2){'.mT' if last else ''}", KERAS)
    if mode != "log":
        return made
    return site.new(f"torch.log({made}.clamp(min={_EPSILON}))", KERAS)


def _step(site: Site) -> int:
    given = site.config.value("frame_step")
    return site.config.integer("frame_step") if given else site.config.integer("frame_length") // 2


def _padded(site: Site, signal: Value, length: int, step: int) -> Value:
    """Zeros on both sides, one more behind where they are odd: as many frames as steps of the signal."""
    size = signal.shape[-1]
    if size is None:
        site.config.refuse("padding", "same", "depends on the number of steps, which is unknown")
    more = max((-(-size // step) - 1) * step + length - size, 0)
    return site.new(f"F.pad({signal}, ({more // 2}, {more - more // 2}))", KERAS, "signal") if more else signal


def _kernel(site: Site, name: str, length: int, step: int) -> str:
    fft = site.config.integer("fft_length") if site.config.value("fft_length") else 1 << (length - 1).bit_length()
    ctor = call("nn.Conv1d", 1, fft // 2 + 1, length, stride=step, bias=False, omit={"stride": 1})
    return site.module(ctor, name, weights=(Weight(f"{name}_kernel", "weight", "k i o -> o i k"),))


def _mode(site: Site, mode: str, parts: dict[str, Value]) -> Value:
    """What is made of the two parts, each (N, C, frequencies, frames)."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    real, imag = parts["real"], parts["imag"]
    if mode == "angle":
        return site.new(f"torch.atan2({imag}, {real})", KERAS)
    if mode == "stft":
        return site.new(f"torch.cat(({real}, {imag}), dim=2)", KERAS)
    power = site.new(f"{real}.square() + {imag}.square()", KERAS, "power")
    if mode == "psd":
        return site.new(f"{power} + F.pad({power}[:, :, 1:-1], (0, 0, 1, 1))", KERAS)
    return site.new(f"{power}.clamp(min={_EPSILON}).sqrt()", KERAS)


_FRAMES = {"frame_length": 8, "frame_step": 3}

STFTSpectrogram = Entry(
    keras="keras.layers.STFTSpectrogram",
    since="3.7",
    torch=("torch.nn.Conv1d",),
    says="A spectrogram by convolutions, whose kernels start as those of the Fourier transform and are trained.",
    emit=emit_stft_spectrogram,
    arguments=(
        Argument("mode", None, "log", note="what is made of real and imaginary part"),
        Argument("frame_length", "kernel_size", 256),
        Argument("frame_step", "stride", None, how="frame_length // 2 for None"),
        Argument("fft_length", "out_channels", None, how="fft_length // 2 + 1; None: the next power of two"),
        Argument("window", None, "hann", inert=True, note="is in the kernels that the file holds"),
        Argument("periodic", None, False, inert=True, note="is in the kernels that the file holds"),
        Argument("scaling", None, "density", inert=True, note="is in the kernels that the file holds"),
        Argument("padding", "padding", "valid"),
        Argument("expand_dims", None, False),
        Argument("data_format", None, None, note="torch is channels first"),
        *LAYER_ARGUMENTS,
    ),
    weights=(
        Weight("real_kernel", "real.weight", "k i o -> o i k", when="not mode=imag"),
        Weight("imag_kernel", "imag.weight", "k i o -> o i k", when="not mode=real"),
    ),
    differences=(
        Difference(
            "not-decibels",
            "mode='log' is the natural logarithm of the magnitude, not decibels.",
            case="defaults",
            swap=(("torch.log(", "20 * torch.log10("),),
        ),
    ),
    cases=(
        Case("defaults", _FRAMES, x=(2, 20, 3)),
        Case("unknown-length", {"frame_length": 8, "mode": "magnitude"}, x=(2, 20, 1), declared=(None, 1)),
        Case("psd", {**_FRAMES, "mode": "psd", "fft_length": 12, "expand_dims": True}, x=(2, 20, 3)),
        Case("real", {**_FRAMES, "mode": "real", "window": "hamming", "periodic": True}, x=(2, 20, 3)),
        Case("imag", {**_FRAMES, "mode": "imag", "scaling": "spectrum"}, x=(2, 20, 3)),
        Case("angle", {**_FRAMES, "mode": "angle", "padding": "same"}, x=(2, 20, 3)),
        Case(
            "channels-first",
            {**_FRAMES, "mode": "stft", "data_format": "channels_first", "padding": "same"},
            x=(2, 3, 20),
            oracle="torch",
            because="TensorFlow on a CPU has no convolution of channels first",
        ),
        Case(
            "channels-first-expanded",
            {**_FRAMES, "data_format": "channels_first", "expand_dims": True},
            x=(2, 3, 20),
            oracle="torch",
            because="TensorFlow on a CPU has no convolution of channels first",
        ),
    ),
    aliases=("spectrogram", "tf.signal.stft", "torchaudio.transforms.Spectrogram"),
    layout="last",
)
