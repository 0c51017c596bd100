"""What the child may use: memory for its whole life, processor time for each request."""

from __future__ import annotations

import math
import os

try:
    import resource
except ImportError:  # Windows has none: the caller's own time limit is what is left there
    resource = None  # type: ignore[assignment]


def limit_memory(limit: int) -> None:
    """Bound private memory in bytes; not the address space, of which TensorFlow reserves far more."""
    if resource is not None:
        _lower(resource.RLIMIT_DATA, limit)
        _lower(resource.RLIMIT_CORE, 0)


def limit_processor(seconds: float) -> None:
    """Bound processor time from now on, so that a child whose parent died does not compute for ever."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        allowed = used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)
        _lower(resource.RLIMIT_CPU, math.ceil(allowed) + 1)


def _lower(which: int, limit: int) -> None:
    """Set the soft limit; the hard one stays, so that the next request may have more again."""
    hard = resource.getrlimit(which)[1]
    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(which, (soft, hard))
