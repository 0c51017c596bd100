"""The watch sees what would run something of a file, start a process, talk to somebody or load a library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ACTS = {
    "exec": "exec('1')",
    "compile": "compile('1', 'a', 'eval')",
    "marshal.loads": "marshal.loads(marshal.dumps(1))",
    "pickle.find_class": "pickle.loads(b'cos\\nsystem\\n.')",
    "subprocess.Popen": "subprocess.run(['true'])",
    "os.system": "os.system('true')",
    "os.fork": "os.fork() or os._exit(0)",
    "socket.": "socket.socket()",
    "ctypes.dlopen": "ctypes.CDLL(None)",
    "import": "__import__('this_is_nowhere')",
    "open": "open('/etc/passwd')",
}
SCRIPT = """
import ctypes, json, marshal, os, pickle, socket, subprocess, sys
from watched_events import Watch
watch, seen = Watch(), {}
for name, act in json.loads(sys.argv[1]).items():
    run = eval(f"lambda: {act}")
    with watch.on(sys.argv[2]):
        try:
            run()
        except Exception:
            pass
    seen[name], watch.seen = watch.seen, []
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the watch noted of each act; of opening an own file too."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own").touch()
    acts = {**ACTS, "nothing": "sum(range(9))", "own": f"open({str(folder / 'own')!r}).close()"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, json.dumps(acts), str(folder)],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_seen(act: str, seen: dict[str, list[str]]) -> None:
    assert any(event.startswith(act) for event in seen[act])


@pytest.mark.parametrize("act", ["nothing", "own"])
def test_what_is_harmless_is_not(act: str, seen: dict[str, list[str]]) -> None:
    assert seen[act] == []
