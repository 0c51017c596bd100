"""Expressions of an nn.Module's methods, as Keras: each call by the reverse translation of its name."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from equivalence.catalogue.from_torch.torch_index import resolved, rows_of, stored
from equivalence.search.nested_modules import layers_of
from equivalence.search.torch_first import translated
from equivalence.snippets.known_values import NotUnderstood
from equivalence.snippets.torch_kinds import CHANNELS, PLAIN, moved, through, wanted
from equivalence.translation.keras_templates import Cannot
from equivalence.translation.torch_calls import Call, WrongCall, bind, signature

#: Arguments that name dimensions of the first tensor.
_DIMS = ("dim", "dims", "dim0", "dim1", "axis")
#: Families of functions that know where channels are, and single functions whose dimensions can be moved.
_ON_CHANNELS = ("convolution_calls", "pooling_calls")
_WITH_CHANNELS = (*_ON_CHANNELS, "activation_calls", "elementwise_calls")
_ALONG_AXES = frozenset("cat concat concatenate mean sum amax amin dropout dropout2d interpolate batch_norm".split())


@dataclass(slots=True)
class Names:
    """What a text calls the parts of torch, and its own module classes."""

    imports: Mapping[str, str]  # name -> full name: "nn" -> "torch.nn"
    classes: Mapping[str, str | None]  # own module classes: the kind of tensor that they take
    gives: dict[str, str | None] = field(default_factory=dict)  # own classes: the kind of what they give
    helpers: dict[str, str] = field(default_factory=dict)  # what the code calls, by its text's first line

    def full(self, node: ast.expr) -> str | None:
        """The full name of a dotted name of torch; None for anything else."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imports:
            return None
        return ".".join([self.imports[node.id], *reversed(parts)])


def answered(names: Names, full: str, call: Call, line: int) -> ast.expr:
    """The Keras expression of a torch call. Raises NotUnderstood where there is none."""
    known = resolved(full)
    if known is None:
        raise NotUnderstood(f"nothing is known of {full}", line)
    try:
        answer = translated(rows_of(known), call)
    except (WrongCall, Cannot) as error:
        raise NotUnderstood(str(error), line) from error
    if answer.code is None:
        because = answer.row.no_counterpart or answer.cannot or f"it depends on {answer.depends_on}"
        raise NotUnderstood(f"{full}: {because}", line)
    text = answer.row.helper.strip("\n")
    if text and re.search(rf"\b{text.partition('(')[0].split()[-1]}\(", answer.code):
        names.helpers[text.partition("\n")[0]] = text
    return ast.parse(answer.code, mode="eval").body


def constructed(names: Names, node: ast.expr) -> ast.expr:
    """An expression of `__init__` with every module of torch's in it as a layer of Keras's."""

    class Constructors(ast.NodeTransformer):
        def visit_Call(self, call: ast.Call) -> ast.expr:
            full = names.full(call.func)
            if full is None or not full.startswith("torch."):
                self.generic_visit(call)
                return call
            if full in ("torch.nn.Sequential", "torch.nn.ModuleList"):
                self.generic_visit(call)
                if full.endswith("List"):
                    return call.args[0] if call.args else ast.List([], ast.Load())
                if not call.args:
                    return _called("keras.layers.Identity")
                return _called("keras.Sequential", ast.List(call.args, ast.Load()))
            if not full.startswith("torch.nn.") or full.startswith("torch.nn.functional"):
                raise NotUnderstood(f"{full} in __init__ is not known here", call.lineno)
            plain = ast.Call(call.func, call.args, call.keywords)
            made = answered(
                names, full, Call(full, plain, None, ast.Call(ast.Name("called"), [ast.Name("x")], [])), call.lineno
            )
            try:
                layers = layers_of(ast.unparse(made))
            except Cannot as error:
                raise NotUnderstood(str(error), call.lineno) from error
            parsed = [ast.parse(each, mode="eval").body for each in layers]
            return parsed[0] if len(parsed) == 1 else _called("keras.Sequential", ast.List(parsed, ast.Load()))

    made: ast.expr = Constructors().visit(copy.deepcopy(node))
    return made


def _called(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.parse(name, mode="eval").body, list(args), [])


