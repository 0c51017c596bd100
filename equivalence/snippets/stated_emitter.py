"""The emitter, noting of every value and module which statement of the text it comes from and what that calls it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from equivalence.emit.draft import ClassDraft, FileDraft, ForwardDraft, Oracle
from equivalence.emit.emission import Emission
from equivalence.emit.emitter import GraphEmitter, written_by
from equivalence.snippets.making import Making
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Call, Graph, ModelFile, Ref
from equivalence.translation.structure import leaves_of


@dataclass(slots=True)
class Said:
    """What a text says of what is emitted."""

    origins: dict[str, tuple[int, int]] = field(default_factory=dict)  # by token: line, and which execution of it
    names: dict[str, str] = field(default_factory=dict)  # by token
    made_on: dict[int, dict[str, int]] = field(default_factory=dict)  # by id() of a class: attribute -> line
    makings: dict[int, Making] = field(default_factory=dict)  # by id() of a class
    sequential: set[int] = field(default_factory=set)  # id() of classes that were Sequential models
    drafts: list[ClassDraft] = field(default_factory=list)  # kept, so that no id() is used twice


def emit_stated(model: ModelFile, oracle: Oracle, name: str, makings: dict[int, Making]) -> tuple[FileDraft, Said]:
    """The emitted file of a model, and what its text says of it. `makings`: by id() of a graph.

    Raises Refused for whatever no entry translates.
    """
    heard: list[Said] = []

    class Stated(GraphEmitter):
        """Writes as any emitter, and listens."""

        def __init__(self, graph: Graph, emission: Emission, *args: Any, **kwargs: Any) -> None:
            super().__init__(graph, emission, *args, **kwargs)
            if not heard or emission is not emissions[-1]:
                emissions.append(emission)
                heard.append(Said())
            self.said = heard[-1]
            self.said.drafts.append(self.draft)
            if graph.cls.name == "Sequential":
                self.said.sequential.add(id(self.draft))

        def _declare_inputs(self, draft: ForwardDraft, *args: Any) -> None:
            super()._declare_inputs(draft, *args)
            making = makings.get(id(self.graph))
            for ref in self.graph.specs:
                if making is not None and ref in making.called_on:
                    token = self._table[ref].token
                    self.said.names[token] = making.called[ref]
                    self.said.origins[token] = making.called_on[ref], 0

        def _call(self, call: Call) -> Any:
            making = makings.get(id(self.graph))
            values, modules = len(self.scope.forward.values), set(self.draft.modules)
            made = super()._call(call)
            if making is None:
                return made
            origin = making.lines.get(id(call), 0), making.turns.get(id(call), 0)
            for value in self.scope.forward.values[values:]:
                self.said.origins.setdefault(value.token, origin)
            for index, value in enumerate(leaves_of(Value, made)):
                if (called := making.called.get(Ref(call.layer.name, call.node, index))) is not None:
                    self.said.names[value.token] = called
            lines = self.said.made_on.setdefault(id(self.draft), {})
            for attribute in self.draft.modules:
                if attribute not in modules:
                    lines[attribute] = making.made_on.get(call.layer.name, 0)
            self.said.makings.setdefault(id(self.draft), making)
            return made

    emissions: list[Emission] = []
    emission = written_by(Stated, model, oracle, name)
    return emission.file(), heard[-1]
