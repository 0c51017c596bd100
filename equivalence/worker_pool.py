"""Processes side by side, of which each may die without the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from equivalence.errors import Unavailable

J = TypeVar("J")
R = TypeVar("R")


def in_processes(
    work: Callable[[J], R], jobs: Sequence[J], died: Callable[[J, Exception], R], count: int | None = None
) -> Iterator[R]:
    """What `work` returns for each job, as it comes, from `count` processes (None: one for two cores).

    A job whose process dies is done again at the end, alone: if its process dies again, or it was alone before, it
    gets what `died` makes of it. Raises Unavailable where no process can start.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    width = min(count or max(1, cores // 2), len(jobs))
    again: list[J] = []
    for job, future in _done(work, jobs, width, cores):
        error = future.exception()
        if not isinstance(error, BrokenProcessPool):
            yield future.result()
        elif width > 1:
            again.append(job)
        else:
            yield died(job, error)
    for job, future in _done(work, again, 1, cores):
        error = future.exception()
        yield died(job, error) if isinstance(error, BrokenProcessPool) else future.result()


def _done(work: Callable[[J], R], jobs: Sequence[J], width: int, cores: int) -> Iterator[tuple[J, Future[R]]]:
    """Each job as it is done, by `width` pools of one process each.

    A pool of several may wait for ever for one that it starts while another dies (CPython 3.11).
    """
    waiting, running = deque(jobs), dict[Future[R], tuple[J, ProcessPoolExecutor]]()
    with ExitStack() as open_pools:
        free = [open_pools.enter_context(_process(max(1, cores // width))) for _ in range(min(width, len(jobs)))]
        if free:
            _started(free[0])
        while waiting or running:
            while waiting and free:
                job, pool = waiting.popleft(), free.pop()
                running[pool.submit(partial(_interruptible, work), job)] = job, pool
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job, pool = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    pool = open_pools.enter_context(_process(max(1, cores // width)))
                free.append(pool)
                yield job, future


def _process(threads: int) -> ProcessPoolExecutor:
    """One process, spawned: a forked one would hold the locks of threads that it does not have."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin, (threads,))


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
