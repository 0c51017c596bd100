"""What a stateful layer keeps from one call to the next, as source for the emitted file.

The file has no numbers of it, as Keras saves none. It is read as a copy and kept apart from the graph: gradients end
at the call, as in Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

STATE = '''
class State(nn.Module):
    """What a stateful layer ended with, and begins its next call with; zeros at first."""

    def __init__(self, batch_axis: int = 0) -> None:
        super().__init__()
        self.batch_axis = batch_axis
        self.reset()

    def reset(self) -> None:
        self.register_buffer("h", None, persistent=False)
        self.register_buffer("c", None, persistent=False)

    def last(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor] | None:
        """The state that a call on x (N, ...) begins with, one of N samples; None for zeros."""
        if self.h is None:
            return None
        kept = self.h.shape[self.batch_axis]
        if kept != x.shape[0]:
            raise ValueError(
                f"the state of {kept} samples is kept, {x.shape[0]} are given: reset_states() first"
            )
        return self.h.clone() if self.c is None else (self.h.clone(), self.c.clone())

    def keep(self, result: tuple) -> tuple:
        """`result`, which is the outputs and the state: h, or h and c."""
        state = result[1] if isinstance(result[1], tuple) else result[1:]
        self.h, self.c = state[0].detach(), state[1].detach() if len(state) > 1 else None
        return result
'''


def state_of(site: Site, suffix: str = "", batch_axis: int = 0) -> str:
    """Declares what a stateful layer keeps. Raises Refused where the layer is called more than once.

    The order of its calls would be that of the lines, and Keras's is another.
    """
    if site.shared:
        site.refuse("it is stateful and called more than once, so that what it keeps depends on the order of its calls")
    name = f"{suffix}_state" if suffix else "state"
    return site.module(call(site.helper(STATE), batch_axis=batch_axis, omit={"batch_axis": 0}), name, weights=())
