"""Look something up: what the catalogue says, and, of a call, the translation of that call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equivalence.search.finding import find as found_in_the_catalogue
from equivalence.search.found import Found

#: What translating a call needs, and how it is had.
_NEEDS = ("torch", "numpy", "optree")
_MISSING = "pip install 'keras-torch-equivalence[port]' adds PyTorch, with which this call is written out."


def lookup(what: str, *, inputs: Sequence[tuple[int | None, ...]] = ()) -> list[dict[str, Any]]:
    """The translations that `what` asks for, best first; an empty list where nothing fits.

    `what` is a Keras or PyTorch name (with or without its module, any case), another name of it, a call of one
    (parsed, never evaluated), plain words, the message of an error or a symptom. A misspelled name finds what it is
    nearly. Each result has the fields of `equivalence.render.result_fields`; a symptom is answered by a guide, whose
    fields are those of `equivalence.render.guide_fields`; what is asked in torch's words is answered with torch first,
    by those of `equivalence.render.torch_first_fields`. Of a call in Keras, the first result has `call`, its arguments
    with their counterparts, and `translation` (`equivalence.this_call.call_fields`): that call in PyTorch, for inputs
    of the shapes `inputs` (without batch, in Keras's order), or with names for the sizes that it does not state.
    """
    return find(what, inputs=inputs).results


def find(what: str, *, inputs: Sequence[tuple[int | None, ...]] = (), first_alone: bool = False) -> Found:
    """As `lookup`, with how the results were found, or what is near where there are none.

    `first_alone`: of the results after the first their names are enough, as on a page.
    """
    found = found_in_the_catalogue(what, 1) if first_alone else found_in_the_catalogue(what)
    if not found.results or not found.results[0].get("call_in_keras"):
        return found
    first = found.results[0]
    first["translation"] = _translated(found.said or what, first["keras"], inputs)
    return found


def _translated(what: str, keras: str, inputs: Sequence[tuple[int | None, ...]]) -> dict[str, Any]:
    from importlib.util import find_spec

    if not all(find_spec(name) for name in _NEEDS):
        return {"keras": what.strip(), "forms": [], "refused": None, "missing": _MISSING}
    from equivalence.catalogue.index import Index
    from equivalence.this_call.call_fields import translation

    index = Index()
    return translation(what, index.entry(keras), index, inputs)
