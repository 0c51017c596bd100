"""Run a module forward and backward, in either mode and dtype, without changing it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from equivalence.torch_side.loading import as_given, default_dtype
from equivalence.translation.structure import leaves


@dataclass(slots=True)
class Run:
    """What came out, and the gradients of sum(output * cotangent): arrays in the module's own order of axes."""

    outputs: list[np.ndarray]  # flattened
    by_input: list[np.ndarray | None]  # None for inputs that are no floats
    by_parameter: dict[str, np.ndarray]
    state: dict[str, np.ndarray]  # parameters and buffers after the run


def run_with_gradients(
    module: nn.Module,
    inputs: Sequence[np.ndarray],
    cotangents: Sequence[np.ndarray],
    *,
    training: bool = False,
    dtype: str = "float64",
) -> Run:
    """A copy of `module`, in `dtype`, run on `inputs`; floats among them take that dtype too.

    A stateful module is called once before. `cotangents`: one array for each flattened output, in its shape; without
    them (empty) nothing is differentiated. Gradients of what nothing depends on are zero.
    """
    wanted = getattr(torch, dtype)
    own = copy.deepcopy(module).to(wanted).train(training)
    given = [as_given(array, wanted) for array in inputs]
    is_float = [isinstance(item, torch.Tensor) and item.is_floating_point() for item in given]
    floats = [item.requires_grad_() for item, differentiated in zip(given, is_float, strict=True) if differentiated]
    parameters = {name: tensor for name, tensor in own.named_parameters() if tensor.requires_grad}
    with torch.set_grad_enabled(bool(cotangents)), default_dtype(wanted):
        if hasattr(own, "reset_states"):  # what it has kept shows in its second call
            own(*given)
        outputs = leaves(own(*given))
    sources = [*floats, *parameters.values()]
    found = iter(_gradients(outputs, cotangents, sources))
    by_input = [next(found) if differentiated else None for differentiated in is_float]
    return Run(
        [output.detach().numpy() for output in outputs],
        by_input,
        dict(zip(parameters, found, strict=True)),
        {name: tensor.detach().numpy() for name, tensor in own.state_dict().items()},
    )


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch draws the same numbers every time within; its generator is as it was afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _gradients(
    outputs: Sequence[torch.Tensor], cotangents: Sequence[np.ndarray], sources: Sequence[torch.Tensor]
) -> list[np.ndarray]:
    weighted = [
        (output * torch.from_numpy(np.ascontiguousarray(weigh)).to(output.dtype)).sum()
        for output, weigh in zip(outputs, cotangents, strict=bool(cotangents))
        if output.requires_grad
    ]
    found: Sequence[torch.Tensor | None] = [None] * len(sources)
    if weighted and sources:
        found = torch.autograd.grad(torch.stack(weighted).sum(), sources, allow_unused=True)
    return [
        (torch.zeros_like(source) if gradient is None else gradient).detach().numpy()
        for source, gradient in zip(sources, found, strict=True)
    ]
