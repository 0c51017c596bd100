"""What the child that runs models has, and what it may not do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from equivalence.formats import read
from equivalence.keras_side import KerasFailed, KerasProcess
from equivalence.keras_side.sealed_files import check_sealed, seal

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits.keras"
#: Imported in place of Keras; what it does in a thread, it does when models could be run.
FAKE = """
import json, os, threading, time

def later():
    said = {}
    for name, act in ACTS.items():
        for _ in range(200):
            try:
                act()
            except Exception as error:
                said[name] = f"{type(error).__name__}: {error}"
                break
            time.sleep(0.05)
    with open("said.part", "w") as file:
        json.dump({"said": said, "environment": dict(os.environ), "net": open("/proc/self/net/dev").read()}, file)
    os.rename("said.part", "said.json")

import pickle, socket, subprocess
ACTS = {
    "connect": lambda: socket.socket().connect(("127.0.0.1", 9)),
    "resolve": lambda: socket.getaddrinfo("localhost", 80, type=1),
    "listen": lambda: socket.socket().bind(("127.0.0.1", 0)),
    "system": lambda: os.system("true"),
    "popen": lambda: subprocess.run(["true"]),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "unpickle": lambda: pickle.loads(b"cos\\nsystem\\n."),
}
threading.Thread(target=later, daemon=True).start()
__version__ = "0"
class config:
    backend = staticmethod(lambda: "numpy")
"""
REFUSED = {
    "resolve": "to look up a host (socket.getaddrinfo)",
    "listen": "to listen to somebody (socket.bind)",
    "system": "to start a process (os.system)",
    "popen": "to start a process (subprocess.Popen)",
    "spawn": "to start a process (os.posix_spawn)",
    "unpickle": "to unpickle (pickle.find_class)",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the child says of itself."""
    folder = tmp_path_factory.mktemp("fake")
    (folder / "keras.py").write_text(FAKE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("SECRET_TOKEN", "abc")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "abc")
        patch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        patch.setenv("OMP_NUM_THREADS", "1")
        with KerasProcess() as process:
            assert process.versions["keras"] == "0"
            said = process.folder / "said.json"
            for _ in range(600):
                if said.exists():
                    break
                time.sleep(0.1)
            found: dict[str, object] = json.loads(said.read_text())
            return {**found, "folder": str(process.folder)}


@pytest.mark.parametrize("act", REFUSED)
def test_python_refuses(act: str, told: dict[str, dict[str, str]]) -> None:
    assert told["said"][act] == f"PermissionError: the model asked {REFUSED[act]}, which no model may"


def test_there_is_nobody_to_talk_to(told: dict[str, dict[str, str]]) -> None:
    refused = ("PermissionError: the model asked to talk", "OSError: [Errno 101] Network is unreachable")
    assert told["said"]["connect"].startswith(refused)
    asked = "from equivalence.keras_side.confinement import leave_the_network as leave; print(leave())"
    where = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run([sys.executable, "-P", "-c", asked], env=where, capture_output=True, text=True, check=True)
    if answer.stdout.strip() != "True":
        pytest.skip("this system gives no process a network of its own")
    interfaces = [line.partition(":")[0].strip() for line in str(told["net"]).splitlines() if ":" in line]
    assert interfaces == ["lo"]


def test_nothing_of_the_callers_environment_is_there(told: dict[str, dict[str, str]]) -> None:
    environment = told["environment"]
    assert "abc" not in environment.values() and "HTTPS_PROXY" not in environment
    assert environment["HOME"] == environment["TMPDIR"] == environment["KERAS_HOME"] == told["folder"]
    assert environment["OMP_NUM_THREADS"] == "1"


def test_a_file_that_was_changed_after_it_was_read_is_not_loaded(keras_process: KerasProcess, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(DIGITS.read_bytes())
    sealed = seal(path, None)
    check_sealed(sealed)
    np.savez(tmp_path / "inputs.npz", np.zeros((1, 8, 8, 1), np.float32))
    (tmp_path / "out").mkdir()
    given = {"path": path, "inputs": tmp_path / "inputs.npz", "dtype": "float32", "out_dir": tmp_path / "out"}
    keras_process.call("run_model", sealed=sealed, layers=False, **given)
    path.write_bytes(DIGITS.read_bytes())
    with pytest.raises(KerasFailed, match=r"m\.keras was changed after it had been read: nothing of it was loaded"):
        keras_process.call("run_model", sealed=sealed, layers=False, **given)


@pytest.mark.parametrize("first", ["zip", "hdf5"])
def test_a_file_that_is_two_models_is_loaded_as_it_was_read(
    first: str, keras_process: KerasProcess, tmp_path: Path
) -> None:
    """Keras goes by the name of a file, the reader by its first bytes."""
    hdf5 = (ROOT / "tests" / "formats" / "keras2" / "image.h5").read_bytes()
    padded = DIGITS.read_bytes() + bytes(-DIGITS.stat().st_size % 2048)
    path = tmp_path / ("m.h5" if first == "zip" else "m.keras")
    path.write_bytes(padded + hdf5 if first == "zip" else hdf5 + DIGITS.read_bytes())
    given = {"zip": (1, 8, 8, 1), "hdf5": (1, 9, 8, 3)}[first]
    model = read(path)
    assert model.format == (".keras" if first == "zip" else ".h5")
    shapes = [spec.shape for spec in model.graph.specs.values()]
    model.close()
    np.savez(tmp_path / "inputs.npz", *[np.zeros((1, *(n or given[k] for k, n in enumerate(s) if k))) for s in shapes])
    (tmp_path / "out").mkdir()
    answer = keras_process.call(
        "run_model", path=path, inputs=tmp_path / "inputs.npz", dtype="float32", out_dir=tmp_path / "out"
    )
    called = {call["path"][0] for call in answer["calls"]}
    assert ("digit" in called) == (first == "zip") and called <= {layer.name for layer in model.graph.layers}


def test_all_files_of_a_model_are_sealed(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for name in ("config.json", "metadata.json", "model.weights.h5"):
        (tmp_path / "model" / name).write_text("{}")
    (tmp_path / "a.h5").touch()
    (tmp_path / "w.weights.json").write_text('{"weight_map": {"a": "a.h5"}}')
    (tmp_path / "m.json").write_text("{}")
    assert {Path(file).name for file in seal(tmp_path / "model", None)} == {
        "config.json", "metadata.json", "model.weights.h5",
    }  # fmt: skip
    found = seal(tmp_path / "w.weights.json", tmp_path / "m.json")
    assert {Path(file).name for file in found} == {"w.weights.json", "a.h5", "m.json"}
    assert seal(tmp_path / "gone.keras", None) == seal(tmp_path, None) == {}
