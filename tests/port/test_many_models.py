"""Many models: each ported by itself, what is there left, the worst decides the exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras_models
import pytest
from dying_work import dead, doubled

from equivalence import Limits, port, port_all
from equivalence.cli import main
from equivalence.porting_many import Outcome
from equivalence.worker_pool import in_processes


@pytest.fixture
def zoo(saved: Callable[..., Path], tmp_path: Path) -> Path:
    """Three models, and one that is broken."""
    folder = tmp_path / "zoo"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(saved(keras_models.sequential), folder / "one.keras")
    shutil.copy(saved(keras_models.functional), folder / "deep" / "two.keras")
    shutil.copy(saved(keras_models.functional, ".h5"), folder / "three.h5")
    (folder / "broken.keras").write_bytes((folder / "one.keras").read_bytes()[:2000])
    return folder


def verdicts(outcomes: list[Outcome]) -> dict[str, str]:
    return {Path(outcome.model).name: outcome.verdict for outcome in outcomes}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WITHOUT_KERAS = {
    "broken.keras": "refused", "one.keras": "not verified", "two.keras": "not verified", "three.h5": "not verified"
}  # fmt: skip


def test_one_broken_file_stops_nothing(zoo: Path, tmp_path: Path) -> None:
    """In processes of their own; what is written is what a port of each alone writes."""
    seen: list[tuple[Outcome, int]] = []
    outcomes = port_all(zoo, tmp_path / "out", jobs=2, verify=False, told=lambda *told: seen.append(told))
    assert verdicts(outcomes) == WITHOUT_KERAS
    assert [Path(outcome.model).name for outcome in outcomes] == ["broken.keras", "two.keras", "one.keras", "three.h5"]
    assert {count for _, count in seen} == {4}
    assert sorted(outcome.model for outcome, _ in seen) == sorted(outcome.model for outcome in outcomes)
    (refused,) = (outcome for outcome in outcomes if outcome.verdict == "refused")
    assert "broken.keras" in refused.because and refused.files == []
    port(zoo / "one.keras", verify=False).save(tmp_path / "alone")
    made = contents(tmp_path / "out")
    assert {name: made[name] for name in contents(tmp_path / "alone")} == contents(tmp_path / "alone")
    assert sorted(made) == sorted(
        f"{name}{ending}" for name in ("one", "three", "deep/two") for ending in (".py", ".safetensors", ".report.json")
    )


def test_what_is_there_and_unchanged_is_left(zoo: Path, tmp_path: Path) -> None:
    out, here = tmp_path / "out", ThreadPoolExecutor(1)

    def left(**options: Any) -> set[str]:
        outcomes = port_all(zoo, out, here, verify=False, **options)
        assert verdicts(outcomes) == WITHOUT_KERAS
        return {Path(outcome.model).name for outcome in outcomes if outcome.left}

    assert left() == set()
    before = contents(out)
    (out / "one.safetensors").unlink()
    assert left() == {"two.keras", "three.h5"}
    (out / "three.report.json").write_text("{}")
    assert left(force=True) == {"one.keras", "two.keras"}
    shutil.copy(zoo / "deep" / "two.keras", zoo / "one.keras")
    assert left() == {"two.keras", "three.h5"}
    assert left(exact_training=True) == set()
    assert left() == set()
    assert left() == {"one.keras", "two.keras", "three.h5"}
    after = contents(out)
    assert after.keys() == before.keys()
    assert all(after[name] == content for name, content in before.items() if not name.startswith("one"))


def test_what_was_edited_is_refused(zoo: Path, tmp_path: Path) -> None:
    out, here = tmp_path / "out", ThreadPoolExecutor(1)
    port_all(zoo, out, here, verify=False)
    (out / "one.py").write_text("# mine\n")
    found = port_all(zoo, out, here, verify=False)
    assert verdicts(found) == {**WITHOUT_KERAS, "one.keras": "refused"}
    assert (out / "one.py").read_text() == "# mine\n"
    assert verdicts(port_all(zoo, out, here, verify=False, force=True)) == WITHOUT_KERAS


def test_a_left_port_is_reported_as_it_was(zoo: Path, tmp_path: Path) -> None:
    here = ThreadPoolExecutor(1)
    first, again = (port_all(zoo / "one.keras", tmp_path / "out", here) for _ in range(2))
    assert [outcome._replace(left=True) for outcome in first] == again
    assert again[0].verdict == "equal" and again[0].float64 is not None


def test_threads_of_one_process_take_turns(zoo: Path, tmp_path: Path) -> None:
    """torch's default dtype is one for all threads."""
    with ThreadPoolExecutor(3) as threads:
        assert verdicts(port_all(zoo, tmp_path / "threads", threads, verify=False)) == WITHOUT_KERAS
    port_all(zoo, tmp_path / "one", ThreadPoolExecutor(1), verify=False)
    assert contents(tmp_path / "threads") == contents(tmp_path / "one")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_dask_ports_them(zoo: Path, tmp_path: Path) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(  # a worker's share of the memory may be less than torch takes: it then pauses, for ever
            n_workers=1, threads_per_worker=2, memory_limit=None, dashboard_address=None, local_directory=str(tmp_path)
        ) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        outcomes = port_all(zoo, tmp_path / "out", executor, verify=False)
    assert verdicts(outcomes) == WITHOUT_KERAS
    port_all(zoo, tmp_path / "here", ThreadPoolExecutor(1), verify=False)
    assert contents(tmp_path / "out") == contents(tmp_path / "here")


