"""Entries of one's own: registered at any time, under the name that Keras saves a class or a function under."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from equivalence import Refused, catalogue, port
from equivalence.catalogue import find, register
from equivalence.schema import LAYER_ARGUMENTS, Argument, Entry
from equivalence.translation.call_site import Site, Value
from equivalence.translation.graph import ClassName


@pytest.fixture(autouse=True)
def registry_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins after something was found, with nothing registered, and leaves nothing behind."""
    monkeypatch.setattr(catalogue, "_registered", {})
    monkeypatch.setattr(catalogue, "_registered_stored", {})
    assert find(ClassName("keras.layers", "Dense", "")) is not None


@keras.saving.register_keras_serializable("mine")
class Doubled(layers.Layer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return x * 2


class Tripled(layers.Layer):  # type: ignore[misc]
    """Not registered with Keras: saved under its plain name and module."""

    def call(self, x: Any) -> Any:
        return x * 3


@keras.saving.register_keras_serializable("mine")
def squared(x: Any) -> Any:
    return x * x


def times(factor: float) -> Callable[[Site], Value]:
    return lambda site: site.new(f"{site.x} * {factor}", site.x.order)


def square(site: Site) -> Value:
    return site.new(f"{site.x}.square()", site.x.order)


#: Keras saves all that the base class takes for a class without an __init__ of its own.
ARGUMENTS = (*LAYER_ARGUMENTS, Argument("autocast", None, True, inert=True))
DOUBLED = Entry(f"{__name__}.Doubled", ("torch.mul",), "Twice its input.", times(2.0), arguments=ARGUMENTS)
TRIPLED = Entry(f"{__name__}.Tripled", ("torch.mul",), "Three times its input.", times(3.0), arguments=ARGUMENTS)
SQUARED = Entry(f"{__name__}.squared", ("torch.square",), "x².", square, "activation")
OWN: dict[str, Any] = {
    "registered class": (Doubled, DOUBLED, "mine>Doubled"),
    "class of a module": (Tripled, TRIPLED, "Tripled"),
    "activation of a layer": (lambda: layers.Dense(4, activation=squared), SQUARED, "mine>squared"),
    "activation as a layer": (lambda: layers.Activation(squared), SQUARED, "mine>squared"),
}


def model(layer: layers.Layer) -> keras.Model:
    return keras.Sequential([layers.Input((3,)), layers.Dense(4), layer], name="small")


def assert_equal(source: Any, original: keras.Model) -> None:
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    expected = original.predict(x, verbose=0)
    found = port(source, verify=False).predict(x)
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize(("layer", "entry", "name"), OWN.values(), ids=OWN)
def test_a_live_model_before_and_after(layer: Callable[[], layers.Layer], entry: Entry, name: str) -> None:
    """Code of one's own is traced before; the entry counts after."""
    original = model(layer())
    assert_equal(original, original)
    traced = port(original, verify=False).source
    assert entry.kind == "activation" or f"class {entry.name}(nn.Module)" in traced
    register(entry, name)
    assert_equal(original, original)
    by_entry = port(original, verify=False).source
    assert f"class {entry.name}(nn.Module)" not in by_entry
    assert ".square()" in by_entry or entry.kind == "layer"


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(("layer", "entry", "name"), [OWN["registered class"], OWN["activation of a layer"]])
def test_an_h5_file_before_and_after(
    layer: Callable[[], layers.Layer], entry: Entry, name: str, tmp_path: Path
) -> None:
    original = model(layer())
    original.save(tmp_path / "small.h5")
    with pytest.raises(Refused, match="no entry translates"):
        port(tmp_path / "small.h5", verify=False)
    register(entry, name)
    assert_equal(tmp_path / "small.h5", original)


def test_found_by_its_registered_name_alone() -> None:
    register(DOUBLED, "mine>Doubled")
    assert find(ClassName("another.module", "Doubled", "mine>Doubled")) is DOUBLED
    assert find(ClassName(__name__, "Doubled", "theirs>Doubled")) is None
    assert find(ClassName("", "Doubled", "")) is None


def test_a_plain_name_means_the_class_of_its_module() -> None:
    register(TRIPLED, "Tripled")
    assert find(ClassName(__name__, "Tripled", "Tripled")) is TRIPLED
    assert find(ClassName("", "Tripled", "Tripled")) is TRIPLED  # of __main__, or of a file that tells no module
    assert find(ClassName("another.module", "Tripled", "Tripled")) is None


def test_a_namesake_of_keras_s_own_leaves_that_alone() -> None:
    own = Entry("mine.layers.Dense", ("torch.mul",), "Twice its input.", times(2.0), arguments=ARGUMENTS)
    register(own, "mine>Dense")
    assert find(ClassName("mine.layers", "Dense", "mine>Dense")) is own
    assert find(ClassName("keras.layers", "Dense", "")) is catalogue.named("keras.layers.Dense")
    assert find(ClassName("", "Dense", "")) is catalogue.named("keras.layers.Dense")


def test_all_entries_and_activations_hold_it() -> None:
    before = len(catalogue.entries())
    register(DOUBLED, "mine>Doubled")
    register(SQUARED, "mine>squared")
    assert len(catalogue.entries()) == before + 2
    assert catalogue.named(DOUBLED.keras) is DOUBLED
    assert [entry.keras for entry in catalogue.activations() if "mine>squared" in entry.stored] == [SQUARED.keras]


TAKEN = {
    "the same once more": (DOUBLED, "mine>Doubled"),
    "the name": (TRIPLED, "mine>Doubled"),
    "the symbol": (DOUBLED, "mine>Other"),
    "Keras's symbol": (DOUBLED._replace(keras="keras.layers.Dense"), "mine>Dense"),
    "Keras's plain name": (TRIPLED, "Dense"),
    "what files name a class of Keras": (TRIPLED._replace(stored=(":Dense",)), "mine>Tripled"),
    "what files name another": (TRIPLED._replace(stored=(":mine>Doubled",)), "mine>Tripled"),
    "an activation of Keras": (SQUARED, "relu"),
    "an activation of old files": (SQUARED, "swish"),
}


@pytest.mark.parametrize(("entry", "name"), TAKEN.values(), ids=TAKEN)
def test_what_is_known_already(entry: Entry, name: str) -> None:
    register(DOUBLED, "mine>Doubled")
    before = catalogue.entries()
    with pytest.raises(ValueError, match=f"{entry.keras} .*{name}.* is registered already"):
        register(entry, name)
    assert catalogue.entries() == before
    assert find(ClassName("", "mine>Doubled", "")) is DOUBLED
