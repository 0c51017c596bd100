"""What an expression of a definition is worth: plain values, layers and tensors, computed without running anything."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from equivalence.snippets.dims import Dim, computed_size, shape_of
from equivalence.snippets.known_values import (
    Bound,
    Class,
    Function,
    Instance,
    Mode,
    NetModel,
    NotUnderstood,
    Parent,
    Scope,
    Stock,
    Symbol,
    Tensor,
    known,
)
from equivalence.snippets.library_names import full_name
from equivalence.snippets.plain_python import (
    COMPARING,
    FUNCTIONS,
    NUMBERS,
    PLAIN,
    bounded,
    computed,
    method,
    plainly,
)
from equivalence.snippets.stock_layers import get_item, tensor_operation
from equivalence.translation.structure import leaves_of

if TYPE_CHECKING:
    from equivalence.snippets.reading_state import Reading

#: What a tensor's operators are in keras.ops.
_OPERATIONS = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "true_divide", ast.Pow: "power",
    ast.MatMult: "matmul", ast.FloorDiv: "floor_divide", ast.Mod: "mod", ast.Eq: "equal", ast.NotEq: "not_equal",
    ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal", ast.BitAnd: "logical_and",
    ast.BitOr: "logical_or",
}  # fmt: skip


def evaluate(reader: Reading, node: ast.expr, scope: Scope) -> Any:
    """The value of an expression. Raises NotUnderstood, with the line, where it is not known."""
    reader.step(node)
    made = _EVALUATORS.get(type(node))
    if made is None:
        raise NotUnderstood(f"a {type(node).__name__} is not known here", node.lineno)
    return made(reader, node, scope)


def _name(reader: Reading, node: ast.Name, scope: Scope) -> Any:
    try:
        return known(scope.find(node.id), node.lineno)
    except KeyError:
        if node.id in FUNCTIONS or node.id in ("super", "print", "isinstance", "hasattr", "getattr"):
            return Symbol(f"builtins.{node.id}")
        raise NotUnderstood(f"the name {node.id!r:.60} is not known", node.lineno) from None


def _constant(reader: Reading, node: ast.Constant, scope: Scope) -> Any:
    return bounded(node.value, node.lineno)


def _items(reader: Reading, nodes: list[ast.expr], scope: Scope) -> Iterator[Any]:
    for node in nodes:
        if isinstance(node, ast.Starred):
            yield from iterated(evaluate(reader, node.value, scope), node.lineno)
        else:
            yield evaluate(reader, node, scope)


def _dict(reader: Reading, node: ast.Dict, scope: Scope) -> Any:
    made: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            made.update(evaluate(reader, value, scope))
            continue
        name = evaluate(reader, key, scope)
        item = evaluate(reader, value, scope)
        plainly(partial(made.__setitem__, name, item), node.lineno)
    return made


def _binary(reader: Reading, node: ast.BinOp, scope: Scope) -> Any:
    one, other = evaluate(reader, node.left, scope), evaluate(reader, node.right, scope)
    return binary(reader, type(node.op), one, other, node.lineno)


def binary(reader: Reading, symbol: type, one: Any, other: Any, line: int) -> Any:
    """What an operator makes of two values: tensors, sizes or plain ones."""
    if _of_tensors(one) or _of_tensors(other):
        if symbol not in _OPERATIONS:
            raise NotUnderstood(f"the operator {symbol.__name__} of tensors is not known here", line)
        return tensor_operation(reader, _OPERATIONS[symbol], [one, other], line)
    if isinstance(one, Dim) or isinstance(other, Dim):
        return computed_size(symbol, one, other, line)
    return computed(symbol, one, other, line)


def _of_tensors(value: Any) -> bool:
    from equivalence.translation.graph import Held

    return isinstance(value, (Tensor, Held))


def _unary(reader: Reading, node: ast.UnaryOp, scope: Scope) -> Any:
    value = evaluate(reader, node.operand, scope)
    if isinstance(node.op, ast.Not):
        return not truth(value, node.lineno)
    if _of_tensors(value):
        name = {ast.USub: "negative", ast.Invert: "logical_not"}.get(type(node.op), "")
        if not name:
            return value
        return tensor_operation(reader, name, [value], node.lineno)
    if isinstance(value, Dim) and isinstance(node.op, ast.USub):
        return computed_size(ast.Mult, value, -1, node.lineno)
    if not isinstance(value, (int, float)):
        raise NotUnderstood(f"the sign of {value!r:.60} is not known", node.lineno)
    return -value if isinstance(node.op, ast.USub) else +value


def truth(value: Any, line: int) -> bool:
    """Whether a condition holds. Raises NotUnderstood where only a running model tells."""
    if isinstance(value, (Tensor, Mode, Dim)):
        what = "the mode of the call (training)" if isinstance(value, Mode) else "the numbers of a tensor"
        raise NotUnderstood(f"a condition depends on {what}, which is not known before the model runs", line)
    return bool(value) if isinstance(value, PLAIN) else True


def _boolean(reader: Reading, node: ast.BoolOp, scope: Scope) -> Any:
    value: Any = None
    for part in node.values:
        value = evaluate(reader, part, scope)
        if truth(value, node.lineno) != isinstance(node.op, ast.And):
            return value
    return value


def _compare(reader: Reading, node: ast.Compare, scope: Scope) -> Any:
    left = evaluate(reader, node.left, scope)
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(reader, right_node, scope)
        if type(operator) in (ast.Is, ast.IsNot):
            held: Any = (left is right) == isinstance(operator, ast.Is)
        elif _of_tensors(left) or _of_tensors(right):
            if len(node.ops) > 1 or type(operator) not in _OPERATIONS:
                raise NotUnderstood("this comparison of tensors is not known here", node.lineno)
            return tensor_operation(reader, _OPERATIONS[type(operator)], [left, right], node.lineno)
        elif isinstance(left, (Mode, Dim)) or isinstance(right, (Mode, Dim)):
            raise NotUnderstood("a condition depends on what is known when the model runs", node.lineno)
        else:
            held = plainly(partial(COMPARING[type(operator)], left, right), node.lineno)
        if not held:
            return False
        left = right
    return True


def _conditional(reader: Reading, node: ast.IfExp, scope: Scope) -> Any:
    chosen = node.body if truth(evaluate(reader, node.test, scope), node.lineno) else node.orelse
    return evaluate(reader, chosen, scope)


def _attribute(reader: Reading, node: ast.Attribute, scope: Scope) -> Any:
    return attribute(reader, evaluate(reader, node.value, scope), node.attr, node.lineno)


def attribute(reader: Reading, value: Any, name: str, line: int) -> Any:
    """An attribute of a value."""
    match value:
        case Symbol():
            path = full_name(f"{value.path}.{name}")
            return NUMBERS[path] if path in NUMBERS and not callable(NUMBERS[path]) else Symbol(path)
        case Tensor() if name == "shape":
            return shape_of(value)
        case Tensor() if name == "dtype":
            return value.value.dtype
        case Tensor() if name == "ndim":
            return value.value.rank
        case Instance():
            return reader.instance_attribute(value, name, line)
        case Parent():
            return reader.parent_attribute(value, name, line)
        case Stock() | NetModel() if name == "name":
            return value.name
        case Stock():
            if name in value.layer.config:
                return value.layer.config[name]
            return Bound(value, name)
        case NetModel():
            return reader.model_attribute(value, name, line)
        case Class() if name == "__name__":
            return value.name
    if isinstance(value, PLAIN):
        return method(value, name, line)
    raise NotUnderstood(f"the attribute {name!r:.60} of {type(value).__name__} is not known", line)


def _subscript(reader: Reading, node: ast.Subscript, scope: Scope) -> Any:
    value, key = evaluate(reader, node.value, scope), evaluate(reader, node.slice, scope)
    if _of_tensors(value):
        return get_item(reader, value, key, node.lineno)
    if not isinstance(value, PLAIN):
        raise NotUnderstood(f"{type(value).__name__}[...] is not known here", node.lineno)
    whole: Any = value
    return plainly(lambda: whole[key], node.lineno)


def _slice(reader: Reading, node: ast.Slice, scope: Scope) -> Any:
    parts = (None if part is None else evaluate(reader, part, scope) for part in (node.lower, node.upper, node.step))
    return slice(*parts)


def _formatted(reader: Reading, node: ast.JoinedStr, scope: Scope) -> Any:
    made = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            made.append(str(part.value))
            continue
        assert isinstance(part, ast.FormattedValue)
        value = evaluate(reader, part.value, scope)
        if not isinstance(value, (str, int, float)):
            raise NotUnderstood(f"a text is made of {value!r:.60}", node.lineno)
        spec = "" if part.format_spec is None else str(evaluate(reader, part.format_spec, scope))
        if len(spec) > 8 or any(len(digits) > 2 for digits in spec.replace(".", " ").split() if digits.isdigit()):
            raise NotUnderstood(f"the format {spec!r:.20} is not known here", node.lineno)
        made.append(plainly(partial(format, value, spec), node.lineno))
    return bounded("".join(made), node.lineno)


def _comprehension(reader: Reading, node: Any, scope: Scope) -> Any:
    inner = Scope(around=scope)
    made: list[Any] = []

    def filled(depth: int) -> None:
        if depth == len(node.generators):
            if isinstance(node, ast.DictComp):
                made.append((evaluate(reader, node.key, inner), evaluate(reader, node.value, inner)))
            else:
                made.append(evaluate(reader, node.elt, inner))
            return
        generator = node.generators[depth]
        for item in iterated(evaluate(reader, generator.iter, inner if depth else scope), node.lineno):
            reader.step(node)
            reader.assign(generator.target, item, inner)
            if all(truth(evaluate(reader, test, inner), node.lineno) for test in generator.ifs):
                filled(depth + 1)

    filled(0)
    return dict(made) if isinstance(node, ast.DictComp) else made


def iterated(value: Any, line: int) -> list[Any]:
    """The items of what a loop goes over. Raises NotUnderstood."""
    if isinstance(value, (list, tuple, range, str, dict)):
        return list(itertools.islice(value, 10_001))
    if isinstance(value, NetModel) and value.kind == "Sequential":
        return [item for item, _ in value.items]
    raise NotUnderstood(f"what is looped over is not known: {type(value).__name__}", line)


def _lambda(reader: Reading, node: ast.Lambda, scope: Scope) -> Any:
    return Function(node, scope, reader.defaults(node.args, scope))


def _call(reader: Reading, node: ast.Call, scope: Scope) -> Any:
    function = evaluate(reader, node.func, scope)
    if isinstance(function, Symbol) and function.path == "builtins.super":
        return reader.parent_of(scope, node.lineno)
    args = list(_items(reader, node.args, scope))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(reader, keyword.value, scope)
        if keyword.arg is None:
            if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
                raise NotUnderstood("the arguments behind ** are not known", node.lineno)
            kwargs.update(value)
        else:
            kwargs[keyword.arg] = value
    return reader.call(function, args, kwargs, node)


_EVALUATORS: dict[type, Any] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Tuple: lambda reader, node, scope: tuple(_items(reader, node.elts, scope)),
    ast.List: lambda reader, node, scope: list(_items(reader, node.elts, scope)),
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.JoinedStr: _formatted,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Lambda: _lambda,
    ast.Call: _call,
}


def tensors_in(value: Any) -> list[Tensor]:
    """Every tensor of a structure."""
    return leaves_of(Tensor, value)
