"""`equivalence mcp`."""

from __future__ import annotations

import argparse

from equivalence.commands.help_text import Help


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb, which takes no options."""
    verb = verbs.add_parser(
        "mcp",
        help="serve lookup, translate, dry-run and check to assistants (Model Context Protocol over stdio)",
        description="Serves lookup, translate, port --dry-run and check as tools of the Model Context Protocol, over "
        "standard input and output. The check tool imports the file that it is given, which runs it.",
        formatter_class=Help,
    )
    verb.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    from equivalence.serving import serve

    serve()
    return 0
