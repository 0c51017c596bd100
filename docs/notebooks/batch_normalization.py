# The source of batch_normalization.ipynb; `make notebooks` runs it.

# %% [markdown]
# # BatchNormalization: six ways to get it wrong
#
# It has four arrays, two of which are not trained, a constant under a root, a momentum that means the opposite on the
# other side, and two modes. Each way to port it wrongly runs. How wrong is each: in the layer, in the answer, in
# accuracy? A small network is trained in Keras on handwritten digits and ported; the port is then spoilt in one way
# at a time.

# %%
import copy

import keras
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

import equivalence

keras.utils.set_random_seed(0)
images, digits = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8, 1) / 16).astype("float32")
layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(12, 3, use_bias=False), layers.BatchNormalization(), layers.ReLU(),
        layers.Conv2D(24, 3, use_bias=False), layers.BatchNormalization(), layers.ReLU(),
        layers.GlobalAveragePooling2D(), layers.Dense(10),
    ]
)  # fmt: skip
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
model.fit(images[:1200], digits[:1200], batch_size=32, epochs=25, verbose=0)
print(
    f"{model.evaluate(images[1200:], digits[1200:], verbose=0)[1]:.1%} "
    f"of {len(images) - 1200} digits that it has not seen"
)

# %% [markdown]
# The port is equal, at every layer:

# %%
ported = equivalence.port(model)
print(f"verified: {ported.report.verified}; outputs within {ported.report.float64['max_rel']:.0e} of Keras in float64")
seen = torch.tensor(np.moveaxis(images[1200:], -1, 1))
labels = torch.tensor(digits[1200:])
right = ported.module(seen).detach()


# %% [markdown]
# ## Six ways
#
# Each is one line that people write, or forget.


# %%
def norms(module):
    return [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]


def default_epsilon(module):
    for norm in norms(module):
        norm.eps = 1e-5


def moved_arrays(module):
    """Keras's list of arrays, copied in order to a module that keeps mean and variance before weight and bias."""
    for norm in norms(module):
        arrays = [norm.weight, norm.bias, norm.running_mean, norm.running_var]
        values = [array.detach().clone() for array in arrays]
        for array, value in zip(arrays, [values[2], values[3].abs(), values[0], values[1].abs()], strict=True):
            array.data.copy_(value)


def forgotten_statistics(module):
    """Only what is trained is carried over."""
    for norm in norms(module):
        norm.reset_running_stats()


def training_mode(module):
    for norm in norms(module):
        norm.train()


def variance_as_deviation(module):
    for norm in norms(module):
        norm.running_var.sqrt_()


def keras_momentum(module):
    """momentum=0.99, as Keras has it, and one more epoch of training in PyTorch."""
    train_on(module, momentum=0.99)


def train_on(module, momentum):
    for norm in norms(module):
        norm.momentum = momentum
    module.train()
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3)
    for start in range(0, 1200, 32):
        batch = torch.tensor(np.moveaxis(images[start : start + 32], -1, 1))
        loss = nn.functional.cross_entropy(module(batch), torch.tensor(digits[start : start + 32]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    module.eval()


WAYS = {
    "eps left at 1e-5": default_epsilon,
    "variance taken for deviation": variance_as_deviation,
    "statistics not carried": forgotten_statistics,
    "arrays in another order": moved_arrays,
    "left in training mode": training_mode,
    "Keras's momentum, then trained": keras_momentum,
}
trained = copy.deepcopy(ported.module)
train_on(trained, momentum=0.01)  # what 0.99 in Keras is in PyTorch
rows = {}
for name, spoil in WAYS.items():
    module = copy.deepcopy(ported.module)
    spoil(module)
    with torch.no_grad():
        logits, wanted = module(seen), trained(seen) if spoil is keras_momentum else right
    off = float((logits - wanted).abs().max() / wanted.abs().max())
    rows[name] = (off, float((logits.argmax(1) == labels).float().mean()))
    print(f"{name:32} logits off by {off:7.1e} of the largest, accuracy {rows[name][1]:.1%}")

# %% [markdown]
# The one that costs least here is the one that is met most: an epsilon. It hides where variances are large, and shows
# where they are small, as in networks that are wide, deep, or trained at half precision. The one that is seen last is
# the momentum: in inference the port is equal to the last bit, and goes wrong when training goes on.
#
# ## The mode is not seen in the numbers of one batch alone
#
# In training mode the answer for one image depends on which others are beside it:

# %%
module = copy.deepcopy(ported.module).train()
alone, beside = (float(module(seen[:count])[0].max().detach()) for count in (2, 64))
print(
    f"largest logit of one image, in a batch of 2: {alone:.3f}, of 64: {beside:.3f}; "
    f"in eval mode {float(right[0].max()):.3f}"
)

# %% main plot
figure, (left, other) = plt.subplots(1, 2, figsize=(11, 3.4), sharey=True)
places = range(len(rows))
left.barh(places, [off for off, _ in rows.values()], color="tab:red")
left.set(xscale="log", xlabel="logits, relative deviation", yticks=places, yticklabels=rows)
other.barh(places, [accuracy for _, accuracy in rows.values()], color="tab:blue")
other.axvline(float((right.argmax(1) == labels).float().mean()), color="black", linewidth=1)
other.set(xlabel="accuracy (line: as in Keras)", xlim=(0, 1))
left.invert_yaxis()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Which one is it?
#
# `equivalence.check` names them, of a module that somebody wrote by hand as well as of this one:

# %%
for name in ("eps left at 1e-5", "statistics not carried"):
    module = copy.deepcopy(ported.module)
    WAYS[name](module)
    fault = equivalence.check(ported, module, weights="given").faults[0]
    print(f"{fault.keras}: {fault.cause.says}")
