"""What a port reports: the same fields as `port --json`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from equivalence.emit.draft import EmittedCall
from equivalence.json_forms import stated


@dataclass(slots=True)
class Report:
    """How a port went. `verified` is None where nothing was compared, and `because` says why."""

    source: str
    weights: str
    parameters: int
    emitted: list[EmittedCall]
    notes: list[str]  # what differs in training
    verified: bool | None = None
    because: str = "not asked for"
    float64: dict[str, Any] | None = None  # max_abs and max_rel over the model's outputs
    float32: dict[str, Any] | None = None  # the same, and Keras's own error beside the port's
    layers: list[dict[str, Any]] = field(default_factory=list)  # path, max_abs, max_rel, equal; in float64
    apart: list[dict[str, Any]] = field(default_factory=list)  # of `layers`, those that differ on equal inputs
    unobserved: list[str] = field(default_factory=list)  # layers of Keras that are nothing in the port
    versions: dict[str, str] = field(default_factory=dict)
    #: modules that are not called as their layers are in Keras: the name that a layer's would be -> what it is
    names: dict[str, str] = field(default_factory=dict)
    #: `formats.digests.made_from`: what the port was made from and how; empty for a live model
    made_from: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # of those written beside the report, the SHA-256

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return stated({
            "source": self.source,
            "weights": self.weights,
            "verified": self.verified,
            "because": self.because,
            "float64": self.float64,
            "float32": self.float32,
            "parameters": self.parameters,
            "notes": self.notes,
            "apart": [row["path"] for row in self.apart],
            "layers": self.layers or [call._asdict() for call in self.emitted],
            "unobserved": self.unobserved,
            "versions": self.versions,
            "names": self.names,
            "made_from": self.made_from,
            "files": self.files,
        })  # fmt: skip

    def to_text(self) -> str:
        """The report as the text of its file."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=True, allow_nan=False) + "\n"
