"""Tensors of random numbers: normal, truncated, uniform, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import stated_dtype, whole_numbers
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_normal(site: Site) -> Value:
    """torch.randn, scaled and moved."""
    return site.new(_scaled(f"torch.randn({_shape_and_dtype(site)})", *_numbers(site, "stddev", "mean")), KERAS)


def emit_truncated_normal(site: Site) -> Value:
    """nn.init's, cut at two standard deviations as Keras's is, scaled and moved."""
    text = f"nn.init.trunc_normal_(torch.empty({_shape_and_dtype(site)}))"
    return site.new(_scaled(text, *_numbers(site, "stddev", "mean")), KERAS)


def emit_uniform(site: Site) -> Value:
    """torch.rand, scaled and moved."""
    low, high = _numbers(site, "minval", "maxval")
    return site.new(_scaled(f"torch.rand({_shape_and_dtype(site)})", high - low, low), KERAS)


def emit_randint(site: Site) -> Value:
    """torch.randint, whose numbers end before the bound, as Keras's do."""
    low, high = (site.config.integer(name, minimum=None) for name in ("minval", "maxval"))
    shape, dtype = whole_numbers(site, "shape"), stated_dtype(site, "int32")
    return site.new(f"torch.randint({literal(low)}, {literal(high)}, {literal(shape)}, dtype=torch.{dtype})", KERAS)


def _shape_and_dtype(site: Site) -> str:
    dtype = stated_dtype(site, "float32")
    if "float" not in dtype:
        site.config.refuse("dtype", dtype, "is no dtype of floats")
    return f"{literal(whole_numbers(site, 'shape'))}, dtype=torch.{dtype}"


def _numbers(site: Site, *names: str) -> list[float]:
    return [site.config.number(name) for name in names]


def _scaled(text: str, times: float, more: float) -> str:
    text = text if times == 1 else f"{text} * {literal(times)}"
    if not more:
        return text
    return f"{text} + {literal(more)}" if more > 0 else f"{text} - {literal(-more)}"


_SHAPE = Argument("shape", "size")
_DTYPE = Argument("dtype", "dtype", None, note="None: float32")
_SEED = Argument("seed", None, None, inert=True, note="torch draws from its own generator: torch.manual_seed")

Normal = Entry(
    keras="keras.random.normal",
    torch=("torch.randn",),
    says="Numbers of a normal distribution.",
    emit=emit_normal,
    kind="operation",
    arguments=(_SHAPE, Argument("mean", None, 0.0), Argument("stddev", None, 1.0), _DTYPE, _SEED),
    differences=(
        Difference(
            "variance",
            "`stddev` scales the numbers; who reads it as the variance scales by its root.",
            case="wide",
            swap=(("* 4.0", "* 2.0"),),
        ),
    ),
    cases=(
        Case("standard", {"shape": (4096, 3)}, x=()),
        Case("wide", {"shape": (4096, 3), "mean": -0.5, "stddev": 4.0}, x=()),
    ),
    aliases=("tf.random.normal", "np.random.normal"),
    training="random",
)
TruncatedNormal = Entry(
    keras="keras.random.truncated_normal",
    torch=("torch.nn.init.trunc_normal_",),
    says="Numbers of a normal distribution, none further than two standard deviations from its mean.",
    emit=emit_truncated_normal,
    kind="operation",
    arguments=(_SHAPE, Argument("mean", None, 0.0), Argument("stddev", None, 1.0), _DTYPE, _SEED),
    differences=(
        Difference(
            "not-cut",
            "torch.randn is not cut: a twentieth of its numbers lie further out.",
            case="wide",
            swap=(("nn.init.trunc_normal_(torch.empty((4096, 3), dtype=torch.float32))", "torch.randn(4096, 3)"),),
        ),
    ),
    cases=(
        Case("standard", {"shape": (4096, 3)}, x=()),
        Case("wide", {"shape": (4096, 3), "mean": 0.5, "stddev": 4.0}, x=()),
    ),
    aliases=("tf.random.truncated_normal",),
    training="random",
)
Uniform = Entry(
    keras="keras.random.uniform",
    torch=("torch.rand",),
    says="Numbers between two bounds, each as likely.",
    emit=emit_uniform,
    kind="operation",
    arguments=(_SHAPE, Argument("minval", None, 0.0), Argument("maxval", None, 1.0), _DTYPE, _SEED),
    cases=(
        Case("between-0-and-1", {"shape": (4096, 3)}, x=()),
        Case("between-others", {"shape": (4096, 3), "minval": -2.0, "maxval": 3.0}, x=()),
    ),
    aliases=("tf.random.uniform", "np.random.uniform"),
    training="random",
)
Randint = Entry(
    keras="keras.random.randint",
    torch=("torch.randint",),
    says="Whole numbers from a bound up to another, without it.",
    emit=emit_randint,
    kind="operation",
    arguments=(
        _SHAPE,
        Argument("minval", "low"),
        Argument("maxval", "high"),
        Argument("dtype", "dtype", "int32"),
        _SEED,
    ),
    cases=(
        Case("small", {"shape": (4096, 3), "minval": 0, "maxval": 4}, x=()),
        Case("below-zero", {"shape": (4096, 3), "minval": -3, "maxval": 2, "dtype": "int64"}, x=()),
    ),
    aliases=("np.random.randint",),
    training="random",
)
