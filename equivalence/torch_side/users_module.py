"""A torch module of the user's own: made by a file of Python, which runs; filled from a checkpoint, which does not."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from equivalence.errors import Refused, printable
from equivalence.torch_side.checkpoints import read_checkpoint
from equivalence.users_code import imported

_NAMED = 5  # names in a sentence; the others are counted


def module_of(net: str, arguments: str = "") -> nn.Module:
    """The module that `net` names, "net.py:MyNet", in eval mode: by a class, a function that returns one, or itself.

    The file is run, and can import what lies beside it. `arguments`: what the class is called with, keyword
    arguments of Python literals, "width=32, depth=(2, 3)". Raises Refused where there is no such file or name, it
    cannot be called so, or gives something else.
    """
    file, _, name = net.rpartition(":")
    if not file or not name.isidentifier():
        raise Refused(f"{net!r:.200} does not name a file and a class in it, as net.py:MyNet does")
    given = keyword_arguments(arguments)
    source = _run(Path(file))
    where = f"{Path(file).name}:{name}"
    if not hasattr(source, name):
        known = _names([key for key, value in vars(source).items() if _defined_in(source, value)])
        raise Refused(f"{Path(file).name} has no {name}" + (f"; it has {known}" if known else ""))
    made = getattr(source, name)
    if callable(made) and not isinstance(made, nn.Module):
        try:
            made = made(**given)
        except Exception as error:
            text = printable(f"{type(error).__name__}: {error}", 300)
            raise Refused(
                f"{where} cannot be made{f' with {printable(arguments, 200)}' if given else ''}: {text}"
            ) from error
    elif given:
        raise Refused(f"{where} is no class or function: nothing takes the arguments {printable(arguments, 200)}")
    if not isinstance(made, nn.Module):
        raise Refused(f"{where} gives no torch.nn.Module, it gives {printable(type(made).__name__, 60)}")
    return made.eval()


def keyword_arguments(text: str) -> dict[str, Any]:
    """`width=32, names=("a", "b")` as a dictionary. Raises Refused for anything that is no keyword with a literal."""
    wrong = f"the arguments {printable(text, 200)!r} are not of the form name=value, name=value, with Python literals"
    try:
        tree = ast.parse(f"f({text}\n)", mode="eval").body
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.args:
            raise Refused(wrong)
        given = {_name(word, wrong): ast.literal_eval(word.value) for word in tree.keywords}
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise Refused(wrong) from error
    if len(given) < len(tree.keywords):
        raise Refused(f"the arguments {printable(text, 200)!r} name one twice")
    return given


def _name(word: ast.keyword, wrong: str) -> str:
    if word.arg is None:  # **something
        raise Refused(wrong)
    return word.arg


def load_weights(module: nn.Module, file: str | Path) -> None:
    """Puts a checkpoint into the module: safetensors, or what `torch.save` wrote of a state_dict.

    A module whose checkpoint is of float64 becomes one of float64, so that no number is rounded. Raises Refused
    where the file is neither, or does not fit the module by its names or shapes; the module is of no use then.
    """
    path = Path(file)
    held = read_checkpoint(path)
    own = module.state_dict()
    problems = [
        f"{printable(name, 100)} is of shape {tuple(tensor.shape)}, and of {tuple(own[name].shape)} in the module"
        for name, tensor in held.items()
        if name in own and isinstance(own[name], torch.Tensor) and tensor.shape != own[name].shape
    ]
    if not problems:
        if any(tensor.dtype == torch.float64 for tensor in held.values()):
            module.double()
        try:
            missing, beside = module.load_state_dict(held, strict=False)
        except Exception as error:  # a module may load its state in a way of its own
            text = printable(f"{type(error).__name__}: {error}", 300)
            raise Refused(f"{path.name} cannot be loaded into {type(module).__name__}: {text}") from error
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]  # counts, and is no weight
        problems = [f"it lacks {_names(missing)}"] * bool(missing) + [f"the module has no {_names(beside)}"] * bool(
            beside
        )
    if problems:
        raise Refused(f"{path.name} does not fit {type(module).__name__}: {_listed(problems)}")


def _run(path: Path) -> Any:
    """The user's file, imported with its folder first in the search, as Python has it for a script."""
    folder = str(path.resolve().parent)
    if folder in sys.path:
        return imported(path)
    sys.path.insert(0, folder)
    try:
        return imported(path)
    except BaseException:
        sys.path.remove(folder)
        raise


def _defined_in(source: Any, value: Any) -> bool:
    """Whether a file defines something that makes a module, or may."""
    if not (inspect.isclass(value) or inspect.isfunction(value)) or value.__module__ != source.__name__:
        return False
    return inspect.isfunction(value) or issubclass(value, nn.Module)


def _names(names: Any) -> str:
    return _listed([printable(name, 100) for name in names])


def _listed(parts: Sequence[str]) -> str:
    more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return ", ".join(parts[:_NAMED]) + more
