"""`equivalence lookup`."""

from __future__ import annotations

import argparse
import json
import sys

from equivalence.commands.help_text import Help
from equivalence.errors import printable


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's options."""
    verb = verbs.add_parser(
        "lookup", help="what a Keras or PyTorch name is called on the other side", formatter_class=Help
    )
    verb.add_argument("what", nargs="+", help="a name, a call like \"Conv2D(32, 3, padding='same')\", or plain words")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_lookup)


def _lookup(arguments: argparse.Namespace) -> int:
    from equivalence.search.finding import lookup

    what = " ".join(arguments.what)
    results = lookup(what)
    if arguments.json:
        print(json.dumps({"query": what, "results": results}, indent=1))
    elif results:
        from equivalence.render.terminal_text import show

        show(results)
    if not results:
        print(printable(f"equivalence: nothing is known of {what!r:.200}."), file=sys.stderr)
    return 0 if results else 1
