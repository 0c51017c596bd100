"""Loads saved ports, each in a process of its own that has torch and nothing of this package or of Keras.

Run as a script. A line of JSON, `{"source", "inputs", "outputs"}`, names an emitted file, the arrays that it is called
on, and where its outputs go, flattened, dictionaries by sorted key. It is answered with a line: the text of what went
wrong, empty where nothing did. What takes long, the import of torch, is done once: each file gets a fork of that
process, which ends with it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch  # noqa: F401 (emitted files import it: the forks have it then)
import torch

#: What an emitted file is to do without.
ABSENT = ("equivalence", "keras", "tensorflow")


def use(source: str, inputs: str, outputs: str) -> None:
    """What a user does with the two files of a port."""
    for name in ABSENT:
        sys.modules[name] = None  # type: ignore[assignment]  # as Python does what cannot be imported
    os.chdir(Path(source).parent)
    spec = importlib.util.spec_from_file_location("ported_file", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.load()
    with np.load(inputs) as arrays:
        held = [arrays[name] for name in arrays.files]
    tensors = [array.tolist() if array.dtype.kind == "U" else torch.from_numpy(array) for array in held]
    with torch.no_grad():
        np.savez(outputs, *_flat(model(*tensors)))


def _flat(part: Any) -> list[np.ndarray]:
    if isinstance(part, dict):
        return [leaf for key in sorted(part) for leaf in _flat(part[key])]
    if isinstance(part, (list, tuple)):
        return [leaf for inner in part for leaf in _flat(inner)]
    return [part.numpy()]


def _trouble(request: dict[str, str]) -> str:
    """What went wrong in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        said = ""
        try:
            use(**request)
        except BaseException as error:  # whatever a file does: it is what is asked for
            said = traceback.format_exception_only(error)[-1].strip() or type(error).__name__
        os.write(write, said.encode("utf-8", "replace")[:4000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace")
    status = os.waitpid(child, 0)[1]
    return f"killed by {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else said


def serve() -> None:
    """Answers until nothing more is asked. What is printed meanwhile goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with torch.device("meta"):
        torch.nn.Linear(1, 1)  # the first module without memory has torch import a good deal more
    for line in sys.stdin:
        print(json.dumps(_trouble(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    serve()
