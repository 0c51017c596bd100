"""The emitted file: docstring, imports, table of names, helpers, classes, `load`."""

from __future__ import annotations

import ast
import re
import textwrap
from math import prod

from equivalence.emit.class_text import render_class
from equivalence.emit.draft import ClassDraft, FileDraft
from equivalence.emit.expression_layout import double_quoted
from equivalence.emit.guard import check_source
from equivalence.emit.inference_text import FUSE, FoldedNorm, load_for_inference
from equivalence.emit.line_breaking import WIDTH, indented
from equivalence.emit.precision import widened
from equivalence.translation.call_site import Value
from equivalence.translation.dtype_policies import PORTED, ported
from equivalence.translation.order import Flat, Order, to_torch_shape
from equivalence.translation.structure import leaves_of

_STRIDED_POINTWISE = re.compile(r"nn\.Conv2d\((\d+), \d+, kernel_size=1, stride=")


def render_file(draft: FileDraft, taps: bool = False, norms: tuple[FoldedNorm, ...] = ()) -> str:
    """The whole source; with `taps`, every layer's output is passed through a `tap` the loader supplies.

    `norms` are those that a second function folds as it loads the weights.
    """
    model = draft.classes[-1]
    classes = [
        render_class(part, taps, "" if part is model else _signature(part, draft.floats), draft.names)
        for part in draft.classes
    ]
    own = sorted(source for source in draft.helpers if source.startswith("from "))
    code = [*(source for source in draft.helpers if source not in own), *classes]
    code = [widened(part, draft.floats) for part in code]
    loads = [_load(draft, bool(own)), *([load_for_inference(model.name, norms)] if norms else [])]
    head = "\n".join([_docstring(draft), imports("\n".join([*code, *loads])), *([""] if own else []), *own])
    parts = [head + _renamed(draft), *code, *loads]
    return check_source("\n\n\n".join(parts) + "\n")


def _docstring(draft: FileDraft) -> str:
    model = draft.classes[-1]
    count = parameter_count(draft)
    where = f"in {plain(draft.source)}" if "." in draft.source else plain(draft.source)  # a file, or a live model
    title = f"{model.name}: port of the Keras model {where} ({count:,} parameters)."
    lines = [*textwrap.wrap(f'"""{title}', WIDTH), "", *interface(model, draft.floats, WIDTH)]
    if draft.frozen:
        frozen = ", ".join(plain(name) for name in draft.frozen[:6]) + (", …" if len(draft.frozen) > 6 else "")
        text = f"Frozen in Keras (trainable=False), trainable here: {len(draft.frozen)} layers ({frozen})."
        lines += ["", *textwrap.wrap(text, WIDTH)]
    for note in draft.notes:
        lines += ["", *textwrap.wrap(note, WIDTH)]
    return "\n".join([*lines, '"""', ""])


def parameter_count(draft: FileDraft) -> int:
    """Numbers that the Keras model stores in its weights, running statistics included."""
    stored = {id(placed.stored): placed.stored for placed in draft.placements if placed.stored is not None}
    return sum(prod(array.shape) for array in stored.values())


def plain(name: str) -> str:
    """A name as it may stand in a comment or docstring: only if it is a plain ASCII word."""
    return name if name.isascii() and name.replace(".", "").replace("/", "").replace("-", "").isidentifier() else "…"


def _shape(shape: tuple[int | None, ...]) -> str:
    """Of a tensor, with N for its batch; a weight that a class is given has none, nor has a single number."""
    first = [str(shape[0]) if shape[0] else "N"] if shape else []
    return "(" + ", ".join([*first, *("?" if size is None else str(size) for size in shape[1:])]) + ")"


def _line(kind: str, name: str, value: Value, dtype: str) -> tuple[str, str, str, str]:
    order: Order = value.order
    torch_shape = value.shape if isinstance(order, Flat) else to_torch_shape(order, value.shape)
    same = torch_shape == value.shape and order == "keras"
    return kind, name, f"{dtype} {_shape(torch_shape)}", "" if same else f"Keras: {_shape(value.shape)}"


def interface(model: ClassDraft, floats: str, width: int) -> list[str]:
    """A line for each input and output, in columns; where those are too wide, one below the other.

    None for a class whose instances are called on different shapes.
    """
    if model.shapes_differ:
        return []

    def held(dtype: str) -> str:
        return floats if dtype == PORTED else dtype

    rows = [_line("Input", name, value, held(ported(spec.dtype or value.dtype))) for name, value, spec in model.inputs]
    outputs = leaves_of(Value, model.outputs)
    rows += [_line("Output", plain(value.hint), value, held(value.dtype)) for value in outputs]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    made = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if max(map(len, made)) <= width:
        return made
    return [line for row in rows for line in (f"{row[0]} {row[1]}", *(f"    {cell}" for cell in row[2:] if cell))]


