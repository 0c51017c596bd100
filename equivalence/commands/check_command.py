"""`equivalence check`."""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout

from equivalence.commands.help_text import Help
from equivalence.commands.lifted_limits import add_allow, limits


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's options."""
    _options(
        verbs.add_parser(
            "check",
            help="find where a PyTorch module differs from a Keras model, and why",
            description="Finds where a PyTorch module differs from a Keras model, and why. NET's file is your own "
            "code: it is imported, which runs it, and so is the module. Of the model's file and of the checkpoint "
            "nothing is executed.",
            formatter_class=Help,
        )
    )


def _options(verb: argparse.ArgumentParser) -> None:
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
    add_allow(verb)
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.add_argument("--html", metavar="OUT.html", help="write a page with both graphs side by side")
    verb.add_argument(
        "--repro", metavar="OUT.py", help="write a script that shows the first fault without this package"
    )
    verb.set_defaults(run=_check)


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
            limits=limits(arguments),
            progress=say,
        )
    report = found.to_json()
    written = []
    if arguments.html:
        from pathlib import Path

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
