"""JSON and configurations: what is deep, large, of another type, or would be code if anybody ran it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from hostile_bases import DENSE, Craft, dense, layer, model_of, small_model, with_config, with_members


def _config(text: bytes) -> bytes:
    return with_members(lambda parts: parts.update({"config.json": text}))


RAW: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is no JSON"),
    "a-list": (lambda: b"[]", "should be an object"),
    "a-number": (lambda: b"1", "should be an object"),
    "nothing": (lambda: b"null", "should be an object"),
    "no-text": (lambda: b"\xff\xfe\x00", "is no JSON"),
    "utf-16": (lambda: "{}".encode("utf-16"), "is no JSON"),
    "two-objects": (lambda: b"{}{}", "is no JSON"),
    "cut": (lambda: b'{"class_name": "Seq', "is no JSON"),
    "deep-lists": (lambda: b"[" * 1_000_000, "nested deeper"),
    "deep-objects": (lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper"),
    "deeper-than-allowed": (lambda: b'{"a":' * 200 + b"1" + b"}" * 200, "--allow json-depth=N"),
    "wide-lists": (lambda: b"[" + b"[]," * 4_000_000 + b"1]", "--allow json-values=N"),
    "wide-objects": (lambda: b"[" + b'{"":0},' * 2_000_000 + b"1]", "--allow json-values=N"),
    "wide-numbers": (lambda: b"[" + b"1," * 5_000_000 + b"1]", "--allow json-values=N"),
    "long": (lambda: b'{"a": "' + b"x" * (17 << 20) + b'"}', "--allow json-bytes=N"),
    "long-number": (lambda: b'{"a": ' + b"9" * 100_000 + b"}", "JSON"),
    "large-exponent": (lambda: b'{"class_name": 1e999999999}', "class_name"),
    "not-a-number": (lambda: b'{"class_name": NaN}', "class_name"),
    "null-character": (lambda: b'{"class_name": "a\x00b"}', "is no JSON"),
    "lone-surrogate": (lambda: b'{"class_name": "\\ud800", "config": {}}', "subclassed"),
    "same-key-twice": (lambda: b'{"class_name": "Sequential", "class_name": "os.system", "config": {}}', "subclassed"),
}
#: What each value of a configuration is replaced by.
OTHER = [None, True, -1, 0, 2**63, 10**400, 1.5, float("nan"), float("inf"), "", "x" * 5000, [], [[]], {}, {"a": {}}]
#: Places in the configuration of the model.
PLACES: list[tuple[Any, ...]] = [
    ("class_name",),
    ("config",),
    ("config", "layers"),
    ("config", "layers", 1),
    ("config", "layers", 1, "class_name"),
    ("config", "layers", 1, "config"),
    ("config", "layers", 1, "inbound_nodes"),
    ("config", "layers", 0, "config", "batch_shape"),
    ("config", "layers", 0, "config", "dtype"),
    ("config", "layers", 1, "config", "scale"),
    ("config", "layers", 2, "config", "name"),
    ("config", "layers", 2, "config", "filters"),
    ("config", "layers", 2, "config", "kernel_size"),
    ("config", "layers", 2, "config", "strides"),
    ("config", "layers", 2, "config", "activation"),
    ("config", "layers", 2, "config", "dtype"),
    ("config", "layers", 3, "config", "axis"),
    ("config", "layers", 3, "config", "epsilon"),
    ("config", "input_layers"),
    ("config", "output_layers"),
]


def _replaced(place: tuple[Any, ...], value: Any) -> bytes:
    def change(config: dict[str, Any]) -> None:
        target: Any = config
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = value

    return with_config(change)


def _activation(cls: str, module: str | None, config: Any, registered: str | None = None) -> bytes:
    """A Dense whose activation is an object of that class."""
    held = {"module": module, "class_name": cls, "config": config, "registered_name": registered}
    return small_model([{**dense(), "config": {**dense()["config"], "activation": held}}], DENSE)


CODE = "__import__('os').system('touch {canary}')"
#: Classes that run something where Keras, or anybody, makes them of what stands in a file.
RUNS: dict[str, tuple[str, str | None, Any]] = {
    "lambda": ("__lambda__", None, {"value": CODE}),
    "lambda-code": ("function", "builtins", {"code": "YWJj", "defaults": None, "closure": None}),
    "os-system": ("system", "os", CODE),
    "builtins-eval": ("eval", "builtins", CODE),
    "builtins-exec": ("exec", "builtins", CODE),
    "subprocess": ("Popen", "subprocess", {"args": ["touch", "{canary}"]}),
    "pickle": ("loads", "pickle", "Y29zCnN5c3RlbQo="),
    "keras-get-file": ("get_file", "keras.utils", {"fname": "x", "origin": "http://127.0.0.1:9/x"}),
    "keras-load-model": ("load_model", "keras.saving", {"filepath": "/tmp/x.keras"}),
    "keras-unsafe": ("enable_unsafe_deserialization", "keras.config", {}),
    "torch-wrapper": ("TorchModuleWrapper", "keras.layers", {"module": "gASVabc="}),
    "saved-model": ("TFSMLayer", "keras.layers", {"filepath": "/tmp/saved_model", "call_endpoint": "serve"}),
    "numpy-load": ("load", "numpy", {"file": "/tmp/x.npy", "allow_pickle": True}),
}


def _as_layer(cls: str, module: str | None, config: Any) -> bytes:
    held = layer("evil", cls, module or "")
    held["config"] = {**(config if isinstance(config, dict) else {"function": config}), "name": "evil"}
    return small_model([dense(), held], DENSE)


def _lambda_layer(function: Any) -> bytes:
    return small_model([dense(), layer("evil", "Lambda", function=function, arguments={})], DENSE)


def _doubling(depth: int) -> bytes:
    """A model that calls a model twice, which calls one twice, and so on."""
    inner: dict[str, Any] = dense("at0", units=4)
    for level in range(1, depth + 1):
        inner = _calls_twice(inner, level)
    return model_of(inner, {"layers/functional/x": [0.0]} if depth < 0 else None)


def _tensor(name: str, node: int) -> dict[str, Any]:
    held = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, node, 0]}
    return {"class_name": "__keras_tensor__", "config": held}


def _calls_twice(inner: dict[str, Any], level: int) -> dict[str, Any]:
    given = {**layer("given", "InputLayer", batch_shape=[None, 4]), "name": "given", "inbound_nodes": []}
    name = inner["config"]["name"]
    own = {
        **inner,
        "name": name,
        "inbound_nodes": [{"args": [_tensor("given", 0)], "kwargs": {}}, {"args": [_tensor(name, 0)], "kwargs": {}}],
    }
    last = 2 if inner["class_name"] == "Functional" else 1
    config = {
        "name": f"at{level}",
        "trainable": True,
        "layers": [given, own],
        "input_layers": [["given", 0, 0]],
        "output_layers": [[name, last, 0]],
    }
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}


#: Names that would be something else in the emitted source.
NAMES = [
    "import os",
    "__init__",
    "self",
    "class",
    'a"""\nimport os\nos.system("touch {canary}")\n"""',
    "'); import os; os.system('touch {canary}') #",
    "${canary}",
    "{canary!r}",
    "\u202eright to left",
    "ｆｕｌｌ",
    "\x00",
    "a\nb",
    "é" * 300,
    "x" * 100_000,
    "forward",
    "__class__",
]


def crafts() -> Iterator[tuple[str, Craft]]:
    """Each with its name."""
    for name, (make, says) in RAW.items():
        yield f"text-{name}", Craft({"m.keras": _config(make())}, "m.keras", says)
    for place in PLACES:
        for index, value in enumerate(OTHER):
            yield f"{'.'.join(map(str, place))}-{index}", Craft({"m.keras": _replaced(place, value)}, "m.keras")
    for name, (cls, module, config) in RUNS.items():
        yield f"activation-{name}", Craft({"m.keras": _activation(cls, module, config)}, "m.keras", "m.keras")
        yield f"layer-{name}", Craft({"m.keras": _as_layer(cls, module, config)}, "m.keras", "m.keras")
    yield "lambda-layer", Craft({"m.keras": _lambda_layer({"class_name": "__lambda__", "config": {}})}, "m.keras", "m")
    yield "lambda-name", Craft({"m.keras": _lambda_layer("os.system")}, "m.keras", "m.keras")
    for index, name in enumerate(NAMES):
        yield f"name-{index}", Craft({"m.keras": small_model([dense(name)], DENSE)}, "m.keras")
    for depth in (16, 30):
        yield f"doubling-{depth}", Craft({"m.keras": _doubling(depth)}, "m.keras", "--allow layer-calls=N")
    for value in ("3", 3, [], {}, "1.2.3", "x" * 9999):
        text = json.dumps({"keras_version": value}).encode()
        content = with_members(lambda parts, text=text: parts.update({"metadata.json": text}))
        yield f"version-{ascii(value)[:12]}", Craft({"m.keras": content}, "m.keras")
