"""What atheris says of a run, read."""

from __future__ import annotations

from guided_runs import figures

SAID = """INFO: seed corpus: files: 1 min: 5b max: 5b total: 5b rss: 40Mb
#2\tINITED cov: 679 ft: 1037 corp: 1/5b exec/s: 0 rss: 98Mb
#39\tNEW    cov: 681 ft: 1040 corp: 2/10b lim: 5 exec/s: 0 rss: 98Mb L: 5/5
#300\tDONE   cov: 705 ft: 1071 corp: 9/45b lim: 5 exec/s: 50 rss: 98Mb
Done 300 runs in 6 second(s)
"""


def test_a_run_that_came_to_its_end() -> None:
    assert figures(SAID.splitlines()) == {"mutants": 300, "branches": 679, "reached": 705}


def test_a_run_that_a_mutant_ended() -> None:
    assert figures([*SAID.splitlines()[:3], "==7== ERROR: libFuzzer: timeout"])["mutants"] == 0
