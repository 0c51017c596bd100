"""Folders of small images, texts and sounds in classes, which both frameworks read; sequences out of one array."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

REPEATED = 40  # times that all images are asked for, where they are changed at random
#: What is written, and the classes: their order on disk is not that of the alphabet.
FOLDERS = {"images": "cba", "pair": "ba", "texts": "cba", "sounds": "cba"}


def write_files(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """`images/<class>/<n>.png`, `pair/...` of two classes, `texts/<class>/<n>.txt`, `sounds/<class>/<n>.wav`.

    `arrays`: `images/0` ... (height, width, 3), 0 to 255; `waves` (file, step), whole numbers of 16 bits.
    """
    for kind, classes in FOLDERS.items():
        for index in range(len(arrays["waves"])):
            into = folder / kind / classes[index % len(classes)]
            into.mkdir(parents=True, exist_ok=True)
            if index == 6:  # what lies deeper belongs to the class above
                into = into / "0 more"
                into.mkdir(exist_ok=True)
            stem = into / f"{index * 7 % 10}"
            if kind in ("images", "pair"):
                Image.fromarray(arrays[f"images/{index}"].astype(np.uint8)).save(stem.with_suffix(".png"))
            elif kind == "texts":
                stem.with_suffix(".txt").write_text(f"text {index} " * (index + 1), "utf-8")
            else:
                with wave.open(str(stem.with_suffix(".wav")), "wb") as file:
                    file.setparams((1, 2, 8000, 0, "NONE", "NONE"))
                    file.writeframes(arrays["waves"][index, : 30 + index].astype("<i2").tobytes())


def given(name: str, arrays: Mapping[str, np.ndarray]) -> Any:
    """An array of a trial, None for "None", or the sequences that one array holds one behind the other."""
    if name == "None":
        return None
    if f"{name}/lengths" in arrays:
        ends = np.cumsum(arrays[f"{name}/lengths"])[:-1]
        return [part.tolist() for part in np.split(arrays[name], ends)]
    return np.array(arrays[name])  # some work on what they are given


def filled_up(rows: np.ndarray, count: int) -> np.ndarray:
    """Rows with zeros behind them, so that a number of rows that differs is seen in numbers."""
    return np.pad(rows, [(0, count - len(rows)), *[(0, 0)] * (rows.ndim - 1)])


def in_any_order(batches: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All rows of batches `/i/0` with their labels `/i/1`, sorted."""
    inputs, labels = (np.concatenate([batches[k] for k in sorted(batches) if k.endswith(f"/{i}")]) for i in (0, 1))
    rows = np.concatenate([inputs.reshape(len(inputs), -1), labels.reshape(len(labels), -1)], axis=1)
    return {"rows": rows[np.lexsort(np.round(rows[:, :8], 2).T)]}


def flips(batches: Iterable[np.ndarray]) -> dict[str, np.ndarray]:
    """Of images (N, height, width, 3) that are asked for `REPEATED` times: the smaller and the larger of each
    pixel's values, and `drawn`, which of the two it was for the first one."""
    stacked = np.concatenate([*batches])
    images = stacked.reshape(REPEATED, len(stacked) // REPEATED, -1)
    low, high = images.min(axis=0), images.max(axis=0)
    drawn = (images[:, :, 0] == images[:, :, 0].max(axis=0)).astype(np.float64)
    return {"low": low, "high": high, "drawn": drawn}
