"""Port many model files: each by itself, so that none stops another; what is there already is left."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from pathlib import Path
from typing import Any, NamedTuple

from equivalence.errors import printable, sentence
from equivalence.formats.digests import digest
from equivalence.formats.earlier_port import check_replaceable
from equivalence.formats.file_limits import Limits
from equivalence.formats.model_files import model_files
from equivalence.worker_pool import in_processes

#: What may become of a model, the worst last.
VERDICTS = ("equal", "not verified", "different", "refused")
_LONGEST = 2000  # letters of a reason
_ONE_AT_A_TIME = threading.Lock()  # a port sets torch's default dtype: threads of one process take turns


class Outcome(NamedTuple):
    """What became of one model; the fields of a line of `port --json`."""

    model: str  # its path, as it was given
    verdict: str  # one of VERDICTS
    because: str  # it is not equal: the reason
    left: bool  # it was there already, made from the same file in the same way, and was not made again
    files: list[str]  # the paths of what was written, or is there
    float64: float | str | None  # the largest deviation of an output from Keras's, relative; text for inf and nan
    float32: float | str | None


class Job(NamedTuple):
    """A model to be ported; plain values, so that it can be sent to another machine."""

    model: str
    folder: str
    name: str
    verify: bool = True
    exact_training: bool = False
    fold: bool = False
    inference: bool = False
    imports: tuple[str, ...] = ()
    limits: Limits | None = None
    force: bool = False


def port_all(
    paths: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    out: str | os.PathLike[str],
    executor: Executor | None = None,
    *,
    jobs: int | None = None,
    verify: bool = True,
    exact_training: bool = False,
    fold: bool = False,
    inference: bool = False,
    imports: Iterable[str | os.PathLike[str]] = (),
    limits: Limits | None = None,
    force: bool = False,
    told: Callable[[Outcome, int], object] | None = None,
) -> list[Outcome]:
    """Ports every model of `paths` to a place below the folder `out`; what became of each, in the order of the paths.

    `paths`: of files, folders and patterns; which models these are, and where in `out` each has its place, says
    `formats.model_files`. `executor` runs the ports, any of `concurrent.futures` will do: that of Dask's
    `client.get_executor()` on other machines, which need the same folders and this package. Without it, `jobs`
    processes do (left out: one for two cores), and in a script the call stands below `if __name__ == "__main__":`.
    `verify`, `exact_training`, `fold`, `inference` and `limits` are those of `port`, `force` that of `Ported.save`;
    `imports` are files of your own layers, which are imported, that is run, with every model. `told` is called with
    each outcome as it comes, and how many there will be.

    A port that is there already is left, where its report says that it was made from the same file with the same
    options by the same version, and its files are as they were written. A model that cannot be read or translated,
    or whose process dies, has the verdict "refused"; nothing of it is written, and the others are ported.

    Raises Refused where there is nothing to port.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else [*paths]
    own = tuple(os.path.abspath(file) for file in imports)
    found = [
        Job(
            str(path), os.path.join(os.path.abspath(out), folder), name, verify, exact_training, fold, inference, own,
            limits, force,
        )
        for path, folder, name in model_files(given)
    ]  # fmt: skip
    outcomes: dict[str, Outcome] = {}
    for outcome in _by(executor, found) if executor is not None else in_processes(port_one, found, _died, jobs):
        outcomes[outcome.model] = outcome
        if told is not None:
            told(outcome, len(found))
    return [outcomes[job.model] for job in found]


def _by(executor: Executor, jobs: list[Job]) -> Iterable[Outcome]:
    running: dict[Future[Outcome], Job] = {executor.submit(port_one, job): job for job in jobs}
    try:
        for future in as_completed(running):
            try:
                yield future.result()
            except Exception as error:  # of the executor, or the work of another machine that is set up otherwise
                yield _died(running[future], error)
    finally:
        for future in running:
            future.cancel()


def _died(job: Job, error: Exception) -> Outcome:
    if isinstance(error, BrokenExecutor):
        return _refused(job, "the process that ported it died: killed, or out of memory")
    return _refused(job, f"what ran its port failed: {type(error).__name__}: {error}")


def _refused(job: Job, reason: str) -> Outcome:
    lines = [printable(line) for line in reason.splitlines()]
    return Outcome(job.model, "refused", "; ".join(lines)[:_LONGEST], False, [], None, None)


def port_one(job: Job) -> Outcome:
    """Ports one model, or leaves what is there. Raises nothing but what stops a process."""
    with _ONE_AT_A_TIME:
        try:
            return _ported(job)
        except Exception as error:
            if os.environ.get("EQUIVALENCE_TRACEBACK"):
                raise
            return _refused(job, sentence(error))


def _ported(job: Job) -> Outcome:
    from equivalence.porting import origin, port_to

    own: dict[str, Any] | None = None
    if job.imports:
        from equivalence.keras_side.imported_code import own_objects

        own = own_objects(job.imports)
    how: dict[str, Any] = {name: getattr(job, name) for name in ("verify", "exact_training", "fold", "inference")}
    made: dict[str, Any] = {}
    if os.path.isfile(job.model) or os.path.isdir(job.model):  # whatever else it is, the reader refuses
        made = origin(job.model, job.name, **how, own=own or (), beside=job.imports)
    report = Path(job.folder, f"{job.name}.report.json")
    if before := _unchanged(report, made):
        return _outcome(job, before, [str(report.with_name(name)) for name in before["files"]] + [str(report)], True)
    if not job.force:  # before the work
        check_replaceable(report.parent, job.name)
    written, paths = port_to(
        job.folder, job.model, name=job.name, custom_objects=own, limits=job.limits, force=job.force,
        beside=job.imports, **how,
    )  # fmt: skip
    return _outcome(job, written.to_json(), [*map(str, paths)], False)


def _unchanged(report: Path, made: dict[str, Any]) -> dict[str, Any] | None:
    """The report that is there, if the port would be made from the same and its files are as it says."""
    try:
        found = json.loads(report.read_bytes())
        written = {report.with_name(name): sha256 for name, sha256 in found["files"].items()}
        if found["made_from"] == made and written and all(digest(file) == sha256 for file, sha256 in written.items()):
            return dict(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # no report of this version: whatever it is, the port is made
    return None


def _outcome(job: Job, report: dict[str, Any], files: list[str], left: bool) -> Outcome:
    verdict = {True: "equal", False: "different", None: "not verified"}[report["verified"]]
    errors = (None if report[dtype] is None else report[dtype]["max_rel"] for dtype in ("float64", "float32"))
    return Outcome(job.model, verdict, report["because"], left, files, *errors)
