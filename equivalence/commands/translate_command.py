"""`equivalence translate`."""

from __future__ import annotations

import argparse
import json
import sys

from equivalence.commands.help_text import Help
from equivalence.commands.input_shapes import shape_of
from equivalence.errors import Refused, printable


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's options."""
    verb = verbs.add_parser(
        "translate",
        help="write the text of Keras definitions as PyTorch source, or of nn.Module classes as Keras",
        description="Writes the Keras models that a Python file defines as PyTorch source, with its names and "
        "comments; of a file that imports torch instead, its nn.Module classes as Keras. The file is parsed and never "
        "run. What is not understood stays as a comment that says its line and why.",
        formatter_class=Help,
    )
    verb.add_argument("file", metavar="FILE", help="a Python file, or - for standard input")
    verb.add_argument(
        "--input",
        dest="inputs",
        metavar="SIZES",
        action="append",
        default=[],
        help="shape without batch of the input of models whose text does not tell it: 224,224,3; one for each input",
    )
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_translate)


def _translate(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    if arguments.file == "-":
        name, text = "standard input", sys.stdin.read()
    else:
        name = Path(arguments.file).name
        try:
            text = Path(arguments.file).read_text("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(f"{name}: is no text in UTF-8.") from error
    from equivalence.translating import translate

    found = translate(text, inputs=[shape_of(given) for given in arguments.inputs], name=name)
    if arguments.json:
        print(json.dumps(found.to_json(), indent=1))
    else:
        print(found.translated, end="")
        for left in found.not_understood:
            print(printable(f"equivalence: {name}, line {left.line}: {left.because}", 400), file=sys.stderr)
    return 0 if found.whole else 1
