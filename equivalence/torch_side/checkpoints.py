"""The tensors of a checkpoint by their names. Nothing that it holds is executed.

It is of safetensors, which are numbers alone, or torch reads it with `weights_only=True`, which unpickles tensors and
what they consist of, and refuses everything else.
"""

from __future__ import annotations

import pickle
import pickletools
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from equivalence.errors import Refused, printable
from equivalence.formats.given_file import GivenFile

#: Under which training loops keep the state of the module, beside that of the optimizer.
_NESTED = ("state_dict", "model_state_dict")
_NAMED = 5  # names in a sentence; the others are counted
_SAVE = "save module.state_dict() alone, or as safetensors"
#: How torch says what it would have to run: "unsupported GLOBAL posix.system", "Unsupported global: GLOBAL a.B".
_WANTED = re.compile(r"GLOBAL (\S+)")
MEMBERS = 1_000_000  # of a zip; torch writes one for each tensor


def read_checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """What `torch.save` wrote of a state_dict, or a file of safetensors.

    Raises Refused where it is neither, is TorchScript, or would run something; the sentence says what.
    """
    with GivenFile(path, path.name) as given:
        if path.suffix == ".safetensors":
            try:
                tensors = load_file(path)
            except SafetensorError as error:
                raise Refused(f"{path.name} is no file of safetensors: {printable(str(error), 200)}") from error
        else:
            tensors = _unpickled(given.file, given.size, path)
        given.check_unchanged()
    return tensors


def _unpickled(file: BinaryIO, size: int, path: Path) -> dict[str, torch.Tensor]:
    name = path.name
    if zipfile.is_zipfile(file):
        _check_members(file, size, name)
    file.seek(0)
    try:
        held = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        wanted = _wanted(path, str(error))
        would = f"would run {wanted} when it is read" if wanted else "holds something else than tensors"
        raise Refused(f"{name} {would}, or is no file of torch.save: {_SAVE}") from error
    except Exception as error:  # torch and zipfile raise whatever they meet in a broken file
        raise Refused(f"{name} is no file of torch.save: {printable(str(error), 200)}") from error
    if isinstance(held, Mapping):
        held = next((held[key] for key in _NESTED if isinstance(held.get(key), Mapping)), held)
    if not isinstance(held, Mapping) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in held.items()
    ):
        inside = f" but {_listed(list(map(str, held)))}" if isinstance(held, Mapping) else ""
        raise Refused(f"{name} holds no tensors by their names{inside}: save module.state_dict()")
    return dict(held)


def _check_members(file: BinaryIO, size: int, name: str) -> None:
    """Raises Refused for TorchScript, and for members that would expand: torch stores them as they are."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except Exception as error:
        raise Refused(f"{name} is no file of torch.save: {printable(str(error), 200)}") from error
    if any("/code/" in f"/{member.filename}" or member.filename.endswith("constants.pkl") for member in members):
        raise Refused(f"{name} is TorchScript, which is a program: {_SAVE}")
    if len(members) > MEMBERS or sum(member.file_size for member in members) > size:
        raise Refused(f"{name} would expand to more than its {size} bytes, as torch.save never writes it: {_SAVE}")


def _wanted(path: Path, said: str) -> str:
    """The functions and classes that a pickle asks for and that are no tensors', as far as they can be told."""
    found: list[str] = []
    with suppress(Exception):  # no archive: a pickle by itself, as torch wrote them before 2020
        found += sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    found = found or _WANTED.findall(said)
    with suppress(Exception):  # it is broken: what was found before has to do
        found += _named_in(path) if not found else []
    return _listed(list(dict.fromkeys(name.rstrip(".,") for name in found)))


def _named_in(path: Path) -> Iterator[str]:
    """What a pickle by itself refers to; it is taken apart, not run."""
    texts: list[str] = []
    with path.open("rb") as file:
        for opcode, argument, _ in pickletools.genops(file):
            if isinstance(argument, str):
                texts.append(argument)
            if opcode.name == "GLOBAL":
                yield str(argument).replace(" ", ".")
            elif opcode.name == "STACK_GLOBAL":
                yield ".".join(texts[-2:])


def _listed(parts: list[Any]) -> str:
    more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return ", ".join(printable(part, 100) for part in parts[:_NAMED]) + more
