"""The public names of the installed torch that are to be answered."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import torch

#: Modules all of whose classes and functions are asked about.
MODULES = {
    "torch.nn": torch.nn,
    "torch.nn.functional": torch.nn.functional,
    "torch.nn.init": torch.nn.init,
    "torch.optim": torch.optim,
    "torch.optim.lr_scheduler": torch.optim.lr_scheduler,
    "torch.optim.swa_utils": torch.optim.swa_utils,
    "torch.amp": torch.amp,
    "torch.utils.data": torch.utils.data,
    "torch.nn.utils": torch.nn.utils,
    "torch.nn.utils.parametrizations": torch.nn.utils.parametrizations,
    "torch.linalg": torch.linalg,
    "torch.fft": torch.fft,
    "torch.special": torch.special,
}
#: Types of arguments, errors, and what torch's own modules are written with.
_NO_FUNCTIONS = frozenset(
    """LinAlgError DType Optional ScalingType SwizzleType assert_int_or_pair has_torch_function has_torch_function_unary
    has_torch_function_variadic factory_kwargs""".split()
)
#: What these modules have imported, and is nothing of theirs.
_ELSEWHERE = ("typing", "torch.overrides", "torch._jit_internal", "enum", "torch._C._VariableFunctions", "functools")


def of_modules() -> Iterator[str]:
    for prefix, module in MODULES.items():
        listed = getattr(module, "__all__", None) or dir(module)
        listed = [name for name in listed if name not in _NO_FUNCTIONS]
        for name in listed:
            item = getattr(module, name)
            if name.startswith("_") or not callable(item) or item is torch.Tensor or inspect.ismodule(item):
                continue
            home = getattr(item, "__module__", "") or ""
            if not listed or (home.startswith(_ELSEWHERE) and inspect.isfunction(item)):
                continue
            if inspect.isclass(item) and home.startswith(("typing", "enum", "collections")):
                continue
            yield f"{prefix}.{name}"


def of_torch() -> Iterator[str]:
    """Functions of torch itself; its classes of storage, types and graphs are none of a forward's."""
    for name in torch.__all__:
        item = getattr(torch, name)
        if callable(item) and not inspect.isclass(item):
            yield f"torch.{name}"


def of_tensors() -> Iterator[str]:
    for name in dir(torch.Tensor):
        if not name.startswith("_") and callable(getattr(torch.Tensor, name)):
            yield f"torch.Tensor.{name}"


def every_name() -> list[str]:
    return sorted({*of_modules(), *of_torch(), *of_tensors()})


def writes_into_itself(name: str) -> bool:
    return bool(re.fullmatch(r".*[a-z0-9]_", name))
