"""What tests give a pool of processes to do; it stands in a module of its own, as the processes import it."""

from __future__ import annotations

import os
import signal


def doubled(job: int) -> int:
    """Twice the number; the process of a negative one is killed, as the kernel kills one that takes all memory."""
    if job < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * job


def dead(job: int, error: Exception) -> int:
    return job
