"""Everything that lives as long as one emitted file is being written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from equivalence.emit.again import Again
from equivalence.emit.draft import ALIKE, ClassDraft, EmittedCall, FileDraft, ForwardDraft, Oracle, Placement
from equivalence.emit.fixed_modes import HANDED_ON, OVERRIDDEN
from equivalence.emit.folding import folded
from equivalence.emit.instances import moved_names, now_called, said_of_blocks
from equivalence.emit.precision import precision_notes
from equivalence.emit.rows import put_in_rows
from equivalence.emit.shared_classes import shared
from equivalence.emit.simpler_forms import simplify
from equivalence.emit.taken_names import TakenNames
from equivalence.errors import Refused
from equivalence.schema import Difference, Entry
from equivalence.translation.call_site import Value
from equivalence.translation.dtype_policies import PORTED
from equivalence.translation.graph import Graph
from equivalence.translation.tables import Table

#: A mask that leaves a nested model: class, forward, and which of its outputs it belongs to.
MaskKey = tuple[str, str, int]
#: How many times as large unknown sizes are where those before do not suit the model: it shrinks all of them, or cuts
#: them off. At last all of one size: they meet each other, as a mask's do a sequence's.
LARGER = {1: 8, 8: 32, 32: ALIKE}
_TOKEN = re.compile(r"_v\d+_")


@dataclass(slots=True)
class Emission:
    """What the classes of one file share."""

    oracle: Oracle
    source: str
    keras_version: str = ""
    format: str = ""  # of the file: ".keras" or ".h5"
    exact_training: bool = False
    fold: bool = False  # repeated blocks become classes
    apart: frozenset[str] = frozenset()  # layers that no such block begins with
    naive: tuple[Entry, Difference] | None = None  # emit this entry by its naive form
    progress: Callable[[str], None] | None = None
    scale: int = 1  # unknown sizes are tried so many times as large as usual
    in_keras_order: bool = False  # calls are written in the order in which Keras runs them
    #: one call, read by itself: where the layer does not mind, images come and go channels first, all else as in Keras
    alone: bool = False
    general: frozenset[str] = frozenset()  # Keras paths of layers whose calls have to share their most general form
    narrow: frozenset[str] = frozenset()  # floats of Keras's layers that are wider in the port
    reserved: frozenset[str] = frozenset()  # names of helpers that something of the user's has to leave
    unwanted_masks: frozenset[MaskKey] = frozenset()  # that nobody uses
    names: TakenNames = field(init=False)
    classes: list[ClassDraft] = field(default_factory=list)
    placements: list[Placement] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    layers: list[EmittedCall] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    meant_otherwise: list[str] = field(default_factory=list)
    always_random: list[str] = field(default_factory=list)
    drawing: list[str] = field(default_factory=list)
    placed: dict[int, str] = field(default_factory=dict)  # id() of a Stored array -> the module that holds it
    swapped: set[str] = field(default_factory=set)  # pieces of the naive form that occurred
    tokens: int = 0
    policies: dict[str, str] = field(default_factory=dict)  # of layers that Keras computes in another float, by path
    wide: bool = False  # whether something is float64 in Keras
    refusals: dict[str, Refused] = field(default_factory=dict)  # by Keras path, where a survey goes on past them
    _folded: dict[int, tuple[Graph, Graph]] = field(default_factory=dict)  # by id() of a graph
    #: masks that nested models returned, each with the forward that received it
    received: list[tuple[MaskKey, ForwardDraft, Value]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = TakenNames(self.reserved)

    @property
    def old(self) -> bool:
        """Whether the file's writer was Keras 1 or 2."""
        return self.keras_version.startswith(("1.", "2."))

    def is_naive(self, entry: Entry) -> bool:
        """Whether an entry is to be emitted by its naive form."""
        return self.naive is not None and self.naive[0] is entry

    def swap(self, text: str) -> str:
        """`text` with the pieces of the naive form exchanged; each `{x}` in a piece stands for any one value.

        In the new piece the first `{x}` is the first of the old one, and so on; further ones are the last.
        """
        assert self.naive is not None
        for old, new in self.naive[1].swap:
            pattern = re.compile(re.escape(old).replace(r"\{x\}", f"({_TOKEN.pattern})"))
            for match in reversed(list(pattern.finditer(text))):
                first, *pieces = new.split("{x}")
                values = [*match.groups(), *(match.groups()[-1:] * len(pieces))]
                made = first + "".join(value + piece for value, piece in zip(values, pieces, strict=False))
                text = text[: match.start()] + made + text[match.end() :]
                self.swapped.add(old)
        return text

    def go_by_keras_order(self) -> None:
        """Raises Again where calls are not written in the order in which Keras runs them, which tells now."""
        if not self.in_keras_order:
            raise Again(in_keras_order=True)

    def check_masks_wanted(self) -> None:
        """Raises Again where a nested model returns a mask that no call of it has a use for."""
        returned = {key for key, _, _ in self.received}
        wanted = {key for key, forward, mask in self.received if mask.token in forward.needed()}
        if returned - wanted:
            raise Again(unwanted_masks=self.unwanted_masks | (returned - wanted))

    def file(self) -> FileDraft:
        """The file as it stands."""
        root = self.classes[-1]
        for part in self.classes:
            simplify(part, self.names.helpers)
        modes = set() if self.old else {mode for part in self.classes for mode in part.modes.values()}
        self.notes += [OVERRIDDEN] * bool(modes - {None}) + [HANDED_ON] * (True in modes)
        names = [name for name in self.names.globals if name not in self.names.classes]
        floats = "float64" if self.wide else PORTED
        self.notes.extend(precision_notes(self.policies, floats))
        classes = shared(self.classes, names)
        parameters = {part.name: [*part.parameters] for part in classes}
        for part in classes:
            put_in_rows(part, self._helper, parameters)
        moved, layer_names = moved_names(root)
        return FileDraft(
            self.source,
            classes,
            list(self.names.helpers.values()),
            [replace(placed, parameter=now_called(placed.parameter, moved)) for placed in self.placements],
            {now_called(name, moved): table for name, table in self.tables.items()},
            self.layers,
            self.frozen,
            self.notes,
            self.meant_otherwise,
            [now_called(name, moved) for name in self.always_random],
            [ctor for part in self.classes for ctor in part.modules.values()],
            [now_called(name, moved) for name in self.drawing],
            root,
            layer_names,
            frozenset(self.names.globals),
            floats,
            self.policies,
            [said_of_blocks(root)] if self.fold else [],
        )

    def as_written(self, graph: Graph) -> Graph:
        """A graph with its repeated blocks folded, if that is asked for; always the same one."""
        if not self.fold or graph.traced:
            return graph
        known = self._folded.setdefault(id(graph), (graph, folded(graph, self.apart)))
        return known[1]

    def _helper(self, source: str) -> str:
        source = source.strip("\n")
        name = source.split("(", 1)[0].split()[-1]
        self.names.helper(name, source)
        return name
