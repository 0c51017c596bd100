"""The models of a text that are parts of no other: what is emitted, all in one graph, so that they share classes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from equivalence.snippets.known_values import Instance, NetModel
from equivalence.snippets.making import automatic
from equivalence.snippets.reader import Reader
from equivalence.translation.graph import Call, ClassName, Graph, Layer, ModelFile, Ref, Spec
from equivalence.translation.python_text import identifier
from equivalence.translation.structure import mapped

_PREFIXES = ("build_", "make_", "create_", "get_", "define_", "build", "make", "create", "get")


@dataclass(frozen=True, slots=True)
class Root:
    """A model, and what it is called in the graph of all."""

    model: Any  # NetModel or Instance
    attribute: str
    line: int  # of the statement of the module that made it


def file_of(reader: Reader, without: Collection[int] = ()) -> tuple[ModelFile, list[Root]]:
    """One graph that calls every model of the text on inputs of its own; `without`: id() of those left out."""
    specs: dict[Ref, Spec] = {}
    calls, layers, outputs, roots = [], [], [], []
    taken: set[str] = set()
    models: list[Any] = [*reader.models, *reader.instances]
    for model in models:
        graph = model.graph
        if graph is None or id(model) in without or (isinstance(model, NetModel) and model.inside):
            continue
        attribute = identifier(_name(reader, model), taken)
        taken.add(attribute)
        layer = Layer(attribute, graph.cls, {}, graph=graph)
        given = {}
        for ref, spec in graph.specs.items():
            name = identifier(f"{attribute}_{spec.name}", taken)
            taken.add(name)
            given[ref] = Ref(name, 0, 0)
            specs[given[ref]] = Spec(name, spec.shape, spec.dtype)
        if graph.traced:
            args: list[Any] = list(given.values())
        else:
            args = [mapped(partial(_exchanged, given), graph.inputs)]
        calls.append(Call(layer, 0, args, {}))
        layers.append(layer)
        outputs.append(Ref(attribute, 0, 0))
        roots.append(Root(model, attribute, reader.made_at.get(id(model), model.line)))
    whole = Graph(
        "text", ClassName("keras", "Functional", ""), layers, calls, specs, list(specs), outputs, ordered=True
    )
    return ModelFile(reader.source, "", "", whole, lambda: None), roots


def _exchanged(given: dict[Ref, Ref], leaf: Any) -> Any:
    return given.get(leaf, leaf)


def _name(reader: Reader, model: Any) -> str:
    """The name that becomes that of the class."""
    if isinstance(model, Instance):
        return model.name or automatic(model.cls.name)
    if model.stated:
        return str(model.name)
    function = reader.from_functions.get(id(model))
    if function is not None:
        name = function
        for prefix in _PREFIXES:
            if name.startswith(prefix) and len(name) > len(prefix):
                name = name.removeprefix(prefix).strip("_")
                break
        return name
    return model.name or "model"