def test_an_executor_that_fails_is_said_of_its_models(zoo: Path, tmp_path: Path) -> None:
    class Failing(ThreadPoolExecutor):
        def submit(self, work: Any, job: Any) -> Any:  # type: ignore[override]
            return super().submit(lambda: work(job) if "one" in job.model else 1 / 0)

    found = port_all(zoo, tmp_path / "out", Failing(1), verify=False)
    assert verdicts(found) == {**dict.fromkeys(WITHOUT_KERAS, "refused"), "one.keras": "not verified"}
    assert {outcome.because for outcome in found if outcome.verdict == "refused"} == {
        "what ran its port failed: ZeroDivisionError: division by zero"
    }


def test_own_layers_are_imported_with_every_model(tmp_path: Path) -> None:
    """The file of the layers counts: a port made with another is made again."""
    import keras

    layers = tmp_path / "my_layers.py"
    layers.write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable('mine')\nclass Twice(keras.layers.Layer):\n"
        "    def call(self, x):\n        return x * 2\n"
    )
    from equivalence.keras_side.imported_code import own_objects

    twice = own_objects([str(layers)])["Twice"]
    keras.Sequential([keras.Input((3,)), twice(name="twice"), keras.layers.Dense(2)]).save(tmp_path / "own.keras")
    here = ThreadPoolExecutor(1)
    (plain,) = port_all(tmp_path / "own.keras", tmp_path / "out", here, verify=False)
    assert plain.verdict == "refused" and "Twice" in plain.because
    for left in (False, True):
        (outcome,) = port_all(tmp_path / "own.keras", tmp_path / "out", here, imports=[layers])
        assert (outcome.verdict, outcome.left) == ("equal", left)
    layers.write_text(layers.read_text() + "\n")
    (outcome,) = port_all(tmp_path / "own.keras", tmp_path / "out", here, imports=[layers])
    assert not outcome.left


def test_what_is_no_regular_file_is_refused_and_not_waited_for(zoo: Path, tmp_path: Path) -> None:
    os.mkfifo(zoo / "pipe.keras")
    assert verdicts(port_all(zoo, tmp_path / "out", ThreadPoolExecutor(1), verify=False)) == {
        **WITHOUT_KERAS, "pipe.keras": "refused"
    }  # fmt: skip


def test_the_limits_are_those_of_every_model(zoo: Path, tmp_path: Path) -> None:
    found = port_all(zoo, tmp_path / "out", ThreadPoolExecutor(1), verify=False, limits=Limits(layer_calls=0))
    assert verdicts(found) == dict.fromkeys(WITHOUT_KERAS, "refused")


@pytest.mark.parametrize("jobs", [[-1], [1, 2, -3, 4, 5, -6, 7], [-1, -2]], ids=["alone", "between", "all"])
def test_the_death_of_a_process_costs_its_own_job_alone(jobs: list[int]) -> None:
    found = sorted(in_processes(doubled, jobs, dead, 2))
    assert found == sorted(job if job < 0 else 2 * job for job in jobs)


def test_the_command_line_prints_a_table_and_exits_by_the_worst(
    zoo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [f"{zoo}/*.keras", str(zoo / "deep")]
    assert main(["port", *given, "-o", str(tmp_path / "out"), "--no-verify", "--jobs", "1"]) == 2
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "3 models: 2 not verified, 1 refused." in printed.out
    assert "refused" in printed.out and "readable" in printed.out
    (zoo / "broken.keras").unlink()
    assert main(["port", *given, "-o", str(tmp_path / "out"), "--no-verify", "--jobs", "1"]) == 0
    assert "2 of them were there and are unchanged." in capsys.readouterr().out


def test_the_command_line_prints_a_line_of_json_for_each(
    zoo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["port", str(zoo), "-o", str(tmp_path / "out"), "--no-verify", "--json", "--jobs", "1"]) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {Path(line["model"]).name: line["verdict"] for line in lines} == WITHOUT_KERAS
    assert all(set(line) == set(Outcome._fields) for line in lines)
    assert all(Path(file).is_file() for line in lines for file in line["files"])


@pytest.mark.parametrize("option", [["--dry-run"], ["--config", "a.json"]], ids=lambda option: option[0])
def test_options_of_one_model_are_refused(option: list[str], zoo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", str(zoo), *option]) == 2
    assert "one model" in capsys.readouterr().err


def test_a_number_of_processes_is_positive() -> None:
    with pytest.raises(SystemExit):
        main(["port", "zoo", "--jobs", "0"])


def test_the_page_s_script_runs(zoo: Path, tmp_path: Path) -> None:
    """docs/many_models.md in a folder with a zoo in it. Dask's is as in the test above; Ray is not installed here."""
    page = (Path(__file__).parents[2] / "docs" / "many_models.md").read_text("utf-8")
    shutil.rmtree(zoo / "deep")
    (zoo / "three.h5").unlink()
    script, *others = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert [compile(block, "docs/many_models.md", "exec") for block in others]
    (tmp_path / "ports.py").write_text(script, "utf-8")
    done = subprocess.run([sys.executable, "ports.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {line.rpartition(" ")[2] for line in done.stdout.splitlines()[:2]} == {"refused", "equal"}
    assert (tmp_path / "ported" / "one.report.json").exists()
