"""A port's report as text for a terminal: how far each layer is from Keras, and where the files are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_MOST = 24  # layers shown of a model with more; all are in the report


def show(report: dict[str, Any], paths: Sequence[str], every_layer: bool = False) -> None:
    """Prints the report of `port` (its JSON) and the files that were written."""
    console = Console(highlight=False)
    compared = [layer for layer in report["layers"] if "max_rel" in layer]
    if compared:
        _layers(console, compared, len(compared) if every_layer else _MOST)
    console.print(Text(verdict(report, len(compared)), style=_COLOURS[report["verified"]]))
    for note in report["notes"]:
        console.print(Text(note))
    for path in paths:
        console.print(Text(path), soft_wrap=True)


def verdict(report: dict[str, Any], compared: int) -> str:
    """One sentence about the whole model."""
    if report["verified"] is None:
        return f"Ported {report['source']}, not verified."
    float64, float32 = report["float64"], report["float32"]
    ends = f"outputs within {_short(float64['max_rel'])} of Keras in float64, {_short(float32['max_rel'])} in float32"
    if report["verified"]:
        nothing = f", {len(report['unobserved'])} pass on what they get" if report["unobserved"] else ""
        return f"Equal: {compared} layers compared one by one{nothing}; {ends} (relative)."
    first = next((layer["path"] for layer in report["layers"] if not layer.get("equal", True)), "the output")
    return f"Different, first at {first}: {ends} (relative)."


def _short(number: float | str) -> str:
    """A number of a report, in which infinities and NaN are text."""
    return f"{float(number):.1e}"


_COLOURS = {True: "bold green", False: "bold red", None: "yellow"}


def _layers(console: Console, layers: Sequence[dict[str, Any]], most: int) -> None:
    """The layers in the model's order; of a long model those that are furthest apart."""
    shown = sorted(layers, key=lambda layer: -float(layer["max_rel"]))[:most]
    table = Table(box=None, pad_edge=False)
    table.add_column("layer")
    table.add_column("max |port - Keras|", justify="right")
    table.add_column("relative", justify="right")
    for layer in layers:
        if layer in shown:
            style = "" if layer["equal"] else "red"
            row = (layer["path"], _short(layer["max_abs"]), _short(layer["max_rel"]))
            table.add_row(*(Text(cell, style) for cell in row))
    console.print(table)
    if len(shown) < len(layers):
        console.print(Text(f"... and {len(layers) - len(shown)} layers that are closer."))
