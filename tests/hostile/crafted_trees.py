"""HDF5 files that are whole, and say what no model says: links, types, shapes, names, filters."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np
from hostile_bases import Craft, edited, legacy, members, tiny, with_raw_weights, with_weights

KERNEL = "layers/dense/vars/0"
KINDS = ("f2", "f8", "i1", "u8", "S5", "c8", "?", "V7", ">f4", "<i4")


def _array(**given: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, **given)

    return change


def _link(target: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = target(file) if callable(target) else target

    return change


def _deep(file: h5py.File) -> None:
    group = file
    for index in range(300):
        group = group.create_group(f"g{index}")


def _partly_written(file: h5py.File) -> None:
    del file[KERNEL]
    made = file.create_dataset(KERNEL, (12, 10), "f4", chunks=(6, 10), fillvalue=7.0)
    made[:6] = 1.0


def _compound(file: h5py.File) -> None:
    file["layers/dense/vars"].attrs["many"] = np.zeros(3, [("a", "f4"), ("b", "i8", (2,))])


CHANGES: dict[str, tuple[Callable[[h5py.File], Any], str | None]] = {
    "external-link": (_link(h5py.ExternalLink("/etc/passwd", "/")), "m.keras"),
    "external-link-to-itself": (_link(h5py.ExternalLink("m.keras", "/")), "m.keras"),
    "soft-link": (_link(h5py.SoftLink("/layers/dense/vars/1")), "is a soft link"),
    "soft-link-to-nothing": (_link(h5py.SoftLink("/nowhere")), "is a soft link"),
    "soft-link-to-itself": (_link(h5py.SoftLink(f"/{KERNEL}")), "is a soft link"),
    "two-names": (_link(lambda file: file["layers/dense/vars/1"]), "second name"),
    "a-circle": (_link(lambda file: file["layers"]), "second name"),
    "external-storage": (_array(shape=(12, 10), dtype="f4", external=[("/etc/passwd", 0, 480)]), "m.keras"),
    "gzip": (_array(data=np.zeros((12, 10), "f4"), chunks=(12, 10), compression="gzip"), "is compressed"),
    "lzf": (_array(data=np.zeros((12, 10), "f4"), chunks=(12, 10), compression="lzf"), "is compressed"),
    "shuffle": (_array(data=np.zeros((12, 10), "f4"), chunks=(12, 10), shuffle=True), "is compressed"),
    "checksum": (_array(data=np.zeros((12, 10), "f4"), chunks=(12, 10), fletcher32=True), "is compressed"),
    "scale-offset": (_array(data=np.zeros((12, 10), "i4"), chunks=(12, 10), scaleoffset=3), "is compressed"),
    "gzip-bomb": (_array(shape=(1 << 14, 1 << 14), dtype="f4", chunks=(64, 64), compression="gzip"), "cannot lie in"),
    "absurd-shape": (_array(shape=(1 << 20, 1 << 20), dtype="f8", chunks=(64, 64)), "cannot lie in"),
    "endless": (_array(shape=(12, 10), maxshape=(None, None), dtype="f4", data=np.ones((12, 10))), None),
    "never-written": (_array(shape=(12, 10), dtype="f4"), "m.keras"),
    "never-written-in-chunks": (_array(shape=(12, 10), dtype="f4", chunks=(4, 10)), "of which 0 were written"),
    "partly-written": (_partly_written, "in 2 parts, of which 1 were written"),
    "chunks-larger-than-all": (_array(data=np.ones((12, 10), "f4"), chunks=(12, 10), maxshape=(None, 10)), None),
    "chunks-of-one": (_array(data=np.ones((12, 10), "f4"), chunks=(1, 1)), None),
    "a-scalar": (_array(data=np.float32(3)), "m.keras"),
    "nothing": (_array(data=h5py.Empty("f4")), "m.keras"),
    "no-elements": (_array(shape=(0, 1 << 50), dtype="f4", maxshape=(None, 1 << 50), chunks=(1, 1)), "m.keras"),
    "texts": (_array(data=["import os"] * 120, dtype=h5py.string_dtype()), "m.keras"),
    "sequences": (_array(shape=(12, 10), dtype=h5py.vlen_dtype("f4")), "does not write"),
    "references": (_array(shape=(12, 10), dtype=h5py.ref_dtype), "does not write"),
    "enumeration": (_array(shape=(12, 10), dtype=h5py.enum_dtype({"a": 1, "b": 2}, "i4")), "m.keras"),
    "compound": (_array(shape=(12, 10), dtype=[("a", "f4"), ("b", "f4")]), "does not write"),
    "compound-attribute": (_compound, "does not write"),
    "deep-groups": (_deep, "nested deeper"),
    "left-over": (lambda file: file.create_dataset("layers/nobody/vars/0", data=[1.0]), "belongs to no layer"),
    "a-type": (lambda file: file.__setitem__("layers/type", np.dtype("f4")), "neither a group nor an array"),
    "name-of-dots": (lambda file: file.create_group("layers/ .. /x"), None),
    "many-groups": (lambda file: [file.create_group(f"many/{index}") for index in range(3000)], None),
    "not-a-number": (_array(data=np.full((12, 10), np.nan, "f4")), None),
    "infinite": (_array(data=np.full((12, 10), np.inf, "f4")), None),
    "transposed": (_array(data=np.ones((10, 12), "f4")), "m.keras"),
    "one-axis-more": (_array(data=np.ones((12, 10, 1), "f4")), "m.keras"),
    "layer-name-of-numbers": (lambda file: file["layers/dense/vars"].attrs.__setitem__("name", np.arange(3)), "holds"),
    "layer-name-of-another": (lambda file: file["layers/dense/vars"].attrs.__setitem__("name", "conv2d"), "holds"),
}

KERAS_2: dict[str, tuple[Callable[[h5py.File], Any], str]] = {
    "no-config": (lambda file: file.attrs.__delitem__("model_config"), "holds weights alone"),
    "config-a-number": (lambda file: file.attrs.__setitem__("model_config", 3), "should be an object"),
    "config-an-array": (lambda file: file.attrs.__setitem__("model_config", np.zeros(3)), "model_config"),
    "config-empty": (lambda file: file.attrs.__setitem__("model_config", h5py.Empty("f4")), "m.h5"),
    "version-of-keras-1": (lambda file: file.attrs.__setitem__("keras_version", "1.2.2"), "Keras 1"),
    "version-an-array": (lambda file: file.attrs.__setitem__("keras_version", np.zeros((3, 3))), "no version"),
    "no-weights": (lambda file: file.__delitem__("model_weights"), "no weights"),
    "weights-are-an-array": (
        lambda file: (file.__delitem__("model_weights"), file.create_dataset("model_weights", data=[1.0])),
        "m.h5",
    ),
    "layers-are-numbers": (
        lambda file: file["model_weights"].attrs.__setitem__("layer_names", np.zeros(3)),
        "an item of layer_names",
    ),
    "layers-of-nobody": (lambda file: file["model_weights"].attrs.__setitem__("layer_names", ["nobody"]), "'nobody'"),
    "weights-one-less": (
        lambda file: file["model_weights/out"].attrs.__setitem__("weight_names", ["out/kernel:0"]),
        "m.h5",
    ),
    "weights-up": (
        lambda file: file["model_weights/out"].attrs.__setitem__("weight_names", ["../side/side/kernel:0"] * 2),
        "is missing",
    ),
    "weights-twice": (
        lambda file: file["model_weights/out"].attrs.__setitem__("weight_names", ["out/kernel:0"] * 2),
        "m.h5",
    ),
}


def _raw(offset: int, form: str, value: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        made = bytearray(data)
        struct.pack_into(form, made, offset, value)
        return bytes(made)

    return change


def crafts() -> Iterator[tuple[str, Craft]]:
    """Each with its name."""
    for name, (change, says) in CHANGES.items():
        yield name, Craft({"m.keras": with_weights(change)}, "m.keras", says)
    for name, (change, says) in KERAS_2.items():
        yield f"keras-2-{name}", Craft({"m.h5": edited(legacy(), change)}, "m.h5", says)
    for kind in KINDS:
        data = np.zeros((12, 10), kind)
        yield f"type-{kind}", Craft({"m.keras": with_weights(_array(data=data))}, "m.keras")
    for offset in (8, 9, 13, 14, 16, 24, 32, 40, 56, 64, 72, 80):
        for value in (0, 0xFFFFFFFFFFFFFFFF):
            change = _raw(offset, "<Q" if offset >= 24 else "<B", value if offset >= 24 else value & 255)
            yield f"superblock-{offset}-{value:x}", Craft({"m.keras": with_raw_weights(change)}, "m.keras")
    weights = members(tiny())["model.weights.h5"]
    for name, content in {
        "userblock": bytes(512) + weights,
        "cut": weights[: len(weights) // 2],
        "zeros": bytes(5000),
        "magic-alone": weights[:8],
        "text": b"import os",
    }.items():
        yield f"weights-{name}", Craft({"m.keras": with_raw_weights(lambda data, new=content: new)}, "m.keras", "m.k")
