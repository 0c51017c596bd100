"""What the child may not do while it runs models: talk to anybody, or start anything.

Two locks, as neither is enough. Where Linux allows it, the process has a network of its own in which there is nobody
(`unshare`), whatever library asks. And Python's audit events refuse sockets and processes with a sentence, everywhere;
that holds for Python's own functions alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Any

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER
#: Audit events, by how they begin, and what is said of them.
_REFUSED = {
    "socket.connect": "to talk to somebody",
    "socket.bind": "to listen to somebody",
    "socket.sendto": "to talk to somebody",
    "socket.getaddrinfo": "to look up a host",
    "socket.gethostbyname": "to look up a host",
    "subprocess.Popen": "to start a process",
    "os.system": "to start a process",
    "os.exec": "to start a process",
    "os.posix_spawn": "to start a process",
    "os.spawn": "to start a process",
    "os.fork": "to start a process",
    "pty.spawn": "to start a process",
    "pickle.find_class": "to unpickle",
}


def leave_the_network() -> bool:
    """Whether the process is in a network of its own from now on; it may have one thread when this is called."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        return any(libc.unshare(flags) == 0 for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USER))
    return False


def confine() -> None:
    """From now on Python refuses what is listed above, by PermissionError. There is no way back."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    for start, what in _REFUSED.items():
        if event.startswith(start):
            raise PermissionError(f"the model asked {what} ({event}), which no model may")
