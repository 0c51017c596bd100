"""What own layers do, one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from test_written_models import randomised

from equivalence import Ported, Refused, port


def _ported(model: Any, **options: Any) -> Ported:
    made = port(randomised(model), **options)
    assert made.report.verified, made.report.because
    assert made.report.float64 is not None
    return made


class _Layer(layers.Layer):
    """An own layer whose call is a function."""

    def __init__(self, function: Callable[..., Any], **held: Any) -> None:
        super().__init__()
        self.function = function
        for name, value in held.items():
            setattr(self, name, value)

    def call(self, x: Any, *others: Any, **named: Any) -> Any:
        return self.function(self, x, *others, **named)


class Scaled(layers.Layer):
    """Operators on its own weights, before any tensor meets them."""

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), name="scale")
        self.shift = self.add_weight(shape=(shape[-1],), name="shift", trainable=False)
        self.temperature = self.add_weight(shape=(), name="temperature")

    def call(self, x: Any) -> Any:
        strength = 1.0 + self.scale * 2.0 - self.shift / 4.0
        return x * ops.softmax(strength) * ops.exp(-self.temperature)


def test_operators_on_weights() -> None:
    image = keras.Input((4, 6))
    made = _ported(keras.Model(image, Scaled()(image)))
    assert {"scaled.scale", "scaled.shift", "scaled.temperature"} == set(made.module.state_dict())
    trained = {name for name, weight in made.module.named_parameters() if weight.requires_grad}
    assert trained == {"scaled.scale", "scaled.temperature"}


@pytest.mark.parametrize("adapted", [False, True])
def test_statistics_beside_an_own_layer_are_those_of_float64(adapted: bool) -> None:
    """A Normalization makes what it computes with where it is built; a live model beside it is compared in float64."""
    image = keras.Input((4, 3))
    given = {} if adapted else {"mean": [123.675, 116.28, 103.53], "variance": [58.395**2, 57.12**2, 57.375**2]}
    norm = layers.Normalization(**given)
    if adapted:
        norm.adapt(np.random.default_rng(0).normal(3.3, 0.7, (50, 4, 3)).astype("float32"))
    model = keras.Model(image, Scaled()(norm(image)))
    before = [np.array(norm.mean), np.array(norm.variance)]
    made = port(model)
    assert made.report.verified, made.report.because
    assert made.report.float64 is not None and made.report.float64["max_rel"] < 1e-14
    for held, known in zip((norm.mean, norm.variance), before, strict=True):
        assert np.array_equal(np.array(held), known) and keras.backend.standardize_dtype(held.dtype) == "float32"


class TiedHead(layers.Layer):
    """The embedding's table again, transposed."""

    def __init__(self) -> None:
        super().__init__()
        self.table = layers.Embedding(11, 6)
        self.hidden = layers.Dense(6, activation="tanh")

    def call(self, ids: Any) -> Any:
        return ops.matmul(self.hidden(self.table(ids)), ops.transpose(self.table.embeddings))


def test_weights_shared_by_a_layer_and_the_code_around_it() -> None:
    ids = keras.Input((5,), dtype="int32")
    made = _ported(keras.Model(ids, TiedHead()(ids)))
    assert sum(weight.shape == (11, 6) for weight in made.module.parameters()) == 1


class Bottleneck(layers.Layer):
    def __init__(self, units: int) -> None:
        super().__init__()
        self.down, self.up = layers.Dense(units, "relu"), None
        self.drop = layers.Dropout(0.5)

    def build(self, shape: Any) -> None:
        self.up = layers.Dense(shape[-1])
        super().build(shape)

    def call(self, x: Any, training: bool = False) -> Any:
        return x + self.up(self.drop(self.down(x), training=training))


def test_an_own_layer_called_twice_is_one_module() -> None:
    x = keras.Input((7,))
    block = Bottleneck(3)
    made = _ported(keras.Model(x, block(block(x))))
    assert sum(part.name == "Bottleneck" for part in made.draft.classes) == 1
    assert len(list(made.module.children())) == 1


def test_dropout_goes_with_the_mode_of_the_model() -> None:
    import torch

    x = keras.Input((7,))
    made = _ported(keras.Model(x, Bottleneck(64)(x)))
    given = torch.ones(2, 7)
    assert torch.equal(made.module(given), made.module(given))
    made.module.train()
    assert not torch.equal(made.module(given), made.module(given))


def test_a_mode_that_is_fixed_stays() -> None:
    x = keras.Input((7,))
    layer = _Layer(lambda self, x: self.drop(x, training=True), drop=layers.Dropout(0.5))
    model = keras.Model(x, layer(x))
    made = port(model, verify=False)
    import torch

    given = torch.ones(2, 7)
    assert not torch.equal(made.module(given), made.module(given))


def test_a_lambda_of_a_live_model() -> None:
    x = keras.Input((None, 4))
    y = layers.Lambda(lambda t: ops.square(t) - ops.mean(t, axis=1, keepdims=True), name="centred")(x)
    made = _ported(keras.Model(x, layers.Dense(3)(y)))
    assert "class Centred(nn.Module)" in made.source


