"""Bad input, by the command line: exit code 2, one sentence with file, layer and value, nothing written or run."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import keras_models
import numpy as np
import pytest
from altered import Change, altered, layer

from equivalence import port
from equivalence.cli import main
from equivalence.emit.guard import check_source
from equivalence.errors import Refused

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[Path], str]:
    """The one line that the command says of a file; nothing else may have happened."""

    def refuse(path: Path) -> str:
        out = tmp_path / "out"
        assert main(["port", str(path), "-o", str(out), "--no-verify"]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and not out.exists()
        assert (
            printed.err.startswith("equivalence: ") and printed.err.count("\n") == 1 and "unexpected" not in printed.err
        )
        assert path.name in printed.err
        return printed.err

    return refuse


def setting(name: str, key: str, value: Any) -> Change:
    def change(config: dict[str, Any], weights: h5py.File) -> None:
        assert key in layer(config, name)["config"]
        layer(config, name)["config"][key] = value

    return change


def class_of(name: str, cls: str, module: str = "keras.layers", registered: str | None = None) -> Change:
    def change(config: dict[str, Any], weights: h5py.File) -> None:
        layer(config, name).update(class_name=cls, module=module, registered_name=registered)

    return change


def stored(path: str, value: np.ndarray | None) -> Change:
    """Another array under this path of the weights, or none."""

    def change(config: dict[str, Any], weights: h5py.File) -> None:
        del weights[path]
        if value is not None:
            weights[path] = value

    return change


def renamed(config: dict[str, Any], weights: h5py.File) -> None:
    hidden = layer(config, "hidden")
    hidden["name"] = hidden["config"]["name"] = "classes"


def cyclic(config: dict[str, Any], weights: h5py.File) -> None:
    layer(config, "stem_conv")["inbound_nodes"] = layer(config, "pool")["inbound_nodes"]


KERNEL = "layers/dense/vars/0"

#: What is done to the file of `keras_models.functional`, and what the sentence must hold.
BAD: dict[str, tuple[Change, tuple[str, ...]]] = {
    "missing-weight": (stored(KERNEL, None), (repr(KERNEL),)),
    "other-shape": (
        stored(KERNEL, np.zeros((59, 11), np.float32)),
        ("layer 'hidden'", "kernel", "(59, 11)", "(11, 60)"),
    ),
    "turned-weight": (stored(KERNEL, np.zeros((11, 60), np.float32)), ("layer 'hidden'", "kernel", "(11, 60)")),
    "one-array-more": (
        lambda config, weights: weights.create_dataset("layers/dense/vars/2", data=np.zeros(3)),
        ("layer 'hidden'", "3"),
    ),
    "unknown-layer": (class_of("stem_relu", "Activated"), ("layer 'stem_relu'", "keras.layers.Activated", "register")),
    "registered-layer": (class_of("sum", "Add", "mine", "mine>Add"), ("layer 'sum'", "mine>Add", "register")),
    "name-twice": (renamed, ("'classes'",)),
    "cycle": (cyclic, ("functional", "cyclic")),
    "activation": (setting("hidden", "activation", "tanhh"), ("layer 'hidden'", "tanhh")),
    "padding": (setting("stem_conv", "padding", "sam"), ("layer 'stem_conv'", "padding='sam'")),
    "strides": (setting("stem_conv", "strides", [2, "2"]), ("layer 'stem_conv'", "strides=[2, '2']")),
    "groups": (setting("stem_conv", "groups", 2), ("layer 'stem_conv'",)),
    "units": (setting("hidden", "units", -11), ("layer 'hidden'", "units=-11")),
    "other-units": (setting("hidden", "units", 12), ("layer 'hidden'", "kernel", "(60, 11)")),
    "epsilon": (setting("stem_norm", "epsilon", float("nan")), ("layer 'stem_norm'", "epsilon=nan")),
    "axis": (setting("stem_norm", "axis", 7), ("layer 'stem_norm'",)),
    "unknown-key": (
        lambda config, weights: layer(config, "hidden")["config"].update(sharpness=3),
        ("layer 'hidden'", "sharpness=3"),
    ),
    "unknown-precision": (setting("hidden", "dtype", "float128"), ("layer 'hidden'", "float128", "float32")),
    "input-dtype": (setting("image", "dtype", "complex7"), ("image", "complex7")),
    "sparse-input": (setting("image", "sparse", True), ("input 'image'", "sparse=True", "give it dense ones")),
    "ragged-input": (setting("image", "ragged", True), ("input 'image'", "ragged=True", "pad the rows")),
    "optional-input": (setting("image", "optional", True), ("input 'image'", "optional=True", "without this input")),
}


@pytest.mark.parametrize(("change", "parts"), BAD.values(), ids=BAD)
def test_an_altered_model(
    change: Change, parts: tuple[str, ...], saved: Callable[..., Path], tmp_path: Path, refusal: Callable[[Path], str]
) -> None:
    said = refusal(altered(saved(keras_models.functional), tmp_path / "bad.keras", change))
    assert [part for part in parts if part not in said] == []


def test_a_layer_of_one_s_own(tmp_path: Path, refusal: Callable[[Path], str]) -> None:
    @keras.saving.register_keras_serializable("mine")
    class Doubled(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs * 2

    keras.Sequential([keras.Input((3,)), Doubled(name="twice")]).save(tmp_path / "own.keras")
    said = refusal(tmp_path / "own.keras")
    assert "layer 'twice' (Doubled)" in said and "'mine>Doubled'" in said and "register" in said


@pytest.mark.parametrize(
    ("name", "why", "instead"),
    [
        ("LocallyConnected2D", "its kernel is another one at each place", "a module of your own in its place"),
        ("TensorFlowOpLayer", "it holds a node of a TensorFlow graph", "build the model anew with keras.ops"),
    ],
)
def test_a_layer_that_keras_2_alone_had(
    name: str, why: str, instead: str, saved: Callable[..., Path], tmp_path: Path, refusal: Callable[[Path], str]
) -> None:
    old = tmp_path / "old.h5"
    old.write_bytes(saved(keras_models.functional, ".h5").read_bytes())
    with h5py.File(old, "a") as file:
        config = json.loads(file.attrs["model_config"])
        hidden = layer(config, "hidden")
        hidden.update(class_name=name, module=None, registered_name=None)
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = file["model_weights"].attrs["keras_version"] = "2.3.1"
    said = refusal(old)
    assert f"layer 'hidden' ({name}): no entry translates its class '{name}': {why}" in said and instead in said


def test_a_weights_only_file(tmp_path: Path, refusal: Callable[[Path], str]) -> None:
    keras_models.sequential().save_weights(tmp_path / "only.weights.h5")
    assert "weights" in refusal(tmp_path / "only.weights.h5")


def test_keras_1_is_refused_by_name(saved: Callable[..., Path], tmp_path: Path, refusal: Callable[[Path], str]) -> None:
    old = tmp_path / "old.h5"
    old.write_bytes(saved(keras_models.functional, ".h5").read_bytes())
    with h5py.File(old, "a") as file:
        file.attrs["keras_version"] = file["model_weights"].attrs["keras_version"] = "1.2.2"
    assert "Keras 1" in refusal(old)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_lambda_is_not_run(ending: str, tmp_path: Path, refusal: Callable[[Path], str]) -> None:
    """Its code, were it run, would make a file; Keras's own reader with safe_mode off shows that it does."""
    canary = tmp_path / "canary"
    harm = eval(f"lambda x: (open({str(canary)!r}, 'w').close(), x)[1]")
    image = keras.Input((3,))
    keras.Model(image, keras.layers.Lambda(harm, name="harmful")(image)).save(tmp_path / f"harm{ending}")
    canary.unlink()
    said = refusal(tmp_path / f"harm{ending}")
    assert "layer 'harmful' (Lambda)" in said and "keras.ops" in said
    assert not canary.exists()
    keras.saving.load_model(tmp_path / f"harm{ending}", safe_mode=False)
    assert canary.exists()


