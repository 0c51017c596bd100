# The source of weights_and_layouts.ipynb; `make notebooks` runs it.

# %% [markdown]
# # Weights and layouts in pictures
#
# `load_state_dict` took every array, no shape complained, and the numbers are wrong. A kernel is a table with names on
# its axes, and the two frameworks write the axes in another order. Where two of them have one size, an array goes in
# the wrong way round as well as the right one. Here each array is drawn as Keras keeps it, as PyTorch wants it, and as
# it is often carried over, with what that does to the output of the layer.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import torch
from einops import rearrange

import equivalence

random = np.random.default_rng(0)
layers = keras.layers


def rule(name, array):
    """What the catalogue says of an array: the axes on both sides, and its blocks where they are reordered."""
    (found, *_) = (each for each in equivalence.lookup(name)[0]["weights"] if each["keras"] == array)
    return found["how"], found["blocks"]


for name, array in [
    ("Dense", "kernel"), ("Conv2D", "kernel"), ("DepthwiseConv2D", "kernel"), ("Conv2DTranspose", "kernel"),
    ("LSTM", "kernel"), ("GRU", "kernel"), ("MultiHeadAttention", "kernel"),
]:  # fmt: skip
    how, blocks = rule(name, array)
    print(f"{name:20} {array:8} {how:24}" + (f" blocks {blocks}" if blocks else ""))

# %% [markdown]
# `i` is a channel that comes in, `o` one that goes out, `h` and `w` a place in the window (of attention, `h` a head
# and `k` a number within it), `m` the multiplier of a depthwise layer. Blocks are the gates of a recurrent layer.
#
# ## How it is measured
#
# One layer, all weights random, ported: the port has the arrays as they belong. Then one of them is exchanged for the
# same numbers carried over the wrong way, and the outputs are held against Keras's.


# %%
def ported(layer, *shape):
    """A model of one layer, its port, and the input that both are asked with."""
    image = keras.Input(shape)
    model = keras.Model(image, layer(image, image) if isinstance(layer, layers.MultiHeadAttention) else layer(image))
    positive = isinstance(layer, layers.BatchNormalization)  # there a negative number may become a variance
    for weight in model.weights:
        weight.assign(abs(random.normal(size=weight.shape)) if positive else random.normal(size=weight.shape))
    x = random.normal(size=(3, *shape)).astype("float32")
    return model, equivalence.port(model, verify=False), x


def apart(model, port, x):
    """The largest difference of the outputs, relative to the largest number of Keras's."""
    wanted = np.array(model(x))
    return float(np.abs(port.predict(x) - wanted).max() / np.abs(wanted).max())


def deviation(layer, shape, array, wrong):
    """How far off a layer is with its array in the port exchanged for `wrong`; and how far with the right one."""
    model, port, x = ported(layer, *shape)
    right = apart(model, port, x)
    (place,) = (value for name, value in port.module.state_dict().items() if name.endswith(array))
    place.copy_(torch.tensor(wrong(layer.get_weights()[0])))
    return right, apart(model, port, x)


print("a Dense layer with its kernel as it belongs, and with random numbers in its place:")
off = deviation(layers.Dense(4), (4,), "weight", lambda kernel: random.normal(size=kernel.shape))
print(f"off by {off[0]:.0e}, off by {off[1]:.1f}")


# %% [markdown]
# ## The pictures
#
# The colour of a weight is its place in Keras's array: dark is first in memory, bright is last. The same weight has the
# same colour in all three pictures of a row. Axes are written as rows × columns.


# %%
def drawn(axis, array, rows, title, label):
    """An array as a table: its first axes are the rows."""
    table = array.reshape(int(np.prod(array.shape[:rows])), -1)
    axis.imshow(table, cmap="viridis", aspect="auto")
    axis.set(title=title, xticks=[], yticks=[], xlabel=label)
    for edge in range(1, len(table)):
        axis.axhline(edge - 0.5, color="white", linewidth=0.6)


measured = {}


def pictures(cases):
    """Three pictures a layer: Keras's array, PyTorch's, and the wrong one with its deviation."""
    _, grid = plt.subplots(len(cases), 3, figsize=(11, 2.2 * len(cases)), layout="constrained")
    for row, (name, (layer, shape, array, axes, rows, carried, says, wrong)) in zip(grid, cases.items(), strict=True):
        right, off = deviation(layer, shape, array, wrong)
        measured[f"{name}: {says}"] = off
        kernel = layer.get_weights()[0]
        places = np.arange(kernel.size).reshape(kernel.shape)
        in_keras, in_torch = axes.split(" -> ")
        drawn(row[0], places, rows, f"{name} in Keras, {kernel.shape}", in_keras)
        drawn(row[1], carried(places), 1, f"in PyTorch, {carried(places).shape}: {right:.0e} off", in_torch)
        drawn(row[2], wrong(places), 1, f"{says}: {off:.2f} off", "the same shape")
    plt.show()


def by_rule(name):
    """A kernel as the catalogue carries it."""
    how, blocks = rule(name, "kernel")
    return lambda kernel: rearrange(reordered(kernel, blocks) if blocks else kernel, how)


def reordered(kernel, order):
    """The blocks of the last axis in another order."""
    blocks = np.split(kernel, len(order), axis=-1)
    return np.concatenate([blocks[place] for place in order], axis=-1)


