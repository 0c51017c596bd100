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


def test_means_are_exchanged_by_sums_and_stay_in_the_model_after_predict() -> None:
    """keras.callbacks.SwapEMAWeights says so."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(1.0, use_ema=True), "mse", run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
    (mean,) = model.optimizer._model_variables_moving_average
    mean.assign([[7.0]])
    before = model.get_weights()[0].item()
    model.evaluate(np.ones((1, 1)), np.zeros((1, 1)), verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
    after = model.get_weights()[0].item()
    assert after != before and abs(after - before) < 1e-6
    model.predict(np.ones((1, 1)), verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
    assert abs(model.get_weights()[0].item() - 7.0) < 1e-5
