"""A forward written statement by statement, as the text that it comes from: under its names, in its order."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from equivalence.emit.draft import ForwardDraft
from equivalence.emit.forward_text import COLUMNS, ForwardText, pattern
from equivalence.emit.line_breaking import broken
from equivalence.emit.tree_rewriting import used_tokens
from equivalence.snippets.stated_emitter import Said
from equivalence.translation.call_site import Value
from equivalence.translation.python_text import identifier


class StatedForward(ForwardText):
    """The body of one forward. What one statement of the text makes stands in one statement, if it is short enough."""

    def __init__(self, draft: ForwardDraft, taken: Collection[str], said: Said) -> None:
        super().__init__(draft, False, taken)
        self.said = said
        self._user = ""

    def stated_lines(self) -> list[tuple[int, str]]:
        """Every statement with the line of the text that it comes from; 0 for one that comes from none."""
        return [
            (self.said.origins.get(token, (0, 0))[0], broken(prefix, tree, COLUMNS))
            for token, prefix, tree in self.statements()
        ]

    def _composed(self, tree: ast.expr, user: str, members_alone: bool = False) -> ast.expr:
        self._user = user
        return super()._composed(tree, user, members_alone)

    def _may_stand_in(self, token: str, tree: ast.expr) -> bool:
        """Whether both are of one statement; what is returned stands behind `return`."""
        if token not in self.inlined:
            return False
        if not self._user:
            return True
        origins = self.said.origins
        return token not in origins or origins[token] == origins.get(self._user)

    def _named(self) -> list[tuple[str, str, ast.expr]]:
        """As of any forward, but under the names of the text, where nothing that is still wanted has them."""
        inside = {*self.other_names, *(token for tokens in self.absorbed.values() for token in tokens)}
        statements = [value for value in self.live if value.token not in inside]
        trees = [self.expressions[value.token] for value in statements]
        last = {
            token: position
            for position, tree in enumerate([*trees, self.expressions[""]])
            for token in used_tokens(tree)
        }
        names = self.names = dict(self.inputs)
        lines = self._other_names(statements, last)
        for position, (value, tree) in enumerate(zip(statements, trees, strict=True)):
            made = self._with_names(tree, names)
            wanted = {name for token, name in names.items() if last.get(token, -1) > position}
            members = self.draft.unpacked.get(value.token)
            if members is not None:
                hints = {id(member): member.hint for member in _flat(members)}
                for member in _flat(members):
                    member.hint = self.said.names.get(member.token, member.hint)
                target = pattern(members, last, names, {*self.taken, *wanted})
                for member in _flat(members):
                    member.hint = hints[id(member)]
            else:
                target = names[value.token] = self._target(value.token, self._hint(value), wanted)
            lines.append((value.token, f"{target} = ", made))
        return [*lines, ("", "return ", self._with_names(self.expressions[""], names))]

    def _other_names(self, statements: Sequence[Value], last: Mapping[str, int]) -> list[tuple[str, str, ast.expr]]:
        """Inputs that the text gives another name, as it gives their own to something else: `shortcut = x`."""
        lines: list[tuple[str, str, ast.expr]] = []
        for token, own in self.inputs.items():
            name = self.said.names.get(token)
            again = [place for place, value in enumerate(statements) if self.said.names.get(value.token) == own]
            if name and name not in self.taken and again and last.get(token, -1) > again[0]:
                lines.append((token, f"{name} = ", ast.Name(own, ast.Load())))
                self.names[token] = name
        return lines

    def _target(self, token: str, hint: str, wanted: Collection[str]) -> str:
        name = self.said.names.get(token, "x")
        if name == "x" and "x" not in wanted:
            return "x"
        return identifier(hint if name == "x" else name, {*self.taken, *wanted})


def _flat(members: Any) -> list[Value]:
    if isinstance(members, list):
        return [value for member in members for value in _flat(member)]
    return [] if members is None else [members]
