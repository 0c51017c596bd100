"""What Dense(1000) costs after Flatten and after pooling, at full size: weights, memory, the time of a step.

    python -m keras_torch_experiments.global_average_pooling.cost FRAMEWORK HEAD

trains for a few steps of Adam and prints one line of JSON, the fields of `Cost`. Each runs in a process of its
own, so that its memory is its own.
"""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from keras_torch_experiments.global_average_pooling import child

FRAMEWORKS = ("keras", "torch")
HEADS = ("pool", "flatten")
SHAPE = (8, 8, 2048)
UNITS = 1000
BATCH = 16
STEPS = 3


@dataclass(frozen=True)
class Cost:
    """`bytes_held` is the most memory of the process over what it had before the head was made."""

    parameters: int
    bytes_held: int
    seconds: float  # of a step, the median


def measure(framework: str, head: str) -> Cost:
    """In a process of its own.

    Raises:
        ValueError: `framework` or `head` is unknown.
        RuntimeError: the process failed, out of memory perhaps; with the end of what it said.
    """
    if framework not in FRAMEWORKS or head not in HEADS:
        raise ValueError(f"measure takes one of {FRAMEWORKS} and one of {HEADS}, not {framework!r} and {head!r}")
    return Cost(**child.run("cost", framework, head))


def _in_keras(head: str, x: np.ndarray, labels: np.ndarray) -> tuple[int, Callable[[], object]]:
    import keras

    from keras_impl.heads import FlattenHead, GlobalAveragePoolingHead

    inputs = keras.Input(SHAPE)
    block = GlobalAveragePoolingHead(SHAPE[-1], UNITS) if head == "pool" else FlattenHead(*SHAPE, UNITS)
    model = keras.Model(inputs, block(inputs))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model.count_params(), lambda: model.train_on_batch(x, labels)


def _in_torch(head: str, x: np.ndarray, labels: np.ndarray) -> tuple[int, Callable[[], object]]:
    import torch

    from torch_impl.heads import FlattenHead, GlobalAveragePoolingHead

    module = GlobalAveragePoolingHead(SHAPE[-1], UNITS) if head == "pool" else FlattenHead(*SHAPE, UNITS)
    optimizer = torch.optim.Adam(module.parameters(), fused=True)
    images, targets = torch.from_numpy(x).permute(0, 3, 1, 2), torch.from_numpy(labels)

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(images), targets).backward()
        optimizer.step()

    return sum(parameter.numel() for parameter in module.parameters()), step


def main(framework: str, head: str) -> None:
    """Print the cost."""
    importlib.import_module("keras_impl.heads" if framework == "keras" else "torch_impl.heads")  # not the head's cost
    random = np.random.default_rng(0)
    x = np.maximum(random.standard_normal((BATCH, *SHAPE), np.float32), 0)
    labels = random.integers(UNITS, size=BATCH)
    before = _peak()
    parameters, step = (_in_keras if framework == "keras" else _in_torch)(head, x, labels)
    step()  # makes the optimizer's state, and traces
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    print(json.dumps(asdict(Cost(parameters, _peak() - before, statistics.median(times)))))


def _peak() -> int:
    """The most memory that this process has held, in bytes."""
    status = Path("/proc/self/status")  # on Linux getrusage would count what the parent held when it forked
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
