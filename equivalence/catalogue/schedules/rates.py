"""A learning rate that is a schedule, written beside the optimizer that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.nested_object import emit_nested, entries_of
from equivalence.catalogue.schedules import cosines, decays

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_SCHEDULES = entries_of((cosines, decays))


def rate_function(site: Site, argument: str) -> str | None:
    """The name of the function of the step that a schedule becomes, None where the argument is no object.

    Raises Refused for a schedule that the catalogue does not have.
    """
    if not isinstance(site.config.value(argument), dict):
        return None
    name: str = emit_nested(site, argument, _SCHEDULES, "schedule")
    return name
