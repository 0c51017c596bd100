"""The script that trains a port as its Keras model was compiled: NAME_train.py."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from equivalence.emit.beside_outputs import NAMES, Beside
from equivalence.emit.called_text import defined
from equivalence.emit.file_text import plain
from equivalence.emit.guard import check_source
from equivalence.emit.line_breaking import WIDTH, assignment, indented, wrapped
from equivalence.emit.precision import widened
from equivalence.emit.text_imports import imports_of
from equivalence.emit.trained_parts import Trained, access
from equivalence.emit.written_text import WrittenText
from equivalence.errors import Refused

#: Names that every script has of its own.
OWN = frozenset({"Training", "STATE", "penalty", "constrain", "load", *NAMES})

_PRINTED_AT = 12  # spaces before what is printed in `fit`


@dataclass(slots=True)
class TrainingScript:
    """What a script is made from."""

    name: str  # of the port's files
    cls: str  # of its model
    source: str  # the Keras file's name
    optimizer: WrittenText
    trained: Trained
    losses: Sequence[str]  # terms, of `targets` and `outputs`
    inputs: int  # how many the model takes
    helpers: Sequence[str]  # functions of losses, regularizers and constraints, with what they call
    beside: Beside | None = None
    targets: Sequence[str] = ("targets",)  # of each output, as the script takes it out of all of them
    groups: Sequence[Mapping[str, str]] = ()  # of parameters, where they are not all alike
    metrics: Sequence[tuple[str, str, str]] = ()  # name, expression that makes it, arguments of its update
    floats: str = "float32"
    autocast: str = ""  # the dtype of mixed precision
    steps: int = 0  # made in Keras
    has_state: bool = True
    notes: list[str] = field(default_factory=list)

    @property
    def lines(self) -> dict[str, str]:
        return dict(self.optimizer.lines)

    @property
    def type_of_targets(self) -> str:
        if self.targets[0] == "targets":
            return "Tensor"
        return "tuple[Tensor, ...]" if self.targets[0] == "targets[0]" else "dict[str, Tensor]"


def render_training(script: TrainingScript) -> str:
    """The whole source; it imports the port beside it."""
    helpers = [widened(each, script.floats) for each in dict.fromkeys([*script.optimizer.helpers, *script.helpers])]
    check_names(helpers, script.source)
    beside = [widened(script.beside.source, script.floats)] if script.beside else []
    body = [*helpers, *_penalty(script), *beside, *_constrain(script), _training(script)]
    imported = [script.cls, *(script.beside.imported if script.beside else ()), "load"]
    own = _from_the_port(script.name, imported)
    code = "\n\n\n".join(body)
    state = f'STATE = Path(__file__).with_name("{script.name}.optimizer.safetensors")'
    head = "\n\n".join([_docstring(script), *_imports(code)])
    source = "\n\n\n".join([f"{head}\n\n{own}\n\n{state}", *body]) + "\n"
    # the one statement that names the port's own module is checked by how it is made
    check_source(source.replace(f"{own}\n", ""), {*imported}, written=True)
    return source


def _from_the_port(name: str, imported: Sequence[str]) -> str:
    listed = sorted(imported, key=lambda each: (not each.isupper(), not each[0].isupper(), each))
    line = f"from {name} import {', '.join(listed)}"
    return line if len(line) <= WIDTH else f"from {name} import (\n    " + ",\n    ".join(listed) + ",\n)"


def check_names(helpers: Sequence[str], source: str) -> None:
    """Raises Refused where two helpers are called the same, and are not."""
    names = [defined(text) for text in helpers]
    if twice := [name for name in names if names.count(name) > 1]:
        raise Refused(f"{source}: two metrics or losses are both written as {twice[0]}; leave one of them out")


def _docstring(script: TrainingScript) -> str:
    begun = f", from step {script.steps:,} on" if script.steps else ""
    title = f"Trains {script.cls} as {plain(script.source)} was compiled in Keras{begun}."
    usage = [
        f"    from {script.name}_train import Training",
        "",
        "    training = Training()",
        "    training.fit(batches, epochs=10)  # batches: an iterable of (inputs, targets)",
        "",
        *textwrap.wrap(
            f"Inputs lie as the port takes them, targets as in Keras{_several(script)}.",
            WIDTH,
        ),
    ]
    notes = [line for note in script.notes for line in ["", *textwrap.wrap(note, WIDTH)]]
    return "\n".join([*textwrap.wrap(f'"""{title}', WIDTH), "", *usage, *notes, '"""'])


def _several(script: TrainingScript) -> str:
    """How several inputs or targets are given."""
    kinds = [*["inputs"] * (script.inputs > 1), *["targets"] * script.type_of_targets.startswith("tuple")]
    said = f"; {' and '.join(kinds)} are tuples" if kinds else ""
    return said + "; targets are a dictionary, by the names of the outputs" * script.type_of_targets.startswith("dict")


def _imports(code: str) -> list[str]:
    standard = [*imports_of([code]), "from collections.abc import Iterable", "from pathlib import Path"]
    standard += ["import math"] if "math." in code else []
    lines = sorted(_joined(standard), key=lambda line: (line.startswith("from"), line))
    torch = ["import torch"]
    torch += ["import torch.nn.functional as F"] if "F." in code else []
    torch += ["from safetensors.torch import load_file", "from torch import Tensor"]
    torch[-1] += ", nn" if "nn." in code.replace("torch.nn.", "") else ""
    return ["from __future__ import annotations", "\n".join(lines), "\n".join(torch)]


def _joined(imports: Sequence[str]) -> list[str]:
    """Import statements with one for each module, what is taken of it in order."""
    taken: dict[str, set[str]] = {}
    for line in imports:
        module, _, names = line.partition(" import ")
        taken.setdefault(module, set()).update(names.split(", ") if names else ())
    return [f"{module} import {', '.join(sorted(names))}" if names else module for module, names in taken.items()]


def _penalty(script: TrainingScript) -> list[str]:
    if not script.trained.penalties:
        return []
    lines = [
        f"def penalty(model: {script.cls}) -> Tensor:",
        '    """What the regularizers of the layers add to the loss."""',
        indented(wrapped("return ", " + ".join(script.trained.penalties), 4), 1),
    ]
    return ["\n".join(lines)]


def _constrain(script: TrainingScript) -> list[str]:
    if not script.trained.constraints:
        return []
    lines = [
        "@torch.no_grad()",
        f"def constrain(model: {script.cls}) -> None:",
        '    """Brings weights back to what their constraints allow."""',
        *(indented(wrapped("", f"{seen}.copy_({call})", 4), 1) for seen, call in script.trained.constraints),
    ]
    return ["\n".join(lines)]


def _training(script: TrainingScript) -> str:
    parts = [_init(script), _restore(script) if script.has_state else [], _step(script), _fit(script)]
    lines = [
        "class Training:",
        f'    """A {script.cls}, and what trains it."""',
        *(indented(line, 1) for part in parts if part for line in ["", *part]),
    ]
    return "\n".join(lines)


def _init(script: TrainingScript) -> list[str]:
    made = script.lines
    lines = [f"def __init__(self, model: {script.cls} | None = None) -> None:"]
    body = ["self.model = model = load() if model is None else model"]
    body += [f"{access(name)}.requires_grad_(False)" for name in script.trained.fixed]
    optimizer = made["optimizer"]
    if script.groups:
        body += ["groups = [", *(f"    {_group(group)}," for group in script.groups), "]"]
        optimizer = optimizer.replace("model.parameters()", "groups", 1)
    body.append(assignment("self.optimizer", optimizer, 8))
    if "scheduler" in made:
        body.append(assignment("self.scheduler", made["scheduler"].replace("(optimizer,", "(self.optimizer,", 1), 8))
    if "scaler" in made:
        device = "next(model.parameters()).device.type"
        body.append(assignment("self.scaler", made["scaler"].replace("'cpu'", device, 1), 8))
    for name, text, _ in script.metrics:
        body.append(assignment(f"self.{name}", text, 8))
    if script.has_state:
        body.append("self.restore()")
    return [*lines, *(indented(line, 1) for line in body)]


def _group(group: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {text}' for name, text in group.items()) + "}"


def _restore(script: TrainingScript) -> list[str]:
    made = script.lines
    body = [
        "parameters = dict(self.model.named_parameters())",
        "for key, kept in load_file(path).items():",
        '    name, _, parameter = key.partition("/")',
        "    if parameter:",
        "        self.optimizer.state[parameters[parameter]][name] = kept",
        "    else:",
        "        for group in self.optimizer.param_groups:",
        "            group[name] = kept.item()",
    ]
    if "scaler" in made:
        body[5:5] = [
            '    elif name in ("scale", "_growth_tracker"):',
            "        self.scaler.load_state_dict({**self.scaler.state_dict(), name: kept.item()})",
        ]
    if "scheduler" in made:
        rate = made["scheduler"].rpartition(", ")[2].rstrip(")")
        body += [
            'self.scheduler.last_epoch = step = self.optimizer.param_groups[0]["step"]',
            "for group in self.optimizer.param_groups:",
            f'    group["lr"] = {rate}(step)',
        ]
    return [
        "def restore(self, path: str | Path = STATE) -> None:",
        '    """Gives the optimizer what it had kept in Keras."""',
        *(indented(line, 1) for line in body),
    ]


def _step(script: TrainingScript) -> list[str]:
    made = script.lines
    body = ["self.model.train()"]
    body += [f"{access(name, 'self.model')}.eval()  # frozen" for name in script.trained.still]
    given = "*inputs" if script.inputs > 1 else "inputs"
    terms = [*script.losses, *(["penalty(self.model)"] if script.trained.penalties else [])]
    made_by = f"outputs = self.model({given})"
    if script.beside:
        terms += ["added"] if "added" in script.beside.names else []
        made_by = f"{', '.join(['outputs', *script.beside.names])} = {script.beside.name}(self.model, {given})"
    forward = [made_by, assignment("loss", " + ".join(terms), 8)]
    if script.autocast:
        device = "next(self.model.parameters()).device.type"
        body.append(f"with torch.autocast({device}, dtype=torch.{script.autocast}):")
        forward = [indented(line, 1) for line in forward]
    body += forward
    body.append("self.optimizer.zero_grad()")
    scale = "self.optimizer.defaults" if "loss_scale=" in made["optimizer"] else ""
    if "scaler" in made:
        body += ["self.scaler.scale(loss).backward()", "self.scaler.step(self.optimizer)", "self.scaler.update()"]
    else:
        scaled = f'(loss * {scale}["loss_scale"])' if scale else "loss"
        body += [f"{scaled}.backward()", "self.optimizer.step()"]
    if script.trained.constraints:
        body.append("constrain(self.model)")
    if "scheduler" in made:
        body.append("self.scheduler.step()")
    body += [wrapped("", f"self.{name}.update({given})", 8) for name, _, given in script.metrics]
    body.append("return loss.detach()")
    types = (
        "tuple[Tensor, ...]" if script.inputs > 1 else "Tensor",
        script.type_of_targets,
    )
    return [
        f"def step(self, inputs: {types[0]}, targets: {types[1]}) -> Tensor:",
        '    """One step on a batch; returns the loss before it."""',
        *(indented(line, 1) for line in body),
    ]


def _said(start: str, metrics: Sequence[str]) -> list[str]:
    """The lines that print how an epoch went: one, or, where that is too long, a piece for each metric."""
    pieces = [start, *(f", {name} {{self.{name}.compute():.4f}}" for name in metrics)]
    whole = f'print(f"{"".join(pieces)}")'
    if len(whole) + _PRINTED_AT <= WIDTH:
        return [whole]
    return ["print(", *(f'    f"{piece}"' for piece in pieces), ")"]


def _fit(script: TrainingScript) -> list[str]:
    body = ["for epoch in range(epochs):"]
    within = [f"self.{name}.reset()" for name, _, _ in script.metrics]
    within += [
        "total, count = 0.0, 0",
        "for inputs, targets in batches:",
        f"    size = len({script.targets[0].replace(chr(39), chr(34))})",
        "    total += self.step(inputs, targets).item() * size",
        "    count += size",
    ]
    within += _said("epoch {epoch + 1}: loss {total / count:.4f}", [name for name, _, _ in script.metrics])
    body += [indented(line, 1) for line in within]
    if "ema_momentum=" in script.lines["optimizer"]:
        body.append("self.optimizer.finalize()")
    return [
        "def fit(self, batches: Iterable[tuple], epochs: int = 1) -> None:",
        '    """Goes through the batches `epochs` times, and says after each how it went."""',
        *(indented(line, 1) for line in body),
    ]
