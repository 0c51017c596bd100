"""What a translation keeps of its text, what it leaves, and what it refuses."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch

import equivalence
from equivalence.cli import main
from equivalence.errors import Refused
from equivalence.snippets.finishing import UNSAID
from equivalence.translating import translate

HEAD = "import keras\nfrom keras import layers, ops\n"


def translated(text: str, **options: Any) -> str:
    return translate(HEAD + dedent(text), **options).translated


def test_names_comments_and_order_are_those_of_the_text() -> None:
    found = translated(
        """
        # sizes
        classes = 10

        inputs = keras.Input((28, 20, 1))
        # features
        features = layers.Conv2D(8, 3, activation="relu", name="first")(inputs)  # edges
        pooled = layers.GlobalAveragePooling2D()(features)
        scores = layers.Dense(classes)(pooled)
        model = keras.Model(inputs, scores)
        """
    )
    lines = [line.strip() for line in found.splitlines()]
    assert "# sizes" in lines and "classes = 10" in lines
    start = lines.index("# features")
    assert lines[start + 1 : start + 4] == [
        "features = F.relu(self.first(inputs))  # edges",
        "pooled = features.mean(dim=(2, 3))",
        "return self.dense(pooled)",
    ]
    assert lines[-1] == "model = Model()"


def test_a_name_that_is_still_wanted_is_not_taken_from_its_value() -> None:
    found = translated(
        """
        def block(x):
            shortcut = x
            x = layers.Dense(6)(x)
            x = layers.Dense(6)(x)
            return x + shortcut

        inputs = keras.Input((6,))
        model = keras.Model(inputs, block(inputs))
        """
    )
    assert "shortcut = x" in found and "return x + shortcut" in found


def test_calls_of_a_block_share_a_class_that_takes_its_arguments() -> None:
    found = translated(
        """
        def block(x, units, rate):
            x = layers.Dense(units)(x)
            return layers.Dropout(rate)(x)

        inputs = keras.Input((6,))
        x = block(inputs, 8, 0.25)
        x = block(x, 12, 0.5)
        model = keras.Model(inputs, x)
        """
    )
    assert found.count("class Block(") == 1
    assert "def __init__(self, in_features: int, units: int, rate: float)" in found
    assert "Block(6, 8, 0.25)" in found and "Block(8, 12, 0.5)" in found


def test_models_that_are_parts_of_another_keep_their_names() -> None:
    found = translated(
        """
        encoder = keras.Sequential([keras.Input((9,)), layers.Dense(4)], name="encoder")
        decoder = keras.Sequential([layers.Dense(9)], name="decoder")
        inputs = keras.Input((9,))
        autoencoder = keras.Model(inputs, decoder(encoder(inputs)))
        """
    )
    assert "autoencoder = Autoencoder()\nencoder = autoencoder.encoder\ndecoder = autoencoder.decoder\n" in found


@pytest.mark.parametrize(
    ("statement", "because"),
    [
        ("model.compile(optimizer='adam')", "no part of its definition"),
        ("model.fit(x, y)", "'x' is not known"),
        ("import os; os.system('true')", "os"),
        ("y = layers.Lambda(lambda t: open(t))(inputs)", "'open' is not known"),
        ("y = layers.Dens(3)(inputs)", "no entry translates keras.layers.Dens"),
        ("y = layers.Dense(3, unit=4)(inputs)", "has no argument 'unit'"),
        ("y = layers.Dense(10 ** 40)(inputs)", "larger"),
        ("y = [0] * 10 ** 9", "more often"),
        ("y = [n for n in range(10 ** 9)]", "longer"),
        ("y = 1 if inputs > 0 else 2", "depends on the numbers of a tensor"),
        ("while True:\n    y = 1", "more to do than in any definition"),
        ("y = (lambda f: f(f))(lambda f: f(f))", "deeper"),
        ("y = '{0.__class__}'.format(1)", "format"),
        ("y = ().__class__", "not known"),
        ("y = isinstance(1)", "cannot be followed"),
        ("y = {**1}", "cannot be followed"),
        ("other = keras.Model(t := keras.Input((1,), dtype='string'), t)", "NamedExpr"),
        ("y = __import__('os')", "'__import__' is not known"),
    ],
)
def test_what_is_not_understood_stays_with_its_line_and_the_reason(statement: str, because: str) -> None:
    text = f"{HEAD}inputs = keras.Input((6,))\nmodel = keras.Model(inputs, layers.Dense(3)(inputs))\n{statement}\n"
    found = translate(text)
    assert not found.whole
    (left,) = found.not_understood
    assert left.line == 5 and because in left.because, left
    assert f"# not translated (line{'s' if chr(10) in statement else ''} 5" in found.translated
    assert f"# {statement.splitlines()[0]}" in found.translated
    assert "model = Model()" in found.translated  # what stands beside it is translated all the same
    ast.parse(found.translated)


def test_a_model_that_cannot_be_emitted_is_left_and_the_one_beside_it_is_not() -> None:
    found = translate(
        f"{HEAD}texts = keras.Input((1,), dtype='string')\nkept = keras.Model(texts, texts)\n"
        "model = keras.Sequential([keras.Input((6,)), layers.Dense(3)])\n"
    )
    assert [left.line for left in found.not_understood] == [4]
    assert "returns texts" in found.not_understood[0].because
    assert "model = Model()" in found.translated


def test_text_of_the_file_becomes_no_code() -> None:
    found = translate(
        HEAD
        + "inputs = keras.Input((6,), name=\"x\\n__import__('os')\")\n"
        + 'class A(layers.Layer):\n    r"""\\""" + __import__("os")"""\n'.replace('\\"""', "''")
        + "    def call(self, t):\n        return t * 2\n"
        + "model = keras.Model(inputs, A()(layers.Dense(3, name='a); b(')(inputs)))\n"
    )
    names = {node.id for node in ast.walk(ast.parse(found.translated)) if isinstance(node, ast.Name)}
    assert "__import__" not in names


@pytest.mark.parametrize(
    "text", ["def (", "x = \x00", "(" * 5000, "x" * 300_000], ids=["syntax", "nul", "deep", "long"]
)
def test_what_is_no_python_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(Refused) as refused:
        translate(text, name="net.py")
    assert str(refused.value).startswith("net.py") and "\n" not in str(refused.value)


def test_a_model_of_unknown_input_wants_its_shape() -> None:
    text = """
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = layers.Dense(3)

            def call(self, x):
                return self.dense(x)

        model = Net()
        """
    assert "nn.Linear(5, 3)" in translated(text, inputs=[(5,)])


IMAGES = """
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(8, 3, strides=2, activation="relu")
            self.norm = layers.BatchNormalization()
            self.flatten = layers.Flatten()
            self.dense = layers.Dense(4)

        def call(self, x):
            return self.dense(self.flatten(self.norm(self.conv(x))))

    model = Net()
    """
VECTORS = "model = keras.Sequential([layers.Dense(6, activation='tanh'), layers.Dropout(0.5), layers.Dense(2)])"
SEQUENCES = "model = keras.Sequential([layers.Conv1D(6, 3), layers.GlobalMaxPooling1D(), layers.Dense(2)])"


@pytest.mark.parametrize(
    ("text", "shape", "first"),
    [(IMAGES, (17, 20, 3), (2, 3, 17, 20)), (VECTORS, (5,), (2, 5)), (SEQUENCES, (9, 4), (2, 4, 9))],
    ids=["images", "vectors", "sequences"],
)
def test_an_input_that_nothing_tells_is_taken_from_the_first_call(
    text: str, shape: tuple[int, ...], first: tuple[int, ...]
) -> None:
    made = {}
    for name, source in (("open", translated(text)), ("said", translated(text, inputs=[shape]))):
        names: dict[str, Any] = {}
        exec(compile(source, name, "exec"), names)
        made[name] = names["model"].eval()
    given = torch.randn(first)
    made["open"](given)
    made["open"].load_state_dict(made["said"].state_dict())
    assert torch.equal(made["open"](given), made["said"](given))
    assert "nn.Lazy" in translated(text)


def test_whole_numbers_are_what_a_table_is_asked_for() -> None:
    found = translated("model = keras.Sequential([layers.Embedding(50, 8), layers.LSTM(6), layers.Dense(2)])")
    assert "int32 (N, ?)" in found and "self.embedding(inputs)" in found


@pytest.mark.parametrize(
    "text",
    [
        "model = keras.Sequential([layers.Conv2D(8, 3, strides=2, padding='same'), layers.Flatten()])",
        "model = keras.Sequential([layers.LayerNormalization(), layers.Dense(2)])",
        "model = keras.Sequential([layers.LSTM(6)])",
        "model = keras.Sequential([layers.Dense(6), layers.BatchNormalization()])",
    ],
    ids=["pads-even-and-odd-sizes-differently", "layer-normalization", "lstm", "another-module-for-each-rank"],
)
def test_where_the_size_of_an_input_matters_it_is_asked_for(text: str) -> None:
    found = translate(HEAD + text)
    assert [left.because for left in found.not_understood] == [UNSAID]
    assert "nn.Lazy" not in found.translated


def test_the_command_prints_source_and_tells_what_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.py"
    file.write_text(f"{HEAD}model = keras.Sequential([keras.Input((6,)), layers.Dense(3)])\n", "utf-8")
    assert main(["translate", str(file)]) == 0
    assert "self.dense = nn.Linear(6, 3)" in capsys.readouterr().out
    file.write_text(f"{file.read_text('utf-8')}model.fit(data)\n", "utf-8")
    assert main(["translate", str(file), "--json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert [left["line"] for left in printed["not_understood"]] == [4]
    assert printed["translated"] == equivalence.translate(file.read_text("utf-8"), name="net.py").translated


def test_the_command_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{HEAD}model = keras.Sequential([layers.Conv2D(4, 3)])\n"))
    assert main(["translate", "-", "--input", "8,8,2"]) == 0
    assert "nn.Conv2d(2, 4, kernel_size=3)" in capsys.readouterr().out


def test_sizes_that_are_none_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", __file__, "--input", "8,x"]) == 2
    assert "'8,x'" in capsys.readouterr().err
