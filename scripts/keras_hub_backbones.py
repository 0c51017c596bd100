"""`python -m scripts.keras_hub_backbones [NAME...]`: backbones of keras-hub, ported live and held against Keras.

keras-hub is no dependency: `pip install --no-deps --target FOLDER keras-hub`, and FOLDER on PYTHONPATH. Small
configurations with random weights; a line for each. `--json FILE` keeps what was found, and what FILE holds already is
not run again unless it is named: an hour's work may be done part by part. `--write` makes docs/keras_hub.md of it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import keras
import numpy as np

from equivalence import port
from equivalence.errors import Refused
from scripts.keras_hub_images import IMAGES
from scripts.keras_hub_text import FIXED, TEXT, fixed_inputs

#: What keras-hub imports for its tokenizers and downloads; no backbone uses it.
_NOT_USED = ("absl", "kagglehub", "kagglehub.exceptions", "regex", "sentencepiece", "tensorflow_text", "tokenizers")
_PAGE = Path(__file__).parent.parent / "docs" / "keras_hub.md"


def keras_hub() -> ModuleType:
    """keras-hub's models, without what only its tokenizers need. Raises ImportError where it is not installed."""
    for name in _NOT_USED:
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = mock.MagicMock(__spec__=None, __path__=[])
    return importlib.import_module("keras_hub.models")


def randomise(model: Any, seed: int = 0) -> None:
    """Draws every weight anew, so that nothing is 0, 1 or so small that a mistake in its use would not show."""
    random = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(_drawn(weight, random))
    for weight in model.non_trainable_weights:
        if weight.name == "moving_mean":
            weight.assign(random.normal(0.0, 0.25, weight.shape))
        elif weight.name == "moving_variance":
            weight.assign(random.uniform(0.5, 1.5, weight.shape))


def _drawn(weight: Any, random: np.random.Generator) -> np.ndarray:
    if weight.name in ("gamma", "scale") or (weight.ndim < 2 and np.all(np.asarray(weight) == 1)):
        return random.uniform(0.5, 1.5, weight.shape)
    if "embedding" in weight.name:
        return random.normal(0.0, 1.0, weight.shape)
    fan_in = int(np.prod(weight.shape[:-1])) if weight.ndim > 1 else 16
    return random.normal(0.0, fan_in**-0.5, weight.shape)


def found(name: str, make: Any, hub: ModuleType) -> dict[str, Any]:
    """What becomes of one backbone: its verdict and figures, or why it is refused."""
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(1)
    begun = time.perf_counter()
    model = make(hub)
    built = time.perf_counter()
    randomise(model)
    row: dict[str, Any] = {"name": name, "class": type(model).__name__, "parameters": model.count_params()}
    begun_port = time.perf_counter()
    try:
        ported = port(model, inputs=fixed_inputs(name, model))
    except Refused as refusal:
        return row | {"verdict": "refused", "because": str(refusal)}
    report = ported.report
    dtype = "float64" if report.float64 else "float32"
    return row | {
        "verdict": {True: "equal", False: "different", None: "not compared"}[report.verified],
        "because": report.because,
        "dtype": dtype,
        "max_rel": (getattr(report, dtype) or {}).get("max_rel"),
        "layers": len(report.layers),
        "lines": len(ported.source.splitlines()),
        "notes": report.notes,
        "built": built - begun,
        "seconds": time.perf_counter() - begun_port,
    }


def page(rows: Sequence[dict[str, Any]]) -> str:
    """The text of docs/keras_hub.md."""
    equal = [row for row in rows if row["verdict"] == "equal"]
    refused = [row for row in rows if row["verdict"] != "equal"]
    classes = {row["class"] for row in rows}
    names = {name: _version(name) for name in ("keras-hub", "keras", "tensorflow-cpu", "tensorflow", "torch")}
    versions = ", ".join(f"{name} {found}" for name, found in names.items() if found)
    lines = [
        "# Backbones of keras-hub, ported",
        "",
        "A measure, not a list of what is translated: no entry knows a class of keras-hub. Each backbone in a small",
        "configuration with random weights, ported as it stands in memory, `equivalence.port(model)`, and held against",
        "Keras at every layer.",
        "",
        f"{versions}: {len(equal)} of {len(rows)} are equal, {len(refused)} are not ported. They are of {len(classes)}",
        "classes.",
        "",
        "```console",
        "$ pip install --no-deps --target hub keras-hub",
        "$ PYTHONPATH=hub python -m scripts.keras_hub_backbones --write",
        "```",
        "",
        "| backbone | compared in | largest difference, relative | layers compared | lines emitted |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in equal:
        fixed = " ¹" if row["name"] in FIXED else ""
        lines.append(
            f"| {row['name']}{fixed} | {row['dtype']} | {row['max_rel']:.1e} | {row['layers']} | {row['lines']} |"
        )
    lines += ["", "¹ With sizes given by `inputs=`: its code does other things at other sizes, or takes no others.", ""]
    if refused:
        lines += ["| not ported | why |", "| --- | --- |"]
        lines += [f"| {row['name']} | {_reason(row)} |" for row in refused]
    return "\n".join([*lines, ""])


def _reason(row: dict[str, Any]) -> str:
    first = str(row["because"]).splitlines()[0]
    folder = first.find("/keras_hub/")
    if folder >= 0:  # where it is installed is nobody's business
        first = first[: first.rfind(" ", 0, folder) + 1] + first[folder + 1 :]
    return first.replace("|", "\\|")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def main(arguments: Sequence[str]) -> int:
    """0 where nothing that was tried is different from Keras."""
    parser = argparse.ArgumentParser(prog="python -m scripts.keras_hub_backbones", description=__doc__)
    parser.add_argument("names", nargs="*", help="of the table; all of them where none is given")
    parser.add_argument("--json", type=Path, help="a file that keeps what was found")
    parser.add_argument("--write", action="store_true", help=f"writes {_PAGE.name}")
    options = parser.parse_args(arguments)
    try:
        hub = keras_hub()
    except ImportError as error:
        print(f"keras-hub is not installed ({error}): pip install --no-deps --target FOLDER keras-hub, and PYTHONPATH")
        return 2
    known, rows = {**TEXT, **IMAGES}, _kept(options.json)
    for name in options.names or [name for name in known if name not in rows]:
        try:
            rows[name] = found(name, known[name], hub)
        except Exception as error:
            rows[name] = {"name": name, "verdict": "raw", "because": f"{type(error).__name__}: {error}"}
        print(_line(rows[name]), flush=True)
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if options.write:
        _PAGE.write_text(page([rows[name] for name in known if name in rows]), encoding="utf-8")
    return int(any(row["verdict"] in ("different", "raw") for row in rows.values()))


def _kept(path: Path | None) -> dict[str, dict[str, Any]]:
    """What was found before, by name."""
    rows: dict[str, dict[str, Any]] = {}
    if path is not None and path.exists():
        rows = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _line(row: dict[str, Any]) -> str:
    if row["verdict"] != "equal":
        return f"{row['name']:28} {row['verdict']}: {row['because']}"
    figures = f"{row['dtype']} {row['max_rel']:.1e}  {row['lines']} lines  {row['seconds']:.0f} s"
    return f"{row['name']:28} equal  {figures}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
