"""Models with layers of their own, in the styles in which people write them."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from written_transformers import swin_transformer, translator, vision_transformer


class Sampling(layers.Layer):
    """A point of a normal distribution."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs: Any) -> Any:
        mean, log_variance = inputs
        epsilon = keras.random.normal(shape=(ops.shape(mean)[0], ops.shape(mean)[1]), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * epsilon


class VariationalAutoencoder(keras.Model):
    def __init__(self, encoder: keras.Model, decoder: keras.Model, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def call(self, x: Any) -> Any:
        mean, log_variance, z = self.encoder(x)
        self.add_loss(-0.5 * ops.mean(1 + log_variance - ops.square(mean) - ops.exp(log_variance)))
        return self.decoder(z)


def variational_autoencoder() -> keras.Model:
    image = keras.Input((12, 12, 1))
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.Dense(8, activation="relu")(layers.Flatten()(x))
    mean, log_variance = layers.Dense(2, name="mean")(x), layers.Dense(2, name="log_variance")(x)
    encoder = keras.Model(image, [mean, log_variance, Sampling()([mean, log_variance])], name="encoder")
    latent = keras.Input((2,))
    x = layers.Reshape((6, 6, 3))(layers.Dense(108, activation="relu")(latent))
    x = layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid")(x)
    model = VariationalAutoencoder(encoder, keras.Model(latent, x, name="decoder"), name="vae")
    model(np.zeros((2, 12, 12, 1), "float32"))
    return model


class Router(layers.Layer):
    def __init__(self, experts: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.route = layers.Dense(experts)
        self.experts = experts

    def call(self, x: Any, training: bool = False) -> Any:
        logits = self.route(x)
        if training:
            logits = logits * keras.random.uniform(ops.shape(logits), 0.9, 1.1)
        weights = ops.softmax(logits, axis=-1)
        gate, index = ops.top_k(weights, k=2)
        return gate, ops.one_hot(index, self.experts)


class MixtureOfExperts(layers.Layer):
    def __init__(self, experts: int, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.router = Router(experts)
        self.experts = [keras.Sequential([layers.Dense(2 * dim, "relu"), layers.Dense(dim)]) for _ in range(experts)]

    def call(self, x: Any) -> Any:
        gate, chosen = self.router(x)
        outputs = ops.stack([expert(x) for expert in self.experts], axis=-2)
        combined = ops.einsum("...ke,...k->...e", chosen, gate)
        return ops.sum(outputs * combined[..., None], axis=-2)


def mixture_of_experts() -> keras.Model:
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(20, 8)(tokens)
    x = x + MixtureOfExperts(4, 8)(layers.LayerNormalization()(x))
    return keras.Model(tokens, layers.Dense(3)(layers.GlobalAveragePooling1D()(x)), name="experts")


class GatedLinearUnit(layers.Layer):
    def __init__(self, units: int) -> None:
        super().__init__()
        self.linear, self.sigmoid = layers.Dense(units), layers.Dense(units, activation="sigmoid")

    def call(self, inputs: Any) -> Any:
        return self.linear(inputs) * self.sigmoid(inputs)


class GatedResidualNetwork(layers.Layer):
    def __init__(self, units: int, rate: float) -> None:
        super().__init__()
        self.units = units
        self.elu_dense, self.linear_dense = layers.Dense(units, activation="elu"), layers.Dense(units)
        self.dropout = layers.Dropout(rate)
        self.gated_linear_unit, self.layer_norm = GatedLinearUnit(units), layers.LayerNormalization()
        self.project = layers.Dense(units)

    def call(self, inputs: Any) -> Any:
        x = self.dropout(self.linear_dense(self.elu_dense(inputs)))
        if inputs.shape[-1] != self.units:
            inputs = self.project(inputs)
        return self.layer_norm(inputs + self.gated_linear_unit(x))


class VariableSelection(layers.Layer):
    def __init__(self, features: int, units: int, rate: float) -> None:
        super().__init__()
        self.grns = [GatedResidualNetwork(units, rate) for _ in range(features)]
        self.grn_concat = GatedResidualNetwork(units, rate)
        self.softmax = layers.Dense(features, activation="softmax")

    def call(self, inputs: Any) -> Any:
        weights = ops.expand_dims(self.softmax(self.grn_concat(layers.concatenate(inputs))), axis=-1)
        x = ops.stack([grn(feature) for grn, feature in zip(self.grns, inputs, strict=True)], axis=1)
        return ops.squeeze(ops.matmul(ops.transpose(weights, axes=[0, 2, 1]), x), axis=1)


def gated_residual_network() -> keras.Model:
    age, job, income = keras.Input((1,), name="age"), keras.Input((1,), dtype="int32"), keras.Input((3,))
    features = [layers.Dense(6)(age), layers.Flatten()(layers.Embedding(9, 6)(job)), layers.Dense(6)(income)]
    x = VariableSelection(3, 6, 0.1)(features)
    return keras.Model([age, job, income], layers.Dense(1, activation="sigmoid")(x), name="selection")


class OrthogonalRegularizer(keras.regularizers.Regularizer):
    """No get_config: it cannot be saved, and changes no output."""

    def __init__(self, features: int) -> None:
        self.eye = ops.eye(features)

    def __call__(self, x: Any) -> Any:
        x = ops.reshape(x, (-1, 4, 4))
        return ops.sum(ops.square(ops.matmul(x, ops.transpose(x, (0, 2, 1))) - self.eye))


def point_net() -> keras.Model:
    def block(x: Any, units: int) -> Any:
        x = layers.BatchNormalization(momentum=0.0)(layers.Conv1D(units, 1)(x))
        return layers.Activation("relu")(x)

    points = keras.Input((None, 4))
    x = layers.GlobalMaxPooling1D()(block(points, 8))
    x = layers.Dense(16, bias_initializer="ones", activity_regularizer=OrthogonalRegularizer(4))(x)
    transformed = layers.Dot(axes=(2, 1))([points, layers.Reshape((4, 4))(x)])
    x = layers.GlobalMaxPooling1D()(block(transformed, 12))
    return keras.Model(points, layers.Dense(3, activation="softmax")(x), name="point_net")


class GraphConvolution(layers.Layer):
    """Messages along edges, added up at their ends; the graph is a part of the layer."""

    def __init__(self, edges: Any, nodes: int, units: int) -> None:
        super().__init__()
        self.sources, self.targets = np.asarray(edges, "int32")
        self.nodes = nodes
        self.message, self.update = layers.Dense(units, activation="relu"), layers.Dense(units)

    def call(self, features: Any) -> Any:
        messages = self.message(ops.take(features, self.sources, axis=1))
        gathered = ops.segment_sum(ops.transpose(messages, (1, 0, 2)), self.targets, num_segments=self.nodes)
        gathered = ops.transpose(gathered, (1, 0, 2))
        return ops.normalize(self.update(ops.concatenate([features, gathered], axis=-1)), axis=-1)


def graph_network() -> keras.Model:
    nodes = keras.Input((5, 3))
    edges = [[0, 1, 2, 3, 4, 0], [1, 2, 3, 4, 0, 2]]
    x = GraphConvolution(edges, 5, 6)(nodes)
    x = GraphConvolution(edges, 5, 6)(x)
    return keras.Model(nodes, layers.Dense(2)(x), name="graph_network")


class ResidualBlock(layers.Layer):
    def __init__(self, filters: int, strides: int = 1) -> None:
        super().__init__()
        self.conv1 = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)
        self.bn1 = layers.BatchNormalization()
        self.conv2 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.bn2 = layers.BatchNormalization()
        self.shortcut = layers.Conv2D(filters, 1, strides=strides) if strides != 1 else None

    def call(self, x: Any, training: Any = None) -> Any:
        h = ops.relu(self.bn1(self.conv1(x), training=training))
        h = self.bn2(self.conv2(h), training=training)
        return ops.relu(h + (x if self.shortcut is None else self.shortcut(x)))


class ResNet(keras.Model):
    def __init__(self, classes: int) -> None:
        super().__init__(name="resnet")
        self.stem = layers.Conv2D(6, 3, padding="same")
        self.blocks = [ResidualBlock(6), ResidualBlock(8, 2), ResidualBlock(8)]
        self.pool, self.head = layers.GlobalAveragePooling2D(), layers.Dense(classes)

    def call(self, x: Any, training: Any = None) -> Any:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(self.pool(x))


def subclassed_resnet() -> keras.Model:
    model = ResNet(4)
    model.build((None, 16, 20, 3))
    return model


class GatedBlock(layers.Layer):
    def __init__(self, filters: int, dilation: int) -> None:
        super().__init__()
        self.filter = layers.Conv1D(filters, 2, padding="causal", dilation_rate=dilation)
        self.gate = layers.Conv1D(filters, 2, padding="causal", dilation_rate=dilation)
        self.residual, self.skip = layers.Conv1D(filters, 1), layers.Conv1D(filters, 1)

    def call(self, x: Any) -> Any:
        h = ops.tanh(self.filter(x)) * ops.sigmoid(self.gate(x))
        return x + self.residual(h), self.skip(h)


class WaveNet(layers.Layer):
    def __init__(self, filters: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = layers.Conv1D(filters, 2, padding="causal")
        self.blocks = {str(d): GatedBlock(filters, d) for d in dilations}
        self.weights_of_skips = None

    def build(self, input_shape: Any) -> None:
        self.mix = self.add_weight(shape=(len(self.blocks),), initializer="random_normal", name="mix")

    def call(self, x: Any) -> Any:
        x, skips = self.stem(x), []
        for block in self.blocks.values():
            x, skip = block(x)
            skips.append(skip)
        share = ops.softmax(self.mix * math.sqrt(2.0))
        return ops.relu(sum(skip * share[i] for i, skip in enumerate(skips)))


def wave_net() -> keras.Model:
    sound = keras.Input((None, 1))
    return keras.Model(sound, layers.Conv1D(5, 1)(WaveNet(6, (1, 2, 4))(sound)), name="wave_net")


MODELS = {
    model.__name__: model
    for model in (
        *(vision_transformer, translator, variational_autoencoder, swin_transformer, mixture_of_experts),
        *(gated_residual_network, point_net, graph_network, subclassed_resnet, wave_net),
    )
}
