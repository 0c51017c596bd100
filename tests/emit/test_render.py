"""From values to statements: what stands inside what, and under which name."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import pytest

from equivalence.emit.class_text import render_class
from equivalence.emit.draft import ClassDraft, ForwardDraft
from equivalence.emit.line_breaking import wrapped
from equivalence.emit.tree_rewriting import without_taps
from equivalence.translation.call_site import Value
from equivalence.translation.graph import Spec


def draft(
    lines: Sequence[tuple[str, str]],
    outputs: Sequence[str],
    inputs: Sequence[str] = ("image",),
    structure: object = None,
) -> ClassDraft:
    """A class whose forward has the given (hint, expression) values; names in expressions are hints."""
    made = ForwardDraft("forward")
    values: dict[str, Value] = {}
    for name in inputs:
        values[name] = Value(f"_v{len(values)}_", "", "keras", (None, 3), hint=name)
        made.inputs.append((name, values[name], Spec(name, (None, 3), "float32")))
    for node, (hint, text) in enumerate(lines):
        for name, known in values.items():
            text = text.replace(f"<{name}>", known.token)
        value = Value(f"_v{len(values)}_", text, "keras", (None, 3), hint=hint, taps=[(hint, node, 0)])
        values[hint] = value
        made.values.append(value)
        made.trees[value.token] = ast.parse(text, mode="eval").body
    made.outputs = values[outputs[0]] if len(outputs) == 1 else [values[name] for name in outputs]
    return ClassDraft("Model", forwards=[made])


def forward(made: ClassDraft, taps: bool = False) -> list[str]:
    text = render_class(made, taps)
    return [line.strip() for line in text.split("forward(")[1].splitlines()[1:]]


def test_a_chain_ends_with_its_activation_and_goes_on_in_x() -> None:
    lines = [
        ("conv", "self.conv(<image>)"),
        ("bn", "self.bn(<conv>)"),
        ("act", "F.relu(<bn>)"),
        ("fc", "self.fc(<act>)"),
    ]
    assert forward(draft(lines, ["fc"])) == ["x = F.relu(self.bn(self.conv(image)))", "return self.fc(x)"]


def test_what_is_used_twice_is_named_after_its_layer() -> None:
    lines = [("block_in", "self.a(<image>)"), ("b", "self.b(<block_in>)"), ("add", "<b> + <block_in>")]
    assert forward(draft(lines, ["add"])) == ["block_in = self.a(image)", "return self.b(block_in) + block_in"]


def test_two_values_of_one_name_are_two_variables() -> None:
    lines = [("a", "self.a(<image>)"), ("b", "self.b(<image>)"), ("sum_", "<a> * <b> + self.c(<a>, <b>)")]
    made = draft(lines, ["sum_"])
    made.forward.values[1].hint = "a"
    assert forward(made) == ["a = self.a(image)", "a_2 = self.b(image)", "return a * a_2 + self.c(a, a_2)"]


def test_parentheses_stand_where_python_needs_them() -> None:
    lines = [("sum_", "<image> + 1"), ("product", "<sum_> * 2"), ("turned", "<product>.permute(0, 2, 1)")]
    assert forward(draft(lines, ["turned"])) == ["return ((image + 1) * 2).permute(0, 2, 1)"]


def test_what_nobody_uses_is_not_written() -> None:
    lines = [("mask", "<image> != 0"), ("fc", "self.fc(<image>)")]
    assert forward(draft(lines, ["fc"])) == ["return self.fc(image)"]


def test_branches_keep_their_names_while_x_is_taken() -> None:
    long = "self.branch_with_a_rather_long_name_{}(<image>, some_argument=1000000, another={})"
    lines = [(f"branch{i}", long.format(i, i)) for i in range(3)]
    lines.append(("cat", "torch.cat((<branch0>, <branch1>, <branch2>), dim=1)"))
    text = forward(draft(lines, ["cat"]))
    assert [line.split(" = ")[0] for line in text[:-1]] == ["x", "branch1", "branch2"]
    assert text[-1] == "return torch.cat((x, branch1, branch2), dim=1)"


def test_an_input_called_x_is_not_overwritten_while_it_is_needed() -> None:
    lines = [("a", "self.a(<x>, 1, 2, 3) if True else self.other_one(<x>, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)")]
    lines += [("b", "self.b(<a>) + self.b_of_something_rather_long(<a>)"), ("c", "<b> + <x>")]
    names = [line.split(" = ")[0] for line in forward(draft(lines, ["c"], ["x"]))[:-1]]
    assert "x" not in names


def test_several_outputs_are_a_tuple() -> None:
    lines = [("a", "self.a(<image>)"), ("b", "self.b(<image>)")]
    assert forward(draft(lines, ["a", "b"]))[-1].startswith("return (")


@pytest.mark.parametrize("count", [1, 4, 9])
def test_taps_change_nothing_but_watch_everything(count: int) -> None:
    lines = [("l0", "self.l0(<image>)")]
    lines += [(f"l{i}", f"F.relu(self.l{i}(<l{i - 1}>))") for i in range(1, count)]
    made = draft(lines, [f"l{count - 1}"])
    plain, tapped = render_class(made), render_class(made, taps=True)
    assert ast.dump(ast.parse(plain)) == ast.dump(without_taps(ast.parse(tapped)))
    assert len(re.findall(r"\btap\(", tapped)) == count


def test_long_lines_break_at_arguments() -> None:
    text = wrapped("x = ", f"torch.cat(({', '.join(f'branch_number_{i}' for i in range(12))}), dim=1)")
    assert all(len(line) <= 100 for line in text.splitlines()) and len(text.splitlines()) > 1
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(text.replace("\n", " ")))
