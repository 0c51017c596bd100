"""The user's own module: made from a file that is run, filled from a checkpoint that is not."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from equivalence.errors import Refused
from equivalence.torch_side.users_module import keyword_arguments, load_weights, module_of

NET = """
import torch
from torch import nn

from blocks_beside import WIDTH

class MyNet(nn.Module):
    def __init__(self, width=WIDTH, depth=(1,)):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.norm = nn.BatchNorm2d(width)
        self.depth = depth

def made(width=4):
    return MyNet(width)

def number():
    return 3

class Fails(nn.Module):
    def __init__(self):
        raise RuntimeError("two\\nlines")

ready = MyNet(6)
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "blocks_beside.py").write_text("WIDTH = 5\n")
    file = tmp_path / "net_of_mine.py"
    file.write_text(NET)
    yield file
    sys.modules.pop("blocks_beside", None)


@pytest.mark.parametrize(
    ("name", "arguments", "width", "depth"),
    [
        ("MyNet", "", 5, (1,)),
        ("MyNet", "width=7, depth=(2, 3)", 7, (2, 3)),
        ("made", "width=2", 2, (1,)),
        ("ready", "", 6, (1,)),
    ],
)
def test_what_makes_a_module(net: Path, name: str, arguments: str, width: int, depth: tuple[int, ...]) -> None:
    module = module_of(f"{net}:{name}", arguments)
    assert tuple(module.conv.weight.shape) == (width, 3, 3, 3)
    assert module.depth == depth
    assert not module.training


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("YourNet", "", "net_of_mine.py has no YourNet; it has MyNet, made, number, Fails"),
        ("number", "", "net_of_mine.py:number gives no torch.nn.Module, it gives int"),
        ("nn", "", "net_of_mine.py:nn gives no torch.nn.Module, it gives module"),
        ("Fails", "", "net_of_mine.py:Fails cannot be made: RuntimeError: two lines"),
        ("MyNet", "height=3", "net_of_mine.py:MyNet cannot be made with height=3: TypeError: "),
        ("ready", "width=3", "net_of_mine.py:ready is no class or function: nothing takes the arguments width=3"),
    ],
)
def test_what_makes_none_is_a_sentence(net: Path, name: str, arguments: str, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        module_of(f"{net}:{name}", arguments)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["net.py", ":MyNet", "net.py:", "net.py:a.b", "net.py:import os"])
def test_what_names_no_class_in_a_file(text: str) -> None:
    with pytest.raises(Refused, match=r"as net\.py:MyNet does"):
        module_of(text)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone_net.py", None, "gone_net.py is no Python file that can be imported"),
        ("net_text.txt", "", "net_text.txt is no Python file that can be imported"),
        ("broken_net.py", "def f(:\n", "broken_net.py cannot be imported: SyntaxError: "),
        ("leaving_net.py", "raise SystemExit(0)\n", "leaving_net.py cannot be imported: SystemExit: 0"),
        ("torch.py", "", "torch.py has the name of a module that is there already, torch: call the file otherwise"),
        ("keras.py", "", "keras.py has the name of a module that is there already"),
        ("tokenize.py", "", "tokenize.py has the name of a module that is there already"),
    ],
)
def test_a_file_that_cannot_be_imported(name: str, content: str | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(Refused, match=r"cannot be imported|no Python file|call the file otherwise") as refusal:
        module_of(f"{tmp_path / name}:Net")
    assert says in str(refusal.value)
    assert sys.modules["torch"] is torch
    assert str(tmp_path) not in sys.path


def test_a_file_is_run_anew(net: Path) -> None:
    """What a person changes between two calls counts."""
    module_of(f"{net}:MyNet")
    net.write_text(NET.replace("nn.Conv2d(3, width, 3)", "nn.Conv2d(3, width, (3, 5))"))
    assert tuple(module_of(f"{net}:MyNet").conv.weight.shape) == (5, 3, 3, 5)


def test_arguments_are_literals() -> None:
    text = "width=32, names=('a', \"b\"), flags={'x': [True, None]}, rate=-0.5"
    assert keyword_arguments(text) == {"width": 32, "names": ("a", "b"), "flags": {"x": [True, None]}, "rate": -0.5}
    assert keyword_arguments("") == {}


@pytest.mark.parametrize(
    "text", ["32", "width=open('x')", "width=", "**{'a': 1}", "a=1)(b=2", "a=1); import os #", "width=nn", "a = b = 1"]
)
def test_arguments_that_are_none(text: str) -> None:
    with pytest.raises(Refused, match="are not of the form name=value, name=value, with Python literals"):
        keyword_arguments(text)


def test_an_argument_given_twice() -> None:
    """Python itself would say so of the call."""
    with pytest.raises(Refused, match=r"name one twice|are not of the form"):
        keyword_arguments("a=1, a=2")


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    """Of a module as `small` makes it, with other numbers in all of its tensors."""
    torch.manual_seed(1)
    return {name: torch.rand(tensor.shape) for name, tensor in small().state_dict().items() if tensor.ndim}


def same(module: nn.Module, state: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(module.state_dict()[name], tensor) for name, tensor in state.items())


def test_checkpoints_of_both_kinds(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    """Those of a training loop too; what they say beside the weights is left alone."""
    save_file(state, tmp_path / "net.safetensors")
    torch.save(state, tmp_path / "net.pt")
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "loop.pth")
    for name in ("net.safetensors", "net.pt", "loop.pth"):
        module = small()
        load_weights(module, tmp_path / name)
        assert same(module, state)


def test_a_module_becomes_as_wide_as_its_checkpoint(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    wide = {name: torch.rand(tensor.shape, dtype=torch.float64) for name, tensor in state.items()}
    torch.save(wide, tmp_path / "net.pt")
    module = small()
    load_weights(module, tmp_path / "net.pt")
    assert same(module, wide)


def test_what_does_not_fit_is_named(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    state["module.0.weight"] = state.pop("0.weight")
    torch.save(state, tmp_path / "net.pt")
    with pytest.raises(Refused) as refusal:
        load_weights(small(), tmp_path / "net.pt")
    assert str(refusal.value) == (
        "net.pt does not fit Sequential: it lacks 0.weight, the module has no module.0.weight"
    )


def test_shapes_that_do_not_fit_are_named(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    state["0.weight"] = state["0.weight"].permute(2, 3, 1, 0)
    torch.save(state, tmp_path / "net.pt")
    with pytest.raises(Refused, match=r"0\.weight is of shape \(3, 3, 3, 4\), and of \(4, 3, 3, 3\) in the module"):
        load_weights(small(), tmp_path / "net.pt")


class Harmful:
    """What a pickle runs where anybody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.write_text, (self.path, "was run"))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("name", ["net.pt", "net.safetensors"])
def test_nothing_that_a_checkpoint_holds_is_run(name: str, tmp_path: Path) -> None:
    torch.save({"0.weight": Harmful(tmp_path / "proof")}, tmp_path / name)
    with pytest.raises(Refused, match=r"would run (posix|nt)\.|no file of (safetensors|torch\.save)"):
        load_weights(small(), tmp_path / name)
    (tmp_path / name).write_bytes(pickle.dumps(Harmful(tmp_path / "proof")))
    with pytest.raises(Refused, match=r"would run (posix|nt)\.|no file of (safetensors|torch\.save)"):
        load_weights(small(), tmp_path / name)
    assert not (tmp_path / "proof").exists()


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (torch.zeros(3), "net.pt holds no tensors by their names: save module.state_dict()"),
        ({"model": torch.zeros(3), "epoch": 3}, "net.pt holds no tensors by their names but model, epoch"),
    ],
    ids=["tensor", "mixed"],
)
def test_what_is_no_state_is_named(held: object, says: str, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "net.pt")
    with pytest.raises(Refused) as refusal:
        load_weights(small(), tmp_path / "net.pt")
    assert str(refusal.value).startswith(says)


def test_a_file_that_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(Refused, match=r"net\.pt (is no file of torch\.save|holds something else)"):
        load_weights(small(), tmp_path / "net.pt")
    for name in ("gone.pt", "gone.safetensors"):
        with pytest.raises(Refused, match=rf"{name} cannot be opened: No such file"):
            load_weights(small(), tmp_path / name)
