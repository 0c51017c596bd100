"""Emitted code is parsed again and held against an allow-list before anything of it runs.

Text from a model file should never reach the source (`equivalence.translation.python_text.literal`); this is the second
lock: whatever an entry writes, only arithmetic, tensors and modules can come of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

_NODES = (
    ast.Expression, ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.FunctionDef,
    ast.ClassDef, ast.For, ast.While, ast.If, ast.Pass, ast.Import, ast.ImportFrom, ast.Raise, ast.Continue,
    ast.Break, ast.alias, ast.arguments, ast.arg, ast.keyword, ast.Name, ast.Attribute, ast.Subscript, ast.Slice,
    ast.Call, ast.Starred, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.BinOp, ast.UnaryOp, ast.BoolOp,
    ast.Compare, ast.IfExp, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.comprehension, ast.JoinedStr,
    ast.FormattedValue, ast.With, ast.withitem,
    ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
#: Functions and classes of Python that emitted code may name.
BUILTINS = frozenset({
    "abs", "all", "any", "bool", "bytes", "dict", "enumerate", "float", "int", "isinstance", "len", "list", "max",
    "min", "range", "reversed", "slice", "sorted", "str", "sum", "super", "tuple", "zip", "object", "ValueError",
})  # fmt: skip
_FRAMEWORK = frozenset(
    {"torch", "nn", "F", "math", "self", "tap", "load_file", "Path", "__file__", "Tensor", "Callable"}
)
_IMPORTS = frozenset({
    "__future__", "torch", "torch.nn", "torch.nn.functional", "math", "pathlib", "safetensors.torch", "collections",
    "collections.abc", "torch.nn.utils.fusion",
})  # fmt: skip
#: Modules that the caller registered a class of (`register_module`).
_registered: set[str] = set()
_TOKEN = re.compile(r"_v\d+_\Z")
#: Parts of torch through which files, processes or code are reached.
_BEYOND_TENSORS = frozenset({
    "load", "save", "jit", "hub", "ops", "classes", "package", "serialization", "utils", "multiprocessing", "os",
    "distributed", "sys", "compile", "export", "library", "compiler", "overrides", "from_file", "cuda", "backends",
})  # fmt: skip

#: What the text of a callback, a loop or a data set needs besides (`emit/written_text.py`): it reads and writes
#: files of the user's own, and makes copies and batches. It comes from the catalogue alone; no layer may do this.
_WRITTEN_NAMES = frozenset({"iter", "next", "print", "round", "set"})
_WRITTEN_IMPORTS = frozenset({
    "copy", "csv", "json", "random", "shutil", "time", "wave", "numpy", "PIL", "torch.utils.data",
    "torch.utils.tensorboard", "torch.optim.swa_utils", "urllib.request", "hashlib", "zlib",
})  # fmt: skip
_WRITTEN_TORCH = frozenset({"save", "load", "utils", "compile", "cuda", "backends"})


class Unsafe(ValueError):
    """Emitted code holds what no translation needs."""


def allow_import(module: str) -> None:
    """Lets emitted code import a module that the caller named."""
    _registered.add(module)


def check_expression(tree: ast.Expression, helpers: Collection[str] = ()) -> None:
    """Raises Unsafe where an expression holds more than calls, attributes, arithmetic and known names.

    `helpers`: names of functions and classes that the emitted file defines itself.
    """
    _check(tree, {*helpers, *_bound(tree)})


def check_source(source: str, helpers: Collection[str] = (), *, written: bool = False) -> str:
    """`source`, if every node, name and import of it is on the allow-list; else raises Unsafe.

    `helpers`: names that other parts of the emitted file define. `written`: it is the text of an object that an entry
    writes beside models, whose list is wider.
    """
    tree = ast.parse(source)
    _check(tree, {*helpers, *_bound(tree)}, written)
    return source


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def _on_lists(node: ast.Attribute) -> bool:
    """Whether it is one of torch's functions on lists of tensors, by which its optimizers compute."""
    return node.attr.startswith("_foreach_") and isinstance(node.value, ast.Name) and node.value.id == "torch"


def _check(tree: ast.AST, bound: set[str], written: bool = False) -> None:
    names = bound | BUILTINS | _FRAMEWORK | (_WRITTEN_NAMES if written else frozenset())
    imports = _IMPORTS | _registered | (_WRITTEN_IMPORTS if written else frozenset())
    beyond = _BEYOND_TENSORS - (_WRITTEN_TORCH if written else frozenset())
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise Unsafe(f"emitted code holds a {type(node).__name__}")
        if isinstance(node, ast.Name) and node.id not in names and not _TOKEN.match(node.id):
            raise Unsafe(f"emitted code names {node.id!r:.60}")
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or "."]
            if not set(modules) <= imports:
                raise Unsafe(f"emitted code imports {', '.join(modules)!r:.60}")
        if isinstance(node, ast.Attribute):
            if node.attr.startswith("_") and node.attr != "__init__" and not _on_lists(node):
                raise Unsafe(f"emitted code reads the private attribute {node.attr!r:.60}")
            if isinstance(node.value, ast.Name) and node.value.id == "torch" and node.attr in beyond:
                raise Unsafe(f"emitted code reads torch.{node.attr}")
