"""Since which Keras there is something: read off wheels that are never run, and told by a lookup."""

from __future__ import annotations

import inspect
import zipfile
from pathlib import Path

import pytest

from equivalence import catalogue
from equivalence.catalogue.since import _table, since
from equivalence.render.phrases import newer
from equivalence.schema import Argument, Entry
from equivalence.search.finding import find
from scripts import keras_versions


def wheel(folder: Path, version: str, files: dict[str, str]) -> None:
    with zipfile.ZipFile(folder / f"keras-{version}-py3-none-any.whl", "w") as file:
        for name, text in files.items():
            file.writestr(name, text)


OLD = {
    "keras/layers/__init__.py": "from keras.src.layers.old import Old\n",
    "keras/src/layers/old.py": "raise SystemExit\nclass Old:\n    def __init__(self, units, **kwargs): ...\n",
}
NEW = {
    "keras/api/layers/__init__.py": (
        "from keras.src.layers.old import Old as Old\nfrom keras.src.ops import twist as Twist\n"
    ),
    "keras/src/layers/old.py": "class Old:\n    def __init__(self, units, *, rank=None): ...\n",
    "keras/src/ops.py": "def twist(x): ...\n",
}


def entry(name: str, *arguments: str) -> Entry:
    return Entry(
        keras=f"keras.layers.{name}",
        torch=(),
        says="",
        emit=lambda site: site.x,
        arguments=tuple(Argument(argument, None) for argument in arguments),
    )


def test_names_and_arguments_are_dated_by_the_text_of_wheels(tmp_path: Path) -> None:
    for version, files in (("3.2.0", OLD), ("3.10.1", NEW), ("3.9.0", OLD)):
        wheel(tmp_path, version, files)
    found = keras_versions.wheels(tmp_path)
    assert list(found) == [(3, 2), (3, 9), (3, 10)]
    entries = [entry("Old", "units", "rank"), entry("Twist", "x"), entry("Unknown", "x")]
    assert keras_versions.since(entries, found) == {
        "keras.layers.Old": {"rank": "3.10"},
        "keras.layers.Twist": {"": "3.10"},
    }


def test_one_wheel_is_no_comparison(tmp_path: Path) -> None:
    wheel(tmp_path, "3.2.0", OLD)
    with pytest.raises(ValueError, match="holds 1 wheels of Keras"):
        keras_versions.wheels(tmp_path)


def test_what_is_dated_is_stated_by_an_entry() -> None:
    entries = {each.keras: each for each in catalogue.entries()}
    for name, dated in _table().items():
        stated = {argument.keras for argument in entries[name].arguments}
        assert dated.keys() - {""} <= stated, name


def test_the_keras_that_is_installed_has_what_is_dated() -> None:
    import keras

    for name, dated in _table().items():
        found = keras
        for part in name.split(".")[1:]:
            found = getattr(found, part)
        assert dated.keys() - {""} <= inspect.signature(found).parameters.keys(), name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("AdaptiveAveragePooling2D", ["Since Keras 3.13."]),
        ("keras.layers.Dense", ["lora_alpha since Keras 3.10; quantization_config since 3.13."]),
        ("GlobalAveragePooling2D", []),
    ],
)
def test_a_lookup_tells_it(name: str, told: list[str]) -> None:
    assert newer(find(name).results[0]) == told
    assert (since(find(name).results[0]["keras"]) == {}) == (told == [])
