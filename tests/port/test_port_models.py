"""Whole models of every structure and file kind: each layer equal to Keras's in float64."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras_models
import numpy as np
import pytest
import torch
from altered import altered
from keras_models import HOSTILE_NAMES, MODELS

from equivalence import Ported, port
from equivalence.errors import Refused
from equivalence.keras_side import KerasFailed, KerasProcess
from equivalence.verification.compare import compare

KERAS2 = Path(__file__).parent.parent / "formats" / "keras2"


def draw(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [random.normal(size=shape).astype(np.float32) for shape in shapes]


def every_layer_is_equal(ported: Ported) -> bool:
    """That the report says so, of each layer that was written and of no fewer."""
    report = ported.report
    assert report.verified, report.because
    assert {row["path"] for row in report.layers} == {call.path for call in report.emitted}
    return all(row["equal"] and row["max_rel"] <= 1e-9 for row in report.layers)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_keras_3(
    name: str, ending: str, saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    assert every_layer_is_equal(verified(saved(MODELS[name], ending)))


def test_operators_of_a_functional_model(saved: Callable[..., Path], verified: Callable[..., Ported]) -> None:
    """In `.keras` alone: Keras itself cannot read what it writes of them to `.h5`."""
    assert every_layer_is_equal(verified(saved(keras_models.operators)))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_channels_first_model(
    ending: str, saved: Callable[..., Path], verified: Callable[..., Ported], keras_on_torch: KerasProcess
) -> None:
    ported = verified(saved(keras_models.channels_first, ending), keras_on_torch)
    assert every_layer_is_equal(ported)
    assert "permute" not in ported.source and "transpose" not in ported.source


def test_open_sizes_that_come_back_after_a_way_down_and_up(
    saved: Callable[..., Path], verified: Callable[..., Ported]
) -> None:
    assert every_layer_is_equal(verified(saved(keras_models.down_and_up)))


@pytest.mark.parametrize("name", ["image", "stateful", "attending", "mixed"])
def test_a_file_of_keras_2(name: str, verified: Callable[..., Ported]) -> None:
    """Keras 3 loads them, some without keys that it takes no more."""
    assert every_layer_is_equal(verified(KERAS2 / f"{name}.h5"))


def test_a_key_of_keras_2_that_means_something_is_not_left_out(tmp_path: Path, keras_process: KerasProcess) -> None:
    path = tmp_path / "attending.h5"
    path.write_bytes((KERAS2 / "attending.h5").read_bytes())
    with h5py.File(path, "a") as file:
        found = file.attrs["model_config"]
        assert '"time_major": false' in found
        file.attrs["model_config"] = found.replace('"time_major": false', '"time_major": true', 1)
    np.savez(tmp_path / "inputs.npz", np.zeros((2, 6, 5), np.float32))
    with pytest.raises(KerasFailed, match="time_major"):
        keras_process.call(
            "run_model", path=path, inputs=tmp_path / "inputs.npz", dtype="float64", out_dir=tmp_path, layers=False
        )


@pytest.mark.parametrize(
    "size", [(24, 24), (24, 31), (37, 26), (33, 47), (41, 41)], ids=lambda size: "x".join(map(str, size))
)
def test_open_sizes_at_odd_and_even_ones(
    size: tuple[int, int], saved: Callable[..., Path], truth: Callable[..., Any], keras_process: KerasProcess
) -> None:
    path = saved(keras_models.open_sizes)
    ported = port(path, verify=False)
    ported.module.double()
    images = draw((3, *size, 3))
    assert compare(ported.predict(*images), truth(keras_process, path, *images)).equal


@pytest.mark.parametrize("make", [keras_models.lists, keras_models.dictionaries, keras_models.shared])
def test_predict_takes_and_gives_keras_s_structure_and_layout(
    make: Callable[[], Any], saved: Callable[..., Path], truth: Callable[..., Any], keras_process: KerasProcess
) -> None:
    path = saved(make)
    ported = port(path, verify=False)
    ported.module.double()
    inputs = draw(*((5, *spec.shape[1:]) for spec in ported.graph.specs.values()))
    assert compare(ported.predict(*inputs), truth(keras_process, path, *inputs)).equal
    with pytest.raises(ValueError, match=f"takes {len(inputs)} inputs, {len(inputs) + 1} were given"):
        ported.predict(*inputs, inputs[0])


def test_a_live_model_goes_the_way_of_its_file(saved: Callable[..., Path]) -> None:
    import keras

    path = saved(keras_models.nested)
    live = port(keras.saving.load_model(path))
    assert every_layer_is_equal(live)
    assert live.source == port(path, verify=False).source


def test_a_model_that_was_never_built_is_refused() -> None:
    import keras

    with pytest.raises(Refused, match="never"):
        port(keras.Sequential([keras.layers.Dense(3)], name="unbuilt"))


def test_a_port_takes_no_other_thing() -> None:
    with pytest.raises(TypeError, match=r"a path or a keras\.Model, not int"):
        port(3)


def test_names_that_are_no_identifiers_stand_in_one_table(saved: Callable[..., Path]) -> None:
    ported = port(saved(keras_models.hostile_names), verify=False)
    tree = ast.parse(ported.source)
    (table,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "KERAS_NAMES"
    )
    names = ast.literal_eval(table)
    assert set(names.values()) == set(HOSTILE_NAMES)
    without = ported.source.replace(ast.get_source_segment(ported.source, table), "")
    odd = [name for name in HOSTILE_NAMES if re.search(r"\W", name, re.ASCII) and name != '"""']
    assert not [name for name in odd if name in without]
    attributes = {name.partition(".")[2] for name in names}
    assert attributes == set(dict(ported.module.named_children()))
    assert not [name for name in attributes if hasattr(torch.nn.Module(), name)]


def test_a_frozen_layer_is_named_and_trains_no_less(saved: Callable[..., Path]) -> None:
    ported = port(saved(keras_models.frozen), verify=False)
    assert "Frozen in Keras (trainable=False), trainable here: 2 layers (a_conv, a_norm)." in ported.source
    assert all(parameter.requires_grad for parameter in ported.module.parameters())


def test_a_model_that_needs_more_than_is_tried_is_not_verified(tmp_path: Path) -> None:
    import keras

    image = keras.Input((None, None, 3))
    keras.Model(image, keras.layers.Conv2D(2, 400)(image)).save(tmp_path / "wide.keras")
    ported = port(tmp_path / "wide.keras")
    assert ported.report.verified is None
    assert "does not run on inputs of shape (2, 299, 310, 3)" in ported.report.because


def test_a_model_that_cannot_run_is_refused(saved: Callable[..., Path], tmp_path: Path) -> None:
    """A batch thinned out by a crafted slice joins with a whole one while both are empty, and never again."""

    def every_second_image(config: dict[str, Any], weights: Any) -> None:
        (slices,) = (item for item in config["config"]["layers"] if item["class_name"] == "GetItem")
        slices["inbound_nodes"][0]["args"][1][0]["config"]["step"] = 2

    bad = altered(saved(keras_models.operators), tmp_path / "bad.keras", every_second_image)
    with pytest.raises(Refused, match=r"bad\.keras: the port does not run on inputs of shape \(2, 8, 9, 3\)"):
        port(bad)
