"""A vision Transformer as tutorials write it: patches, their places, and blocks that also give their attention."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


class Patches(layers.Layer):
    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, images: Any) -> Any:
        batch, height, width, channels = ops.shape(images)
        count = (height // self.size) * (width // self.size)
        patches = ops.image.extract_patches(images, size=self.size)
        return ops.reshape(patches, (batch, count, self.size * self.size * channels))


class PatchEncoder(layers.Layer):
    def __init__(self, count: int, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count
        self.projection = layers.Dense(dim)
        self.place = layers.Embedding(count, dim)

    def call(self, patches: Any) -> Any:
        return self.projection(patches) + self.place(ops.arange(self.count))


class Block(layers.Layer):
    def __init__(self, dim: int, heads: int, inner: int, rate: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim, self.inner = dim, inner
        self.norm_1 = layers.LayerNormalization(epsilon=1e-6)
        self.attention = layers.MultiHeadAttention(heads, dim // heads, dropout=rate)
        self.norm_2 = layers.LayerNormalization(epsilon=1e-6)
        self.grow = layers.Dense(inner, activation="gelu")
        self.shrink = layers.Dense(dim)
        self.drop = layers.Dropout(rate)

    def call(self, x: Any, training: bool = False) -> Any:
        h = self.norm_1(x)
        h, scores = self.attention(h, h, return_attention_scores=True, training=training)
        x = x + h
        h = self.drop(self.shrink(self.grow(self.norm_2(x))), training=training)
        return x + h, scores


def vision_transformer() -> keras.Model:
    """Digits of 8 × 8 pixels, in patches of 2 × 2; its outputs are the classes and the attention of both blocks."""
    image = keras.Input((8, 8, 1), name="image")
    x = PatchEncoder(16, 32)(Patches(2)(image))
    x, first = Block(32, 4, 64)(x)
    x, second = Block(32, 4, 128)(x)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-6)(x))
    return keras.Model(image, [layers.Dense(10, name="digit")(x), first, second], name="vision_transformer")
