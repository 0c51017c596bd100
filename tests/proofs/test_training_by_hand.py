"""What the entries of fit say of Keras beside numbers that are compared."""

from __future__ import annotations

import keras
import numpy as np

ROWS, EPOCHS = 29, 5


def orders(seed: int | None) -> np.ndarray:
    """In which order fit takes the rows, an epoch a line."""
    seen: list[np.ndarray] = []

    class Watching(keras.Model):
        def train_step(self, data):
            seen.append(keras.ops.convert_to_numpy(data[0])[:, 0])
            return {"loss": keras.ops.zeros(())}

    if seed is not None:
        keras.utils.set_random_seed(seed)
    model = Watching()
    model.compile(run_eagerly=True)
    numbers = np.arange(ROWS)
    model.fit(numbers[:, None], numbers, epochs=EPOCHS, batch_size=8, verbose=0)
    return np.concatenate(seen).reshape(EPOCHS, ROWS)


def test_a_seed_has_keras_take_one_order_in_every_epoch() -> None:
    """keras.Model.fit.shuffle says so."""
    assert len({tuple(each) for each in orders(5)}) == 1
