"""A child that tries hostile files, one after the other: a line of JSON asks for each, and one answers.

It tells what came of the file, and what that took: seconds of processor time, memory beyond what it had, audit events.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from watched_events import OF_EMITTED_SOURCE, Watch

from equivalence import formats, porting
from equivalence.errors import EquivalenceError
from equivalence.formats.file_limits import Limits
from equivalence.translation.graph import Graph

ROOT = Path(__file__).resolve().parents[2]
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def main() -> None:
    warnings.simplefilter("ignore")
    for path in (ROOT / "examples" / "digits.keras", *sorted((ROOT / "tests" / "formats" / "keras2").glob("*.*5"))):
        read_all(path, None, Limits())  # what is loaded when it is first needed is loaded then
        porting.port(path, verify=False)
    gc.collect()
    gc.freeze()  # what is loaded is not looked through again
    watch = Watch()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(tried(watch, **json.loads(line))), flush=True)


def tried(watch: Watch, folder: str, main: str, config: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """What comes of one file."""
    path, beside = Path(folder) / main, config and Path(folder) / config
    gc.collect()
    before = memory("VmRSS")
    RESET.write_text("5")
    started = time.process_time()
    watch.seen = []
    try:
        limits = Limits(**options)
        with watch.on(folder):
            read_all(path, beside, limits)
        with watch.on(folder, OF_EMITTED_SOURCE):
            ported = porting.port(path, config=beside, verify=False, limits=limits)
        outcome, says = "ported", ported.source
    except EquivalenceError as refusal:
        outcome, says = "refused", str(refusal)
    except BaseException:
        outcome, says = "failed", traceback.format_exc()
    return {
        "outcome": outcome,
        "says": says[-20_000:],
        "seconds": time.process_time() - started,
        "memory": memory("VmHWM") - before,
        "events": watch.seen[:20],
    }


def read_all(path: Path, config: Any, limits: Limits) -> None:
    """The graph of a file, and every array and text of it."""
    model = formats.read(path, config=config, limits=limits)
    try:
        _read_graph(model.graph)
    finally:
        model.close()


def _read_graph(graph: Graph) -> None:
    for layer in graph.layers:
        for arrays in layer.stored.values():
            for array in arrays:
                np.asarray(array.read())
        for asset in layer.assets.values():
            asset()
        for _, model in layer.models():
            _read_graph(model)


def memory(name: str) -> int:
    """VmRSS or VmHWM of this process, in bytes."""
    return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith(name)) * 1024


if __name__ == "__main__":
    main()
