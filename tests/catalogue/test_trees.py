"""What entries of keras.tree say to write instead is run, and gives what Keras gives."""

from __future__ import annotations

from typing import Any

import keras
import optree
import pytest

from equivalence import catalogue

STRUCTURE: Any = {"b": [1, (2, None)], "a": 3}
OTHERS: list[Any] = [{"b": [4, (5, None)], "a": 6}, {"b": [4, (5,)], "a": 6}, {"b": (4, (5, None)), "a": 6}]


def instead(name: str, before: str, **given: Any) -> Any:
    """The code behind a word of what the entry says to do, run."""
    code = catalogue.named(f"keras.tree.{name}").no_counterpart.partition(f"; {before} ")[2].partition(", which")[0]
    return eval(code, {"optree": optree, **given})


def doubled(leaf: Any) -> Any:
    return leaf if leaf is None else 2 * leaf


def test_leaves_and_maps() -> None:
    assert instead("flatten", "call", structure=STRUCTURE) == keras.tree.flatten(STRUCTURE) == [3, 1, 2, None]
    mapped = instead("map_structure", "call", structure=STRUCTURE, func=doubled)
    assert mapped == keras.tree.map_structure(doubled, STRUCTURE)
    packed = instead("pack_sequence_as", "call", structure=STRUCTURE, flat_sequence=[6, 7, 8, 9])
    assert packed == keras.tree.pack_sequence_as(STRUCTURE, [6, 7, 8, 9])


def test_paths() -> None:
    paths, leaves, _ = instead("flatten_with_path", "call", structure=STRUCTURE)
    assert [*zip(paths, leaves, strict=True)] == keras.tree.flatten_with_path(STRUCTURE)


@pytest.mark.parametrize("what", [STRUCTURE, [], (), 3, None, "text"], ids=repr)
def test_what_is_nested(what: Any) -> None:
    assert instead("is_nested", "ask whether", structure=what) == keras.tree.is_nested(what)


@pytest.mark.parametrize("name", ["assert_same_structure", "assert_same_paths"])
@pytest.mark.parametrize("other", OTHERS, ids=repr)
def test_the_same_structure(name: str, other: Any) -> None:
    try:
        getattr(keras.tree, name)(STRUCTURE, other)
        same = True
    except ValueError:
        same = False
    assert instead(name, "compare", a=STRUCTURE, b=other) == same
