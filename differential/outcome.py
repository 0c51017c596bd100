"""What became of a model, and how its kinds are told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: What no refusal of a configuration or an input may say: words of an error that nobody foresaw.
UNFORESEEN = "cannot be written with this configuration"
#: Wrong numbers; another exception than Refused, also where Refused only passes it on; source that a fresh process
#: cannot load.
FAILURES = ("wrong", "raw", "broken")
#: `invalid`: Keras itself cannot build, save, load, run or train it. `unstable`: Keras's own numbers change as much as
#: they are apart when its inputs change by a rounding error.
KINDS = (*FAILURES, "refused", "equal", "unstable", "invalid")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of KINDS, what was being done, and the sentence that says why."""

    kind: str
    doing: str = ""
    message: str = ""

    @property
    def reason(self) -> str:
        """The message without what is one model's own: names in quotes, paths, numbers."""
        text = re.sub(r"\S*/\S+", "PATH", self.message.splitlines()[0] if self.message else "")
        text = re.sub(r"'[^']*'|\"[^\"]*\"", "NAME", text)
        return re.sub(r"-?\d[\d.e+-]*", "N", text)[:300]

    @property
    def signature(self) -> tuple[str, str, str]:
        """What two failures of one cause have in common, as far as can be told without shrinking."""
        return self.kind, self.doing, self.reason if self.kind != "wrong" else ""
