"""What code of somebody's own does to tensors and sizes, each once: what tracing got wrong, and what it refuses."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from traced_calls import calling, equal, ported

from equivalence import Refused
from equivalence.keras_side.tracing.free_sizes import solved, value_of
from equivalence.keras_side.tracing.open_sizes import BATCHES, SIZES
from equivalence.translation.graph import Ref
from equivalence.translation.sizes import Size

# -- sizes ---------------------------------------------------------------------------------------


def test_lengths_that_are_added_up_are_one_length() -> None:
    made = equal(calling(lambda self, x, y: x + 2.0 * y, (None, 4), (None, 4)))
    assert [spec.shape for spec in made.graph.specs.values()] == [(None, None, 4)] * 2


def test_lengths_that_meet_nowhere_stay_two() -> None:
    """A mask over one sequence, cut to that, beside another sequence."""

    def call(self: Any, x: Any, y: Any) -> Any:
        weights = ops.softmax(ops.einsum("nid,njd->nij", x, y), axis=-1)
        return weights * ops.cast(ops.shape(y)[1], "float32")

    made = equal(calling(call, (None, 4), (None, 4)))
    x, y = np.ones((2, 3, 4), "float32"), np.ones((2, 7, 4), "float32")
    assert made.predict(x, y).shape == (2, 3, 7)
    assert made.predict(x, y).sum() == pytest.approx(2 * 3 * 7)


def test_slices_and_new_shapes_by_sizes_of_other_tensors() -> None:
    table = np.linspace(-1, 1, 60 * 4).reshape(60, 4).astype("float32")

    def call(self: Any, x: Any) -> Any:
        batch, length = ops.shape(x)[:2]
        held = ops.convert_to_tensor(self.table)
        placed = ops.broadcast_to(ops.slice(held, (1, 0), (length, 4)), (batch, length, 4))
        return placed + x[:, : length - 1, :][:, :1] + held[None, 2 : length + 2]

    made = equal(calling(call, (None, 4), table=table))
    assert "x.shape[1] + 2" in made.source


def test_an_array_that_is_kept_and_cut_to_size_is_cut_in_the_port() -> None:
    """Positions made once; a threshold of the same array stays a number."""

    class Placed(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.places = ops.expand_dims(ops.arange(3, 1200, dtype="int32"), axis=0)
            self.table = layers.Embedding(1200, 4)

        def call(self, x: Any) -> Any:
            first = int(self.places[0, 0])
            return x * float(first) + self.table(self.places[:, 1 : ops.shape(x)[1] + 1])

    made = equal(calling(lambda self, x: self.placed(x), (None, 4), placed=Placed()))
    assert made.predict(np.zeros((2, 700, 4), "float32")).shape == (2, 700, 4)


def test_shapes_that_keras_leaves_open_are_known() -> None:
    """The size of an EinsumDense whose output shape says None, asked for afterwards."""

    def call(self: Any, x: Any) -> Any:
        split = self.heads(x)
        batch, length, heads, width = ops.shape(split)
        return ops.reshape(split, (batch, length, heads * width)) / ops.sqrt(ops.cast(width, "float32"))

    equal(calling(call, (None, 6), heads=layers.EinsumDense("abc,cde->abde", (None, 2, 5), bias_axes="de")))


def test_numbers_that_go_with_sizes_become_tensors() -> None:
    def call(self: Any, x: Any) -> Any:
        length = ops.shape(x)[1]
        return x * ops.sqrt(ops.cast(length, "float32")) / ops.cast(ops.maximum(length, 3), "float32")

    equal(calling(call, (None, 4)))


def test_lengths_of_which_no_rule_is_found_are_one_length() -> None:
    """A mask of one sequence, padded by how much longer another is."""

    def call(self: Any, x: Any, mask: Any) -> Any:
        x = ops.concatenate([x[:, :1], x[:, :1], x], axis=1)
        behind = ops.pad(mask, ((0, 0), (ops.shape(x)[1] - ops.shape(mask)[1], 0)))
        return x * ops.expand_dims(behind, -1)

    made = ported(calling(call, (None, 4), (None,)))
    assert made.report.verified and any("inputs of one length" in note for note in made.report.notes)
    x, mask = np.ones((2, 5, 4), "float32"), np.full((2, 5), 3, "float32")
    np.testing.assert_array_equal(made.predict(x, mask)[0, :, 0], [0, 0, 3, 3, 3, 3, 3])
    with pytest.raises(ValueError, match=r"inputs of one size were traced, and these are of \(5, 4\)"):
        made.predict(x, mask[:, :4])


@pytest.mark.parametrize("limit", [6, 26, 500])
def test_code_that_asks_how_long_its_input_is_is_refused(limit: int) -> None:
    def call(self: Any, x: Any) -> Any:
        return ops.tanh(x) if ops.shape(x)[1] > limit else x

    with pytest.raises(Refused, match="does other things at other sizes"):
        ported(calling(call, (None, 4)))


def test_code_that_asks_whether_a_size_is_even_is_refused() -> None:
    def call(self: Any, x: Any) -> Any:
        return ops.pad(x, [(0, 0), (0, 1), (0, 0)]) if ops.shape(x)[1] % 2 else x

    with pytest.raises(Refused, match="does other things at other sizes"):
        ported(calling(call, (None, 4)))


def test_a_condition_on_sizes_among_the_arguments_is_refused() -> None:
    with pytest.raises(Refused, match="at different sizes of the inputs"):
        ported(calling(lambda self, x: ops.where(ops.shape(x)[1] > 20, x, 2.0 * x), (None, 4)))


def test_no_size_that_is_tried_follows_from_others() -> None:
    """Else a number of the one would be taken for a number of the other."""
    rows = [BATCHES, *zip(*SIZES, strict=True)]
    for row in rows:
        others = {(Ref(str(other), 0, 0), 0): other for other in rows if other is not row}
        assert solved(row, others) is None


def test_the_simplest_expression_of_sizes_is_found() -> None:
    batch, first, second = BATCHES, *list(zip(*SIZES, strict=True))[:2]
    names = [Ref(name, 0, 0) for name in ("batch", "first", "second")]
    axes = {(ref, 0): sizes for ref, sizes in zip(names, (batch, first, second), strict=True)}
    for expected in (
        first,
        tuple(n - 1 for n in first),
        tuple(3 * n for n in second),
        tuple(n // 4 for n in first),
        tuple(-(-n // 4) for n in first),
        tuple(a * b for a, b in zip(batch, second, strict=True)),
        tuple(2 * n - 1 for n in first),
    ):
        found = solved(expected, axes)
        assert found is not None
        for which in range(len(batch)):
            assert value_of(found, [axes[key][which] for key in found.axes]) == expected[which]


def test_sizes_keep_their_text_and_never_become_plain_numbers() -> None:
    length = Size(29, "x.shape[1]")
    assert f"{length + 2 - 1}" == "x.shape[1] + 1"
    assert f"{(length - 1) * 2}" == "(x.shape[1] - 1) * 2"
    assert f"{-length + 3}" == "-x.shape[1] + 3"
    assert f"{5 - length}" == "5 - x.shape[1]"
    for lossy in (int, float, abs, lambda size: [0] * size, lambda size: size / 2, lambda size: size**2):
        with pytest.raises(TypeError, match=r"x\.shape\[1\], is taken for a fixed number"):
            lossy(length)


# -- numbers -------------------------------------------------------------------------------------


def test_numbers_of_operations_alone_keep_their_digits() -> None:
    def call(self: Any, x: Any) -> Any:
        frequency = ops.exp(-ops.log(10000) * ops.arange(3, dtype="float32") / 3)
        return ops.sin(1000.0 * x * frequency) * float(ops.sqrt(2.0)) + int(ops.ceil(2.5))

    equal(calling(call, (4, 3)))


def test_numbers_may_be_asked_for_and_returned() -> None:
    class Scale(layers.Layer):
        def call(self, x: Any) -> Any:
            return ops.sqrt(ops.cast(x.shape[-1], "float32")), x, ops.log(3.0)

    def call(self: Any, x: Any) -> Any:
        scale, same, more = self.scale(x)
        return (ops.tanh(x) if ops.greater(more, 1.0) else x) / scale + same * more

    equal(calling(call, (4, 3), scale=Scale()))


def test_lists_of_numbers_are_tensors() -> None:
    equal(calling(lambda self, x: x * ops.convert_to_tensor([0.5, -2.0, 0.25]), (4, 3)))


def test_a_number_that_is_clipped_stays_whole() -> None:
    def call(self: Any, ids: Any) -> Any:
        return self.table(ops.clip(ids - 2, 0, 5))

    equal(calling(call, (None,), dtype="int32", table=layers.Embedding(6, 4)))


def test_a_condition_that_is_known_keeps_the_shape_of_both() -> None:
    def call(self: Any, x: Any) -> Any:
        wide = ops.where(x.shape[-1] > 2, ops.convert_to_tensor([0.5, -2.0, 0.25]), ops.ones((4, 1)))
        return x * wide * ops.where(x.shape[-1] > 3, 2.0, x)

    equal(calling(call, (4, 3)))


def test_one_tensor_is_joined_to_itself_alone() -> None:
    equal(calling(lambda self, x: ops.stack([ops.concatenate([x], axis=1)], axis=-1) * 2.0, (4, 3)))


# -- questions that the code asks of tensors ------------------------------------------------------


def test_equality_of_tensors_is_no_equality_of_objects() -> None:
    """Keras has no == of what stands for a tensor: to Python no two are equal."""

    def call(self: Any, ids: Any) -> Any:
        same = ops.expand_dims(ids, 1) == ops.expand_dims(ids, 2)
        return ops.cast(same, "float32") + ops.cast(ids == 1, "float32")[:, None]

    equal(calling(call, (None,), dtype="int32"))


def test_what_stands_for_a_tensor_says_that_it_is_one() -> None:
    def call(self: Any, x: Any) -> Any:
        x = x * 2.0 if ops.is_tensor(x) else x
        return x * float(ops.ndim(x)) if not keras.utils.is_keras_tensor(x) else x

    equal(calling(call, (4, 3)))


# -- own layers in own layers ---------------------------------------------------------------------


def test_arguments_that_are_numbers_and_results_that_are_none() -> None:
    class Powers(layers.Layer):
        def call(self, x: Any, count: int, scores: bool = False) -> Any:
            return sum(x**power for power in range(1, count + 1)), (x if scores else None)

    def call(self: Any, x: Any) -> Any:
        powers, none = self.powers(x, count=2)
        assert none is None
        return powers

    equal(calling(call, (4, 3), powers=Powers()))


def test_a_layer_that_does_other_things_in_other_calls_has_a_forward_for_each() -> None:
    class Turned(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x: Any, backwards: bool = False) -> Any:
            x = self.dense(x)
            return ops.flip(x, axis=1) if backwards else ops.tanh(x)

    made = equal(calling(lambda self, x: self.turned(x) + self.turned(x, backwards=True), (5, 3), turned=Turned()))
    assert made.source.count("def forward_2(") == 1
    assert sum(weight.shape == (3, 3) for weight in made.module.parameters()) == 1


def test_the_mode_that_a_layer_has_by_default_is_not_that_of_those_behind_it() -> None:
    """Resizing is called with `training=True` where nothing else is said, which Keras leaves standing."""

    class Pyramid(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.projection = keras.Sequential([layers.Dense(4), layers.BatchNormalization()])

        def call(self, x: Any) -> Any:
            return self.projection(layers.Resizing(7, 5)(x))

    made = equal(calling(lambda self, x: self.pyramid(x), (6, 4, 3), pyramid=Pyramid()))
    assert "training=True always" not in made.source


def test_a_layer_that_does_the_same_to_other_shapes_has_one_forward() -> None:
    class Rotated(layers.Layer):
        def call(self, x: Any) -> Any:
            half = x.shape[-1] // 2
            return ops.concatenate([-x[..., half:], x[..., :half]], axis=-1)

    def call(self: Any, x: Any) -> Any:
        queries, keys = ops.reshape(x, (-1, 5, 3, 4)), ops.reshape(x[..., :4], (-1, 5, 1, 4))
        return self.rotated(queries) * self.rotated(keys)

    made = equal(calling(call, (5, 12), rotated=Rotated()))
    assert "forward_2" not in made.source


def test_a_model_of_a_class_of_its_own_without_layers_of_its_own() -> None:
    class Backbone(keras.Model):
        def __init__(self, units: int) -> None:
            image = keras.Input((4,))
            super().__init__(image, layers.Dense(units)(layers.Dense(units, activation="tanh")(image)))
            self.units = units

        def get_config(self) -> dict[str, Any]:
            return {"units": self.units}

    equal(Backbone(3))


# -- activations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "activation",
    [functools.partial(keras.activations.gelu, approximate=True), lambda x: x * ops.sigmoid(1.702 * x)],
    ids=["partial", "lambda"],
)
def test_an_activation_of_ones_own_stands_behind_its_layer(activation: Any) -> None:
    def call(self: Any, x: Any) -> Any:
        return self.act(self.second(self.first(x)))

    held = {
        "first": layers.Dense(5, activation=activation),
        "second": layers.EinsumDense("abc,cd->abd", (None, 3), activation=activation),
        "act": layers.Activation(activation),
    }
    made = equal(calling(call, (None, 4), **held))
    assert "nn.Linear(4, 5)" in made.source


def test_a_mask_goes_on_through_an_activation_of_ones_own() -> None:
    def call(self: Any, ids: Any) -> Any:
        return self.pool(self.dense(self.table(ids)))

    held = {
        "table": layers.Embedding(7, 4, mask_zero=True),
        "dense": layers.Dense(5, activation=lambda x: ops.tanh(x) * 2.0),
        "pool": layers.GlobalAveragePooling1D(),
    }
    equal(calling(call, (None,), dtype="int32", **held))


# -- control flow, kernels ---------------------------------------------------------------


def test_the_branch_that_is_known_is_traced_and_of_two_the_one_that_is_asked_for() -> None:
    def call(self: Any, x: Any) -> Any:
        known = ops.cond(x.shape[-1] > 2, lambda: ops.tanh(x), lambda: x)
        return ops.cond(ops.sum(x) > 0.0, lambda: known * 2.0, lambda: known - 1.0)

    equal(calling(call, (4, 3)))


def test_tensors_of_no_axes() -> None:
    equal(calling(lambda self, x: x * (ops.ones(()) + ops.full((), 0.5)) + ops.zeros([]), (3,)))


def test_a_loop_of_known_length_is_written_out() -> None:
    equal(calling(lambda self, x: ops.fori_loop(0, 3, lambda i, y: ops.tanh(y) + x * float(i), x), (4, 3)))


def test_slopes_and_resized_images_are_compared_with_all_digits() -> None:
    def call(self: Any, image: Any) -> Any:
        x = self.act(image) * ops.leaky_relu(image, 0.3)
        return ops.image.resize(x, (9, 7)) + self.resizing(x)

    held = {"act": layers.Activation("leaky_relu"), "resizing": layers.Resizing(9, 7)}
    equal(calling(call, (5, 6, 3), **held))


def test_layers_that_read_numbers_of_whole_tensors() -> None:
    """Their lines have no shapes without numbers: they are run on some."""
    hashing = layers.Hashing(97, salt=[133, 137])
    equal(
        calling(lambda self, x: self.hashing(ops.cast(x * 10.0, "int32")) * ops.shape(x)[0], (None, 4), hashing=hashing)
    )
