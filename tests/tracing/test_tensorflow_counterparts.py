"""Functions of TensorFlow's that own layers call, each against TensorFlow itself: by verification, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from traced_calls import calling, equal, ported

Functions = dict[str, Callable[..., Any]]

#: Of a tensor (N, 8, 6, 4).
IMAGES: Functions = {
    "patches": lambda x: tf.image.extract_patches(x, [1, 2, 3, 1], [1, 2, 3, 1], [1, 1, 1, 1], "VALID"),
    "patches, same": lambda x: tf.image.extract_patches(x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], padding="SAME"),
    "crop": lambda x: tf.image.crop_to_bounding_box(x, 1, 2, target_height=5, target_width=3),
    "pad": lambda x: tf.image.pad_to_bounding_box(x, 1, 2, 11, 9),
    "central crop": lambda x: tf.image.central_crop(x, 0.5),
    "crop or pad": lambda x: tf.image.resize_with_crop_or_pad(x, 5, 9),
    "flips": lambda x: tf.image.flip_left_right(x) + 2.0 * tf.image.flip_up_down(x),
    "turned": lambda x: tf.image.rot90(x) + tf.image.transpose(x),
    "contrast": lambda x: tf.image.adjust_contrast(tf.image.adjust_brightness(x, 0.25), 0.5),
    "standardized": lambda x: tf.image.per_image_standardization(x),
    "variation": lambda x: tf.image.total_variation(x),
    "gradients": lambda x: tf.concat(tf.image.image_gradients(x), axis=-1),
    "shuffled": lambda x: tf.nn.depth_to_space(x, 2),
}

#: Of a tensor (N, 8, 6, 4) and a weight (3, 3, 4, 2).
NETWORKS: Functions = {
    "conv": lambda x, w: tf.nn.conv2d(x, w, strides=[1, 2, 2, 1], padding="SAME"),
    "dilated": lambda x, w: tf.nn.conv2d(x, w, 1, "VALID", dilations=2),
    "transposed": lambda x, w: tf.nn.conv2d_transpose(x[..., :2], w, [tf.shape(x)[0], 16, 12, 4], 2, "SAME"),
    "depthwise": lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"),
    "pooled": lambda x, w: tf.nn.max_pool2d(x, 2, 2, "VALID") - tf.nn.avg_pool2d(x, [2, 2], [2, 2], padding="SAME"),
    "normalized": lambda x, w: tf.nn.batch_normalization(x, *tf.nn.moments(x, [0, 1, 2]), w[0, 0, :, 0], None, 0.25),
    "activations": lambda x, w: tf.nn.elu(x) + tf.nn.selu(x) * tf.nn.relu6(x) + tf.nn.swish(x) + tf.nn.softplus(x),
    "more activations": lambda x, w: tf.nn.log_softmax(x) + tf.math.log_sigmoid(x) + tf.nn.softsign(x),
    "crelu": lambda x, w: tf.nn.crelu(x),
    "responses": lambda x, w: tf.nn.local_response_normalization(x, depth_radius=1, bias=1.0, alpha=0.5, beta=0.75),
    "cross entropies": lambda x, w: tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x), x[:, ::-1]),
    "binary": lambda x, w: tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(x), logits=x[:, ::-1]),
    "sparse": lambda x, w: tf.nn.sparse_softmax_cross_entropy_with_logits(tf.argmax(x, -1), x[:, ::-1]),
    "looked up": lambda x, w: tf.nn.embedding_lookup(w, tf.argmax(x[..., :3], axis=-1)),
    "bias": lambda x, w: tf.nn.bias_add(x, w[0, 0, :, 0]) + tf.nn.l2_loss(x),
}

#: Of a tensor (N, 5, 4).
ARRAYS: Functions = {
    "matmul": lambda x: tf.matmul(tf.matmul(x, x, transpose_b=True), x) @ tf.matmul(x, x, transpose_a=True),
    "matvec": lambda x: tf.linalg.matvec(x, x[:, 0]),
    "norms": lambda x: tf.norm(x, axis=-1) + tf.norm(x, ord=1, axis=2) - tf.linalg.norm(x, ord=np.inf, axis=-1),
    "unit": lambda x: tf.nn.l2_normalize(x, axis=[1, 2]) + tf.math.l2_normalize(x, -1) + tf.clip_by_norm(x, 0.5, [1]),
    "running": lambda x: tf.cumsum(x, 1, exclusive=True) + tf.math.cumprod(x, axis=2, exclusive=True, reverse=True),
    "sorted": lambda x: tf.sort(x, direction="DESCENDING") + tf.gather(x, tf.argsort(x, axis=2), axis=2, batch_dims=2),
    "rows": lambda x: tf.gather(x, tf.argmax(x, axis=1) % 5, batch_dims=1),
    "one": lambda x: tf.gather(x, tf.argmax(x[..., 0], axis=1), batch_dims=1),
    "best": lambda x: tf.math.top_k(x).values + tf.cast(tf.nn.top_k(x, k=1).indices, x.dtype),
    "codes": lambda x: tf.one_hot(tf.argmax(x, -1), 4, on_value=2.0, off_value=-1.0, dtype=x.dtype),
    "padded": lambda x: (
        tf.pad(x, tf.constant([[0, 0], [1, 2], [0, 1]]), mode="REFLECT") - tf.pad(x, [[0, 0], [3, 0], [0, 1]])
    ),
    "diagonals": lambda x: tf.linalg.diag(x) + tf.linalg.diag(tf.linalg.diag_part(x))[:, tf.newaxis],
    "set diagonal": lambda x: tf.linalg.set_diag(x[:, :4], x[:, 4]) + tf.linalg.band_part(x[:, :4], 0, -1),
    "transposed": lambda x: tf.linalg.matrix_transpose(x) - tf.transpose(x, [0, 2, 1]) * 2.0,
    "products": lambda x: tf.tensordot(x, x[0], axes=(-1, 1)) + tf.einsum("b T c, btc -> bTt", x, x),
    "unknown mask": lambda x: x * tf.cast(tf.sequence_mask(tf.argmax(x[..., 0], 1), 5), x.dtype)[..., tf.newaxis],
    "differences": lambda x: tf.math.squared_difference(x, 0.5) + tf.math.xlogy(tf.abs(x), 2.0) + tf.atan2(x, 2.0),
    "no nan": lambda x: tf.math.divide_no_nan(x, tf.nn.relu(x)) + tf.math.multiply_no_nan(x, tf.nn.relu(x)),
    "grid": lambda x: x * tf.cast(tf.meshgrid(tf.range(tf.shape(x)[2]), tf.range(tf.shape(x)[1]))[0], x.dtype),
    "sums": lambda x: tf.add_n([x, x * 2.0]) + tf.math.reduce_euclidean_norm(x, axis=-1, keepdims=True),
    "repeated": lambda x: tf.roll(tf.repeat(x, 2, axis=1), shift=[1, 2], axis=[1, 2]) + tf.tile(x, [1, 2, 1]),
    "segments": lambda x: tf.math.unsorted_segment_mean(x[0], tf.constant([0, 2, 2, 1, 0]), num_segments=4),
    "several": lambda x: tf.math.unsorted_segment_max(x[0], tf.constant([0, 2, 2, 1, 0]), 3),
    "spectrum": lambda x: tf.math.abs(tf.signal.rfft(x)) + tf.math.imag(tf.signal.rfft(x) * 2.0),
    "unstacked": lambda x: tf.add_n(list(tf.unstack(x, axis=1))),
    "parts": lambda x: tf.split(x, [1, -1, 2], axis=1)[1],
    "scattered": lambda x: (
        tf.tensor_scatter_nd_update(x[0], [[1], [3]], x[0, :2]) + tf.scatter_nd([[0], [4]], x[0, :2], [5, 4])
    ),
    "unpacked": lambda x: sum(row * (place + 1.0) for place, row in enumerate(tf.transpose(x, [1, 0, 2]))),
}


@pytest.mark.parametrize("name", IMAGES)
def test_images(name: str) -> None:
    equal(calling(lambda self, x: IMAGES[name](x), (8, 6, 4)))


class Weighted(layers.Layer):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function
        self.w = self.add_weight(shape=(3, 3, 4, 2), name="w")

    def call(self, x: Any) -> Any:
        return self.function(x, self.w)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str) -> None:
    model = calling(lambda self, x: self.weighted(x), (8, 6, 4), weighted=Weighted(NETWORKS[name]))
    if name == "responses":  # TensorFlow has it in float32 alone
        assert ported(model).report.verified
    else:
        equal(model)


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str) -> None:
    equal(calling(lambda self, x: ARRAYS[name](x), (5, 4)))


def test_sizes_in_tensors_stay_free() -> None:
    """A shape that is computed with as with a tensor, and numbers that are made of it."""

    def call(self: Any, x: Any) -> Any:
        rank, (batch, length, width) = x.shape.rank, x.get_shape().as_list()
        heads = tf.reshape(x, tf.concat([tf.shape(x)[:-1], [2, width // 2]], axis=0))
        ahead = tf.range(length)[:, tf.newaxis] >= tf.range(length)
        places = tf.concat([tf.expand_dims(batch, -1), tf.constant([1, 1])], axis=0)
        mask = tf.tile(tf.reshape(tf.cast(ahead, x.dtype), (1, length, length)), places)
        mean = tf.reduce_sum(tf.matmul(mask, x), axis=1) / tf.math.sqrt(tf.cast(tf.shape(x)[1] * rank, x.dtype))
        more = tf.reshape(heads, tf.stack([batch, -1, width // 2]))
        return mean, more, tf.fill([batch, 2], 0.5) + tf.zeros([batch, 2])

    made = equal(calling(call, (None, 4)))
    assert made.predict(np.ones((3, 9, 4), "float32"))[1].shape == (3, 18, 2)


def test_what_is_drawn_is_drawn_in_the_port() -> None:
    def call(self: Any, x: Any) -> Any:
        noise = tf.random.normal(tf.shape(x), mean=0.5, stddev=2.0, dtype=x.dtype)
        kept = tf.floor(0.75 + tf.random.uniform([tf.shape(x)[0], 1], dtype=x.dtype))
        return tf.nn.dropout(x, rate=0.25) + noise * kept

    made = equal(calling(call, (6,)))
    assert "torch.rand(" in made.source
    assert "F.dropout(" in made.source


def test_a_decorated_call_and_a_step_by_step_one() -> None:
    class Cell(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.state_size, self.inner = 3, layers.Dense(3)

        @tf.function
        def call(self, x: Any, states: Any) -> Any:
            tf.debugging.assert_rank(x, 2)
            output = tf.nn.tanh(self.inner(x) + 0.5 * states[0])
            return output, [output]

    words = keras.Input((5,), dtype="int32")
    x = layers.Embedding(7, 4, mask_zero=True)(words)
    forward = layers.RNN(Cell(), return_sequences=True)(x)
    equal(keras.Model(words, [forward, layers.RNN(Cell(), go_backwards=True)(x)]))


@tf.custom_gradient
def reversed_gradient(x: Any) -> Any:
    return tf.identity(x) * 2.0, lambda upstream: 0.0 - upstream


def test_a_gradient_of_ones_own_is_told() -> None:
    made = equal(calling(lambda self, x: reversed_gradient(x) + x, (4,)))
    assert [note for note in made.report.notes if "'reversed_gradient' a gradient of its own" in note]
