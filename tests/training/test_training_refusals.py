"""What `port --training` refuses: one sentence, exit 2, nothing written, and that the forward port is to be had."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from altered import altered

from equivalence.cli import main

Change = Callable[[dict[str, Any], h5py.File], None]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model after a step of Adam."""
    inputs = keras.Input((4,), name="x")
    outputs = keras.layers.Dense(3, kernel_regularizer="l2", name="out")(inputs)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.25), "mse")
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 3)))
    path = tmp_path_factory.mktemp("trained") / "net.keras"
    model.save(path)
    model.save(path.with_suffix(".h5"))
    return path


def compile_of(**parts: Any) -> Change:
    return lambda config, file: config["compile_config"].update(parts)


def setting(**parts: Any) -> Change:
    return lambda config, file: config["compile_config"]["optimizer"]["config"].update(parts)


def of_layer(**parts: Any) -> Change:
    return lambda config, file: config["config"]["layers"][1]["config"].update(parts)


def not_compiled(config: dict[str, Any], file: h5py.File) -> None:
    config["compile_config"] = None


def array_less(config: dict[str, Any], file: h5py.File) -> None:
    del file["optimizer/vars/5"]


def other_shape(config: dict[str, Any], file: h5py.File) -> None:
    del file["optimizer/vars/2"]
    file["optimizer/vars/2"] = np.zeros((3, 4), "float32")


def no_number(config: dict[str, Any], file: h5py.File) -> None:
    del file["optimizer/vars/0"]
    file["optimizer/vars/0"] = np.zeros(7, "int64")


def own(name: str, module: str = "mine") -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": {}, "registered_name": f"{module}>{name}"}


def of_keras_2(path: Path) -> Path:
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            file.attrs["keras_version"] = b"2.15.0"
        return path
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = members["metadata.json"].replace(b'"keras_version": "3.', b'"keras_version": "2.')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


#: What is done to the file, and what the sentence says.
REFUSED = {
    "not-compiled": (not_compiled, "holds no compiled model"),
    "own-loss": (compile_of(loss=own("MyLoss")), "the loss 'mine>MyLoss' is of somebody's own"),
    "own-loss-of-a-known-name": (
        compile_of(loss={"class_name": "MeanSquaredError", "config": {}, "registered_name": "mine>MeanSquaredError"}),
        "the loss 'mine>MeanSquaredError' is of somebody's own",
    ),
    "own-function": (
        compile_of(loss={"module": "builtins", "class_name": "function", "config": "my_loss", "registered_name": "f"}),
        "the loss 'my_loss' is none of keras.losses",
    ),
    "no-loss": (compile_of(loss=None), "was compiled without a loss"),
    "loss-of-no-output": (compile_of(loss={"other": "mse"}), "the loss names 'other', which is no output"),
    "weights-no-numbers": (compile_of(loss_weights=["many"]), "loss_weights hold 'many'"),
    "own-metric": (compile_of(metrics=[own("MyMetric")]), "the metric 'mine>MyMetric' is of somebody's own"),
    "own-optimizer": (compile_of(optimizer=own("MyAdam")), "the optimizer 'mine>MyAdam' is of somebody's own"),
    "unknown-schedule": (
        setting(learning_rate=own("Warmup")),
        "learning_rate='mine>Warmup' is no schedule that an entry translates",
    ),
    "unknown-setting": (setting(sharpness=3), "sharpness=3 is a setting that this translation does not know"),
    "infinite-rate": (setting(learning_rate=float("inf")), "learning_rate=inf should be a finite number"),
    "own-regularizer": (of_layer(kernel_regularizer=own("Mine")), "the regularizer of layer 'out' 'mine>Mine'"),
    "own-activity": (of_layer(activity_regularizer=own("Mine")), "the activity_regularizer of layer 'out' 'mine>Mine'"),
    "array-less": (array_less, "the optimizer Adam keeps 5 arrays, where 2 trained weights have 6"),
    "other-shape": (other_shape, "momentum of out/kernel, has shape (3, 4) and not (4, 3)"),
    "no-number": (no_number, "should be one number, its step"),
    "settings-of-another": (setting(amsgrad=True), "keeps 6 arrays, where 2 trained weights have 8"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_it_says_what_in_one_sentence_and_writes_nothing(
    which: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    change, says = REFUSED[which]
    file = altered(trained, tmp_path / "net.keras", change)
    assert main(["port", str(file), "--training", "--no-verify", "-o", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line.replace("\\'", "'") and "net.keras" in line
    assert line.endswith("without --training the model can be ported all the same")
    assert not (tmp_path / "out").exists() or not [*(tmp_path / "out").iterdir()]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_the_state_of_keras_2_lies_in_another_order(
    ending: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    file = of_keras_2(shutil.copy(trained.with_suffix(ending), tmp_path / f"net{ending}"))
    assert main(["port", str(file), "--training", "--no-verify", "-o", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"net{ending} has the state of an optimizer of Keras '2." in line
    assert "lies in another order than that of Keras 3: save it with include_optimizer=False" in line
    assert line.endswith("without --training the model can be ported all the same")


def test_without_training_none_of_it_is_read(trained: Path, tmp_path: Path) -> None:
    def spoilt(config: dict[str, Any], file: h5py.File) -> None:
        config["compile_config"] = {"optimizer": own("MyAdam"), "loss": own("MyLoss")}
        array_less(config, file)

    file = altered(trained, tmp_path / "net.keras", spoilt)
    assert main(["port", str(file), "--no-verify", "-o", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "net.py", "net.report.json", "net.safetensors"
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def no_traceback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("EQUIVALENCE_TRACEBACK", raising=False)
    yield
