"""Checkpoints of strangers: their tensors are read, and nothing else of them."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from equivalence.errors import Refused
from equivalence.torch_side.users_module import load_weights

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore:Detected pickle protocol", "ignore:.*torch.jit.:DeprecationWarning"),
]
CANARY = "CANARY_OF_CHECKPOINTS"


class Runs:
    """Unpickled, it calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 2))


def saved(value: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def scripted() -> bytes:
    out = io.BytesIO()
    torch.jit.save(torch.jit.script(net()), out)
    return out.getvalue()


def deflated() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(net().state_dict()))) as given, zipfile.ZipFile(out, "w", 8) as made:
        for name in given.namelist():
            made.writestr(name, given.read(name))
        made.writestr("archive/data/99", bytes(1 << 20))
    return out.getvalue()


def setting() -> Runs:
    return Runs(os.putenv, CANARY, "ran")


#: What is said of each, a part of it.
PICKLES: dict[str, tuple[Callable[[], bytes], str]] = {
    "beside-tensors": (lambda: saved({**net().state_dict(), "x": setting()}), r"would run (posix|nt)\.putenv when"),
    "alone": (lambda: saved(setting()), r"would run (posix|nt)\.putenv when"),
    "as-before-2020": (
        lambda: saved({"x": setting()}, _use_new_zipfile_serialization=False),
        r"would run (posix|nt)\.putenv when",
    ),
    "eval": (lambda: saved({"x": Runs(eval, "1")}), r"would run .*eval when"),
    "two": (
        lambda: saved({"x": Runs(eval, "1"), "y": Runs(exec, "1")}),
        r"would run \w+\.(eval, \w+\.exec|exec, \w+\.eval) when",
    ),
    "a-whole-module": (lambda: saved(net()), r"would run torch\.nn\.modules\.container\.Sequential"),
    "a-plain-pickle": (lambda: pickle.dumps({"x": setting()}), r"would run (posix|nt)\.putenv when"),
    "a-plain-pickle-of-tensors": (lambda: pickle.dumps({"x": 3}), "n.pt"),
    "torchscript": (scripted, "is TorchScript, which is a program"),
    "deflated": (deflated, "would expand to more than its"),
    "cut": (lambda: saved(net().state_dict())[:-50], "n.pt"),
    "empty": (lambda: b"", "no file of torch.save"),
    "text": (lambda: b"import os\n", "n.pt"),
    "no-names": (lambda: saved([torch.zeros(2)]), "holds no tensors by their names"),
    "numbers": (lambda: saved({"x": 3}), "holds no tensors by their names but x"),
}


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_is_refused_and_says_what_it_would_run(name: str, tmp_path: Path) -> None:
    make, says = PICKLES[name]
    (tmp_path / "n.pt").write_bytes(make())
    with pytest.raises(Refused, match=says) as refusal:
        load_weights(net(), tmp_path / "n.pt")
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 1000
    assert CANARY not in os.environ


def safetensors(header: Any, data: bytes = bytes(32), size: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def tensor(shape: list[Any], start: Any, end: Any, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


SAFETENSORS = {
    "empty": b"",
    "header-of-nothing": safetensors(b""),
    "header-longer-than-the-file": safetensors({}, size=1 << 40),
    "header-of-all-bits": safetensors({}, size=2**64 - 1),
    "no-json": safetensors(b"{'a': 1}"),
    "a-list": safetensors([]),
    "deep": safetensors(b"[" * 50_000),
    "offsets-outside": safetensors({"0.weight": tensor([2, 3], 0, 1 << 40)}),
    "offsets-backwards": safetensors({"0.weight": tensor([2, 3], 24, 0)}),
    "offsets-negative": safetensors({"0.weight": tensor([2, 3], -24, 0)}),
    "offsets-overlap": safetensors({"0.weight": tensor([2, 3], 0, 24), "0.bias": tensor([2], 16, 24)}),
    "shape-too-large": safetensors({"0.weight": tensor([1 << 40, 1 << 40], 0, 24)}),
    "shape-overflows": safetensors({"0.weight": tensor([1 << 62, 4], 0, 0)}),
    "shape-negative": safetensors({"0.weight": tensor([-2, -3], 0, 24)}),
    "a-dtype-of-nobody": safetensors({"0.weight": tensor([2, 3], 0, 24, "PICKLE")}),
    "a-hole": safetensors({"0.weight": tensor([2, 3], 8, 32)}),
    "bytes-behind": safetensors({"0.weight": tensor([2, 3], 0, 24)}, bytes(99)),
    "metadata-of-numbers": safetensors({"__metadata__": {"a": 1}, "0.weight": tensor([2, 3], 0, 24)}),
    "a-pickle": saved({"x": 1}),
    "one-tensor-less": safetensors({"0.weight": tensor([2, 3], 0, 24)}, bytes(24)),
    "one-of-another-shape": safetensors(
        {"0.weight": tensor([3, 2], 0, 24), "0.bias": tensor([2], 24, 32)}, bytes(32)
    ),
    "a-name-to-print": safetensors({"\x1b[31m\n": tensor([2, 3], 0, 24)}, bytes(24)),
}  # fmt: skip


@pytest.mark.parametrize("name", SAFETENSORS)
def test_crafted_safetensors(name: str, tmp_path: Path) -> None:
    (tmp_path / "n.safetensors").write_bytes(SAFETENSORS[name])
    with pytest.raises(Refused, match=r"n\.safetensors") as refusal:
        load_weights(net(), tmp_path / "n.safetensors")
    assert str(refusal.value).isprintable() and len(str(refusal.value)) < 1000


@pytest.mark.parametrize("name", ["n.pt", "n.safetensors"])
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(Refused, match="is a named pipe, not a file"):
        load_weights(net(), tmp_path / name)
