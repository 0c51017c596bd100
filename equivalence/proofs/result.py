"""What running a case showed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from equivalence.proofs.shown import Written
from equivalence.schema import Case, Entry
from equivalence.verification.compare import Comparison, Mismatch, Tensor, json_number
from equivalence.verification.rounding import Float32Errors

#: A naive form must be further from Keras than this.
APART = 1e-6


@dataclass(frozen=True, slots=True)
class NaiveProof:
    """A naive form's distance from Keras: more than `APART`, or the difference was not shown."""

    id: str
    apart: float
    message: str = ""  # why it does not show the difference


@dataclass(slots=True)
class CaseProof:
    """What a case showed. It holds if nothing failed and every naive form was told apart."""

    entry: Entry
    case: Case
    written: Written  # the emitted PyTorch, by form: "port", "exact", a difference's id
    comparisons: dict[str, Comparison] = field(default_factory=dict)  # in float64, by what was compared
    float32: list[Float32Errors] = field(default_factory=list)
    differs_in_training: float | None = None  # where the entry says that torch's own layer differs
    naive: list[NaiveProof] = field(default_factory=list)

    @property
    def texts(self) -> dict[str, str]:
        return self.written.texts

    @property
    def failures(self) -> list[str]:
        """One sentence for each thing that was not as it should be, the naive forms' aside."""
        found = [mismatch.message for each in self.comparisons.values() for mismatch in each.mismatches]
        return [*found, *(errors.message for errors in self.float32 if not errors.within)]

    @property
    def holds(self) -> bool:
        return not self.failures and not any(naive.message for naive in self.naive)

    def to_json(self) -> dict[str, Any]:
        """Ids and measured errors, rounded to two digits."""
        record: dict[str, Any] = {"id": self.case.id, "oracle": self.case.oracle}
        record["float64"] = {name: digits(each.max_rel) for name, each in self.comparisons.items()}
        if self.float32:
            record["float32"] = {
                "port": digits(max(errors.max_rel for errors in self.float32)),
                "keras": digits(max(errors.keras_max_rel for errors in self.float32)),
            }
        if self.differs_in_training is not None:
            record["differs_in_training"] = digits(self.differs_in_training)
        return record


def failed(message: str) -> Comparison:
    """A comparison of what has no numbers to compare; `message` starts with its name and a colon."""
    tensor = Tensor(message.partition(":")[0], math.inf, math.inf, Mismatch("value", message))
    return Comparison(0.0, (tensor,))


def digits(number: float) -> float | str:
    """A measured error as the record keeps it."""
    found = json_number(number)
    return found if isinstance(found, str) else float(f"{found:.1e}")
