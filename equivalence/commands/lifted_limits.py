"""`--allow LIMIT=N`, of every verb that reads a model's file."""

from __future__ import annotations

import argparse
from typing import Any


def add_allow(verb: argparse.ArgumentParser) -> None:
    """The option."""
    verb.add_argument(
        "--allow",
        metavar="LIMIT=N",
        action="append",
        default=[],
        help="lift a limit of the reader, which keeps a file from taking memory or time without end: a refusal names "
        "it, and what lifting it risks; may be repeated",
    )


def limits(arguments: argparse.Namespace) -> Any:
    """The `Limits` that it says. Raises Refused where there is no such limit, or it is no whole number."""
    from equivalence.formats.file_limits import limits_of

    return limits_of(arguments.allow)
