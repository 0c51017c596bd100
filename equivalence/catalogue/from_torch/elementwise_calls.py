"""Functions of torch that work on each element, or on pairs of them."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import CONSTANTS, FromTorch, nothing, op

#: torch's name, Keras's, the sample; where an entry has the name it is read backwards.
_UNARY = """
abs absolute x; acos arccos unit; acosh arccosh above_one; asin arcsin unit; asinh arcsinh x; atan arctan x
atanh arctanh unit; ceil ceil x; floor floor x; cos cos x; cosh cosh x; sin sin x; sinh sinh x; tan tan x; exp exp x
exp2 exp2 x; expm1 expm1 x; log log positive; log2 log2 positive; log10 log10 positive; log1p log1p positive
sqrt sqrt positive; rsqrt rsqrt positive; square square x; reciprocal reciprocal positive; sign sign x
neg negative x; trunc trunc x; erf erf x; erfc erfc x; erfinv erfinv unit; i0 i0 x; sinc sinc x; isnan isnan gaps
isinf isinf gaps; isfinite isfinite gaps; isposinf isposinf gaps; isneginf isneginf gaps; isreal isreal complex_1
signbit signbit x; conj conj complex_1; real real complex_1; deg2rad deg2rad x; rad2deg rad2deg x
angle angle complex_1; bitwise_not bitwise_not whole; logical_not logical_not flags; clone copy x
detach stop_gradient x; ravel ravel x; fliplr fliplr x; flipud flipud x
"""
_ALSO = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin special.asin", "asinh": "arcsinh",
    "atan": "arctan", "atanh": "arctanh", "neg": "negative", "trunc": "fix", "conj": "conj_physical resolve_conj",
    "exp2": "special.exp2", "expm1": "special.expm1", "log1p": "special.log1p", "erf": "special.erf",
    "erfc": "special.erfc", "erfinv": "special.erfinv", "i0": "special.i0", "sinc": "special.sinc",
}  # fmt: skip
_NO_GRADIENT = {"detach", "angle", "real", "conj", "sinc"}
_LOOSE = {"i0", "angle", "logaddexp2", "deg2rad", "rad2deg", "log2", "log10", "exp2"}
#: What TensorFlow computes in float32, or Keras with a constant in it.
_PAIRS = """
sub subtract; mul multiply; floor_divide floor_divide; remainder mod; fmod fmod; maximum maximum; minimum minimum
fmax fmax; fmin fmin; hypot hypot; logaddexp logaddexp; logaddexp2 logaddexp2; eq equal; ne not_equal; lt less
le less_equal; gt greater; ge greater_equal; atan2 arctan2
"""
_PAIRS_ALSO = {
    "mul": "multiply",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "atan2": "arctan2",
}


def _unary() -> list[FromTorch]:
    rows = []
    for line in _UNARY.replace("\n", ";").split(";"):
        if line.strip():
            torch, keras, sample = line.split()
            case = f"torch.{torch}({sample})"
            also = tuple(f"torch.{name}" for name in _ALSO.get(torch, "").split())
            loose = torch in _LOOSE
            rows.append(
                op(
                    f"{torch}(input)",
                    f"ops.{keras}",
                    *(() if loose else (case,)),
                    loose=(case,) if loose else (),
                    because=CONSTANTS if loose else "it is a step, or complex" if torch in _NO_GRADIENT else "",
                    gradients=torch not in _NO_GRADIENT,
                    also=also,
                )
            )
    return rows


def _pairs() -> list[FromTorch]:
    rows = []
    for line in _PAIRS.replace("\n", ";").split(";"):
        if line.strip():
            torch, keras = line.split()
            if torch == "sub":
                continue
            also = tuple(f"torch.{name}" for name in _PAIRS_ALSO.get(torch, "").split())
            other = "positive" if torch in ("floor_divide", "remainder", "fmod") else "y"
            case, loose = f"torch.{torch}(x, {other})", torch in _LOOSE
            rows.append(
                op(
                    f"{torch}(input, other)",
                    f"ops.{keras}",
                    *(() if loose else (case,)),
                    loose=(case,) if loose else (),
                    because=CONSTANTS if loose else "it is a step" if torch == "floor_divide" else "",
                    also=also,
                    gradients=torch != "floor_divide",
                )
            )
    return rows


def _whole() -> list[FromTorch]:
    names = "bitwise_and bitwise_or bitwise_xor gcd lcm"
    shifts = "bitwise_left_shift bitwise_right_shift"
    flags = "logical_and logical_or logical_xor"
    return [
        *(op(f"{name}(input, other)", f"ops.{name}", f"torch.{name}(counts, counts_2)") for name in names.split()),
        *(op(f"{name}(input, other)", f"ops.{name}", f"torch.{name}(counts, counts_2)") for name in shifts.split()),
        *(op(f"{name}(input, other)", f"ops.{name}", f"torch.{name}(flags, flags_2)") for name in flags.split()),
    ]


_DIV = (
    "ops.divide(input, other) if rounding_mode is None else ops.floor_divide(input, other) if rounding_mode == 'floor' "
    "else ops.trunc(ops.divide(input, other))"
)

ROWS = (
    *_unary(),
    *_pairs(),
    *_whole(),
    op(
        "add(input, other, *, alpha=1)",
        "ops.add(input, other) if alpha == 1 else ops.add(input, alpha * other)",
        "torch.add(x, y)",
        "torch.add(x, y, alpha=2)",
        "x.add(2)",
    ),
    op(
        "sub(input, other, *, alpha=1)",
        "ops.subtract(input, other) if alpha == 1 else ops.subtract(input, alpha * other)",
        "torch.sub(x, y)",
        "torch.sub(x, y, alpha=2)",
        also=("torch.subtract",),
    ),
    op(
        "rsub(input, other, *, alpha=1)",
        "other - input if alpha == 1 else other - alpha * input",
        "torch.rsub(x, y)",
        "torch.rsub(x, y, alpha=2)",
    ),
    op(
        "div(input, other, *, rounding_mode=None)",
        _DIV,
        "torch.div(x, positive)",
        "torch.div(x, positive, rounding_mode='floor')",
        "torch.div(x, positive, rounding_mode='trunc')",
        also=("torch.divide",),
        gradients=False,
        because="torch's gradient of a division that rounds is zero, TensorFlow's none",
    ),
    op("true_divide(input, other)", "ops.true_divide", "torch.true_divide(x, positive)"),
    op("pow(input, exponent)", "ops.power(input, exponent)", "torch.pow(positive, y)", "torch.pow(x, 2)"),
    op("float_power(input, exponent)", "ops.power(input, exponent)", "torch.float_power(positive, y)"),
    op("copysign(input, other)", "ops.abs(input) * ops.where(ops.signbit(other), -1.0, 1.0)", "torch.copysign(x, y)"),
    op("nextafter(input, other)", "ops.nextafter", "torch.nextafter(x, y)", gradients=False, because="it is a step"),
    op(
        "heaviside(input, values)",
        "ops.heaviside(input, values)",
        "torch.heaviside(x, y)",
        gradients=False,
        because="it is a step",
    ),
    op("ldexp(input, other)", "ops.ldexp", "torch.ldexp(x, counts)"),
    op(
        "xlogy(input, other)",
        "ops.where(input == 0, 0.0, input * ops.log(other))",
        "torch.xlogy(x, positive)",
        also=("torch.special.xlogy",),
    ),
    op(
        "special.xlog1py(input, other)",
        "ops.where(input == 0, 0.0, input * ops.log1p(other))",
        "torch.special.xlog1py(x, positive)",
    ),
    op(
        "special.entr(input)",
        "ops.where(input > 0, -input * ops.log(ops.where(input > 0, input, 1.0)), 0.0)",
        "torch.special.entr(positive)",
        notes={"input": "0 below 0 here, minus infinity in torch"},
    ),
    op(
        "special.ndtr(input)",
        "0.5 * ops.erfc(-input * 0.7071067811865476)",
        loose=("torch.special.ndtr(x)",),
        because=CONSTANTS,
    ),
    op(
        "logit(input, eps=None)",
        "ops.log(input / (1 - input)) if eps is None else "
        "ops.log(ops.clip(input, eps, 1 - eps) / (1 - ops.clip(input, eps, 1 - eps)))",
        "torch.logit(unit)",
        "torch.logit(unit, 0.25)",
        also=("torch.special.logit",),
    ),
    op(
        "sgn(input)",
        "ops.sign(input)",
        "torch.sgn(x)",
        notes={"input": "of complex numbers: input / keras.ops.abs(input)"},
    ),
    op("frac(input)", "input - ops.trunc(input)", "torch.frac(x)"),
    op("positive(input)", "input", "torch.positive(x)", also=("torch.resolve_neg", "torch.alias_copy")),
    op("imag(input)", "ops.imag(input)", "torch.imag(complex_1)", gradients=False, because="it is complex"),
    op(
        "round(input, *, decimals=0)",
        "ops.round",
        "torch.round(x)",
        "torch.round(x * 8, decimals=1)",
        also=("torch.special.round",),
        gradients=False,
        because="it is a step",
    ),
    op(
        "clamp(input, min=None, max=None)",
        "ops.clip(input, min, max) if min is not None and max is not None else "
        "ops.maximum(input, min) if max is None else ops.minimum(input, max)",
        "torch.clamp(x, -0.5, 0.25)",
        "torch.clamp(x, min=0.25)",
        "torch.clamp(x, max=0.25)",
        also=("torch.clip",),
    ),
    op("clamp_min(input, min)", "ops.maximum(input, min)", "torch.clamp_min(x, 0.25)"),
    op("clamp_max(input, max)", "ops.minimum(input, max)", "torch.clamp_max(x, 0.25)"),
    op(
        "nan_to_num(input, nan=None, posinf=None, neginf=None)",
        "ops.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)",
        "torch.nan_to_num(gaps)",
        "torch.nan_to_num(gaps, 2.0, 3.0, -3.0)",
        gradients=False,
        because="there are none where it puts other numbers",
    ),
    op("lerp(input, end, weight)", "input + weight * (end - input)", "torch.lerp(x, y, 0.25)", "torch.lerp(x, y, z)"),
    op(
        "addcmul(input, tensor1, tensor2, *, value=1)",
        "input + tensor1 * tensor2 if value == 1 else input + value * tensor1 * tensor2",
        "torch.addcmul(x, y, z)",
        "torch.addcmul(x, y, z, value=2)",
    ),
    op(
        "addcdiv(input, tensor1, tensor2, *, value=1)",
        "input + tensor1 / tensor2 if value == 1 else input + value * tensor1 / tensor2",
        "torch.addcdiv(x, y, positive)",
        "torch.addcdiv(x, y, positive, value=2)",
    ),
    op(
        "isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)",
        "ops.isclose",
        "torch.isclose(x, x + 0.001)",
        "torch.isclose(x, x + 0.001, atol=0.01)",
    ),
    op(
        "allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)",
        "ops.all(ops.isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan))",
        "torch.allclose(x, y)",
        "torch.allclose(x, x)",
    ),
    op(
        "equal(input, other)",
        "ops.all(ops.equal(input, other))",
        "torch.equal(x, y)",
        "torch.equal(x, x)",
        notes={"other": "of one shape; torch says False for another, keras.ops.equal broadcasts"},
    ),
    op(
        "complex(real, imag)",
        "ops.cast(real, 'complex128') + 1j * ops.cast(imag, 'complex128')",
        "torch.complex(x, y)",
        gradients=False,
        because="it is complex",
        notes={"real": "'complex64' of float32"},
    ),
    op(
        "polar(abs, angle)",
        "ops.polar(abs, angle)",
        "torch.polar(positive, x)",
        gradients=False,
        because="it is complex",
    ),
    op(
        "view_as_real(input)",
        "ops.view_as_real(input)",
        "torch.view_as_real(complex_1)",
        gradients=False,
        because="it is complex",
    ),
    op(
        "view_as_complex(input)",
        "ops.view_as_complex(input)",
        loose=("torch.view_as_complex(map_2)",),
        gradients=False,
        because="Keras makes it complex64, and gradients of complex numbers are not compared",
    ),
    op(
        "is_complex(input)",
        "keras.backend.standardize_dtype(input.dtype).startswith('complex')",
        "torch.is_complex(x)",
        "torch.is_complex(complex_1)",
    ),
    op(
        "is_floating_point(input)",
        "keras.backend.is_float_dtype(input.dtype)",
        "torch.is_floating_point(x)",
        "torch.is_floating_point(whole)",
    ),
    op(
        "isin(elements, test_elements, *, assume_unique=False, invert=False)",
        "ops.isin",
        "torch.isin(ids, counts)",
        "torch.isin(ids, counts, invert=True)",
    ),
    *nothing(
        "Keras has no such function, and neither have all of its backends; where the model runs on one backend, call "
        "tf.math, jax.scipy.special or torch itself on the tensors.",
        "torch.digamma(input)",
        "torch.lgamma(input)",
        "torch.polygamma(n, input)",
        "torch.mvlgamma(input, p)",
        "torch.igamma(input, other)",
        "torch.igammac(input, other)",
        "torch.frexp(input)",
        *(
            f"torch.special.{name}()"
            for name in """airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t
          chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w digamma erfcx gammainc gammaincc gammaln
          hermite_polynomial_h hermite_polynomial_he i0e i1 i1e laguerre_polynomial_l legendre_polynomial_p log_ndtr
          modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 multigammaln ndtri polygamma psi
          scaled_modified_bessel_k0 scaled_modified_bessel_k1
          shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u
          shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w spherical_bessel_j0 zeta""".split()
        ),
    ),
)
