"""A dry run says of every layer what would become of it; a port that is refused names all that is missing."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest
from keras import layers

from equivalence import Refused, dry_run, port
from equivalence.cli import main


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A model with three layers that nothing translates, one of them in a nested model."""
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, padding="same", name="conv")(x)
    y = layers.Lambda(lambda t: t * 2, output_shape=(8, 8, 4), name="twice")(y)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.GlobalAveragePooling2D(name="pool")(y)
    inner = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, name="dense"),
            layers.Lambda(lambda t: t, name="same"),
            layers.Dense(2, name="last"),
        ],
        name="inner",
    )
    y = layers.Lambda(lambda t: t + 1, output_shape=(2,), name="more")(inner(y))
    keras.Model(x, layers.Dense(1, name="head")(y)).save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_every_layer_has_its_standing(path: Path) -> None:
    standing = {row.path: row.standing for row in dry_run(path).layers}
    assert standing == {
        "conv": "exact",
        "twice": "unsupported",
        "norm": "exact",
        "pool": "exact",
        "inner/dense": "exact",
        "inner/same": "unsupported",
        "inner/last": "not looked at",
        "more": "unsupported",
        "head": "exact",
    }


def test_the_port_names_all_that_is_missing(path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        port(path)
    lines = str(refusal.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["model.keras"] * 3
    for name, line in zip(("twice", "inner/same", "more"), lines, strict=True):
        assert f"layer '{name}' (Lambda)" in line


def test_the_command(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", "--dry-run", str(path)]) == 2
    shown = capsys.readouterr().out
    assert "Cannot be ported: 9 layers (5 exact, 1 not looked at, 3 unsupported)." in shown
    assert main(["port", "--dry-run", "--json", str(path)]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["portable"] is False and found["counts"]["unsupported"] == 3
    assert {row["path"] for row in found["layers"] if row["because"]} >= {"twice", "inner/same", "more"}


def test_a_model_that_can_be_ported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = keras.Input((7, 3))
    y = layers.SeparableConv1D(4, 3)(layers.Dense(5, activation="gelu")(x))
    keras.Model(x, y).save(tmp_path / "whole.keras")
    assert main(["port", "--dry-run", str(tmp_path / "whole.keras")]) == 0
    assert "Can be ported: 2 layers (1 composed, 1 exact)." in capsys.readouterr().out
    assert not [made for made in tmp_path.iterdir() if made.name != "whole.keras"]
