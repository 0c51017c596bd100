"""What a check found, at a glance: its causes, and the layers of several checks as one picture."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from equivalence.diagnosis.findings import Check, Fault

_SHOWN = (1e-4, 1.0)  # relative deviations between which the colour changes


def causes(found: Check) -> str:
    """The causes in the order of execution, a row of a Markdown table each."""
    told = sorted(found.faults, key=_says)  # stable: the first of each cause stays first
    together = [list(group) for _, group in groupby(told, key=_says)]
    rows = ["| faults | the first at | in torch | why |", "| --- | --- | --- | --- |"]
    for faults in sorted(together, key=lambda group: found.faults.index(group[0])):
        rows.append(f"| {len(faults)} | {faults[0].keras} | {faults[0].torch} | {_says(faults[0])} |")
    return "\n".join(rows if found.faults else ["No faults: equal."])


def layers(states: Mapping[str, tuple[Check, str]]) -> Figure:
    """A row for each check, a column for each layer, its fault in the colour of the deviation; the text beside it."""
    names = [row.keras for row in next(iter(states.values()))[0].layers]
    apart = np.full((len(states), len(names)), np.nan)
    for index, (found, _) in enumerate(states.values()):
        for fault in found.faults:
            apart[index, names.index(fault.keras)] = fault.max_rel
    figure, axes = plt.subplots(figsize=(12, 4.2), layout="constrained")
    picture = axes.pcolormesh(apart, cmap="YlOrRd", norm=LogNorm(*_SHOWN), edgecolors="lightgrey", linewidth=0.5)
    axes.invert_yaxis()
    axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90, fontsize=8)
    axes.set_yticks(np.arange(len(states)) + 0.5, list(states))
    for index, (_, beside) in enumerate(states.values()):
        axes.text(len(names) + 0.3, index + 0.5, beside, verticalalignment="center")
    figure.colorbar(picture, label="deviation, relative", location="left", pad=0.01, shrink=0.8)
    plt.close(figure)
    return figure


def _says(fault: Fault) -> str:
    return fault.cause.says if fault.cause else "not known"
