"""What must not get lost on the way: settings that nobody read, masks of values that change their order."""

from __future__ import annotations

import pytest

from equivalence import catalogue
from equivalence.emit.class_scope import ClassScope
from equivalence.emit.draft import ClassDraft
from equivalence.emit.emission import Emission
from equivalence.emit.optimizer_text import emit_optimizer
from equivalence.errors import Refused
from equivalence.schema import Entry
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.order import FIRST, KERAS

OPTIMIZERS = [entry for entry in catalogue.entries() if entry.kind == "optimizer"]


@pytest.mark.parametrize("entry", OPTIMIZERS, ids=lambda entry: entry.name)
def test_a_setting_of_an_optimizer_that_nobody_reads_is_refused(entry: Entry) -> None:
    config = entry.cases[0].config
    _, constructor = emit_optimizer(entry, config, TorchOracle())
    assert "model.parameters()" in constructor
    with pytest.raises(Refused, match=rf"{entry.name} \(optimizer\): sharpness=3 is a setting"):
        emit_optimizer(entry, {**config, "sharpness": 3}, TorchOracle())


@pytest.fixture
def scope() -> ClassScope:
    made = ClassScope(ClassDraft("Model"), Emission(TorchOracle(), "model.keras"), "")
    made.begin()
    return made


def test_a_value_in_another_order_has_the_mask_of_its_object(scope: ClassScope) -> None:
    value = scope.input((None, 5, 3), "float32", FIRST, "steps")
    value.mask = mask = scope.input_mask(value, (None, 5), "mask")
    turned = scope.ordered(value, KERAS)
    assert turned.order == KERAS and turned.token != value.token
    assert turned.mask is mask
    assert scope.ordered(turned, FIRST).mask is mask


def test_a_mask_that_is_put_on_or_taken_off_later_is_that_of_every_order(scope: ClassScope) -> None:
    value = scope.input((None, 5, 3), "float32", FIRST, "steps")
    turned = scope.ordered(value, KERAS)
    value.mask = mask = scope.input_mask(value, (None, 5), "mask")
    assert turned.mask is mask and scope.ordered(value, KERAS).mask is mask
    turned.mask = None
    assert value.mask is None


def test_another_object_of_the_same_tensor_keeps_its_own_mask_in_every_order(scope: ClassScope) -> None:
    """One tensor may be two objects of Keras; re-ordering either writes one line and mixes up no masks."""
    value = scope.input((None, 5, 3), "float32", FIRST, "steps")
    other = value.as_object(type(value.object)())
    value.mask = scope.input_mask(value, (None, 5), "mask")
    first, second = scope.ordered(value, KERAS), scope.ordered(other, KERAS)
    assert first.token == second.token and len(scope.forward.values) == 1
    assert first.mask is value.mask and second.mask is None
