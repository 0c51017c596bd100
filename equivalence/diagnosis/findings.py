"""What a check found: the faults in the order of execution, every layer, and where the weights went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equivalence.json_forms import stated
from equivalence.verification.compare import json_number

if TYPE_CHECKING:
    from equivalence.diagnosis.repro_script import ReproCase


@dataclass(frozen=True, slots=True)
class Place:
    """An operation of the torch module: which module ran it, and the line of source that called it."""

    module: str  # path of the module, "" for the whole
    operation: str  # "conv2d"
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.file else ""
        return ", ".join(part for part in (self.module, where) if part) or self.operation


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a layer gives other numbers. Changing this alone makes its output equal on the recorded inputs."""

    says: str  # one sentence
    difference: str | None = None  # "keras.layers.BatchNormalization#epsilon"
    keras_value: Any = None  # as text or a plain value: what torch needs to have
    torch_value: Any = None  # what it has
    fix: str | None = None  # the line to write instead


@dataclass(frozen=True, slots=True)
class Fault:
    """A Keras layer whose inputs are the torch module's, and whose output is not.

    Shapes are those of the frameworks' own layouts, with their batch.
    """

    keras: str  # path of the layer
    torch: Place | None  # None where nothing in the module corresponds
    keras_shape: tuple[int, ...]
    torch_shape: tuple[int, ...] | None
    max_abs: float | None  # None where the shapes do not fit each other
    max_rel: float | None
    cause: Cause | None
    detail: str = ""  # where no cause is known: the largest deviation and its place, and what each side computes
    seen_in: str = "inference"  # "inference", "gradients" or "training"
    case: ReproCase | None = field(default=None, repr=False, compare=False)  # for a script; no part of the report

    def to_json(self) -> dict[str, Any]:
        """The fault as plain JSON values."""
        cause = self.cause
        return {
            "keras": self.keras,
            "torch": None
            if self.torch is None
            else {"module": self.torch.module, "operation": self.torch.operation, "line": _line(self.torch)},
            "shape": {"keras": list(self.keras_shape), "torch": self.torch_shape and list(self.torch_shape)},
            "max_abs": None if self.max_abs is None else json_number(self.max_abs),
            "max_rel": None if self.max_rel is None else json_number(self.max_rel),
            "cause": cause.says if cause else None,
            "difference": cause.difference if cause else None,
            "keras_value": cause.keras_value if cause else None,
            "torch_value": cause.torch_value if cause else None,
            "fix": cause.fix if cause else None,
            "detail": self.detail,
            "seen_in": self.seen_in,
        }


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer of the Keras model and what became of it."""

    keras: str
    status: str  # "equal", "different", "within" (part of what follows it: a padding, a folded layer), "unreached"
    torch: Place | None = None
    max_rel: float | None = None
    kind: str = ""  # class of the layer
    inputs: tuple[str, ...] = ()  # paths of the layers it is called on

    def to_json(self) -> dict[str, Any]:
        """The row as plain JSON values."""
        return {
            "keras": self.keras,
            "kind": self.kind,
            "inputs": list(self.inputs),
            "status": self.status,
            "torch": self.torch and {"module": self.torch.module, "operation": self.torch.operation,
                                     "line": _line(self.torch)},
            "max_rel": None if self.max_rel is None else json_number(self.max_rel),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carried:
    """Where each array went."""

    carried: tuple[str, ...] = ()  # "conv1/kernel -> features.0.weight"
    left_over: tuple[str, ...] = ()  # arrays of either side that nothing took
    ambiguous: tuple[str, ...] = ()  # with the candidates

    def to_json(self) -> dict[str, Any]:
        """The lists as plain JSON values."""
        return {name: list(getattr(self, name)) for name in ("carried", "left_over", "ambiguous")}


@dataclass(slots=True)
class Check:
    """How far a torch module is the Keras model. `equal` is None where that could not be told: `because` says why."""

    equal: bool | None
    faults: list[Fault] = field(default_factory=list)
    layers: list[LayerRow] = field(default_factory=list)
    unmatched_torch: list[str] = field(default_factory=list)  # modules that ran and gave nothing that Keras has
    weights: Carried = Carried()
    because: str = ""
    notes: list[str] = field(default_factory=list)
    versions: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        raise TypeError("a Check is neither true nor false: ask its .equal, which is True, False or None")

    @property
    def matched(self) -> int:
        """How many layers of the Keras model have their numbers in the torch module."""
        return sum(row.status == "equal" for row in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The check as plain JSON values, as `equivalence check --json` prints them."""
        return stated({
            "equal": self.equal,
            "because": self.because,
            "faults": [fault.to_json() for fault in self.faults],
            "matched": self.matched,
            "unmatched_keras": [row.keras for row in self.layers if row.status in ("different", "unreached")],
            "unmatched_torch": self.unmatched_torch,
            "layers": [row.to_json() for row in self.layers],
            "weights": self.weights.to_json(),
            "notes": self.notes,
            "versions": dict(self.versions),
        })  # fmt: skip

    def to_text(self) -> str:
        """The check as the text of a JSON file."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=True, allow_nan=False) + "\n"

    def __str__(self) -> str:
        from equivalence.render.checked import text

        return text(self.to_json())


def _line(place: Place) -> str | None:
    return f"{place.file}:{place.line}" if place.file else None
