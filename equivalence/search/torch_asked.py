"""A query in torch's words -> what it is in Keras: records of their own, with torch first.

Standard library only, and of the catalogue the one module that answers the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.from_torch.torch_index import resolved, rows_of, stored
from equivalence.translation.torch_words import SHORT, full_name

if TYPE_CHECKING:
    from collections.abc import Collection

    from equivalence.catalogue.from_torch.torch_rows import FromTorch
    from equivalence.search.torch_first import Answer
    from equivalence.translation.torch_calls import Call

#: What begins a name of another library's; a dot behind anything else is a method's.
_OTHERS = frozenset("keras tf tensorflow np numpy jax layers ops K activations losses optimizers math self".split())
#: Where a name without a module is looked for, the likeliest first.
_MODULES = (
    "torch.nn.", "torch.nn.functional.", "torch.", "torch.optim.", "torch.optim.lr_scheduler.", "torch.nn.init.",
    "torch.utils.data.", "torch.Tensor.", "torch.amp.", "torch.nn.utils.", "torch.optim.swa_utils.",
    "torch.nn.utils.rnn.",
)  # fmt: skip
#: What Keras's `compile` takes, and torch's does not.
_COMPILED = frozenset("optimizer loss metrics loss_weights weighted_metrics".split())
_LONGEST = 2000


def asked(what: str, own_names: Collection[str]) -> list[dict[str, Any]]:
    """The records of a torch name or of a call of one; empty where the query is none.

    `own_names`: full names of Keras's, of which one that is written alone is meant before torch's.
    """
    what = what[:_LONGEST].strip()
    call = _call(what) if "(" in what else None
    if call is not None and _of_a_keras_model(call):
        return []
    name = call.name if call is not None else full_name(what) if re.fullmatch(r"\w+(\.\w+)*", what) else ""
    found = _name(name, call, own_names)
    if found is None:
        return []
    return list(_records(found, name, call))


def _call(what: str) -> Call | None:
    from equivalence.translation.torch_calls import parse

    return parse(what)


def _of_a_keras_model(call: Call) -> bool:
    """Whether a method is called as Keras's models have it: `model.compile(loss=...)`, `model.add(Dense(3))`."""
    import ast

    from equivalence.search.call_text import added

    places = call.node.args
    of_compile = call.name.endswith(".compile") and (
        {each.arg for each in call.node.keywords} & _COMPILED
        or len(places) > 1
        or any(isinstance(each, ast.Call) for each in places)
    )
    return bool(of_compile) or (isinstance(call.node, ast.Call) and added(call.node) is not None)


def _name(name: str, call: Call | None, own_names: Collection[str]) -> str | None:
    """The full name that is answered, or None."""
    if not name.isascii() or not name:
        return None
    if "." not in name:
        if any(each.rpartition(".")[2] == name for each in own_names):
            return None
        found = next((module + name for module in _MODULES if module + name in stored()), None)
        # a plain word ("save", "wait") means torch's function of that name only where there is something to say
        plain = found is not None and name.islower() and "_" not in name
        return None if plain and found is not None and all(row.no_counterpart for row in rows_of(found)) else found
    if call is not None and name.startswith("torch.Tensor."):
        import ast

        root: ast.expr = call.node.func
        while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
            root = root.func if isinstance(root, ast.Call) else root.value
        if not isinstance(root, ast.Name) or root.id in _OTHERS or (root.id in SHORT and root.id != "Tensor"):
            return None
    return resolved(name) if name.startswith("torch.") else None


def _records(found: str, name: str, call: Call | None) -> Iterator[dict[str, Any]]:
    from equivalence.render.torch_first_fields import record
    from equivalence.search.torch_first import translated
    from equivalence.translation.torch_calls import WrongCall

    rows = rows_of(found)
    if call is not None and all(row.no_counterpart for row in rows):
        call = None  # whose signatures are not stated in full: nothing is said of its arguments
    if call is None:
        yield from (record(found, name, _example(row)) for row in rows)
        return
    try:
        answer = translated(rows, call)
        if answer.depends_on:
            yield {**record(found, name, _example(answer.row)), "depends_on": answer.depends_on}
        else:
            yield record(found, name, answer, call)
    except WrongCall as wrong:
        yield {**record(found, name, _example(rows[0])), "problem": str(wrong)}


def _example(row: FromTorch) -> Answer:
    """A row by itself: its first case."""
    from equivalence.search.torch_first import translated, written

    for text in (*row.cases, *row.loose):
        call = _call(text)
        assert call is not None
        return translated([row], call)._replace(example=text)
    return written(row, {})
