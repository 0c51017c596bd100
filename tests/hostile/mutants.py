"""Valid files, changed at random: as bytes, as zips, as JSON, as HDF5. A number gives one mutant, always the same."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from typing import Any

from hostile_bases import KERAS_2, WEIGHTS, Craft, dense, layer, legacy, members, small_model, tiny, zipped

#: What marks a structure of HDF5 or of a zip; numbers that matter stand behind it.
MARKS = (b"TREE", b"SNOD", b"HEAP", b"GCOL", b"OHDR", b"\x89HDF", b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")
NUMBERS = (0, 1, 2, 7, 8, 16, 127, 128, 255, 256, 4096, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 7, 64, 1000, 2**31, 2**70, 0.5, -0.0, 1e-300, 1e300, float("nan"), "", "same"),
    *(
        "valid",
        "relu",
        "softmax",
        "channels_first",
        "float64",
        "int32",
        "string",
        "import os",
        [],
        [1],
        [2, 3],
        [[1, 2]],
    ),
    *({}, {"class_name": "__tuple__", "items": [1]}, {"class_name": "__lambda__", "config": {"value": "os"}}),
)


def mutant(number: int) -> Craft:
    """The mutant of that number."""
    rng = random.Random(number)
    kind = rng.choices(list(KINDS), weights=[weight for weight, _ in KINDS.values()])[0]
    return KINDS[kind][1](rng)


def of_bytes(content: bytes, rng: random.Random) -> bytes:
    """A few bytes or numbers changed, a piece taken out, doubled, or put elsewhere."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(data) + 1) if data else 0
        act = rng.randrange(7)
        size = rng.choice((1, 2, 4, 8, 40, 300))
        if act == 0 and data:
            data[min(at, len(data) - 1)] = rng.randrange(256)
        elif act == 1:
            del data[at : at + size]
        elif act == 2:
            data[at:at] = data[at : at + size]
        elif act == 3:
            data[at : at + size] = bytes(size)
        elif act == 4:
            source = rng.randrange(len(data) + 1)
            data[at : at + size] = data[source : source + size]
        else:
            _number(data, at if act == 5 else _marked(data, rng), rng)
    return bytes(data)


def _marked(data: bytearray, rng: random.Random) -> int:
    """A place behind a mark."""
    mark = rng.choice(MARKS)
    found, at = [], data.find(mark)
    while at != -1 and len(found) < 200:
        found.append(at)
        at = data.find(mark, at + 1)
    return rng.choice(found) + rng.randrange(4, 64) if found else rng.randrange(len(data) + 1)


def _number(data: bytearray, at: int, rng: random.Random) -> None:
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice((*NUMBERS, rng.randrange(len(data) + 1)))
    data[at : at + size] = struct.pack("<Q", value)[:size]


def of_json(value: Any, rng: random.Random) -> Any:
    """Some values replaced, keys taken away, items doubled, moved or swapped."""
    made = json.loads(json.dumps(value))
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(made))
        holder, key = rng.choice(places)
        act = rng.randrange(6)
        if act == 0 and isinstance(holder, list):
            holder.insert(rng.randrange(len(holder) + 1), holder[key])
        elif act == 1:
            del holder[key]
        elif act == 2:
            other, place = rng.choice(places)
            if place in other if isinstance(other, dict) else place < len(other):
                holder[key] = json.loads(json.dumps(other[place]))
        elif act == 3 and isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
            holder[key] = rng.choice((holder[key] + 1, holder[key] - 1, -holder[key], holder[key] * 2, 0))
        else:
            holder[key] = rng.choice(VALUES)
        if not any(True for _ in _places(made)):
            break
    return made


def _places(value: Any) -> Any:
    """Everything inside, as what holds it and its key."""
    pending = [value]
    while pending:
        holder = pending.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder))
        for key in list(keys):
            yield holder, key
            if isinstance(holder[key], (dict, list)):
                pending.append(holder[key])


