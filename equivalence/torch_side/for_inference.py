"""A module as fast as torch has it on a CPU: for inference alone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch._inductor import config as inductor
from torch.utils import _pytree as tree

from equivalence.errors import printable
from equivalence.torch_side.folded_norms import fold, foldable

#: How far what was compiled may be from what it was compiled from, relative to the largest number.
_APART = {torch.float64: 1e-9, torch.float32: 1e-3}
_LONGEST = 200  # letters of a compiler's complaint


class ForInference(nn.Module):
    """What `for_inference` gives: called as the module that it was made from, without gradients.

    `folded`: the names of the BatchNorms that their layers do now. `compiled`: whether a compiler made it.
    `notes`: what could not be done, and why.
    """

    def __init__(
        self, module: nn.Module, run: Callable[..., Any], folded: Sequence[str], compiled: bool, notes: Sequence[str]
    ) -> None:
        super().__init__()
        self.module = module
        self.run = run
        self.folded = [*folded]
        self.compiled = compiled
        self.notes = [*notes]

    def forward(self, *inputs: Any) -> Any:
        with torch.no_grad():
            return self.run(*inputs)

    def train(self, mode: bool = True) -> ForInference:
        """Raises RuntimeError: its statistics are part of its weights."""
        if mode:
            raise RuntimeError("this module is for inference alone: train the one that it was made from")
        return self


def for_inference(module: nn.Module, example: Any, *, compiled: bool = True) -> ForInference:
    """A copy of a module that gives the same numbers sooner; `module` stays as it is.

    `example`: what it is called on, a tensor or a sequence of the positional arguments; other batch sizes are fine
    later. Three things are done:

    - each BatchNorm goes into the convolution or Linear before it, where nothing else sees what is between them
      (in float64 exact to 1e-12, relative);
    - the weights of 2D convolutions lie in channels_last memory;
    - what is left is compiled by inductor, its weights frozen, which takes from seconds to minutes. Without a C++
      compiler, or where the result is not what the module gives on `example`, it stays as it is, and `notes` says
      why. `compiled=False` leaves this out.

    While it is made, the weights are held twice, and all that the module computes of `example` once. What the
    module raises on `example` is raised.
    """
    inputs = [example] if isinstance(example, Tensor) else [*example]
    made = copy.deepcopy(module).eval()
    pairs = foldable(made, inputs)
    fold(made, pairs)
    for part in made.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
            part.to(memory_format=torch.channels_last)
    run, notes = _compiled(made, inputs) if compiled else (made, [])
    return ForInference(made, run, [norm for _, norm in pairs], run is not made, notes)


def _compiled(made: nn.Module, inputs: Sequence[Any]) -> tuple[Callable[..., Any], list[str]]:
    """The compiled module, tried on the inputs; or itself, and why."""
    compiled = torch.compile(made)

    def run(*given: Any) -> Any:
        # not torch.compile's options: what traces the module looks here, and without it no weight is a constant
        with inductor.patch(freezing=True):
            return compiled(*given)

    with torch.no_grad():
        expected = made(*_copied(inputs))
        try:
            found = run(*_copied(inputs))
        except Exception as error:  # the module itself runs: whatever this is, it is the compiler's
            said = next((line for line in str(error).splitlines() if line.strip()), "")
            torch.compiler.reset()
            return made, [printable(f"not compiled: {type(error).__name__}: {said}", _LONGEST)]
    if not _alike(found, expected):
        return made, ["not compiled: what the compiler made gives other numbers on the example"]
    return run, []


def _copied(inputs: Sequence[Any]) -> list[Any]:
    """The inputs anew: a module may write into what it is given."""
    return [part.clone() if isinstance(part, Tensor) else part for part in inputs]


def _alike(found: Any, expected: Any) -> bool:
    ours, theirs = tree.tree_leaves(found), tree.tree_leaves(expected)
    return len(ours) == len(theirs) and all(map(_near, ours, theirs))


def _near(a: Any, b: Any) -> bool:
    if not isinstance(b, Tensor):
        return bool(a == b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if not b.is_floating_point():
        return torch.equal(a, b)
    apart = _APART.get(b.dtype, 1e-1)
    scale = b.abs().nan_to_num(0.0, 0.0, 0.0).max().item() if b.numel() else 0.0
    return torch.allclose(a, b, rtol=0.0, atol=apart * scale, equal_nan=True)
