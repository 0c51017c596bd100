"""The command `equivalence`: lookup, port, check, prove.

Exit codes. lookup: 0 found, 1 nothing found. port: 0 equal or not verified, 1 different, 2 refused and
nothing written; with --dry-run, 0 if it would be ported, 2 if not. check: 0 equal, 1 different, 2 can't tell.
prove: 0 equal, 1 different. Everything: 2 wrong usage or an error, which is one sentence on stderr; 130
interrupted. EQUIVALENCE_TRACEBACK=1 shows where an error arose.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence import __version__
from equivalence.errors import EquivalenceError, printable

if TYPE_CHECKING:
    from typing import Any

#: Which extra brings a package that a verb may miss.
_EXTRAS = {
    "port": ("einops", "numpy", "pyfive", "safetensors", "torch"),
    "keras": ("h5py", "keras", "tensorflow"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (left out: the process's own) and returns its exit code."""
    arguments = _parser().parse_args(argv)
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


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal; argparse would load shutil and all compression to ask for that."""

    def __init__(self, prog: str) -> None:
        try:
            width = os.get_terminal_size().columns
        except OSError:
            width = 80
        super().__init__(prog, width=width - 2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("equivalence", description="Keras <-> PyTorch, with proof.", formatter_class=_Help)
    parser.add_argument("--version", action="version", version=f"equivalence {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser(
        "lookup", help="what a Keras or PyTorch name is called on the other side", formatter_class=_Help
    )
    verb.add_argument("what", nargs="+", help="a name, a call like \"Conv2D(32, 3, padding='same')\", or plain words")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_lookup)

    verb = verbs.add_parser(
        "port", help="write a Keras model file as PyTorch source and weights", formatter_class=_Help
    )
    verb.add_argument("model", help="a .keras, .h5 or .hdf5 file with a model in it")
    verb.add_argument(
        "--config", metavar="JSON", help="the model's JSON (model.to_json()), where the file is of weights"
    )
    verb.add_argument("-o", "--output", metavar="DIR", default=".", help="folder to write to (default: here)")
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
    verb.add_argument("--json", action="store_true", help="print the report as JSON")
    verb.set_defaults(run=_port)

    _check_options(
        verbs.add_parser(
            "check",
            help="find where a PyTorch module differs from a Keras model, and why",
            description="Finds where a PyTorch module differs from a Keras model, and why. NET's file is your own "
            "code: it is imported, which runs it, and so is the module. Of the model's file and of the checkpoint "
            "nothing is executed.",
            formatter_class=_Help,
        )
    )

    verb = verbs.add_parser(
        "prove", help="run an entry's cases in Keras and in PyTorch, here and now", formatter_class=_Help
    )
    verb.add_argument("names", nargs="+", metavar="NAME", help="a Keras name: Conv2D, keras.activations.relu")
    verb.add_argument("--show", action="store_true", help="print the PyTorch that each case emits")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_prove)
    return parser


def _check_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("model", metavar="MODEL", help="a .keras, .h5 or .hdf5 file with a model in it")
    verb.add_argument(
        "net", metavar="NET", help="net.py:MyNet, a class or a function that returns a module; net.py is run"
    )
    verb.add_argument(
        "--weights",
        metavar="FILE",
        help="the module's own weights: .safetensors, or a state_dict by torch.save, of which tensors alone are read "
        "(default: the Keras model's are carried over)",
    )
    verb.add_argument("--args", default="", help='what MyNet is called with, as "width=32, depth=(2, 3)"')
    verb.add_argument(
        "--inputs",
        metavar="FILE.npz",
        help="arrays in Keras's layout, by the inputs' names, or without names in their order",
    )
    verb.add_argument("--train", action="store_true", help="compare gradients and a step of training as well")
    verb.add_argument("--seed", type=int, default=0, metavar="N", help="of the inputs that are drawn (default: 0)")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.add_argument("--html", metavar="OUT.html", help="write a page with both graphs side by side")
    verb.add_argument(
        "--repro", metavar="OUT.py", help="write a script that shows the first fault without this package"
    )
    verb.set_defaults(run=_check)


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


def _dry_run(arguments: argparse.Namespace) -> int:
    from equivalence.render.progress import progress

    with progress() as say:
        say("loading PyTorch")
        from equivalence.porting import dry_run

        found = dry_run(arguments.model, config=arguments.config, custom_objects=_own_objects(arguments))
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


def _port(arguments: argparse.Namespace) -> int:
    if arguments.dry_run:
        return _dry_run(arguments)
    from equivalence.render.progress import progress

    with progress() as say:
        say("loading PyTorch")
        from equivalence.porting import port

        ported = port(
            arguments.model,
            config=arguments.config,
            verify=not arguments.no_verify,
            exact_training=arguments.exact_training,
            fold=arguments.fold,
            progress=say,
            custom_objects=_own_objects(arguments),
        )
        say("writing files")
        paths = ported.save(arguments.output)
    report = ported.report.to_json()
    if arguments.json:
        print(json.dumps(report, indent=1))
    else:
        from equivalence.render.agreement import show

        show(report, [str(path) for path in paths])
    if report["verified"] is None and not arguments.no_verify:
        print(printable(f"equivalence: not verified: {report['because']}"), file=sys.stderr)
    return 1 if report["verified"] is False else 0


def _check(arguments: argparse.Namespace) -> int:
    from equivalence.render.progress import progress

    # what the user's code prints must not come between the lines of the report
    with progress() as say, redirect_stdout(sys.stderr):
        say("loading PyTorch")
        from equivalence.checking import check
        from equivalence.diagnosis.given_inputs import read_inputs
        from equivalence.torch_side.users_module import load_weights, module_of

        module = module_of(arguments.net, arguments.args)
        if arguments.weights:
            load_weights(module, arguments.weights)
        found = check(
            arguments.model,
            module,
            read_inputs(arguments.inputs) if arguments.inputs else None,
            weights="given" if arguments.weights else "transfer",
            train=arguments.train,
            seed=arguments.seed,
            progress=say,
        )
    report = found.to_json()
    written = []
    if arguments.html:
        from equivalence.formats.outputs import write_together
        from equivalence.render.check_page import check_page

        page, path = check_page(report, arguments.model, arguments.net).encode(), Path(arguments.html)
        written += write_together(path.parent, {path.name: lambda file: file.write_bytes(page)})
    if arguments.repro:
        from equivalence.diagnosis.repro_script import write_script

        cases = [fault.case for fault in found.faults if fault.case is not None]
        if cases:
            written += write_script(cases[0], arguments.repro)
        else:
            print("equivalence: there is no fault that a script could show: none is written.", file=sys.stderr)
    if arguments.json:
        print(found.to_text(), end="")
    else:
        from equivalence.render.checked import show

        show(report, [str(path) for path in written])
    return {True: 0, False: 1, None: 2}[found.equal]


def _prove(arguments: argparse.Namespace) -> int:
    from equivalence.render.progress import progress

    with progress() as say:
        say("loading PyTorch")
        from equivalence.proofs import Oracles, entries_named, prove_entry

        entries = [entry for name in arguments.names for entry in entries_named(name)]
        with Oracles(threads=1) as oracles:
            proofs = [prove_entry(entry, oracles, say) for entry in entries]
    if arguments.json:
        print(json.dumps({"results": [proof.report() for proof in proofs]}, indent=1))
    else:
        from equivalence.proofs.emitted import PORT
        from equivalence.proofs.written import keras_call
        from equivalence.render.phrases import proved
        from equivalence.render.result_fields import proof as summary

        for proof in proofs:
            print(proof.entry.keras)
            for line in proved(summary(proof.report())) if proof.holds else proof.problems():
                print(f"  {printable(line)}")
            for case in proof.cases if arguments.show else ():
                print(f"\n# {case.case.id}: {keras_call(proof.entry, case.case)}\n{case.texts[PORT]}")
    return 0 if all(proof.holds for proof in proofs) else 1


def _sentences(error: Exception) -> list[str]:
    """An error as lines for a person: a refused model names everything that is missing, each on a line."""
    text = f"equivalence: {_sentence(error)}"
    return text.splitlines() if isinstance(error, EquivalenceError) else [text]


def _sentence(error: Exception) -> str:
    """An error as one sentence, with what to do about it where that is known."""
    if isinstance(error, EquivalenceError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        missing = (error.name or "").partition(".")[0]
        for extra, packages in _EXTRAS.items():
            if missing in packages:
                return f"this needs {missing}: pip install 'keras-torch-equivalence[{extra}]'."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    return f"{type(error).__name__}: {error} (unexpected; EQUIVALENCE_TRACEBACK=1 shows where)"


if __name__ == "__main__":
    sys.exit(main())
