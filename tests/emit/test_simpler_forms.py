"""What is said once instead of twice: expressions that mean the same, and where they stay as they are."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest

from equivalence.emit.class_text import render_class
from equivalence.emit.draft import ClassDraft, ForwardDraft
from equivalence.emit.simpler_forms import simplify
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Spec

HELPERS = {"SeparableConv2d": "class SeparableConv2d(nn.Module): ..."}

Line = tuple[str, str] | tuple[str, str, int | str]  # name, expression, and its rank (4) or that it is a mask


def written(
    lines: Sequence[Line],
    returned: str,
    modules: dict[str, str] | None = None,
    parts: dict[str, list] | None = None,
    taps: bool = False,
    helpers: dict[str, str] | None = None,
) -> list[str]:
    """The forward of a class with such values, over one input `image` and one `words`, after it was simplified.

    Expressions name values as <name>; constructors of `modules` come first.
    """
    made = ForwardDraft("forward")
    values: dict[str, Value] = {}
    for name in ("image", "words"):
        values[name] = Value(f"_v{len(values) + 1}_", "", "first", (None, 3, 8, 8), hint=name)
        made.inputs.append((name, values[name], Spec(name, (None, 8, 8, 3), "float32")))
    for name, expression, *kind in lines:
        rank = kind[0] if kind else 4
        value = Value(f"_v{len(values) + 1}_", "", "first", (None,) * (2 if rank == "mask" else int(rank)), hint=name)
        value.dtype = "bool" if rank == "mask" else "float32"
        value.parts = (parts or {}).get(name)
        if taps:
            value.taps.append((name, 0, 0))
        for known, held in values.items():
            expression = expression.replace(f"<{known}>", held.token)
        made.values.append(value)
        made.trees[value.token] = ast.parse(expression, mode="eval").body
        values[name] = value
    outputs = [values[name] for name in returned.split()]
    made.outputs = outputs[0] if len(outputs) == 1 else outputs
    draft = ClassDraft("Model", modules=modules or {}, forwards=[made])
    simplify(draft, HELPERS if helpers is None else helpers)
    return [line.strip() for line in render_class(draft, taps).split("super().__init__()\n")[1].splitlines() if line]


def body(*arguments: object, **keywords: object) -> list[str]:
    """The statements of the forward alone."""
    lines = written(*arguments, **keywords)  # type: ignore[arg-type]
    start = next(position for position, line in enumerate(lines) if line.startswith("def forward"))
    return lines[start + 1 :]


# -- masks ---------------------------------------------------------------------------------------


def test_a_mask_is_computed_once() -> None:
    lines = [("mask", "<words> != 0", "mask"), ("again", "<words> != 0", "mask"), ("both", "<mask> | <again>", "mask")]
    lines += [("x", "self.x(<image>, <both>)")]
    assert body(lines, "x") == ["return self.x(image, words != 0)"]


def test_masks_of_others_stay_apart() -> None:
    lines = [("mask", "<words> != 0", "mask"), ("other", "<image> != 0", "mask"), ("both", "<mask> & <other>", "mask")]
    assert body(lines, "both") == ["return (words != 0) & (image != 0)"]


@pytest.mark.parametrize("expression", ["self.mask(<words>)", "torch.rand_like(<words>) < 0.5", "helper(<words>)"])
def test_what_may_answer_otherwise_is_asked_twice(expression: str) -> None:
    lines = [("one", expression, "mask"), ("two", expression, "mask"), ("x", "self.x(<one>, <two>)")]
    assert "\n".join(body(lines, "x")).count(expression.replace("<words>", "words")) == 2


def test_a_mask_that_is_returned_has_its_own_variable() -> None:
    lines = [("one", "<words> != 0", "mask"), ("two", "<words> != 0", "mask"), ("y", "self.y(<one>)")]
    assert "\n".join(body(lines, "y two")).count("words != 0") == 2


# -- poolings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["mean", "amax"])
def test_dimensions_that_come_back_are_kept(method: str) -> None:
    lines = [
        ("pooled", f"<image>.{method}(dim=(2, 3))", 2),
        ("back", "<pooled>[:, :, None, None]"),
        ("y", "self.y(<back>)"),
    ]
    assert body(lines, "y") == [f"return self.y(image.{method}(dim=(2, 3), keepdim=True))"]
    one = [("pooled", f"<image>.{method}(dim=2)", 2), ("back", "<pooled>[:, :, None]", 3), ("y", "self.y(<back>)")]
    assert body(one, "y") == [f"return self.y(image.{method}(dim=2, keepdim=True))"]


def test_dimensions_that_are_flattened_away_are_not_kept() -> None:
    lines = [("pooled", "<image>.mean(dim=(2, 3), keepdim=True)"), ("flat", "torch.flatten(<pooled>, 1)", 2)]
    assert body(lines, "flat") == ["return image.mean(dim=(2, 3))"]


@pytest.mark.parametrize(
    ("pooled", "back"),
    [
        ("<image>.mean(dim=(1, 2))", "<pooled>[:, :, None, None]"),  # Keras's order: the channels are last
        ("<image>.mean(dim=(2, 3))", "<pooled>[:, None, :, None]"),
        ("<image>.mean(dim=(2, 3))", "<pooled>[:, :, None]"),
        ("<image>.sum(dim=(2, 3))", "<pooled>[:, :, None, None]"),
        ("<image>.mean(dim=(2, <image>.shape[0]))", "<pooled>[:, :, None, None]"),
        ("<image>.mean(dim=(2, 3), dtype=torch.float64)", "<pooled>[:, :, None, None]"),
        ("<image>.mean(dim=2, keepdim=True)", "torch.flatten(<pooled>, 1)"),
        ("<image>.mean(dim=(2, 3), keepdim=True)", "torch.flatten(<pooled>, 2)"),
    ],
)
def test_other_dimensions_stay(pooled: str, back: str) -> None:
    lines = [("pooled", pooled, 4), ("back", back)]
    assert body(lines, "back") == [f"return {back}".replace("<pooled>", pooled.replace("<image>", "image"))]


def test_what_is_pooled_and_used_elsewhere_too_is_pooled_once() -> None:
    lines = [("pooled", "<image>.mean(dim=(2, 3))", 2), ("back", "<pooled>[:, :, None, None]")]
    assert body(lines, "back pooled")[0] == "pooled = image.mean(dim=(2, 3))"


# -- permutations ----------------------------------------------------------------------------------


def test_turned_and_turned_back_is_the_same() -> None:
    lines = [
        ("turned", "<image>.permute(0, 2, 3, 1)"),
        ("back", "<turned>.permute(0, 3, 1, 2)"),
        ("y", "self.y(<back>)"),
    ]
    assert body(lines, "y") == ["return self.y(image)"]
    lines = [
        ("turned", "<image>.transpose(1, 2)", 3),
        ("back", "<turned>.transpose(-1, 1)", 3),
        ("y", "self.y(<back>)"),
    ]
    assert body(lines, "y") == ["return self.y(image)"]


def test_two_turns_are_one() -> None:
    lines = [("one", "<image>.permute(0, 2, 3, 1)"), ("two", "<one>.permute(0, 2, 1, 3)"), ("y", "self.y(<two>)")]
    assert body(lines, "y") == ["return self.y(image.permute(0, 3, 2, 1))"]


def test_a_turn_that_others_use_stays() -> None:
    lines = [("one", "<image>.permute(0, 2, 3, 1)"), ("two", "<one>.permute(0, 2, 1, 3)")]
    assert body(lines, "one two") == [
        "one = image.permute(0, 2, 3, 1)",
        "x = one.permute(0, 2, 1, 3)",
        "return (one, x)",
    ]


# -- paddings ----------------------------------------------------------------------------------------

PADDED: list[Line] = [("padded", "F.pad(<image>, (1, 1, 2, 2))"), ("y", "self.y(<padded>)")]


@pytest.mark.parametrize(
    ("ctor", "merged"),
    [
        ("nn.Conv2d(3, 4, kernel_size=5)", "nn.Conv2d(3, 4, kernel_size=5, padding=(2, 1))"),
        (
            "nn.Conv2d(3, 4, kernel_size=5, stride=2, groups=1, bias=False)",
            "nn.Conv2d(3, 4, kernel_size=5, stride=2, padding=(2, 1), groups=1, bias=False)",
        ),
        ("SeparableConv2d(3, 4, kernel_size=5)", "SeparableConv2d(3, 4, kernel_size=5, padding=(2, 1))"),
        ("nn.AvgPool2d(5, stride=2)", "nn.AvgPool2d(5, stride=2, padding=(2, 1))"),
    ],
)
def test_zeros_become_the_padding_of_what_they_are_for(ctor: str, merged: str) -> None:
    lines = written(PADDED, "y", {"y": ctor})
    assert lines[0] == f"self.y = {merged}" and lines[-1] == "return self.y(image)"


@pytest.mark.parametrize(
    "ctor",
    [
        "nn.MaxPool2d(5)",  # pads by what is never the largest
        "nn.AvgPool2d(3)",  # torch pads half a window at most
        "nn.AvgPool2d(5, ceil_mode=True)",
        "nn.AvgPool2d(5, count_include_pad=False)",
        "nn.Conv2d(3, 4, kernel_size=5, padding=1)",
        "nn.Conv2d(3, 4, kernel_size=5, padding_mode='reflect')",
        "nn.ConvTranspose2d(3, 4, kernel_size=5)",
        "nn.Conv1d(3, 4, kernel_size=5)",
        "MyConv2d(3, 4, kernel_size=5)",
    ],
)
def test_zeros_before_anything_else_stay(ctor: str) -> None:
    lines = written(PADDED, "y", {"y": ctor})
    assert lines[0].replace('"', "'") == f"self.y = {ctor}"
    assert lines[-1] == "return self.y(F.pad(image, (1, 1, 2, 2)))"


@pytest.mark.parametrize("helpers", [{}, {"SeparableConv2d": "from my_layers import SeparableConv2d"}])
def test_zeros_before_a_module_of_somebody_s_stay(helpers: dict[str, str]) -> None:
    """It has the helper's name, and may mean another thing by `padding`."""
    lines = written(PADDED, "y", {"y": "SeparableConv2d(3, 4, kernel_size=5)"}, helpers=helpers)
    assert lines[0] == "self.y = SeparableConv2d(3, 4, kernel_size=5)"
    assert lines[-1] == "return self.y(F.pad(image, (1, 1, 2, 2)))"


