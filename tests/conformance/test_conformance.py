"""A sample of what `make conformance` runs; and that its recorder, its variants and its table say what is."""

from __future__ import annotations

import random
from typing import Any

import keras
import pytest

from conformance.__main__ import judged_rows, main, recorded
from conformance.recorded import Drawn, NoModel, recipe_of
from conformance.tables import Row, page, table
from conformance.variants import at_rank, entries, variants
from differential.outcome import FAILURES, UNFORESEEN
from equivalence import catalogue
from equivalence.proofs.case_inputs import shapes_of
from equivalence.proofs.installed import versions

#: Short test files of Keras, of layers with weights, masks, windows and vocabularies.
FILES = ("core/masking_test", "pooling/max_pooling_test", "normalization/group_norm", "preprocessing/hashing_test")
CALLS, VARIANTS = 10, 30


def told(rows: Any) -> list[str]:
    return [f"{row.kind} {row.id}: {row.message}" for row in rows if row.kind in FAILURES]


def test_what_keras_s_tests_call_is_equal() -> None:
    lines = {line["id"]: line for line in recorded(FILES)}
    assert {line.get("layer") for line in lines.values()} >= {
        "Masking",
        "MaxPooling2D",
        "GroupNormalization",
        "Hashing",
    }
    recipes = {name: line["recipe"] for name, line in lines.items() if line.get("recipe")}
    chosen = random.Random(1).sample(sorted(recipes), CALLS)
    rows = [*judged_rows({name: recipes[name] for name in chosen}, jobs=1)]
    assert not told(rows)
    assert sum(row.kind == "equal" for row in rows) > CALLS / 2


def test_cases_under_other_sizes_ranks_and_masks_are_equal() -> None:
    known = {name: recipe for entry in entries() for name, recipe in variants(entry)}
    chosen = random.Random(2).sample(sorted(known), VARIANTS)
    rows = [*judged_rows({name: known[name] for name in chosen}, jobs=1)]
    assert not told(rows)
    assert sum(row.kind == "equal" for row in rows) > VARIANTS / 2


def test_a_call_becomes_a_recipe() -> None:
    layer = keras.layers.Dense(4, kernel_regularizer="l2", name="given")
    recipe = recipe_of(layer, [Drawn((5, 3), "float32")], {})
    shape, call = recipe["nodes"]
    assert (shape["shape"], shape["draw"], recipe["batches"]) == ([3], "normal", [5, 6])
    assert call["keras"] == "keras.layers.Dense" and call["config"]["units"] == 4 and "name" not in call["config"]


def test_tensors_in_all_arguments_are_inputs() -> None:
    steps, state = keras.KerasTensor((2, 7, 3)), keras.KerasTensor((2, 4))
    recipe = recipe_of(keras.layers.GRU(4), [steps], {"initial_state": [state], "training": False})
    call = recipe["nodes"][-1]["call"]
    assert call == {"initial_state": [{"$input": 1}]} and len(recipe["inputs"]) == 2


def test_values_are_kept_with_what_they_are_called_on() -> None:
    recipe = recipe_of(keras.layers.StringLookup(vocabulary=["a", "b"]), [[["a"], ["c"]]], {})
    (words, _) = recipe["nodes"]
    assert (words["dtype"], words["values"]) == ("string", [["a"], ["c"]]) and "draw" not in words


class Own(keras.layers.Layer):  # type: ignore[misc]
    """A layer that is nobody's but a test's."""


@pytest.mark.parametrize(
    ("layer", "given", "because"),
    [
        (Own(), Drawn((2, 3), "float32"), "its class is the test's own"),
        (keras.layers.Dense(2), Drawn((), "float32"), "an input has no axes"),
        (keras.layers.Conv2D(2, 3), Drawn((2, 3), "float32"), "Keras makes no functional model of it"),
    ],
)
def test_what_is_no_model_says_why(layer: Any, given: Drawn, because: str) -> None:
    with pytest.raises(NoModel, match=because):
        recipe_of(layer, [given], {})


def test_every_entry_is_varied_in_every_way() -> None:
    entry = catalogue.named("keras.layers.Conv2D")
    names = {name.rpartition("/")[2] for name, _ in variants(entry)}
    assert {"one-sample", "open", "open-inside", "ones", "small", "rank-3", "rank-5", "convolved", "masked"} <= names
    assert all(recipe["batches"][0] == 1 for _, recipe in variants(entry))


def test_a_case_at_another_rank_keeps_its_last_axes() -> None:
    (case, *_) = catalogue.named("keras.layers.Dense").cases
    assert shapes_of(at_rank(case, 4))[0][-1] == shapes_of(case)[0][-1]
    assert len(shapes_of(at_rank(case, 4))[0]) == 4


ROWS = [
    Row("a", "layers.Dense", "equal", "", ""),
    Row("b", "layers.Dense", "refused", ".keras", "folder/m.keras: layer 'x' (Dense): units=3 is too | many."),
    Row("c", "layers.Add", "wrong", "outputs", "output: 2 of 3 elements differ"),
]


def test_the_page_lists_what_was_refused_and_why() -> None:
    written = page({"tests": ROWS})
    assert "| equal | 1 |" in written and "| wrong | 1 |" in written
    assert "| 1 | layers.Dense | units=N is too \\| many. |" in written
    assert all(version in written for version in versions().values())


def test_the_table_names_each_failure() -> None:
    assert [line for line in table("tests", ROWS) if "--only 'c'" in line]


def test_the_command_runs_one_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--part", "variants", "--only", "activations.relu/defaults/one-sample", "--jobs", "1"]) == 0
    assert "equal      1" in capsys.readouterr().out
    assert UNFORESEEN not in capsys.readouterr().out
