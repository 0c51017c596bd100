"""What the schedules have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from equivalence.schema import Argument, Case
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def name(default: str) -> Argument:
    """What the operations of a schedule are called."""
    return Argument("name", None, default, inert=True)


def positive(site: Site, name: str) -> str:
    """A number of steps as text. Raises Refused where it is not above 0."""
    value = site.config.number(name)
    if value <= 0:
        site.config.refuse(name, value, "should be above 0")
    return literal(int(value) if value.is_integer() else value)


def numbers(site: Site, *names: str) -> dict[str, str]:
    """Numbers of the configuration as text; one below 0 stands in brackets."""
    texts = {name: literal(site.config.number(name)) for name in names}
    return {name: f"({text})" if text.startswith("-") else text for name, text in texts.items()}


def function(site: Site, name: str, says: str, *body: str) -> str:
    """A function of the step, written into the file; returns its name."""
    return site.helper("\n    ".join([f"\ndef {name}(step: int) -> float:", f'"""{says}"""', *body, ""]).rstrip(" "))


def cases(**configs: Mapping[str, Any]) -> tuple[Case, ...]:
    """A case for each name and configuration, run at many steps."""
    return tuple(Case(name.replace("_", "-"), config, x=(100,)) for name, config in configs.items())


def schedulers(*names: str) -> tuple[str, ...]:
    """Dotted names of torch's schedulers, which go with what is written: a function of the step."""
    return tuple(f"torch.optim.lr_scheduler.{name}" for name in names)
