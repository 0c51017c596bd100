"""The phrases that terminal and page share: a part of a record as words."""

from __future__ import annotations

from typing import Any


def signature(argument: dict[str, Any]) -> str:
    """An argument as Keras's signature has it: `padding='valid'`."""
    name: str = argument["keras"]
    return name if argument["required"] else f"{name}={argument['default']!r}"


def counterpart(argument: dict[str, Any]) -> str:
    """What torch calls an argument, and how its value is found."""
    if argument["torch"] is None:
        return "no effect on the result" if argument["inert"] else "—"
    return f"{argument['torch']} = {argument['how']}" if argument["how"] else argument["torch"]


def placement(weight: dict[str, Any]) -> str:
    """How a Keras array becomes the torch parameter."""
    steps = []
    if weight["keras"] is None:
        steps.append(f"filled with {weight['otherwise']:g}, Keras has none")
    if weight["pick"] is not None:
        steps.append(f"row {weight['pick']}")
    if weight["how"]:
        steps.append(weight["how"])
    if weight["blocks"]:
        steps.append(f"blocks in the order {', '.join(map(str, weight['blocks']))}")
    if weight["when"] and weight["keras"] is not None:
        without = "absent" if weight["otherwise"] is None else f"filled with {weight['otherwise']:g}"
        steps.append(f"without {weight['when']}: {without}")
    return "; ".join(steps) or "unchanged"


def seen(difference: dict[str, Any]) -> str:
    """Where a difference shows, if not in every forward pass."""
    return {"forward": "", "train": " (in training)", "gradients": " (in gradients)"}[difference["seen_in"]]


def title(record: dict[str, Any]) -> str:
    """Both names of a translation."""
    return f"{record['keras']} → {', '.join(record['torch']) or 'no counterpart'}"


def proved(proof: dict[str, Any] | None) -> list[str]:
    """What was run, on which versions, and how far apart the two were: one line each."""
    if proof is None:
        return ["No proof is recorded."]
    return [str(proof)]
