"""Mutants that atheris leads to new branches of the readers: `make fuzz`, with the extra `[fuzz]`.

    python -m guided hdf5 -runs=20000 -seed=1

Each is read whole; what raises anything but a refusal, takes ten seconds, or too much memory ends the run, and
atheris writes the mutant down.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["equivalence.formats", "pyfive"]):
    from equivalence import formats
    from equivalence.formats.file_limits import Limits

from hostile_bases import KERAS_2, WEIGHTS, legacy, members, tiny, zipped

from equivalence.errors import EquivalenceError

CONFIG = "config.json"


def _in_archive(member: str) -> Callable[[bytes], bytes]:
    return lambda data: zipped({**members(tiny()), member: data})


#: What is mutated: how a file is made of it, and what it is at first.
FORMATS: dict[str, tuple[Callable[[bytes], bytes], list[bytes]]] = {
    "hdf5": (_in_archive(WEIGHTS), [members(tiny())[WEIGHTS]]),
    "json": (_in_archive(CONFIG), [members(tiny())[CONFIG]]),
    "zip": (lambda data: data, [tiny(), zipped(members(tiny()), zipfile.ZIP_DEFLATED)]),
    "keras-2": (lambda data: data, [legacy(path.stem) for path in sorted(KERAS_2.glob("*.h5"))]),
}
LIMITS = Limits()


def read_one(content: bytes) -> None:
    """Reads a file whole. Raises what no file may raise."""
    try:
        model = formats.read(content, name="m", limits=LIMITS)
        pending = [model.graph]
        while pending:
            for layer in pending.pop().layers:
                pending += [inner for _, inner in layer.models()]
                for arrays in layer.stored.values():
                    for array in arrays:
                        array.read()
        model.close()
    except EquivalenceError as refusal:
        if "\n" in str(refusal) or not str(refusal).isprintable():
            raise


def main() -> None:
    name = sys.argv.pop(1)
    make, first = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        for index, content in enumerate(first):
            (Path(folder) / f"{index}").write_bytes(content)
        given = [*sys.argv, folder, "-rss_limit_mb=1500", "-timeout=10", f"-max_len={2 * max(map(len, first))}"]
        atheris.Setup(given, lambda data: read_one(make(data)))
        sys.stdout = io.TextIOWrapper(sys.stdout.buffer, line_buffering=True)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
