"""A call, translated: what is written is what the emitter writes, with names for what the call does not say."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from equivalence.cli import main
from equivalence.looking_up import lookup

STRIDED = "Conv2D(64, 3, strides=2, padding='same', activation='relu')"


def translation(call: str, *inputs: tuple[int, ...]) -> dict[str, Any]:
    found: dict[str, Any] = lookup(call, inputs=inputs)[0]["translation"]
    return found


@pytest.mark.parametrize(
    ("call", "lines"),
    [
        ("Dense(10)", ["nn.Linear(in_features, 10)(inputs)"]),
        ("layers.Dense(units=10, use_bias=False)", ["nn.Linear(in_features, 10, bias=False)(inputs)"]),
        ("x = Dense(10, activation='relu')(x)", ["F.relu(nn.Linear(in_features, 10)(inputs))"]),
        ("Dense(10, activation=tf.nn.relu)", ["F.relu(nn.Linear(in_features, 10)(inputs))"]),
        ("Conv2D(8, (3, 3), groups=2)", ["nn.Conv2d(in_channels, 8, kernel_size=3, groups=2)(inputs)"]),
        ("BatchNormalization(epsilon=1e-5)", ["nn.BatchNorm2d(num_features, momentum=0.01)(inputs)"]),
        (
            "Conv1D(8, 3, padding='causal', dilation_rate=2)",
            ["nn.Conv1d(in_channels, 8, kernel_size=3, dilation=2)(F.pad(inputs, (4, 0)))"],
        ),
        ("Bidirectional(GRU(4, return_sequences=True))", [
            "nn.GRU(input_size, 4, batch_first=True, bidirectional=True)(inputs)[0]"
        ]),
        ("Concatenate(axis=3)([a, b])", ["torch.cat([input_0, input_1], dim=1)"]),
        ("keras.ops.mean(x, axis=(1, 3))", ["torch.mean(inputs, dim=(1, 2))"]),
        ("Flatten()", ["torch.flatten(inputs.permute(0, 2, 3, 1), 1)"]),
        ("Permute((2, 1))", ["inputs.transpose(1, 2)"]),
        ("Reshape((7, 7, 256))", ["inputs.unflatten(1, (7, 7, 256)).permute(0, 3, 1, 2)"]),
        ("Conv2D(8, 3, padding='SAME')", ["nn.Conv2d(in_channels, 8, kernel_size=3, padding=1)(inputs)"]),
        ("Dense(10, input_shape=(784,))", ["nn.Linear(784, 10)(inputs)"]),
        ("model.add(Dense(10, activation='relu'))", ["F.relu(nn.Linear(in_features, 10)(inputs))"]),
        ("Input(shape=(224, 224, 3))", ["def forward(self, inputs: Tensor) -> Tensor: ...  # (N, 3, 224, 224)"]),
        ("MultiHeadAttention(8, 64)", [
            "MultiHeadAttention(in_channels, heads=8, size=64)(input_0, input_1, input_1)"
        ]),
        ("MeanSquaredError()", ["F.mse_loss(y_pred, y_true)"]),
        ("SparseCategoricalCrossentropy(from_logits=True)", ["F.cross_entropy(y_pred, y_true.long())"]),
        ("SGD(lr=0.5)", ["optimizer = torch.optim.SGD(model.parameters(), lr=0.5)"]),
        ("Conv2D(2 * 4, 3)", ["nn.Conv2d(in_channels, 8, kernel_size=3)(inputs)"]),
    ],
)  # fmt: skip
def test_what_a_call_becomes(call: str, lines: list[str]) -> None:
    (form,) = translation(call)["forms"]
    assert form["torch"] == lines
    assert form["condition"] is None


@pytest.mark.parametrize(
    ("call", "of_others", "of_images"),
    [
        ("Concatenate()([a, b])", "torch.cat([input_0, input_1], dim=-1)", "torch.cat([input_0, input_1], dim=1)"),
        ("Softmax()", "F.softmax(inputs, dim=-1)", "F.softmax(inputs, dim=1)"),
        ("tf.reduce_mean(x, axis=[1, 2])", "torch.mean(inputs, dim=(1, 2))", "torch.mean(inputs, dim=(2, 3))"),
        ("K.sum(x, axis=-1)", "torch.sum(inputs, dim=-1)", "torch.sum(inputs, dim=1)"),
    ],
)
def test_axes_of_images_are_others_as_their_channels_come_first(call: str, of_others: str, of_images: str) -> None:
    others, images = translation(call)["forms"]
    assert (others["condition"], others["torch"]) == ("vectors and sequences", [of_others])
    assert (images["condition"], images["torch"]) == ("images, (N, C, H, W)", [of_images])


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("SGD(learning_rate=0.1)", "drop-in"),
        ("SGD()", "drop-in with these arguments"),
        ("Adam()", "needs this code"),
        ("Conv2DTranspose(64, 4, strides=2, padding='same', use_bias=False)", "drop-in with these arguments"),
    ],
)
def test_a_verdict_counts_no_parameters_and_no_line_break(call: str, verdict: str) -> None:
    assert [form["verdict"] for form in translation(call)["forms"]] == [verdict]


def test_one_size_has_one_name() -> None:
    even, odd = translation("DepthwiseConv2D(3, strides=2, padding='same')")["forms"]
    assert "nn.Conv2d(in_channels, in_channels, kernel_size=3" in even["torch"][0]
    assert "in_channels, in_channels, kernel_size=3" in "".join(odd["torch"])


@pytest.mark.parametrize(
    ("call", "not_met"),
    [
        ("Adam(0.01)", "weight-decay"),
        ("SGD(0.01, momentum=0.9)", "weight-decay"),
        ("CategoricalCrossentropy(from_logits=True)", "class-weights"),
        ("Activation('swish')", "activation-defaults"),
        ("Flatten()", "flatten-channels-first"),
        ("Permute((2, 1))", "permute-direction"),
        ("Bidirectional(LSTM(4, return_sequences=True))", "last-of-both"),
    ],
)
def test_differences_about_what_a_call_leaves_out_are_not_told(call: str, not_met: str) -> None:
    (form,) = translation(call)["forms"]
    assert not_met not in [each["id"] for each in form["differences"]]


def test_keras_compiles_what_torch_does_not() -> None:
    assert lookup("model.compile(optimizer='adam', loss='mse')")[0]["keras"] == "keras.Model.compile"
    assert lookup("x.add(y)")[0]["torch"] == ["torch.add"]


def test_where_sizes_change_the_code_each_form_has_its_condition() -> None:
    even, odd = translation(STRIDED)["forms"]
    assert (even["condition"], odd["condition"]) == ("even height and width", "odd height and width")
    assert even["torch"][-1] == "F.relu(conv2d(F.pad(inputs, (0, 1, 0, 1))))"
    assert odd["torch"] == ["F.relu(nn.Conv2d(in_channels, 64, kernel_size=3, stride=2, padding=1)(inputs))"]
    assert [each["id"] for each in even["differences"]] == ["same-stride", "kernel-layout", "activation"]
    assert [each["id"] for each in odd["differences"]] == ["kernel-layout", "activation"]


@pytest.mark.parametrize("sizes", [(6, 8), (7, 9)], ids=["even", "odd"])
def test_both_forms_run_and_are_right_for_their_sizes(sizes: tuple[int, int]) -> None:
    """Against the same convolution on an image that is padded as Keras pads it."""
    form = translation(STRIDED)["forms"][sizes[0] % 2]
    *before, last = form["torch"]
    names: dict[str, Any] = {"nn": nn, "F": F, "torch": torch, "in_channels": 3}
    torch.manual_seed(0)
    names["inputs"] = torch.randn(2, 3, *sizes, dtype=torch.float64)
    torch.set_default_dtype(torch.float64)
    try:
        torch.manual_seed(1)
        exec("\n".join(before), names)
        found = eval(last, names)
        torch.manual_seed(1)
        conv = nn.Conv2d(3, 64, 3, stride=2)
    finally:
        torch.set_default_dtype(torch.float32)
    total = [max((-(-size // 2) - 1) * 2 + 3 - size, 0) for size in sizes]
    pads = [side for whole in reversed(total) for side in (whole // 2, whole - whole // 2)]
    torch.testing.assert_close(found, conv(F.pad(names["inputs"], pads)).relu())


def test_an_input_that_is_given_fixes_the_form() -> None:
    (form,) = translation(STRIDED, (224, 224, 3))["forms"]
    assert form["torch"][0] == "conv2d = nn.Conv2d(3, 64, kernel_size=3, stride=2)"
    assert form["shapes"]["torch"] == ["(N, 3, 224, 224)", "(N, 64, 112, 112)"]


def test_only_the_differences_that_the_call_meets_are_told() -> None:
    assert [each["id"] for each in translation("Conv2D(8, 3)")["forms"][0]["differences"]] == ["kernel-layout"]
    assert [each["id"] for each in translation("BatchNormalization(epsilon=1e-5)")["forms"][0]["differences"]] == [
        "momentum",
        "left-in-training",
    ]


@pytest.mark.parametrize(
    ("call", "because"),
    [
        ("Conv2D(64, 3, padding='sme')", "padding='sme' is not translated; known are 'valid', 'same'."),
        ("Conv2D(64)", "the argument kernel_size is missing."),
        ("Conv2D(64, 3, frobnicate=1)", "Conv2D has no argument 'frobnicate'; it takes filters, kernel_size, strides"),
        ("Conv2D(64.5, 3)", "filters=64.5 should be a whole number of at least 1."),
        ("Dense(units=n)", "n has no value here: write a number or a text for it."),
        ("Conv2D(**settings)", "what stands behind * or ** is not known here: write the arguments."),
        ("Dense(10, activation='reluu')", "reluu"),
        ("Dense(Dense(3))", "units"),
        ("Dense(__import__('os').abort())", "__import__"),
    ],
)
def test_a_call_that_is_refused_says_which_argument_and_why(
    call: str, because: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = translation(call)
    assert found["forms"] == []
    assert because in found["refused"]
    assert main(["lookup", call]) == 1
    assert found["refused"] in capsys.readouterr().out


def test_without_torch_the_arguments_are_mapped_and_a_line_says_what_is_missing() -> None:
    code = """
import importlib.util, json, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else found(name, *rest)
from equivalence.looking_up import lookup
from equivalence.render.plain_text import text
print(text(lookup("Conv2D(8, 3)")))
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'keras-torch-equivalence[port]'" in done.stdout
    assert "filters=8      out_channels" in done.stdout


@pytest.mark.parametrize("call", [STRIDED, "LSTM(32)", "MaxPooling2D(3, strides=2, padding='same')"])
def test_an_answer_to_a_call_is_a_page_and_all_its_code_is_python(
    call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lookup", call]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith("Keras    keras.layers.")
    for form in translation(call)["forms"]:
        for code in ("\n".join(form["torch"]), *form["helpers"]):
            ast.parse(code)
        for each in form["differences"]:
            ast.parse("\n".join(each["wrong"] + each["right"]))


def test_a_call_as_json_has_the_fields_of_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "Dense(10)", "--input", "7", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["match"] == "exact"
    first = printed["results"][0]
    assert first["call"][0]["torch"] == "out_features"
    assert first["translation"]["forms"][0]["torch"] == ["nn.Linear(7, 10)(inputs)"]


def test_a_shape_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lookup", "Dense(10)", "--input", "224x224"]) == 2
    assert "224x224" in capsys.readouterr().err