@pytest.mark.parametrize(
    "padding",
    [
        "(<image>.shape[2], 1)",
        "(1, 1, 1, 1, 1, 1)",
        "(0, 1, 0, 1)",
        "(-1, -1)",
        "(1, 1), value=1.0",
        "(1, 1), mode='circular'",
    ],
)
def test_other_paddings_stay(padding: str) -> None:
    lines: list[Line] = [("padded", f"F.pad(<image>, {padding})"), ("y", "self.y(<padded>)")]
    assert "F.pad" in written(lines, "y", {"y": "nn.Conv2d(3, 4, kernel_size=5)"})[-1]


@pytest.mark.parametrize(
    ("more", "returned"),
    [
        ([("z", "self.z(<padded>)"), ("sum_", "<y> + <z>")], "sum_"),
        ([], "y padded"),
        ([("z", "self.y(<image>)"), ("sum_", "<y> + <z>")], "sum_"),
        ([("other", "F.pad(<image>, (2, 2, 2, 2))"), ("z", "self.y(<other>)"), ("sum_", "<y> + <z>")], "sum_"),
        ([("z", "helper(self.y, <image>)"), ("sum_", "<y> + <z>")], "sum_"),
    ],
    ids=["used elsewhere", "returned", "called without", "padded otherwise", "handed on"],
)
def test_zeros_that_are_not_for_all_calls_of_one_module_stay(more: list[Line], returned: str) -> None:
    lines = written([*PADDED, *more], returned, {"y": "nn.Conv2d(3, 4, kernel_size=5)"})
    assert lines[0] == "self.y = nn.Conv2d(3, 4, kernel_size=5)"
    assert any("F.pad(image, (1, 1, 2, 2))" in line for line in lines)


