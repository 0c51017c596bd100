"""docs/questions.md: twenty questions in people's own words, each with what `equivalence lookup` prints for it."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from equivalence.cli import main

PATH = Path(__file__).resolve().parent.parent / "docs" / "questions.md"
#: What is asked, and what has to answer it first: a full Keras name or a guide's id.
QUESTIONS = {
    "What is Dense in PyTorch?": "keras.layers.Dense",
    "nn.AdaptiveAvgPool2d(1)": "keras.layers.GlobalAveragePooling2D",
    "Conv2D(32, 3, strides=2, padding='same', activation='relu')": "keras.layers.Conv2D",
    "nn.Conv2d(3, 64, 3, stride=2, padding=1)": "keras.layers.ZeroPadding2D",
    "why 1 - momentum in batch norm": "keras.layers.BatchNormalization",
    "learned upsampling in a decoder": "keras.layers.Conv2DTranspose",
    "depthwise seperable convolution": "keras.layers.SeparableConv2D",
    "gated recurrent unit, reset_after": "keras.layers.GRU",
    "read a sequence from both ends": "keras.layers.Bidirectional",
    "key_dim of multi head attention": "keras.layers.MultiHeadAttention",
    "token ids to vectors": "keras.layers.Embedding",
    "InnerProduct of caffe": "keras.layers.Dense",
    "loss when labels are integers": "keras.losses.SparseCategoricalCrossentropy",
    "l2 penalty on the weights of a layer": "keras.regularizers.L2",
    "lower the learning rate on a plateau": "keras.callbacks.ReduceLROnPlateau",
    "accuracy is lower after the conversion": "lower-accuracy",
    "the output changes with every call": "changes-every-call",
    "feature maps are shifted by one pixel": "shifted-by-a-pixel",
    "mat1 and mat2 shapes cannot be multiplied (32x1152 and 9216x128)": "after-flatten",
    "the loss is nan in PyTorch only": "loss-is-nan",
}
_HEAD = """<!-- Written by `make docs`: edit scripts/questions_page.py, or the entry that answers. -->
# Twenty questions, answered

By name, by call, in plain words, misspelt, by an error's message and by symptom: what `equivalence lookup` prints, word
for word. Every line of code in it was run in both frameworks.
"""


def text() -> str:
    """The page; ends with a newline."""
    return "\n".join(_parts())


def answer(question: str) -> str:
    """What the command prints for a question. Raises LookupError where it finds nothing."""
    with redirect_stdout(io.StringIO()) as printed:
        code = main(["lookup", question])
    if code:
        raise LookupError(f"`equivalence lookup {shlex.quote(question)}` ends with {code}: put it otherwise")
    return printed.getvalue()


def _parts() -> Iterator[str]:
    yield _HEAD
    for number, question in enumerate(QUESTIONS, start=1):
        asked = shlex.quote(question) if "'" not in question else f'"{question}"'
        yield f"## {number}. {_heading(question)}\n"
        yield f"```console\n$ equivalence lookup {asked}\n{answer(question)}```\n"


def _heading(question: str) -> str:
    """A question as a heading: code, where it is a call."""
    return f"`{question}`" if question.endswith(")") and " (" not in question else question
