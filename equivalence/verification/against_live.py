"""Verify the port of a live model whose classes only the user's process has: there it runs too, as itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equivalence.errors import Unavailable, printable
from equivalence.verification.against_keras import Truth, judge
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs

if TYPE_CHECKING:
    from equivalence.keras_side.tracing.live_model import LiveModel


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
        for dtype in ("float64", "float32"):
            say(f"running the model in {dtype}")
            place = Path(folder) / dtype
            place.mkdir()
            try:
                ran[dtype] = run_live(
                    live.model, live.file.graph, live.reading.live, live.declared, inputs, dtype, place
                )
            except Exception as error:  # the user's code may raise anything
                ported.report.because = (
                    f"the model does not run in {dtype}: {printable(f'{type(error).__name__}: {error}', 300)}"
                )
                return
        say("comparing every layer")
        outputs = {dtype: found for dtype, (_, found) in ran.items()}
        judge(ported, Truth(Path(folder) / "float64", inputs, ran["float64"][0], outputs, versions()))
    ported.report.notes.append(
        f"The model was run in this process, on {live.backend}: its classes are the caller's own."
    )
