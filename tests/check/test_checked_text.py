"""A check as text: verdict, faults, layers; 80 columns, and nothing that is to be copied is cut or wrapped."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from found import CONV, different, equal, unknown
from rich.console import Console

from equivalence.diagnosis.findings import Carried, Cause, Check, Fault, LayerRow, Place
from equivalence.render.checked import show, text

DIFFERENT = """\
Different: 2 faults, the first at norm.

1. norm → features.1, net.py:22
   off by 3.1e-02, relative 2.5e-01
   eps is 1e-05, Keras has 0.001: Keras adds it to the variance before the root.
   (keras.layers.BatchNormalization#epsilon)
   write: self.norm = nn.BatchNorm2d(8, eps=0.001)

2. head → head, net.py:30
   shape (2, 3) in Keras, (2, 4) in torch
   Keras: x @ kernel + bias; torch: F.linear(x, w, b)

layer               relative  torch
image    equal             0
pad      within
conv     equal       1.5e-15  features.0, net.py:21
norm     different   2.5e-01  features.1, net.py:22
add      equal             0  net.py:25
head     different            head, net.py:30
softmax  unreached

weights: 1 carried, 1 left over, 1 ambiguous
  left over: features.0.bias
  ambiguous: head/kernel: head.weight, end.weight

These ran in torch and gave nothing that Keras has:
  dropout

The module ran in float64.

keras 3.15.1, torch 2.13.0"""


def fault_lines(printed: str, number: int) -> list[str]:
    lines = printed.splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith(f"{number}. "))
    return lines[first : lines.index("", first)] if "" in lines[first:] else lines[first:]


def test_a_check_says_itself() -> None:
    assert str(different()) == DIFFERENT


def test_an_equal_one_is_one_line_and_its_layers() -> None:
    assert str(equal()) == (
        "Equal: 1 of 1 layers compared one by one.\n\n"
        "layer             relative  torch\n"
        "conv  equal       1.5e-15  features.0, net.py:21"
    )


def test_an_equal_one_counts_what_was_not_compared() -> None:
    rows = [LayerRow(str(index), status) for index, status in enumerate(("equal", "within", "unreached", "within"))]
    assert str(Check(True, layers=rows)).startswith(
        "Equal: 1 of 4 layers compared one by one, 2 within others, 1 not reached.\n"
    )


def test_what_cannot_be_told_says_why() -> None:
    assert str(unknown()) == (
        "Can't tell: net.py:MyNet fails in its forward: RuntimeError: shapes cannot be\nmultiplied"
    )


def test_every_line_fits_and_nothing_to_be_copied_is_cut() -> None:
    """Names of real networks are long: their middle goes, from the table and the heads; code and places stay whole."""
    layer = "backbone/block17/branch3x3_dbl/conv_batch_normalization_with_a_name_of_its_own"
    module = "features.denseblock4.denselayer16.transition.norm.with.more.parts"
    where = Place(module, "batch_norm", "/home/somebody/project/models/dense_net_of_mine.py", 1042)
    fix = "self.norm = nn.BatchNorm2d(num_features, eps=0.001, momentum=0.01, affine=True, track_running_stats=True)"
    says = "a sentence of many words that goes on, and does not end before it has filled " * 6
    known = Fault(layer, where, (2, 5, 7, 8), (2, 8, 5, 7), 1e-3, 2e-3, Cause(says, "keras.layers.Some#thing", fix=fix))
    unknown_cause = replace(known, cause=None, detail=says)
    rows = [LayerRow(layer, "different", where, 2e-3, "BatchNormalization")]
    left = Carried((), (layer + "/kernel: " + module,), ())
    printed = text(Check(False, [known, unknown_cause], rows, [module * 2], left).to_json())
    for number in (1, 2):
        assert len(fault_lines(printed, number)) == 5
        assert "dense_net_of_mine.py:1042" in fault_lines(printed, number)[0]
    assert f"   write: {fix}" in printed.splitlines()
    long = [line for line in printed.splitlines() if len(line) > 80]
    assert all("write: " in line or "dense_net_of_mine.py:1042" in line for line in long)
    table = next(line for line in printed.splitlines() if " different " in line)
    assert len(table) <= 80 and table.endswith("  dense_net_of_mine.py:1042")


def test_a_fix_of_two_lines_keeps_its_indentation() -> None:
    cause = Cause("The activation is missing.", fix="x = self.conv(x)\nx = F.relu(x)")
    fault = Fault("conv", CONV, (2, 3), (2, 3), 1.0, 1.0, cause)
    assert fault_lines(text(Check(False, [fault]).to_json()), 1)[-2:] == [
        "   write: x = self.conv(x)",
        "          x = F.relu(x)",
    ]


def test_of_a_long_run_of_equal_layers_the_ends_are_shown() -> None:
    rows = [LayerRow(f"layer_{index}", "equal", CONV, 0.0) for index in range(300)]
    rows[200] = LayerRow("layer_200", "different", CONV, 0.5)
    printed = text(Check(False, layers=rows).to_json())
    assert [line.split()[0:3] for line in printed.splitlines()[3:]] == [
        ["layer_0", "equal", "0"], ["...", "198", "more,"], ["layer_199", "equal", "0"],
        ["layer_200", "different", "5.0e-01"],
        ["layer_201", "equal", "0"], ["...", "97", "more,"], ["layer_299", "equal", "0"],
    ]  # fmt: skip


@pytest.mark.parametrize("infinite", ["inf", "nan"])
def test_numbers_that_json_has_as_text(infinite: str) -> None:
    fault = Fault("conv", CONV, (2, 3), (2, 3), float(infinite), float(infinite), None)
    assert f"off by {infinite}, relative {infinite}" in text(Check(False, [fault]).to_json())


def test_where_it_shows_is_said() -> None:
    fault = Fault("conv", CONV, (2, 3), (2, 3), 1.0, 0.5, None, seen_in="gradients")
    assert "off by 1.0e+00, relative 5.0e-01 in the gradients" in text(Check(False, [fault]).to_json())


@pytest.mark.parametrize(("relative", "said"), [
    (0.5, "relative 5.0e-01 off after a step of training"),
    (None, "equal in inference, not in training"),
])  # fmt: skip
def test_training_alone_says_nothing_of_shapes(relative: float | None, said: str) -> None:
    """Of a rate of dropout there is no deviation, of running statistics a relative one."""
    fault = Fault("norm", CONV, (3,), (3,), None, relative, None, seen_in="training")
    assert fault_lines(text(Check(False, [fault]).to_json()), 1)[1] == f"   {said}"


def test_what_a_terminal_would_obey_is_shown() -> None:
    hostile = "a\x1b[2Jb\nc"
    place = Place(hostile, hostile, hostile, 3)
    fault = Fault(hostile, place, (2,), (2,), 1.0, 1.0, Cause(hostile, hostile, fix=hostile))
    row = LayerRow(hostile, "different", place, 1.0, hostile)
    check = Check(
        False, [fault], [row], [hostile], Carried((), (hostile,), (hostile,)), hostile, [hostile], {"x": hostile}
    )
    printed = text(check.to_json())
    assert "\x1b" not in printed
    assert "a\\x1b[2Jb c" in printed


def test_a_terminal_gets_colours_and_the_same_words() -> None:
    plain, coloured = (
        Console(file=io.StringIO(), width=80, force_terminal=on, highlight=False) for on in (False, True)
    )
    for console in (plain, coloured):
        show(different().to_json(), console=console)
    assert plain.file.getvalue().rstrip("\n") == DIFFERENT  # type: ignore[attr-defined]
    assert "\x1b[1;31mDifferent" in coloured.file.getvalue()  # type: ignore[attr-defined]