def test_functions_of_shape_and_range() -> None:
    def call(self: Any, x: Any) -> Any:
        batch, length, width = ops.shape(x)
        positions = ops.cast(ops.arange(length), "float32") / 8.0
        grid = ops.broadcast_to(positions[None, :, None], (batch, length, width))
        halves = ops.reshape(x, (batch, length, 2, width // 2))
        return ops.reshape(ops.sum(halves, axis=2), (batch, -1)), x + grid

    x = keras.Input((None, 6))
    _ported(keras.Model(x, _Layer(call)(x)))


def test_masks_that_an_own_layer_takes_and_hands_on() -> None:
    class Pool(layers.Layer):
        def call(self, x: Any, mask: Any = None) -> Any:
            weight = ops.cast(mask, x.dtype)[..., None]
            return ops.sum(x * weight, axis=1) / (1.0 + ops.sum(weight, axis=1))

    class Shift(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.supports_masking = True

        def call(self, x: Any) -> Any:
            return x + 0.5

    class Longer(layers.Layer):
        def call(self, x: Any) -> Any:
            return ops.concatenate([x[:, :1], x], axis=1)

        def compute_mask(self, x: Any, mask: Any = None) -> Any:
            return None if mask is None else ops.concatenate([ops.ones_like(mask[:, :1]), mask], axis=1)

    ids = keras.Input((7,), dtype="int32")
    x = layers.Embedding(4, 5, mask_zero=True)(ids)
    longer = Longer()
    longer.supports_masking = True
    x = longer(Shift()(x))
    x = layers.LSTM(6, return_sequences=True)(x)
    _ported(keras.Model(ids, Pool()(x)))


def test_lists_dictionaries_and_several_outputs() -> None:
    class Heads(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.heads = {"b": layers.Dense(2), "a": layers.Dense(3)}
            self.stages = [[layers.Dense(4), layers.Dense(5)], [layers.Dense(6)]]

        def call(self, inputs: Any) -> Any:
            x = inputs["x"] + inputs["y"]
            for stage in self.stages:
                for layer in stage:
                    x = layer(x)
            return {name: head(x) for name, head in self.heads.items()}

    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    made = _ported(keras.Model([x, y], Heads()({"x": x, "y": y})))
    assert {"heads.stages_0_1.weight", "heads.heads_b.weight"} <= set(made.module.state_dict())


def test_own_layers_in_a_file_with_custom_objects(tmp_path: Path) -> None:
    x = keras.Input((7,))
    model = randomised(keras.Model(x, Noisy(0.5)(x)))
    model.save(tmp_path / "noisy.keras")
    with pytest.raises(Refused, match="Noisy"):
        port(tmp_path / "noisy.keras")
    made = port(tmp_path / "noisy.keras", custom_objects={"Noisy": Noisy})
    assert made.report.verified
    assert "class Noisy(nn.Module)" in made.source


class Noisy(layers.Layer):
    def __init__(self, factor: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return ops.tanh(x * self.factor)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


def _numpy(self: Any, x: Any) -> Any:
    return np.square(x)


def _branch(self: Any, x: Any) -> Any:
    return x if ops.sum(x) > 0 else -x


def _assigns(self: Any, x: Any) -> Any:
    self.dense(x)
    self.dense.bias.assign(self.dense.bias + 1.0)
    return self.dense(x)


def _by_size(self: Any, x: Any) -> Any:
    return ops.relu(x) if ops.shape(x)[1] > 80 else x


def _no_tensor(self: Any, x: Any) -> Any:
    return 3


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (_numpy, "test_own_layers.py, line"),
        (_branch, "test_own_layers.py, line"),
        (_assigns, "changes its weight"),
        (_by_size, "does other things at other sizes"),
        (_no_tensor, "returns no tensor"),
    ],
    ids=["numpy on tensors", "a branch on values", "weights change", "a branch on sizes", "no tensor"],
)
def test_what_cannot_be_traced_is_refused(function: Callable[..., Any], says: str) -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(4)
            self.dense.build((None, 4))
            self.inside = _Layer(function, dense=self.dense)

        def call(self, x: Any) -> Any:
            return self.inside(x)

    with pytest.raises(Refused, match=says) as refusal:
        port(Model(), inputs=keras.Input((None, 4)))
    assert "\n" not in str(refusal.value)


def test_a_model_of_keras_2_is_told_what_to_do() -> None:
    model = type("Sequential", (), {"__module__": "tf_keras.src.engine.sequential"})()
    with pytest.raises(Refused, match=r"tf_keras \(Keras 2\).*model.save"):
        port(model)


def test_a_dry_run_says_where_an_own_class_is_written() -> None:
    from equivalence import dry_run

    x = keras.Input((7,))
    rows = dry_run(keras.Model(x, layers.Dense(3, name="dense")(Noisy(0.5, name="noisy")(x)))).layers
    assert [(row.path, row.standing) for row in rows] == [
        ("noisy", "traced"), ("noisy/multiply", "exact"), ("noisy/tanh", "exact"), ("dense", "exact"),
    ]  # fmt: skip
    assert rows[0].because.startswith("test_own_layers.py:")


def test_own_code_by_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from equivalence.cli import main

    code = "import keras\n\nclass Doubled(keras.layers.Layer):\n    def call(self, x):\n        return 2.0 * x\n"
    (tmp_path / "doubled_layers.py").write_text(code)
    from equivalence.keras_side.imported_code import own_objects

    doubled = own_objects([str(tmp_path / "doubled_layers.py")])["Doubled"]
    x = keras.Input((7,))
    randomised(keras.Model(x, layers.Dense(3)(doubled()(x)))).save(tmp_path / "doubled.keras")
    arguments = ["port", str(tmp_path / "doubled.keras"), "-o", str(tmp_path)]
    assert main(arguments) == 2
    assert "--import FILE.py" in capsys.readouterr().err
    assert main([*arguments, "--import", str(tmp_path / "doubled_layers.py")]) == 0
    assert "class Doubled(nn.Module)" in (tmp_path / "doubled.py").read_text()
    assert main([*arguments, "--import", str(tmp_path / "nothing.py")]) == 2
