"""Numbers of other distributions, and what is drawn from a tensor: classes, its order, what of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import only_floats, stated_dtype, whole_numbers
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_beta(site: Site) -> Value:
    """torch.distributions.Beta of the same two numbers."""
    return _sampled(site, f"torch.distributions.Beta({_numbers(site, 'alpha', 'beta')})")


def emit_gamma(site: Site) -> Value:
    """torch.distributions.Gamma, whose rate is 1 in Keras."""
    return _sampled(site, f"torch.distributions.Gamma({_numbers(site, 'alpha')}, 1.0)")


def emit_binomial(site: Site) -> Value:
    """torch.distributions.Binomial: how many of so many tries succeed."""
    counts, share = site.config.integer("counts"), _numbers(site, "probabilities")
    return _sampled(site, f"torch.distributions.Binomial({counts}, {share})")


def emit_categorical(site: Site) -> Value:
    """torch.multinomial with replacement, of the softmax."""
    only_floats(site)
    number, dtype = site.config.integer("num_samples"), stated_dtype(site, "int32")
    share = site.new(f"F.softmax({site.take(site.x, KERAS)}, dim=-1)", KERAS, "share")
    return site.new(f"torch.multinomial({share}, {number}, replacement=True).to(torch.{dtype})", KERAS)


def emit_dropout(site: Site) -> Value:
    """F.dropout, always in training."""
    only_floats(site)
    site.config.only("noise_shape", None)
    return site.new(f"F.dropout({site.x}, {literal(site.config.number('rate'))}, training=True)", site.x.order)


def emit_shuffle(site: Site) -> Value:
    """One random order for the whole axis."""
    x, axis = site.take(site.x, KERAS), site.config.integer("axis", minimum=None)
    if not -x.rank <= axis < x.rank:
        site.config.refuse("axis", axis, f"should name an axis of a tensor of {x.rank}")
    axis %= x.rank
    return site.new(f"{x}.index_select({axis}, torch.randperm({x}.shape[{axis}]))", KERAS)


def _numbers(site: Site, *names: str) -> str:
    return ", ".join(literal(site.config.number(name)) for name in names)


def _sampled(site: Site, distribution: str) -> Value:
    dtype = stated_dtype(site, "float32")
    if "float" not in dtype:
        site.config.refuse("dtype", dtype, "is no dtype of floats")
    cast = "" if dtype == "float32" else f".to(torch.{dtype})"
    return site.new(f"{distribution}.sample({literal(whole_numbers(site, 'shape'))}){cast}", KERAS)


_SHAPE = Argument("shape", "sample_shape")
_DTYPE = Argument("dtype", None, None, note="None: float32")
_SEED = Argument("seed", None, None, inert=True, note="torch draws from its own generator: torch.manual_seed")
_BY_CALL = "it draws numbers when it is called, and none for a Keras tensor"

Beta = Entry(
    keras="keras.random.beta",
    torch=("torch.distributions.Beta",),
    says="Numbers between 0 and 1 of a beta distribution.",
    emit=emit_beta,
    kind="operation",
    arguments=(
        _SHAPE,
        Argument("alpha", "concentration1"),
        Argument("beta", "concentration0"),
        _DTYPE,
        _SEED,
    ),
    differences=(
        Difference(
            "order",
            "torch calls the two concentration1 and concentration0, in that order: alpha first, as in Keras.",
            case="skewed",
            swap=(("(0.5, 2.0)", "(2.0, 0.5)"),),
        ),
    ),
    cases=(Case("skewed", {"shape": (4096, 3), "alpha": 0.5, "beta": 2.0}, x=()),),
    aliases=("np.random.beta", "mixup"),
    training="random",
)
Gamma = Entry(
    keras="keras.random.gamma",
    torch=("torch.distributions.Gamma",),
    says="Numbers of a gamma distribution of rate 1.",
    emit=emit_gamma,
    kind="operation",
    arguments=(_SHAPE, Argument("alpha", "concentration"), _DTYPE, _SEED),
    cases=(Case("of-2", {"shape": (4096, 3), "alpha": 2.0}, x=()),),
    aliases=("tf.random.gamma", "np.random.gamma"),
    training="random",
)
Binomial = Entry(
    keras="keras.random.binomial",
    torch=("torch.distributions.Binomial",),
    says="How many of so many tries succeed, as floats.",
    emit=emit_binomial,
    kind="operation",
    arguments=(_SHAPE, Argument("counts", "total_count"), Argument("probabilities", "probs"), _DTYPE, _SEED),
    cases=(Case("of-8", {"shape": (4096, 3), "counts": 8, "probabilities": 0.25}, x=()),),
    aliases=("np.random.binomial",),
    training="random",
)
Categorical = Entry(
    keras="keras.random.categorical",
    torch=("torch.multinomial", "torch.nn.functional.softmax"),
    says="Classes drawn for each row of logits.",
    emit=emit_categorical,
    kind="operation",
    arguments=(
        Argument("logits", "input", how="softmax(logits)", note="torch takes probabilities"),
        Argument("num_samples", "num_samples"),
        Argument("dtype", None, "int32", note="torch gives int64"),
        _SEED,
    ),
    differences=(
        Difference(
            "replacement",
            "Keras puts a class back before it draws the next; torch.multinomial does not unless it is told.",
            case="three-of-four",
            swap=((", replacement=True", ""),),
        ),
    ),
    cases=(
        Case("three-of-four", {"num_samples": 3, "dtype": "int64"}, x=(4096, 4), by_call=_BY_CALL),
    ),
    aliases=("tf.random.categorical", "sampling with temperature"),
    training="random",
)  # fmt: skip
Dropout = Entry(
    keras="keras.random.dropout",
    torch=("torch.nn.functional.dropout",),
    says="Sets a part of the elements to zero and scales the others up, whatever the mode.",
    emit=emit_dropout,
    kind="operation",
    arguments=(
        Argument("inputs", "input"),
        Argument("rate", "p"),
        Argument("noise_shape", None, None, note="elements that are dropped together; the port refuses it"),
        _SEED,
    ),
    differences=(
        Difference(
            "keep",
            "rate is the part that is dropped, as torch's p; old TensorFlow took the part that is kept.",
            case="quarter",
            swap=(("0.25", "0.75"),),
        ),
    ),
    cases=(Case("quarter", {"rate": 0.25}, x=(4096, 3), by_call=_BY_CALL),),
    aliases=("tf.nn.dropout",),
    training="random",
)
Shuffle = Entry(
    keras="keras.random.shuffle",
    torch=("torch.randperm", "torch.index_select"),
    says="The slices along an axis in a random order, the same for the whole tensor.",
    emit=emit_shuffle,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("axis", "dim", 0), _SEED),
    differences=(
        Difference(
            "drawn-twice",
            "The order is a permutation: whole numbers drawn at random take some slices twice and others never.",
            case="columns",
            swap=(("torch.randperm(", "0 * torch.randperm("),),
        ),
    ),
    cases=(
        Case("rows", {}, x=(4096, 3), by_call=_BY_CALL),
        Case("columns", {"axis": 1}, x=(4096, 3), draw="ids:7", by_call=_BY_CALL),
    ),
    aliases=("tf.random.shuffle", "np.random.shuffle", "torch.randperm"),
    training="random",
)
SeedGenerator = Entry(
    keras="keras.random.SeedGenerator",
    torch=(),
    says="Gives a new seed at every call: what layers that draw keep as their state.",
    emit=refuse_without_counterpart,
    kind="tool",
    arguments=(Argument("seed", None, None), Argument("name", None, None, inert=True)),
    aliases=("torch.Generator", "random seed", "torch.manual_seed"),
    no_counterpart="torch (2.13) draws other numbers from the same seed, and modules hold no generators; call "
    "torch.manual_seed(seed), or give a torch.Generator().manual_seed(seed) to each function that draws",
)
