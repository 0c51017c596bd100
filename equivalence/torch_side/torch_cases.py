"""A case of a torch name, run in torch: `nn.Conv2d(4, 6, 3)(image)` on the sample tensors of its names."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from equivalence.catalogue.from_torch.sample_tensors import EPOCHS, FIXED, GRADIENTS, START
from equivalence.torch_side.torch_arrays import randomise

_NAMES = {
    "torch": torch, "math": math, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim,
    "init": torch.nn.init, "lr_scheduler": torch.optim.lr_scheduler, "Tensor": torch.Tensor,
}  # fmt: skip


@dataclass(slots=True)
class TorchRun:
    """What torch gave: outputs by mode, flat; gradients of the inference outputs, weighted by the cotangents."""

    outputs: dict[str, list[np.ndarray]]
    cotangents: list[np.ndarray] = field(default_factory=list)
    by_input: dict[str, np.ndarray] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    after: dict[str, np.ndarray] = field(default_factory=dict)  # buffers that a call in training mode has changed


def run_torch(text: str, samples: Mapping[str, np.ndarray], training: bool, gradients: bool) -> TorchRun:
    """Evaluate a case's text, which is of the catalogue and of no user; a module in both modes if `training`."""
    tree = ast.parse(text, mode="eval").body
    assert isinstance(tree, ast.Call)
    torch.manual_seed(3)
    module = _module(tree, samples)
    if module is None:
        return _run(text, samples, {}, gradients)
    outer = ast.unparse(ast.Call(ast.Name("module"), tree.args, tree.keywords))
    if any(isinstance(each, torch.nn.parameter.UninitializedTensorMixin) for each in module.parameters()):
        eval(outer, {**_NAMES, "module": module, **_tensors(samples)})
    if any(True for _ in module.parameters()) or hasattr(module, "running_mean"):
        randomise(module)  # a loss keeps what it was given
    weights = {name: np.array(tensor.detach()) for name, tensor in module.state_dict().items()}
    run = _run(outer, samples, {"module": module.eval()}, gradients)
    run.weights = weights
    if training:
        run.outputs["training"] = _run(outer, samples, {"module": module.train()}, False).outputs["inference"]
        run.after = {
            name: np.array(tensor)
            for name, tensor in module.named_buffers()
            if tensor.is_floating_point() and not np.array_equal(np.array(tensor), weights[name])
        }
    return run


def _module(tree: ast.Call, samples: Mapping[str, np.ndarray]) -> torch.nn.Module | None:
    if not isinstance(tree.func, ast.Call):
        return None
    made = eval(ast.unparse(tree.func), {**_NAMES, **_tensors(samples)})
    return made.double() if isinstance(made, torch.nn.Module) else None


def _tensors(samples: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array) for name, array in samples.items()}


def _run(text: str, samples: Mapping[str, np.ndarray], more: Mapping[str, Any], differentiate: bool) -> TorchRun:
    tensors = _tensors(samples)
    floats = {
        name: tensor.requires_grad_()
        for name, tensor in tensors.items()
        if differentiate and tensor.is_floating_point() and name not in FIXED
    }
    found = eval(text, {**_NAMES, **_training(), **more, **{name: _read(each) for name, each in tensors.items()}})
    outputs = _flat(_over_steps(found))
    total = torch.zeros((), dtype=torch.float64)
    cotangents = []
    for place, output in enumerate(outputs):
        weigh = np.random.default_rng([5, place]).standard_normal(tuple(output.shape))
        cotangents.append(weigh)
        if isinstance(output, torch.Tensor) and output.is_floating_point() and output.requires_grad:
            total = total + (output.double() * torch.tensor(weigh)).sum()
    gradients: dict[str, np.ndarray] = {}
    if total.requires_grad and floats:
        grads = torch.autograd.grad(total, list(floats.values()), allow_unused=True)
        gradients = {
            name: np.zeros(tensor.shape) if grad is None else grad.numpy(force=True)
            for (name, tensor), grad in zip(floats.items(), grads, strict=True)
        }
    arrays = [
        np.array(each.detach().resolve_conj()) if isinstance(each, torch.Tensor) else np.asarray(each)
        for each in outputs
    ]
    return TorchRun({"inference": arrays}, cotangents, gradients)


def _training() -> dict[str, Any]:
    """What optimizers and schedulers are made with: parameters, and an optimizer of a learning rate of 0.5."""
    first = torch.tensor(START, dtype=torch.float64)
    return {"params": [first], "optimizer": torch.optim.SGD([torch.zeros(1)], lr=0.5)}


def _over_steps(found: Any) -> Any:
    """What an optimizer makes of its parameters, or a scheduler of the rate, step by step; anything else as it is."""
    if isinstance(found, torch.optim.Optimizer):
        (weights,) = found.param_groups[0]["params"]
        seen = []
        for gradient in GRADIENTS:
            weights.grad = torch.tensor(gradient, dtype=torch.float64)
            found.step()
            seen.append(weights.detach().clone())
        return torch.stack(seen)
    if isinstance(found, torch.optim.lr_scheduler.LRScheduler):
        rates = []
        for _ in range(EPOCHS):
            rates.append(found.optimizer.param_groups[0]["lr"])
            found.optimizer.step()
            found.step()
        return torch.tensor(rates, dtype=torch.float64)
    return found


def _read(tensor: torch.Tensor) -> torch.Tensor:
    """What a case sees: no leaf, so that it may be written into."""
    return tensor * 1 if tensor.is_floating_point() else tensor


def _flat(found: Any) -> list[Any]:
    if isinstance(found, (tuple, list)):
        return [leaf for part in found for leaf in _flat(part)]
    if found is None:
        return []
    return [found if isinstance(found, torch.Tensor) else np.asarray(found)]


def parameters_of(function: Any) -> inspect.Signature | None:
    """The signature of a torch callable that is written in Python, or None."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None
