"""Modules inside a call of another, `nn.Sequential(nn.Linear(5, 7), nn.ReLU())`, as Keras's layers."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable

from equivalence.translation.keras_templates import Cannot
from equivalence.translation.torch_calls import Call

#: The Keras code of a torch call, or None where nothing is known of its name.
Translate = Callable[[Call], str | None]
#: Methods that are about where and how a tensor lies, of which Keras's tensors have nothing.
_LEFT_OUT = frozenset("contiguous cpu cuda pin_memory".split())


def layers_of(code: str) -> list[str]:
    """The layers of an expression in `x`, in the order in which it is called with them; a function becomes a layer."""
    node: ast.expr = ast.parse(code, mode="eval").body
    found: list[str] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and len(node.args) == 1 and not node.keywords:
        found.insert(0, ast.unparse(node.func))
        node = node.args[0]
    if isinstance(node, ast.Name):
        return found
    rest = ast.unparse(node)
    alone = isinstance(node, ast.Call) and not node.keywords and [ast.unparse(each) for each in node.args] == ["x"]
    if alone and rest.startswith("keras.activations."):
        assert isinstance(node, ast.Call)
        return [f"keras.layers.Activation({ast.unparse(node.func)})", *found]
    if "keras.layers." in rest:
        raise Cannot(f"{rest} is no row of layers; write the modules one by one")
    return [f"keras.layers.Lambda(lambda x: {rest})", *found]


def translated_inside(call: Call, translate: Translate) -> Call:
    """The call with each module among its arguments replaced by the Keras layers that it is."""

    def parts(node: ast.expr) -> list[ast.expr]:
        inner = _module_call(node)
        code = translate(inner) if inner is not None else None
        if code is None:
            return [node]
        return [ast.parse(each, mode="eval").body for each in layers_of(code)]

    args = [part for each in call.node.args for part in parts(each)]
    return call._replace(node=ast.Call(call.node.func, args, call.node.keywords))


def functions_inside(call: Call, translate: Translate) -> Call:
    """The call with each function and method of torch's among its arguments, `F.relu(x)`, `x.size(0)`, as Keras's.

    What is Keras's already, and what a module calls of itself, stays as it is.
    """

    class Inside(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            from equivalence.translation.torch_calls import parse

            if isinstance(node.func, ast.Attribute) and node.func.attr in _LEFT_OUT:
                left: ast.AST = self.visit(node.func.value)
                return left
            called = ast.unparse(node.func)
            torchs = isinstance(node.func, ast.Attribute) and not called.startswith(("keras.", "self."))
            inner = parse(ast.unparse(node)) if torchs else None
            code = translate(inner) if inner is not None else None
            return self.generic_visit(node) if code is None else ast.parse(code, mode="eval").body

    args = [Inside().visit(copy.deepcopy(each)) for each in call.node.args]
    keywords = [ast.keyword(each.arg, Inside().visit(copy.deepcopy(each.value))) for each in call.node.keywords]
    receiver: ast.expr | None = Inside().visit(copy.deepcopy(call.receiver)) if call.receiver else None
    return call._replace(node=ast.Call(call.node.func, args, keywords), receiver=receiver)


def _module_call(node: ast.expr) -> Call | None:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func).startswith(("nn.", "torch.nn."))
    ):
        from equivalence.translation.torch_calls import full_name

        name = full_name(ast.unparse(node.func))
        if name.rpartition(".")[2][:1].isupper():
            return Call(name, node, None, ast.Call(ast.Name("called"), [ast.Name("x")], []))
    return None
