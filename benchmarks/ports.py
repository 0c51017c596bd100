"""Porting Xception's .keras file without verification, against bare reading and writing of its weights.

Time counts from after the imports to the last byte written; memory is the peak of a process beyond that of
one that made the same imports.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measure import peak_mib, rounds, run_json, table
from benchmarks.xception_rivals import KERAS, prepare

ROUNDS = 5
BARE, PORT = "read and write the weights", "port"


def main() -> None:
    prepare()
    memory: dict[str, list[float]] = {"imports": [], "bare": [], "port": []}

    def measured(how: str) -> float:
        result = run_json("benchmarks.ports", how)
        memory[how].append(result["peak"])
        return float(result["seconds"])

    table(
        "Porting Xception, imports aside",
        rounds({BARE: lambda: measured("bare"), PORT: lambda: measured("port")}, ROUNDS),
        BARE,
    )
    measured("imports")
    sizes = run_json("benchmarks.ports", "sizes")
    beyond = statistics.median(memory["port"]) - memory["imports"][0]
    allowed = sizes["all"] + 2 * sizes["largest"] + 50
    Console().print(
        f"Peak memory beyond the imports: {beyond:.0f} MiB; weights once ({sizes['all']:.0f}) plus the largest "
        f"tensor twice (2 x {sizes['largest']:.0f}) plus 50 are {allowed:.0f} MiB."
    )


def child(how: str) -> dict[str, float]:
    """One measurement, in this process."""
    import pyfive
    from safetensors.numpy import save_file

    from equivalence.porting import port

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        if how == "port":
            port(KERAS, verify=False).save(folder)
        elif how in ("bare", "sizes"):
            with zipfile.ZipFile(KERAS) as archive:
                content = io.BytesIO(archive.read("model.weights.h5"))
            arrays: dict[str, Any] = {}

            def visit(name: str, node: Any) -> None:
                if isinstance(node, pyfive.Dataset):
                    arrays[name] = node[()]

            pyfive.File(content).visititems(visit)
            if how == "sizes":
                sizes = [array.nbytes / 2**20 for array in arrays.values()]
                return {"all": sum(sizes), "largest": max(sizes)}
            save_file(arrays, Path(folder) / "weights.safetensors")
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak": peak_mib()}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(child(sys.argv[1])))
    else:
        main()
