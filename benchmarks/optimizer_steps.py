"""A step of each written optimizer against torch's own of the same name, both on lists of tensors (foreach).

python -m benchmarks.optimizer_steps            # all of them
python -m benchmarks.optimizer_steps Adam SGD   # some
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.measure import Subject, rounds, table

ROUNDS = 15
#: Ten million numbers in sixty tensors: thirty matrices, and a vector for each.
SHAPES = [*[(640, 520)] * 30, *[(520,)] * 30]
#: Of each optimizer: its settings in Keras, torch's own name where that is another, and its settings.
OPTIMIZERS: Mapping[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "SGD": ({"momentum": 0.9}, "SGD", {"momentum": 0.9}),
    "RMSprop": ({"momentum": 0.9, "centered": True}, "RMSprop", {"momentum": 0.9, "centered": True}),
    "Adam": ({}, "Adam", {}),
    "AdamW": ({}, "AdamW", {}),
    "Adamax": ({}, "Adamax", {}),
    "Adagrad": ({}, "Adagrad", {}),
    "Adadelta": ({"weight_decay": 0.01}, "Adadelta", {"weight_decay": 0.01}),
    "Nadam": ({"clipvalue": 1e9}, "NAdam", {"weight_decay": 0.01, "decoupled_weight_decay": True}),
    "Adafactor": ({}, "Adafactor", {}),
    "Muon": ({}, "Muon", {}),
}


def written(name: str) -> Callable[[], Any]:
    """A step of what the port writes."""
    from equivalence import catalogue
    from equivalence.emit.written_text import emit_written
    from equivalence.torch_side.oracle import TorchOracle
    from equivalence.torch_side.written_object import maker

    text = emit_written(catalogue.named(f"keras.optimizers.{name}"), OPTIMIZERS[name][0], TorchOracle())
    return _step(name, maker(text))


def own(name: str) -> Callable[[], Any]:
    """A step of torch's own."""
    import torch

    _, theirs, settings = OPTIMIZERS[name]
    foreach = {} if name == "Muon" else {"foreach": True}
    return _step(name, lambda parameters: getattr(torch.optim, theirs)(parameters, **settings, **foreach))


def in_float32(name: str) -> Callable[[], Any]:
    """A step of torch's own Muon, which computes in bfloat16, in the dtype of its parameters as Keras does."""
    import torch

    inner, narrow = own(name), torch.Tensor.bfloat16

    def step() -> Any:
        torch.Tensor.bfloat16 = torch.Tensor.clone  # type: ignore[method-assign, assignment]
        try:
            return inner()
        finally:
            torch.Tensor.bfloat16 = narrow  # type: ignore[method-assign]

    return step


def _step(name: str, make: Callable[[Any], Any]) -> Callable[[], Any]:
    """Muon gets the matrices alone, which is what torch's takes."""
    import torch

    torch.manual_seed(0)
    shapes = [shape for shape in SHAPES if len(shape) == 2] if name == "Muon" else SHAPES
    parameters = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    step: Callable[[], Any] = make(parameters).step
    return step


def main(names: list[str]) -> None:
    for name in names or OPTIMIZERS:
        compared = {**SUBJECTS, **(IN_FLOAT32 if name == "Muon" else {})}
        subjects = {which: Subject("benchmarks.optimizer_steps", how, name) for which, how in compared.items()}
        taken = rounds({which: subject.seconds for which, subject in subjects.items()}, ROUNDS)
        for subject in subjects.values():
            subject.close()
        table(f"A step of {name}, 10 million parameters in 60 tensors", taken, "torch's own")


SUBJECTS = {"torch's own": "own", "written": "written"}
IN_FLOAT32 = {"torch's own in float32": "in_float32"}

if __name__ == "__main__":
    main(sys.argv[1:])
