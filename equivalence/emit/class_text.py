"""Values to statements: which expressions stand inside others, which get a variable, and its name.

A value used once is written inside its user while the line stays short; a value used more often
gets a variable named after its layer; what goes straight on is called `x`. With `taps`, every layer's
output is wrapped in `tap(self, forward, layer, node, index, …)`: the same code, made observable for comparing.
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from equivalence.emit.draft import ClassDraft, ForwardDraft, used_tokens
from equivalence.emit.line_breaking import WIDTH, assignment, indented, wrapped
from equivalence.translation.call_site import Value
from equivalence.translation.python_text import identifier
from equivalence.translation.structure import leaves_of

_WIDTH = 88  # an expression longer than this is split into statements
_COLUMNS = 8  # of indentation before the statements of a method

_MODULES_A_LINE = 3
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

_MODULE_CALL = re.compile(r"self\.\w+\(")
_TOKEN = re.compile(r"_v\d+_")


class _Inline(ast.NodeTransformer):
    """Replaces tokens by the expressions or variables that stand for them."""

    def __init__(self, replacements: Mapping[str, ast.expr]) -> None:
        self.replacements = replacements

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.replacements.get(node.id, node))


def inlined(tree: ast.expr, replacements: Mapping[str, ast.expr]) -> ast.expr:
    """A copy of `tree` with tokens replaced by the expressions that stand for them."""
    made: ast.expr = _Inline(replacements).visit(copy.deepcopy(tree))
    return made


class _Forward:
    """The body of one forward. `taken`: names that no variable of it may have."""

    def __init__(self, draft: ForwardDraft, taps: bool, taken: Collection[str]) -> None:
        self.draft = draft
        self.taps = taps
        self.taken = taken
        self.inputs = {value.token: name for name, value, _ in draft.inputs}
        self.inputs.update((mask.token, name) for name, mask in draft.masks)
        self.outputs = leaves_of(Value, draft.returned)
        needed = draft.needed(observed=taps)
        self.live = [value for value in draft.values if value.token in needed]
        self.uses = Counter(token for v in self.live for token in used_tokens(draft.trees[v.token]))
        self.uses.update(value.token for value in self.outputs)
        self.apart: set[str] = set()  # once-used values with a line of their own, as their users' were too long
        self.inlined: dict[str, ast.expr] = {}  # candidates for standing inside their only user
        self.absorbed: dict[str, list[str]] = {}  # those that do, by the token of the user; "" is what is returned
        self.expressions: dict[str, ast.expr] = {}

    def lines(self) -> list[str]:
        while True:
            self.inlined, self.absorbed = {}, {}
            for value in self.live:
                self.expressions[value.token] = self._compose(self.draft.trees[value.token], value.token)
                if self.taps and value.taps:
                    self.expressions[value.token] = self._tapped(value, self.expressions[value.token])
                if self.uses[value.token] == 1 and value.token not in self.apart:
                    self.inlined[value.token] = self.expressions[value.token]
            tree = _structure(self.draft.returned)
            self.expressions[""] = self._compose(tree, "") if isinstance(self.draft.returned, Value) else tree
            absorbed = {token for tokens in self.absorbed.values() for token in tokens}
            named = self._named([value for value in self.live if value.token not in absorbed])
            long = {token for token, prefix, tree in named if len(prefix) + len(_plain_text(tree)) > WIDTH - _COLUMNS}
            if not (parts := [self.absorbed[token] for token in long if self.absorbed.get(token)]):
                return [wrapped(prefix, ast.unparse(tree), _COLUMNS) for _, prefix, tree in named]
            self.apart.update(max(tokens, key=self._length) for tokens in parts)

    def _compose(self, tree: ast.expr, user: str) -> ast.expr:
        """`tree` with as many once-used operands written into it as keep it short."""
        candidates = [token for token in used_tokens(tree) if self._may_stand_in(token, tree)]
        while True:
            made = inlined(tree, {token: self.inlined[token] for token in candidates})
            if not candidates or len(_plain_text(made)) <= _WIDTH:
                self.absorbed[user] = candidates
                return made
            candidates.remove(max(candidates, key=self._length))

    def _length(self, token: str) -> int:
        return len(_plain_text(self.inlined[token]))

    def _may_stand_in(self, token: str, tree: ast.expr) -> bool:
        """Whether a once-used value may be written into its user: not what ends a thought.

        A line runs from a module to its activation (relu(norm(conv(x)))), as people write it; the next
        module starts a new one.
        """
        if token not in self.inlined:
            return False
        modules = len(_MODULE_CALL.findall(ast.unparse(self.inlined[token])))
        ended = modules > 0 and not _MODULE_CALL.match(ast.unparse(without_taps(self.inlined[token])))
        starts = bool(_MODULE_CALL.match(ast.unparse(tree)))
        return modules < _MODULES_A_LINE and not (ended and starts)

    def _tapped(self, value: Value, tree: ast.expr) -> ast.expr:
        for layer, node, index in value.taps:
            wrapped_call = ast.parse(f"tap(self, {self.draft.name!a}, {layer!a}, {node}, {index}, _)", mode="eval").body
            assert isinstance(wrapped_call, ast.Call)
            wrapped_call.args[-1] = tree
            tree = wrapped_call
        return tree

    def _named(self, statements: list[Value]) -> list[tuple[str, str, ast.expr]]:
        """Of each statement the token, what stands before its expression, and that, with a variable for each."""
        trees = [self.expressions[value.token] for value in statements]
        last: dict[str, int] = {}
        for position, tree in enumerate([*trees, self.expressions[""]]):
            for token in used_tokens(tree):
                last[token] = position
        names: dict[str, str] = dict(self.inputs)
        reserved = {*self.inputs.values(), *self.taken}
        owner_of_x = next((token for token, name in self.inputs.items() if name == "x"), "")
        lines = []
        for position, (value, tree) in enumerate(zip(statements, trees, strict=True)):
            free = not owner_of_x or last.get(owner_of_x, -1) <= position
            made = self._with_names(tree, names)
            if self.uses[value.token] == 1 and free:
                names[value.token], owner_of_x = "x", value.token
            else:
                taken = reserved | {n for t, n in names.items() if last.get(t, -1) >= position}
                names[value.token] = identifier(value.hint, taken)
            lines.append((value.token, f"{names[value.token]} = ", made))
        return [*lines, ("", "return ", self._with_names(self.expressions[""], names))]

    def _with_names(self, tree: ast.expr, names: Mapping[str, str]) -> ast.expr:
        return inlined(tree, {token: ast.Name(name, ast.Load()) for token, name in names.items()})


class _Untap(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "tap":
            return node.args[-1]
        return node


def without_taps(tree: ast.AST) -> ast.AST:
    """A copy of `tree` with every `tap(self, forward, layer, node, index, value)` replaced by its value."""
    return _Untap().visit(copy.deepcopy(tree))


def _plain_text(tree: ast.expr) -> str:
    """The text without taps and with tokens as short as variables, so that taps change no line."""
    return _TOKEN.sub("x", ast.unparse(without_taps(tree)))


def _structure(outputs: Any) -> ast.expr:
    def text(part: Any) -> str:
        if isinstance(part, Value):
            return part.token
        if isinstance(part, dict):
            return "{" + ", ".join(f"{key!a}: {text(item)}" for key, item in part.items()) + "}"
        return "(" + "".join(f"{text(item)}, " for item in part) + ")"

    return ast.parse(text(outputs), mode="eval").body


def render_class(draft: ClassDraft, taps: bool = False, doc: str = "", taken: Collection[str] = ()) -> str:
    """The text of one class; with `doc` as its docstring. `taken`: names that variables leave to the file."""
    lines = [f"class {draft.name}(nn.Module):"]
    if doc:
        lines += [indented(f'"""{doc}"""', 1), ""]
    body = ["super().__init__()", *(f"self.{name} = {name}" for name in draft.kept)]
    body += [assignment(f"self.{name}", ctor, _COLUMNS) for name, ctor in draft.modules.items()]
    body += [
        wrapped("", f"self.register_buffer({name!r}, {text}, persistent=False)", _COLUMNS)
        for name, text in draft.buffers.items()
    ]
    body += _fixed(draft)
    modes = [(name, mode) for name, mode in draft.modes.items() if mode is not None]
    if modes:
        body.append("self.train()")
    listed = ", ".join(["self", *(f"{name}: {kind}" for name, kind in draft.parameters.items())])
    lines += [indented(f"def __init__({listed}) -> None:", 1), *(indented(line, 2) for line in body)]
    lines += [indented(line, 1) for line in _train(draft.name, modes)]
    lines += [indented(line, 1) for line in _RESET_STATES] if draft.stateful else []
    for forward in draft.forwards:
        names = [f"{name}: {_parameter(value)}" for name, value, _ in forward.inputs]
        names += [f"{name}: Tensor" for name, _ in forward.masks]
        lines += ["", indented(_signature(forward.name, names, _annotation(forward.returned)), 1)]
        lines += [indented(line, 2) for line in _Forward(forward, taps, taken).lines()]
    return "\n".join(lines)


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


def _signature(name: str, parameters: Sequence[str], returns: str) -> str:
    """The line that begins a method, broken where it is too long."""
    listed = ", ".join(["self", *parameters])
    line = f"def {name}({listed}) -> {returns}:"
    if len(line) <= WIDTH - 4:
        return line
    if len(listed) > WIDTH - _COLUMNS:
        listed = ",\n    ".join(["self", *parameters]) + ","
    return f"def {name}(\n    {listed}\n) -> {returns}:"


def _parameter(value: Value) -> str:
    """The type of a forward's parameter: texts come as nested lists."""
    return "list[" * value.rank + "str" + "]" * value.rank if value.dtype == "string" else "Tensor"


def _annotation(outputs: Any) -> str:
    if isinstance(outputs, Value):
        return "Tensor"
    if isinstance(outputs, dict):
        return "dict[str, Tensor]" if all(isinstance(v, Value) for v in outputs.values()) else "dict"
    text = f"tuple[{', '.join(_annotation(item) for item in outputs)}]"
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