def test_all_calls_of_one_module_may_be_padded_alike() -> None:
    lines = [*PADDED, ("more", "F.pad(<words>, (1, 1, 2, 2))"), ("z", "self.y(<more>)"), ("sum_", "<y> + <z>")]
    made = written(lines, "sum_", {"y": "nn.Conv2d(3, 4, kernel_size=5)"})
    assert made[0] == "self.y = nn.Conv2d(3, 4, kernel_size=5, padding=(2, 1))"
    assert made[-1] == "return self.y(image) + self.y(words)"


# -- tuples --------------------------------------------------------------------------------------------

STATES = {"lstm": [(None, 5, 4), [(1, None, 4), (1, None, 4)]]}


def test_a_tuple_is_taken_apart_where_it_is_made() -> None:
    lines = [("lstm", "self.lstm(<image>)"), ("y", "<lstm>[0]"), ("h", "<lstm>[1][0][0]"), ("c", "<lstm>[1][1][0]")]
    assert body(lines, "y h c", parts=STATES) == ["lstm, (h, c) = self.lstm(image)", "return (lstm, h[0], c[0])"]


def test_a_member_that_nobody_uses_has_no_name() -> None:
    lines = [("lstm", "self.lstm(<image>)"), ("y", "<lstm>[0]"), ("h", "<lstm>[1][0][0]"), ("fc", "self.fc(<h>)")]
    assert body(lines, "fc", parts=STATES) == ["_, (h, _) = self.lstm(image)", "return self.fc(h[0])"]


