"""istft: a signal put together again out of the Fourier transforms of its stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.fourier import PAIR, complex_of
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_WINDOWS = {"hann": "torch.hann_window", "hamming": "torch.hamming_window"}
#: tf.signal.inverse_stft and inverse_stft_window_fn (tensorflow/python/ops/signal/spectral_ops.py).
OVERLAP_ADD = '''
def overlap_add(frames: Tensor, step: int, window: Tensor | None = None) -> Tensor:
    """Frames (..., count, length) added up, one every `step` elements.

    window: what they were weighted by before; its squares are taken to overlap everywhere as they
    do in the middle.
    """
    count, length = frames.shape[-2:]
    if window is not None:
        overlaps = -(-length // step)
        squares = F.pad(window**2, (0, overlaps * step - length)).reshape(overlaps, step).sum(0)
        frames = frames * (window / squares.repeat(overlaps)[:length])
    columns = frames.reshape(-1, count, length).mT
    added = F.fold(columns, (1, length + step * (count - 1)), (1, length), stride=(1, step))
    return added.reshape(*frames.shape[:-2], -1)
'''


def emit_istft(site: Site) -> Value:
    """torch.fft.irfft of each frame, and a helper that adds them up."""
    frames, config = complex_of(site)[0], site.config
    length, step, fft = (config.integer(name) for name in ("sequence_length", "sequence_stride", "fft_length"))
    if fft < length:
        config.refuse("fft_length", fft, f"should be at least sequence_length, {length}")
    center, window = config.flag("center"), config.value("window")
    if window is not None and window not in _WINDOWS:
        config.refuse("window", window, "is not translated; known are 'hann', 'hamming' and None")
    end = None if config.value("length") is None else config.integer("length")
    site.helper(OVERLAP_ADD)
    signals = site.new(f"torch.fft.irfft({frames}, n={fft})", KERAS, "frames")
    weights = None
    if window is not None:
        made = f"{_WINDOWS[window]}({length}, dtype={signals}.dtype, device={signals}.device)"
        before = (fft - length) // 2
        weights = f"{site.new(f'F.pad({made}, ({before}, {fft - length - before}))' if fft > length else made, KERAS)}"
    start = fft // 2 if center else 0
    stop = start + end if end is not None else -(fft // 2) if center else None
    cut = f"[..., {start or ''}:{'' if stop is None else stop}]" if start or stop is not None else ""
    added = call("overlap_add", f"{signals}", step, window=weights, omit={"window": None})
    return site.new(f"{added}{cut}", KERAS)


_FRAMES = {"sequence_length": 6, "sequence_stride": 3, "fft_length": 8}
Istft = Entry(
    keras="keras.ops.istft",
    torch=("torch.fft.irfft", "torch.nn.functional.fold", "torch.hann_window"),
    says="The signal whose windowed stretches have these Fourier transforms.",
    emit=emit_istft,
    kind="operation",
    arguments=(
        Argument("x", "input", how="torch.complex(*x)", note="real and imaginary part, (..., frames, frequencies)"),
        Argument("sequence_length", "win_length"),
        Argument("sequence_stride", "hop_length"),
        Argument("fft_length", "n_fft"),
        Argument("length", "length", None, note="None: all that the frames make, cut by half a frame where centred"),
        Argument("window", "window", "hann"),
        Argument("center", "center", True),
    ),
    differences=(
        Difference(
            "edges",
            "torch.istft divides each sample by the windows that really overlap it; Keras by those that overlap in the "
            "middle of the signal, so that its first and last samples are smaller.",
            case="as-it-is",
            swap=(("overlap_add({x}, 3, window={x})", "overlap_add({x}, 3) / 1.5"),),
        ),
    ),
    cases=(
        Case("defaults", _FRAMES, x=[(2, 7, 5)] * 2, call=PAIR),
        Case("as-it-is", {**_FRAMES, "center": False}, x=[(2, 7, 5)] * 2, call=PAIR),
        Case("length", {**_FRAMES, "length": 11, "window": "hamming"}, x=[(2, 3, 7, 5)] * 2, call=PAIR),
        Case("no-window", {**_FRAMES, "window": None}, x=[(2, 7, 5)] * 2, call=PAIR),
        Case("unknown-frames", _FRAMES, x=[(2, 7, 5)] * 2, declared=[(None, 5)] * 2, call=PAIR),
    ),
    aliases=("tf.signal.inverse_stft", "torch.istft", "librosa.istft"),
    stored=stored("ISTFT", "math"),
    layout="last",
)
