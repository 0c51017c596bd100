"""The port and `for_inference` against ONNX Runtime and OpenVINO: the same weights and threads, taking turns.

`python -m benchmarks.engines [NAME...] [--batch N] [--rounds N] [--markdown]`. Each engine has a process of its own;
what one gives is held against the port's before anything is timed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.engine_networks import NETWORKS, SIDES, given, prepare
from benchmarks.measure import FOLDER, Subject, rounds, table

#: How far apart the outputs of two engines may be, relative to the largest number.
APART = 1e-3
THREADS = int(os.environ.get("BENCH_THREADS", os.cpu_count() or 1))


def ported(name: str, batch: str) -> Callable[[], Any]:
    """The emitted file as a user loads it."""
    call, x = _module(name), _torch_input(name, batch)
    return lambda: _without_gradients(call, x)


def for_inference(name: str, batch: str) -> Callable[[], Any]:
    """The same, folded and compiled."""
    from equivalence import for_inference

    x = _torch_input(name, batch)
    fast = for_inference(_module(name), x)
    return lambda: fast(x)


def folded(name: str, batch: str) -> Callable[[], Any]:
    """Folded and not compiled, as where there is no compiler."""
    from equivalence import for_inference

    x = _torch_input(name, batch)
    fast = for_inference(_module(name), x, compiled=False)
    return lambda: fast(x)


def onnx_runtime(name: str, batch: str) -> Callable[[], Any]:
    """What tf2onnx makes of the Keras model, all optimizations on."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # nor do the others' threads spin
    session = onnxruntime.InferenceSession(str(FOLDER / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    x = given(name, int(batch))
    return lambda: session.run(None, {session.get_inputs()[0].name: x})[0]


def openvino(name: str, batch: str) -> Callable[[], Any]:
    """The same ONNX file, compiled for latency in float32."""
    import openvino as ov

    core, x = ov.Core(), given(name, int(batch))
    model = core.read_model(FOLDER / f"{name}.onnx")
    model.reshape(list(x.shape))
    hints = {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS, "INFERENCE_PRECISION_HINT": "f32",
    }  # fmt: skip
    request = core.compile_model(model, "CPU", hints).create_infer_request()
    return lambda: request.infer([x])[0]


ENGINES = {
    "port": "ported",
    "folded": "folded",
    "for_inference": "for_inference",
    "ONNX Runtime": "onnx_runtime",
    "OpenVINO": "openvino",
}
RIVALS = ("ONNX Runtime", "OpenVINO")


def _module(name: str) -> Any:
    import torch

    torch.set_num_threads(THREADS)
    spec = importlib.util.spec_from_file_location("ported", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def _torch_input(name: str, batch: str) -> Any:
    import torch

    x = torch.from_numpy(given(name, int(batch)))
    return x.permute(0, 3, 1, 2).contiguous() if name in SIDES else x


def _without_gradients(call: Any, x: Any) -> Any:
    import torch

    with torch.inference_mode():
        return call(x)


def measured(name: str, batch: int, count: int) -> dict[str, list[float]]:
    """Seconds of each engine that runs the network and gives the port's numbers; says which don't."""
    expected = np.asarray(ported(name, str(batch))())
    subjects = {}
    for engine, function in ENGINES.items():
        try:
            subjects[engine] = Subject("benchmarks.engines", function, name, str(batch))
            found = np.asarray(globals()[function](name, str(batch))()) if engine in RIVALS else expected
        except Exception as error:
            print(f"{name}, batch {batch}: {engine} cannot run it: {str(error).splitlines()[0][:200]}")
            continue
        if np.abs(found - expected).max() > APART * np.abs(expected).max():
            print(f"{name}, batch {batch}: {engine} gives other numbers")
            subjects.pop(engine).close()
    taken = rounds({engine: subject.seconds for engine, subject in subjects.items()}, count)
    for subject in subjects.values():
        subject.close()
    return taken


def row(name: str, batch: int, taken: Mapping[str, Sequence[float]]) -> str:
    """A line of the table: medians in milliseconds, and how `for_inference` stands to the faster rival."""
    medians = {engine: statistics.median(seconds) for engine, seconds in taken.items()}
    cells = [f"{1000 * medians[engine]:.1f}" if engine in medians else "-" for engine in ENGINES]
    rivals = [medians[engine] for engine in RIVALS if engine in medians]
    ratio = f"{medians['for_inference'] / min(rivals):.2f}" if rivals and "for_inference" in medians else "-"
    return f"| {name} | {batch} | {' | '.join(cells)} | {ratio} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NETWORKS))
    parser.add_argument("--batch", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    lines = [f"| network | batch | {' | '.join(ENGINES)} | for_inference / fastest rival |", f"|{' --- |' * 8}"]
    for name in arguments.names or NETWORKS:
        prepare(name)
        for batch in arguments.batch or (1, 8):
            taken = measured(name, batch, arguments.rounds)
            table(f"{name}, batch {batch}, {THREADS} threads", taken, "for_inference")
            lines.append(row(name, batch, taken))
            print(lines[-1], flush=True)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
