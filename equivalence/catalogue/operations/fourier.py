"""Fourier transforms: Keras has a complex tensor as two real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

#: The two tensors that a complex result becomes.
PARTS = {"real": ".real", "imag": ".imag"}


def complex_of(site: Site, axes: int = 1) -> tuple[str, int]:
    """The text of the complex tensor that the operand's two parts make, and its rank."""
    given = site.args()[0] if site.args() else None
    pair = list(given) if isinstance(given, (list, tuple)) else []
    if len(pair) != 2 or not all(is_tensor(part) and part.dtype.startswith("float") for part in pair):
        site.refuse("its operand is not two tensors of floats, the real and the imaginary part")
    real, imaginary = (site.take(part, KERAS) for part in pair)
    if real.shape != imaginary.shape or real.rank < axes:
        site.refuse(f"its operand has parts of shapes {real.shape} and {imaginary.shape}")
    return f"torch.complex({real}, {imaginary})", real.rank


def real_of(site: Site) -> Value:
    """The operand, a tensor of floats."""
    (x,) = operands(site, "x")
    if not is_tensor(x) or not x.dtype.startswith("float"):
        site.refuse("its operand is no tensor of floats")
    if not x.rank:
        site.refuse("its operand is a single number")
    return site.take(x, KERAS)


def emit_complex(site: Site) -> list[Value]:
    """The torch function of the same meaning, along the last axis or the last two."""
    made, _ = complex_of(site, axes=2 if site.entry.name.endswith("2") else 1)
    return site.parts(f"{site.entry.torch[0]}({made})", PARTS)


def emit_rfft(site: Site) -> list[Value]:
    return site.parts(f"torch.fft.rfft({real_of(site)}{_length(site)})", PARTS)


def emit_irfft(site: Site) -> Value:
    return site.new(f"torch.fft.irfft({complex_of(site)[0]}{_length(site)})", KERAS)


def _length(site: Site) -> str:
    return "" if site.config.value("fft_length") is None else f", n={site.config.integer('fft_length')}"


def emit_extract_sequences(site: Site) -> Value:
    """Tensor.unfold, a view of the sequences; of what is left at the end nothing is made in either."""
    x = real_of(site)
    length, stride = site.config.integer("sequence_length"), site.config.integer("sequence_stride")
    if x.shape[-1] is not None and x.shape[-1] < length:
        site.config.refuse("sequence_length", length, f"should be at most the size of the last axis, {x.shape[-1]}")
    return site.new(f"{x}.unfold(-1, {length}, {stride})", KERAS)


_NO_GRADIENT = "Keras on TensorFlow has no gradient of what is cut"
PAIR: dict[str, Any] = {"$args": [[{"$input": 0}, {"$input": 1}]]}


def _fourier(name: str, says: str, shape: tuple[int, ...]) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(f"torch.fft.{name}",),
        says=says,
        emit=emit_complex,
        kind="operation",
        arguments=(Argument("x", "input", how="torch.complex(*x)", note="real and imaginary part, as the result"),),
        cases=(
            Case("defaults", {}, x=[shape] * 2, call=PAIR),
            Case("odd-size", {}, x=[(*shape[:-1], 5)] * 2, call=PAIR),
        ),
        aliases=(f"np.fft.{name}", f"tf.signal.{name}"),
        stored=stored(name.upper(), "math"),
        layout="last",
    )


Fft = _fourier("fft", "The Fourier transform along the last axis.", (2, 3, 8))
Fft2 = _fourier("fft2", "The Fourier transform along the last two axes.", (2, 3, 4, 6))._replace(
    differences=(
        Difference(
            "last-two-axes",
            "The last two axes of (N, H, W, C) are width and channels: transpose before, in Keras.",
            case="defaults",
            swap=(("torch.fft.fft2(torch.complex({x}, {x}))", "torch.fft.fft2(torch.complex({x}, {x}), dim=(1, 2))"),),
        ),
    ),
    aliases=("np.fft.fft2", "tf.signal.fft2d"),
)
Ifft2 = _fourier("ifft2", "The inverse Fourier transform along the last two axes.", (2, 3, 4, 6))._replace(
    differences=(
        Difference(
            "scaled",
            "The inverse divides by the number of elements, in both; norm='forward' of torch leaves that out.",
            case="defaults",
            swap=(("{x}, {x}))", '{x}, {x}), norm="forward")'),),
        ),
    ),
    aliases=("np.fft.ifft2", "tf.signal.ifft2d"),
)
Rfft = Entry(
    keras="keras.ops.rfft",
    torch=("torch.fft.rfft",),
    says="The Fourier transform of a real tensor along its last axis, without the frequencies that mirror others.",
    emit=emit_rfft,
    kind="operation",
    arguments=(
        Argument("x", "input", note="the result is real and imaginary part"),
        Argument("fft_length", "n", None, note="cuts the axis, or adds zeros behind it"),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 8)),
        Case("odd-size", {}, x=(2, 7)),
        Case("longer", {"fft_length": 10}, x=(2, 3, 8)),
        Case("shorter", {"fft_length": 5}, x=(2, 3, 8), oracle="torch", because=_NO_GRADIENT),
        Case("unknown-length", {}, x=(2, 3, 8), declared=(3, None)),
    ),
    aliases=("np.fft.rfft", "tf.signal.rfft"),
    stored=stored("RFFT", "math"),
    layout="last",
)
Irfft = Entry(
    keras="keras.ops.irfft",
    torch=("torch.fft.irfft",),
    says="The real tensor whose Fourier transform has these frequencies.",
    emit=emit_irfft,
    kind="operation",
    arguments=(
        Argument("x", "input", how="torch.complex(*x)", note="real and imaginary part"),
        Argument("fft_length", "n", None, note="2 * (size - 1) for None, in both: give an odd one"),
    ),
    cases=(
        Case("defaults", {}, x=[(2, 3, 5)] * 2, call=PAIR),
        Case("odd", {"fft_length": 9}, x=[(2, 3, 5)] * 2, call=PAIR),
        Case("shorter", {"fft_length": 6}, x=[(2, 3, 5)] * 2, call=PAIR, oracle="torch", because=_NO_GRADIENT),
    ),
    aliases=("np.fft.irfft", "tf.signal.irfft"),
    stored=stored("IRFFT", "math"),
    layout="last",
)
ExtractSequences = Entry(
    keras="keras.ops.extract_sequences",
    torch=("torch.Tensor.unfold",),
    says="Stretches of the last axis, one every so many elements.",
    emit=emit_extract_sequences,
    kind="operation",
    arguments=(Argument("x", "self"), Argument("sequence_length", "size"), Argument("sequence_stride", "step")),
    cases=(
        Case("overlapping", {"sequence_length": 4, "sequence_stride": 2}, x=(2, 3, 11)),
        Case("apart", {"sequence_length": 2, "sequence_stride": 3}, x=(2, 11), declared=(None,)),
    ),
    aliases=("tf.signal.frame", "librosa.util.frame"),
    stored=stored("ExtractSequences", "math"),
    layout="last",
)
