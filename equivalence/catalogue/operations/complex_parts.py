"""real, imag, conj and conjugate of real tensors: Keras's Fourier transforms have complex tensors as two real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_part(site: Site) -> Value:
    """The torch function of the same meaning: a real tensor is its own real part, and the same object in Keras."""
    x = site.x
    if not x.dtype.startswith("float"):
        site.refuse(f"it is called on {x.dtype}; floats alone are translated")
    made = site.new(f"{site.entry.torch[0]}({x})", x.order)
    return made if site.entry.name == "imag" else site.unchanged(made)


def _part(name: str, class_name: str, says: str, torch: str, *aliases: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit_part,
        kind="operation",
        arguments=(Argument("x", "input", note="a port takes real tensors alone; torch has the same of complex ones"),),
        cases=(Case("real", {}, x=(2, 3, 5)),),
        aliases=(f"np.{name}", *aliases),
        stored=stored(class_name),
    )


Real = _part("real", "Real", "The real part.", "torch.real", "tf.math.real")
Conj = _part("conj", "Conj", "The complex conjugate.", "torch.conj", "tf.math.conj")
Conjugate = _part("conjugate", "Conjugate", "The complex conjugate.", "torch.conj")
Imag = _part(
    "imag", "Imag", "The imaginary part: zeros of a real tensor.", "torch.zeros_like", "torch.imag", "tf.math.imag"
)
