"""Keras on a backend of choice, in a process of its own: what each loss pulls at, and whole trainings.

    KERAS_BACKEND=torch python -m keras_torch_experiments.global_average_pooling.keras_process DATA.npz STEPS

prints one line of JSON, the fields of `Findings`. `on_backend` runs it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from keras_torch_experiments.global_average_pooling import child
from keras_torch_experiments.global_average_pooling.data import Data, History

#: By how much a wrong class's logit leads the right one's.
LEADS = (0.0, 4.0, 8.0, 12.0, 15.0, 16.0, 16.25, 17.0, 20.0, 40.0, 80.0)
LEARNING_RATE = 1e-3  # Adam's default


@dataclass(frozen=True)
class Findings:
    """`gradients`: loss -> the pull at each of LEADS; `histories`: "head, loss" -> its training."""

    gradients: dict[str, list[float]]
    histories: dict[str, History]


def on_backend(backend: str, data: Data, steps: int = 60) -> Findings:
    """Run Keras on "tensorflow" or "torch".

    Raises:
        RuntimeError: the process failed; with the end of what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/data.npz"
        np.savez(path, x=data.x, labels=data.labels, held_x=data.held_x, held_labels=data.held_labels)
        found = child.run("keras_process", path, str(steps), backend=backend)
    return Findings(found["gradients"], {name: History(**each) for name, each in found["histories"].items()})


def gradients() -> dict[str, list[float]]:
    """The pull on the right logit of a sample that is wrong by each of LEADS, for each loss.

    The logits are the kernel of a model that gets an identity matrix, so one step of SGD at a learning rate of 1
    moves each by its gradient: public Keras alone, on any backend.
    """
    import keras

    from keras_torch_experiments.global_average_pooling.training_keras import LOSSES

    binary = keras.losses.BinaryCrossentropy
    of_one: dict[str, tuple[str | None, Callable[[], Any]]] = {
        "sigmoid": ("sigmoid", binary),
        "binary logits": (None, lambda: binary(from_logits=True)),
    }
    moved = {name: _moved(2, *loss) for name, loss in LOSSES.items()}
    return moved | {name: _moved(1, *loss) for name, loss in of_one.items()}


def _moved(outputs: int, activation: str | None, make_loss: Callable[[], Any]) -> list[float]:
    import keras

    count = len(LEADS)
    model = keras.Sequential(
        [keras.Input((count,)), keras.layers.Dense(outputs, activation=activation, use_bias=False)]
    )
    # the right class is class 0, at logit 0; of one output the right answer is 1
    leads = np.array(LEADS, np.float32)[:, None]
    start = np.concatenate([0 * leads, leads], axis=1) if outputs == 2 else -leads
    model.layers[-1].set_weights([start])
    model.compile(keras.optimizers.SGD(1.0), make_loss())
    right = np.zeros(count, np.int64) if outputs == 2 else np.ones((count, 1), np.float32)
    model.train_on_batch(np.eye(count, dtype=np.float32), right)
    (end,) = model.layers[-1].get_weights()
    return [float(value) for value in (end - start)[:, 0] * count]


def histories(data: Data, steps: int) -> dict[str, History]:
    """Flatten and pooling, by Adam at Keras's default rate."""
    import keras

    from equivalence import transfer
    from keras_torch_experiments.global_average_pooling import training_keras
    from keras_torch_experiments.global_average_pooling.candidates import FLATTEN, POOL

    found = {}
    for candidate, loss in (
        (FLATTEN, "Keras 2's formula"),
        (POOL, "Keras 2's formula"),
        (FLATTEN, "softmax"),
        (FLATTEN, "logits"),
    ):
        model = candidate.model(data.channels)
        transfer(candidate.module(data.channels), model, flatten="channels_last")
        clipped = loss == "Keras 2's formula" or (loss == "softmax" and keras.backend.backend() == "torch")
        found[f"{candidate.name}, {loss}"] = training_keras.train(
            model, data, loss, keras.optimizers.Adam(LEARNING_RATE), steps, every=3, clipped=clipped
        )
    return found


def main(path: str, steps: str) -> None:
    """Print the findings."""
    with np.load(path) as held:
        data = Data(held["x"], held["labels"], held["held_x"], held["held_labels"])
    print(json.dumps(asdict(Findings(gradients(), histories(data, int(steps))))))


if __name__ == "__main__":
    main(*sys.argv[1:])
