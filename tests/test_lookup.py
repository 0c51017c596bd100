"""Looking up: names of both sides, calls, misspellings, words; and what an answer holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import equivalence
from equivalence import catalogue
from equivalence.catalogue import index
from equivalence.looking_up import lookup
from equivalence.render.page import contents, page
from equivalence.render.result_fields import record
from equivalence.schema import Argument, Entry
from equivalence.search.call_text import bind, parse
from equivalence.search.finding import find
from equivalence.search.vocabulary import words
from equivalence.search.word_index import WordIndex, build

GLOBAL_AVERAGE = "keras.layers.GlobalAveragePooling2D"
ENTRIES = catalogue.entries()


def first(what: str) -> str:
    return lookup(what)[0]["keras"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.keras)
def test_every_entry_is_found_by_its_own_name(entry: Entry) -> None:
    """First by its full name; by the short one before all entries that have another name, but of trees: who asks for
    "flatten" means the layer."""
    assert first(entry.keras) == entry.keras
    found = [result["keras"] for result in lookup(entry.name)]
    namesakes = {other.keras for other in ENTRIES if other.name == entry.name}
    assert entry.keras in namesakes
    if entry.keras.startswith("keras.tree."):
        assert entry.keras in found
        return
    assert set(found[: len(namesakes)]) == namesakes


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.keras)
def test_every_entry_is_found_by_its_other_names(entry: Entry) -> None:
    known = index.Index()
    for name in (*entry.aliases, *entry.torch):
        assert entry.keras in known.names[index.fold(name)], name


@pytest.mark.parametrize(
    "what",
    [
        "GlobalAveragePooling2D",
        "globalaveragepooling2d",
        "global_average_pooling2d_1",
        "GlobalAvgPool2D",
        "tf.keras.layers.GlobalAveragePooling2D",
        "tensorflow.keras.layers.GlobalAveragePooling2D",
        "layers.GlobalAveragePooling2D",
        " GlobalAveragePooling2D() ",
        "GlobalAveragePoling2D",
        "global average pooling 2d",
        "equivalent of keras GlobalAveragePooling2D",
    ],
)
def test_names_as_people_write_them(what: str) -> None:
    assert first(what) == GLOBAL_AVERAGE


@pytest.mark.parametrize("what", ["nn.AdaptiveAvgPool2d", "torch.nn.AdaptiveAvgPool2d", "AdaptiveAvgPool2d"])
def test_a_torch_name_is_answered_by_itself(what: str) -> None:
    (found,) = lookup(what)
    assert found["torch"] == ["torch.nn.AdaptiveAvgPool2d"]
    assert found["keras"] == GLOBAL_AVERAGE


def test_a_torch_name_means_its_namesake_first() -> None:
    assert first("nn.Conv2d") == "keras.layers.Conv2D"
    assert first("F.relu") == "keras.ops.relu"


def test_case_decides_between_names_that_differ_in_case_alone() -> None:
    assert first("ReLU") == "keras.layers.ReLU"
    assert first("relu") == "keras.activations.relu"


@pytest.mark.parametrize("what", ["qqqqqqqq", "", "((((", "nn.FooBarBaz", "\0\x1b[31m", "q" * 10_000])
def test_what_nothing_fits_has_no_results(what: str) -> None:
    match, results, nearest, _ = find(what)
    assert (match, results) == (None, [])
    assert len(nearest) <= 3


@pytest.mark.parametrize(
    ("what", "match"),
    [
        ("keras.layers.Conv2D", "exact"),
        ("conv2d_1", "exact"),
        ("nn.Conv2d", "exact"),
        ("Conv2D(32, 3)", "exact"),
        ("Convolution2D", "alias"),
        ("Convv2D", "similar"),
        ("BatchNormalisation", "similar"),
        ("batch normalization", "exact"),
        ("normalises each channel", "words"),
    ],
)
def test_how_a_query_matched_is_told(what: str, match: str) -> None:
    assert find(what).match == match


@pytest.mark.parametrize("what", ["Conv9D", "nn.Conv2dd3", "tf.data.Frobnicated1", "LSTN"])
def test_a_name_of_something_else_is_suggested_to_and_not_answered(what: str) -> None:
    """A digit is no slip of the pen, and neither is half a name."""
    match, results, nearest, _ = find(what)
    assert (match, results) == (None, [])
    assert len(nearest) == 3


@pytest.mark.parametrize(
    ("what", "keras", "line"),
    [
        ("ReduceLROnPlateau", "keras.callbacks.ReduceLROnPlateau", "torch.optim.lr_scheduler.ReduceLROnPlateau("),
        ("class_weight", "keras.Model.fit.class_weight", "class_weight={0: 0.5, 2: 3.0},"),
        ("he_normal", "keras.initializers.HeNormal", "variance_scaling_(layer.weight, 2.0)"),
        ("from_logits", "keras.losses.CategoricalCrossentropy", "F.cross_entropy(y_pred, y_true)"),
        (
            "clipnorm",
            "keras.optimizers.Adam",
            "KerasAdam(model.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-07, clipnorm=",
        ),
        (
            "ImageDataGenerator",
            "keras.src.legacy.preprocessing.image.ImageDataGenerator",
            "DataLoader(GeneratedImages(",
        ),
        ("l2 regularizer", "keras.regularizers.L2", "inputs.square().sum()"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_words_of_training_are_answered_by_what_one_can_paste(what: str, keras: str, line: str) -> None:
    """An argument that is asked for alone is in the code of the answer, and what the code needs is with it."""
    result = equivalence.lookup(what)[0]
    assert result["keras"] == keras
    form = result["translation"]["forms"][0] if result.get("translation") else None
    said = form["torch"] if form else result["short"]["torch"]
    assert line in "\n".join(said)
    whole = "\n".join(form["helpers"]) if form else result["code"]["torch"]
    for helper in ("KerasAdam", "variance_scaling_", "GeneratedImages", "fit"):
        if f"{helper}(" in "\n".join(said):
            assert f"def {helper}(" in whole or f"class {helper}(" in whole


def test_a_call_is_answered_argument_by_argument() -> None:
    (result, *_) = lookup("x = layers.Conv2D(32, (3, 3), padding='same', frobnicate=1)(x)")
    assert result["keras"] == "keras.layers.Conv2D"
    answers = {answer["name"]: answer for answer in result["call"]}
    assert answers["filters"]["given"] == "32"
    assert answers["filters"]["torch"] == "out_channels"
    assert answers["kernel_size"]["given"] == "(3, 3)"
    assert answers["padding"]["given"] == "'same'"
    assert answers["frobnicate"]["torch"] is None
    assert "no such argument" in answers["frobnicate"]["note"]


def test_a_torch_call_is_answered_by_torchs_places() -> None:
    (result, *_) = lookup("nn.Conv2d(3, 32, kernel_size=5)")
    assert result["keras"] == "keras.layers.Conv2D"
    assert result["code"]["keras"] == "keras.layers.Conv2D(32, 5)(x)"
    assert {answer["torch"]: answer["given"] for answer in result["torch_arguments"]}["out_channels"] == "32"


def test_a_call_is_never_evaluated() -> None:
    call = parse("Conv2D(__import__('os').abort(), **exit())")
    assert call is not None
    assert call.positional == ("__import__('os').abort()",)
    assert call.keywords == (("**", "exit()"),)


@pytest.mark.parametrize(
    "text",
    [
        "Conv2D",
        "Conv2D(",
        "a(1); b(2)",
        "def f(): pass",
        "model.eval() keras",
        "f(" * 300,
        "(" + "-" * 1900 + "1)",
        "\0()",
    ],
    ids=["name", "unfinished", "two", "statement", "words", "nested", "deep", "nul"],
)
def test_what_is_no_call_is_none(text: str) -> None:
    assert parse(text) is None


def test_places_beyond_the_signature_are_bound_to_nothing() -> None:
    entry = Entry("keras.layers.Toy", ("torch.nn.Toy",), "A toy.", emit=lambda site: site.x, arguments=(Argument("a"),))
    call = parse("Toy(1, 2)")
    assert call is not None
    assert [(bound.name, bound.given) for bound in bind(call, entry, by_torch=False)] == [("a", "1"), ("#2", "2")]


def toy(keras: str, *torch: str, says: str = "", aliases: tuple[str, ...] = ()) -> Entry:
    return Entry(keras, torch, says, emit=lambda site: site.x, aliases=aliases)


def test_the_index_ranks_a_name_by_how_it_is_meant() -> None:
    separable = toy("keras.layers.SeparableConv2D", "torch.nn.Conv2d")
    transposed = toy("keras.layers.A", "torch.nn.Other", "torch.nn.Conv2d")
    regular = toy("keras.layers.Conv2D", "torch.nn.Conv2d", aliases=("Convolution2D",))
    names = index.build((entry, "toys") for entry in (transposed, separable, regular))["names"]
    assert names["conv2d"] == [regular.keras, separable.keras, transposed.keras]
    assert names["nn.conv2d"] == [regular.keras, separable.keras, transposed.keras]
    assert names["convolution2d"] == [regular.keras]


def test_of_namesakes_a_layer_is_meant_before_an_operation() -> None:
    operation = toy("keras.ops.twist")._replace(kind="operation")
    layer = toy("keras.layers.Twist")
    activation = toy("keras.activations.twist")._replace(kind="activation")
    names = index.build((entry, "toys") for entry in (operation, layer, activation))["names"]
    assert names["twist"] == [layer.keras, activation.keras, operation.keras]


def test_rare_words_count_more_than_common_ones() -> None:
    crop = toy("keras.layers.Crop", says="cuts pixels from an image")
    pad = toy("keras.layers.Pad", says="adds pixels to an image")
    flip = toy("keras.layers.Flip", says="mirrors an image")
    said = WordIndex(build((flip, pad, crop), ()))
    scores = {match.key: match.score for match in said.matches("says", words("which layer cuts pixels"))}
    assert scores[crop.keras] > scores[pad.keras] > 0
    assert flip.keras not in scores
    assert [match.key for match in said.matches("says", words("mirrored"))] == [flip.keras]
    assert said.matches("says", words("a zebra")) == []


def test_words_of_names_are_those_a_person_reads() -> None:
    assert words("GlobalAvgPool2D") == ["global", "avg", "pool", "2d"]
    assert words("max_pool2d") == ["max", "pool", "2d"]
    assert words("the LSTMCell") == ["lstm", "cell"]
    assert words("l2 of 3") == ["l2"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.keras)
def test_an_answer_is_json_and_a_page(entry: Entry) -> None:
    answer = record(entry)
    assert json.loads(json.dumps(answer)).keys() == answer.keys()
    assert [argument["keras"] for argument in answer["arguments"]] == [argument.keras for argument in entry.arguments]
    text = page(answer)
    wrong_and_right = [line for each in answer["differences"] for side in ("wrong", "right") for line in each[side]]
    for part in (*entry.torch, entry.says, *(each.says for each in entry.differences), *wrong_and_right):
        assert part in text
    assert f"| `{entry.keras}` |" in contents([answer])


def test_the_public_name_is_the_function_even_after_its_module_was_imported() -> None:
    code = "import equivalence.looking_up; import equivalence; print(equivalence.lookup('Dense')[0]['keras'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "keras.layers.Dense"
    assert equivalence.lookup("Dense") == lookup("Dense")


def test_a_lookup_loads_no_framework_and_no_other_family() -> None:
    code = "import sys; from equivalence.looking_up import lookup; lookup('Dense'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"numpy", "torch", "keras", "rich", "rapidfuzz", "dataclasses", "ast", "pkgutil"})
    assert "equivalence.catalogue.core.dense" in loaded
    assert not any(
        name.startswith(("equivalence.catalogue.normalization", "equivalence.catalogue.pooling")) for name in loaded
    )


def test_the_whole_catalogue_loads_without_what_only_a_port_needs() -> None:
    """Whatever a lookup meets, it meets it fast: `dataclasses` alone takes as long as starting Python."""
    code = "import sys; from equivalence import catalogue; catalogue.entries(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint(
        {"dataclasses", "equivalence.translation.call_site", "equivalence.translation.graph"}
    )


def test_a_document_that_answers_is_named_and_linked() -> None:
    found = lookup(GLOBAL_AVERAGE)[0]
    assert found["read"] == ["docs/notebooks/global_average_pooling.ipynb"]
    assert "Answered by experiment: [global_average_pooling.ipynb](../../notebooks/" in page(found)
    for entry in ENTRIES:
        for document in entry.read:
            assert (Path(__file__).parents[1] / document).exists(), f"{entry.keras} names {document}"


def test_rows_of_tabs_have_a_word_between_them() -> None:
    """Without one, both would be one row with the same two names twice."""
    lines = page(equivalence.lookup("keras.layers.Conv2D")[0], tabs=True).splitlines()
    flush = [line for line in lines if line.strip() and not line.startswith("    ")]
    tabs = [place for place, line in enumerate(flush) if line.startswith("===")]
    assert [flush[place] for place in tabs] == ['=== "Keras"', '=== "PyTorch"'] * 2
    assert tabs[2] - tabs[1] == 2


def test_of_the_results_after_the_first_a_page_asks_the_name_alone() -> None:
    from equivalence.looking_up import find

    whole, named = find("Conv2D"), find("Conv2D", first_alone=True)
    assert named.results[0] == whole.results[0]
    assert [each["keras"] for each in named.results] == [each["keras"] for each in whole.results]
    assert all(each.keys() == {"kind", "keras"} for each in named.results[1:])


def test_answers_leave_the_collector_of_garbage_as_it_was() -> None:
    import gc

    from equivalence.cli import main as cli_main

    before = gc.isenabled()
    assert cli_main(["lookup", "Dense"]) == 0
    assert gc.isenabled() is before
