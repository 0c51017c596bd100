"""Emitted code as a person would say it in one or two lines: without the class around it, without what torch lacks.

    nn.Conv2d(4, 5, kernel_size=3)(inputs)

instead of a class that makes one module and calls it. Where several modules are made, or a line would be too long,
each is a line, and so is each statement of the forward.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from equivalence.emit.expression_layout import flat
from equivalence.emit.line_breaking import broken

_PARAMETERS = "model.parameters()"  # which every optimizer is given
_LONGEST = 72  # of an expression that holds its modules
DROP_IN, WITH_ARGUMENTS, CODE = "drop-in", "drop-in with these arguments", "needs this code"


class Short(NamedTuple):
    """Emitted code, taken apart."""

    lines: tuple[str, ...]  # statements, one a line where they are short; the last one is the result
    helpers: tuple[str, ...]  # definitions of what torch lacks, which the lines use
    trees: tuple[ast.stmt, ...]  # the statements of `lines`


def short(text: str) -> Short:
    """What emitted text comes down to. `text`: definitions, then the class that uses them, or statements."""
    body = ast.parse(text).body
    if body and isinstance(body[-1], ast.ClassDef):
        statements, helpers = _of_class(body[-1]), body[:-1]
    else:
        defined = any(isinstance(part, (ast.ClassDef, ast.FunctionDef)) for part in body)
        apart = (ast.ClassDef, ast.FunctionDef, *((ast.Import, ast.ImportFrom) if defined else ()))
        statements = [part for part in body if not isinstance(part, apart)]
        helpers = [part for part in body if isinstance(part, apart)]  # imports stand above what is defined
    statements = _without_last_name(statements)
    lines = [line for part in statements for line in _written(part).split("\n")]
    return Short(tuple(lines), tuple(_source(text, part) for part in helpers), tuple(statements))


def standing(said: Short, stated: Sequence[object], sizes: Sequence[object]) -> str:
    """How near the code is to one call of torch's own: DROP_IN, WITH_ARGUMENTS or CODE.

    DROP_IN: one call, whose arguments are all `stated` by the Keras call, or, in their places, `sizes` of its inputs;
    WITH_ARGUMENTS: one call, with others; CODE: anything else.
    """
    tree = _called_at_once(said.trees)
    if said.helpers or tree is None:
        return CODE
    value = tree.value if isinstance(tree, (ast.Expr, ast.Assign)) else None
    if isinstance(value, ast.Name):
        return DROP_IN
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node) != _PARAMETERS]
    made = [call for call in calls if not isinstance(call.func, ast.Call)]
    if not isinstance(value, ast.Call) or len(made) != 1:
        return DROP_IN if isinstance(value, (ast.BinOp, ast.UnaryOp)) and _plain(value) else CODE
    known, in_place = {repr(each) for each in stated}, {repr(each) for each in [*stated, *sizes]}
    as_stated = all(_is_known(each.value, known) for each in made[0].keywords)
    return DROP_IN if as_stated and all(_is_known(each, in_place) for each in made[0].args) else WITH_ARGUMENTS


def _called_at_once(trees: Sequence[ast.stmt]) -> ast.stmt | None:
    """The one statement that the code is, a module with a line of its own put back where it is called."""
    match trees:
        case [alone]:
            return alone
        case [ast.Assign([ast.Name(name)], ast.Call() as made), ast.Expr(ast.Call(ast.Name(called), args, keywords))]:
            return ast.Expr(ast.Call(made, args, keywords)) if name == called else None
    return None


def with_trees(said: Short, trees: Sequence[ast.stmt]) -> Short:
    """The same with other statements."""
    return said._replace(lines=tuple(line for part in trees for line in _written(part).split("\n")), trees=tuple(trees))


def differing(right: Short, wrong: Short) -> tuple[list[str], list[str]]:
    """The statements in which two forms of one case differ, a line each, in the right and in the wrong one; lines of
    helpers, where the statements are alike."""
    ours, theirs = [tuple(_written(part, _on_one_line) for part in form.trees) for form in (right, wrong)]
    if ours == theirs:
        ours, theirs = _lines(right.helpers), _lines(wrong.helpers)
    found: tuple[list[str], list[str]] = ([], [])
    for tag, start, end, begin, stop in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            found[0].extend(ours[start:end])
            found[1].extend(theirs[begin:stop])
    return found


def _without_last_name(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Of `x = f(y)` and then `x`, the first expression alone."""
    match statements:
        case [*before, ast.Assign([target], value), ast.Expr(result)] if ast.unparse(target) == ast.unparse(result):
            return [*before, ast.Expr(value)]
    return statements


def _lines(sources: Sequence[str]) -> tuple[str, ...]:
    return tuple(line.strip() for source in sources for line in source.split("\n") if line.strip())


