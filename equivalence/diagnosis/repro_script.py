"""One layer that differs, as a short script of Keras and torch that shows it without this package."""

from __future__ import annotations

import ast
import keyword
import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equivalence import catalogue
from equivalence.errors import Refused, printable
from equivalence.formats.outputs import write_together
from equivalence.translation.keras_text import keras_text

_INLINE = 12  # numbers of an array that are written into the script; more lie in a file beside it
_WIDTH = 100
#: What the script itself calls its own.
_OWN = frozenset("keras np torch nn F Path held numbers inputs layer expected actual apart worst".split())


@dataclass(frozen=True, slots=True)
class ReproCase:
    """What a fault is seen with: a Keras layer with its weights and inputs, and what torch computes instead.

    `keras`: the full name of the layer's class, or of the function, "keras.layers.Conv2D", "keras.ops.relu".
    `config`: what `layer.get_config()` gives; of a function, its arguments behind the tensors. `weights`: in the order
    of `layer.weights`. `inputs`: what it is called on, in Keras's layout; several are given as a list.
    `call`: further keyword arguments of that call, `{"training": True}`; arrays or plain values.

    `torch`: lines of Python, of which the last ones assign `output`; they may name `torch`, `nn`, `F` and what is in
    `arguments`. `arguments`: by the names that the lines have for them, arrays, which become tensors, and plain
    values (numbers, flags, texts, None, tuples and lists of these). `axes`: how torch's output is transposed to
    Keras's layout; None if it lies so. `output`: which of the layer's outputs it is.

    Arrays of floats are written in float64, whatever they are held in. Nothing here is executed by this package.
    """

    layer: str  # its path, for the heading
    says: str  # the cause, or what is known
    keras: str
    config: Mapping[str, Any]
    weights: Sequence[NDArray[Any]]
    inputs: Sequence[NDArray[Any]]
    torch: Sequence[str]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)
    axes: tuple[int, ...] | None = None
    output: int = 0


def write_script(case: ReproCase, path: str | os.PathLike[str]) -> list[Path]:
    """Writes the script, and beside it NAME.npz where arrays are too large for it, both or neither.

    Returns their paths. Raises Refused where the layer cannot be written as a call of Keras's, or `path` is no .py.
    """
    target = Path(path)
    if target.suffix != ".py":
        raise Refused(f"{target.name} is no name of a script: it ends with .py")
    numbers: dict[str, NDArray[Any]] = {}
    beside = target.with_suffix(".npz").name
    source = script(case, beside, numbers).encode()
    writers = {target.name: lambda file: file.write_bytes(source)}
    if numbers:
        writers[beside] = lambda file: _save(file, numbers)
    return write_together(target.parent, writers)


def script(case: ReproCase, beside: str, numbers: dict[str, NDArray[Any]]) -> str:
    """The text of the script; arrays that it reads from the file `beside` are put into `numbers`."""
    try:
        body = [*_keras(case, numbers), "", "# torch", *_torch(case, numbers)]
        text = "\n".join([*_head(case, beside if numbers else ""), *body, *_ENDS]) + "\n"
        ast.parse(text)  # an object in a configuration has no text
    except (ValueError, SyntaxError) as error:
        raise Refused(f"layer {printable(case.layer, 120)} cannot be written as a script: {error}") from error
    return text


def _head(case: ReproCase, beside: str) -> Iterator[str]:
    title = f"{printable(case.layer, 60)} ({case.keras}) gives other numbers in torch than in Keras."
    yield f'"""{_quoted(title)}'
    yield ""
    if case.says:
        yield from (*textwrap.wrap(_quoted(printable(case.says)), _WIDTH), "")
    where = f"; the numbers lie in {beside}" if beside else ""
    yield f"Needs keras, torch and numpy alone{_quoted(where)}."
    yield '"""'
    used = {node.id for node in ast.walk(ast.parse("\n".join(case.torch))) if isinstance(node, ast.Name)}
    yield from ("", *(["from pathlib import Path", ""] if beside else []), *_IMPORTS)
    yield from (line for name, line in _SHORT.items() if name in used)
    yield from ("", *_FLOATS)
    if beside:
        yield f"with np.load(Path(__file__).with_name({beside!r}), allow_pickle=False) as held:"
        yield from ("    numbers = dict(held)", "")


def _keras(case: ReproCase, numbers: dict[str, NDArray[Any]]) -> Iterator[str]:
    yield "# Keras"
    inputs = [_array(f"input_{index}", each, numbers) for index, each in enumerate(case.inputs)]
    further = [f"{_word(key)}={_value(f'keras_{key}', item, numbers, 'np')}" for key, item in case.call.items()]
    try:
        entry = catalogue.named(case.keras)
    except KeyError:
        raise ValueError(f"{printable(case.keras, 100)} is no class or function that is known of Keras") from None
    config = [f"{_word(key)}={keras_text(item)}" for key, item in _telling(entry, case.config).items()]
    if entry.kind == "layer":
        yield f"inputs = {inputs[0] if len(inputs) == 1 else '[' + ', '.join(inputs) + ']'}"
        yield from _call("layer = ", case.keras, config)
        made = f"layer({', '.join(['inputs', *further])})"
        if case.weights:
            yield f"{made}  # makes its weights"
            weights = [_array(f"weight_{index}", each, numbers) for index, each in enumerate(case.weights)]
            yield from _call("", "layer.set_weights", weights, "[", "]")
    elif entry.kind in ("operation", "activation"):
        yield from _call("inputs = ", "", inputs, "[", "]")
        made = f"{case.keras}({', '.join(['*inputs', *config, *further])})"
    else:
        raise ValueError(f"{case.keras} is neither a layer nor a function")
    yield f"expected = keras.ops.convert_to_numpy(keras.tree.flatten({made})[{int(case.output)}])"


