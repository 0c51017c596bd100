"""Ctrl-C while a port is verified: nothing is left, neither files nor processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import keras_models
import psutil
import pytest

SECONDS = 240.0  # to get so far, on a busy machine


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.05)


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_an_interrupt_leaves_nothing_behind(several: bool, saved: Callable[..., Path], tmp_path: Path) -> None:
    zoo, temporary = tmp_path / "zoo", tmp_path / "tmp"
    for folder in (zoo, temporary):
        folder.mkdir()
    for name in ("a", "b", "c"):
        shutil.copy(saved(keras_models.functional), zoo / f"{name}.keras")
    given = [str(zoo), "--jobs", "2"] if several else [str(zoo / "a.keras")]
    process = subprocess.Popen(
        [sys.executable, "-m", "equivalence", "port", *given, "-o", str(tmp_path / "out")],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    try:
        wait_for(lambda: [*temporary.glob("equivalence-keras-*/stderr.txt")] or process.poll() is not None)
        family = psutil.Process(process.pid).children(recursive=True)
        assert family
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all but Keras, which has a session of its own
        printed, said = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert (process.returncode, printed, said) == (130, "", "")
    psutil.wait_procs(family, SECONDS)
    assert not [child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert [*temporary.iterdir()] == []
    assert not (tmp_path / "out").exists()