def test_states_go_on_as_they_come() -> None:
    """h[0][None] is h, where that is the only one."""
    lines = [("lstm", "self.lstm(<image>)"), ("h", "<lstm>[1][0][0]"), ("c", "<lstm>[1][1][0]")]
    lines += [("other", "self.other(<words>, (<h>[None], <c>[None]))"), ("y", "<other>[0]")]
    assert body(lines, "y", parts={**STATES, "other": STATES["lstm"]}) == [
        "_, (h, c) = self.lstm(image)",
        "return self.other(words, (h, c))[0]",
    ]


def test_of_several_layers_one_state_is_no_whole() -> None:
    lines = [("lstm", "self.lstm(<image>)"), ("h", "<lstm>[1][0][0]"), ("y", "self.y(<h>[None])")]
    assert (
        body(lines, "y", parts={"lstm": [(None, 5, 4), [(2, None, 4), (2, None, 4)]]})[-1]
        == "return self.y(h[0][None])"
    )


def test_the_first_member_alone_is_taken_by_its_index() -> None:
    lines = [("lstm", "self.lstm(<image>)"), ("y", "<lstm>[0]"), ("fc", "self.fc(<y>)")]
    assert body(lines, "fc", parts=STATES) == ["return self.fc(self.lstm(image)[0])"]


def test_a_tuple_that_is_handed_on_whole_stays_one() -> None:
    lines = [
        ("lstm", "self.lstm(<image>)"),
        ("y", "<lstm>[0]"),
        ("states", "helper(<lstm>[1])"),
        ("h", "<lstm>[1][0][0]"),
        ("z", "<y> + <states> * <h>"),
    ]
    assert body(lines, "z", parts=STATES)[0] == "lstm = self.lstm(image)"


# -- and what verification sees ------------------------------------------------------------------------


def test_what_is_left_out_is_watched_all_the_same() -> None:
    lines = [*PADDED, ("pooled", "<y>.mean(dim=(2, 3))", 2), ("back", "<pooled>[:, :, None, None]")]
    text = "\n".join(written(lines, "back", {"y": "nn.Conv2d(3, 4, kernel_size=5)"}, taps=True))
    assert [name in text for name in ('"padded", 0, 0', '"y", 0, 0', '"pooled", 0, 0', '"back", 0, 0')] == [True] * 4
    assert "F.pad(image, (1, 1, 2, 2))" in text and "padding=(2, 1)" in text and "keepdim=True" in text
