"""What the operations on matrices share: matrices are the last two axes, in Keras's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.operation_parts import is_tensor, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def matrices(site: Site, given: Any = None, square: bool = False) -> Value:
    """The operand (left out: the first one) as matrices of floats. Raises Refused for anything else."""
    x = site.x if given is None else given
    if not is_tensor(x) or not x.dtype.startswith("float"):
        site.refuse("it is called on what is no tensor of floats")
    x = site.take(x, KERAS)
    if x.rank < 2:
        site.refuse(f"its input of shape {x.shape} is no matrix")
    if square and x.shape[-1] != x.shape[-2]:
        site.refuse(f"its input of shape {x.shape} is no square matrix")
    return x


def matrix_function(
    name: str, class_name: str, says: str, torch: str, emit: Callable[..., Any], module: str, *tensorflow: str,
    draw: str = "normal", also: tuple[str, ...] = (),
) -> Entry:  # fmt: skip
    """The entry of a function of square matrices without settings."""
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(torch,),
        says=says,
        emit=emit,
        kind="operation",
        arguments=(Argument("x", "A"),),
        cases=(
            Case("defaults", {}, x=(2, 4, 4), draw=draw),
            Case("more-axes", {}, x=(2, 3, 3, 3), draw=draw),
        ),
        aliases=(f"tf.linalg.{name}", f"np.linalg.{name}", *also),
        stored=stored(class_name, module, *tensorflow),
        layout="last",
    )
