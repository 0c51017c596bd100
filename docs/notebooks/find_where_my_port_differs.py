# The source of find_where_my_port_differs.ipynb; `make notebooks` runs it.
# What it works on is in keras_torch_experiments/port_differs.

# %% [markdown]
# # Find where my port differs
#
# > I ported a Keras network to PyTorch by hand. It runs, the shapes are right, I copied all weights. But the outputs
# > are different, and the accuracy is at chance. I have compared it line by line three times. Where is it?
#
# `equivalence.check` runs both on the same inputs in float64, finds the layers at which they part, and tries what would
# make them equal: it tells a cause only where that, changed alone, gives Keras's numbers. Below it takes a port with
# four mistakes that are made every day, mended one after the other, until both are equal. At the end is what inference
# does not show: training.
#
# To run it, `pip install ".[port,keras,notebooks]"` in the repository; it then runs wherever it lies.

# %% [markdown]
# ## The network
#
# A small MobileNetV2, built as that of `keras.applications` is, and trained here on handwritten digits.

# %%
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from IPython.display import Markdown, display

import equivalence
from keras_torch_experiments.port_differs import first_port, small_mobilenet, what_was_found
from keras_torch_experiments.port_differs.port_file import PortFile

digits = small_mobilenet.digits()
model = small_mobilenet.trained(digits)


def right(logits):
    return f"{(np.asarray(logits).argmax(-1) == digits.held_labels).mean():.1%} right"


by_keras = right(model.predict(digits.held_images, verbose=0))
print(f"{len(model.layers) - 1} layers, {model.count_params():,} numbers; {by_keras} of digits that it has not seen")

# %% [markdown]
# ## The port
#
# `net.py`, as somebody writes it who knows PyTorch well. The weights go over in the order in which both have their
# layers, each kernel transposed as it must be. It lies in a folder of its own, to be mended.

# %%
os.chdir(tempfile.mkdtemp())
net = PortFile("net.py", Path(first_port.__file__).read_text("utf-8"))
display(Markdown(f"```python\n{net.path.read_text('utf-8')}```"))

# %% [markdown]
# It loads without an error. And then:

# %%


def loaded():
    """The port as net.py is now, with the weights as it loads them itself."""
    mine = net.imported()
    return mine.load(mine.Net(), model)


def by_torch(module):
    with torch.no_grad():
        return right(module(torch.from_numpy(digits.held_images).permute(0, 3, 1, 2)))


print(f"Keras: {by_keras}. The port: {by_torch(loaded())}.")

# %% [markdown]
# ## What is wrong with it?
#
# The mistake may be in the code, in the weights, or in both. So begin with one of them: `check` carries the weights
# over by itself, whatever the layers are called, and what is left is a mistake of the code. The model's own port, which
# is verified against Keras layer by layer, is made once; `check` takes the model or its file as well.
#
# Inputs of your own can be given in Keras's layout; here they are drawn at random.

# %%
ported = equivalence.port(model)
found = equivalence.check(ported, net.imported().Net())
print("\n".join(str(found).splitlines()[:22]), "\n...")

# %% [markdown]
# Behind each fault the true value goes on in place of the wrong one. So all faults are there at once, each by itself,
# and not the first one with its shadow over all others. Most are one mistake, in a line that all blocks share. By
# cause:

# %%
display(Markdown(what_was_found.causes(found)))

# %% [markdown]
# ## First mistake: epsilon
#
# Keras's BatchNormalization adds 0.001 to the variance, torch's 0.00001 unless it is told. It hides well: the weights
# fit, the outputs are off by a few percent at most, and where variances are large by nothing at all.

# %%
states = {}


def keep(name):
    """What is to be said of net.py as it is now, with the weights as it loads them."""
    states[name] = equivalence.check(ported, loaded(), weights="given"), by_torch(loaded())


keep("as written")
EPSILON = ("nn.BatchNorm2d(outputs)", "nn.BatchNorm2d(outputs, eps=1e-3)")
net.mend(EPSILON)
display(Markdown(what_was_found.causes(equivalence.check(ported, net.imported().Net()))))

# %% [markdown]
# ## Second mistake: "same" padding of a strided convolution
#
# `padding=1` on both sides is what "same" means at stride 1. At stride 2 and an even size one row is enough, and Keras
# puts it at the end: below and to the right. With `padding=1` the shape is the same, and every window lies one pixel
# further up and left.

# %%
keep("epsilon mended")
PADDING = (
    ("    layers = [\n", "    layers = [\n        *([nn.ZeroPad2d((0, 1, 0, 1))] if stride == 2 else []),\n"),
    ("padding=size // 2", "padding=size // 2 if stride == 1 else 0"),
)
net.mend(*PADDING)
display(Markdown(what_was_found.causes(equivalence.check(ported, net.imported().Net()))))

