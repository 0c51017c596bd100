# The source of five_minutes.ipynb; `make notebooks` runs it.

# %% [markdown]
# # Port a model in five minutes
#
# There is a `.keras` file, and it has to live in PyTorch. Read, written as source, verified, trained on: on one page.

# %%
import importlib
import sys
import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits

import equivalence

folder = Path(tempfile.mkdtemp())
images, digits = load_digits(return_X_y=True)
images = (images.reshape(-1, 8, 8, 1) / 16).astype("float32")
keras.utils.set_random_seed(0)
layers = keras.layers
inputs = keras.Input((8, 8, 1), name="image")
x = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
x = layers.MaxPooling2D(2, padding="same")(layers.BatchNormalization()(x))
x = layers.SeparableConv2D(32, 3, activation="relu")(x)
outputs = layers.Dense(10, activation="softmax", name="digit")(layers.GlobalAveragePooling2D()(x))
model = keras.Model(inputs, outputs, name="digits")
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(images[:1200], digits[:1200], epochs=15, verbose=0)
model.save(folder / "digits.keras")
print(f"{model.evaluate(images[1200:], digits[1200:], verbose=0)[1]:.1%} in Keras")

# %% [markdown]
# ## One call
#
# The file is read without Keras and nothing in it is run. What comes back is a module made of source that can be
# read.

# %%
ported = equivalence.port(folder / "digits.keras")
print(ported.source[ported.source.index("class Digits") : ported.source.index("WEIGHTS")].rstrip())

# %% [markdown]
# ## Verified, layer by layer
#
# Keras itself ran the file in a process of its own, and both were compared in float64, at every layer.

# %% main plot
report = ported.report.to_json()
print(
    f"verified: {report['verified']}; outputs within {report['float64']['max_rel']:.0e} in float64, "
    f"{report['float32']['max_rel']:.0e} in float32"
)
names = [layer["path"] for layer in report["layers"]]
off = [max(layer["max_rel"], 1e-17) for layer in report["layers"]]
figure, axis = plt.subplots(figsize=(9, 3.2))
axis.barh(range(len(names)), off, color="tab:green")
axis.axvline(1e-9, color="tab:red", linewidth=1)
axis.set(xscale="log", xlim=(1e-17, 1e-6), yticks=range(len(names)), yticklabels=names)
axis.set_xlabel("deviation from Keras in float64, relative (line: what counts as equal)")
axis.invert_yaxis()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Saved, and loaded without Keras
#
# Three files: source, weights, report. The source needs torch, and safetensors for its weights.

# %%
for path in ported.save(folder / "out"):
    print(path.name, path.stat().st_size, "bytes")
sys.path.insert(0, str(folder / "out"))

module = importlib.import_module("digits").load()
with torch.no_grad():
    answers = module(torch.tensor(np.moveaxis(images[1200:], -1, 1)))
print(f"{float((answers.argmax(1).numpy() == digits[1200:]).mean()):.1%} in PyTorch")
apart = np.abs(answers.numpy() - model.predict(images[1200:], verbose=0)).max()
print(f"no answer is further than {apart:.0e} from Keras's")

# %% [markdown]
# ## And training goes on

# %%
module.train()
optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
for _ in range(5):
    for start in range(0, 1200, 32):
        batch = torch.tensor(np.moveaxis(images[start : start + 32], -1, 1))
        loss = torch.nn.functional.nll_loss(module(batch).log(), torch.tensor(digits[start : start + 32]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
module.eval()
with torch.no_grad():
    answers = module(torch.tensor(np.moveaxis(images[1200:], -1, 1)))
print(f"{float((answers.argmax(1).numpy() == digits[1200:]).mean()):.1%} after five more epochs in PyTorch")
