"""Two classes of real photographs that come inside the wheels of scikit-image and scikit-learn: nothing is fetched.

A picture's left part is for training, its right part for validation, with a gap between, so no region
of a picture is in both. Each class holds colour and grey pictures: being grey tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import skimage.data
import skimage.io
import skimage.transform
from sklearn.datasets import load_sample_image

#: Class -> pictures. Class 0 grew or lay there, class 1 was made.
PICTURES: dict[str, tuple[str, ...]] = {
    "natural": ("chelsea", "flower", "grass", "gravel"),
    "made": ("coffee", "china", "brick", "coins"),
}
CLASSES = tuple(PICTURES)
#: Where a part of a picture begins and ends, as a share of its width.
PARTS = {"training": (0.0, 0.58), "validation": (0.6, 1.0)}


@dataclass(frozen=True)
class Crops:
    """`images`: (N, size, size, 3), float32 in [-1, 1]; `labels`: (N,), indices of CLASSES; `names`: the pictures'."""

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]


@cache
def picture(name: str) -> np.ndarray:
    """(height, width, 3), uint8; a grey picture has three equal channels."""
    image = load_sample_image(f"{name}.jpg") if name in ("china", "flower") else getattr(skimage.data, name)()
    return np.repeat(image[..., None], 3, axis=-1) if image.ndim == 2 else image


def crops(part: str, per_picture: int, size: int, cut: int = 120, seed: int = 0) -> Crops:
    """Squares of `cut` pixels from random places of one part of every picture, scaled to `size`, half of them mirrored.

    In an order in which any stretch holds both classes about equally.

    Raises:
        ValueError: `part` is not one of PARTS, or `cut` is larger than a part of some picture.
    """
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(map(repr, PARTS))}, not {part!r}")
    random = np.random.default_rng([seed, list(PARTS).index(part)])
    images, labels, names = [], [], []
    for _ in range(per_picture):
        for pair in zip(*PICTURES.values(), strict=True):
            for label, name in enumerate(pair):
                images.append(_crop(picture(name), name, PARTS[part], cut, size, random))
                labels.append(label)
                names.append(name)
    return Crops(np.stack(images), np.array(labels), tuple(names))


def _crop(
    image: np.ndarray, name: str, share: tuple[float, float], cut: int, size: int, random: np.random.Generator
) -> np.ndarray:
    height, width = image.shape[:2]
    first, end = (round(width * edge) for edge in share)
    if cut > min(height, end - first):
        raise ValueError(f"cut={cut} is larger than the part {height} x {end - first} of the picture {name!r}")
    top = random.integers(height - cut, endpoint=True)
    left = random.integers(first, end - cut, endpoint=True)
    square = image[top : top + cut, left : left + cut]
    if random.random() < 0.5:
        square = square[:, ::-1]
    scaled = skimage.transform.resize(square, (size, size), order=1, anti_aliasing=size < cut)
    return (scaled * 2 - 1).astype(np.float32)
