"""Checks made by hand: what the reports, the page and the command are shown."""

from __future__ import annotations

from equivalence.diagnosis.findings import Carried, Cause, Check, Fault, LayerRow, Place

CONV = Place("features.0", "conv2d", "net.py", 21)
NORM = Place("features.1", "batch_norm", "net.py", 22)
HEAD = Place("head", "linear", "net.py", 30)


def different() -> Check:
    """Two faults: a known cause, and shapes that do not fit; a layer within another, one unreached, one shared."""
    epsilon = Cause(
        "eps is 1e-05, Keras has 0.001: Keras adds it to the variance before the root.",
        "keras.layers.BatchNormalization#epsilon", 0.001, 1e-05, "self.norm = nn.BatchNorm2d(8, eps=0.001)",
    )  # fmt: skip
    return Check(
        False,
        [
            Fault("norm", NORM, (2, 5, 7, 8), (2, 8, 5, 7), 0.03125, 0.25, epsilon),
            Fault("head", HEAD, (2, 3), (2, 4), None, None, None, "Keras: x @ kernel + bias; torch: F.linear(x, w, b)"),
        ],
        [
            LayerRow("image", "equal", None, 0.0, "InputLayer"),
            LayerRow("pad", "within", None, None, "ZeroPadding2D", ("image",)),
            LayerRow("conv", "equal", CONV, 1.5e-15, "Conv2D", ("pad",)),
            LayerRow("norm", "different", NORM, 0.25, "BatchNormalization", ("conv",)),
            LayerRow("add", "equal", Place("", "add", "net.py", 25), 0.0, "Add", ("norm", "image")),
            LayerRow("head", "different", HEAD, None, "Dense", ("add",)),
            LayerRow("softmax", "unreached", None, None, "Softmax", ("head",)),
        ],
        ["dropout"],
        Carried(("conv/kernel -> features.0.weight",), ("features.0.bias",), ("head/kernel: head.weight, end.weight",)),
        notes=["The module ran in float64."],
        versions={"keras": "3.15.1", "torch": "2.13.0"},
    )  # fmt: skip


def equal() -> Check:
    """One layer, equal; nothing else to say."""
    return Check(True, layers=[LayerRow("conv", "equal", CONV, 1.5e-15, "Conv2D")])


def unknown() -> Check:
    """Nothing could be said."""
    return Check(None, because="net.py:MyNet fails in its forward: RuntimeError: shapes cannot be multiplied")