pictures({
    "Dense": (
        layers.Dense(4), (4,), "weight", "i × o -> o × i", 1, by_rule("Dense"),
        "not transposed", lambda kernel: kernel,
    ),
    "Conv2D": (
        layers.Conv2D(3, (2, 2)), (5, 4, 3), "weight", "h w i × o -> o × i h w", 3, by_rule("Conv2D"),
        "kernel.T", lambda kernel: kernel.T,
    ),
    "DepthwiseConv2D": (
        layers.DepthwiseConv2D((2, 2), depth_multiplier=2), (5, 4, 3), "weight", "h w i × m -> i m × h w", 3,
        by_rule("DepthwiseConv2D"), "m before i", lambda kernel: rearrange(kernel, "h w i m -> (m i) 1 h w"),
    ),
    "Conv2DTranspose": (
        layers.Conv2DTranspose(3, (2, 2)), (5, 4, 3), "weight", "h w o × i -> i × o h w", 3,
        by_rule("Conv2DTranspose"), "as of a Conv2D", lambda kernel: rearrange(kernel, "h w o i -> o i h w"),
    ),
})  # fmt: skip

# %% [markdown]
# In Keras the channels are last: `(h, w, i, o)`, drawn with one row for each place in the window and each channel that
# comes in. PyTorch has what goes out first, so a row is one filter. `kernel.T` reverses *all* axes: filters and
# channels come right, and height and width are exchanged, which no shape shows where the window is square.
#
# ## Gates and heads
#
# A recurrent layer keeps the kernels of its gates side by side. Keras's LSTM has them in the order of PyTorch's (input,
# forget, cell, output); of a GRU, Keras has *update, reset*, new, and PyTorch *reset, update*, new.

# %%
pictures({
    "LSTM": (
        layers.LSTM(2), (5, 3), "weight_ih_l0", "i × (i f c o) -> (i f c o) × i", 1, by_rule("LSTM"),
        "gates as i, f, o, c", lambda kernel: reordered(kernel, (0, 1, 3, 2)).T,
    ),
    "GRU": (
        layers.GRU(2), (5, 3), "weight_ih_l0", "i × (z r n) -> (r z n) × i", 1, by_rule("GRU"),
        "transposed alone", lambda kernel: kernel.T,
    ),
    "MultiHeadAttention": (
        layers.MultiHeadAttention(2, 3), (5, 4), "query.weight", "d × h k -> h k × d", 1, by_rule("MultiHeadAttention"),
        "k before h", lambda kernel: rearrange(kernel, "d h k -> (k h) d"),
    ),
})  # fmt: skip

# %% [markdown]
# Each row of PyTorch's array belongs to one unit of one gate, or to one number of one head. With gates exchanged the
# layer still runs, still remembers and still forgets, only by the wrong signals.
#
# A GRU has two biases in Keras as well, as one array of two rows, `(2, 3 * units)`: for the input and for the state.
# An LSTM has one, and PyTorch two, which it adds: the second one has to be zero, or everything is shifted.

# %%
model, port, x = ported(layers.LSTM(2), 5, 3)
state = port.module.state_dict()
(second,) = (value for name, value in state.items() if name.endswith("bias_hh_l0"))
(first,) = (value for name, value in state.items() if name.endswith("bias_ih_l0"))
print(f"bias_hh_l0 zero:                    off by {apart(model, port, x):.0e}")
second.copy_(first)
measured["LSTM: bias in both places"] = apart(model, port, x)
print(f"the bias of Keras in both of them:  off by {measured['LSTM: bias in both places']:.2f}")

# %% [markdown]
# ## Four arrays of one shape
#
# BatchNormalization has no axes to exchange. Its arrays have one shape, so *which is which* is all that there is to get
# wrong: Keras's list is gamma, beta, mean, variance.

# %%
model, port, x = ported(layers.BatchNormalization(), 6)
arrays = model.layers[-1].get_weights()
names = ("weight", "bias", "running_mean", "running_var")
_, pair = plt.subplots(1, 2, figsize=(8, 2.2), layout="constrained")
for axis, order, title in (
    (pair[0], (0, 1, 2, 3), "as Keras lists them"),
    (pair[1], (2, 3, 0, 1), "mean and variance first"),
):
    for name, place in zip(names, order, strict=True):
        (target,) = (value for key, value in port.module.state_dict().items() if key.endswith(name))
        target.copy_(torch.tensor(arrays[place]))
    off = apart(model, port, x)
    axis.imshow([[place] * 6 for place in order], cmap="viridis", aspect="auto")
    axis.set(
        title=title if order[0] == 0 else f"{title}: off by {off:.2f}", xticks=[], yticks=range(4), yticklabels=names
    )
measured["BatchNormalization: mean first"] = off
plt.show()

# %% [markdown]
# ## How wrong each of them is
#
# All of these load without a complaint.

# %% main plot
_, axis = plt.subplots(figsize=(9, 3.6), layout="constrained")
ordered = sorted(measured.items(), key=lambda item: item[1])
axis.barh([name for name, _ in ordered], [off for _, off in ordered], color="#b5485d")
for place, (_, off) in enumerate(ordered):
    axis.text(off, place, f" {off:.2f}", va="center")
axis.set(xlabel="largest deviation of the output, relative", xlim=(0, 1.12 * max(measured.values())))
axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## Or have it carried
#
# `equivalence.transfer` carries weights either way, by these rules; `equivalence.port` writes the module too. And an
# array that was carried over by hand is found by `equivalence check`, with the layer and the reason.
