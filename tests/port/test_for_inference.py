"""for_inference: the same numbers, and a BatchNorm goes into its layer only where nothing else sees what is between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from equivalence import for_inference


class Block(nn.Module):
    """A layer, a norm, and what is done with them."""

    def __init__(self, layer: nn.Module, norm: nn.Module, forward: Callable[..., Any]) -> None:
        super().__init__()
        self.layer, self.norm = layer, norm
        self.does = forward

    def forward(self, x: Tensor) -> Any:
        return self.does(self, x)


def plain(block: Block, x: Tensor) -> Tensor:
    return F.relu(block.norm(block.layer(x)))


def twice_used(block: Block, x: Tensor) -> Tensor:
    y = block.layer(x)
    return block.norm(y) + y


def used_as_a_view(block: Block, x: Tensor) -> Tensor:
    y = block.layer(x)
    return block.norm(y) * y.mean(dim=(2, 3), keepdim=True)


def returned(block: Block, x: Tensor) -> tuple[Tensor, Tensor]:
    y = block.layer(x)
    return block.norm(y), y


def layer_called_twice(block: Block, x: Tensor) -> Tensor:
    return block.norm(block.layer(x)) + block.layer(x + 1)


def norm_called_twice(block: Block, x: Tensor) -> Tensor:
    y = block.norm(block.layer(x))
    return y + block.norm(y * 2)


def changed_in_place(block: Block, x: Tensor) -> Tensor:
    y = block.layer(x)
    y += 1
    return block.norm(y)


def something_between(block: Block, x: Tensor) -> Tensor:
    return block.norm(F.relu(block.layer(x)))


def called_by_its_function(block: Block, x: Tensor) -> Tensor:
    layer: Any = block.layer
    return block.norm(F.conv2d(x, layer.weight, layer.bias)) + block.norm.bias[:, None, None]


CONV, NORM = lambda: nn.Conv2d(3, 5, 3, padding=1), lambda: nn.BatchNorm2d(5, eps=1e-3)

IMAGE, SEQUENCE, VOLUME, ROWS = (2, 3, 7, 6), (2, 3, 9), (2, 3, 5, 4, 6), (4, 3)
FOLDED: dict[str, tuple[Any, Any, Any, tuple[int, ...]]] = {
    "Conv2d": (CONV, NORM, plain, IMAGE),
    "no bias": (lambda: nn.Conv2d(3, 5, 3, bias=False), NORM, plain, IMAGE),
    "groups": (lambda: nn.Conv2d(3, 6, 3, groups=3), lambda: nn.BatchNorm2d(6), plain, IMAGE),
    "reflected": (lambda: nn.Conv2d(3, 5, 3, padding=1, padding_mode="reflect"), NORM, plain, IMAGE),
    "not affine": (CONV, lambda: nn.BatchNorm2d(5, affine=False), plain, IMAGE),
    "Conv1d": (lambda: nn.Conv1d(3, 5, 3), lambda: nn.BatchNorm1d(5), plain, SEQUENCE),
    "Conv3d": (lambda: nn.Conv3d(3, 5, 3), lambda: nn.BatchNorm3d(5), plain, VOLUME),
    "transposed": (lambda: nn.ConvTranspose2d(3, 5, 3, stride=2), NORM, plain, IMAGE),
    "Linear": (lambda: nn.Linear(3, 5), lambda: nn.BatchNorm1d(5), plain, ROWS),
}
LEFT: dict[str, tuple[Any, Any, Any, tuple[int, ...]]] = {
    "used twice": (CONV, NORM, twice_used, IMAGE),
    "its mean is used": (CONV, NORM, used_as_a_view, IMAGE),
    "returned": (CONV, NORM, returned, IMAGE),
    "layer called twice": (CONV, NORM, layer_called_twice, IMAGE),
    "norm called twice": (CONV, NORM, norm_called_twice, IMAGE),
    "changed in place": (CONV, NORM, changed_in_place, IMAGE),
    "something between": (CONV, NORM, something_between, IMAGE),
    "called by its function": (CONV, NORM, called_by_its_function, IMAGE),
    "Linear of steps": (lambda: nn.Linear(3, 5), lambda: nn.BatchNorm1d(5), plain, (2, 5, 3)),
    "transposed groups": (
        lambda: nn.ConvTranspose2d(4, 4, 3, groups=2), lambda: nn.BatchNorm2d(4), plain, (2, 4, 7, 6)
    ),
    "no statistics": (CONV, lambda: nn.BatchNorm2d(5, track_running_stats=False), plain, IMAGE),
    "parametrized": (lambda: nn.utils.parametrizations.weight_norm(CONV()), NORM, plain, IMAGE),
}  # fmt: skip


def randomised(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if tensor.is_floating_point():
                tensor.uniform_(0.5 if "var" in name or "original0" in name else -1, 1.5, generator=generator)
    return module.double().eval()


def same(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-13)


def made(case: tuple[Any, Any, Any, tuple[int, ...]]) -> tuple[nn.Module, Tensor]:
    layer, norm, forward, shape = case
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return randomised(nn.Sequential(Block(layer(), norm(), forward), nn.Identity())), x


@pytest.mark.parametrize("case", FOLDED.values(), ids=FOLDED)
def test_a_norm_goes_into_the_layer_before_it(case: Any) -> None:
    module, x = made(case)
    fast = for_inference(module, x, compiled=False)
    assert fast.folded == ["0.norm"]
    assert type(fast.module.get_submodule("0.norm")) is nn.Identity
    same(fast(x), module(x))
    same(fast(x[:1]), module(x[:1]))


@pytest.mark.parametrize("case", LEFT.values(), ids=LEFT)
def test_it_stays_where_that_would_change_something_else(case: Any) -> None:
    module, x = made(case)
    fast = for_inference(module, x, compiled=False)
    assert fast.folded == []
    torch.testing.assert_close(fast(x), module(x), rtol=0, atol=1e-13)


def test_it_stays_where_somebody_listens() -> None:
    module, x = made(FOLDED["Conv2d"])
    module.get_submodule("0.layer").register_forward_hook(lambda part, given, result: result * 2)
    fast = for_inference(module, x, compiled=False)
    assert fast.folded == []
    same(fast(x), module(x))


def test_one_held_under_two_names_is_exchanged_at_both() -> None:
    module, x = made(FOLDED["Conv2d"])
    block: Any = module[0]
    block.also = nn.ModuleList([block.layer, block.norm])
    block.does = lambda block, x: block.also[1](block.layer(x))
    fast = for_inference(module, x, compiled=False)
    assert fast.folded == ["0.norm"] and type(fast.module[0].also[1]) is nn.Identity
    same(fast(x), module(x))


def test_the_module_itself_stays_as_it_is() -> None:
    module, x = made(FOLDED["Conv2d"])
    module.train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    fast = for_inference(module, (x,), compiled=False)
    assert module.training and before.keys() == module.state_dict().keys()
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    same(fast(x), module.eval()(x))
    assert not fast(x).requires_grad


def test_weights_of_images_lie_channels_last_and_others_as_they_did() -> None:
    module = randomised(nn.Sequential(nn.Conv2d(3, 5, 3), nn.Unflatten(1, (1, 5)), nn.Conv3d(1, 2, 3)))
    x = torch.randn(2, 3, 9, 8, dtype=torch.float64)
    fast = for_inference(module, x, compiled=False)
    assert fast.module[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert fast.module[2].weight.is_contiguous()
    same(fast(x), module(x))


def test_it_cannot_be_trained() -> None:
    module, x = made(FOLDED["Linear"])
    fast = for_inference(module, x, compiled=False)
    assert fast.eval() is fast
    with pytest.raises(RuntimeError, match="for inference alone"):
        fast.train()


def test_what_the_module_raises_is_raised() -> None:
    module, _ = made(FOLDED["Linear"])
    with pytest.raises(RuntimeError, match="shapes"):
        for_inference(module, torch.zeros(4, 9, dtype=torch.float64))


def test_it_is_compiled_where_there_is_a_compiler() -> None:
    """Where there is none, a note says so: the numbers are the same."""
    module, x = made(FOLDED["Conv2d"])
    fast = for_inference(module.float(), x.float())
    assert fast.compiled is not bool(fast.notes)
    torch.testing.assert_close(fast(x.float()), module(x.float()), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("compiled", "note"),
    [
        (lambda x: 1 / 0, "not compiled: ZeroDivisionError: division by zero"),
        (lambda x: torch.zeros(2, 5, 7, 6, dtype=x.dtype), "not compiled: what the compiler made gives other numbers"),
        (lambda x: torch.zeros(1), "not compiled: what the compiler made gives other numbers"),
    ],
    ids=["fails", "other numbers", "another shape"],
)
def test_without_a_compiler_that_works_a_note_says_so(
    compiled: Callable[[Tensor], Tensor], note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", lambda module: compiled)
    module, x = made(FOLDED["Conv2d"])
    fast = for_inference(module, x)
    assert not fast.compiled and len(fast.notes) == 1 and fast.notes[0].startswith(note)
    assert fast.folded == ["0.norm"]
    same(fast(x), module(x))
