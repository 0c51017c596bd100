"""Models with layers of their own, ported live: equal at every layer, at other sizes, and readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from written_models import MODELS

from equivalence import Ported, port

#: What a model is called on where it does not say so itself: whole numbers, of any length.
INPUTS: dict[str, Any] = {"translator": [keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")]}


def randomised(model: Any) -> Any:
    """The model with random weights, such that no default of a layer can stand for them."""
    random = np.random.default_rng(3)
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            positive = weight.name in ("gamma", "moving_variance")
            weight.assign(random.uniform(0.5, 1.5, weight.shape) if positive else random.normal(0, 0.3, weight.shape))
    return model


@pytest.fixture(scope="module", params=MODELS, ids=lambda name: name)
def ported(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Ported]]:
    model = randomised(MODELS[request.param]())
    yield model, port(model, inputs=INPUTS.get(request.param))


def test_every_layer_is_equal(ported: tuple[Any, Ported]) -> None:
    report = ported[1].report
    assert report.verified, report.because
    assert report.float64 is not None
    assert report.float64["max_rel"] <= 1e-12
    assert report.layers


def test_no_layer_is_passed_over(ported: tuple[Any, Ported]) -> None:
    assert not ported[1].report.unobserved


def test_other_sizes_than_those_traced(ported: tuple[Any, Ported]) -> None:
    """Another batch; other lengths, where the model leaves them open."""
    model, made = ported
    if model.name == "vae":
        pytest.skip("draws in inference: compared by verification, with the same numbers on both sides")
    random = np.random.default_rng(5)
    for batch, length in ((3, 6), (1, 9)):
        inputs = []
        for spec in made.graph.specs.values():
            shape = (batch, *(length if size is None else size for size in spec.shape[1:]))
            whole = spec.dtype.startswith("int")
            inputs.append(random.integers(0, 9, shape) if whole else random.normal(size=shape).astype("float32"))
        expected = model(inputs[0] if len(inputs) == 1 else inputs)
        found = made.predict(*inputs)
        np.testing.assert_allclose(found, keras.ops.convert_to_numpy(expected), rtol=2e-4, atol=2e-5)


def test_the_model_is_left_as_it_was(ported: tuple[Any, Ported]) -> None:
    model, _ = ported
    assert all(weight.dtype != "float64" for weight in model.weights)
    assert all("call" not in vars(layer) for layer in model._flatten_layers())


def test_classes_have_the_users_names(ported: tuple[Any, Ported]) -> None:
    model, made = ported
    own = {type(layer).__name__ for layer in model._flatten_layers() if type(layer).__module__.startswith("written_")}
    emitted = {part.name for part in made.draft.classes}
    assert own <= emitted


def test_it_loads_from_its_files(ported: tuple[Any, Ported], tmp_path: Any) -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    import torch

    _, made = ported
    source = next(path for path in made.save(tmp_path) if path.suffix == ".py")
    spec = spec_from_file_location(made.name, source)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded = module.load()
    assert not loaded.training
    assert [tuple(p.shape) for p in loaded.parameters()] == [tuple(p.shape) for p in made.module.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), made.module.parameters(), strict=True))
