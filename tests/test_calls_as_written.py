"""Calls as people write them: nothing that a call says is left out unsaid, and nothing is shown that it does not "
"say."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional
from torch import nn

from equivalence.looking_up import find


def translation(call: str) -> dict[str, Any]:
    found: dict[str, Any] = find(call).results[0]["translation"]
    return found


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("model.fit(x, y, epochs=5, class_weight={0: 1.0, 1: 5.0})", "class_weight={0: 1.0, 1: 5.0}"),
        ("model.fit(x, y, validation_data=(xv, yv))", "validation=DataLoader(TensorDataset(x_val, y_val)"),
        ("model.fit(x, y, callbacks=[stop])", "callbacks=callbacks"),
        ("model.fit(x, y, sample_weight=w)", "TensorDataset(x, y, sample_weight)"),
        ("tf.clip_by_value(x, 0, 1)", "inputs.clamp(0.0, 1.0)"),
        ("tf.one_hot(y, depth=10)", "torch.arange(10, device=inputs.device)"),
        ("image_dataset_from_directory('data', image_size=(64, 64), batch_size=16)", "(64, 64)), batch_size=16"),
        ("timeseries_dataset_from_array(data, targets, sequence_length=10)", "Windows(x, y, 10)"),
        ("LearningRateScheduler(step_down)", "LearningRateScheduler(optimizer, schedule)"),
        ("Adam(CosineDecay(0.1, 1000))", "scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, cosine_decay)"),
        ("model.compile(Adam(CosineDecay(0.1, 1000)))", "torch.optim.lr_scheduler.LambdaLR(optimizer, cosine_decay)"),
        ("tf.gather(x, idx, axis=1)", "input_0[:, input_1]"),
        ("tf.pad(x, [[0, 0], [1, 1], [2, 2], [0, 0]], mode='REFLECT')", 'F.pad(inputs, (2, 2, 1, 1), mode="reflect")'),
        ("tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z)", "F.binary_cross_entropy_with_logits("),
    ],
)  # fmt: skip
def test_what_a_call_says_is_in_its_code(call: str, told: str) -> None:
    (form,) = translation(call)["forms"]
    assert told in " ".join(line.strip() for line in form["torch"])


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("ImageDataGenerator(rescale=1./255, rotation_range=20)", "rotation_range=20"),
        ("Adam(lr=0.001, decay=1e-6)", "decay=1e-06"),
        ("Adam(learning_rate=rate)", "learning_rate: rate has no value here"),
        ("model.compile(optimizer=opt, loss='mse')", "the optimizer opt is none of keras.optimizers"),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_left_out(call: str, why: str) -> None:
    found = translation(call)
    assert not found["forms"]
    assert why in found["refused"]


@pytest.mark.parametrize(
    ("call", "loss"),
    [
        ("compile(optimizer='adam', loss='mse')", "mse"),
        ("model.compile('sgd', 'categorical_crossentropy', metrics=['accuracy'])", "one-hot"),
        (
            "model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), "
            "optimizer=keras.optimizers.Adam(1e-3, clipnorm=1.0), metrics=['accuracy', keras.metrics.Precision()])",
            "numbers",
        ),
        ("model.compile(loss='binary_crossentropy', optimizer=RMSprop(), metrics=['acc'])", "mse"),
    ],
)
def test_compile_is_the_objects_that_it_names(call: str, loss: str) -> None:
    """They are run: the optimizer steps, and the loss gives a number for each sample."""
    (form,) = translation(call)["forms"]
    model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(-1))
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": torch.nn.functional, "math": math, "model": model}
    exec("from torch import Tensor\nfrom collections.abc import Callable", names)
    for text in (*form["helpers"], "\n".join(form["torch"])):
        exec(text, names)
    targets = torch.tensor([0, 1, 2, 1, 0])
    if loss != "numbers":
        targets = torch.nn.functional.one_hot(targets).float()
    values = names["loss"](model(torch.rand(5, 4)), targets)
    assert values.shape == (5,)
    before = model[0].weight.detach().clone()
    values.mean().backward()
    names["optimizer"].step()
    assert not torch.equal(before, model[0].weight)
    assert ("metrics" in names) == ("metrics" in call)


@pytest.mark.parametrize(
    ("call", "forms"),
    [
        (
            "BatchNormalization(axis=1)",
            {
                "channels first in Keras too, (N, C, H, W)": "nn.BatchNorm2d(num_features, eps=0.001, momentum=0.01)"
                "(inputs)"
            },
        ),
        (
            "LayerNormalization(axis=1)",
            {
                "(N, features)": "nn.LayerNorm(normalized_shape, eps=0.001)(inputs)",
                "(N, steps, features)": "nn.LayerNorm(steps, eps=0.001)(inputs.transpose(1, 2)).transpose(1, 2)",
            },
        ),
        ("LayerNormalization(axis=[1, 2, 3])", {None: "nn.LayerNorm((height, width, in_channels), eps=0.001)(inputs)"}),
        ("LayerNormalization(epsilon=1e-6)", {None: "nn.LayerNorm(normalized_shape, eps=1e-06)(inputs)"}),
        ("tf.squeeze(x, axis=-1)", {None: "inputs.squeeze(-1)"}),
        ("tf.split(x, 3, axis=-1)", {"vectors and sequences": "inputs.chunk(3, dim=-1)"}),
        ("tf.reduce_mean(x, axis=0)", {"vectors and sequences": "torch.mean(inputs, dim=0)"}),
        ("tf.nn.softmax_cross_entropy_with_logits(y, z)", {
            "(N, features)": 'F.cross_entropy(input_1, input_0, reduction="none")'
        }),
        ("tf.expand_dims(x, -1)", {None: "inputs.unsqueeze(-1)"}),
        ("tf.expand_dims(x, axis=-2)", {None: "inputs.unsqueeze(-2)"}),
        ("keras.ops.stack([a, b], axis=-1)", {None: "torch.stack((input_0, input_1), dim=-1)"}),
        (
            "Reshape((-1, 64))",
            {
                "(N, features)": "inputs.unflatten(1, (-1, 64))",
                "(N, steps, features)": "inputs.reshape(inputs.shape[0], -1, 64)",
                "images, (N, C, H, W)": "inputs_2 = inputs.permute(0, 2, 3, "
                "1)\ninputs_2.reshape(inputs_2.shape[0], -1, 64)",
            },
        ),
        ("Reshape((7, -1, 3))", {"(N, features)": "inputs.unflatten(1, (7, -1, 3)).permute(0, 3, 1, 2)"}),
    ],
)  # fmt: skip
def test_axes_are_those_of_any_input(call: str, forms: dict[str | None, str]) -> None:
    made = {form["condition"]: "\n".join(form["torch"]) for form in translation(call)["forms"]}
    assert made.items() >= forms.items()


def test_a_reshape_of_images_shows_no_size_that_is_not_stated() -> None:
    for call in ("Reshape((-1, 64))", "Reshape((7, -1, 3))", "Reshape((-1,))"):
        for form in translation(call)["forms"]:
            text = "\n".join(form["torch"])
            assert not any(size in text for size in ("105", "35", "11", "13"))


@pytest.mark.parametrize(
    ("call", "keras"),
    [
        ("x.contiguous().view(2, -1)", "keras.ops.reshape(x, (2, -1))"),
        ("x.detach().cpu().numpy()", "keras.ops.convert_to_numpy(keras.ops.stop_gradient(x))"),
        ("F.relu(x.cuda())", "keras.ops.relu(x)"),
        ("torch.max(x, 1)[1]", "keras.ops.argmax(x, axis=1)"),
        ("torch.max(x, 1).values", "keras.ops.max(x, axis=1)"),
        ("torch.topk(x, 5)[1]", "keras.ops.top_k(x, 5)[1]"),
        ("x.view(2, -1)[0]", "keras.ops.reshape(x, (2, -1))[0]"),
        ("x.to(device)", "x"),
        ("x.to('cuda:0')", "x"),
        ("x.to(y.device)", "x"),
        ("x.to(device, dtype=torch.float64)", "keras.ops.cast(x, 'float64')"),
        ("x.to(torch.float16)", "keras.ops.cast(x, 'float16')"),
        ("self.fc(x.view(x.size(0), -1))", "keras.ops.reshape(x, (x.shape[0], -1))"),
        (
            "nn.Conv2d(3, 8, 3, padding='same', padding_mode='reflect')",
            "keras.layers.Conv2D(8, 3)(keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode='reflect'))",
        ),
        (
            "optim.SGD(params, lr=0.1, weight_decay=5e-4)",
            "decayed(keras.optimizers.SGD, 0.0005, 0.1)",
        ),
    ],
)  # fmt: skip
def test_torch_as_it_is_written(call: str, keras: str) -> None:
    assert find(call).results[0]["code"]["keras"] == keras


@pytest.mark.parametrize(
    "call",
    ["DataLoader(dataset, batch_size=32, shuffle=True, num_workers=4)", "torch.save(model.state_dict(), 'm.pth')"],
)
def test_what_has_no_counterpart_is_not_said_to_be_a_wrong_call(call: str) -> None:
    first = find(call).results[0]
    assert first["verdict"] == "no counterpart"
    assert not first["problem"]


def test_a_weight_decay_that_is_a_name_is_asked_for() -> None:
    assert find("optim.Adam(params, weight_decay=wd)").results[0]["depends_on"] == "weight_decay"
