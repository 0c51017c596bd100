"""The command `equivalence`: lookup, translate, port, check, prove, mcp.

Exit codes. lookup: 0 found, 1 nothing found. port: 0 equal or not verified, 1 different, 2 refused and
nothing written; with --dry-run, 0 if it would be ported, 2 if not. check: 0 equal, 1 different, 2 can't tell.
prove: 0 equal, 1 different. translate: 0 whole, 1 with something left in comments.
Everything: 2 wrong usage or an error, which is one sentence on stderr; 130
interrupted. EQUIVALENCE_TRACEBACK=1 shows where an error arose.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from equivalence import __version__
from equivalence.commands.help_text import Help
from equivalence.errors import EquivalenceError, printable, sentence

#: The verbs, each a module of `equivalence.commands`, in the order in which the help lists them.
_VERBS = ("lookup", "translate", "port", "check", "prove", "mcp")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (left out: the process's own) and returns its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    arguments = _parser(argv[0] if argv else "").parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        code = run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone: `equivalence lookup X | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("EQUIVALENCE_TRACEBACK"):
            raise
        for line in _sentences(error):
            print(printable(line), file=sys.stderr)
        return 2


def _parser(verb: str) -> argparse.ArgumentParser:
    """The parser of a command line that begins with `verb`: that one is loaded alone, or else all are."""
    parser = argparse.ArgumentParser("equivalence", description="Keras <-> PyTorch, with proof.", formatter_class=Help)
    parser.add_argument("--version", action="version", version=f"equivalence {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name in (verb,) if verb in _VERBS else _VERBS:
        import_module(f"equivalence.commands.{name}_command").add(verbs)
    return parser


def _sentences(error: Exception) -> list[str]:
    """An error as lines for a person: a refused model names everything that is missing, each on a line."""
    text = f"equivalence: {sentence(error)}"
    return text.splitlines() if isinstance(error, EquivalenceError) else [text]


if __name__ == "__main__":
    sys.exit(main())
