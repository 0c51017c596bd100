"""What is asked in torch's words is answered with torch first."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from equivalence.catalogue.index import Index
from equivalence.cli import main
from equivalence.looking_up import lookup
from equivalence.render.torch_first_text import statements, text
from equivalence.search.torch_asked import asked


def first(query: str) -> dict[str, Any]:
    record: dict[str, Any] = lookup(query)[0]
    return record


@pytest.mark.parametrize(
    ("call", "keras"),
    [
        ("nn.Conv2d(3, 64, 3, stride=2, padding=1)", "Conv2D(64, 3, strides=2)(keras.layers.ZeroPadding2D(1)(x))"),
        ("nn.Conv2d(3, 64, 3, padding=1)", "Conv2D(64, 3, padding='same')(x)"),
        ("nn.Conv2d(32, 32, 3, groups=32, bias=False)", "DepthwiseConv2D(3, use_bias=False)(x)"),
        ("nn.Linear(in_features=512, out_features=10)", "Dense(10)(x)"),
        ("nn.BatchNorm2d(64)", "BatchNormalization(momentum=0.9, epsilon=1e-05)(x)"),
        ("nn.Dropout(p=0.5)", "Dropout(0.5)(x)"),
        ("nn.LSTM(128, 64, batch_first=True)", "LSTM(64, return_sequences=True, return_state=True)(input)"),
        ("torch.cat([a, b], dim=1)", "keras.ops.concatenate([a, b], axis=1)"),
        ("x.view(batch, -1)", "keras.ops.reshape(x, (batch, -1))"),
        ("x.permute(0, 2, 3, 1)", "keras.ops.transpose(x, (0, 2, 3, 1))"),
        ("x.mean(dim=(2, 3))", "keras.ops.mean(x, axis=(2, 3))"),
        ("F.softmax(logits, dim=1)", "keras.ops.softmax(logits, axis=1)"),
        ("nn.CrossEntropyLoss()(logits, labels)", "SparseCategoricalCrossentropy(from_logits=True)(labels, logits)"),
        ("nn.Sequential(nn.Linear(4, 5), nn.ReLU())", "Sequential([keras.layers.Dense(5), keras.layers.ReLU()])(x)"),
    ],
)
def test_a_call_is_written_in_keras(call: str, keras: str) -> None:
    record = first(call)
    assert record["from"] == "torch"
    assert record["code"]["keras"] in (keras, f"keras.layers.{keras}", f"keras.losses.{keras}", f"keras.{keras}")


def test_the_arguments_are_torchs() -> None:
    arguments = {each["torch"]: each for each in first("nn.BatchNorm2d(64, momentum=0.2)")["torch_arguments"]}
    assert arguments["momentum"]["keras"] == "momentum" and arguments["momentum"]["how"] == "1 - momentum"
    assert arguments["momentum"]["given"] == "0.2" and arguments["momentum"]["default"] == "0.1"
    assert arguments["eps"]["keras"] == "epsilon"
    assert arguments["num_features"]["keras"] is None and "input" in arguments["num_features"]["note"]


def test_what_the_code_depends_on_is_named() -> None:
    record = first("nn.Conv2d(3, 64, 3, padding=p)")
    assert record["depends_on"] == "padding"
    assert "depends on padding" in text([record])


def test_a_call_that_torch_refuses_is_told() -> None:
    assert "needs out_features" in first("nn.Linear(3)")["problem"]
    assert "has no argument units" in first("nn.Linear(units=3)")["problem"]


def test_a_name_without_counterpart_says_what_to_do_and_when_it_was_looked_at() -> None:
    record = first("nn.ModuleList")
    assert record["verdict"] == "no counterpart" and "2026" in record["no_counterpart"]


@pytest.mark.parametrize("query", ["nn.Conv2d", "torch.nn.Conv2d", "Conv2d"])
def test_a_name_has_its_example(query: str) -> None:
    record = first(query)
    assert record["torch"] == ["torch.nn.Conv2d"]
    assert "stride=2, padding=1" in record["code"]["torch"]
    assert record["proof"]["max_rel"] <= 1e-10


@pytest.mark.parametrize("word", ["save", "load", "wait", "seed", "fork"])
def test_a_plain_word_is_no_name_of_torchs_machinery(word: str) -> None:
    assert not asked(word, Index().modules)
    assert asked(f"torch.{word}", Index().modules)


def test_overloads_are_one_below_the_other() -> None:
    assert [record["signature"] for record in lookup("torch.max")] == [
        "torch.max(input)", "torch.max(input, dim: int, keepdim=False)", "torch.max(input, other: Tensor)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query", ["Conv2D", "keras.ops.sum", "keras.ops.sum(x)", "Dense(3)", "tf.reshape(x, (2, 3))", "ReLU"]
)
def test_keras_words_are_answered_with_keras_first(query: str) -> None:
    assert all("from" not in record for record in lookup(query))


def test_what_writes_into_its_tensor_is_told() -> None:
    assert first("x.add_(y)")["in_place"]
    assert "takes a name" in text(lookup("x.add_(y)"))


@pytest.mark.parametrize(
    "query",
    ["nn.Conv2d(((", "nn." + "a" * 3000, "torch.\x00", "F.relu(F.relu(F.relu(x)))", "nn.Conv2d(*a)", "x.view(" * 400],
)
def test_nothing_that_is_typed_breaks_it(query: str) -> None:
    assert all(record["from"] == "torch" for record in asked(query, Index().modules))


def test_a_layer_on_a_layers_result_is_a_line_of_its_own() -> None:
    assert statements("a.A(1)(b.B(2)(x))") == ["x = b.B(2)(x)", "x = a.A(1)(x)"]
    assert statements("f(x, g(y))") == ["f(x, g(y))"]


def test_the_command_prints_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "nn.Conv2d(3, 64, 3, stride=2, padding=1)"]) == 0
    printed = capsys.readouterr().out
    assert "  x = keras.layers.ZeroPadding2D(1)(x)\n  x = keras.layers.Conv2D(64, 3, strides=2)(x)\n" in printed
    assert main(["lookup", "--json", "F.relu"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert results[0]["code"]["keras"] == "keras.ops.relu(x)"


def test_every_recorded_code_is_python() -> None:
    from equivalence.proofs.torch_first_record import read

    for record in read().values():
        for case in record["cases"]:
            ast.parse(case["keras"], mode="eval")


@pytest.mark.parametrize(
    ("call", "keras", "verdict"),
    [
        ("x.view(x.size(0), -1)", "keras.ops.reshape(x, (x.shape[0], -1))", "drop-in with these arguments"),
        ("F.max_pool2d(F.relu(self.conv1(x)), 2)", "keras.ops.max_pool(keras.ops.relu(self.conv1(x)), 2)", ""),
        ("F.relu(self.conv1(x))", "keras.ops.relu(self.conv1(x))", "drop-in"),
        ("nn.Upsample(scale_factor=2)", "keras.layers.UpSampling2D(2)(x)", "drop-in with these arguments"),
        ("nn.Embedding(9, 5)", "keras.layers.Embedding(9, 5)(x)", "drop-in"),
        ("nn.Embedding(9, 5, padding_idx=0)", "keras.layers.Embedding(9, 5)(x)", "drop-in with these arguments"),
    ],
)
def test_what_is_inside_a_call_is_translated_too(call: str, keras: str, verdict: str) -> None:
    record = lookup(call)[0]
    assert record["code"]["keras"] == keras
    assert record["verdict"] == (verdict or record["verdict"])
