"""`equivalence port`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from equivalence.commands.help_text import Help
from equivalence.commands.lifted_limits import add_allow, limits
from equivalence.commands.many_command import port_many
from equivalence.errors import Refused, printable

if TYPE_CHECKING:
    from typing import Any


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's options."""
    verb = verbs.add_parser(
        "port",
        help="write Keras model files as PyTorch source and weights",
        description="Writes a Keras model as PyTorch source and weights, compared with Keras; of a folder, a pattern "
        "or several files, every model by itself, and says at the end what became of each.",
        formatter_class=Help,
    )
    verb.add_argument(
        "model", nargs="+", help="a .keras, .h5 or .hdf5 file with a model in it, or a folder or pattern of them"
    )
    verb.add_argument(
        "--config", metavar="JSON", help="the model's JSON (model.to_json()), where the file is of weights"
    )
    verb.add_argument("-o", "--output", metavar="DIR", default=".", help="folder to write to (default: here)")
    verb.add_argument(
        "--force", action="store_true", help="overwrite what was edited since an earlier port, or is none of a port's"
    )
    verb.add_argument("--no-verify", action="store_true", help="do not run the original in Keras to compare")
    verb.add_argument(
        "--exact-training", action="store_true", help="write helpers where torch's layer differs in training alone"
    )
    verb.add_argument(
        "--fold",
        action="store_true",
        help="write repeated blocks of layers once, as a class made several times",
    )
    verb.add_argument(
        "--inference",
        action="store_true",
        help="write load_for_inference as well, which folds each normalization into the layer before it",
    )
    verb.add_argument(
        "--training",
        action="store_true",
        help="write a script too that trains it on as it was compiled, and what its optimizer had kept",
    )
    verb.add_argument(
        "--dry-run", action="store_true", help="write nothing: say of each layer whether and how it would be translated"
    )
    verb.add_argument(
        "--import",
        dest="imports",
        metavar="FILE.py",
        action="append",
        default=[],
        help="your own layers: the file is imported, which runs it, and so are they; may be repeated",
    )
    add_allow(verb)
    verb.add_argument(
        "--jobs", type=_positive, metavar="N", help="of several models, processes at once (default: one for two cores)"
    )
    verb.add_argument(
        "--json",
        action="store_true",
        help="print the report as JSON; of several models a line for each as it comes",
    )
    verb.set_defaults(run=_port)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _port(arguments: argparse.Namespace) -> int:
    if _several(arguments.model):
        if arguments.dry_run or arguments.config or arguments.training:
            raise Refused("--dry-run, --config and --training go with the file of one model")
        return port_many(arguments, limits(arguments))
    (arguments.model,) = arguments.model
    if arguments.dry_run:
        return _dry_run(arguments)
    from equivalence.render.progress import progress

    with progress() as say:
        say("loading PyTorch")
        from equivalence.formats.earlier_port import check_replaceable
        from equivalence.porting import port_to, stem_of

        if not arguments.force:  # before the work
            from pathlib import Path

            check_replaceable(Path(arguments.output), stem_of(arguments.model))
        found, paths = port_to(
            arguments.output,
            arguments.model,
            config=arguments.config,
            verify=not arguments.no_verify,
            exact_training=arguments.exact_training,
            fold=arguments.fold,
            inference=arguments.inference,
            progress=say,
            custom_objects=_own_objects(arguments),
            limits=limits(arguments),
            force=arguments.force,
            training=arguments.training,
        )
    report = found.to_json()
    if arguments.json:
        print(json.dumps(report, indent=1))
    else:
        from equivalence.render.agreement import show

        show(report, [str(path) for path in paths])
    if report["verified"] is None and not arguments.no_verify:
        print(printable(f"equivalence: not verified: {report['because']}"), file=sys.stderr)
    return 1 if report["verified"] is False else 0


def _several(given: list[str]) -> bool:
    """Whether more than one model's own path was given: several, a folder, or a pattern."""
    from equivalence.formats.model_files import is_own_path

    return len(given) > 1 or not is_own_path(given[0])


def _dry_run(arguments: argparse.Namespace) -> int:
    from equivalence.render.progress import progress

    with progress() as say:
        say("loading PyTorch")
        from equivalence.porting import dry_run

        found = dry_run(
            arguments.model,
            config=arguments.config,
            custom_objects=_own_objects(arguments),
            limits=limits(arguments),
        )
    if arguments.json:
        print(json.dumps(found.to_json(), indent=1))
    else:
        from equivalence.render.surveyed import show

        show(found.to_json())
    return 2 if found.missing else 0


def _own_objects(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """What `--import` names; None without it, so that nothing of a file's or a user's runs."""
    if not arguments.imports:
        return None
    from equivalence.keras_side.imported_code import own_objects

    return own_objects(arguments.imports)
