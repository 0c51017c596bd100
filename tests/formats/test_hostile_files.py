"""Broken and malicious files: one sentence with the file's name, soon, and nothing executed."""

from __future__ import annotations

import io
import json
import random
import resource
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from equivalence.errors import Refused
from equivalence.formats import read

pytestmark = pytest.mark.timeout(60)
NAME = "hostile.keras"


def refusal(content: bytes) -> str:
    """What is said of a file; only the arrays' reading may come late, so that is tried too."""
    with pytest.raises(Refused) as refused:
        read_all(content)
    assert NAME in str(refused.value) and "\n" not in str(refused.value)
    return str(refused.value)


def read_all(content: bytes) -> None:
    model = read(content, name=NAME)
    pending = list(model.graph.layers)
    while pending:
        layer = pending.pop()
        pending.extend(layer.graph.layers if layer.graph else ())
        for arrays in layer.stored.values():
            for array in arrays:
                array.read()
    model.close()


@pytest.fixture
def keras(files: Path) -> bytes:
    return (files / "chain.keras").read_bytes()


@pytest.fixture
def legacy(files: Path) -> bytes:
    return (files / "chain.h5").read_bytes()


def rezipped(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    members = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def edited(content: bytes, change: Callable[[h5py.File], None]) -> bytes:
    """An HDF5 file, or the weights of a .keras file, changed by h5py."""

    def rewrite(data: bytes) -> bytes:
        buffer = io.BytesIO(data)
        with h5py.File(buffer, "a") as file:
            change(file)
        return buffer.getvalue()

    if content.startswith(b"PK"):
        return rezipped(content, lambda members: members.update({W: rewrite(members[W])}))
    return rewrite(content)


W = "model.weights.h5"
HIDDEN = "layers/sequential/layers/dense/vars"


@pytest.mark.parametrize("kind", ["keras", "legacy"])
def test_a_truncated_file(kind: str, request: pytest.FixtureRequest) -> None:
    content = request.getfixturevalue(kind)
    for size in [0, 1, 4, 8, 9, 100, *range(0, len(content), max(len(content) // 60, 1)), len(content) - 1]:
        refusal(content[:size])


@pytest.mark.parametrize("kind", ["keras", "legacy"])
def test_flipped_bytes_give_a_refusal_or_a_model(kind: str, request: pytest.FixtureRequest) -> None:
    content = request.getfixturevalue(kind)
    rng = random.Random(11)
    refused = 0
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(rng.choice((1, 3, 20))):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pyfive's, of types it does not know
                read_all(bytes(changed))
        except Refused as error:
            assert NAME in str(error)
            refused += 1
    assert refused > 30


def test_flipped_bytes_in_the_configuration(keras: bytes) -> None:
    rng = random.Random(12)

    def flip(members: dict[str, bytes]) -> None:
        config = bytearray(members["config.json"])
        for _ in range(3):
            config[rng.randrange(len(config))] = rng.randrange(32, 127)
        members["config.json"] = bytes(config)

    refused = 0
    for _ in range(150):
        try:
            read_all(rezipped(keras, flip))
        except Refused as error:
            assert NAME in str(error)
            refused += 1
    assert refused > 50


def set_config(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, bytes]], None]:
    def apply(members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        change(config["config"])
        members["config.json"] = json.dumps(config).encode()

    return apply


def put(**members: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda found: found.update({name.replace("__", "."): data for name, data in members.items()})


MEMBERS: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "no-config": (lambda members: members.pop("config.json"), "has no config.json"),
    "no-weights": (lambda members: members.pop(W), f"has no {W}"),
    "npz-weights": (lambda members: members.update({"model.weights.npz": members.pop(W)}), "model.weights.npz"),
    "path-up": (lambda members: members.update({"../evil.py": b"1"}), "'../evil.py'"),
    "absolute-path": (lambda members: members.update({"/evil.py": b"1"}), "'/evil.py'"),
    "windows-path": (lambda members: members.update({"C:evil.py": b"1"}), "'C:evil.py'"),
    "config-is-a-list": (put(config__json=b"[]"), "should be an object"),
    "config-is-no-text": (put(config__json=b"\xff\xfe\x00"), "config.json is no JSON"),
    "deep-json": (put(config__json=b'{"a":' * 400 + b"1" + b"}" * 400), "nested deeper"),
    "deeper-json": (put(config__json=b"[" * 1_000_000), "nested deeper"),
    "version-is-a-number": (put(metadata__json=b'{"keras_version": 3}'), "keras_version"),
    "weights-are-text": (put(model__weights__h5=b"x" * 999), "not a readable"),
    "same-layer-twice": (set_config(lambda config: config["layers"].append(config["layers"][-1])), "two layers named"),
    "unknown-layers": (set_config(lambda config: config.update(layers="none")), "should be of type list"),
    "layer-removed": (set_config(lambda config: config["layers"].pop()), "belongs to no layer"),
    "layer-renamed": (
        set_config(lambda config: config["layers"][4]["config"]["layers"][1]["config"].update(name="other")),
        "should hold layer 'other' and holds 'hidden'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MEMBERS)
def test_members(keras: bytes, name: str) -> None:
    change, reason = MEMBERS[name]
    assert reason in refusal(rezipped(keras, lambda members: change(members)))


def test_a_member_that_is_there_twice(keras: bytes) -> None:
    out = io.BytesIO(keras)
    with zipfile.ZipFile(out, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("config.json", b"{}")
    assert "'config.json' is there twice" in refusal(out.getvalue())


def test_weights_that_do_not_match_their_checksum(keras: bytes) -> None:
    info = zipfile.ZipFile(io.BytesIO(keras)).getinfo(W)
    changed = bytearray(keras)
    changed[info.header_offset + 30 + len(W) + info.file_size - 5] ^= 1
    assert "checksum" in refusal(bytes(changed))


def deflated(name: str, declared: int, data: bytes) -> bytes:
    """A zip whose member claims another size than it has."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    true, false = struct.pack("<I", len(data)), struct.pack("<I", declared)
    return out.getvalue().replace(true, false)


def peak() -> int:
    """Peak memory of this process, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("declared", [300 << 20, 1 << 10], ids=["declared", "understated"])
def test_a_decompression_bomb_is_not_inflated(declared: int) -> None:
    before = peak()
    refusal(deflated("config.json", declared, bytes(200 << 20)))
    assert peak() - before < 250 << 20  # making the bomb took 200 MB


def remove(path: str) -> Callable[[h5py.File], None]:
    def apply(file: h5py.File) -> None:
        del file[path]

    return apply


def bomb(file: h5py.File) -> None:
    """A shape of 8 TB of which nothing is stored."""
    del file[f"{HIDDEN}/0"]
    file.create_dataset(f"{HIDDEN}/0", shape=(1 << 20, 1 << 20), dtype="f8", chunks=(64, 64))


def external(file: h5py.File) -> None:
    del file[f"{HIDDEN}/0"]
    file[f"{HIDDEN}/0"] = h5py.ExternalLink("/etc/passwd", "/")


def soft(file: h5py.File) -> None:
    del file[f"{HIDDEN}/0"]
    file[f"{HIDDEN}/0"] = h5py.SoftLink(f"/{HIDDEN}/1")


def again(file: h5py.File) -> None:
    file[f"{HIDDEN}/2"] = file[f"{HIDDEN}/0"]


def circle(file: h5py.File) -> None:
    file["layers/sequential/again"] = file["layers"]


def squeezed(file: h5py.File) -> None:
    del file[f"{HIDDEN}/0"]
    file.create_dataset(f"{HIDDEN}/0", data=np.zeros((4, 8), "f4"), chunks=(4, 8), compression="gzip")


def unwritten(file: h5py.File) -> None:
    del file[f"{HIDDEN}/0"]
    file.create_dataset(f"{HIDDEN}/0", shape=(4, 8), dtype="f4")


def elsewhere(file: h5py.File) -> None:
    del file[f"{HIDDEN}/0"]
    file.create_dataset(f"{HIDDEN}/0", shape=(4, 8), dtype="f4", external=[("/etc/passwd", 0, 128)])


def of_text(file: h5py.File) -> None:
    del file[f"{HIDDEN}/0"]
    file[f"{HIDDEN}/0"] = "import os"


def leftover(file: h5py.File) -> None:
    file["layers/of_nobody/vars/0"] = np.zeros(3)


TREES: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "missing-array": (remove(f"{HIDDEN}/0"), f"lacks its array '{HIDDEN}/0'"),
    "leftover": (leftover, "'layers/of_nobody/vars/0' belongs to no layer"),
    "absurd-shape": (bomb, "cannot lie in a file"),
    "external-link": (external, "not a readable"),
    "soft-link": (soft, "is a soft link"),
    "two-names": (again, "second name"),
    "circle": (circle, "second name"),
    "compressed": (squeezed, "h5repack"),
    "never-written": (unwritten, "not a readable"),
    "external-storage": (elsewhere, "not a readable"),
    "text": (of_text, "holds no numbers"),
}


@pytest.mark.parametrize("name", TREES)
def test_weights(keras: bytes, name: str) -> None:
    change, reason = TREES[name]
    assert reason in refusal(edited(keras, change))


def set_attribute(name: str, value: Any, group: str = "/") -> Callable[[h5py.File], None]:
    return lambda file: file[group].attrs.__setitem__(name, value)


def keras_1(file: h5py.File) -> None:
    file.attrs["keras_version"] = "1.2.2"


def no_version(file: h5py.File) -> None:
    del file.attrs["keras_version"]
    del file["model_weights"].attrs["keras_version"]


def no_config(file: h5py.File) -> None:
    del file.attrs["model_config"]


def first_nested(file: h5py.File) -> Any:
    return next(item for name, item in file["model_weights"].items() if name.startswith("sequential"))


def cut_short(file: h5py.File) -> None:
    group = first_nested(file)
    names = list(group.attrs["weight_names"])
    del group[names[-1]]
    group.attrs["weight_names"] = names[:-1]


def dangling(file: h5py.File) -> None:
    group = first_nested(file)
    del group[next(iter(group.attrs["weight_names"]))]


def two_names(file: h5py.File) -> None:
    for group in (file[HIDDEN], file["vars"]):
        group.attrs["name"] = np.arange(3)


def test_a_recorded_name_that_is_an_array(keras: bytes) -> None:
    assert "and holds '[0 1 2]'" in refusal(edited(keras, two_names))


def test_an_attribute_that_claims_more_than_it_has(legacy: bytes) -> None:
    """The number of elements of a list of texts: pyfive makes room for that many before it reads one."""

    def claim(file: h5py.File) -> None:
        del file["model_weights"].attrs["layer_names"]
        file["model_weights"].attrs.create("layer_names", ["a"] * 7, dtype=h5py.string_dtype())

    content = edited(legacy, claim)
    seven = struct.pack("<BBBB4xQQ", 1, 1, 1, 0, 7, 7)
    assert content.count(seven) == 1
    before = peak()
    changed = content.replace(seven, struct.pack("<BBBB4xQQ", 1, 1, 1, 0, 1 << 30, 1 << 30))
    assert "elements" in refusal(changed)
    assert peak() - before < 100 << 20


LEGACY: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "keras-1": (keras_1, "Keras 1"),
    "no-version": (no_version, "Keras 1"),
    "weights-only": (no_config, "holds weights alone and no architecture"),
    "no-weights": (remove("model_weights"), "holds an architecture and no weights"),
    "config-no-json": (set_attribute("model_config", "{"), "no JSON"),
    "config-a-number": (set_attribute("model_config", 3), "should be an object"),
    "config-an-array": (set_attribute("model_config", np.zeros(3)), "model_config"),
    "names-are-numbers": (set_attribute("layer_names", np.zeros(3), "model_weights"), "an item of layer_names"),
    "names-one-number": (set_attribute("layer_names", 3.0, "model_weights"), "layer_names"),
    "unknown-layer": (set_attribute("layer_names", ["nobody"], "model_weights"), "'nobody'"),
    "one-weight-less": (cut_short, "has 3 arrays in the file, and its layers have 4 weights"),
    "weight-gone": (dangling, "is missing"),
    "leftover": (lambda file: file.__setitem__("model_weights/of_nobody/w:0", np.zeros(3)), "belongs to no layer"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEGACY)
def test_legacy_files(legacy: bytes, name: str) -> None:
    change, reason = LEGACY[name]
    assert reason in refusal(edited(legacy, change))


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04pickle", b"<html>", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n" + bytes(99)]
)
def test_other_files(content: bytes) -> None:
    refusal(content)


def test_weights_only_files(models: dict[str, Any], tmp_path: Path) -> None:
    models["chain"].save_weights(tmp_path / "some.weights.h5")
    with pytest.raises(Refused, match=r"some\.weights\.h5 holds weights alone and no architecture: .* --config"):
        read(tmp_path / "some.weights.h5")


def test_folders_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is a folder"):
        read(tmp_path)
    with pytest.raises(Refused, match=r"gone\.keras cannot be opened"):
        read(tmp_path / "gone.keras")


def test_nothing_is_executed(keras: bytes, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    code = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    config = {"name": code, "function": {"class_name": "__lambda__", "config": {"value": code}}}
    evil = {"module": "os", "class_name": "system", "config": config, "name": code, "registered_name": code}
    changed = rezipped(keras, set_config(lambda config: config["layers"].append(evil)))
    model = read(changed, name=NAME)
    assert model.graph.layers[-1].name == code
    model.close()
    assert not canary.exists()
