"""Large models, ported without verification: the memory that one of 10 GB takes, the time of one with 5,000 layers.

The first writes 10 GB to build/benchmarks, and removes them again; `--gigabytes N` is for smaller disks. Each runs in a
process of its own; time and memory are those beyond the imports.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

from benchmarks.measure import FOLDER, peak_mib, run_json
from scripts import large_model

BYTES = 4 * large_model.WIDTH**2  # of a layer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=10.0)
    layers = max(1, round(parser.parse_args().gigabytes * 1e9 / BYTES))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind, count in (("wide", layers), ("deep", large_model.DEEP)):
        path = FOLDER / f"{kind}.h5"
        getattr(large_model, kind)(path, count)
        try:
            found = run_json("benchmarks.large_ports", "--child", str(path))
        finally:
            path.unlink()
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
        print(
            f"{kind}: {count} layers, {found['bytes'] / 1e9:.1f} GB; {found['seconds']:.0f} s, of which "
            f"{found['processor']:.0f} s of processor time; {found['peak']:.0f} MiB beyond the imports"
            + (f" (the largest tensor has {BYTES / 2**20:.0f})" if kind == "wide" else "")
        )


def child(path: Path) -> dict[str, float]:
    """One port, in this process."""
    import einops  # noqa: F401
    import safetensors  # noqa: F401

    from equivalence.porting import port_to

    before, start, processor = peak_mib(), time.perf_counter(), time.process_time()
    _, paths = port_to(path.with_suffix(""), path, verify=False)
    return {
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - processor,
        "peak": peak_mib() - before,
        "bytes": sum(file.stat().st_size for file in paths),
    }


if __name__ == "__main__":
    if "--child" in sys.argv:
        print(json.dumps(child(Path(sys.argv[-1]))))
    else:
        main()
