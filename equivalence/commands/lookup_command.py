"""`equivalence lookup`."""

from __future__ import annotations

import argparse
import gc
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
    verb.add_argument("--full", action="store_true", help="all of the answer, not a page of 40 lines")
    verb.add_argument(
        "--input", action="append", default=[], metavar="SHAPE", help="of a call: its input, 224,224,3, without batch"
    )
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_lookup)


def _lookup(arguments: argparse.Namespace) -> int:
    collected = gc.isenabled()
    gc.disable()  # an answer is over before there is anything to collect, and looking for it takes a tenth of the time
    try:
        return _answered(arguments)
    finally:
        if collected:
            gc.enable()


def _answered(arguments: argparse.Namespace) -> int:
    from equivalence.commands.input_shapes import shape_of
    from equivalence.looking_up import find

    what = " ".join(arguments.what)
    found = find(what, inputs=[shape_of(text) for text in arguments.input], first_alone=not arguments.json)
    results, nearest = found.results, found.nearest
    if arguments.json:
        print(json.dumps(found.to_json(what), indent=1))
    elif results and results[0].get("from") == "torch":
        from equivalence.render.torch_first_text import text as torch_text

        sys.stdout.write(torch_text(results))
    elif results and sys.stdout.isatty():
        from equivalence.render.terminal_text import show

        show(results, arguments.full)
    elif results:
        from equivalence.render.plain_text import text

        sys.stdout.write(text(results, arguments.full))
    if not results:
        near = f" Nearest: {', '.join(nearest)}." if nearest else ""
        print(f"No entry for {printable(what, 200)}.{near}", file=sys.stderr)
    refused = bool(results) and ((results[0].get("translation") or {}).get("refused") or results[0].get("problem"))
    return 0 if results and not refused else 1
