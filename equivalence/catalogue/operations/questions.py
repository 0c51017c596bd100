"""size, and questions to a tensor that no model computes: shape, ndim, dtype, is_tensor, convert_to_numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_size(site: Site) -> Value:
    """The number of elements as a tensor of int32."""
    return site.new(f"torch.tensor({site.x}.numel(), dtype=torch.int32, device={site.x}.device)", KERAS)


def _asked(name: str, says: str, instead: str, *aliases: str) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(),
        says=says,
        emit=refuse_without_counterpart,
        kind="operation",
        arguments=(Argument("x"),),
        aliases=aliases,
        no_counterpart=f"its answer is no tensor, so that it is no operation of a model; {instead}",
    )


Size = Entry(
    keras="keras.ops.size",
    torch=("torch.numel",),
    says="How many elements a tensor has (torch's size() is the shape).",
    emit=emit_size,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(Case("defaults", {}, x=(2, 3, 5)),),
    aliases=("np.size", "tf.size"),
    stored=stored("Size"),
)
Shape = _asked(
    "shape", "The sizes of a tensor.", "write x.shape, whose sizes are numbers, the batch too", "tf.shape", "np.shape"
)
Ndim = _asked("ndim", "How many axes a tensor has.", "write x.ndim", "np.ndim", "tf.rank")
Dtype = _asked(
    "dtype", "The name of a tensor's dtype.", 'write x.dtype, which is torch.float32 where Keras says "float32"'
)
IsTensor = _asked("is_tensor", "Whether it is a tensor.", "write torch.is_tensor(x)", "tf.is_tensor")
ConvertToNumpy = _asked(
    "convert_to_numpy",
    "A tensor as a NumPy array.",
    "write x.detach().cpu().numpy(); gradients and other devices are left with the first two",
    "torch.Tensor.numpy",
)
