"""Functions of torch.nn.init as initializers of Keras, by what they draw."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.torch_rows import CONSTANTS, FromTorch, nothing, row
from equivalence.translation.keras_templates import Cannot, Given

_FANS = "Keras's kernels are (in, out), torch's weights (out, in): fans are counted by either in its own order."
_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 25 / 9,
    "relu": 2.0,
    "selu": 0.5625,
}
_NOTES = {"tensor": "a layer's kernel_initializer=..., embeddings_initializer=..., bias_initializer=..."}


def _kaiming(distribution: str) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        kind, slope = given.value("nonlinearity"), given.value("a")
        scale = 2 / (1 + slope**2) if kind == "leaky_relu" else _GAINS[kind]
        return f"keras.initializers.VarianceScaling(scale={scale!r}, mode=always(mode), distribution={distribution!r})"

    return write


def _gain(given: Given) -> str:
    """The square of Keras's `scale`."""
    kind = given.value("nonlinearity")
    if kind == "leaky_relu":
        return "math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))"
    if kind not in _GAINS:
        raise Cannot(f"nonlinearity={kind!r}: torch knows {', '.join(_GAINS)}")
    return {1.0: "1", 25 / 9: "5 / 3", 2.0: "math.sqrt(2)", 0.5625: "3 / 4"}[_GAINS[kind]]


def _row(torch: str, keras: object, *cases: str, **more: object) -> FromTorch:
    old = torch.partition("(")[0].removesuffix("_")
    also = () if old in ("ones", "zeros", "trunc_normal") else (f"init.{old}",)
    options = {
        "kind": "random",
        "gradients": False,
        "because": "nothing leads to it",
        "notes": _NOTES,
        "also": also,
        **more,
    }
    return row(f"init.{torch}", keras, *(f"init.{case}" for case in cases), **options)  # type: ignore[arg-type]


ROWS = (
    _row(
        "uniform_(tensor, a=0.0, b=1.0)",
        "keras.initializers.RandomUniform(always(a), always(b))",
        "uniform_(weight)",
        "uniform_(weight, -0.5, 0.25)",
    ),
    _row(
        "normal_(tensor, mean=0.0, std=1.0)",
        "keras.initializers.RandomNormal(always(mean), always(std))",
        "normal_(weight)",
        "normal_(weight, 0.5, 0.25)",
    ),
    _row(
        "trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0)",
        "keras.initializers.TruncatedNormal(always(mean), always(std))",
        "trunc_normal_(weight)",
        notes={**_NOTES, "a": "Keras cuts at two standard deviations", "b": "as a"},
    ),
    _row("constant_(tensor, val)", "keras.initializers.Constant(val)", "constant_(weight, 0.25)"),
    _row("ones_(tensor)", "keras.initializers.Ones()", "ones_(weight)"),
    _row("zeros_(tensor)", "keras.initializers.Zeros()", "zeros_(weight)"),
    _row("eye_(tensor)", "keras.initializers.Identity()", "eye_(weight)"),
    _row(
        "xavier_uniform_(tensor, gain=1.0)",
        "keras.initializers.GlorotUniform() if gain == 1 else "
        "keras.initializers.VarianceScaling(scale=gain * gain, mode='fan_avg', distribution='uniform')",
        "xavier_uniform_(weight)",
        "xavier_uniform_(weight, gain=1.5)",
    ),
    _row(
        "xavier_normal_(tensor, gain=1.0)",
        "keras.initializers.VarianceScaling(scale=always(gain * gain), "
        "mode='fan_avg', "
        "distribution='untruncated_normal')",
        "xavier_normal_(weight)",
        "xavier_normal_(weight, 1.5)",
        watch=("Keras's GlorotNormal cuts at two standard deviations, torch's does not.",),
    ),
    _row(
        "kaiming_uniform_(tensor, a=0, mode='fan_in', nonlinearity='leaky_relu')",
        _kaiming("uniform"),
        "kaiming_uniform_(weight)",
        "kaiming_uniform_(weight, a=2.0, mode='fan_out')",
        "kaiming_uniform_(weight, nonlinearity='tanh')",
        watch=(_FANS,),
    ),
    _row(
        "kaiming_normal_(tensor, a=0, mode='fan_in', nonlinearity='leaky_relu')",
        _kaiming("untruncated_normal"),
        "kaiming_normal_(weight)",
        "kaiming_normal_(weight, mode='fan_out', nonlinearity='relu')",
        watch=(_FANS, "Keras's HeNormal cuts at two standard deviations, torch's does not."),
    ),
    _row(
        "orthogonal_(tensor, gain=1)",
        "keras.initializers.Orthogonal(always(gain))",
        "orthogonal_(weight)",
        "orthogonal_(weight, 2)",
    ),
    row(
        "init.calculate_gain(nonlinearity, param=None)",
        _gain,
        "init.calculate_gain('relu')",
        "init.calculate_gain('tanh')",
        "init.calculate_gain('leaky_relu', 0.5)",
        "init.calculate_gain('selu')",
        gradients=False,
        because=CONSTANTS,
        watch=("keras.initializers.VarianceScaling takes the square of it as scale.",),
    ),
    *nothing(
        "Keras has no sparse initializer; write a keras.initializers.Initializer that draws, and sets a share "
        "of each "
        "column to zero.",
        "init.sparse_(tensor, sparsity, std=0.01)",
        "init.sparse(tensor, sparsity, std=0.01)",
    ),
    *nothing(
        "Keras has no initializer that keeps channels through a convolution; write a "
        "keras.initializers.Initializer that "
        "sets the middle of the kernel to keras.ops.eye.",
        "init.dirac_(tensor, groups=1)",
        "init.dirac(tensor, groups=1)",
    ),
)
