# The source of global_average_pooling.ipynb: `make notebooks` builds and runs it.
# Cells begin with "# %%"; the experiments are in keras_torch_experiments/global_average_pooling.

# %% [markdown]
# # Why GlobalAveragePooling2D before Dense?
#
# > Why do we use GlobalAveragePooling2D before the Dense layer? Does it represent each filter by its average? If I use
# > Flatten and the fully connected layer directly, the model does not converge, it always gives 50–51 % accuracy (dogs
# > against cats, input (8, 8, 2048)). Is it overfitting, with so many inputs to Dense? Dropout of 0.5 or 0.6 is not
# > helping. If I reduce the size by convolution instead, will it work along with dropout? And in PyTorch that is
# > adaptive pooling?
#
# **In short**, each measured below, in Keras and in PyTorch:
#
# 1. Yes: one number a filter, its mean over the 8 × 8 places. In PyTorch `nn.AdaptiveAvgPool2d(1)` or `x.mean((2, 3))`.
# 2. Flatten gives Dense 64 times the inputs, so 64 times the weights, the memory, **and the reach of a step**: Adam
#    moves every weight by about the learning rate, whatever the gradient, so one step moves a logit by learning rate ×
#    inputs × mean input. At the default 0.001 that is about 50 after Flatten, and under 1 after pooling.
# 3. It stays at 50 % because of the **loss**: Keras 2 took the softmax's output and clipped it to [1e-7, 1 − 1e-7].
#    A logit that is wrong by more than 16.1 is outside, and the gradient there is exactly zero. After a few steps all
#    samples are outside, and nothing moves any more. The sign: a loss of 8.06, half of −ln 1e-7.
# 4. It is not overfitting (the *training* accuracy is 50 % too), so dropout cannot help. It is not the number of
#    weights as such either: a learning rate of 0.0001, or a loss on logits, and the flattened head trains.
# 5. A convolution instead helps as far as it makes the inputs fewer, with dropout and without.
# 6. Where position decides the answer, pooling cannot learn it, and Flatten can.
#
# To run it, `pip install ".[port,keras,notebooks]"` in the repository; it then runs wherever it lies.

# %% [markdown]
# ## The photographs and their feature maps
#
# Not dogs and cats, but two classes of real photographs that come inside scikit-image and scikit-learn: *natural* and
# *made*, four pictures each. Squares from the left part of each picture are for training, from the right part for
# validation; no region is in both.

# %%
import keras
import numpy as np
import torch
from IPython.display import Markdown, display
from keras import layers
from torch import nn

from equivalence import transfer
from keras_torch_experiments.global_average_pooling import (
    cost,
    curves,
    grid,
    keras_process,
    mechanism,
    plots,
    position,
    scratch,
    training_keras,
    training_torch,
)
from keras_torch_experiments.global_average_pooling.activation_maps import activation_maps
from keras_torch_experiments.global_average_pooling.candidates import (
    CANDIDATES,
    FLATTEN,
    HIDDEN,
    HIDDEN_FLATTEN,
    HIDDEN_POOL,
    POOL,
)
from keras_torch_experiments.global_average_pooling.data import Data
from keras_torch_experiments.global_average_pooling.features import extractor
from keras_torch_experiments.global_average_pooling.optimizers import keras_adam
from keras_torch_experiments.global_average_pooling.photographs import CLASSES, crops

seen = crops("training", per_picture=8, size=299)
held = crops("validation", per_picture=6, size=299)
display(plots.photographs(seen.images[:8], seen.names[:8]))
print(f"{len(seen.images)} for training, {len(held.images)} for validation")

# %% [markdown]
# InceptionV3 turns each square of 299 × 299 into a map (8, 8, 2048). It is the twin network of `keras_impl` and
# `torch_impl`, with the same weights in both, carried over by `equivalence.transfer`: trained on ImageNet where those
# can be had, else random from a fixed seed, with batch statistics that fit the photographs. The line below says which
# it was. Random filters are enough for the question: what matters is that there are 2048 of them, none negative.

# %%
network = extractor(seen.images[:16])
data = Data(network.maps(seen.images), seen.labels, network.maps(held.images), held.labels)
apart = np.abs(network.keras.predict(seen.images[:2], verbose=0) - data.x[:2]).max() / data.x[:2].max()
print(f"weights: {network.weights}")
print(f"a feature map: {data.x.shape[1:]}, mean {data.x.mean():.2f}, largest {data.x.max():.1f}")
print(f"the same from Keras and from PyTorch, to {apart:.0e}")

