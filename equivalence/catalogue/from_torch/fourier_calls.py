"""Fourier transforms of torch."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import CONSTANTS, nothing, op

_NONE = "it is complex, or not unique"
COMPLEX = '''
def parts(x):
    """What keras.ops.fft takes: the real and the imaginary part."""
    return keras.ops.real(x), keras.ops.imag(x)


def joined(pair):
    """The complex numbers of two parts."""
    return keras.ops.cast(pair[0], "complex128") + 1j * keras.ops.cast(pair[1], "complex128")
'''

ROWS = (
    op(
        "fft.rfft(input, n=None, dim=-1, norm=None)",
        "joined(ops.rfft(input, fft_length=n))",
        "torch.fft.rfft(signal)",
        helper=COMPLEX,
        gradients=False,
        because=_NONE,
        max_rel=3e-7,
        notes={"dim": "the last; move another one there", "norm": "divide by the square root of n for 'ortho'"},
    ),
    op(
        "fft.fft(input, n=None, dim=-1, norm=None)",
        "joined(ops.fft(parts(input)))",
        "torch.fft.fft(complex_1)",
        helper=COMPLEX,
        gradients=False,
        because=_NONE,
        max_rel=3e-7,
        notes={
            "n": "keras.ops.pad first",
            "dim": "the last; move another one there",
            "norm": "divide by the square root of n for 'ortho'",
        },
    ),
    op(
        "fft.ifft(input, n=None, dim=-1, norm=None)",
        "ops.conj(joined(ops.fft(parts(ops.conj(input))))) / input.shape[-1]",
        "torch.fft.ifft(complex_1)",
        helper=COMPLEX,
        gradients=False,
        because=_NONE,
        max_rel=3e-7,
        notes={"n": "keras.ops.pad first", "dim": "the last; move another one there", "norm": "multiply"},
    ),
    op(
        "fft.fft2(input, s=None, dim=(-2, -1), norm=None)",
        "joined(ops.fft2(parts(input)))",
        "torch.fft.fft2(complex_1)",
        helper=COMPLEX,
        gradients=False,
        because=_NONE,
        max_rel=3e-7,
        notes={"s": "keras.ops.pad first", "dim": "the last two", "norm": "divide"},
    ),
    op(
        "fft.ifft2(input, s=None, dim=(-2, -1), norm=None)",
        "joined(ops.ifft2(parts(input)))",
        "torch.fft.ifft2(complex_1)",
        helper=COMPLEX,
        gradients=False,
        because=_NONE,
        max_rel=3e-7,
        notes={"s": "keras.ops.pad first", "dim": "the last two", "norm": "multiply"},
    ),
    op(
        "fft.irfft(input, n=None, dim=-1, norm=None)",
        "ops.irfft(parts(input), fft_length=n)",
        "torch.fft.irfft(half_spectrum)",
        helper=COMPLEX,
        gradients=False,
        because=_NONE,
        max_rel=3e-7,
        notes={"dim": "the last; move another one there", "norm": "multiply"},
    ),
    op(
        "fft.fftshift(input, dim=None)",
        "ops.roll(input, [size // 2 for size in input.shape], axis=list(range(len(input.shape)))) if dim "
        "is None else ops.roll(input, input.shape[dim] // 2, axis=dim)",
        "torch.fft.fftshift(x)",
        "torch.fft.fftshift(x, 1)",
    ),
    op(
        "fft.ifftshift(input, dim=None)",
        "ops.roll(input, [-(size // 2) for size in input.shape], axis=list(range(len(input.shape)))) if "
        "dim is None else ops.roll(input, -(input.shape[dim] // 2), axis=dim)",
        "torch.fft.ifftshift(x)",
        "torch.fft.ifftshift(x, 1)",
    ),
    op(
        "fft.fftfreq(n, d=1.0)",
        "ops.convert_to_tensor(np.fft.fftfreq(n, always(d)).astype('float32'))",
        "torch.fft.fftfreq(8, 0.5)",
        loose=("torch.fft.fftfreq(7)",),
        because=CONSTANTS,
    ),
    op(
        "fft.rfftfreq(n, d=1.0)",
        "ops.convert_to_tensor(np.fft.rfftfreq(n, always(d)).astype('float32'))",
        loose=("torch.fft.rfftfreq(7)",),
        because=CONSTANTS,
    ),
    op(
        "stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode='reflect', "
        "normalized=False, "
        "onesided=None, return_complex=None)",
        "stft(input, n_fft, hop_length, win_length, window, center)",
        "torch.stft(signal, 16, 4, return_complex=True)",
        "torch.stft(signal, 16, 8, window=window_16, return_complex=True)",
        helper=COMPLEX
        + '''

def stft(x, n_fft, hop_length, win_length, window, center):
    """Frames' spectra: (batch, frequencies, frames), as torch has it."""
    window = keras.ops.ones((win_length or n_fft,), dtype=x.dtype) if window is None else window
    if center:
        x = keras.ops.pad(x, ((0, 0), (n_fft // 2, n_fft // 2)), mode="reflect")
    missing = n_fft - window.shape[0]
    window = keras.ops.pad(window, ((missing // 2, missing - missing // 2),))
    frames = keras.ops.extract_sequences(x, n_fft, hop_length or n_fft // 4)
    return keras.ops.swapaxes(joined(keras.ops.rfft(frames * window)), 1, 2)
''',
        gradients=False,
        because=_NONE,
        max_rel=3e-7,
        notes={
            "normalized": "divide by the square root of n_fft",
            "onesided": "True alone",
            "return_complex": "True alone",
            "pad_mode": "'reflect' alone",
        },
        watch=(
            "keras.ops.stft gives (batch, frames, frequencies) in two parts, and has a hann window where none is said.",
        ),
    ),
    *nothing(
        "torch's has the frames in the last axis and any window; exchange them with keras.ops.swapaxes, take apart "
        "with "
        "keras.ops.real and keras.ops.imag, and call keras.ops.istft.",
        "torch.istft(input, n_fft)",
    ),
)
