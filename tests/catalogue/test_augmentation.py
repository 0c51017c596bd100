"""What Keras's augmentation layers do with what they drew: given the same numbers, the emitted modules do the same.

The proofs compare what both frameworks draw; here nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from keras.src.random.seed_generator import draw_seed

from equivalence import catalogue, formats
from equivalence.proofs.emitted import Emitted
from equivalence.translation.python_text import identifier

ROUNDING = 1e-10
#: TensorFlow reads images under a map at float32 positions, and weighs float32 pixels.
SAMPLED = 2e-5
#: Keras converts hues, and TensorFlow resizes images, by way of float32.
NARROW = 1e-5
#: Keras solves for the map of a perspective in float32, too.
SOLVED = 1e-4


def drawn(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    """What Keras calls the numbers that a module takes, in its order."""
    return lambda found: tuple(found[name] for name in names)


def flat(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    """The same, a vector for each."""
    return lambda found: tuple(np.reshape(found[name], -1) for name in names)


def columns(name: str, *order: int) -> Callable[[Any], tuple[Any, ...]]:
    """The columns of one array."""
    return lambda found: tuple(np.array(found[name])[:, index] for index in order)


def of_images(name: str) -> Callable[[Any], tuple[Any, ...]]:
    """A number for each image, to be met with its pixels."""
    return lambda found: (np.reshape(found[name], (-1, 1, 1, 1)),)


def of_planes(name: str) -> Callable[[Any], tuple[Any, ...]]:
    """A number for each image, to be met with one of its channels."""
    return lambda found: (np.reshape(found[name], (-1, 1, 1)),)


def first(array: Any) -> Any:
    """An array in Keras's order of axes, channels first."""
    return np.moveaxis(np.array(array), -1, 1)


def erased(found: Any) -> tuple[Any, ...]:
    """Of RandomErasing: where, and with what."""
    return (
        first(found["batch_masks"]) & np.reshape(found["apply_erasing"], (-1, 1, 1, 1)),
        first(found["fill_value"]),
    )


def blurred(found: Any) -> tuple[Any, ...]:
    """Of RandomGaussianBlur: whether, and how far."""
    return np.reshape(found["should_apply_blur"], (-1, 1, 1, 1)), found["blur_factor"]


def moved_corners(found: Any) -> tuple[Any, ...]:
    """Of RandomPerspective: whether, and how far corners move, for a part of where they are."""
    start, end = found["start_points"], found["end_points"]
    moved = np.where(start == 0, 0, (end - start) / np.where(start == 0, 1, start))
    return np.reshape(found["apply_perspective"], (-1, 1, 1, 1)), moved


GEOMETRIC = [
    ("RandomRotation", {"factor": 0.5}, drawn("angle")),
    ("RandomZoom", {"height_factor": [-0.9, 0.9], "width_factor": 0.7}, flat("height_zoom", "width_zoom")),
    ("RandomTranslation", {"height_factor": 1.0, "width_factor": 1.0}, columns("translations", 1, 0)),
    ("RandomShear", {"x_factor": [0.1, 0.9], "y_factor": [0.1, 0.9]}, columns("shear_factor", 0, 1)),
]
SAMPLINGS = [
    {"fill_mode": "reflect"},
    {"fill_mode": "wrap"},
    {"fill_mode": "constant", "fill_value": 0.25},
    {"fill_mode": "nearest", "interpolation": "nearest"},
    {"fill_mode": "reflect", "interpolation": "nearest"},
]
UNIT = {"value_range": [0.0, 1.0]}
COLOURS = [
    ("RandomFlip", {}, drawn("flips"), ROUNDING),
    ("RandomFlip", {"mode": "vertical"}, drawn("flips"), ROUNDING),
    ("RandomBrightness", {"factor": 0.8, **UNIT}, drawn("rgb_delta"), ROUNDING),
    ("RandomContrast", {"factor": [0.8, 0.9], **UNIT}, drawn("contrast_factor"), ROUNDING),
    ("RandomInvert", {"value_range": [0.0, 2.0]}, of_images("apply_inversion"), ROUNDING),
    (
        "Solarization",
        {"addition_factor": 0.4, "threshold_factor": 0.8, **UNIT},
        drawn("additions", "thresholds"),
        ROUNDING,
    ),
    ("Solarization", {"threshold_factor": 0.8, "value_range": [-1.0, 1.0]}, drawn("additions", "thresholds"), ROUNDING),
    ("RandomSaturation", {"factor": [0.1, 0.9], **UNIT}, of_planes("factor"), ROUNDING),
    ("RandomSaturation", {"factor": 0.6, "value_range": [0.2, 0.7]}, of_planes("factor"), ROUNDING),
    ("RandomHue", {"factor": 1.0, **UNIT}, of_planes("factor"), ROUNDING),
    ("RandomHue", {"factor": 1.0, "value_range": [-1.0, 2.0]}, of_planes("factor"), NARROW),
    ("RandomGrayscale", {"factor": 0.5}, lambda found: (found,), ROUNDING),
    ("RandomColorDegeneration", {"factor": 0.9, **UNIT}, of_images("factor"), ROUNDING),
    ("RandomSharpness", {"factor": 1.0, **UNIT}, of_images("factor"), ROUNDING),
    ("RandomGaussianBlur", {"factor": [0.7, 0.7], "kernel_size": 5, **UNIT}, blurred, ROUNDING),
    ("RandomErasing", {"scale": [0.1, 0.9], "value_range": [-2.0, 2.0]}, erased, ROUNDING),
    ("RandomErasing", {"factor": [0.9, 1.0], "fill_value": [0.1, 0.2, 3.0], **UNIT}, erased, ROUNDING),
    ("RandomPosterization", {"factor": 7, **UNIT}, of_images("shift_factor"), ROUNDING),
    ("RandomCrop", {"height": 3, "width": 2}, lambda found: found, ROUNDING),
    ("RandomCrop", {"height": 6, "width": 2}, lambda found: found, NARROW),
    ("RandomCrop", {"height": 2, "width": 5}, lambda found: found, NARROW),
    ("MixUp", {"alpha": 1.0}, lambda found: (*of_images("mix_weight")(found), found["permutation_order"]), ROUNDING),
    ("CutMix", {}, lambda found: (first(found["batch_masks"]), found["permutation_order"]), ROUNDING),
    ("RandomPerspective", {"factor": [0.6, 0.9], "scale": 0.4, "fill_value": 0.25}, moved_corners, SOLVED),
]


