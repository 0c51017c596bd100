"""A torch call translated into Keras code: by the row of its name, read forwards, or an entry's, read backwards.

Annotations are no texts here, for the reason that `equivalence.schema` gives.
"""

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from equivalence.catalogue.from_torch.read_backwards import template
from equivalence.catalogue.from_torch.torch_index import resolved, rows_of
from equivalence.catalogue.from_torch.torch_rows import FromTorch
from equivalence.catalogue.index import Index
from equivalence.schema import Entry
from equivalence.search.nested_modules import functions_inside, translated_inside
from equivalence.translation.keras_templates import Cannot, Template, Unknown, chosen, filled
from equivalence.translation.torch_calls import Bound, Call, Signature, WrongCall, bind, missing, signature

_NAME = re.compile(r"keras(\.\w+)+")


class Answer(NamedTuple):
    """What a row makes of a call: `code`, or the argument that it depends on."""

    row: FromTorch
    stated: Signature
    bound: Bound
    code: str | None
    depends_on: str = ""
    example: str = ""  # the case that it is of, where no call was asked about
    template: str = ""  # in torch's names, before it was filled
    cannot: str = ""  # why Keras has nothing for this call


def entry_of(row: FromTorch) -> Entry | None:
    """The entry that a row reads backwards."""
    name = row.keras
    return Index().entry(name) if isinstance(name, str) and _NAME.fullmatch(name) else None


def template_of(row: FromTorch) -> Template:
    """The row's template: its own, or the entry's read backwards."""
    entry = entry_of(row)
    return row.keras if entry is None else template(entry, signature(row.torch), row.via)


def translated(rows: Sequence[FromTorch], call: Call) -> Answer:
    """The answer of the first row whose signature the call fits. Raises WrongCall where none does."""
    wrong: WrongCall | None = None
    if any(row.holds_modules for row in rows):
        call = translated_inside(call, _code_inside)
    call = functions_inside(call, _function_inside)
    for row in rows:
        stated = signature(row.torch)
        try:
            bound = bind(call, stated)
            left = missing(stated, bound)
            if left:
                raise WrongCall(f"{stated.name.removeprefix('torch.')} needs {', '.join(left)}")
        except WrongCall as error:
            wrong = wrong or error
            continue
        answer = written(row, bound)
        return answer if call.taken is None or not answer.code else answer._replace(code=_of(answer.code, call.taken))
    assert wrong is not None
    raise wrong


def _of(code: str, taken: ast.expr) -> str:
    """What is taken of a result: the part itself, where the code writes the parts out."""
    try:
        result = ast.parse(code, mode="eval").body
    except SyntaxError:  # of several statements
        return code
    number = taken.value if isinstance(taken, ast.Constant) else None
    if isinstance(result, ast.Tuple) and isinstance(number, int) and number in range(len(result.elts)):
        return ast.unparse(result.elts[number])
    return ast.unparse(ast.Subscript(result, taken, ast.Load()))


def _function_inside(call: Call) -> str | None:
    """The Keras code of a call among the arguments of another; None where it is none of torch's, or asks for more."""
    name = resolved(call.name)
    if name is None or name.rpartition(".")[2][:1].isupper():
        return None
    try:
        answer = translated(rows_of(name), call)
    except WrongCall:
        return None
    return None if answer.row.helper and answer.code and not answer.code.startswith("keras.") else answer.code


def _code_inside(call: Call) -> str | None:
    name = resolved(call.name)
    if name is None:
        return None
    answer = translated(rows_of(name), call)
    if answer.code is None:
        raise Cannot(f"{call.name} inside: {answer.cannot or answer.row.no_counterpart or answer.depends_on}")
    return answer.code


def written(row: FromTorch, bound: Bound) -> Answer:
    """What a row makes of arguments; of none at all: the translation with its names."""
    stated = signature(row.torch)
    if row.no_counterpart:
        return Answer(row, stated, bound, None)
    try:
        text = chosen(template_of(row), stated, bound)
        return Answer(row, stated, bound, filled(text, stated, bound), template=text)
    except Unknown as unknown:
        return Answer(row, stated, bound, None, depends_on=str(unknown))
    except Cannot as cannot:
        return Answer(row, stated, bound, None, cannot=str(cannot))
