"""CategoryEncoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import is_tensor
from equivalence.catalogue.preprocessing.category_parts import SPARSE, encoded, output_mode, policy_dtype
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_category_encoding(site: Site) -> Value:
    """Each number compared with every category; any or the sum of them over a row."""
    mode, dtype = output_mode(site, "multi_hot", "one_hot", "count", "binary"), policy_dtype(site)
    mode = "multi_hot" if mode == "binary" else mode
    weights = site.keyword("count_weights")
    if weights is not None and mode != "count":
        site.refuse("it is called with count_weights, which Keras takes with output_mode='count' alone")
    text = "" if weights is None else _weights(site, weights, dtype)
    return encoded(site, _whole(site), mode, site.config.integer("num_tokens"), dtype, text)


def emit_one_hot(site: Site) -> Value:
    """The naive form: a one-hot vector for each number, as F.one_hot gives."""
    site.config.value("output_mode")
    return site.new(f"F.one_hot({_whole(site)}.long(), {site.config.integer('num_tokens')}).float().sum(1)", KERAS)


def _whole(site: Site) -> Value:
    """The input as whole numbers: fractions are cut off."""
    x = site.take(site.x, KERAS)
    return x if x.dtype in ("int32", "int64") else site.new(f"{x}.long()", KERAS)


def _weights(site: Site, weights: object, dtype: str) -> str:
    if not is_tensor(weights):
        site.refuse("its count_weights are no tensor of the model")
    held = site.take(weights, KERAS)
    if held.shape[1:] != site.x.shape[1:]:
        site.refuse(f"its count_weights have shape {held.shape} where its input has {site.x.shape}")
    return f"{held}" if f"torch.{held.dtype}" == dtype else f"{held}.to({dtype})"


CategoryEncoding = Entry(
    keras="keras.layers.CategoryEncoding",
    since="2.4",
    torch=("torch.arange", "torch.any"),
    says="Encodes whole numbers: which categories a row holds, how many of each, or a vector for each number.",
    arguments=(
        Argument("num_tokens", None, None, note="the number of categories; Keras needs it", since="2.5"),
        Argument("output_mode", None, "multi_hot", note='"multi_hot", "one_hot" or "count"'),
        SPARSE._replace(since=None),
        *LAYER_ARGUMENTS,
    ),
    differences=(
        Difference(
            "multi-hot",
            "By default a row becomes one vector that marks what occurs, not how often: the sum of F.one_hot counts.",
            case="defaults",
            naive=emit_one_hot,
        ),
    ),
    cases=(
        Case("defaults", {"num_tokens": 7}, x=(3, 9), draw="ids:7"),
        Case("one-hot", {"num_tokens": 7, "output_mode": "one_hot"}, x=(3, 4), draw="ids:7"),
        Case("one-hot-column", {"num_tokens": 7, "output_mode": "one_hot"}, x=(5, 1), draw="ids:7"),
        Case("one-hot-of-rank-3", {"num_tokens": 7, "output_mode": "one_hot"}, x=(2, 3, 4), draw="ids:7"),
        Case("count", {"num_tokens": 4, "output_mode": "count"}, x=(3, 9), draw="ids:4"),
        Case(
            "count-weights",
            {"num_tokens": 4, "output_mode": "count"},
            x=[(3, 9), (3, 9)],
            draw=["ids:4", "ids:5"],
            call={"count_weights": {"$input": 1}},
        ),
        Case("floats", {"num_tokens": 3, "output_mode": "count"}, x=(3, 9), draw="one-hot"),
        Case("more-than-known", {"num_tokens": 4, "output_mode": "count"}, x=(3, 9), draw="ids:7"),
        Case("unknown-length", {"num_tokens": 4}, x=(3, 9), declared=(None,), draw="ids:4"),
        Case("integer-output", {"num_tokens": 4, "dtype": "int32"}, x=(3, 5), draw="ids:4"),
    ),
    aliases=("F.one_hot", "torch.nn.functional.one_hot", "MultiLabelBinarizer", "keras.utils.to_categorical"),
    emit=emit_category_encoding,
    layout="last",
)
