"""The text of one class: its modules and buffers, the mode that it keeps, its forwards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from equivalence.emit.draft import ClassDraft, ForwardDraft
from equivalence.emit.forward_text import COLUMNS, ForwardText
from equivalence.emit.line_breaking import WIDTH, assignment, indented, wrapped
from equivalence.translation.call_site import Value

_LONGEST_ANNOTATION = 80

#: How the constructor begins of a module that keeps a state from call to call (catalogue/recurrent/state_module.py).
KEEPS_STATE = "State("
_RESET_STATES = (
    "",
    "def reset_states(self) -> None:",
    '    """Has stateful layers begin with zeros again: what is called next does not go on from what was."""',
    "    for module in self.modules():",
    "        if isinstance(module, State):",
    "            module.reset()",
)


def render_class(draft: ClassDraft, taps: bool = False, doc: str = "", taken: Collection[str] = ()) -> str:
    """The text of one class; with `doc` as its docstring. `taken`: names that variables leave to the file."""
    return "\n".join(class_lines(draft, doc, lambda _, text: [text], lambda f: ForwardText(f, taps, taken).lines()))


def class_lines(
    draft: ClassDraft,
    doc: str,
    module: Callable[[str, str], list[str]],
    forward: Callable[[ForwardDraft], list[str]],
) -> list[str]:
    """The lines of one class. `module` gives those of a statement that makes a module, by the module's name and the
    statement; `forward` those of a forward's body."""
    lines = [f"class {draft.name}(nn.Module):"]
    if doc:
        lines += [indented(f'"""{doc}"""', 1), ""]
    body = ["super().__init__()", *(f"self.{name} = {name}" for name in draft.kept)]
    for name, ctor in draft.modules.items():
        body += module(name, assignment(f"self.{name}", ctor, COLUMNS))
    body += [
        wrapped("", f"self.register_buffer({name!r}, {text}, persistent=False)", COLUMNS)
        for name, text in draft.buffers.items()
    ]
    body += [wrapped("", f"self.register_buffer({name!r}, {text})", COLUMNS) for name, text in draft.held.items()]
    body += _fixed(draft)
    modes = [(name, mode) for name, mode in draft.modes.items() if mode is not None]
    if modes:
        body.append("self.train()")
    listed = ", ".join(["self", *(f"{name}: {kind}" for name, kind in draft.parameters.items())])
    lines += [indented(f"def __init__({listed}) -> None:", 1), *(indented(line, 2) for line in body)]
    lines += [indented(line, 1) for line in _train(draft.name, modes)]
    lines += [indented(line, 1) for line in _RESET_STATES] if draft.stateful else []
    for part in draft.forwards:
        names = [f"{name}: {parameter(value)}" for name, value, _ in part.inputs]
        names += [f"{name}: Tensor" for name, _ in part.masks]
        lines += ["", indented(signature(part.name, ["self", *names], annotation(part.returned), 4), 1)]
        lines += [indented(line, 2) for line in [*_elsewhere(part), *forward(part)]]
    return lines


def _elsewhere(forward: ForwardDraft) -> list[str]:
    """The lines that have another forward do what this one does not do in training."""
    if not forward.in_training:
        return []
    given = ", ".join([*(name for name, _, _ in forward.inputs), *(name for name, _ in forward.masks)])
    return ["if self.training:", indented(wrapped("return ", f"self.{forward.in_training}({given})", COLUMNS + 4), 1)]


def _train(name: str, modes: Sequence[tuple[str, bool]]) -> list[str]:
    """The method `train` of a class with modules that Keras calls in one mode always."""
    if not modes:
        return []
    lines = ["super().train(mode)"]
    lines += [
        f"self.{attribute}.{'train' if mode else 'eval'}()  # training={mode} always" for attribute, mode in modes
    ]
    lines += ["return self"]
    return ["", f"def train(self, mode: bool = True) -> {name}:", *(indented(line, 1) for line in lines)]


def signature(name: str, parameters: Sequence[str], returns: str, columns: int) -> str:
    """The line that begins a function, broken where it is too long; `columns`: by how much it will be indented."""
    listed = ", ".join(parameters)
    line = f"def {name}({listed}) -> {returns}:"
    if len(line) <= WIDTH - columns:
        return line
    if len(listed) > WIDTH - columns - 4:
        listed = ",\n    ".join(parameters) + ","
    return f"def {name}(\n    {listed}\n) -> {returns}:"


def parameter(value: Value) -> str:
    """The type of a forward's parameter: texts come as nested lists."""
    return "list[" * value.rank + "str" + "]" * value.rank if value.dtype == "string" else "Tensor"


def annotation(outputs: Any) -> str:
    """The type of what a forward returns."""
    if isinstance(outputs, Value):
        return "Tensor"
    if isinstance(outputs, dict):
        return "dict[str, Tensor]" if all(isinstance(v, Value) for v in outputs.values()) else "dict"
    text = f"tuple[{', '.join(annotation(item) for item in outputs)}]"
    if len(text) <= _LONGEST_ANNOTATION:
        return text
    return "tuple[Tensor, ...]" if all(isinstance(item, Value) for item in outputs) else "tuple"


def _fixed(draft: ClassDraft) -> list[str]:
    """Lines that keep parameters without a Keras counterpart from being trained."""
    if not draft.fixed:
        return []
    lines = ["# Keras has no such weights here: they stay constant."]
    names = [f"self.{name}" for name in draft.fixed]
    if len(names) == 1:
        return [*lines, f"{names[0]}.requires_grad_(False)"]
    kinds = {draft.modules[name.split(".")[0]].split("(")[0] for name in draft.fixed}
    parameters = {name.split(".", 1)[-1] for name in draft.fixed}
    whole = {name for name, ctor in draft.modules.items() if ctor.split("(")[0] in kinds}
    if len(kinds) == len(parameters) == 1 and {name.split(".")[0] for name in draft.fixed} == whole:
        return [
            *lines,
            "for layer in self.children():",
            indented(f"if isinstance(layer, {kinds.pop()}):", 1),
            indented(f"layer.{parameters.pop()}.requires_grad_(False)", 2),
        ]
    return [*lines, *(f"{name}.requires_grad_(False)" for name in names)]
