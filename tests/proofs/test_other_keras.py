"""Proofs on other versions of Keras: what is kept of them, and how a lookup and a page tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from equivalence import catalogue
from equivalence.proofs import record
from equivalence.proofs.case import Written
from equivalence.proofs.entry import EntryProof
from equivalence.proofs.other_keras import of_version, read, write
from equivalence.proofs.result import CaseProof, failed
from equivalence.render import other_versions
from equivalence.render.keras_versions_page import keras_versions

DENSE = catalogue.named("keras.layers.Dense")
LACKS = (
    "KerasFailed: Keras on tensorflow failed in make_case: TypeError: Error when deserializing class 'Dense' using "
    "config={'lora_alpha': 4}. Exception encountered: Unrecognized keyword arguments passed to Dense: {'lora_alpha': 4}"
)
FAILS = "Exception encountered when calling A.call(). \x1b[1mNo kernel\x1b[0m Arguments received by A.call(): x=1"
NUMBERS = (
    "masked_forward[0]: 1 of 1 elements differ by more than 1.93e-10 (1e-10 of the largest expected); "
    "the worst at [] is 1.92712190728432, not 1.9271218430469252"
)


def proof(errors: dict[str, str], differing: str = "") -> EntryProof:
    made = EntryProof(DENSE, errors=errors)
    for case in DENSE.cases:
        if case.id not in errors:
            made.cases.append(CaseProof(DENSE, case, Written({})))
            if case.id == differing:
                made.cases[-1].comparisons["forward"] = failed(NUMBERS)
    return made


IDS = [case.id for case in DENSE.cases]
FOUND: dict[str, tuple[EntryProof, dict[str, Any], str]] = {
    "all-hold": (proof({}), {}, "On Keras 3.5.0 all of them hold too."),
    "lacks-an-argument": (
        proof({IDS[0]: LACKS}),
        {"not_there": {"Unrecognized keyword arguments passed to Dense: {'lora_alpha': 4}": IDS[:1]}},
        f"On Keras 3.5.0 {len(IDS) - 1} of {len(IDS)} hold: it lacks what {IDS[0]} ask for.",
    ),
    "fails": (
        proof({IDS[0]: FAILS}),
        {"apart": {"No kernel": IDS[:1]}},
        f"On Keras 3.5.0 {len(IDS) - 1} of {len(IDS)} hold: it makes something else of {IDS[0]} (No kernel).",
    ),
    "differs": (
        proof({}, IDS[1]),
        {"apart": {"masked forward differs, by some 1e-08 of the largest": IDS[1:2]}},
        f"On Keras 3.5.0 {len(IDS) - 1} of {len(IDS)} hold: it makes something else of {IDS[1]} "
        "(masked forward differs, by some 1e-08 of the largest).",
    ),
    "lacks-it": (
        proof(dict.fromkeys(IDS, "AttributeError: module 'keras.api.layers' has no attribute 'Dense'")),
        {"not_there": {"AttributeError: module 'keras.api.layers' has no attribute 'Dense'": IDS}},
        "Keras 3.5.0 does not have it.",
    ),
}


@pytest.mark.parametrize(("made", "kept", "said"), FOUND.values(), ids=FOUND)
def test_what_became_of_the_cases(made: EntryProof, kept: dict[str, Any], said: str) -> None:
    found = of_version(made)
    assert found == {"cases": len(IDS), **kept}
    assert [*other_versions.told({"3.5.0": found})] == [said]


def test_a_line_is_read_of_the_proof_that_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on = {"3.5.0": {"cases": 2}, "3.12.0": {"cases": 2}}
    path = tmp_path / "other.json"
    write({DENSE.keras: {"digest": "now", "on": on}, "keras.ops.sum": {"digest": "x", "on": {}}}, path)
    assert read(path)[DENSE.keras]["on"] == on
    monkeypatch.setattr(other_versions, "PATH", str(path))
    other_versions._text.cache_clear()
    try:
        assert list(other_versions.on_other_keras(DENSE.keras, "now")) == ["3.12.0", "3.5.0"]
        assert other_versions.on_other_keras(DENSE.keras, "before") == {}
        assert other_versions.on_other_keras("keras.ops.prod", "now") == {}
    finally:
        other_versions._text.cache_clear()


def test_most_of_what_is_recorded_is_of_today_s_proofs() -> None:
    """A change of an entry leaves its own line behind until the older versions are run again, and no more."""
    known, proved = read(), record.read()["entries"]
    assert known and set(known) <= set(proved)
    fresh = [name for name, each in known.items() if each["digest"] == proved[name]["digest"]]
    assert len(fresh) > 0.9 * len(known)


def test_the_page_counts_what_is_told() -> None:
    on = {"3.12.0": {"cases": 5, "not_there": {"no": ["a"]}, "apart": {"a | b": ["b", "c"]}}}
    text = keras_versions([{"keras": "keras.layers.Dense", "proof": {"other_keras": on}}])
    assert "| 3.12.0 | 1 | 5 | 2 | 1 | 2 |" in text
    assert "| `keras.layers.Dense` | b, c | a \\| b |" in text
