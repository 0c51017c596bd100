"""`--inference`: the emitted file's own folding. And `load`, which maps its weights."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import keras_models
import pytest
import torch
from keras import layers
from torch import nn

from equivalence import port
from equivalence.cli import main
from equivalence.emit.guard import check_source
from equivalence.emit.inference_text import FoldedNorm, fusing, load_for_inference
from equivalence.emit.line_breaking import WIDTH


def imported(source: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"emitted_{source.stem}", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def convolutions() -> keras.Model:
    x = inputs = keras.Input((9, 8, 3))
    x = layers.BatchNormalization(name="after")(layers.Conv2D(5, 3, name="before")(x))
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(layers.ReLU()(x)))


def both_kinds() -> keras.Model:
    """A norm behind a convolution, one behind a Dense layer, and one of which the input is used once more."""
    x = inputs = keras.Input((9, 8, 3))
    x = layers.ReLU()(layers.BatchNormalization(name="image")(layers.SeparableConv2D(5, 3, name="parts")(x)))
    y = layers.Conv2D(4, 2, name="seen")(x)
    x = layers.GlobalAveragePooling2D()(layers.Concatenate()([y, layers.BatchNormalization(name="stays")(y)]))
    return keras.Model(inputs, layers.BatchNormalization(name="rows")(layers.Dense(6, name="dense")(x)))


def dense() -> keras.Model:
    return keras.Sequential(
        [keras.Input((7,)), layers.Dense(5, name="wide"), layers.BatchNormalization(name="norm"), layers.Dense(2)]
    )


@pytest.mark.parametrize(
    ("make", "folded"),
    [
        (convolutions, {"after": "before"}),
        (both_kinds, {"image": "parts.pointwise", "rows": "dense"}),
        (dense, {"norm": "wide"}),
    ],
    ids=["convolutions", "both-kinds", "dense"],
)
def test_the_file_folds_its_norms(
    make: Callable[[], Any], folded: dict[str, str], saved: Callable[..., Path], tmp_path: Path
) -> None:
    source, weights, _ = port(saved(make), verify=False, inference=True).save(tmp_path)
    emitted = imported(source)
    assert folded == emitted.FOLDED
    plain, fast = emitted.load(weights).double(), emitted.load_for_inference(weights)
    assert {name: type(fast.get_submodule(name)) for name in folded} == dict.fromkeys(folded, nn.Identity)
    shape = (4, 7) if make is dense else (4, 3, 9, 8)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        torch.testing.assert_close(fast(x), plain(x.double()).float(), rtol=1e-5, atol=1e-5)
        assert not torch.equal(fast(x), fast(x + 1))


def test_nothing_is_added_where_nothing_folds(saved: Callable[..., Path], tmp_path: Path) -> None:
    path = saved(with_constant)
    with_it, without = (port(path, verify=False, inference=asked).source for asked in (True, False))
    assert with_it == without and "FOLDED" not in without


def test_the_command_line_writes_it(saved: Callable[..., Path], tmp_path: Path) -> None:
    path = saved(dense)
    assert main(["port", str(path), "-o", str(tmp_path), "--no-verify", "--inference"]) == 0
    source = (tmp_path / "dense.py").read_text()
    assert "from torch.nn.utils.fusion import fuse_linear_bn_eval\n" in source
    assert source.endswith("    return model\n")


def test_long_names_keep_to_the_page() -> None:
    norms = (FoldedNorm("a" * 60 + ".norm", "b" * 60 + ".layer", "conv"), FoldedNorm("n", "d", "linear"))
    text = load_for_inference("Long" * 10, norms)
    assert max(map(len, text.splitlines())) <= WIDTH
    names: dict[str, Any] = {"WEIGHTS": "", "Path": Path, "Long" * 10: None, "load": None}
    names |= dict.fromkeys(fusing(norms))
    exec(compile(f"from __future__ import annotations\n{check_source(text, names)}", "text", "exec"), names)
    assert names["FOLDED"] == {norm.norm: norm.layer for norm in norms}


def with_constant() -> keras.Model:
    x = keras.Input((5,))
    return keras.Model(x, layers.Dense(3)(x * keras.ops.convert_to_tensor([1.5, 2.5, 0.25, 4.0, 0.5])))


@pytest.mark.parametrize("make", [dense, convolutions, with_constant, keras_models.functional])
def test_load_maps_the_weights(make: Callable[[], Any], saved: Callable[..., Path], tmp_path: Path) -> None:
    """They lie in the file's pages, and writing to them leaves the file as it is."""
    ported = port(saved(make), verify=False)
    source, weights, _ = ported.save(tmp_path)
    loaded, before = imported(source).load(), weights.read_bytes()
    assert str(weights) in Path("/proc/self/maps").read_text()
    assert not any(tensor.is_meta for tensor in (*loaded.parameters(), *loaded.buffers()))
    for name, tensor in ported.module.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    assert ("meta" in source.read_text()) is not any(part.buffers for part in ported.draft.classes)
    with torch.no_grad():
        for parameter in loaded.parameters():
            assert parameter.requires_grad and not parameter.zero_().any()
    assert weights.read_bytes() == before


def test_the_page_shows_what_is_written_and_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/inference.md; without the compiler, whose minutes are another test's."""
    root = Path(__file__).parents[2]
    used, shown = re.findall(r"```python\n(.*?)```", (root / "docs" / "inference.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(root)
    monkeypatch.setattr(torch, "compile", lambda module: module)
    names: dict[str, Any] = {}
    exec(compile(used, "docs/inference.md", "exec"), names)
    emitted = port("examples/digits.keras", verify=False, inference=True).source
    assert emitted.endswith(f"\n\n\n{shown}")
    assert len(names["fast"].folded) == shown.count('": "')
