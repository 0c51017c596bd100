"""`equivalence prove`."""

from __future__ import annotations

import argparse
import json

from equivalence.commands.help_text import Help
from equivalence.errors import printable
from equivalence.json_forms import stated


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's options."""
    verb = verbs.add_parser(
        "prove", help="run an entry's cases in Keras and in PyTorch, here and now", formatter_class=Help
    )
    verb.add_argument("names", nargs="+", metavar="NAME", help="a Keras name: Conv2D, keras.activations.relu")
    verb.add_argument("--show", action="store_true", help="print the PyTorch that each case emits")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_prove)


def _prove(arguments: argparse.Namespace) -> int:
    from equivalence.render.progress import progress

    with progress() as say:
        say("loading PyTorch")
        from equivalence.proofs import Oracles, entries_named, prove_entry

        entries = [entry for name in arguments.names for entry in entries_named(name)]
        with Oracles(threads=1) as oracles:
            proofs = [prove_entry(entry, oracles, say) for entry in entries]
    if arguments.json:
        print(json.dumps(stated({"results": [proof.report() for proof in proofs]}), indent=1))
    else:
        from equivalence.proofs.shown import PORT
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
