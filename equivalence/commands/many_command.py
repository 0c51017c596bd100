"""`equivalence port` of several models."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.formats.file_limits import Limits
    from equivalence.porting_many import Outcome


def port_many(arguments: argparse.Namespace, limits: Limits) -> int:
    """Ports all that was given; the exit code is that of the worst. With --json, a line for each as it comes."""
    from equivalence.porting_many import VERDICTS, port_all
    from equivalence.render.many_table import show
    from equivalence.render.progress import Step, progress

    seen = 0
    with progress() as say:
        say("looking for models")

        def told(outcome: Outcome, count: int) -> None:
            nonlocal seen
            seen += 1
            if arguments.json:
                print(json.dumps(outcome._asdict()), flush=True)
            say(Step(f"{seen} of {count} models", seen / count))

        outcomes = port_all(
            arguments.model,
            arguments.output,
            jobs=arguments.jobs,
            verify=not arguments.no_verify,
            exact_training=arguments.exact_training,
            fold=arguments.fold,
            inference=arguments.inference,
            imports=arguments.imports,
            limits=limits,
            force=arguments.force,
            told=told,
        )
    if not arguments.json:
        show([outcome._asdict() for outcome in outcomes])
    worst = max(VERDICTS.index(outcome.verdict) for outcome in outcomes)
    return {"different": 1, "refused": 2}.get(VERDICTS[worst], 0)