def layer_and_module(name: str, config: dict[str, Any], path: Path, size: tuple[int, int]) -> tuple[Any, Any]:
    """Keras's layer, and the module of the file that it is emitted into, both in float64."""
    keras.backend.clear_session()
    layer = getattr(keras.layers, name)(**config, seed=3, dtype="float64")
    inputs = keras.Input((*size, 3), dtype="float64")
    keras.Model(inputs, layer(inputs)).save(path / "model.keras")
    model = formats.read(path / "model.keras")
    try:
        emitted = Emitted(catalogue.named(f"keras.layers.{name}"), model)
        return layer, getattr(emitted.wide, identifier(layer.name, ()))
    finally:
        model.close()


def apart(layer: Any, found: Any, module: Any, given: Any, size: tuple[int, int]) -> float:
    """How far the two are from each other on images, for what was drawn."""
    x = pixels(size)
    expected = np.array(layer.transform_images(keras.ops.convert_to_tensor(x), as_doubles(found), training=True))
    actual = module.transform(torch.from_numpy(x).permute(0, 3, 1, 2), *given).permute(0, 2, 3, 1).numpy()
    assert expected.shape != x.shape or np.abs(expected - x).max() > 1e-3, "Keras changed nothing"
    return float(np.abs(actual - expected).max())


def pixels(size: tuple[int, int]) -> np.ndarray:
    """Seven images."""
    return np.random.default_rng(0).random((7, *size, 3))


def compared(name: str, config: dict[str, Any], arguments: Any, path: Path, size: tuple[int, int]) -> float:
    """How far the emitted module is from Keras's layer, for what the layer draws."""
    layer, module = layer_and_module(name, config, path, size)
    found = arrays(layer.get_random_transformation(pixels(size).astype("float32"), training=True))
    return apart(layer, found, module, tensors(arguments(found)), size)


