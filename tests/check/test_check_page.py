"""The page of a check: well-formed, nothing from elsewhere, every name escaped, every fault and layer on it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from found import CONV, different, equal, unknown

from equivalence.diagnosis.findings import Carried, Cause, Check, Fault, LayerRow, Place
from equivalence.render.check_page import check_page
from equivalence.render.tracks import MOST, tracks

#: What a layer would be called by somebody who wants to run code at the reader's.
HOSTILE = "</td><script>alert(\"x\")</script><img src=//evil.example/a onerror='alert(1)'>&amp;\x1b[2J\u202e"
_EMPTY = {"meta", "path"}  # elements without an end


class Page(HTMLParser):
    """A page as its reader has it: elements in their order, their text, and whether all were closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in _EMPTY:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def page(check: Check) -> Page:
    return Page(check_page(check.to_json(), "model.keras", "net.py:MyNet"))


@pytest.mark.parametrize(
    "check", [different(), equal(), unknown(), Check(None)], ids=["different", "equal", "unknown", ""]
)
def test_it_stands_alone(check: Check) -> None:
    """No script, and nothing that a browser would fetch; what it may load, it says itself: nothing."""
    made = page(check)
    names = {name for name, _ in made.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    attributes = [(name, value or "") for _, attrs in made.elements for name, value in attrs.items()]
    assert all(value.startswith("#fault-") for name, value in attributes if name in ("href", "src"))
    assert not [name for name, _ in attributes if name.startswith("on")]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in attributes
    assert not re.search(r"url\(|@import|https?:", check_page(check.to_json()))


def test_it_says_what_was_found() -> None:
    made = page(different())
    for words in (
        "net.py:MyNet against model.keras",
        "Different: 2 faults, the first at norm.",
        "off by 3.1e-02, relative 2.5e-01",
        "eps is 1e-05, Keras has 0.001: Keras adds it to the variance before the root.",
        "keras.layers.BatchNormalization#epsilon",
        "self.norm = nn.BatchNorm2d(8, eps=0.001)",
        "Keras: x @ kernel + bias; torch: F.linear(x, w, b)",
        "conv/kernel -> features.0.weight",
        "head/kernel: head.weight, end.weight",
        "The module ran in float64.",
        "keras 3.15.1, torch 2.13.0",
    ):
        assert words in made.text
    faults = [attrs for name, attrs in made.elements if name == "details"]
    assert [attrs["id"] for attrs in faults] == ["fault-1", "fault-2"]
    assert all("open" in attrs for attrs in faults)


def test_layer_stands_against_layer() -> None:
    made = page(different())
    assert [[" ".join(cell.split()) for cell in row[1:]] for row in made.rows[1:]] == [
        ["image InputLayer", "0", ""],
        ["pad ZeroPadding2D", "within what follows", ""],
        ["conv Conv2D", "1.5e-15", "features.0 conv2d, net.py:21"],
        ["norm BatchNormalization", "2.5e-01", "features.1 batch_norm, net.py:22"],
        ["add Add", "0", "add net.py:25"],
        ["head Dense", "different", "head linear, net.py:30"],
        ["softmax Softmax", "unreached", ""],
        ["", "no layer has it", "dropout"],
    ]
    colours = [attrs.get("class") for name, attrs in made.elements if name == "tr"][1:]
    assert colours == ["d0", "within", "d0", "d5", "d0", "d5", "unreached", "alone"]


@pytest.mark.parametrize(
    ("off", "colour"),
    [(2e-10, "d1"), (1e-5, "d2"), (1e-3, "d3"), (5e-2, "d4"), (1.0, "d5"), (float("inf"), "d5"), (float("nan"), "d5")],
)
def test_the_deviation_is_a_colour(off: float, colour: str) -> None:
    made = page(Check(False, layers=[LayerRow("conv", "different", CONV, off)]))
    assert [attrs.get("class") for name, attrs in made.elements if name == "tr"][1:] == [colour]


def test_a_module_called_twice_says_whose_it_was() -> None:
    rows = [LayerRow("first", "equal", CONV, 0.0), LayerRow("second", "equal", CONV, 0.0)]
    assert page(Check(True, layers=rows)).rows[2][3] == "features.0 conv2d, net.py:21, as first"


def test_hostile_names_are_text() -> None:
    place = Place(HOSTILE, HOSTILE, HOSTILE, 3)
    cause = Cause(HOSTILE, HOSTILE, HOSTILE, HOSTILE, f"x = 1\n    {HOSTILE}")
    check = Check(
        False,
        [Fault(HOSTILE, place, (2,), (2,), 1.0, 1.0, cause, HOSTILE)],
        [LayerRow(HOSTILE, "different", place, 1.0, HOSTILE), LayerRow(HOSTILE, "equal", place, 0.0, "", (HOSTILE,))],
        [HOSTILE],
        Carried((HOSTILE,), (HOSTILE,), (HOSTILE,)),
        HOSTILE,
        [HOSTILE],
        {HOSTILE: HOSTILE},
    )
    source = check_page(check.to_json(), HOSTILE, HOSTILE)
    made = Page(source)
    assert not {"script", "img"} & {name for name, _ in made.elements}
    assert made.text.count('<script>alert("x")</script>') >= 20
    assert not {"\x1b", "\u202e"} & set(source)


def test_neighbours_are_joined_and_longer_ways_have_tracks() -> None:
    """A residual: `add` takes what comes before it and the input of the block, past two rows."""
    rows = tracks(["image", "conv", "norm", "add", "end"], [(), ["image"], ["conv"], ["norm", "image"], ["add"]])
    assert [(row.above, row.below) for row in rows] == [
        (False, True), (True, True), (True, True), (True, True), (True, False),
    ]  # fmt: skip
    assert [row.lanes for row in rows] == [["start"], ["pass"], ["pass"], ["end"], []]


def test_a_track_is_free_again_where_it_ends() -> None:
    names = ["a", "b", "c", "d", "e"]
    rows = tracks(names, [(), ["a"], ["a"], ["c"], ["c", "nowhere", "e"]])
    assert [row.lanes for row in rows] == [["start"], ["pass"], ["end start"], ["pass"], ["end"]]
    assert [(row.above, row.below) for row in rows[1:3]] == [(True, False), (False, True)]


def test_one_track_serves_all_that_take_from_a_layer() -> None:
    rows = tracks(["a", "b", "c", "d"], [(), (), ["a"], ["a"]])
    assert [row.lanes for row in rows] == [["start"], ["pass"], ["end pass"], ["end"]]


def test_of_very_many_connections_the_last_share_a_track() -> None:
    names = [str(index) for index in range(60)]
    rows = tracks(names, [[] if index < 30 else [str(59 - index)] for index in range(60)])
    assert max(len(row.lanes) for row in rows) == MOST
