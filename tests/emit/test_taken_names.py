"""No two things of one emitted file share a name."""

from __future__ import annotations

import pytest

from equivalence.emit.again import Again
from equivalence.emit.taken_names import IMPORTED, TakenNames

HELPER = "def same_pad(x): return x"


def test_a_helper_is_written_once_and_stays_what_it_is() -> None:
    names = TakenNames()
    assert names.helper("same_pad", HELPER) is True
    assert names.helper("same_pad", HELPER) is False
    with pytest.raises(ValueError, match="two helpers are called same_pad"):
        names.helper("same_pad", "def same_pad(x): return 2 * x")
    assert names.helpers == {"same_pad": HELPER}


def test_what_a_user_called_as_a_helper_yields_in_a_second_emission() -> None:
    names = TakenNames()
    assert names.class_name("step_rnn") == "StepRnn" and names.parameter("same_pad", set()) == "same_pad"
    with pytest.raises(Again) as again:
        names.helper("StepRnn", "class StepRnn: pass")
    assert again.value.options == {"reserved": frozenset({"StepRnn"})}
    with pytest.raises(Again) as again:
        names.helper("same_pad", HELPER)
    second = TakenNames(again.value.options["reserved"])
    assert second.parameter("same_pad", set()) != "same_pad"
    assert second.helper("same_pad", HELPER)


@pytest.mark.parametrize("name", sorted(IMPORTED))
def test_nothing_hides_what_the_file_imports(name: str) -> None:
    names = TakenNames()
    assert names.parameter(name, set()) not in IMPORTED
    assert names.class_name(name) not in IMPORTED


def test_parameters_hide_neither_python_nor_each_other_nor_classes() -> None:
    names = TakenNames()
    names.class_name("Encoder")
    assert names.parameter("sum", set()) != "sum"
    assert names.parameter("Encoder", set()) != "Encoder"
    assert names.parameter("x", set()) == "x" and names.parameter("x", {"x"}) != "x"
