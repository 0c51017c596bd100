"""stft: Fourier transforms of stretches of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.fourier import PARTS, real_of
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_WINDOWS = {"hann": "torch.hann_window", "hamming": "torch.hamming_window"}


def stft_text(site: Site, x: Value, length: int, stride: int, fft: int, center: bool) -> str:
    """The text of torch.stft on (..., steps), all axes before the steps as one: (N, frequencies, frames), complex.

    A shorter window is set in the middle of the stretch, in both; without a window Keras takes the whole stretch.
    """
    window = site.config.value("window")
    if window is not None and window not in _WINDOWS:
        site.config.refuse("window", window, "is not translated; known are 'hann', 'hamming' and None")
    if fft < length:
        site.config.refuse("fft_length", fft, f"should be at least sequence_length, {length}")
    steps, shortest = x.shape[-1], fft // 2 + 1 if center else fft
    if x.rank < 2:
        site.refuse("it is called on one axis, which is the batch's: its signal would be as long as the batch is large")
    if steps is not None and steps < shortest:
        site.refuse(f"its signal has {steps} steps, of which torch.stft needs {shortest} with fft_length={fft}")
    signals = f"{x}.flatten(0, {x.rank - 2})" if x.rank > 2 else f"{x}"
    keywords: dict[str, Any] = {}
    if window is not None and length != fft:
        keywords["win_length"] = length
    if window is not None:
        made = f"{_WINDOWS[window]}({length}, dtype={x}.dtype, device={x}.device)"
        keywords["window"] = f"{site.new(made, KERAS, 'window')}"
    if not center:
        keywords["center"] = False
    return call("torch.stft", signals, fft, stride, **keywords, return_complex=True)


def emit_stft(site: Site) -> list[Value]:
    """torch.stft, frames before frequencies as Keras has them."""
    x, config = real_of(site), site.config
    length, stride, fft = (config.integer(name) for name in ("sequence_length", "sequence_stride", "fft_length"))
    center = config.flag("center")
    text = f"{stft_text(site, x, length, stride, fft, center)}.mT"
    return site.parts(f"{text}.unflatten(0, {x}.shape[:-1])" if x.rank > 2 else text, PARTS)


_FRAMES = {"sequence_length": 6, "sequence_stride": 3, "fft_length": 8}

Stft = Entry(
    keras="keras.ops.stft",
    torch=("torch.stft", "torch.hann_window", "torch.hamming_window"),
    says="Fourier transforms of windowed stretches of the last axis: real and imaginary part.",
    emit=emit_stft,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("sequence_length", "win_length", note="the window is set in the middle of fft_length, in both"),
        Argument("sequence_stride", "hop_length"),
        Argument("fft_length", "n_fft"),
        Argument("window", "window", "hann", how="torch.hann_window(sequence_length)"),
        Argument("center", "center", True),
    ),
    differences=(
        Difference(
            "window",
            "Keras windows by default (hann), torch.stft does not.",
            case="defaults",
            swap=((", window={x}", ""),),
        ),
        Difference(
            "frames-first",
            "Keras has (frames, frequencies), torch (frequencies, frames).",
            case="as-many-frames",
            swap=((".mT", ""),),
        ),
    ),
    cases=(
        Case("defaults", _FRAMES, x=(2, 20)),
        Case("as-many-frames", {**_FRAMES, "center": False}, x=(2, 20)),
        Case("channels", {**_FRAMES, "window": "hamming"}, x=(2, 3, 20)),
        Case("rectangle", {**_FRAMES, "window": None}, x=(2, 20), declared=(None,)),
        Case("full", {"sequence_length": 8, "sequence_stride": 4, "fft_length": 8, "center": False}, x=(2, 21)),
    ),
    aliases=("tf.signal.stft", "scipy.signal.stft", "librosa.stft"),
    stored=stored("STFT", "math"),
    layout="last",
)
