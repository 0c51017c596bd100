"""BatchNorm folded into the convolution or Linear before it, which then does both: for inference alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from equivalence.torch_side.loading import floats_of
from equivalence.torch_side.run_tape import Tape, record

#: Layers that a norm folds into, and the number of axes of what they give: a Linear's last axis is its channels only
#: where there is no other.
_AXES: dict[type[nn.Module], int] = {
    nn.Linear: 2,
    nn.Conv1d: 3, nn.Conv2d: 4, nn.Conv3d: 5,
    nn.ConvTranspose1d: 3, nn.ConvTranspose2d: 4, nn.ConvTranspose3d: 5,
}  # fmt: skip
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
#: What runs in a layer of those, once for each call of it; padding that is not of zeros is an operation of its own.
_CALLS = frozenset({"linear", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))})
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def foldable(module: nn.Module, inputs: Sequence[Any]) -> list[tuple[str, str]]:
    """The pairs (layer, BatchNorm) of a module in eval mode that may become one layer, by their names in it.

    They are found by what runs on `inputs`, not by how anything is called: the norm is given what the layer gives,
    and nothing else is, neither another operation nor who called the module; both run once, and both are torch's own
    classes, without hooks and parametrizations. `inputs` are those of one call. What the module raises is raised.
    """
    tape = record(module, inputs, floats=floats_of(module), places=False)
    if tape.error is not None:
        raise tape.error
    return [*_pairs(module, tape)]


def fold(module: nn.Module, pairs: Sequence[tuple[str, str]]) -> None:
    """Folds each norm into its layer, in place, by torch's own `fuse_conv_bn_eval` and `fuse_linear_bn_eval`.

    What is left in the norm's place passes on what it gets. Exact but for rounding: in float64 some 1e-15 a layer.
    """
    for name, norm_name in pairs:
        layer, norm = module.get_submodule(name), module.get_submodule(norm_name)
        kind = kind_of(layer)
        with torch.no_grad():
            fused = (
                fuse_linear_bn_eval(layer, norm)
                if kind == "linear"
                else fuse_conv_bn_eval(layer, norm, kind == "transposed")
            )
        _put(module, layer, fused)
        _put(module, norm, nn.Identity())


def kind_of(layer: nn.Module) -> str:
    """Which of torch's functions folds into a layer, in what way: "conv", "transposed" or "linear"."""
    return "linear" if isinstance(layer, nn.Linear) else "transposed" if isinstance(layer, _TRANSPOSED) else "conv"


def _pairs(module: nn.Module, tape: Tape) -> list[tuple[str, str]]:
    makers, users, returned = tape.makers(), tape.users(), set(tape.outputs)
    runs = Counter(operation.module for operation in tape.operations if operation.name == "batch_norm")
    calls = Counter(operation.module for operation in tape.operations if operation.name in _CALLS)
    found = []
    for operation in tape.operations:
        norm = module.get_submodule(operation.module)
        if operation.name != "batch_norm" or runs[operation.module] > 1 or not _folds(norm):
            continue
        given = operation.seen()[0]
        maker = makers.get(given)
        if maker is None or calls[maker.module] != 1 or given in returned or len(users[given]) > 1:
            continue
        layer = module.get_submodule(maker.module)
        if maker.name in _CALLS and _takes(layer, norm) and tape.values[given].dim() == _AXES[type(layer)]:
            found.append((maker.module, operation.module))
    return found


def _plain(part: nn.Module) -> bool:
    """Whether a module does what its class says and no more, and holds its weights itself."""
    hooks = (part._forward_hooks, part._forward_pre_hooks)
    return not any(hooks) and not hasattr(part, "parametrizations") and not part.training


def _folds(norm: nn.Module) -> bool:
    return type(norm) in _NORMS and _plain(norm) and norm.running_mean is not None


def _takes(layer: nn.Module, norm: nn.Module) -> bool:
    if type(layer) not in _AXES or not _plain(layer):
        return False
    if isinstance(layer, _TRANSPOSED) and layer.groups > 1:  # torch's function mixes up the channels of the groups
        return False
    width = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
    return bool(width == norm.num_features)


def _put(module: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Puts one module in another's place, wherever that is held."""
    for part in [*module.modules()]:
        for name, held in [*part._modules.items()]:
            if held is old:
                part._modules[name] = new
