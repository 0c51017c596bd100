"""The emitted file by itself: it loads, computes, trains, compiles and exports with torch and safetensors alone."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_models
import numpy as np
import pytest
import torch
from keras_models import MODELS
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from equivalence import Ported, port
from equivalence.errors import Refused

#: Runs in a process that has neither Keras nor TensorFlow nor this package.
ALONE = """
import sys
for name in ("keras", "tensorflow", "equivalence", "pyfive", "h5py", "einops"):
    sys.modules[name] = None
sys.path.insert(0, sys.argv[1])
from importlib import import_module
import numpy as np, torch
module = import_module(sys.argv[2]).load()
assert not module.training
with np.load(sys.argv[3]) as arrays, torch.inference_mode():
    outputs = module(*(torch.from_numpy(array) for array in arrays.values()))
flat = outputs.values() if isinstance(outputs, dict) else [outputs] if torch.is_tensor(outputs) else outputs
np.savez(sys.argv[4], *(output.numpy() for output in flat))
"""


def own_inputs(ported: Ported, batch: int = 3) -> list[torch.Tensor]:
    """Random inputs as the emitted forward takes them."""
    torch.manual_seed(5)
    model = ported.draft.classes[-1]
    shapes = [[39 if size is None else size for size in spec.shape[1:]] for _, _, spec in model.inputs]
    return [
        torch.randn(batch, *([shape[-1], *shape[:-1]] if value.order == "first" else shape))
        for shape, (_, value, _) in zip(shapes, model.inputs, strict=True)
    ]


def flat(outputs: Any) -> list[torch.Tensor]:
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    return [leaf for part in (outputs.values() if isinstance(outputs, dict) else outputs) for leaf in flat(part)]


@pytest.fixture(params=MODELS)
def ported(request: pytest.FixtureRequest, saved: Callable[..., Path]) -> Ported:
    return port(saved(MODELS[request.param]), verify=False)


@pytest.mark.parametrize("make", [keras_models.functional, keras_models.dictionaries, keras_models.hostile_names])
def test_it_runs_where_nothing_else_is_installed(
    make: Callable[[], Any], saved: Callable[..., Path], tmp_path: Path
) -> None:
    ported = port(saved(make), verify=False, name="alone")
    ported.save(tmp_path / "out")
    inputs = own_inputs(ported)
    np.savez(tmp_path / "in.npz", *(tensor.numpy() for tensor in inputs))
    files = (tmp_path / "out", "alone", tmp_path / "in.npz", tmp_path / "out.npz")
    subprocess.run([sys.executable, "-c", ALONE, *map(str, files)], check=True, cwd=tmp_path)
    with torch.inference_mode(), np.load(tmp_path / "out.npz") as arrays:
        for ours, theirs in zip(flat(ported.module(*inputs)), arrays.values(), strict=True):
            torch.testing.assert_close(torch.from_numpy(theirs), ours, rtol=1e-5, atol=1e-6)


def test_the_returned_module_is_the_source_loaded(ported: Ported, tmp_path: Path) -> None:
    """The saved file, loaded, has the same parameters and buffers, bit for bit, and the same code."""
    source, weights, report = ported.save(tmp_path)
    assert source.read_text() == ported.source
    assert json.loads(report.read_text()) == json.loads(json.dumps(ported.report.to_json()))
    loaded = imported(source).load(weights)
    ours, theirs = ported.module.state_dict(), loaded.state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    torch.testing.assert_close(flat(loaded(*own_inputs(ported))), flat(ported.module(*own_inputs(ported))))


def imported(source: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"emitted_{source.stem}", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_keras_trains_is_trained(ported: Ported) -> None:
    """Every trainable weight has a gradient; a few steps make a loss smaller."""
    module, inputs = ported.module.train(), own_inputs(ported, batch=4)
    torch.manual_seed(6)
    targets = [torch.randn_like(output) for output in flat(module(*inputs))]
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        optimizer.zero_grad()
        torch.manual_seed(7)  # the same dropout in every step
        outputs = flat(module(*inputs))
        loss = sum(((a - b) ** 2).mean() for a, b in zip(outputs, targets, strict=True))
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    assert losses[-1] < losses[0]
    trained = {name for name, parameter in module.named_parameters() if parameter.grad is not None}
    assert trained == {
        placement.parameter
        for placement in ported.draft.placements
        if placement.rule.trainable and placement.stored is not None
    }


def test_it_compiles_whole(ported: Ported) -> None:
    inputs = own_inputs(ported)
    compiled = torch.compile(ported.module, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        torch.testing.assert_close(flat(compiled(*inputs)), flat(ported.module(*inputs)))


def test_it_exports_with_any_batch(ported: Ported) -> None:
    batch = torch.export.Dim("batch")
    inputs, others = own_inputs(ported), own_inputs(ported, batch=5)
    exported = torch.export.export(ported.module, tuple(inputs), dynamic_shapes=tuple({0: batch} for _ in inputs))
    with torch.no_grad():
        torch.testing.assert_close(flat(exported.module()(*others)), flat(ported.module(*others)))


def test_it_is_in_eval_mode_and_float32(ported: Ported) -> None:
    assert not any(module.training for module in ported.module.modules())
    assert {parameter.dtype for parameter in ported.module.parameters()} == {torch.float32}


def test_two_ports_give_the_same_bytes(ported: Ported, saved: Callable[..., Path], tmp_path: Path) -> None:
    again = port(saved(MODELS[ported.name]), verify=False)
    for first, second in zip(ported.save(tmp_path / "a"), again.save(tmp_path / "b"), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_weights_are_saved_as_they_are_however_they_lie_in_memory(saved: Callable[..., Path], tmp_path: Path) -> None:
    ported = port(saved(keras_models.functional), verify=False)
    before = ported.save(tmp_path / "a")[1].read_bytes()
    ported.module.to(memory_format=torch.channels_last)
    assert any(not parameter.is_contiguous() for parameter in ported.module.parameters())
    path = ported.save(tmp_path / "b")[1]
    assert path.read_bytes() == before
    found = load_file(path)
    assert found.keys() == ported.module.state_dict().keys()
    for name, tensor in ported.module.state_dict().items():
        assert torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"format": "pt"}
    assert len({file.stat().st_mode for file in (tmp_path / "b").iterdir()}) == 1


def test_saving_is_whole_or_not_at_all(
    saved: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ported = port(saved(keras_models.functional), verify=False)
    before = {path.name: path.read_bytes() for path in ported.save(tmp_path)}
    ported.source += "# another\n"
    with torch.no_grad():
        next(ported.module.parameters()).zero_()

    def fail(report: Any) -> str:
        raise OSError("the disk is full")

    monkeypatch.setattr(type(ported.report), "to_text", fail)
    with pytest.raises(Refused, match="the disk is full"):
        ported.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(Refused, match="the disk is full"):
        ported.save(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()


def test_a_name_is_made_an_identifier(saved: Callable[..., Path], tmp_path: Path) -> None:
    ported = port(saved(keras_models.sequential), verify=False, name="../my model; import os")
    assert [path.name for path in ported.save(tmp_path)] == [
        f"layer_my_model_import_os{ending}" for ending in (".py", ".safetensors", ".report.json")
    ]
    assert isinstance(ported.module, nn.Module) and type(ported.module).__name__ == "LayerMyModelImportOs"


def test_a_folder_that_is_a_file_is_refused(saved: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("here")
    with pytest.raises(Refused, match="taken"):
        port(saved(keras_models.sequential), verify=False).save(tmp_path / "taken")
