"""Classes that a file names without a module: Keras's own by the keys that it writes, or refused.

keras_keys/keys.json holds what the releases of Keras write, read off their sources (keras_keys/make.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest
from single_layer import emitted

from equivalence.catalogue import entries, find
from equivalence.catalogue.written_by import wrote
from equivalence.emit.bare_names import check_own
from equivalence.errors import Refused
from equivalence.keras_side.symbols import build
from equivalence.keras_side.wire import encode
from equivalence.schema import Entry
from equivalence.translation.graph import ClassName

RECORD = json.loads(Path(__file__).with_name("keras_keys").joinpath("keys.json").read_text("utf-8"))
GENERAL = ("name", "trainable", "dtype")
LAYERS = [
    entry
    for entry in entries()
    if entry.kind == "layer" and entry.keras.startswith("keras.layers.") and not entry.no_counterpart
]
#: Keys that files hold for a reason: layers over sequences with constants of their own, boxes beside images. None is
#: translated.
REFUSED = {"num_constants", "bounding_box_format"}
#: Versions of the preprocessing layers that Keras called experimental, with other arguments than today.
EXPERIMENTAL = {
    ("CategoryEncoding", "max_tokens"),
    ("Discretization", "bins"),
    *((name, "has_static_table") for name in ("IntegerLookup", "StringLookup")),
    *(("IntegerLookup", key) for key in ("max_values", "mask_value", "oov_value")),
}


#: What is said of each of a layer's weights.
OF_WEIGHTS = ("initializer", "regularizer", "constraint")


def number(release: str) -> str:
    """What a file of a release says: "2.2.4-tf" of "2.2.4-tf (TensorFlow 1.15.0)"."""
    return release.partition(" ")[0]


def recorded() -> Iterator[tuple[Entry, str, list[str], list[str]]]:
    for entry in LAYERS:
        for releases, always, sometimes in RECORD["layers"][entry.name]:
            for release in releases:
                yield entry, release, always, sometimes


def check(entry: Entry, keys: list[str], version: str) -> None:
    check_own(ClassName("", entry.name, ""), entry, dict.fromkeys([*GENERAL, *keys]), version, "old.h5: a layer")


def test_what_a_release_of_keras_writes_is_keras_s_own() -> None:
    """The keys that it always writes, and all that it may write."""
    count = 0
    for entry, release, always, sometimes in recorded():
        if entry.since and not wrote(number(release), entry.since):
            assert entry.name.endswith("Cell") and not always, (entry.name, release)
            continue
        known = [key for key in always if (entry.name, key) not in EXPERIMENTAL]
        more = [key for key in sometimes if (entry.name, key) not in EXPERIMENTAL and key not in REFUSED]
        check(entry, known, number(release))
        check(entry, [*known, *more], number(release))
        count += 1
    assert count > 2000


def test_a_release_that_lacks_a_key_it_always_writes_is_not_it() -> None:
    """Of the keys that an entry takes for always written, each alone is missed: of all releases that hold it."""
    missed = 0
    for entry, release, always, _ in recorded():
        version = number(release)
        for argument in entry.arguments:
            needed = argument.since is not None and argument.keras in always and wrote(version, argument.since)
            if not needed or argument.keras in ("name", "activity_regularizer"):
                continue
            missed += 1
            with pytest.raises(Refused, match=f"lacks {argument.keras}"):
                check(entry, [key for key in always if key != argument.keras], version)
    assert missed > 15_000


def test_a_class_that_a_release_had_not_yet_is_not_its_own() -> None:
    """For every layer that came after Keras 2.2.4."""
    for entry in LAYERS:
        having = {number(release) for releases, _, _ in RECORD["layers"][entry.name] for release in releases}
        first = RECORD["releases"].index(RECORD["layers"][entry.name][0][0][0]) if having else len(RECORD["releases"])
        for release in RECORD["releases"][RECORD["releases"].index("2.2.4") + 1 : first]:
            if number(release) not in having:
                with pytest.raises(Refused, match=f"Keras {number(release)} had no {entry.name}, which came with"):
                    check(entry, [argument.keras for argument in entry.arguments], number(release))


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name)
def test_what_the_installed_keras_writes_is_its_own(entry: Entry) -> None:
    """Every case; and each key that every case has, but for those that files may leave out, is missed."""
    held = []
    for case in entry.cases:
        layer = build({"keras": entry.keras, "config": encode(case.config)})
        held.append(layer.get_config())
        assert find(ClassName("", type(layer).__name__, "")) is entry  # not always the name of the symbol
        check_own(ClassName("", entry.name, ""), entry, held[-1], keras.__version__, "new.h5: a layer")
    for argument in entry.arguments:
        if argument.keras in ("name", "activity_regularizer"):
            continue
        here = all(argument.keras in config for config in held)
        if argument.since is not None:
            assert here, argument.keras


#: Layers of other packages, and of one's own, as files of the time hold them.
OTHERS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "keras_contrib": (
        "GroupNormalization", "2.2.4",
        {"groups": 4, "axis": -1, "epsilon": 1e-5, "center": True, "scale": True, **{
            f"{name}_{what}": None for name in ("beta", "gamma") for what in OF_WEIGHTS
        }},
        "Keras 2.2.4 had no GroupNormalization, which came with 2.11",
    ),
    "keras-layer-normalization": (
        "LayerNormalization", "2.2.4-tf", {"center": True, "scale": True, "epsilon": 1e-14}, "lacks axis",
    ),
    "bert4keras": (
        "LayerNormalization", "2.3.1", {"center": True, "scale": True, "conditional": False}, "Keras 2.3.1 had no",
    ),
    "keras-multi-head": ("MultiHeadAttention", "2.4.0", {"head_num": 3, "activation": "relu"}, "lacks num_heads"),
    "one's own attention": ("Attention", "2.9.0", {"units": 8}, "lacks use_scale"),
    "one's own dense": (
        "Dense", "2.15.0",
        {"units": 3, "activation": "linear", "use_bias": True, "scaled": True, **{
            f"{name}_{what}": None for name in ("kernel", "bias") for what in OF_WEIGHTS
        }},
        "scaled=True is no argument that is known of keras.layers.Dense",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "version", "config", "said"), OTHERS.values(), ids=OTHERS)
def test_a_layer_of_the_same_name_from_elsewhere(name: str, version: str, config: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=rf"model\.h5: layer 'layer' \({name}\): .*{said}.*save the model as \.keras"):
        emitted(name, {**dict.fromkeys(GENERAL), **config}, {}, version, (None, 5, 8), module="")


def test_a_class_of_tensorflow_addons_is_no_class_of_keras() -> None:
    assert find(ClassName("", "Addons>GroupNormalization", "")) is None


def test_keras_s_own_name_of_batch_normalization_in_tensorflow_1() -> None:
    assert find(ClassName("", "BatchNormalizationV1", "")) is find(ClassName("", "BatchNormalization", ""))
