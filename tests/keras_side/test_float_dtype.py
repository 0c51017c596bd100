"""While a model runs in float64, and after it."""

from __future__ import annotations

import keras

from equivalence.keras_side.rebuild import float_dtype


def test_layers_made_afterwards_are_as_before() -> None:
    """Keras settles the policy of all layers when it is first asked for one."""
    keras.utils.clear_session()  # forgets the policy
    with float_dtype("float64"):
        assert keras.config.floatx() == "float64"
        keras.layers.Dense(1)
    assert keras.config.floatx() == "float32"
    assert keras.layers.Dense(1).dtype_policy.name == "float32"