# %% [markdown]
# ## Third mistake: ReLU, where Keras has ReLU(6)
#
# MobileNets have one that ends at 6, most others have not. Asked about real digits, `check` says nothing of it:

# %%
images = digits.held_images[:32]
display(Markdown(what_was_found.causes(equivalence.check(ported, net.imported().Net(), images))))

# %% [markdown]
# On those, no number above 6 comes any further, and what no input shows, nobody can see. Inputs drawn at random are
# wilder. Elsewhere it is the other way round, as with indices of real words; so it pays to try both. Mended, the code
# is right by both:

# %%
keep("padding mended")
net.mend(("nn.ReLU()", "nn.ReLU6()"))
keep("ReLU6 mended")
for inputs in (None, images):
    print(str(equivalence.check(ported, net.imported().Net(), inputs)).splitlines()[0])
print(f"Keras: {by_keras}. The port: {by_torch(loaded())}.")

# %% [markdown]
# ## Fourth mistake: the order of Flatten
#
# Equal, and yet at chance: so it is in the weights as `net.py` itself loads them. Those are what `weights="given"`
# looks at.

# %%
found = equivalence.check(ported, loaded(), weights="given")
print("\n".join(str(found).splitlines()[:6]))

# %% [markdown]
# The kernel of Dense was transposed as it must be, and still counts its inputs in Keras's order: rows, columns,
# channels. `flatten(1)` of torch's images gives channels, rows, columns. Either the kernel is put in order as it is
# loaded (`check` did so when it carried the weights itself, and found nothing), or the images are before they are
# flattened:

# %%
net.mend(("x.flatten(1)", "x.permute(0, 2, 3, 1).flatten(1)"))
keep("Flatten mended")
print(states["Flatten mended"][0])
print(f"\nKeras: {by_keras}. The port: {by_torch(loaded())}.")

# %% [markdown]
# ## All of it
#
# A row for each state of `net.py`, a column for each layer, in the order of execution. A colour is a layer that differs
# though everything before it is right; beside the rows are the digits told right.

# %% main plot
display(what_was_found.layers(states))

# %% [markdown]
# The accuracy tells little, and that late. It tells too much as well, had somebody begun at the other end:

# %%
alone = PortFile("alone.py", Path(first_port.__file__).read_text("utf-8"))
alone.mend(("x.flatten(1)", "x.permute(0, 2, 3, 1).flatten(1)"))
for name, changes in (("Flatten mended", ()), ("padding too", PADDING), ("epsilon too", (EPSILON,))):
    alone.mend(*changes)
    print(f"{name}: {by_torch(alone.imported().load(alone.imported().Net(), model))}")

# %% [markdown]
# With two mistakes still in it, the port is as right as Keras on these digits. They would have come out later: on other
# images, or where somebody trains on.
#
# ## And training?
#
# Both are equal in inference. Whoever trains on needs more: with `train=True` gradients and the running statistics
# after one step are compared too.

# %%
found = equivalence.check(ported, loaded(), images, weights="given", train=True)
print("\n".join(str(found).splitlines()[:6]), "\n...")

# %% [markdown]
# Two things in one sentence. Keras's momentum says how much of the old value stays, torch's how much of the new one
# comes in: 0.99 is 0.01, and torch's default of 0.1 forgets ten times as fast. Mended, this is left:

# %%
net.mend(("eps=1e-3)", "eps=1e-3, momentum=0.01)"))
found = equivalence.check(ported, loaded(), images, weights="given", train=True)
print("\n".join(str(found).splitlines()[:6]), "\n...")

# %% [markdown]
# That is no mistake of the port: torch's BatchNorm keeps the unbiased variance of a batch, Keras's the biased one.
# Here, with 32 × 8 × 8 numbers of a channel, it is half a thousandth. Who needs even that equal finds a BatchNorm that
# does it as Keras in what `equivalence.port(model, exact_training=True)` writes.
#
# ## So that it stays equal
#
# A line of a test (`pip install` brings the pytest plugin; its failure is the report above):

# %%
equivalence.assert_equivalent(ported, loaded(), images, weights="given")
print("equivalent")

# %% [markdown]
# The same from a terminal: `equivalence check model.keras net.py:Net`. With `--html out.html` it writes a page with
# both networks side by side, with `--repro out.py` a script of plain Keras and torch that shows the first fault to
# somebody who has neither. More: [docs/check.md](../check.md).
