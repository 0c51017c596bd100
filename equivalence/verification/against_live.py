"""Verify the port of a live model whose classes only the user's process has: there it runs too, as itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equivalence.errors import Unavailable, printable
from equivalence.translation.structure import leaves
from equivalence.verification.against_keras import Truth, judge
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs
from equivalence.verification.watching import NETWORK

#: What counts as equal in float32, relative to the layer's largest output: rounding of 6e-8 goes through many layers.
SINGLE = 1e-4

if TYPE_CHECKING:
    from equivalence.keras_side.tracing.live_model import LiveModel


def _less_exact(outputs: Any) -> bool:
    """Whether any output of a run in float64 is of another float: its code says so, or a variable of its own does."""
    return any(x.dtype.kind == "f" and x.dtype != "float64" for x in leaves(outputs) if hasattr(x, "dtype"))


def verify_live(ported: Ported, live: LiveModel, say: Callable[[str], None]) -> None:
    """Fills in the report of `ported`. Where the model cannot be run, `verified` stays None and `because` says why."""
    from equivalence.keras_side.tracing.live_run import run_live, versions

    try:
        inputs = draw_inputs(ported)
    except Unavailable as error:
        ported.report.because = str(error)
        return
    with tempfile.TemporaryDirectory(prefix="equivalence-") as folder:
        ran: dict[str, Any] = {}
        failures: dict[str, str] = {}
        for dtype in ("float64", "float32"):
            say(f"running the model in {dtype}")
            place = Path(folder) / dtype
            place.mkdir()
            try:
                ran[dtype] = run_live(
                    live.model, live.file.graph, live.reading.live, live.called_on, inputs, dtype, place
                )
            except Exception as error:  # the user's code may raise anything
                failures[dtype] = f"does not run in {dtype} ({printable(f'{type(error).__name__}: {error}', 200)})"
        if "float32" in failures:
            ported.report.because = f"the model {failures['float32']}"
            return
        say("comparing every layer")

        def judged(dtype: str) -> None:
            outputs = {name: found for name, (_, found) in ran.items()}
            truth = Truth(Path(folder) / dtype, inputs, ran[dtype][0], outputs, versions())
            judge(ported, truth, dtype, NETWORK if dtype == "float64" else SINGLE)

        judged("float32" if failures else "float64")
        if not failures and not ported.report.verified and _less_exact(ran.pop("float64")[1]):
            failures["float64"] = "computes in less than float64 whatever it is given"
            ported.report.float64, ported.report.apart = None, []
            judged("float32")
    where = f"The model was run in this process, on {live.backend}: its classes are the caller's own."
    less = f" It {failures['float64']}: compared in float32, within {SINGLE:g}." if failures else ""
    ported.report.notes.append(where + less)
