# The source of padding.ipynb; `make notebooks` runs it.

# %% [markdown]
# # Padding, once and for all
#
# `Conv2D(..., strides=2, padding="same")` became `nn.Conv2d(..., stride=2, padding=1)`. The shapes are right, and the
# numbers are not. What does Keras pad, where, and when may PyTorch's `padding=` stand for it? Asked of the frameworks
# themselves: a kernel of ones over an image of ones counts, at each place, how much of the window lies on the image.

# %%
import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import equivalence


def pads_of(counts, size, kernel, stride):
    """Zeros before and after a row, read off what the first and the last window hold of it."""
    before = kernel - int(counts[0])
    after = (len(counts) - 1) * stride + kernel - size - before
    return before, after


def in_keras(size, kernel, stride):
    layer = keras.layers.Conv1D(1, kernel, strides=stride, padding="same", kernel_initializer="ones", use_bias=False)
    return pads_of(np.array(layer(np.ones((1, size, 1), "float32")))[0, :, 0], size, kernel, stride)


for size in (7, 8, 9, 10):
    print(f"{size} steps, window 3, stride 2: Keras pads {in_keras(size, 3, 2)} before and after; padding=1 is (1, 1)")

# %% [markdown]
# ## The rule
#
# Keras wants `ceil(size / stride)` windows, adds what they lack, and puts the odd zero *behind*. So the padding
# depends on the size of the input, which is why no single `padding=` can stand for it. Held against Keras for every
# combination:


# %%
def rule(size, kernel, stride):
    """tf.nn's documentation, "SAME"."""
    lacking = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return lacking // 2, lacking - lacking // 2


cases = [
    case for case in itertools.product(range(1, 20), (1, 2, 3, 4, 5, 7), (1, 2, 3, 4)) if case[0] >= case[1] >= case[2]
]
agree = sum(in_keras(*case) == rule(*case) for case in cases)
print(f"the rule is Keras's in {agree} of {len(cases)} combinations of size, window and stride")

# %% [markdown]
# ## When `padding=kernel // 2` is the same, and how wrong it is where it is not

# %% main plot
sizes, strides = range(5, 17), (1, 2, 3)
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True)
random = np.random.default_rng(0)
for axis, kernel in zip(axes, (3, 5, 7), strict=True):
    off = np.full((len(strides), len(sizes)), np.nan)
    for (row, stride), (column, size) in itertools.product(enumerate(strides), enumerate(sizes)):
        image, weight = random.normal(size=(1, 1, size)), random.normal(size=(1, 1, kernel))
        before, after = rule(size, kernel, stride)
        wanted = F.conv1d(F.pad(torch.tensor(image), (before, after)), torch.tensor(weight), stride=stride)
        found = F.conv1d(torch.tensor(image), torch.tensor(weight), stride=stride, padding=kernel // 2)
        if found.shape == wanted.shape:
            off[row, column] = float((found - wanted).abs().max() / wanted.abs().max())
    shown = axis.imshow(off, cmap="YlOrRd", vmin=0, vmax=2, aspect="auto")
    axis.set(title=f"window {kernel}", xlabel="size of the input", xticks=range(len(sizes)), xticklabels=sizes)
    axis.set(yticks=range(len(strides)), yticklabels=strides)
axes[0].set_ylabel("stride")
figure.colorbar(shown, ax=axes, label="relative deviation of padding=kernel // 2")
plt.show()

# %% [markdown]
# Pale yellow is equal; white cells have another number of windows. With stride 1 and an odd window nothing can go
# wrong, and with stride 2 every *even* size is wrong: 224, for one.
#
# ## What to write
#
# The lookup answers a call with what it needs, here for sizes that it does not know, and for one that it does:

# %%
for call in ("Conv2D(8, 3, strides=2, padding='same')", "Conv2D(8, 3, padding='same')"):
    print(call)
    for form in equivalence.lookup(call)[0]["translation"]["forms"]:
        print(f"  {form['condition'] or 'always'}: {' '.join(form['torch'])}")

# %% [markdown]
# ## Pooling pads otherwise
#
# A maximum must not see zeros, and Keras's average divides by what lies on the image. PyTorch's average counts the
# zeros, unless it is told not to.

# %%
image = torch.tensor(random.normal(size=(1, 1, 7, 7)) - 3)  # below zero, where a zero would be the largest
keras_image = np.moveaxis(image.numpy(), 1, -1)


def apart(layer, module):
    wanted = np.moveaxis(np.array(layer(keras_image)), -1, 1)
    return float(np.abs(module(image).numpy() - wanted).max())


largest = keras.layers.MaxPooling2D(3, strides=2, padding="same", dtype="float64")
average = keras.layers.AveragePooling2D(3, strides=2, padding="same", dtype="float64")
print(f"nn.MaxPool2d(3, 2, padding=1)                              off by {apart(largest, nn.MaxPool2d(3, 2, 1)):.1e}")
zeros = nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, 2))
print(f"nn.ZeroPad2d(1), nn.MaxPool2d(3, 2)                        off by {apart(largest, zeros):.1e}")
print(f"nn.AvgPool2d(3, 2, padding=1)                              off by {apart(average, nn.AvgPool2d(3, 2, 1)):.1e}")
counted = nn.AvgPool2d(3, 2, 1, count_include_pad=False)
print(f"nn.AvgPool2d(3, 2, padding=1, count_include_pad=False)     off by {apart(average, counted):.1e}")

# %% [markdown]
# ## Or have it ported
#
# `equivalence.port` does all of this by the sizes of the model, and merges the padding into the layer where it can
# be.

# %%
model = keras.Sequential(
    [
        keras.Input((32, 31, 3)),
        keras.layers.Conv2D(4, 3, strides=2, padding="same"),
        keras.layers.AveragePooling2D(3, 2, "same"),
    ]
)
ported = equivalence.port(model)
print("\n".join(line for line in ported.source.splitlines() if "Conv2d(" in line or "Pool" in line or "pad" in line))
print(f"verified: {ported.report.verified}, outputs within {ported.report.float64['max_rel']:.0e} of Keras in float64")