# %% [markdown]
# ## What does it compute? Does it represent each filter by its average?
#
# Yes. Here are eight of the 2048 channels of one photograph. Pooling keeps the number in the title and drops the
# picture.

# %%
display(plots.feature_map(data.x[0], channels=range(0, 2048, 256)))

# %% [markdown]
# Its names, in both frameworks, on the same map. An average pooling with a kernel of H × W is the same thing.

# %%
x = data.x[:3]  # Keras: channels last
x_torch = torch.from_numpy(x).permute(0, 3, 1, 2)  # PyTorch: channels first

in_keras = {
    "GlobalAveragePooling2D()": layers.GlobalAveragePooling2D()(x),
    "GlobalAveragePooling2D(keepdims=True)": layers.GlobalAveragePooling2D(keepdims=True)(x),
    "AveragePooling2D(8)": layers.AveragePooling2D(8)(x),
    "AdaptiveAveragePooling2D(1)": layers.AdaptiveAveragePooling2D(1)(x),
    "ops.mean(x, (1, 2))": keras.ops.mean(x, (1, 2)),
}
in_torch = {
    "nn.AdaptiveAvgPool2d(1)": nn.AdaptiveAvgPool2d(1)(x_torch),
    "nn.AdaptiveAvgPool2d(1), nn.Flatten()": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())(x_torch),
    "nn.AvgPool2d(8)": nn.AvgPool2d(8)(x_torch),
    "x.mean((2, 3))": x_torch.mean((2, 3)),
}
mean = x.astype(np.float64).mean((1, 2))
lines = ["| | shape | furthest from the mean |", "| --- | --- | --- |"]
for name, value in {**in_keras, **in_torch}.items():
    value = np.asarray(value)
    lines.append(f"| `{name}` | {value.shape} | {np.abs(value.reshape(mean.shape) - mean).max():.0e} |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# They differ in shape alone: Keras's layer drops the two axes unless `keepdims`; the adaptive layers and the pooling
# windows keep them, last in Keras's order and first in PyTorch's. So `nn.AdaptiveAvgPool2d(1)` wants a `Flatten` behind
# it. Where the order does matter is `Flatten` of a whole map: Keras's rows, columns, channels are not PyTorch's
# channels, rows, columns, so the heads in `torch_impl/heads.py` permute first.
#
# What the average keeps can be looked at. After pooling, a logit is the mean over the 64 places of *map · kernel*, plus
# the bias; before that mean it is a picture of which place speaks for which class: a **class activation map**
# ([Zhou et al. 2016](https://arxiv.org/abs/1512.04150)).

# %%
pooled = POOL.module(2048)
run = training_torch.train(pooled, data, "logits", keras_adam(pooled.parameters(), learning_rate=1e-3), 60, every=60)
kernel, bias = (parameter.detach().numpy() for parameter in (pooled.predictions.weight.T, pooled.predictions.bias))
maps = activation_maps(data.held_x[:8], kernel)
logits = pooled(training_torch.channels_first(data.held_x[:8])).detach().numpy()
print(f"mean of the maps + bias, against the logits: {np.abs(maps.mean((1, 2)) + bias - logits).max():.0e} apart")
speaks = [f"{name}: {CLASSES[logit.argmax()]}" for name, logit in zip(held.names, logits, strict=False)]
display(plots.activation_maps(held.images[:8], maps[..., 1] - maps[..., 0], speaks))

# %% [markdown]
# Red speaks for *made*, blue for *natural*. The average keeps what was there and how much of it, and drops where.
#
# ## How large is the flattened head?
#
# At full size, once: (8, 8, 2048) → `Dense(1000)`, a batch of 16, Adam. Each row ran in a process of its own.
#
# ```python
# # Keras                                                # PyTorch
# x = layers.Flatten()(x)                                x = x.permute(0, 2, 3, 1).flatten(1)
# x = layers.Dense(1000)(x)                              x = nn.Linear(131072, 1000)(x)
#
# x = layers.GlobalAveragePooling2D()(x)                 x = x.mean((2, 3))
# x = layers.Dense(1000)(x)                              x = nn.Linear(2048, 1000)(x)
# ```

# %%
lines = ["| | | weights | memory while training | a step |", "| --- | --- | --- | --- | --- |"]
for framework in cost.FRAMEWORKS:
    for head in cost.HEADS:
        spent = cost.measure(framework, head)
        memory = f"{spent.bytes_held / 1e9:.2f} GB"
        lines.append(f"| {framework} | {head} | {spent.parameters:,} | {memory} | {1000 * spent.seconds:.0f} ms |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# 131,072,000 weights and 1,000 biases against 2,048,000 and 1,000. Memory is four times the weights: Adam keeps two
# numbers for each, and there is the gradient. That is a price, but no reason to stay at 50 %.
#
# ## Why does it stay at 50 %?
#
# First, make it happen. Both heads end in two logits; Adam at its default rate of 0.001; the loss as Keras 2 had it in
# 2018 (`keras/backend/tensorflow_backend.py`), and on logits.
#
# ```python
# # Keras                                                 # PyTorch
# def keras2(labels, p):                                  def keras2(logits, labels):
#     p = ops.clip(p, 1e-7, 1 - 1e-7)                         p = logits.softmax(-1).clamp(1e-7, 1 - 1e-7)
#     return -ops.sum(one_hot(labels) * ops.log(p), -1)       return F.nll_loss(p.log(), labels)
#
# SparseCategoricalCrossentropy(from_logits=True)         nn.CrossEntropyLoss()
# ```

# %% main plot
runs = {}
for candidate in (POOL, FLATTEN):
    for loss in ("clipped probabilities", "logits"):
        module = candidate.module(2048)
        adam = keras_adam(module.parameters(), learning_rate=1e-3)
        runs[f"{candidate.name}, loss on {loss}"] = training_torch.train(module, data, loss, adam, 60, every=2)
display(plots.histories(runs))

# %%
lines = ["| PyTorch | loss | training | validation | samples without gradient |", "| --- | --- | --- | --- | --- |"]
for name, run in runs.items():
    shown = (f"{run.loss[-1]:.3f}", f"{run.accuracy[-1]:.0%}", f"{run.held_accuracy[-1]:.0%}", f"{run.still[-1]:.0%}")
    lines.append(f"| {name} | {' | '.join(shown)} |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# Reproduced: the flattened head with the loss on clipped probabilities is at exactly 50 %, for ever. Its loss is
# 8.06 = ½ · 16.12, and 16.12 is −ln 1e-7: half of the samples are right, the other half as wrong as the clip lets
# them be.
#
# Is that luck? Eight trainings of each head, of other initial weights, batches and dropout, by the clipped loss:

# %%
tried = [
    each for each in CANDIDATES if each.name in ("pool", "flatten", "flatten, dropout 0.5", "flatten, dropout 0.6")
]
cells = grid.grid(tried, data, losses=("clipped probabilities",), rates=(1e-3,), seeds=range(8), steps=30)
display(plots.ends(cells))
for cell in cells:
    frozen = sum(each.frozen for each in cell.outcomes)
    chance = sum(each.accuracy <= grid.CHANCE for each in cell.outcomes)
    print(f"{cell.candidate}: {frozen} of {len(cell.outcomes)} frozen, {chance} of them at chance")

# %% [markdown]
# Pooled, none freezes. Flattened, most do, with dropout and without: after a few steps hardly a sample has a gradient
# left, and the accuracy stays where those steps happened to throw it. In about half of them that is chance; on 64
# photographs that are easy to tell apart a luckier first step can land higher. **The longer the step, the less luck**:
# the head of the question has a hidden `Dense(1000)` between, so that two layers step at once. Here it is, at full
# size, 131,075,002 weights:

# %%
lines = ["| 10 steps | loss | training | validation | samples without gradient |", "| --- | --- | --- | --- | --- |"]
for candidate, loss in (*((each, "clipped probabilities") for each in HIDDEN[1:]), (HIDDEN_FLATTEN, "logits")):
    torch.manual_seed(0)
    module = candidate.module(2048)
    adam = torch.optim.Adam(module.parameters(), eps=1e-7, fused=True)  # no copies of its weights are made on the way
    run = training_torch.train(module, data, loss, adam, 10, every=10)
    shown = (f"{run.loss[-1]:.3f}", f"{run.accuracy[-1]:.0%}", f"{run.held_accuracy[-1]:.0%}", f"{run.still[-1]:.0%}")
    lines.append(f"| {candidate.name}, {loss} | {' | '.join(shown)} |")
    del module, adam
display(Markdown("\n".join(lines)))

# %% [markdown]
# 50 % to the question's 50–51 %, with dropout of 0.5 and 0.6 as little better as the question says; with the loss on
# logits the same 131 million weights learn.
#
# Now the suspects, one by one.
#
# ### Overfitting?
#
# No. Overfitting is good on the training part and bad on the validation part. Here the *training* accuracy is at
# chance. (The flattened head that does learn, on logits, is at 100 % in training; what it has less of in validation
# than the pooled one, that is overfitting.)
#
# ### The reach of one step?
#
# Adam's first step moves every weight by the learning rate, whatever the gradient's size. The inputs, behind a ReLU,
# are all positive, so the moves of 131,072 weights add up.

# %%
lines = ["| | inputs | rate × inputs × mean input | a logit moved by (mean) |", "| --- | --- | --- | --- |"]
for candidate in (POOL, FLATTEN):
    step = mechanism.adam_step(candidate, data, learning_rate=1e-3)
    lines.append(f"| {candidate.name} | {step.fan_in:,} | {step.expected:.2f} | {step.moved:.2f} |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# 64 times the reach. One step, and all logits are tens away from zero: a saturated softmax. By itself that is a bad
# start, not a dead end: the head with the loss on logits makes the same step, and comes back.
#
# ### A gradient of exactly zero?
#
# How hard does the loss pull at a sample that is wrong by some lead? Measured in public Keras on both of its backends:
# the logits are the weights of a model, and one step of `SGD(1.0)` moves each by its gradient. (In the plot the lines
# are lifted a little, not to hide each other.)

# %%
backends = {name: keras_process.on_backend(name, data) for name in ("tensorflow", "torch")}
display(plots.pulls(keras_process.LEADS, {name: found.gradients for name, found in backends.items()}))

# %%
lines = ["| pull at a lead of | " + " | ".join(f"{lead:g}" for lead in keras_process.LEADS) + " |"]
lines.append("| --- |" + " --- |" * len(keras_process.LEADS))
for backend, found in backends.items():
    for loss, values in found.gradients.items():
        lines.append(f"| {backend}, {loss} | {' | '.join(f'{value:.3g}' for value in values)} |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# A loss on logits pulls at full strength, 1, however wrong the sample is. Clipped probabilities pull at full strength
# up to a lead of 16.12, and then not at all: **exactly zero**. Who had which:
#
# - **Keras 2**, as the asker had it: clipped. `categorical_crossentropy` after a softmax and `binary_crossentropy`
#   after a sigmoid alike.
# - **Keras 3 on TensorFlow** finds the logits behind a softmax or sigmoid and uses those: full pull.
# - **Keras 3 on PyTorch** does not: clipped, zero, unless `from_logits=True`.
# - **PyTorch** itself: `nn.CrossEntropyLoss` and `nn.BCEWithLogitsLoss` take logits and keep the pull.
#
# And so the whole training goes, by Keras's own `compile` and `train_on_batch`, on each backend:

# %%
lines = ["| Keras on | head, loss | loss | training | validation |", "| --- | --- | --- | --- | --- |"]
for backend, found in backends.items():
    for name, run in found.histories.items():
        shown = (f"{run.loss[-1]:.3f}", f"{run.accuracy[-1]:.0%}", f"{run.held_accuracy[-1]:.0%}")
        lines.append(f"| {backend} | {name} | {' | '.join(shown)} |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# ### Dead units in a hidden Dense?
#
# A hidden `Dense(1000)` with ReLU, on 128 of the channels. The share of its units that are zero for all of the
# training part, step by step:

# %%
small = data.first_channels(128)
dead = {
    f"{candidate.name}, {loss}": mechanism.dead_units(candidate, small, loss, 1e-2, 30)
    for candidate in (HIDDEN_POOL, HIDDEN_FLATTEN)
    for loss in ("logits", "clipped probabilities")
}
display(plots.shares({name: each.share for name, each in dead.items()}, "share of dead units, learning rate 0.01"))
for name, each in dead.items():
    print(f"{name}: in the end {each.share[-1]:.0%} dead, training accuracy {each.accuracy:.0%}")

# %% [markdown]
# Units do die of too large steps, and no loss brings those back. But it is not what holds the head at 50 %: with the
# loss on logits more of them die than with the clipped one (whose training ends before they can), and it learns all the
# same.
#
# **So:** the reach of a step, 64 times larger after Flatten, throws all samples out of the clip at once, and the
# clipped loss never pulls them back. Take either away, and the flattened head learns.
#
# ## What helps, and what does not?
#
# Every head at three learning rates by both losses: *training / validation* accuracy in percent after 50 steps, on
# clipped probabilities the median of three trainings. **Bold**: most of them are stuck, frozen or at chance on the
# training part itself. All have the 2048 channels and two logits; they are written once for each framework in
# `candidates.py`, and run here in PyTorch (that the frameworks do the same is shown further down).

# %%
for loss, seeds in (("clipped probabilities", (0, 1, 2)), ("logits", (0,))):
    display(Markdown(grid.table(grid.grid(CANDIDATES, data, losses=(loss,), seeds=seeds), loss)))

# %% [markdown]
# - **Dropout** of 0.5 or 0.6 does not keep the flattened head from freezing.
# - A **smaller learning rate** is enough: 0.0001 in place of 0.001, so 10 times less reach.
# - A **loss on logits** is enough at the default rate.
# - **Initial weights** of zero do not help: it is the step that throws the samples out, not the start.
# - **Batch normalisation** before the head takes the mean off its inputs, so that the moves no longer all add up: at
#   0.01 it lands above chance where the plain head does not. It freezes all the same.
# - **Pooling to 2 × 2 or 4 × 4** lies between: 4 and 16 times the reach of pooling.
# - A **1 × 1 convolution** to 32 filters before Flatten leaves 2048 inputs again, and trains at 0.001, with dropout and
#   without: so the answer to "if I reduce the size by convolution" is yes, for the same reason as pooling. The
#   **strided** one leaves 1152, but it has 2.4 million weights of its own, whose steps add up as well: at 0.001 it
#   may freeze.
# - At 0.01 the clipped loss leaves little but pooling.

# %% [markdown]
# ## Is it the same in both frameworks?
#
# Same initial weights (`equivalence.transfer`), same batches, same optimizer (Adam in PyTorch being the one that the
# catalogue states: `torch.optim.Adam` has its epsilon elsewhere). Then it is the same curve.

# %%
pairs, lines = {}, ["| head | optimizer | precision | steps | furthest apart |", "| --- | --- | --- | --- | --- |"]
for candidate in (POOL, FLATTEN):
    for optimizer, dtype, steps, settings in (
        ("sgd", "float32", 10, {"learning_rate": 2.0**-12}),
        ("adam", "float32", 10, {"learning_rate": 1e-3}),
        ("sgd", "float64", 30, {"learning_rate": 2.0**-12}),
        ("adam", "float64", 30, curves.DYADIC),
    ):
        both = curves.both(candidate, small, optimizer, dtype, steps, **settings)
        lines.append(f"| {candidate.name} | {optimizer} | {dtype} | {steps} | {both.apart:.0e} |")
        if dtype == "float64":
            pairs[f"{candidate.name}, {optimizer}"] = (both.keras.loss, both.torch.loss)
display(plots.two_curves(pairs))
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## And without given features?
#
# mini-Xception, from scratch, on squares of 48 × 48: its last map is (3, 3, 128), pooled or flattened, by a loss on
# logits. The same training in both frameworks.

# %%
squares = scratch.small_crops()
runs = {}
for head in scratch.HEADS:
    module, model = scratch.in_torch_from_scratch(head), scratch.in_keras_from_scratch(head)
    transfer(module, model, flatten="channels_last")
    adam = keras_adam(module.parameters(), learning_rate=3e-3)
    runs[f"{head}, Keras"] = training_keras.train(model, squares, "logits", keras.optimizers.Adam(3e-3), 100, every=10)
    runs[f"{head}, PyTorch"] = training_torch.train(module, squares, "logits", adam, 100, every=10)
display(plots.accuracies(runs))

# %% [markdown]
# Both learn, in both frameworks: 1,152 inputs are no 131,072, and a loss on logits forgives. Flatten is no mistake by
# itself.
#
# ## When not to pool?
#
# Where position is the answer. Each map has its upper half from one class and its lower half from the other; *which is
# above?* Each pair comes both ways round, so the two have the same mean in every channel: after pooling there is
# nothing left to tell them apart by.

# %%
halves = position.which_half(data)
lines = ["| | training | validation |", "| --- | --- | --- |"]
for candidate in CANDIDATES:
    if candidate.name in ("pool", "flatten", "pool to 2 × 2", "1 × 1 convolution, flatten"):
        found = grid.outcome(candidate, halves, "logits", 1e-4)
        lines.append(f"| {candidate.name} | {found.accuracy:.0%} | {found.held_accuracy:.0%} |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# Pooling stays at 50 %, this time by right. Pooling to 2 × 2 (`AdaptiveAveragePooling2D(2)`, `nn.AdaptiveAvgPool2d(2)`)
# knows above from below with four times the inputs, not 64.
#
# ## What the forum said
#
# - *"131,072 × 1000 weights is an awful lot"*: true of memory and time, and the reason why a step reaches so far. Not
#   the reason for 50 %: the same weights learn at a smaller rate.
# - *"It is underfitting, dropout can't help"*: true, measured above.
# - *"It depends on data, architecture, training"*: true; on the learning rate and the loss first of all.
