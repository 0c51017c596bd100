"""What docs/notebooks/find_where_my_port_differs.ipynb works on: a port with four mistakes, and its file to mend."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import equivalence
from equivalence.verification.ported import Ported
from keras_torch_experiments.port_differs import first_port, small_mobilenet, what_was_found
from keras_torch_experiments.port_differs.port_file import PortFile

NORM = "keras.layers.BatchNormalization#epsilon"
STRIDE = "keras.layers.DepthwiseConv2D#same-stride"
MENDED = (
    ("nn.BatchNorm2d(outputs)", "nn.BatchNorm2d(outputs, eps=1e-3)"),
    ("    layers = [\n", "    layers = [\n        *([nn.ZeroPad2d((0, 1, 0, 1))] if stride == 2 else []),\n"),
    ("padding=size // 2", "padding=size // 2 if stride == 1 else 0"),
    ("nn.ReLU()", "nn.ReLU6()"),
)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """The network as if it were trained: with small variances, and numbers above 6."""
    made, random = small_mobilenet.small_mobilenet(), np.random.default_rng(3)
    for weight in made.weights:
        positive = "gamma" in weight.path or "variance" in weight.path
        drawn = random.uniform(0.02, 0.5, weight.shape) if positive else random.normal(0, 0.5, weight.shape)
        weight.assign(drawn + ("gamma" in weight.path))
    return made


@pytest.fixture(scope="module")
def ported(model: keras.Model) -> Ported:
    return equivalence.port(model)


@pytest.fixture
def net(tmp_path: Path) -> PortFile:
    return PortFile(str(tmp_path / "net.py"), Path(first_port.__file__).read_text("utf-8"))


def test_three_mistakes_are_of_its_code(ported: Ported, net: PortFile) -> None:
    found = equivalence.check(ported, net.imported().Net())
    causes = {fault.cause and (fault.cause.difference or fault.cause.says) for fault in found.faults}
    assert causes == {NORM, STRIDE, "relu stands where Keras has relu6"}
    assert what_was_found.causes(found).splitlines()[2].split(" | ")[1] == "stem_norm"


def test_the_fourth_is_how_it_loads_its_weights(model: keras.Model, ported: Ported, net: PortFile) -> None:
    net.mend(*MENDED)
    assert equivalence.check(ported, net.imported().Net()).equal is True
    mine = net.imported()
    (fault,) = equivalence.check(ported, mine.load(mine.Net(), model), weights="given").faults
    assert (fault.keras, fault.cause and fault.cause.difference) == ("digit", "keras.layers.Flatten#flatten-order")
    net.mend(("x.flatten(1)", "x.permute(0, 2, 3, 1).flatten(1)"))
    mine = net.imported()
    equivalence.assert_equivalent(ported, mine.load(mine.Net(), model), weights="given")


def test_the_picture_has_a_colour_for_each_fault(ported: Ported, net: PortFile) -> None:
    found = equivalence.check(ported, net.imported().Net())
    axes = what_was_found.layers({"as written": (found, "5% right")}).axes[0]
    assert axes.collections[0].get_array().count() == len(found.faults)


@pytest.mark.parametrize(("old", "times"), [("nn.ReLU6()", 0), ("nn.Conv2d", 2)])
def test_a_line_that_is_not_there_just_once_is_not_mended(net: PortFile, old: str, times: int) -> None:
    before = net.path.read_text("utf-8")
    with pytest.raises(ValueError, match=f"has '{old[:5]}.* {times} times"):
        net.mend(("nn.ReLU()", "nn.GELU()"), (old, ""))
    assert net.path.read_text("utf-8") == before
