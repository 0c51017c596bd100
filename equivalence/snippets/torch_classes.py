"""Classes of nn.Module as classes of keras.Model, statement by statement: names, loops and comments as they are."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from equivalence.emit.line_breaking import WIDTH, broken, indented
from equivalence.snippets.comments import Flow
from equivalence.snippets.known_values import NotUnderstood
from equivalence.snippets.torch_forward import Forward, Names, constructed
from equivalence.snippets.torch_kinds import UNKNOWN, wanted
from equivalence.snippets.written_file import quotable


def is_module(node: ast.stmt, names: Names) -> bool:
    """Whether a statement defines a class of nn.Module."""
    return isinstance(node, ast.ClassDef) and any(names.full(base) == "torch.nn.Module" for base in node.bases)


def imported(tree: ast.Module) -> dict[str, str]:
    """What a module calls the parts of torch: by name, the full one."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "torch":
                    found[alias.asname or "torch"] = alias.name if alias.asname else "torch"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "torch" and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def kind_of_first(node: ast.ClassDef, names: Names) -> str | None:
    """The kind of tensor that a module class is called on: what the first module that it meets takes."""
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    if "forward" not in methods:
        return None
    modules = modules_of(node, names)
    parameter = next((each.arg for each in methods["forward"].args.args[1:]), "")
    return _kind_of(parameter, methods["forward"], modules, names)


def _kind_of(parameter: str, forward: ast.FunctionDef, modules: dict[str, tuple[str, ...]], names: Names) -> str | None:
    met = [
        (arg.lineno, arg.col_offset, call)
        for call in ast.walk(forward)
        if isinstance(call, ast.Call)
        for arg in call.args
        if isinstance(arg, ast.Name) and arg.id == parameter
    ]
    for _, _, call in sorted(met, key=lambda each: each[:2]):
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self":
            row = modules.get(call.func.attr, ())
            kind = next((kind for each in row if (kind := names.classes.get(each) or wanted(each))), None)
        else:
            kind = wanted((names.full(call.func) or "").rpartition(".")[2])
        if kind is not None:
            return kind
    return None


def modules_of(node: ast.ClassDef, names: Names) -> dict[str, tuple[str, ...]]:
    """By attribute, the classes of torch.nn or of the text that `__init__` makes, in the order of their calls."""
    found: dict[str, tuple[str, ...]] = {}
    rows = {each.name: _appended(each, names) for each in node.body if isinstance(each, ast.FunctionDef)}
    for each in node.body:
        if not (isinstance(each, ast.FunctionDef) and each.name == "__init__"):
            continue
        for statement in ast.walk(each):
            if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Attribute):
                continue
            attribute, made = statement.targets[0].attr, _made(statement.value, names)
            if isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func).startswith("self."):
                made = rows.get(ast.unparse(statement.value.func).removeprefix("self."), made)
            if made or not found.get(attribute):
                found[attribute] = made
    return found


def _appended(method: ast.FunctionDef, names: Names) -> tuple[str, ...]:
    """The classes of the row that a method makes (`_make_layer`): those that it appends to a list, in order."""
    found: list[str] = []
    for each in ast.walk(method):
        match each:
            case ast.Call(func=ast.Attribute(attr="append"), args=[ast.Call() as made]):
                found += _made(made, names)
    return tuple(found) or (UNKNOWN,)


def _made(value: ast.expr, names: Names) -> tuple[str, ...]:
    """The classes that a constructor call makes, those of a row one after the other."""
    if isinstance(value, (ast.List, ast.Tuple)):
        return tuple(name for each in value.elts for name in _made(each, names))
    if not isinstance(value, ast.Call):
        return (UNKNOWN,)
    full = names.full(value.func)
    if full is None:
        own = value.func.id if isinstance(value.func, ast.Name) else ""
        return (own,) if own in names.classes else (UNKNOWN,)
    name = full.rpartition(".")[2]
    if name in ("Sequential", "ModuleList"):
        return tuple(inner for each in value.args for inner in _made(each, names))
    return (name,)


def translated_class(node: ast.ClassDef, names: Names, flow: Flow) -> str:
    """The text of the Keras class. Raises NotUnderstood, with the line."""
    lines = [f"class {node.name}(keras.Model):"]
    if doc := ast.get_docstring(node, clean=False):
        lines += [f'    """{quotable(doc)}"""', ""]
    modules = modules_of(node, names)
    for statement in node.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if _constant(statement):
            lines += [*flow.code(statement.lineno, f"    {ast.unparse(statement)}"), ""]
            continue
        if not isinstance(statement, ast.FunctionDef):
            raise NotUnderstood("only methods are known in a class of nn.Module", statement.lineno)
        lines += [indented(line, 1) for line in _method(node.name, statement, modules, names, flow)] + [""]
    return "\n".join(lines).rstrip()


def made_by(node: ast.FunctionDef, names: Names) -> tuple[str | None, str | None] | None:
    """The kinds of tensor that what a function of modules makes takes and gives; None where it makes none."""
    last = node.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Call):
        return None
    if not (names.full(last.value.func) or "").startswith("torch.nn."):
        return None
    row = _made(last.value, names)
    kinds = [kind for each in row if (kind := names.classes.get(each) or wanted(each))]
    gives = kinds[-1] if kinds and not {"Flatten", UNKNOWN}.intersection(row) and len(set(kinds)) == 1 else None
    return kinds[0] if kinds else None, gives


def translated_function(node: ast.FunctionDef, names: Names, flow: Flow) -> str:
    """The text of a function that makes modules. Raises NotUnderstood, with the line."""
    arguments = copy.deepcopy(node.args)
    for each in (*arguments.args, *arguments.kwonlyargs):
        each.annotation = None
    body = [indented(line, 1) for line in _Init(names, flow).block(node.body)]
    return "\n".join([f"def {node.name}({ast.unparse(arguments)}):", *body])


