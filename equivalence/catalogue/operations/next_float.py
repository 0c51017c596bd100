"""nextafter: the next float in a direction."""

from __future__ import annotations

from equivalence.catalogue.operations.float_pairs import emit_pair
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry

Nextafter = Entry(
    keras="keras.ops.nextafter",
    torch=("torch.nextafter",),
    says="The next float after x1 towards x2.",
    emit=emit_pair,
    kind="operation",
    arguments=(
        Argument("x1", "input", note="Keras on TensorFlow takes the next float64: of a float32, x1 itself"),
        Argument("x2", "other"),
    ),
    cases=(Case("two-tensors", {}, x=[(2, 3, 5), (2, 3, 5)]),),
    aliases=("np.nextafter",),
    stored=stored("Nextafter"),
)
