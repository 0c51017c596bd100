"""What `--inference` adds to an emitted file: which normalizations go into the layers before them, and that they do."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import NamedTuple

from equivalence.emit.line_breaking import WIDTH, indented


class FoldedNorm(NamedTuple):
    """A normalization and the layer that it goes into, by their attributes in the emitted module."""

    norm: str  # "block1.norm"
    layer: str
    kind: str  # "conv" or "linear"


#: torch's own function for each kind of layer.
FUSE: Mapping[str, str] = {"conv": "fuse_conv_bn_eval", "linear": "fuse_linear_bn_eval"}


def fusing(norms: tuple[FoldedNorm, ...]) -> list[str]:
    """The functions of torch that are needed."""
    return [FUSE[kind] for kind in FUSE if any(norm.kind == kind for norm in norms)]


def load_for_inference(name: str, norms: tuple[FoldedNorm, ...]) -> str:
    """The table and the function that uses it. All names are those of modules that this package made."""
    table = [line for norm in norms for line in _row(norm)]
    functions = fusing(norms)
    fuse = functions[0] if len(functions) == 1 else "fuse"
    choice = [f"fuse = {FUSE['linear']} if isinstance(part, nn.Linear) else {FUSE['conv']}"] * (len(functions) > 1)
    says = f'"""The {name} with each normalization folded into the layer before it: for inference alone."""'
    return "\n".join([
        "# Normalizations, and the layers before them, which do both in inference.",
        "FOLDED = {",
        *table,
        "}",
        "",
        "",
        f"def load_for_inference(path: str | Path = WEIGHTS) -> {name}:",
        *textwrap.wrap(says, WIDTH, initial_indent="    ", subsequent_indent="    "),
        indented("model = load(path)", 1),
        indented("for norm, layer in FOLDED.items():", 1),
        indented("part = model.get_submodule(layer)", 2),
        *(indented(line, 2) for line in choice),
        indented(f"model.set_submodule(layer, {fuse}(part, model.get_submodule(norm)))", 2),
        indented("model.set_submodule(norm, nn.Identity())", 2),
        indented("return model", 1),
    ])  # fmt: skip


def _row(norm: FoldedNorm) -> list[str]:
    line = f'    "{norm.norm}": "{norm.layer}",'
    return [line] if len(line) <= WIDTH else [f'    "{norm.norm}": (', f'        "{norm.layer}"', "    ),"]
