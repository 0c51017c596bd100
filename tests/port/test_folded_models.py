"""--fold: repeated blocks are written once, and every layer in every block is what it is in Keras."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import folded_models
import keras
import pytest
import torch
from folded_models import counted, decoder, encoder, in_training, nested, once, residual, shared, unlike

import equivalence
from equivalence import Ported
from equivalence.cli import main
from equivalence.emit import emission
from equivalence.emit.instances import now_called
from equivalence.errors import Refused
from equivalence.translation.order import to_torch_shape
from equivalence.translation.structure import leaves_of

#: How many blocks of each class there are; {}: none.
BLOCKS = {
    residual: {"Stage": 4, "Stage2": 4},
    encoder: {"Block": 3},  # MultiHeadAttention takes the mask off its input: the first block has one, and is like none
    decoder: {"Layer": 6},
    counted: {"Block": 6},
    nested: {"Stage": 4, "Stage2": 4},
    unlike: {},
    shared: {},
    folded_models.several_outputs: {},
    once: {},
}
MODELS = [*BLOCKS, in_training]
by_name = pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)


@by_name
def test_every_layer_of_every_block_is_equal(
    make: Callable[[], Any], saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    ported = verified(saved(make), fold=True)
    assert ported.report.verified, ported.report.because
    calls = [call.path for call in ported.report.emitted]
    plain = verified(saved(make))
    assert sorted(row["path"] for row in ported.report.layers) == sorted(row["path"] for row in plain.report.layers)
    assert sorted(calls) == sorted(call.path for call in plain.report.emitted)


@pytest.mark.parametrize("make", BLOCKS, ids=lambda make: make.__name__)
def test_what_repeats_is_a_class(make: Callable[[], Any], saved: Callable[..., Path]) -> None:
    folded, plain = (equivalence.port(saved(make), verify=False, fold=fold) for fold in (True, False))
    (note,) = folded.draft.folded
    if BLOCKS[make]:
        assert note == f"Folded: {', '.join(f'{name} is made {n} times' for name, n in BLOCKS[make].items())}."
        assert len(folded.source.splitlines()) < len(plain.source.splitlines())
        assert all(f"class {name}(nn.Module):" in folded.source for name in BLOCKS[make])
    else:
        assert note == "Nothing in it repeats: folded, it is what it was."
        assert folded.source == plain.source and folded.report.names == {}
    assert plain.draft.folded == [] and plain.report.names == {}


@by_name
def test_weights_and_gradients_are_those_of_the_unfolded_port(
    make: Callable[[], Any], saved: Callable[..., Path]
) -> None:
    """Under the names that the report tells."""
    folded, plain = (equivalence.port(saved(make), verify=False, fold=fold) for fold in (True, False))
    names = {name: now_called(name, folded.report.names) for name in plain.module.state_dict()}
    assert sorted(names.values()) == sorted(folded.module.state_dict())
    for name, tensor in plain.module.state_dict().items():
        assert torch.equal(tensor, folded.module.state_dict()[names[name]])
    for batch in (1, 4):
        given = [_given(value, spec, batch) for _, value, spec in plain.draft.classes[-1].inputs]
        for training in (False, True):
            found, expected = _trained(folded, given, training), _trained(plain, given, training)
            torch.testing.assert_close(found[0], expected[0], rtol=1e-12, atol=1e-12)
            for name, gradient in expected[1].items():
                torch.testing.assert_close(found[1][names[name]], gradient, rtol=1e-10, atol=1e-12)


def _given(value: Any, spec: Any, batch: int) -> torch.Tensor:
    shape = to_torch_shape(value.order, (batch, *value.shape[1:]))
    return torch.randint(0, 5, shape) if spec.dtype == "int32" else torch.randn(shape, dtype=torch.float64)


def _trained(ported: Ported, given: list[torch.Tensor], training: bool) -> tuple[list[torch.Tensor], dict[str, Any]]:
    """The outputs in float64, and the gradients of their weighted sum, by the names of parameters."""
    module = ported.module.double().train(training)
    for part in module.modules():
        if isinstance(part, torch.nn.Dropout):
            part.eval()
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.momentum = 0.0  # the running statistics stay what they are
    outputs = leaves_of(torch.Tensor, module(*given))
    weighted = sum((output * torch.arange(output.numel()).reshape(output.shape).cos()).sum() for output in outputs)
    trained = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    gradients = torch.autograd.grad(weighted, [*trained.values()], materialize_grads=True)
    return outputs, dict(zip(trained, gradients, strict=True))


def test_equal_blocks_in_a_row_are_one_sequence(saved: Callable[..., Path]) -> None:
    source = equivalence.port(saved(residual), verify=False, fold=True).source
    assert "nn.Sequential(*(Stage() for _ in range(4)))" in source or "Stage(" in source
    assert "class Blocks(nn.Sequential)" in equivalence.port(saved(decoder), verify=False, fold=True).source


def test_what_cannot_be_written_folded_is_written_as_it_is(
    saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(graph: Any, apart: frozenset[str]) -> Any:
        raise Refused("a block is wanted in two ways")

    plain = equivalence.port(saved(residual), verify=False)
    monkeypatch.setattr(emission, "folded", refuse)
    folded = equivalence.port(saved(residual), verify=False, fold=True)
    assert folded.source == plain.source
    assert folded.draft.folded == ["Not folded: a block is wanted in two ways"]


def test_modes_of_calls_stay_in_their_blocks(saved: Callable[..., Path]) -> None:
    """BatchNormalization with training=False in every other block: it is so there alone."""
    folded, plain = (equivalence.port(saved(in_training), verify=False, fold=fold) for fold in (True, False))
    names = {name: now_called(name, folded.report.names) for name, _ in plain.module.named_modules() if "norm" in name}
    folded.module.train(), plain.module.train()
    modes = {name: plain.module.get_submodule(name).training for name in names}
    assert set(modes.values()) == {True, False}
    assert {name: folded.module.get_submodule(names[name]).training for name in names} == modes


def test_a_fault_in_one_block_is_found_there(saved: Callable[..., Path], keras_process: Any) -> None:
    """The comparison is of each block by itself, though all share their text."""
    from equivalence.verification.against_keras import compare_with

    ported = equivalence.port(saved(residual), verify=False, fold=True)
    name = now_called("stage3_conv2", ported.report.names)
    with torch.no_grad():
        ported.module.get_submodule(name).weight.mul_(1.5)
    report = compare_with(keras_process, ported, saved(residual), lambda what: None)
    assert report.verified is False
    assert report.apart[0]["path"] == "stage3_conv2"


def test_the_folded_xception_is_as_long_as_the_hand_written_one(tmp_path: Path) -> None:
    twin = Path(__file__).resolve().parents[2] / "torch_impl" / "xception.py"
    keras.applications.Xception(weights=None, input_shape=(71, 71, 3), classes=7).save(tmp_path / "xception.keras")
    ported = equivalence.port(tmp_path / "xception.keras", verify=False, fold=True)
    assert len(ported.source.splitlines()) <= 1.6 * len(twin.read_text("utf-8").splitlines())


def test_the_command_line_folds(saved: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", str(saved(decoder)), "--fold", "-o", str(tmp_path)]) == 0
    assert "Folded: Layer is made 6 times." in capsys.readouterr().out.replace("\n", " ")
    report = json.loads((tmp_path / "decoder.report.json").read_text("utf-8"))
    assert report["verified"] is True and report["names"]["layer2_up"].endswith(".2.up")