def arrays(found: Any) -> Any:
    """What Keras drew, as arrays; nothing (of a layer that draws nothing) stays None."""
    if isinstance(found, dict):
        return {key: arrays(value) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return type(found)(arrays(value) for value in found)
    return None if found is None else np.array(found)


def tensors(numbers: tuple[Any, ...]) -> list[torch.Tensor]:
    """Arrays as tensors, floats among them in float64."""
    made = [torch.from_numpy(np.array(number)) for number in numbers]
    return [tensor.double() if tensor.is_floating_point() else tensor for tensor in made]


def as_doubles(found: Any, name: str = "") -> Any:
    """What Keras drew, in the dtype of its images, but for maps and angles, which it keeps in float32."""
    if isinstance(found, dict):
        return {key: as_doubles(value, key) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return type(found)(as_doubles(value) for value in found)
    if not isinstance(found, np.ndarray):
        return found
    narrow = name in {"rotation_matrix", "angle", "height_zoom", "width_zoom", "translations"}
    return keras.ops.convert_to_tensor(found.astype("float64") if found.dtype.kind == "f" and not narrow else found)


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=lambda sampling: "-".join(map(str, sampling.values())))
@pytest.mark.parametrize(("name", "config", "arguments"), GEOMETRIC, ids=[item[0] for item in GEOMETRIC])
@pytest.mark.parametrize("size", [(6, 5), (2, 9)], ids=str)
def test_images_are_moved_alike(
    name: str, config: dict[str, Any], arguments: Any, sampling: dict[str, Any], size: tuple[int, int], tmp_path: Path
) -> None:
    assert compared(name, {**config, **sampling}, arguments, tmp_path, size) < SAMPLED


@pytest.mark.parametrize(
    ("name", "config", "arguments", "bound"), COLOURS, ids=[f"{item[0]}-{index}" for index, item in enumerate(COLOURS)]
)
def test_colours_are_changed_alike(
    name: str, config: dict[str, Any], arguments: Any, bound: float, tmp_path: Path
) -> None:
    assert compared(name, config, arguments, tmp_path, (5, 4)) < bound


#: The layers of RandAugment and AugMix by their names there, and what their modules take of what Keras drew.
POLICY = {
    "random_shear": columns("shear_factor", 0, 1),
    "random_translation": columns("translations", 1, 0),
    "random_rotation": drawn("angle"),
    "random_brightness": drawn("rgb_delta"),
    "random_color_degeneration": of_images("factor"),
    "random_contrast": drawn("contrast_factor"),
    "random_sharpness": of_images("factor"),
    "random_posterization": of_images("shift_factor"),
    "solarization": drawn("additions", "thresholds"),
    "auto_contrast": lambda found: (),
    "equalization": lambda found: (),
}
SIZE = (6, 5)


def test_policies_apply_the_layers_they_draw(tmp_path: Path) -> None:
    layer, module = layer_and_module("RandAugment", {"value_range": [0.0, 1.0], "factor": 0.6}, tmp_path, SIZE)
    found = arrays(layer.get_random_transformation(pixels(SIZE).astype("float32")))
    given = [tensors(take(found["transforms"][name])) for name, take in POLICY.items()]
    assert list(found["transforms"]) == list(POLICY)
    for index in range(len(POLICY)):
        chosen = [index, (index + 4) % len(POLICY)]
        found["layer_idxes"] = np.array(chosen)
        assert apart(layer, found, module, (chosen, given), SIZE) < SAMPLED, list(POLICY)[index]


def test_mixtures_blend_the_chains_they_draw(tmp_path: Path) -> None:
    layer, module = layer_and_module("AugMix", {"value_range": [0.0, 1.0], "factor": 0.6}, tmp_path, SIZE)
    found = arrays(layer.get_random_transformation(pixels(SIZE).astype("float32")))
    names = list(POLICY)
    chains = [[0, 3, 7], [9, 2], []]
    given: list[list[tuple[int, list[torch.Tensor]]]] = []
    found["chain_transforms"] = []
    for chain in chains:
        steps = []
        given.append([])
        for index in chain:
            step = getattr(layer, names[index]).get_random_transformation(pixels(SIZE).astype("float32"))
            step = arrays(step)
            steps.append({"layer_name": names[index], "transformation": step})
            given[-1].append((index, tensors(POLICY[names[index]](step))))
        found["chain_transforms"].append(steps)
    weights, kept = tensors((found["chain_mixing_weights"], found["weight_sample"]))
    assert apart(layer, found, module, (weights, kept, given), SIZE) < SAMPLED


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=lambda sampling: "-".join(map(str, sampling.values())))
@pytest.mark.parametrize("size", [(12, 10), (44, 50)], ids=["one-pixel-kernel", "smoothed"])
def test_elastic_images_are_moved_alike(sampling: dict[str, Any], size: tuple[int, int], tmp_path: Path) -> None:
    config = {"factor": [0.7, 0.9], "scale": [0.9, 1.0], "value_range": [0.0, 1.0], **sampling}
    layer, module = layer_and_module("RandomElasticTransform", config, tmp_path, size)
    found = layer.get_random_transformation(pixels(size).astype("float32"))
    found = {**{name: np.array(found[name]) for name in ("apply_transform", "distortion_factor")}, "seed": 5}
    noise = tf.random.stateless_normal((7, *size), seed=draw_seed(5), dtype="float64")
    chosen = np.reshape(found["apply_transform"], (-1, 1, 1, 1))
    given = tensors((chosen, found["distortion_factor"], np.array(noise)))
    assert apart(layer, found, module, given, size) < ROUNDING