def _constant(statement: ast.stmt) -> bool:
    """Whether it gives a class a number or a text under a name."""
    return (
        isinstance(statement, ast.Assign)
        and all(isinstance(each, ast.Name) for each in statement.targets)
        and isinstance(statement.value, ast.Constant)
    )


def _method(
    owner: str, node: ast.FunctionDef, modules: dict[str, tuple[str, ...]], names: Names, flow: Flow
) -> Iterator[str]:
    arguments = copy.deepcopy(node.args)
    for each in (*arguments.args, *arguments.kwonlyargs):
        each.annotation = None
    name = "call" if node.name == "forward" else node.name
    yield f"def {name}({ast.unparse(arguments)}):"
    if node.name == "__init__":
        body = _Init(names, flow).block(node.body)
    elif node.name == "forward":
        kinds = {each.arg: _kind_of(each.arg, node, modules, names) for each in node.args.args[1:]}
        called = _Call(Forward(names, modules, kinds), flow)
        body = called.block(node.body)
        names.gives[owner] = called.returned[0] if len(set(called.returned)) == 1 else None
    elif _makes_a_row(node):
        body = _Init(names, flow).block(node.body)
    else:
        raise NotUnderstood(f"the method {node.name!r:.60} is not known here", node.lineno)
    for line in body:
        yield indented(line, 1)
    for line in flow.within(node.lineno, node.end_lineno or 0).rest():
        yield indented(line, 1)


def _makes_a_row(node: ast.FunctionDef) -> bool:
    """Whether a method makes modules for `__init__`: it appends them to a list, and ends in a row of them."""
    last = node.body[-1]
    return isinstance(last, ast.Return) and last.value is not None and "Sequential(*" in ast.unparse(last.value)


class _Block:
    """Statements of a body, with their comments."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def block(self, body: list[ast.stmt]) -> list[str]:
        """The lines of a body."""
        return [line for statement in body for line in self.statement(statement)]

    def statement(self, node: ast.stmt) -> list[str]:
        """The lines of a statement with its comments."""
        match node:
            case ast.Expr(value=ast.Constant()):
                return []
            case ast.For():
                head = self.flow.code(node.lineno, f"for {ast.unparse(node.target)} in {self.loop(node)}:")
                return [*head, *(indented(line, 1) for line in self.block(node.body))]
            case ast.If():
                head = self.flow.code(node.lineno, f"if {ast.unparse(node.test)}:")
                lines = [*head, *(indented(line, 1) for line in self.block(node.body))]
                if node.orelse:
                    lines += ["else:", *(indented(line, 1) for line in self.block(node.orelse))]
                return lines
        return self.flow.code(node.lineno, self.simple(node), until=node.end_lineno or 0)

    def loop(self, node: ast.For) -> str:
        """What a loop goes over."""
        return ast.unparse(node.iter)

    def simple(self, node: ast.stmt) -> str:
        """A statement of one line."""
        raise NotImplementedError


class _Init(_Block):
    """The body of `__init__`."""

    def __init__(self, names: Names, flow: Flow) -> None:
        super().__init__(flow)
        self.names = names

    def simple(self, node: ast.stmt) -> str:
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"))
            ):
                return "super().__init__()"
            case ast.Assign() | ast.AugAssign() | ast.Expr():
                made = copy.deepcopy(node)
                made.value = constructed(self.names, node.value)
                if isinstance(made, ast.Assign):
                    return written(f"{' = '.join(map(ast.unparse, made.targets))} = ", made.value, 8)
                return ast.unparse(ast.fix_missing_locations(made))
            case ast.Return(value=ast.expr() as result):
                return written("return ", constructed(self.names, result), 8)
            case ast.Pass():
                return "pass"
        raise NotUnderstood(f"a {type(node).__name__} statement is not known here", node.lineno)


class _Call(_Block):
    """The body of `forward`."""

    def __init__(self, forward: Forward, flow: Flow) -> None:
        super().__init__(flow)
        self.forward = forward
        self.returned: list[str | None] = []  # the kinds of what is returned

    def loop(self, node: ast.For) -> str:
        if not (isinstance(node.target, ast.Name) and isinstance(node.iter, ast.Attribute)):
            raise NotUnderstood("only loops over a list of modules are known in forward", node.lineno)
        self.forward.kinds[node.target.id] = None
        self.forward.loops[node.target.id] = node.iter.attr
        return ast.unparse(node.iter)

    def simple(self, node: ast.stmt) -> str:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]):
                value, kind = self.forward.expression(node.value)
                self.forward.kinds[name] = kind
                return written(f"{name} = ", value, 8)
            case ast.AugAssign(target=ast.Name(id=name)):
                both = ast.copy_location(ast.BinOp(ast.Name(name, ast.Load()), node.op, node.value), node)
                value, kind = self.forward.expression(ast.fix_missing_locations(both))
                self.forward.kinds[name] = kind
                return written(f"{name} = ", value, 8)
            case ast.Return(value=ast.expr() as result):
                value, kind = self.forward.expression(result)
                self.returned.append(kind)
                return written("return ", value, 8)
        raise NotUnderstood(f"{ast.unparse(node)!s:.60} is not known here", node.lineno)


def written(prefix: str, node: ast.expr, columns: int = 0) -> str:
    """A statement on one line, or broken where it is too long."""
    text = prefix + ast.unparse(ast.fix_missing_locations(node))
    if len(text) <= WIDTH - columns:
        return text
    return broken(prefix, ast.parse(ast.unparse(node), mode="eval").body, columns)
