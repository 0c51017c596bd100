"""Mistakes in modules written by hand: check finds the layer and the cause, and nothing besides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from by_hand import MODELS, MODULES, filled, ported
from torch import Tensor, nn
from torch.nn import functional as F

from equivalence import check
from equivalence.diagnosis.findings import Check, Fault

torch_random = torch.Generator().manual_seed(0)


def only(found: Check) -> Fault:
    """The one fault."""
    assert found.equal is False
    assert len(found.faults) == 1, [(fault.keras, fault.cause) for fault in found.faults]
    return found.faults[0]


@pytest.mark.parametrize("weights", ["transfer", "given"])
@pytest.mark.parametrize("name", [*MODELS])
def test_a_right_module_has_no_faults(name: str, weights: Any) -> None:
    module = MODULES[name]() if weights == "transfer" else filled(name)
    found = check(ported(name), module, weights=weights)
    assert found.equal is True, found.because
    assert found.faults == [] and found.because == ""
    assert {row.status for row in found.layers} <= {"equal", "within"}
    assert found.matched >= len(found.layers) - 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", [*MODELS])
def test_no_inputs_raise_a_false_alarm(name: str, seed: int) -> None:
    assert check(ported(name), MODULES[name](), seed=seed).equal is True


#: pair, the mistake, layers at which it may be told, what the cause says, the catalogue's difference
MISTAKES: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    ("images", {"eps": 1e-5}, "bn", r"eps of batch_norm is 1e-05, where Keras .*0\.001", "BatchNormalization#epsilon"),
    ("images", {"eps": 0.001001}, "bn", r"eps of batch_norm is 0\.001001", "BatchNormalization#epsilon"),
    ("images", {"pads": (1, 0, 1, 0)}, "conv", r"pads \(1, 0, 1, 0\), where Keras pads \(0, 1, 0, 1\)",
     "Conv2D#same-stride"),
    ("images", {"relu": None}, "relu", "relu is missing", None),
    ("images", {"relu": F.gelu}, "relu", "gelu.* stands where Keras has relu", None),
    ("images", {"elu": False}, "wide", "elu is missing", "Conv2D#activation"),
    ("images", {"again": True}, "leaky|flat|drop", "relu is one too many", None),
    ("images", {"dilation": 2}, "wide", r"dilation of conv2d is 2, where Keras \(dilation_rate\) needs 1", None),
    ("images", {"counted": True}, "pool", "count_include_pad of avg_pool2d is True, where Keras needs False",
     "AveragePooling2D#padding-counted"),
    ("images", {"slope": 0.01}, "leaky", r"negative_slope of leaky_relu is 0\.01, where Keras needs 0\.3",
     "LeakyReLU#leaky-layer-slope"),
    ("images", {"slope": 0.2}, "leaky", r"negative_slope of leaky_relu is 0\.2, where Keras needs 0\.3", None),
    ("images", {"residual": "wide"}, "add", "the output of 'wide' instead of the output of 'relu'", None),
    ("images", {"residual": "none"}, "add", "add is missing", None),
    ("images", {"dim": 0}, "head", "dim of softmax is 0, where Keras needs -1", None),
    ("images", {"bn_mode": True}, "bn", "runs in training mode", None),
    ("images", {"bias": False}, "wide", "it has no bias, and Keras has one", None),
    ("images", {"twice": True}, "head", "softmax is one too many", None),
    ("images", {"before": True}, "bn", "relu comes before it, where Keras has it after", None),
    ("attention", {"eps": 1e-5}, "norm", "eps of layer_norm is 1e-05", "LayerNormalization#epsilon"),
    ("attention", {"causal": False}, "mha", "mask", None),
    ("attention", {"gelu": "tanh"}, "up", "approximate of gelu is 'tanh', where Keras needs 'none'", None),
    ("attention", {"order": ("extra", "x")}, "both", "in another order than Keras", None),
    ("attention", {"residual": "norm"}, "add", "the output of 'norm' instead of the model's input", None),
    ("attention", {"dim": 2}, "mean", "dim of mean is 2, where Keras needs 1", "GlobalAveragePooling1D#axes"),
    ("sequences", {"last": 0}, "gru", r"x\[:, 0\], where Keras goes on with x\[:, -1\]", "GRU#last-output"),
    ("sequences", {"tanh": False}, "head", "tanh is missing", None),
    ("sequences", {"reversed": True}, "lstm", "flip.* is one too many", None),
]  # fmt: skip


def mistake_id(value: Any) -> str:
    return " ".join(f"{name}={getattr(made, '__name__', made)}" for name, made in value.items()) if isinstance(
        value, dict) else ""  # fmt: skip


@pytest.mark.parametrize(
    ("name", "mistake", "layer", "says", "difference"),
    [pytest.param(*row, id=f"{row[0]}: {mistake_id(row[1])}") for row in MISTAKES],
)
def test_a_mistake_is_found_with_its_cause(
    name: str, mistake: dict[str, Any], layer: str, says: str, difference: str | None
) -> None:
    fault = only(check(ported(name), MODULES[name](**mistake)))
    assert re.fullmatch(layer, fault.keras)
    assert fault.cause is not None, fault.detail
    assert re.search(says, fault.cause.says), fault.cause.says
    if difference is not None:
        assert fault.cause.difference == f"keras.layers.{difference}"
    assert fault.torch is not None and fault.torch.file.endswith("by_hand.py") and fault.torch.line > 0
    assert fault.max_abs is None or fault.max_abs > 0
    assert fault.seen_in == "inference"


def changed(path: str, change: Callable[[Tensor], Tensor]) -> Callable[[nn.Module], None]:
    def run(module: nn.Module) -> None:
        held = module.state_dict()[path]
        held.copy_(change(held.clone()))

    return run


def exchanged(one: str, other: str) -> Callable[[nn.Module], None]:
    def run(module: nn.Module) -> None:
        held = module.state_dict()
        first = held[one].clone()
        held[one].copy_(held[other])
        held[other].copy_(first)

    return run


def blocks(*order: int) -> Callable[[Tensor], Tensor]:
    return lambda tensor: torch.cat([tensor.chunk(len(order))[index] for index in order])


def rows(one: int, other: int) -> Callable[[Tensor], Tensor]:
    def run(tensor: Tensor) -> Tensor:
        tensor[[one, other]] = tensor[[other, one]]
        return tensor

    return run


def one_row(index: int) -> Callable[[Tensor], Tensor]:
    def run(tensor: Tensor) -> Tensor:
        tensor[index] += 0.25
        return tensor

    return run


def channels_first(tensor: Tensor) -> Tensor:
    """A head whose columns count the image channels first."""
    return tensor.reshape(5, 7, 6, 6).permute(0, 3, 1, 2).reshape(5, -1)


WRONG_WEIGHTS: list[Any] = [
    ("images", "wide", changed("wide.weight", lambda w: w.transpose(2, 3)), r"axes \(0, 1, 3, 2\)"),
    ("images", "wide", changed("wide.weight", lambda w: w.transpose(0, 1)), r"axes \(1, 0, 2, 3\)"),
    ("images", "wide", changed("wide.weight", torch.neg), "with the other sign"),
    ("images", "wide", changed("wide.weight", one_row(2)), "but for row 2"),
    ("images", "wide", changed("wide.bias", torch.zeros_like), "wide.bias is left at its initial 0"),
    ("images", "wide", changed("wide.weight", lambda w: nn.init.kaiming_uniform_(w, 5**0.5, generator=torch_random)),
     "left as torch draws it"),
    ("images", "wide", changed("wide.weight", lambda w: torch.randn(w.shape, generator=torch_random)),
     "its numbers are of no weight"),
    ("images", "bn", changed("bn.running_mean", torch.zeros_like), "bn.running_mean is left at its initial 0"),
    ("images", "bn", changed("bn.running_var", torch.ones_like), "bn.running_var is left at its initial 1"),
    ("images", "bn", exchanged("bn.weight", "bn.running_var"), "bn.weight is that of bn.running_var"),
    ("images", "bn", exchanged("bn.bias", "bn.running_mean"), "bn.bias is that of bn.running_mean"),
    ("images", "head", changed("head.weight", rows(1, 3)), "rows 1 and 3 exchanged"),
    ("images", "head", changed("head.weight", channels_first), "columns in another order"),
    ("attention", "mha", changed("mha.in_proj_weight", blocks(1, 0, 2)), "keys, queries, values"),
    ("attention", "mha", changed("mha.out_proj.weight", torch.t), "transposed"),
    ("attention", "norm", changed("norm.weight", torch.ones_like), "left at its initial 1"),
    ("sequences", "lstm", changed("lstm.weight_ih_l0", blocks(0, 2, 1, 3)), r"4 blocks in the order \(0, 2, 1, 3\)"),
    ("sequences", "lstm", changed("lstm.weight_hh_l0", torch.zeros_like), "left at its initial 0"),
    ("sequences", "gru", changed("gru.weight_ih_l0", blocks(1, 0, 2)), r"3 blocks in the order \(1, 0, 2\)"),
    ("sequences", "gru", changed("gru.bias_hh_l0", torch.zeros_like), "gru.bias_hh_l0 is left at its initial 0"),
    ("sequences", "embed", changed("embed.weight", rows(2, 5)), "rows 2 and 5 exchanged"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "layer", "change", "says"),
    [pytest.param(*row, id=f"{row[1]}-{index}") for index, row in enumerate(WRONG_WEIGHTS)],
)
def test_a_wrong_weight_is_found(name: str, layer: str, change: Callable[[nn.Module], None], says: str) -> None:
    module = filled(name)
    change(module)
    fault = only(check(ported(name), module, weights="given"))
    assert fault.keras == layer
    assert fault.cause is not None, fault.detail
    assert re.search(says, fault.cause.says), fault.cause.says
    assert check(ported(name), module).equal is True, "with Keras's weights it is right"


@pytest.mark.parametrize("mistake", ["flattened", "weight"])
def test_flattened_in_the_other_order_is_told(mistake: str) -> None:
    """The module flattens otherwise than its head counts: either may be what was meant."""
    module = filled("images", last=mistake == "weight")
    if mistake == "weight":
        changed("head.weight", channels_first)(module)
    fault = only(check(ported("images"), module, weights="given"))
    assert fault.keras in ("flat", "head")
    assert fault.cause is not None and fault.cause.difference == "keras.layers.Flatten#flatten-order"


@pytest.mark.parametrize("last", [True, False], ids=["channels last", "channels first"])
def test_either_order_of_flattening_is_right_with_its_own_weights(last: bool) -> None:
    assert check(ported("images"), MODULES["images"](last=last)).equal is True


@pytest.mark.parametrize(
    ("name", "mistakes", "layers"),
    [
        ("images", {"eps": 1e-5, "counted": True}, ["bn", "pool"]),
        ("images", {"pads": (1, 0, 1, 0), "eps": 1e-5, "slope": 0.01, "dim": 0}, ["conv", "bn", "leaky", "head"]),
        ("images", {"relu": None, "elu": False, "twice": True}, ["relu", "wide", "head"]),
        ("images", {"bn_mode": True, "residual": "wide"}, ["bn", "add"]),
        ("attention", {"eps": 1e-5, "gelu": "tanh", "order": ("extra", "x")}, ["norm", "up", "both"]),
        ("attention", {"causal": False, "dim": 2}, ["mha", "mean"]),
        ("sequences", {"reversed": True, "last": 0, "tanh": False}, ["lstm", "gru", "head"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_independent_faults_are_all_found_in_order(name: str, mistakes: dict[str, Any], layers: list[str]) -> None:
    found = check(ported(name), MODULES[name](**mistakes))
    assert [fault.keras for fault in found.faults] == layers
    assert all(fault.cause for fault in found.faults)
    assert {row.keras for row in found.layers if row.status == "different"} == set(layers)


def test_wrong_weights_and_mistakes_are_found_together() -> None:
    module = filled("images", slope=0.1)
    changed("wide.weight", lambda w: w.transpose(2, 3))(module)
    changed("bn.running_mean", torch.zeros_like)(module)
    found = check(ported("images"), module, weights="given")
    assert [fault.keras for fault in found.faults] == ["bn", "wide", "leaky"]


def test_outputs_in_another_order_are_told_as_that() -> None:
    found = check(ported("attention"), MODULES["attention"](exchanged=True))
    assert found.equal is False
    assert {fault.cause.says for fault in found.faults if fault.cause} == {"the outputs are returned in another order"}


def test_an_unknown_cause_is_none_and_shows_both_sides() -> None:
    """Four heads for three and no mask are two mistakes in one layer, and nothing is guessed."""
    fault = only(check(ported("attention"), MODULES["attention"](heads=4, causal=False)))
    assert fault.keras == "mha"
    assert fault.cause is None
    assert re.search("Keras computes .*matmul.*; the module .*softmax.*furthest", fault.detail)
