"""What stands between a model and its port: every layer looked at, past those that nothing translates."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from equivalence import catalogue
from equivalence.emit.draft import Oracle
from equivalence.emit.emitter import GraphEmitter, written_by
from equivalence.emit.wrapped import class_of
from equivalence.errors import Refused
from equivalence.json_forms import stated
from equivalence.translation.call_site import Value
from equivalence.translation.dtype_policies import ported
from equivalence.translation.graph import Call, Graph, ModelFile, Ref

UNSUPPORTED, UNSEEN = "unsupported", "not looked at"
TRACED = "traced"  # the code of somebody's own class: what follows is what it calls


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer of the model."""

    path: str  # in Keras
    cls: str
    entry: str | None  # the Keras symbol whose entry translates it
    standing: str  # "exact", "composed", "approximate", "unsupported", "not looked at" or "traced"
    because: str = ""  # why it is not translated; of what was traced, where its class is written


@dataclass(slots=True)
class Survey:
    """Every layer of a model, in order of its calls."""

    source: str
    layers: list[LayerRow]

    @property
    def missing(self) -> list[LayerRow]:
        """The layers that keep the model from being ported."""
        return [row for row in self.layers if row.standing == UNSUPPORTED]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values: what `port --dry-run --json` prints."""
        counts = Counter(row.standing for row in self.layers)
        return stated({
            "source": self.source,
            "portable": not self.missing,
            "counts": dict(sorted(counts.items())),
            "layers": [asdict(row) for row in self.layers],
        })  # fmt: skip


def survey(model: ModelFile, oracle: Oracle) -> Survey:
    """Looks at every layer of a model; what follows an unsupported one is looked at as far as its file tells shapes."""
    emission = written_by(_Surveyor, model, oracle, "Surveyed")
    standing: dict[str, tuple[str, str]] = {}
    for call in emission.layers:
        standing.setdefault(call.path, (call.entry, call.standing))
    return Survey(model.source, _rows(model.graph, "", standing, dict(emission.refusals)))


def _rows(
    graph: Graph, path: str, standing: dict[str, tuple[str, str]], refusals: dict[str, Refused]
) -> list[LayerRow]:
    rows = []
    for layer in dict.fromkeys(_Once(call.layer) for call in graph.calls):
        where, cls = f"{path}{layer.layer.name}", class_of(layer.layer)
        entry = catalogue.find(cls)
        name = entry.keras if entry else None
        refusal = refusals.get(where)
        if layer.layer.graph is not None and layer.layer.graph.own:
            rows.append(LayerRow(where, layer.layer.graph.own, None, TRACED, layer.layer.graph.place))
        for inside, model in layer.layer.models():
            rows += _rows(model, f"{path}{inside}/", standing, refusals)
        if layer.layer.graph is not None:
            if refusal is not None and not isinstance(refusal, _NotReached):
                rows.append(LayerRow(where, cls.name, name, *_refused(refusal)))
        elif refusal is not None and (entry is not None or not isinstance(refusal, _NotReached)):
            rows.append(LayerRow(where, cls.name, name, *_refused(refusal)))
        elif where in standing:
            rows.append(LayerRow(where, cls.name, *standing[where]))
        elif entry is None or entry.no_counterpart:
            because = entry.no_counterpart if entry else "no entry translates its class"
            rows.append(LayerRow(where, cls.name, name, UNSUPPORTED, because))
        else:
            rows.append(LayerRow(where, cls.name, name, UNSEEN, "it comes after a layer that is not translated"))
    return rows


def _refused(refusal: Refused) -> tuple[str, str]:
    return (UNSEEN if isinstance(refusal, _NotReached) else UNSUPPORTED), str(refusal)


class _Once:
    """A layer by its identity: one that is called twice has one row."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def __hash__(self) -> int:
        return id(self.layer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and self.layer is other.layer


class _NotReached(Refused):
    """What a layer is called on could not be made."""


class _Surveyor(GraphEmitter):
    """Writes what it can; where a call is refused, tensors of the shapes that the file tells stand in."""

    def _resolved(self, structure: Any, flat_to_keras: bool = False) -> Any:
        try:
            return super()._resolved(structure, flat_to_keras)
        except Refused as refusal:
            if structure is self.graph.outputs and not self.path:
                return self.scope.stand_in((None,), "float32", "output")
            raise _NotReached("what it is called on comes from a layer that is not translated") from refusal

    def _call(self, call: Call) -> Any:
        try:
            return super()._call(call)
        except Refused as refusal:
            self.emission.refusals.setdefault(f"{self.path}{call.layer.name}", refusal)
            return self._stand_ins(call)

    def _stand_ins(self, call: Call) -> list[Value]:
        found: list[Value] = []
        while (spec := self.graph.declared.get(Ref(call.layer.name, call.node, len(found)))) is not None:
            found.append(self.scope.stand_in(spec.shape, ported(spec.dtype), call.layer.name))
        return found

    def _check_all_placed(self) -> None:
        """Nothing: the arrays of what is refused have no place."""
