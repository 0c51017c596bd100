"""Transformers with layers of their own, as people write them: of images, of sequences, with shifted windows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops


class Patches(layers.Layer):
    def __init__(self, patch_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, images: Any) -> Any:
        batch, height, width, channels = ops.shape(images)
        across, down = height // self.patch_size, width // self.patch_size
        patches = ops.image.extract_patches(images, size=self.patch_size)
        return ops.reshape(patches, (batch, across * down, self.patch_size * self.patch_size * channels))


class PatchEncoder(layers.Layer):
    def __init__(self, num_patches: int, projection_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_patches = num_patches
        self.projection = layers.Dense(projection_dim)
        self.position_embedding = layers.Embedding(num_patches, projection_dim)

    def call(self, patch: Any) -> Any:
        positions = ops.expand_dims(ops.arange(0, self.num_patches, 1), axis=0)
        return self.projection(patch) + self.position_embedding(positions)


class ClassToken(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.token = self.add_weight(shape=(1, 1, input_shape[-1]), initializer="random_normal", name="cls")

    def call(self, x: Any) -> Any:
        token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([token, x], axis=1)


class TransformerBlock(layers.Layer):
    def __init__(self, dim: int, heads: int, rate: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.norm_1 = layers.LayerNormalization(epsilon=1e-6)
        self.att = layers.MultiHeadAttention(heads, dim // heads, dropout=rate)
        self.norm_2 = layers.LayerNormalization(epsilon=1e-6)
        self.ffn = keras.Sequential([layers.Dense(2 * dim, activation="gelu"), layers.Dropout(rate), layers.Dense(dim)])

    def call(self, x: Any, training: bool = False) -> Any:
        h = self.norm_1(x)
        x = x + self.att(h, h, training=training)
        return x + self.ffn(self.norm_2(x), training=training)


def vision_transformer() -> keras.Model:
    image = keras.Input((24, 24, 3))
    x = ClassToken()(PatchEncoder(16, 32)(Patches(6)(image)))
    for _ in range(3):
        x = TransformerBlock(32, 4)(x)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return keras.Model(image, layers.Dense(5)(x[:, 0]), name="vision_transformer")


class PositionalEmbedding(layers.Layer):
    def __init__(self, vocabulary: int, dim: int, longest: int = 256, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim = dim
        self.embedding = layers.Embedding(vocabulary, dim, mask_zero=True)
        position = np.arange(longest)[:, None] / 10000 ** (np.arange(dim // 2)[None] / (dim // 2))
        self.encoding = np.concatenate([np.sin(position), np.cos(position)], axis=-1).astype("float32")

    def compute_mask(self, *args: Any, **kwargs: Any) -> Any:
        return self.embedding.compute_mask(*args, **kwargs)

    def call(self, x: Any) -> Any:
        length = ops.shape(x)[1]
        x = self.embedding(x) * ops.sqrt(ops.cast(self.dim, "float32"))
        return x + ops.convert_to_tensor(self.encoding)[None, :length]


class BaseAttention(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.mha = layers.MultiHeadAttention(**kwargs)
        self.layernorm = layers.LayerNormalization()
        self.add = layers.Add()


class CrossAttention(BaseAttention):
    def call(self, x: Any, context: Any) -> Any:
        return self.layernorm(self.add([x, self.mha(query=x, key=context, value=context)]))


class SelfAttention(BaseAttention):
    def __init__(self, causal: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.causal = causal

    def call(self, x: Any) -> Any:
        return self.layernorm(self.add([x, self.mha(query=x, value=x, key=x, use_causal_mask=self.causal)]))


class FeedForward(layers.Layer):
    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.seq = keras.Sequential([layers.Dense(inner, activation="relu"), layers.Dense(dim), layers.Dropout(0.1)])
        self.add = layers.Add()
        self.layer_norm = layers.LayerNormalization()

    def call(self, x: Any) -> Any:
        return self.layer_norm(self.add([x, self.seq(x)]))


class Encoder(layers.Layer):
    def __init__(self, depth: int, dim: int, vocabulary: int) -> None:
        super().__init__()
        self.pos_embedding = PositionalEmbedding(vocabulary, dim)
        self.attentions = [SelfAttention(False, num_heads=2, key_dim=dim) for _ in range(depth)]
        self.forwards = [FeedForward(dim, 24) for _ in range(depth)]
        self.dropout = layers.Dropout(0.1)

    def call(self, x: Any) -> Any:
        x = self.dropout(self.pos_embedding(x))
        for attention, forward in zip(self.attentions, self.forwards, strict=True):
            x = forward(attention(x))
        return x


class Decoder(layers.Layer):
    def __init__(self, depth: int, dim: int, vocabulary: int) -> None:
        super().__init__()
        self.pos_embedding = PositionalEmbedding(vocabulary, dim)
        self.blocks = [
            {
                "self": SelfAttention(True, num_heads=2, key_dim=dim),
                "cross": CrossAttention(num_heads=2, key_dim=dim),
                "forward": FeedForward(dim, 24),
            }
            for _ in range(depth)
        ]

    def call(self, x: Any, context: Any) -> Any:
        x = self.pos_embedding(x)
        for block in self.blocks:
            x = block["forward"](block["cross"](block["self"](x), context))
        return x


class Translator(keras.Model):
    """A Transformer from one sequence to another, as a subclass of Model."""

    def __init__(self, depth: int, dim: int, vocabulary: int) -> None:
        super().__init__(name="translator")
        self.encoder = Encoder(depth, dim, vocabulary)
        self.decoder = Decoder(depth, dim, vocabulary)
        self.final_layer = layers.Dense(vocabulary)

    def call(self, inputs: Any) -> Any:
        context, x = inputs
        return self.final_layer(self.decoder(x, self.encoder(context)))


def translator() -> keras.Model:
    model = Translator(2, 16, 11)
    model((np.array([[1, 4, 2, 0, 0]]), np.array([[3, 2, 5, 0]])))
    return model


class WindowAttention(layers.Layer):
    def __init__(self, dim: int, window: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim, self.window, self.heads = dim, window, heads
        self.scale = (dim // heads) ** -0.5
        self.qkv, self.proj = layers.Dense(3 * dim), layers.Dense(dim)
        places = np.stack(np.meshgrid(np.arange(window), np.arange(window), indexing="ij")).reshape(2, -1)
        apart = (places[:, :, None] - places[:, None]).transpose(1, 2, 0) + window - 1
        self.index = apart[..., 0] * (2 * window - 1) + apart[..., 1]

    def build(self, input_shape: Any) -> None:
        size = (2 * self.window - 1) ** 2
        self.table = self.add_weight(shape=(size, self.heads), initializer="random_normal", name="relative_bias")

    def call(self, x: Any, mask: Any = None) -> Any:
        _, size, channels = x.shape
        x = ops.reshape(self.qkv(x), (-1, size, 3, self.heads, channels // self.heads))
        x = ops.transpose(x, (2, 0, 3, 1, 4))
        q, k, v = x[0], x[1], x[2]
        attention = (q * self.scale) @ ops.transpose(k, (0, 1, 3, 2))
        bias = ops.take(self.table, ops.reshape(self.index, (-1,)), axis=0)
        bias = ops.transpose(ops.reshape(bias, (size, size, self.heads)), (2, 0, 1))
        attention = attention + ops.expand_dims(bias, 0)
        if mask is not None:
            windows = mask.shape[0]
            attention = ops.reshape(attention, (-1, windows, self.heads, size, size))
            attention = attention + ops.cast(mask[None, :, None], attention.dtype)
            attention = ops.reshape(attention, (-1, self.heads, size, size))
        x = ops.transpose(ops.softmax(attention, axis=-1) @ v, (0, 2, 1, 3))
        return self.proj(ops.reshape(x, (-1, size, channels)))


def window_partition(x: Any, window: int) -> Any:
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height // window, window, width // window, window, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, window * window, channels))


def window_reverse(windows: Any, window: int, height: int, width: int, channels: int) -> Any:
    x = ops.reshape(windows, (-1, height // window, width // window, window, window, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height, width, channels))


class SwinBlock(layers.Layer):
    def __init__(self, dim: int, size: int, window: int, shift: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim, self.size, self.window, self.shift = dim, size, window, shift
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.attention = WindowAttention(dim, window, 2)
        self.mlp = keras.Sequential([layers.Dense(2 * dim, activation="gelu"), layers.Dense(dim)])

    def build(self, input_shape: Any) -> None:
        self.mask = None
        if self.shift:
            regions = np.zeros((1, self.size, self.size, 1))
            cuts = (slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None))
            for count, (rows, columns) in enumerate((a, b) for a in cuts for b in cuts):
                regions[:, rows, columns] = count
            regions = ops.convert_to_numpy(window_partition(ops.convert_to_tensor(regions), self.window))[..., 0]
            self.mask = np.where(regions[:, None] == regions[:, :, None], 0.0, -100.0).astype("float32")
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        _, positions, channels = x.shape
        shortcut = x
        x = ops.reshape(self.norm(x), (-1, self.size, self.size, channels))
        if self.shift:
            x = ops.roll(x, shift=[-self.shift, -self.shift], axis=[1, 2])
        windows = self.attention(window_partition(x, self.window), mask=self.mask)
        x = window_reverse(windows, self.window, self.size, self.size, channels)
        if self.shift:
            x = ops.roll(x, shift=[self.shift, self.shift], axis=[1, 2])
        x = shortcut + ops.reshape(x, (-1, positions, channels))
        return x + self.mlp(x)


class PatchMerging(layers.Layer):
    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.size = size
        self.reduction = layers.Dense(2 * dim, use_bias=False)

    def call(self, x: Any) -> Any:
        channels = x.shape[-1]
        x = ops.reshape(x, (-1, self.size, self.size, channels))
        x = ops.concatenate([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], axis=-1)
        return self.reduction(ops.reshape(x, (-1, self.size // 2 * (self.size // 2), 4 * channels)))


def swin_transformer() -> keras.Model:
    image = keras.Input((32, 32, 3))
    x = layers.Reshape((64, 12))(layers.Conv2D(12, 4, strides=4)(image))
    for shift in (0, 2):
        x = SwinBlock(12, 8, 4, shift)(x)
    x = layers.GlobalAveragePooling1D()(PatchMerging(8, 12)(x))
    return keras.Model(image, layers.Dense(3)(x), name="swin")