def _plain(node: ast.expr) -> bool:
    """An operator between inputs and numbers: `a + b`, `-x`."""
    return all(
        isinstance(part, (ast.BinOp, ast.UnaryOp, ast.Name, ast.Constant, ast.operator, ast.unaryop, ast.expr_context))
        for part in ast.walk(node)
    )


def _is_known(node: ast.expr, known: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return True
    try:
        return repr(ast.literal_eval(node)) in known
    except ValueError:
        parts = ast.walk(node)  # of inputs alone: `[a, b]`, `model.parameters()`
        return not any(isinstance(part, ast.Constant) for part in parts)


def _of_class(found: ast.ClassDef) -> list[ast.stmt]:
    """The statements of a class: its modules, then its forward, the returned value last."""
    methods = {each.name: each for each in found.body if isinstance(each, ast.FunctionDef)}
    made = [*_made([*_with_modes(methods)])] if "__init__" in methods else []
    ran = [_without_return(part) for part in methods["forward"].body]
    uses = Counter(_own(node) for part in ran for node in ast.walk(part))
    made = [(name, tree, part) for name, tree, part in made if part is not None or uses[name]]
    modules = {name: tree for name, tree, part in made if part is None}
    if len(ran) == 1 and all(name for name, _, _ in made) and all(uses[name] == 1 for name in modules):
        (alone,) = _replaced(ran, modules)
        if len(ast.unparse(alone)) <= _LONGEST:
            return [alone]
    lines: list[ast.stmt] = []
    for name, tree, part in made:
        lines.append(part if part is not None else ast.Assign([ast.Name(name, ast.Store())], tree, lineno=0))
    ran = [_with_other_values(part, modules) for part in ran]
    return _replaced([*lines, *ran], {name: ast.Name(name, ast.Load()) for name in modules})


def _with_modes(methods: Mapping[str, ast.FunctionDef]) -> Iterator[ast.stmt]:
    """The constructor's statements; for its `self.train()` those that put modules in a mode of their own."""
    for part in methods["__init__"].body:
        if ast.unparse(part) != "self.train()":
            yield part
            continue
        for mode in methods["train"].body:
            match mode:
                case ast.Expr(ast.Call(ast.Attribute(ast.Attribute(ast.Name("self")), "train" | "eval"))):
                    yield mode


def _made(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr, ast.stmt | None]]:
    """What a constructor makes: name and expression; a statement that does something else, as it is."""
    for part in body:
        match part:
            case ast.Expr(ast.Call(ast.Attribute(ast.Call(ast.Name("super"))))):
                continue
            case ast.Assign([ast.Attribute(ast.Name("self"), name)], value):
                yield name, value, None
            case ast.Expr(
                ast.Call(ast.Attribute(ast.Name("self"), "register_buffer"), [ast.Constant(name), value, *_])
            ):
                yield str(name), value, None
            case _:
                yield "", ast.Constant(None), part


def _without_return(part: ast.stmt) -> ast.stmt:
    return ast.Expr(part.value) if isinstance(part, ast.Return) and part.value is not None else part


def _own(node: ast.AST) -> str:
    """The name of an attribute of self; "" for anything else."""
    return node.attr if isinstance(node, ast.Attribute) and _is_self(node.value) else ""


def _with_other_values(part: ast.stmt, modules: Collection[str]) -> ast.stmt:
    """A statement whose variables are not called as modules are, which stand without `self` beside them."""

    class _Values(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(f"{node.id}_out", node.ctx) if node.id in modules else node

    made: ast.stmt = _Values().visit(ast.parse(ast.unparse(part)).body[0])
    return made


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _replaced(parts: Sequence[ast.stmt], names: dict[str, ast.expr]) -> list[ast.stmt]:
    class _Attributes(ast.NodeTransformer):
        def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
            return names[_own(node)] if _own(node) in names else self.generic_visit(node)

    copies = [ast.parse(ast.unparse(part)).body[0] for part in parts]
    return [ast.fix_missing_locations(_Attributes().visit(part)) for part in copies]


def _broken(prefix: str, value: ast.expr) -> str:
    return broken(prefix, value, 0)


def _on_one_line(prefix: str, value: ast.expr) -> str:
    return prefix + flat(value)


def _written(part: ast.stmt, layout: Callable[[str, ast.expr], str] = _broken) -> str:
    match part:
        case ast.Expr(value):
            return layout("", value)
        case ast.Assign([ast.Tuple(targets)], value):
            return layout(f"{', '.join(map(ast.unparse, targets))} = ", value)
        case ast.Assign([target], value):
            return layout(f"{ast.unparse(target)} = ", value)
    return ast.unparse(part)


def _source(text: str, part: ast.stmt) -> str:
    decorators = getattr(part, "decorator_list", [])
    first = min([part.lineno, *(each.lineno for each in decorators)])
    return "\n".join(text.split("\n")[first - 1 : part.end_lineno])
