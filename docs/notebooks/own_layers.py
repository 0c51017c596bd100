# The source of own_layers.ipynb; `make notebooks` runs it.

# %% [markdown]
# # Port a Transformer with your own layers
#
# A vision Transformer as tutorials write it has layers that Keras does not: `Patches`, `PatchEncoder`, a block. Trained
# here on handwritten digits, then ported from the live model: each class becomes one of the emitted file, under its own
# name. On the left what was written for Keras, on the right what came out.

# %%
import inspect
import re

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
from sklearn.datasets import load_digits

import equivalence
from keras_torch_experiments.own_layers import vision_transformer as written

keras.utils.set_random_seed(0)
images, digits = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8, 1) / 16).astype("float32")
model = written.vision_transformer()
trained = keras.Model(model.input, model.output[0])
trained.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
trained.fit(images[:1500], digits[:1500], batch_size=64, epochs=12, verbose=0)
accuracy = trained.evaluate(images[1500:], digits[1500:], verbose=0)[1]
print(f"{accuracy:.0%} of {len(images) - 1500} digits that it has not seen")

# %% [markdown]
# ## Ported
#
# The `call` of each layer runs on tensors without numbers, at three sizes of batch: what goes with the size is read off
# the tensor in the port. Then both run on the same inputs, in float64, and every layer is compared.

# %%
ported = equivalence.port(model)
report = ported.report
print(f"verified: {report.verified}; {len(report.layers)} layers compared one by one")
print(f"outputs within {report.float64['max_rel']:.0e} of Keras in float64")

# %% [markdown]
# ## Class by class

# %%
classes = re.findall(r"^(class (\w+)\(nn\.Module\):\n(?:(?:    .*)?\n)*)", ported.source, re.MULTILINE)
emitted = {name: text.rstrip() for text, name in classes}


def beside(name):
    """The class as it was written, and as it was emitted."""
    cells = (inspect.getsource(getattr(written, name)), emitted[name])
    style = "text-align:left;vertical-align:top;font-size:75%"
    return "<tr>" + "".join(f"<td style='{style}'><pre>{text}</pre></td>" for text in cells) + "</tr>"


display(HTML(f"<table>{''.join(map(beside, ('Patches', 'PatchEncoder', 'Block')))}</table>"))

# %% [markdown]
# Both blocks are one class, whose constructor takes what differs: the width inside.

# %%
print("\n".join(line.strip() for line in ported.source.splitlines() if "= Block(" in line))

# %% [markdown]
# ## Where it looks
#
# The attention of each block, averaged over heads and over the patches that ask: the same picture from both frameworks.

# %% main plot
_, *by_keras = model.predict(images[1500:1504], verbose=0)
_, *by_torch = ported.predict(images[1500:1504])
figure, axes = plt.subplots(3, 4, figsize=(8, 6))
for column in range(4):
    axes[0, column].imshow(images[1500 + column, ..., 0], cmap="gray_r")
    axes[1, column].imshow(by_keras[1][column].mean((0, 1)).reshape(4, 4), cmap="magma")
    axes[2, column].imshow(by_torch[1][column].mean((0, 1)).reshape(4, 4), cmap="magma")
for row, label in enumerate(("digit", "Keras", "PyTorch")):
    axes[row, 0].set_ylabel(label)
for one in axes.flat:
    one.set(xticks=[], yticks=[])
figure.tight_layout()
plt.show()

# %%
apart = max(np.abs(a - b).max() for a, b in zip(by_keras, by_torch, strict=True))
print(f"largest difference of any attention weight, in float32: {apart:.0e}")
