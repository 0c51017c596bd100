"""Models of words, sounds, series and tables, each the kind that people have, as small as shows what is theirs."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

WORDS = 23


def tagged_words() -> Any:
    """A tag for each word: padding is masked, both ways are read."""
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(WORDS, 5, mask_zero=True, name="embedding")(words)
    x = layers.SpatialDropout1D(0.25)(x)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True, dropout=0.125), name="both_ways")(x)
    return keras.Model(words, layers.Dense(6, activation="softmax", name="tags")(x), name="tagged_words")


def sequence_to_sequence() -> Any:
    """A translation: the decoder starts with the states of the encoder, and attends to its steps."""
    source, target = (keras.Input((n,), dtype="int32", name=name) for n, name in ((9, "source"), (7, "target")))
    read = layers.Embedding(WORDS, 5, name="source_words")(source)
    steps, h, c = layers.LSTM(6, return_sequences=True, return_state=True, name="encoder")(read)
    written = layers.Embedding(WORDS, 4, name="target_words")(target)
    x, last_h, _ = layers.LSTM(6, return_sequences=True, return_state=True, name="decoder")(
        written, initial_state=[h, c]
    )
    context = layers.AdditiveAttention(name="attention")([x, steps])
    logits = layers.Dense(WORDS, name="logits")(layers.Concatenate()([x, context]))
    return keras.Model([source, target], [logits, last_h], name="sequence_to_sequence")


def transformer_encoder() -> Any:
    """A classifier of sentences: embedded positions, attention under a padding mask, a mean of the words."""
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(WORDS, 12, mask_zero=True, name="words_embedded")(words)
    x = x + layers.Embedding(64, 12, name="positions")(ops.cumsum(ops.ones_like(words), axis=1) - 1)
    for index in range(2):
        y = layers.MultiHeadAttention(3, 4, dropout=0.125, name=f"attention_{index}")(x, x)
        x = layers.LayerNormalization(epsilon=2.0**-20, name=f"attended_{index}")(layers.Add()([x, y]))
        y = layers.Dense(12, name=f"narrow_{index}")(layers.Dense(20, activation="gelu", name=f"wide_{index}")(x))
        x = layers.LayerNormalization(epsilon=2.0**-20, name=f"normed_{index}")(layers.Add()([x, y]))
    pooled = layers.GlobalAveragePooling1D()(x)
    return keras.Model(words, layers.Dense(3, activation="softmax", name="classes")(pooled), name="transformer_encoder")


def transformer_decoder() -> Any:
    """A language model that is told of a picture: causal attention, attention to patches, tied words."""
    words, patches = keras.Input((8,), dtype="int32", name="words"), keras.Input((5, 7), name="patches")
    embedding = layers.ReversibleEmbedding(WORDS, 12, name="words_embedded")
    x = embedding(words)
    y = layers.RMSNormalization(epsilon=2.0**-20, name="before_self")(x)
    x = x + layers.MultiHeadAttention(3, 4, name="self_attention")(y, y, use_causal_mask=True)
    y = layers.RMSNormalization(epsilon=2.0**-20, name="before_cross")(x)
    x = x + layers.GroupQueryAttention(4, 4, 2, name="cross_attention")(y, layers.Dense(12, name="seen")(patches))
    gate, value = (layers.Dense(16, name=name)(x) for name in ("gate", "value"))
    x = x + layers.Dense(12, name="narrow")(ops.silu(gate) * value)
    return keras.Model([words, patches], embedding(x, reverse=True), name="transformer_decoder")


def dilated_causal() -> Any:
    """A series of any length: causal convolutions whose dilation doubles, gates, skips."""
    series = keras.Input((None, 3), name="series")
    x = layers.Conv1D(6, 1, name="start")(series)
    skips = []
    for dilation in (1, 2, 4, 8):
        convolved = layers.Conv1D(12, 2, padding="causal", dilation_rate=dilation, name=f"dilated_{dilation}")(x)
        a, b = ops.split(convolved, 2, axis=-1)
        gated = layers.Multiply(name=f"gated_{dilation}")([ops.tanh(a), ops.sigmoid(b)])
        skips.append(layers.Conv1D(5, 1, name=f"skip_{dilation}")(gated))
        x = layers.Add(name=f"residual_{dilation}")([x, layers.Conv1D(6, 1, name=f"back_{dilation}")(gated)])
    x = layers.Activation("relu")(layers.Add(name="skips")(skips))
    return keras.Model(series, layers.Conv1D(2, 1, name="next")(x), name="dilated_causal")


def speech() -> Any:
    """Speech: padded frames are masked, narrowed by a convolution, read both ways, a letter for each."""
    frames = keras.Input((17, 10), name="frames")
    x = layers.Masking(mask_value=0.0, name="padding")(frames)
    x = layers.Dense(8, activation="relu", name="features")(layers.LayerNormalization(epsilon=2.0**-10)(x))
    for index in range(2):
        x = layers.Bidirectional(
            layers.LSTM(5, return_sequences=True), merge_mode=("concat", "sum")[index], name=f"both_ways_{index}"
        )(x)
    x = layers.TimeDistributed(layers.Dense(9, activation="relu"), name="each")(x)
    return keras.Model(frames, layers.Dense(12, activation="softmax", name="letters")(x), name="speech")


def spoken_command() -> Any:
    """A command in a second of sound: a mel spectrogram inside the model, as an image of one channel."""
    sound = keras.Input((400,), name="sound")
    x = layers.MelSpectrogram(
        fft_length=64, sequence_stride=32, sampling_rate=1000, num_mel_bins=8, min_freq=20.0, name="mel"
    )(sound)
    x = layers.BatchNormalization(axis=1)(layers.Reshape((*x.shape[1:], 1))(x))
    x = layers.MaxPooling2D((2, 1))(layers.Conv2D(4, 3, activation="relu")(x))
    x = layers.Permute((2, 1, 3))(x)
    x = layers.GRU(5, reset_after=False)(layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x))
    return keras.Model(sound, layers.Dense(3, activation="softmax", name="commands")(x), name="spoken_command")


def stacked_cells() -> Any:
    """A series by several cells as one, with the states that they leave."""
    series = keras.Input((9, 3), name="series")
    cells = layers.StackedRNNCells([layers.LSTMCell(5), layers.GRUCell(4), layers.SimpleRNNCell(3)])
    found = layers.RNN(cells, return_sequences=True, return_state=True, name="stacked")(series)
    return keras.Model(series, [layers.Dense(2, name="out")(found[0]), found[-1]], name="stacked_cells")


def written_line() -> Any:
    """A line of handwriting: convolutions, columns as steps, both ways, a letter for each."""
    image = keras.Input((12, 32, 1), name="image")
    x = layers.MaxPooling2D(2)(layers.Conv2D(4, 3, padding="same", activation="relu")(image))
    x = layers.MaxPooling2D((2, 1))(layers.Conv2D(6, 3, padding="same", activation="relu")(x))
    x = layers.Reshape((16, 18))(layers.Permute((2, 1, 3))(x))
    x = layers.Bidirectional(layers.LSTM(5, return_sequences=True), name="both_ways")(x)
    return keras.Model(image, layers.Dense(11, activation="softmax", name="letters")(x), name="written_line")


def table() -> Any:
    """Rows of a table: texts and whole numbers looked up, crossed and binned, numbers standardised, by name."""
    city, job = (keras.Input((1,), dtype="string", name=name) for name in ("city", "job"))
    month, age = keras.Input((1,), dtype="int64", name="month"), keras.Input((1,), name="age")
    amounts = keras.Input((3,), name="amounts")
    looked_up = layers.StringLookup(vocabulary=["paris", "rome", "oslo"], output_mode="one_hot", name="cities")(city)
    jobs = layers.Embedding(6, 3)(layers.StringLookup(vocabulary=["cook", "clerk"], num_oov_indices=2)(job))
    crossed = layers.HashedCrossing(7, output_mode="one_hot", name="city_and_job")([city, job])
    months = layers.IntegerLookup(vocabulary=[3, 6, 9, 12], output_mode="one_hot", name="months")(month)
    ages = layers.CategoryEncoding(5, output_mode="one_hot")(layers.Discretization([18.0, 30.0, 45.0, 65.0])(age))
    scaled = layers.Normalization(mean=[1.0, -2.0, 0.5], variance=[4.0, 0.25, 1.0], name="scaled")(amounts)
    parts = [looked_up, layers.Flatten()(jobs), crossed, months, ages, scaled]
    x = layers.Dense(8, activation="relu", name="hidden")(layers.Concatenate(name="row")(parts))
    inputs = {"city": city, "job": job, "month": month, "age": age, "amounts": amounts}
    return keras.Model(inputs, {"price": layers.Dense(1, name="price")(x)}, name="table")


def sentiment() -> Any:
    """Texts as they are: split and looked up inside the model, convolved, the largest of each."""
    text = keras.Input((), dtype="string", name="text")
    x = layers.TextVectorization(
        vocabulary=["good", "bad", "film", "the", "not"], output_sequence_length=8, name="split"
    )(text)
    x = layers.Conv1D(6, 3, activation="relu")(layers.Embedding(7, 5)(x))
    return keras.Model(text, layers.Dense(1, activation="sigmoid")(layers.GlobalMaxPooling1D()(x)), name="sentiment")


def recommended() -> Any:
    """Who likes what: two embeddings, their product, what each is liked by itself."""
    user, item = keras.Input((), dtype="int32", name="user"), keras.Input((), dtype="int32", name="item")
    users, items = layers.Embedding(19, 6, name="users")(user), layers.Embedding(19, 6, name="items")(item)
    liked = layers.Dot(axes=1, normalize=True, name="alike")([users, items])
    bias = layers.Add(name="biases")([layers.Embedding(19, 1)(user), layers.Embedding(19, 1)(item)])
    return keras.Model([user, item], ops.sigmoid(liked + bias), name="recommended")


def forecast() -> Any:
    """A forecast: the mean of the window taken off and put on again, a trend and three quantiles."""
    window = keras.Input((24, 2), name="window")
    mean = ops.mean(window, axis=1, keepdims=True)
    x = window - mean
    x = layers.AveragePooling1D(2, padding="same")(layers.SeparableConv1D(6, 3, padding="same", activation="relu")(x))
    x = layers.SimpleRNN(5, go_backwards=True)(x)
    ahead = layers.RepeatVector(4)(x)
    ahead = layers.LSTM(5, return_sequences=True, name="ahead")(ahead)
    quantiles = [layers.Dense(2, name=f"quantile_{part}")(ahead) + mean for part in (10, 50, 90)]
    return keras.Model(window, ops.stack(quantiles, axis=-1), name="forecast")


SEQUENCES = (
    tagged_words, sequence_to_sequence, transformer_encoder, transformer_decoder, dilated_causal, speech,
    spoken_command, stacked_cells, written_line, table, sentiment, recommended, forecast,
)  # fmt: skip
