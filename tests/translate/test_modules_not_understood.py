"""What of nn.Module stays: where channels lie is never guessed."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from equivalence.translating import translate

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
NET = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.linear = nn.Linear(4, 5)
        self.pool = nn.MaxPool1d(2)

    def forward(self, x):
        x = self.conv(x)
{body}
"""


@pytest.mark.parametrize(
    ("statement", "because"),
    [
        ("return x.view(-1, 4)", "view of a tensor with channels"),
        ("return x.permute(0, 2, 3, 1)", "permute of a tensor with channels"),
        ("return x.flatten()", "flatten of a tensor with channels"),
        ("return x.unsqueeze(1)", "unsqueeze of a tensor with channels"),
        ("return self.linear(x)", "self.linear takes a tensor with its channels elsewhere"),
        ("return self.pool(x)", "self.pool takes a tensor with its channels elsewhere"),
        ("return self.missing(x)", "self.missing is no module that is known"),
        ("return F.max_pool1d(torch.flatten(x, 1), 2)", "max_pool1d is called on something that has no channels"),
        ("return torch.cat([x, torch.flatten(x, 1)], dim=1)", "what the tensor holds is not"),
        ("return F.no_such_function(x)", "nothing is known of torch.nn.functional.no_such_function"),
        ("return open(x)", "open is not known"),
        ("x = [y for y in x]\nreturn x", "is not known here"),
    ],
)
def test_it_is_left_with_the_reason(statement: str, because: str) -> None:
    found = translate(HEAD + NET.format(body=indent(statement, " " * 8)))
    (left,) = found.not_understood
    assert because in left.because, left.because
    assert "# not translated" in found.translated
    assert "Conv2D" not in found.translated  # half a class is none
    ast.parse(found.translated)


def test_axes_are_moved_where_channels_are_and_nowhere_else() -> None:
    body = "y = torch.cat([x, x], dim=1).mean(dim=(2, 3))\nreturn F.softmax(self.linear(y), dim=1)"
    found = translate(HEAD + NET.format(body=indent(body, " " * 8)))
    assert found.whole
    assert "keras.ops.mean(keras.ops.concatenate([x, x], axis=3), axis=(1, 2))" in found.translated
    assert "softmax(self.linear(y), axis=1)" in found.translated


def test_training_is_left_and_the_model_beside_it_is_not() -> None:
    text = "model = nn.Sequential(nn.Linear(4, 2))\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
    found = translate(HEAD + text)
    assert [left.line for left in found.not_understood] == [7]
    assert "model = keras.Sequential([keras.layers.Dense(2)])" in found.translated