def _torch(case: ReproCase, numbers: dict[str, NDArray[Any]]) -> Iterator[str]:
    text = "\n".join(case.torch)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"{printable(text, 200)!r} is not Python") from error
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if "output" not in assigned:
        raise ValueError(f"{printable(text, 200)!r} assigns no output")
    if taken := (assigned | {*case.arguments}) & _OWN:
        raise ValueError(f"its lines call something {', '.join(sorted(taken))}")
    for name, argument in case.arguments.items():
        yield f"{_word(name)} = {_value(f'torch_{name}', argument, numbers, 'torch')}"
    yield from case.torch
    moved = f".transpose({', '.join(map(str, map(int, case.axes)))})" if case.axes is not None else ""
    yield f"actual = output.detach().numpy(){moved}"


def _telling(entry: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that change what a layer computes: none at its default, none that only makes weights."""
    known = {argument.keras: argument for argument in entry.arguments}
    told = {}
    for key, value in config.items():
        argument = known.get(key)
        if (
            key == "dtype"
            or (key == "trainable" and value is True)
            or (argument is not None and (argument.inert or _same(argument.default, value)))
        ):
            continue
        told[key] = _cleaned(value)
    return told


def _same(default: Any, value: Any) -> bool:
    """Whether a configuration's value is a default: (1, 1) is written as 1 there."""
    if isinstance(value, (list, tuple)) and value and not isinstance(default, (list, tuple)):
        return all(type(part) is type(default) and part == default for part in value)
    return type(default) is type(value) and bool(default == value)


def _cleaned(value: Any) -> Any:
    """What is held in a configuration, layers within it as the layer itself."""
    if isinstance(value, Mapping) and "class_name" in value and "config" in value:
        module, cls = value.get("module"), value["class_name"]
        if not module or value.get("registered_name"):
            raise ValueError(f"{printable(str(cls), 60)} in its configuration is no class of Keras's")
        try:
            config = _telling(catalogue.named(f"{module}.{cls}"), value["config"])
        except KeyError:
            config = {key: _cleaned(item) for key, item in value["config"].items() if key not in ("name", "dtype")}
        return {"module": module, "class_name": cls, "config": config}
    if isinstance(value, Mapping):
        return {key: _cleaned(item) for key, item in value.items()}
    return type(value)(_cleaned(item) for item in value) if isinstance(value, (list, tuple)) else value


def _value(name: str, value: Any, numbers: dict[str, NDArray[Any]], side: str) -> str:
    """An argument of a call, as a tensor of its side where it is an array, else as a literal."""
    if isinstance(value, np.ndarray):
        text = _array(name, value, numbers)
        return f"torch.from_numpy({text})" if side == "torch" else text
    text = repr(value)
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError) as error:
        raise ValueError(
            f"its argument {name.partition('_')[2]} is {printable(text, 80)}, which is no literal"
        ) from error
    return text


def _array(name: str, array: NDArray[Any], numbers: dict[str, NDArray[Any]]) -> str:
    """An array as text: its numbers, or where they lie."""
    wide = array.dtype.kind == "f" or array.dtype.name == "bfloat16"
    held = np.asarray(array.astype(np.float64) if wide else array, order="C")
    if held.dtype.kind not in "fiubU":
        raise ValueError(f"its array {name} is of {held.dtype}")
    if 0 < held.size <= _INLINE and (held.dtype.kind != "f" or np.isfinite(held).all()):
        return f"np.array({held.tolist()!r}, {held.dtype.name if held.dtype.kind != 'U' else 'str'!r})"
    numbers[name] = held
    return f"numbers[{name!r}]"


def _call(before: str, name: str, parts: Sequence[str], left: str = "", right: str = "") -> Iterator[str]:
    """A call, its arguments on lines of their own where one line is too short."""
    opening, closing = (f"{name}({left}", f"{right})") if name else (left, right)
    line = f"{before}{opening}{', '.join(parts)}{closing}"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield from (f"{before}{opening}", *(f"    {part}," for part in parts), closing)


def _word(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{printable(name, 60)!r} is no name of an argument")
    return name


def _quoted(words: str) -> str:
    """Words within a docstring, which they cannot end."""
    return words.replace("\\", "\\\\").replace('"""', "'''").replace('"', "'")


def _save(file: Path, numbers: Mapping[str, NDArray[Any]]) -> None:
    with file.open("wb") as opened:
        np.savez(opened, **numbers)  # type: ignore[arg-type]  # its stub has allow_pickle among the arrays


_IMPORTS = (
    "import keras",
    "import numpy as np",
    "import torch",
)
_SHORT = {"nn": "from torch import nn", "F": "from torch.nn import functional as F"}
_FLOATS = (
    'keras.config.set_floatx("float64")',
    "torch.set_default_dtype(torch.float64)",
    "",
)
_ENDS = (
    "",
    "if actual.shape != expected.shape:",
    '    print(f"shape {expected.shape} in Keras, {actual.shape} in torch")',
    "else:",
    "    apart = np.abs(actual - expected)",
    "    worst = np.unravel_index(apart.argmax(), apart.shape)",
    '    print(f"off by {apart[worst]:.3e} at {[int(i) for i in worst]}: "',
    '          f"{expected[worst].item()!r} in Keras, {actual[worst].item()!r} in torch")',
)