# -- what a hostile author would write ---------------------------------------------------------


def places(structure: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a configuration."""
    items = (
        structure.items()
        if isinstance(structure, dict)
        else enumerate(structure)
        if isinstance(structure, list)
        else ()
    )
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def put(structure: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        structure = structure[key]
    structure[path[-1]] = value


@pytest.mark.parametrize("make", [keras_models.functional, keras_models.dictionaries, keras_models.operators])
def test_nothing_written_anywhere_in_a_configuration_becomes_code(
    make: Callable[[], Any], saved: Callable[..., Path], tmp_path: Path
) -> None:
    """Each value of the configuration in turn is code, a huge or an odd one: a port of safe source, or one sentence."""
    canary, bad = tmp_path / "canary", tmp_path / "bad.keras"
    touch = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    values = [
        touch, f'"""\n{touch}\n"""', f"x)\n    {touch}\n    (x", "\\", "{self}", "", 10**30, -1, 0, 1e308, float("nan"),
        True, None, [], {}, [[1, 2], [3]],
    ]  # fmt: skip
    found: list[tuple[Any, ...]] = []
    altered(saved(make), bad, lambda config, weights: found.extend(places(config)))
    chosen = random.Random(4)
    refused = 0
    for path in chosen.sample(found, 150):
        value = chosen.choice(values)
        altered(saved(make), bad, lambda config, weights, path=path, value=value: put(config, path, value))
        try:
            check_source(port(bad, verify=False).source)
        except Refused as error:
            assert str(error).startswith("bad.keras") and "\n" not in str(error), (path, value)
            refused += 1
        assert not canary.exists(), (path, value)
    assert refused > 40


ABSURD: dict[str, Change] = {
    "units": setting("hidden", "units", 10**12),
    "filters": setting("stem_conv", "filters", 10**9),
    "kernel": setting("stem_conv", "kernel_size", [10**9, 10**9]),
    "strides": setting("stem_conv", "strides", [10**9, 10**9]),
    "shape": setting("image", "batch_shape", [None, 10**9, 10**9, 3]),
    "channels": setting("image", "batch_shape", [None, 13, 10, 10**9]),
    "multiplier": setting("separable", "depth_multiplier", 10**9),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is counted in other units elsewhere")
def test_absurd_sizes_end_soon_and_take_no_memory(saved: Callable[..., Path], tmp_path: Path) -> None:
    """All in one process, whose peak memory is then that of its imports and little more."""
    script = (
        "import json, resource, sys\n"
        "from equivalence import port\nfrom equivalence.cli import main\n"
        "port(sys.argv[1], verify=False)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "codes = [main(['port', path, '-o', 'out', '--no-verify']) for path in sys.argv[2:]]\n"
        "print(json.dumps([codes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))\n"
    )
    good = saved(keras_models.functional)
    paths = [altered(good, tmp_path / f"{name}.keras", change) for name, change in ABSURD.items()]
    done = subprocess.run(
        [sys.executable, "-c", script, str(good), *map(str, paths)],
        capture_output=True, text=True, check=True, cwd=tmp_path, timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    codes, kibibytes = json.loads(done.stdout.splitlines()[-1])
    assert codes == [2] * len(ABSURD), done.stderr
    assert done.stderr.count("\n") == len(ABSURD) and "unexpected" not in done.stderr
    assert kibibytes < 100 * 1024
    assert not (tmp_path / "out").exists()
