"""MelSpectrogram."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equivalence.catalogue.operations.stft import stft_text
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

MEL_TRIANGLES = '''
def mel_triangles(bins: int, mels: int, rate: float, lowest: float, highest: float) -> Tensor:
    """(bins, mels): triangles of height 1, alike on HTK's scale 1127 * log(1 + hertz / 700)."""
    ends = [1127.0 * math.log(1.0 + end / 700.0) for end in (lowest, highest)]
    edges = torch.linspace(ends[0], ends[1], mels + 2, dtype=torch.float64)
    hertz = torch.linspace(0.0, rate / 2, bins, dtype=torch.float64)[1:, None]
    mel = 1127.0 * torch.log(1.0 + hertz / 700.0)
    rise = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    return F.pad(torch.minimum(rise, fall).clamp(min=0.0), (0, 0, 1, 0))
'''


def emit_mel_spectrogram(site: Site) -> Value:
    """torch.stft, a power of its size, the mel scale, and decibels."""
    x, config = site.take(site.x, KERAS), site.config
    if x.rank != 2 or not x.dtype.startswith("float"):
        site.refuse(f"its input of shape {x.shape} and {x.dtype} is no (batch, steps) of floats")
    fft, stride = config.integer("fft_length"), config.integer("sequence_stride")
    length = config.integer("sequence_length") if config.value("sequence_length") else fft
    spectrum = site.new(f"{stft_text(site, x, length, stride, fft, center=True)}.abs().mT", KERAS, "spectrum")
    power = config.number("mag_exp")
    raised = f"{spectrum}" if power == 1 else f"{spectrum} ** {literal(power)}"
    rate = config.number("sampling_rate")
    highest = config.number("max_freq") if config.value("max_freq") else float(int(rate / 2))
    mels, lowest = config.integer("num_mel_bins"), config.number("min_freq")
    triangles = call(site.helper(MEL_TRIANGLES), fft // 2 + 1, mels, rate, lowest, highest)
    scaled = site.new(f"{raised} @ {triangles}.to({x})", KERAS, "mels")
    if config.flag("power_to_db"):
        scaled = _decibels(site, scaled)
    else:
        for name in ("top_db", "min_power", "ref_power"):
            config.value(name)  # of decibels alone
    return site.new(f"{scaled}.mT", KERAS)


def _decibels(site: Site, mels: Value) -> Value:
    """Not less than `top_db` below the largest of the whole batch."""
    least, reference = site.config.number("min_power"), abs(site.config.number("ref_power"))
    if least <= 0:
        site.config.refuse("min_power", least, "should be more than 0")
    zero = 10.0 * math.log10(max(reference, least))
    text = f"10.0 * torch.log10({mels}.clamp(min={literal(least)}))"
    decibels = site.new(f"{text} - {literal(zero)}" if zero else text, KERAS, "decibels")
    top = site.config.number("top_db")
    return site.new(f"torch.maximum({decibels}, {decibels}.max() - {literal(top)})", KERAS)


_SMALL = {"fft_length": 32, "sequence_stride": 8, "num_mel_bins": 6, "sampling_rate": 400}
_ROUNDED = "Keras computes the triangles of the mel scale in float32, and on TensorFlow nothing in float64"

MelSpectrogram = Entry(
    keras="keras.layers.MelSpectrogram",
    since="3.1",
    torch=("torch.stft", "torch.log10"),
    says="The spectrum of stretches of a signal on the mel scale, in decibels.",
    emit=emit_mel_spectrogram,
    arguments=(
        Argument("fft_length", "n_fft", 2048),
        Argument("sequence_stride", "hop_length", 512),
        Argument("sequence_length", "win_length", None, how="fft_length for None"),
        Argument("window", "window", "hann"),
        Argument("sampling_rate", None, 16000),
        Argument("num_mel_bins", None, 128),
        Argument("min_freq", None, 20.0),
        Argument("max_freq", None, None, how="half of sampling_rate for None"),
        Argument("power_to_db", None, True),
        Argument("top_db", None, 80.0, note="below the largest value of the whole batch"),
        Argument("mag_exp", None, 2.0),
        Argument("min_power", None, 1e-10),
        Argument("ref_power", None, 1.0),
        *LAYER_ARGUMENTS,
    ),
    approximate="Keras computes the triangles of the mel scale in float32, the port in float64: 1e-6 of the result.",
    differences=(
        Difference(
            "whole-batch",
            "top_db counts from the largest value of the whole batch, not from that of each signal.",
            case="decibels",
            swap=(("{x}.max()", "{x}.amax((1, 2), keepdim=True)"),),
        ),
    ),
    cases=(
        Case("defaults", _SMALL, x=(2, 100), max_rel=1e-5, oracle="torch", because=_ROUNDED),
        Case(
            "magnitude",
            {
                **_SMALL,
                "mag_exp": 1.0,
                "power_to_db": False,
                "sequence_length": 20,
                "min_freq": 30.0,
                "max_freq": 150.0,
            },
            x=(2, 100),
            declared=(None,),
            max_rel=1e-5,
            oracle="torch",
            because=_ROUNDED,
        ),
        Case(
            "decibels",
            {**_SMALL, "window": "hamming", "top_db": 10.0, "min_power": 0.5, "ref_power": 2.0, "mag_exp": 1.5},
            x=(2, 100),
            max_rel=1e-5,
            oracle="torch",
            because=_ROUNDED,
        ),
    ),
    aliases=("mel spectrogram", "librosa.feature.melspectrogram", "torchaudio.transforms.MelSpectrogram"),
    layout="last",
)
