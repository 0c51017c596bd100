"""A pool of processes that outlives the death of one of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeVar

from equivalence.errors import Unavailable

J = TypeVar("J")
R = TypeVar("R")


def in_processes(
    work: Callable[[J], R], jobs: Sequence[J], died: Callable[[J, Exception], R], count: int | None = None
) -> Iterator[R]:
    """What `work` returns for each job, as it comes, from `count` processes (None: one for two cores).

    Where a process dies, the jobs that were under way are done again one at a time, each in a process of its own:
    the one whose process dies again gets what `died` makes of it. Raises Unavailable where no process can start.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    width = min(count or max(1, cores // 2), len(jobs))
    waiting, suspects = deque(jobs), deque[J]()
    while waiting or suspects:
        if suspects:
            yield from _with_pool(work, deque([suspects.popleft()]), died, 1, cores, suspects)
        else:
            yield from _with_pool(work, waiting, died, width, cores, suspects)


def _with_pool(
    work: Callable[[J], R],
    jobs: deque[J],
    died: Callable[[J, Exception], R],
    width: int,
    cores: int,
    suspects: deque[J],
) -> Iterator[R]:
    """Takes jobs until there are none, or a process dies; then those under way are `suspects`, if not the only one."""
    running: dict[Future[R], J] = {}
    with ProcessPoolExecutor(
        width, multiprocessing.get_context("spawn"), _begin, (max(1, cores // width),)
    ) as pool:  # a forked process would hold the locks of threads that it does not have
        _started(pool)
        try:
            while jobs or running:
                while jobs and len(running) < width:
                    running[pool.submit(partial(_interruptible, work), jobs[0])] = jobs[0]
                    jobs.popleft()
                done = wait(running, return_when=FIRST_COMPLETED).done
                for future in sorted(done, key=lambda future: future.exception() is not None):
                    result = future.result()
                    del running[future]
                    yield result
        except BrokenProcessPool as error:
            if len(running) == 1:
                yield died(next(iter(running.values())), error)
            else:
                suspects.extend(running.values())


def _started(pool: ProcessPoolExecutor) -> None:
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise Unavailable(
            "no process could be started for the ports; a script that calls port_all does so below "
            'if __name__ == "__main__":'
        ) from error


def _begin(threads: int) -> None:
    """Of a new process, before it imports a framework: its share of the cores, unless the user set one.

    An interrupt (Ctrl-C reaches every process of a terminal) ends it while it works, not while it waits.
    """
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, str(threads))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interruptible(work: Callable[[J], R], job: J) -> R:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return work(job)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
