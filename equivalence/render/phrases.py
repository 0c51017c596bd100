"""The phrases that terminal and page share: a part of a record as words."""

from __future__ import annotations

from typing import Any

from equivalence.render.other_versions import told
from equivalence.render.result_fields import DISTRIBUTION, RANDOM
from equivalence.schema import KERAS_ON


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
        steps.append(f"if {weight['when']}, else {without}")
    return "; ".join(steps) or "unchanged"


def seen(difference: dict[str, Any]) -> str:
    """Where a difference shows, if not in every forward pass."""
    return {"forward": "", "train": " (in training)", "gradients": " (in gradients)"}[difference["seen_in"]]


def off(difference: dict[str, Any]) -> str:
    """How far off the naive form of a difference is: `1.3e+00 off`; "" where that is not measured."""
    if difference["apart"] is None:
        return ""
    if difference["counted_in"]:
        return f"{difference['apart']:g} {difference['counted_in']} off"
    return f"{number(difference['apart'])} off"


def also(elsewhere: dict[str, Any]) -> str:
    """The same in another library, and what it is updated with."""
    return f"{elsewhere['make']}, then .update({elsewhere['update']})"


def defects(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Where Keras is off itself: on which backend, and how, with what says so."""
    return [
        (KERAS_ON[each["backend"]], f"{each['says']} {each['settled_by']} agrees with the port.")
        for each in record["defects"]
    ]


def newer(record: dict[str, Any]) -> list[str]:
    """Since which Keras 3 there are the name and its arguments, where that is not the first: one sentence, or none."""
    found = record["since"] or {"keras": None, "arguments": {}}
    told = [f"Keras {found['keras']}"] if found["keras"] else []
    by_version: dict[str, list[str]] = {}
    for argument, version in found["arguments"].items():
        by_version.setdefault(version, []).append(argument)
    told += [f"{', '.join(names)} since {version}" for version, names in by_version.items()]
    if told and not found["keras"]:
        told[0] = told[0].replace(" since ", " since Keras ", 1)
    return [f"{'Since ' if found['keras'] else ''}{'; '.join(told)}."] if told else []


def title(record: dict[str, Any]) -> str:
    """Both names of a translation."""
    return f"{record['keras']} → {', '.join(record['torch']) or nothing_of_torch(record)}"


def nothing_of_torch(record: dict[str, Any]) -> str:
    """What stands where torch has no name for it: there may still be code that does the same."""
    return "no counterpart" if record["no_counterpart"] else "code of one's own"


def proved(proof: dict[str, Any] | None) -> list[str]:
    """What was run, on which versions, and how far apart the two were: a sentence each."""
    if proof is None:
        return ["No proof is recorded."]
    cases = proof["cases"]
    names = {"keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch", "numpy": "NumPy"}
    versions = ", ".join(f"{names[package]} {version}" for package, version in proof["versions"].items())
    if not any(case["float64"] for case in cases):
        return [f"{len(cases)} models of it built with {versions}: each is refused with this sentence."]
    lines = [f"{len(cases)} cases run on {versions}."]
    if proof["max_rel"] is not None:
        compared = dict.fromkeys(name.replace("_", " ") for case in cases for name in case["float64"])
        lines.append(f"In float64 ({', '.join(compared)}) at most {proof['max_rel']:.1e} apart, relative.")
    single = [case["float32"] for case in cases if "float32" in case]
    if single:
        port, keras = (max(errors[side] for errors in single) for side in ("port", "keras"))
        lines.append(f"In float32 the port is within {port:.1e} of the float64 result, Keras within {keras:.1e}.")
    random = [case["float64"][RANDOM] for case in cases if RANDOM in case["float64"]]
    if random:
        lines.append(f"The statistics of training are within {max(random):.1f} standard errors.")
    drawn = [case["float64"][DISTRIBUTION] for case in cases if DISTRIBUTION in case["float64"]]
    if drawn:
        lines.append(f"Samples of both are of one distribution: at most {max(drawn):.2g} apart (Kolmogorov-Smirnov).")
    lines += [
        f"At {each['id']}, {KERAS_ON[each['backend']]} is {number(each['apart'])} off, the port {each['port']:.1e}."
        for each in proof["defects"]
    ]
    return [*lines, *told(proof["other_keras"])]


def in_one_line(proof: dict[str, Any] | None) -> str:
    """What was run and how far apart the two were, in one sentence."""
    if proof is None or proof["max_rel"] is None:
        return proved(proof)[0]
    versions = proof["versions"]
    single = [case["float32"]["port"] for case in proof["cases"] if "float32" in case]
    float32 = f" in float64, {number(max(single))} in float32" if single else " in float64"
    return (
        f"{len(proof['cases'])} cases run on Keras {versions['keras']} and PyTorch {versions['torch']}: "
        f"at most {number(proof['max_rel'])} apart{float32}."
    )


def number(error: float | str) -> str:
    """A measured error."""
    return error if isinstance(error, str) else f"{error:.1e}"  # JSON has no infinity: that is a text