def _signature(model: ClassDraft, floats: str) -> str:
    what = "a layer of its own in Keras" if model.own else "a block that repeats" if model.begins else "a nested model"
    what = "one step of a loop" if model.step else what
    lines = interface(model, floats, WIDTH - 4)
    return "\n".join([f"{model.name}, {what}.", *(["", *lines, ""] if lines else [])])


def imports(code: str, loads: bool = True) -> str:
    """The import statements of a file with this code in it; `loads`: it has the function `load` too."""
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    lines = ["from __future__ import annotations", ""]
    standard = ["import math"] if "math" in names else []
    standard += ["from collections.abc import Callable"] if "Callable" in names else []
    standard += ["from pathlib import Path"] if loads else []
    lines += [*standard, ""] if standard else []
    lines += ["import torch"] if "torch" in names else []
    lines += ["import torch.nn.functional as F"] if "F" in names else []
    lines += ["from safetensors.torch import load_file"] if loads else []
    fused = [name for name in FUSE.values() if name in names]
    lines += ["from torch import Tensor, nn"]
    return "\n".join([*lines, *([f"from torch.nn.utils.fusion import {', '.join(fused)}"] if fused else [])])


def _renamed(draft: FileDraft) -> str:
    rows = [
        _entry(f"{part.name}.{attribute}", name)
        for part in draft.classes
        for attribute, name in part.renamed.items()
        if attribute in {*part.modules, *part.buffers, *part.held}
    ]
    if not rows:
        return ""
    return "\n\n" + "\n".join(
        ["# Names in Keras that Python or nn.Module do not allow.", "KERAS_NAMES = {", *rows, "}"]
    )


def _entry(attribute: str, name: str) -> str:
    """A line of the table of names; of a long name, its pieces below one another."""
    key = f'    "{attribute}": '
    if len(key) >= WIDTH:
        key = "\n        ".join(["    (", *(f'"{part}"' for part in re.split(r"(?<=\.)", attribute))]) + "\n    ): "
    line = f"{key}{double_quoted(ascii(name))},"
    if len(line.rpartition("\n")[2]) <= WIDTH:
        return line
    pieces = [""]
    for letter in name:
        if len(ascii(pieces[-1] + letter)) > WIDTH - 8:
            pieces.append("")
        pieces[-1] += letter
    texts = [f"        {double_quoted(ascii(piece))}" for piece in pieces]
    return "\n".join([f"{key}(", *texts, "    ),"])


def _load(draft: FileDraft, own: bool) -> str:
    """The function that loads the weights: mapped from the file, without memory or random numbers for others before.

    Except where a module makes a tensor that is not in the file: a constant of a class, or what is in a module that
    the user wrote (`own`).
    """
    name = draft.classes[-1].name
    model = "model.to(memory_format=torch.channels_last)" if _channels_last(draft) else "model"
    constants = own or any(part.buffers for part in draft.classes)
    made = [
        indented(f"model = {name}(){'' if draft.floats == PORTED else '.double()'}", 1),
    ] if constants else [
        indented('with torch.device("meta"):', 1),
        indented(f"model = {name}()", 2),
    ]  # fmt: skip
    return "\n".join([
        'WEIGHTS = Path(__file__).with_suffix(".safetensors")',
        "",
        "",
        f"def load(path: str | Path = WEIGHTS) -> {name}:",
        indented(f'"""The {name} with its trained weights, in eval mode."""', 1),
        *made,
        indented("model.load_state_dict(load_file(path), assign=True)", 1),
        indented(f"return {model}.eval()", 1),
    ])  # fmt: skip


def _channels_last(draft: FileDraft) -> bool:
    """Whether `load` keeps convolutions in channels_last memory, which a CPU runs faster (benchmarks/README.md).

    Not where something has five axes, which torch cannot lay out so. Not where a strided convolution of kernel
    size 1 has few channels: in that memory, torch 2.13 writes past its buffers in the backward pass of one with
    fewer than 16, on a CPU, and training ends in a crash.
    """
    ctors = draft.constructors
    crash = any(int(match[1]) < 16 for ctor in ctors if (match := _STRIDED_POINTWISE.search(ctor)))
    constants = [text for part in draft.classes for text in part.buffers.values()]
    shapes = [placed.shape for placed in draft.placements] + [table.shape or () for table in draft.tables.values()]
    volumes = any(len(shape) == 5 for shape in shapes) or any("[[[[[" in text for text in constants)
    return any("Conv2d(" in ctor for ctor in ctors) and not crash and not volumes
