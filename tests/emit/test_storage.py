"""Whose arrays are whose: layers inside layers, by sub-path in `.keras` files and by position in legacy ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from equivalence import catalogue
from equivalence.emit.storage import arrays, inner_layer
from equivalence.errors import Refused
from equivalence.translation.graph import ClassName, Layer, Stored

GRU = {"class_name": "GRU", "config": {"units": 4, "return_sequences": True}}
LSTM = {"class_name": "LSTM", "config": {"units": 3, "use_bias": False, "go_backwards": True}}
DENSE = {"class_name": "Dense", "config": {"units": 2}}


def stored(*names: str) -> list[Stored]:
    return [Stored(f"there/{name}", name, (1,), "float32", lambda: np.zeros(1)) for name in names]


def layer(name: str, config: dict[str, Any], **groups: list[Stored]) -> Layer:
    by_path: dict[str | None, list[Stored]] = {path.replace("__", "/"): group for path, group in groups.items()}
    return Layer("outer", ClassName("keras.layers", name, ""), config, stored=by_path)


def legacy(name: str, config: dict[str, Any], *names: str) -> Layer:
    return Layer("outer", ClassName("keras.layers", name, ""), config, stored={None: stored(*names)})


def inside(outer: Layer, key: str) -> Layer:
    return inner_layer(outer, catalogue.named(f"keras.layers.{outer.cls.name}"), key, "m.keras: layer 'outer'")


def paths(made: Layer) -> dict[tuple[str, tuple[str, ...]], str]:
    found = arrays(made, catalogue.named(f"keras.layers.{made.cls.name}"), "m.keras: layer 'outer'")
    return {key: array.path for key, array in found.items()}


CELL = ("cell",)


def test_a_layer_inside_has_its_share_by_path() -> None:
    outer = layer(
        "Bidirectional",
        {"layer": GRU, "backward_layer": LSTM},
        forward_layer__cell=stored("kernel", "recurrent_kernel", "bias"),
        backward_layer__cell=stored("kernel", "recurrent_kernel"),
    )
    assert inside(outer, "layer").stored == {"cell": outer.stored["forward_layer/cell"]}
    backward = inside(outer, "backward_layer")
    assert backward.cls.name == "LSTM" and backward.config == LSTM["config"]
    assert list(paths(backward)) == [("kernel", CELL), ("recurrent_kernel", CELL)]


def test_a_layer_inside_has_its_share_by_position() -> None:
    names = ("kernel", "recurrent_kernel", "bias", "kernel", "recurrent_kernel")
    outer = legacy("Bidirectional", {"layer": GRU, "backward_layer": LSTM}, *names)
    assert inside(outer, "layer").stored[None] == outer.stored[None][:3]
    assert inside(outer, "backward_layer").stored[None] == outer.stored[None][3:]


def test_a_backward_layer_that_is_not_stated_is_like_the_forward_one() -> None:
    outer = legacy("Bidirectional", {"layer": GRU}, *("kernel", "recurrent_kernel", "bias") * 2)
    backward = inside(outer, "backward_layer")
    assert backward.cls.name == "GRU" and backward.stored[None] == outer.stored[None][3:]


@pytest.mark.parametrize("kind", ["by path", "by position"])
def test_layers_inside_layers_inside_layers(kind: str) -> None:
    both = {"class_name": "Bidirectional", "config": {"layer": GRU, "backward_layer": LSTM}}
    forward, backward = ("kernel", "recurrent_kernel", "bias"), ("kernel", "recurrent_kernel")
    if kind == "by path":
        outer = layer(
            "TimeDistributed",
            {"layer": both},
            layer__forward_layer__cell=stored(*forward),
            layer__backward_layer__cell=stored(*backward),
        )
    else:
        outer = legacy("TimeDistributed", {"layer": both}, *forward, *backward)
    middle = inside(outer, "layer")
    assert len(paths(inside(middle, "layer"))) == 3
    assert len(paths(inside(middle, "backward_layer"))) == 2


def test_a_path_that_only_begins_alike_is_another_layer() -> None:
    outer = layer("TimeDistributed", {"layer": DENSE}, layer=stored("kernel", "bias"), layer_2=stored("kernel"))
    assert inside(outer, "layer").stored == {"": outer.stored["layer"]}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("kernel",), "lacks its weight bias"),
        (("kernel", "bias", "kernel"), "holds 3 arrays for it where 2 are expected"),
        (("bias", "kernel"), "'there/bias' stands where kernel should"),
    ],
    ids=["missing", "extra", "exchanged"],
)
def test_arrays_that_do_not_fit_are_refused(names: tuple[str, ...], message: str) -> None:
    outer = layer("TimeDistributed", {"layer": DENSE}, layer=stored(*names))
    with pytest.raises(Refused, match=message):
        paths(inside(outer, "layer"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"layer": None}, "is not stored as a configuration"),
        ({"layer": {"class_name": "Dense"}}, "is not stored as a configuration"),
        ({"layer": {"class_name": ["Dense"], "config": {}}}, "has no class name"),
    ],
    ids=["nothing", "no configuration", "a list as its name"],
)
def test_a_layer_inside_that_is_no_configuration_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        inside(layer("TimeDistributed", config), "layer")


def test_positions_behind_a_layer_without_an_entry_cannot_be_told() -> None:
    unknown = {"class_name": "MyCell", "config": {}}
    outer = legacy("Bidirectional", {"layer": unknown, "backward_layer": LSTM}, "kernel", "recurrent_kernel")
    with pytest.raises(Refused, match="'MyCell', which no entry describes"):
        inside(outer, "backward_layer")