def _many_layers() -> bytes:
    """A chain of layers of many kinds, none of which has arrays."""
    kinds = {
        "Conv1D": {"filters": 3, "kernel_size": 2},
        "ZeroPadding1D": {"padding": [1, 2]},
        "AveragePooling1D": {"pool_size": 2, "strides": 1, "padding": "same"},
        "LeakyReLU": {"negative_slope": 0.25},
        "Permute": {"dims": [2, 1]},
        "Reshape": {"target_shape": [-1, 2]},
        "UpSampling1D": {"size": 2},
        "Flatten": {},
        "Activation": {"activation": "gelu"},
        "RepeatVector": {"n": 3},
        "GlobalMaxPooling1D": {"keepdims": False},
        "Softmax": {"axis": -1},
    }
    chain = [layer(f"of_{name.lower()}", name, **config) for name, config in kinds.items() if name != "Conv1D"]
    return small_model(chain, shape=(8, 2))


def _keras(change: Callable[[dict[str, bytes], random.Random], object]) -> Callable[[random.Random], Craft]:
    def make(rng: random.Random) -> Craft:
        parts = dict(members(rng.choice((tiny(), tiny(), _many_layers(), _dense()))))
        change(parts, rng)
        return Craft({"m.keras": zipped(parts, rng.choice((0, 0, 0, 8)))}, "m.keras")

    return make


def _dense() -> bytes:
    from hostile_bases import DENSE

    return small_model([dense()], DENSE)


def _config(parts: dict[str, bytes], rng: random.Random) -> None:
    parts["config.json"] = json.dumps(of_json(json.loads(parts["config.json"]), rng)).encode()


def _text(parts: dict[str, bytes], rng: random.Random) -> None:
    name = rng.choice(("config.json", "config.json", "metadata.json"))
    parts[name] = of_bytes(parts[name], rng)


def _weights(parts: dict[str, bytes], rng: random.Random) -> None:
    parts[WEIGHTS] = of_bytes(parts[WEIGHTS], rng)


def _zip(rng: random.Random) -> Craft:
    return Craft({"m.keras": of_bytes(tiny(), rng)}, "m.keras")


def _legacy(rng: random.Random) -> Craft:
    name = rng.choice(sorted(path.stem for path in KERAS_2.glob("*.h5")))
    return Craft({"m.h5": of_bytes(legacy(name), rng)}, "m.h5")


def _legacy_config(rng: random.Random) -> Craft:
    """Another configuration in a file of Keras 2, in the place of the old one."""
    content = legacy(rng.choice(("image", "nested", "text")))
    start = content.find(b'{"class_name"')
    end = content.find(b"\0", start)
    new = json.dumps(of_json(json.loads(content[start:end]), rng)).encode()
    if len(new) > end - start:
        new = new[: end - start]
    return Craft({"m.h5": content[:start] + new.ljust(end - start) + content[end:]}, "m.h5")


def _weights_alone(rng: random.Random) -> Craft:
    """Weights beside the JSON of their model, one of which is changed."""
    parts = members(tiny())
    weights, config = parts[WEIGHTS], parts["config.json"]
    if rng.random() < 0.5:
        weights = of_bytes(weights, rng)
    else:
        config = json.dumps(of_json(json.loads(config), rng)).encode()
    return Craft({"m.weights.h5": weights, "m.json": config}, "m.weights.h5", config="m.json")


def _shards(rng: random.Random) -> Craft:
    """Weights in two files and an index of them."""
    from hostile_bases import edited

    parts = members(tiny())
    first = edited(parts[WEIGHTS], lambda file: file["layers"].__delitem__("dense"))
    second = edited(
        parts[WEIGHTS], lambda file: [file["layers"].__delitem__(n) for n in file["layers"] if n != "dense"]
    )
    index = {
        "metadata": {"total_size": 1},
        "weight_map": {"/layers/conv2d/vars": ["a.h5"], "/layers/dense/vars": "b.h5"},
    }
    files = {
        "a.h5": first,
        "b.h5": second,
        "m.weights.json": json.dumps(index).encode(),
        "m.json": parts["config.json"],
    }
    if rng.random() < 0.3:
        files["m.weights.json"] = json.dumps(of_json(index, rng)).encode()
    else:
        name = rng.choice(("a.h5", "b.h5", "m.weights.json"))
        files[name] = of_bytes(files[name], rng)
    return Craft(files, "m.weights.json", config="m.json")


KINDS: dict[str, tuple[int, Callable[[random.Random], Craft]]] = {
    "config": (30, _keras(_config)),
    "text": (8, _keras(_text)),
    "weights": (20, _keras(_weights)),
    "zip": (10, _zip),
    "keras-2": (14, _legacy),
    "keras-2-config": (10, _legacy_config),
    "weights-alone": (5, _weights_alone),
    "shards": (3, _shards),
}
