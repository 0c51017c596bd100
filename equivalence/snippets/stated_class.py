"""One class, written with the comments and under the names of the text that it comes from."""

from __future__ import annotations

from collections.abc import Collection

from equivalence.emit.class_text import class_lines
from equivalence.emit.draft import ClassDraft, ForwardDraft
from equivalence.snippets.comments import Flow
from equivalence.snippets.stated_emitter import Said
from equivalence.snippets.stated_forward import StatedForward


def stated_class(
    draft: ClassDraft, said: Said, doc: str, taken: Collection[str], made: tuple[Flow, bool], called: Flow
) -> str:
    """The text of a class. `made`: the comments of where its layers are made, and whether others wait for the forward;
    `called`: those of where they are called."""
    original = next((one for one in said.drafts if one.written_as is draft), draft)
    lines = said.made_on.get(id(original), {})
    flow, attached = made

    def module(attribute: str, text: str) -> list[str]:
        return flow.code(lines.get(attribute, 0), text, attached=attached)

    def forward(part: ForwardDraft) -> list[str]:
        stated = StatedForward(part, taken, said).stated_lines()
        body = [line for origin, text in stated[:-1] for line in called.code(origin, text)]
        return [*body, *called.rest(), stated[-1][1]]

    return "\n".join(class_lines(draft, doc, module, forward))
