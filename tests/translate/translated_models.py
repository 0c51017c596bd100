"""The definitions of models/, made in Keras, and made of their translation; with one set of weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch

import equivalence

MODELS = Path(__file__).parent / "models"
FILES = sorted(MODELS.glob("*.py"))

#: What models are called on that do not say it themselves: shapes without batch, and the largest whole number.
INPUTS: dict[str, list[tuple[int, ...]]] = {
    "subclassed_mlp": [(12,)],
    "subclassed_convnet": [(28, 28, 1)],
    "subclassed_resnet": [(20, 24, 3)],
    "tensorflow_operations": [(11,)],
}
#: The models on whole numbers: how many there are.
WHOLE = {"text_bilstm": 2000, "gru_language_model": 65, "text_transformer": 300, "recommender": 120,
         "tensorflow_operations": 500, "ticket_triage": 400}  # fmt: skip
#: Models with classes of their own whose parts transfer cannot tell apart by what runs (positions are looked up without
#: an input, a weight is multiplied by itself): their weights go by the port of the live model, part by part in order.
BY_PORT = {"custom_linear", "text_transformer", "vision_transformer"}
#: Models whose sequences become channels first too, as nn.Conv1d takes them.
SEQUENCES_FIRST = {"timeseries_conv1d"}


@contextmanager
def floats(dtype: str) -> Iterator[None]:
    """What Keras makes its layers in while this lasts."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


def original(file: Path, dtype: str = "float64") -> Any:
    """The model that a file of ours defines, made in Keras, with random weights."""
    keras.utils.clear_session()
    with floats(dtype):
        names: dict[str, Any] = {"__name__": file.stem}
        exec(compile(file.read_text("utf-8"), file.name, "exec"), names)
    randomise(names["model"], np.random.default_rng(len(file.stem)))
    return names["model"]


def randomise(model: Any, rng: np.random.Generator) -> None:
    """Random weights throughout: zeros and ones would hide mistakes."""
    for weight in model.weights:
        if weight.dtype.startswith("float"):
            drawn = rng.normal(0.0, 1.5 / np.sqrt(max(np.prod(weight.shape[:-1]), 9)), weight.shape)
            above = 0.5 if "variance" in weight.path else 0.5 if "gamma" in weight.path else 0.0
            weight.assign(np.abs(drawn) + above if above else drawn)


def module_of(text: str, dtype: torch.dtype = torch.float64) -> Any:
    """The module that a translated text defines."""
    names: dict[str, Any] = {"__name__": "translated"}
    exec(compile(text, "translated.py", "exec"), names)
    return names["model"].to(dtype).eval()


def inputs_of(name: str, model: Any, rng: np.random.Generator) -> list[np.ndarray]:
    """Arrays for a model, in Keras's layout; unknown sizes are 9."""
    shapes = INPUTS.get(name) or [tuple(9 if n is None else n for n in x.shape[1:]) for x in model.inputs]
    drawn = []
    for place, shape in enumerate(shapes):
        if name in WHOLE and not (name == "ticket_triage" and place == 2):
            drawn.append(rng.integers(1, WHOLE[name], (3, *shape)).astype("int32"))
        else:
            drawn.append(rng.normal(size=(3, *shape)))
    return drawn


def first(array: np.ndarray, name: str) -> np.ndarray:
    """An array of Keras's as the translated module has it."""
    images = array.ndim == 4 or (array.ndim == 3 and name in SEQUENCES_FIRST)
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if images else array


def both(file: Path, translated: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """What the original and its translation give of the same numbers with the same weights: pairs of outputs."""
    name = file.stem
    model = original(file)
    module = module_of(translated)
    given = inputs_of(name, model, np.random.default_rng(7))
    wanted = model(given[0] if len(given) == 1 else given, training=False)  # which builds what is not built yet
    if name in BY_PORT:
        carried = equivalence.port(model, verify=False).module.state_dict().values()
        module.load_state_dict(dict(zip(module.state_dict(), carried, strict=True)))
    else:
        equivalence.transfer(model, module, pairs={})
    with torch.inference_mode():
        found = module(*(torch.from_numpy(first(array, name)) for array in given))
    return list(
        zip(map(lambda x: first(np.asarray(x), name), _flat(wanted)), map(np.asarray, _flat(found)), strict=True)
    )


def _flat(outputs: Any) -> list[Any]:
    if isinstance(outputs, dict):
        return [outputs[key] for key in sorted(outputs)]
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
