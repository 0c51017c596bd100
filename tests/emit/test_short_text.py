"""Emitted code in a line or two, and how near it is to one call of torch's."""

from __future__ import annotations

import pytest

from equivalence.emit.short_text import CODE, DROP_IN, WITH_ARGUMENTS, differing, short, standing


def emitted(*forward: str, made: tuple[str, ...] = (), before: str = "") -> str:
    lines = ["class Example(nn.Module):", "    def __init__(self) -> None:", "        super().__init__()"]
    lines += [f"        {line}" for line in made]
    lines += ["", "    def forward(self, inputs: Tensor) -> Tensor:", *(f"        {line}" for line in forward)]
    return before + "\n".join(lines)


CONV = "self.conv = nn.Conv2d(3, 5, kernel_size=3)"
HELPER = "def twice(x: Tensor) -> Tensor:\n    return x + x\n\n\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (emitted("return self.conv(inputs)", made=(CONV,)), ["nn.Conv2d(3, 5, kernel_size=3)(inputs)"]),
        (emitted("return inputs.mean(dim=1)"), ["inputs.mean(dim=1)"]),
        (emitted("x = inputs + 1", "return x"), ["inputs + 1"]),
        (emitted("a, b = inputs.split(2)", "return a, b"), ["inputs.split(2)"]),
        (
            emitted("x = self.conv(inputs)", "return x * self.conv(x)", made=(CONV,)),
            ["conv = nn.Conv2d(3, 5, kernel_size=3)", "x = conv(inputs)", "x * conv(x)"],
        ),
        (
            emitted("return self.conv(inputs)", made=(CONV, "self.conv.bias.requires_grad_(False)")),
            ["conv = nn.Conv2d(3, 5, kernel_size=3)", "conv.bias.requires_grad_(False)", "conv(inputs)"],
        ),
        (
            emitted(
                "return inputs * self.scale", made=("self.register_buffer('scale', torch.ones(3), persistent=False)",)
            ),
            ["inputs * torch.ones(3)"],
        ),
        (HELPER + "optimizer = twice(1)", ["optimizer = twice(1)"]),
    ],
    ids=["module", "expression", "named", "unpacked", "twice", "fixed", "buffer", "statement"],
)
def test_what_emitted_code_comes_down_to(text: str, lines: list[str]) -> None:
    assert list(short(text).lines) == lines


def test_helpers_are_kept_apart() -> None:
    assert short(emitted("return twice(inputs)", before=HELPER)).helpers == (HELPER.strip(),)


@pytest.mark.parametrize(
    ("text", "standing_of_it"),
    [
        (emitted("return nn.Conv2d(3, 5, kernel_size=3)(inputs)"), DROP_IN),
        (emitted("return F.relu(inputs)"), DROP_IN),
        (emitted("return inputs"), DROP_IN),
        (emitted("return nn.Conv2d(3, 5, kernel_size=3, dilation=2)(inputs)"), WITH_ARGUMENTS),
        (emitted("return inputs.mean(dim=7)"), WITH_ARGUMENTS),
        (emitted("return F.relu(F.relu(inputs))"), CODE),
        (emitted("x = inputs + 1", "return x * x"), CODE),
        (emitted("return twice(inputs)", before=HELPER), CODE),
    ],
)
def test_how_near_it_is_to_one_call(text: str, standing_of_it: str) -> None:
    assert standing(short(text), stated=[5, 3], sizes=[7, 3]) == standing_of_it


def test_only_statements_that_differ_are_told_apart() -> None:
    right = short(emitted("x = inputs + 1", "return x * x"))
    wrong = short(emitted("x = inputs + 2", "return x * x"))
    assert differing(right, wrong) == (["x = inputs + 1"], ["x = inputs + 2"])


def test_forms_with_the_same_statements_differ_in_their_helpers() -> None:
    right = short(emitted("return twice(inputs)", before=HELPER))
    wrong = short(emitted("return twice(inputs)", before=HELPER.replace("x + x", "x * x")))
    assert differing(right, wrong) == (["return x + x"], ["return x * x"])
