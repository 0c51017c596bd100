"""Values to statements: which expressions stand inside others, which get a variable, and its name.

A value used once is written inside its user while the line stays short; a value used more often
gets a variable named after its layer; what goes straight on is called `x`. With `taps`, every layer's
output is wrapped in `tap(self, forward, layer, node, index, …)`: the same code, made observable for comparing.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from equivalence.emit.draft import ForwardDraft
from equivalence.emit.line_breaking import WIDTH, broken
from equivalence.emit.tree_rewriting import inlined, used_tokens, without_taps
from equivalence.translation.call_site import Value
from equivalence.translation.python_text import identifier
from equivalence.translation.structure import leaves_of

COLUMNS = 8  # of indentation before the statements of a method
_LONGEST = 88  # an expression longer than this is split into statements
_MODULES_A_LINE = 3

_MODULE_CALL = re.compile(r"self\.\w+\(")
_TOKEN = re.compile(r"_v\d+_")


class ForwardText:
    """The body of one forward. `taken`: names that no variable of it may have."""

    def __init__(self, draft: ForwardDraft, taps: bool, taken: Collection[str]) -> None:
        self.draft = draft
        self.taps = taps
        self.taken = taken
        self.inputs = {value.token: name for name, value, _ in draft.inputs}
        self.inputs.update((mask.token, name) for name, mask in draft.masks)
        needed = draft.needed(observed=taps)
        self.live = [value for value in draft.values if value.token in needed]
        self.uses = Counter(token for v in self.live for token in used_tokens(draft.trees[v.token]))
        self.uses.update(value.token for value in leaves_of(Value, draft.returned))
        self.hints = {value.token: value.hint for value in self.live}
        self.apart: set[str] = set()  # once-used values with a line of their own, as their users' were too long
        self.inlined: dict[str, ast.expr] = {}  # candidates for standing inside their only user
        self.absorbed: dict[str, list[str]] = {}  # those that do, by the token of the user; "" is what is returned
        self.other_names: dict[str, ast.expr] = {}  # values that are others: members of what was taken apart
        self.expressions: dict[str, ast.expr] = {}
        self.names: dict[str, str] = {}  # the variables

    def lines(self) -> list[str]:
        """The statements, without their indentation; a long one is split before it is broken."""
        return [broken(prefix, tree, COLUMNS) for _, prefix, tree in self.statements()]

    def statements(self) -> list[tuple[str, str, ast.expr]]:
        """Of each statement the token, what stands before its expression, and that: no longer than can be helped."""
        while True:
            self._compose_all()
            named = self._named()
            beyond = {token: len(prefix) + len(_plain_text(tree)) - WIDTH + COLUMNS for token, prefix, tree in named}
            parts = {self._long_part(token, length) for token, length in beyond.items() if length > 0} - {""}
            if not parts:
                return named
            self.apart |= parts

    def _compose_all(self) -> None:
        self.inlined, self.absorbed, self.other_names = {}, {}, {}
        for value in self.live:
            tapped = self.taps and value.taps
            made = self._composed(self.draft.trees[value.token], value.token)
            made = self._tapped(value, made) if tapped else made
            self.expressions[value.token] = made
            if isinstance(made, ast.Name):
                self.other_names[value.token] = made
            elif self.uses[value.token] == 1 and value.token not in self.apart:
                self.inlined[value.token] = made
        returned = _structure(self.draft.returned)
        several = not isinstance(self.draft.returned, Value)
        self.expressions[""] = self._composed(returned, "", members_alone=several)

    def _composed(self, tree: ast.expr, user: str, members_alone: bool = False) -> ast.expr:
        """`tree` with as many once-used operands written into it as keep it short."""
        tree = inlined(tree, self.other_names)
        candidates = [token for token in used_tokens(tree) if self._may_stand_in(token, tree)]
        if members_alone:  # `return (x, h[0])`
            candidates = [token for token in candidates if isinstance(self.inlined[token], ast.Subscript)]
        while True:
            made = inlined(tree, {token: self.inlined[token] for token in candidates})
            if not candidates or len(_plain_text(made)) <= _LONGEST:
                self.absorbed[user] = candidates
                return made
            candidates.remove(max(candidates, key=self._length))

    def _long_part(self, user: str, length: int) -> str:
        """What of an expression gets a line of its own first; "" where not even all make it so much shorter."""
        gains = {
            part: len(_plain_text(self._with_names(self.inlined[part], self.names))) - len(self.hints[part])
            for part in self.absorbed[user]
        }
        enough = sum(max(gain, 0) for gain in gains.values()) >= length
        return max(gains, key=gains.__getitem__, default="") if enough else ""

    def _length(self, token: str) -> int:
        return len(_plain_text(self.inlined[token]))

    def _may_stand_in(self, token: str, tree: ast.expr) -> bool:
        """Whether a once-used value may be written into its user: not what ends a thought.

        A line runs from a module to its activation (relu(norm(conv(x)))), as people write it; the next
        module starts a new one.
        """
        if token not in self.inlined:
            return False
        if isinstance(tree, ast.Name):
            return True  # what is returned
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

    def _named(self) -> list[tuple[str, str, ast.expr]]:
        """Of each statement the token, what stands before its expression, and that, with a variable for each."""
        inside = {*self.other_names, *(token for tokens in self.absorbed.values() for token in tokens)}
        statements = [value for value in self.live if value.token not in inside]
        trees = [self.expressions[value.token] for value in statements]
        last: dict[str, int] = {}
        for position, tree in enumerate([*trees, self.expressions[""]]):
            for token in used_tokens(tree):
                last[token] = position
        names = self.names = dict(self.inputs)
        reserved = {*self.inputs.values(), *self.taken}
        owner_of_x = next((token for token, name in self.inputs.items() if name == "x"), "")
        lines = []
        for position, (value, tree) in enumerate(zip(statements, trees, strict=True)):
            free = not owner_of_x or last.get(owner_of_x, -1) <= position
            made = self._with_names(tree, names)
            members = self.draft.unpacked.get(value.token)
            taken = reserved | {n for t, n in names.items() if last.get(t, -1) >= position}
            if members is not None:
                target = pattern(members, last, names, taken)
            elif self.uses[value.token] == 1 and free:
                target = names[value.token] = "x"
                owner_of_x = value.token
            else:
                target = names[value.token] = identifier(self._hint(value), taken)
            lines.append((value.token, f"{target} = ", made))
        return [*lines, ("", "return ", self._with_names(self.expressions[""], names))]

    def _hint(self, value: Value) -> str:
        """The name of its layer, or of what is activated: `conv = F.relu(self.norm(self.conv(x)))`."""
        node, name = self.expressions[value.token], ""
        while value.activated and isinstance(node, ast.Call) and node.args:
            is_tap = isinstance(node.func, ast.Name) and node.func.id == "tap"
            if isinstance(node.func, ast.Attribute) and _MODULE_CALL.fullmatch(f"{ast.unparse(node.func)}("):
                name = node.func.attr
            node = node.args[-1 if is_tap else 0]
        return name or value.hint

    def _with_names(self, tree: ast.expr, names: Mapping[str, str]) -> ast.expr:
        return inlined(
            tree, {token: ast.Name(names[token], ast.Load()) for token in used_tokens(tree) if token in names}
        )


def pattern(members: Any, used: Collection[str], names: dict[str, str], taken: set[str], nested: bool = False) -> str:
    """What stands to the left of a tuple: `x, (h, _)`, with a name for each member that is used."""
    if isinstance(members, list):
        parts = [pattern(member, used, names, taken, nested=True) for member in members]
        text = ", ".join(parts) + ("," if len(parts) == 1 else "")
        return f"({text})" if nested else text
    if members is None or members.token not in used:
        return "_"
    names[members.token] = name = identifier(members.hint, taken)
    taken.add(name)
    return name


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