class Forward:
    """The expressions of one method; `modules`: by attribute, the classes that it is a row of."""

    def __init__(self, names: Names, modules: Mapping[str, tuple[str, ...]], kinds: dict[str, str | None]) -> None:
        self.names, self.modules, self.kinds = names, modules, kinds
        self.loops: dict[str, str] = {}  # variables of loops, by the attribute that holds the list

    def expression(self, node: ast.expr) -> tuple[ast.expr, str | None]:
        """An expression as Keras, and the kind of tensor that it gives; None: not known. Raises NotUnderstood."""
        match node:
            case ast.Name(id=name):
                return node, self.kinds.get(name)
            case ast.Constant():
                return node, None
            case ast.Tuple() | ast.List():
                parts = [self.expression(part) for part in node.elts]
                made = type(node)([part for part, _ in parts], ast.Load())
                return made, _common([kind for _, kind in parts])
            case ast.BinOp():
                left, one = self.expression(node.left)
                right, other = self.expression(node.right)
                return ast.BinOp(left, node.op, right), self._joined(node.left, one, node.right, other)
            case ast.UnaryOp():
                operand, kind = self.expression(node.operand)
                return ast.UnaryOp(node.op, operand), kind
            case ast.Subscript() if self._is_plain(node.value):
                value, kind = self.expression(node.value)
                return ast.Subscript(value, node.slice, ast.Load()), kind
            case ast.Attribute(value=ast.Name(id="self")):
                return node, None
            case ast.Call():
                return self._call(node)
        raise NotUnderstood(f"{ast.unparse(node)!s:.60} is not known here", node.lineno)

    def _is_plain(self, node: ast.expr) -> bool:
        return self.expression(node)[1] == PLAIN or isinstance(node, ast.Attribute)

    def _joined(self, left: ast.expr, one: str | None, right: ast.expr, other: str | None) -> str | None:
        if isinstance(left, ast.Constant):
            return other
        if isinstance(right, ast.Constant) or one == other:
            return one
        if None not in (one, other):
            raise NotUnderstood("tensors whose channels lie elsewhere meet", left.lineno)
        return None

    def _call(self, node: ast.Call) -> tuple[ast.expr, str | None]:
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self":
            return self._own(node, self.modules.get(node.func.attr, ()))
        if isinstance(node.func, ast.Name) and node.func.id in self.loops:
            return self._own(node, self.modules.get(self.loops[node.func.id], ())[:1])
        full = self.names.full(node.func)
        if full is not None:
            return self._function(node, full, None)
        if isinstance(node.func, ast.Attribute):
            return self._function(node, f"torch.Tensor.{node.func.attr}", node.func.value)
        raise NotUnderstood(f"{ast.unparse(node.func)!s:.60} is not known here", node.lineno)

    def _own(self, node: ast.Call, row: tuple[str, ...]) -> tuple[ast.expr, str | None]:
        args = [self.expression(arg) for arg in node.args]
        if not row and isinstance(node.func, ast.Attribute) and node.func.attr not in self.modules:
            raise NotUnderstood(f"{ast.unparse(node.func)!s:.60} is no module that is known here", node.lineno)
        kind = args[0][1] if args else None
        needed = next((need for each in row if (need := self.names.classes.get(each) or wanted(each))), None)
        if needed is not None and needed != kind and not (needed == PLAIN and kind is None and "Flatten" not in row):
            raise NotUnderstood(
                f"{ast.unparse(node.func)!s:.60} takes a tensor with its channels elsewhere than in what it is given, "
                "as far as that is known",
                node.lineno,
            )
        made = ast.Call(node.func, [arg for arg, _ in args], node.keywords)
        return made, through(row, kind, self.names.gives)

    def _function(self, node: ast.Call, full: str, receiver: ast.expr | None) -> tuple[ast.expr, str | None]:
        known = resolved(full)
        name = full.rpartition(".")[2].rstrip("_")
        call = Call(full, node, receiver, None)
        if known is None:
            raise NotUnderstood(f"nothing is known of {full}", node.lineno)
        rows = rows_of(known)
        try:
            bound = bind(call, signature(rows[0].torch))
        except WrongCall as error:
            raise NotUnderstood(str(error), node.lineno) from error
        first = next(iter(bound.values()), None)
        kind = None if first is None else self.expression(first)[1]
        if name in ("flatten", "view", "reshape") and kind in CHANNELS and _flattens(node, name, first):
            return _flat(self.expression(first)[0]), PLAIN  # type: ignore[arg-type]
        family = stored()[known]
        if kind in CHANNELS and not (family in _WITH_CHANNELS or name in _ALONG_AXES):
            raise NotUnderstood(
                f"{name} of a tensor with channels may mean other numbers in Keras's order", node.lineno
            )
        if kind not in CHANNELS and family in _ON_CHANNELS:
            raise NotUnderstood(f"{name} is called on something that has no channels, as far as is known", node.lineno)
        for parameter in signature(rows[0].torch).all:  # what is left out is another axis in Keras too
            if parameter.name in _DIMS and parameter.default is not None and kind in CHANNELS:
                bound.setdefault(parameter.name, parameter.default)
        named: list[ast.keyword] = []
        for argument, value in bound.items():
            is_dims = argument in _DIMS
            made = moved(kind, value, node.lineno) if is_dims else self._argument(value)
            named.append(ast.keyword(argument, made))
        places = [each.value for each in named[:1]]
        code = answered(self.names, full, Call(full, ast.Call(node.func, places, named[1:]), None, None), node.lineno)
        return code, _result(name, kind, bound)

    def _argument(self, node: ast.expr) -> ast.expr:
        try:
            return self.expression(node)[0]
        except NotUnderstood:
            if isinstance(node, (ast.Constant, ast.Tuple, ast.List, ast.UnaryOp)):
                return node
            raise


def _flattens(node: ast.Call, name: str, first: ast.expr | None) -> bool:
    """Whether a call makes a vector of each sample: `flatten(1)`, `view(x.size(0), -1)`."""
    text = ast.unparse(node).replace(" ", "")
    held = ast.unparse(first).replace(" ", "") if first is not None else ""
    if name == "flatten":
        return text.endswith(("flatten(1)", f"flatten({held},1)", "start_dim=1)"))
    batch = (f"{held}.size(0),-1)", f"{held}.shape[0],-1)", f"{held}.size()[0],-1)")
    return text.endswith(tuple(f"{name}({each}" for each in batch))


def _flat(x: ast.expr) -> ast.expr:
    return ast.Call(ast.parse("keras.layers.Flatten()", mode="eval").body, [x], [])


def _result(name: str, kind: str | None, bound: Mapping[str, ast.expr]) -> str | None:
    """The kind of what a function gives of a tensor of a kind."""
    keep = bound.get("keepdim")
    kept = isinstance(keep, ast.Constant) and keep.value is True
    if name in ("mean", "sum", "amax", "amin", "max", "min", "prod", "std", "var") and kind in CHANNELS and not kept:
        dims = bound.get("dim")
        gone = 0 if dims is None else len(dims.elts) if isinstance(dims, (ast.Tuple, ast.List)) else 1
        return PLAIN if CHANNELS[str(kind)] - gone == 2 else None
    return kind


def _common(kinds: list[str | None]) -> str | None:
    return kinds[0] if kinds and len(set(kinds)) == 1 else None
