"""Elementary functions of one tensor: trigonometry, logarithms, rounding, signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.elementwise import emit_function, function
from equivalence.catalogue.operations.operation_parts import as_floats, stored
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_whole(site: Site) -> Value:
    """torch.floor or torch.ceil. Of whole numbers Keras makes floats, and torch does not."""
    return emit_function(site) if site.x.dtype.startswith("float") else site.new(as_floats(site.x), site.x.order)


def emit_round(site: Site) -> Value:
    """torch.round, halves to the even neighbour as in Keras. Whole numbers stay, but for tens and hundreds."""
    decimals = site.config.integer("decimals", minimum=None)
    if not site.x.dtype.startswith("float"):
        if site.x.dtype == "bool" or decimals < 0:
            site.refuse(f"it rounds {site.x.dtype} to {decimals} decimals; cast it to a float before")
        return site.unchanged()
    more = f", decimals={decimals}" if decimals else ""
    return site.new(f"torch.round({site.x}{more})", site.x.order)


def _whole(name: str, class_name: str, says: str) -> Entry:
    made = function(name, class_name, says, f"torch.{name}", "numpy", f"math.{name}", draw="wide")
    whole = Case("whole-numbers", {}, x=(2, 3, 5), draw="ids:9")
    return made._replace(emit=emit_whole, cases=(*made.cases, whole))


Sin = function("sin", "Sin", "The sine.", "torch.sin", "numpy", "math.sin", "sin")
Cos = function("cos", "Cos", "The cosine.", "torch.cos", "numpy", "math.cos", "cos")
Tan = function("tan", "Tan", "The tangent.", "torch.tan", "numpy", "math.tan", "tan", draw="uniform")
Arcsin = function("arcsin", "Arcsin", "The inverse sine.", "torch.asin", "numpy", "math.asin", draw="uniform")
Arccos = function("arccos", "Arccos", "The inverse cosine.", "torch.acos", "numpy", "math.acos", draw="uniform")
Arctan = function("arctan", "Arctan", "The inverse tangent.", "torch.atan", "numpy", "math.atan")
Sinh = function("sinh", "Sinh", "The hyperbolic sine.", "torch.sinh", "numpy", "math.sinh")
Cosh = function("cosh", "Cosh", "The hyperbolic cosine.", "torch.cosh", "numpy", "math.cosh")
Arcsinh = function("arcsinh", "Arcsinh", "The inverse hyperbolic sine.", "torch.asinh", "numpy", "math.asinh")
Arctanh = function(
    "arctanh", "Arctanh", "The inverse hyperbolic tangent.", "torch.atanh", "numpy", "math.atanh", draw="uniform"
)
Log1p = function("log1p", "Log1p", "log(1 + x).", "torch.log1p", "numpy", "math.log1p", draw="uniform")
Log2 = function("log2", "Log2", "The logarithm to base 2.", "torch.log2", draw="uniform")
Log10 = function("log10", "Log10", "The logarithm to base 10.", "torch.log10", draw="uniform")
Expm1 = function("expm1", "Expm1", "exp(x) - 1.", "torch.expm1", "numpy", "math.expm1")
Erf = function("erf", "Erf", "The error function.", "torch.erf", "math", "math.erf")
Floor = _whole("floor", "Floor", "The largest whole number up to x.")
Ceil = _whole("ceil", "Ceil", "The smallest whole number from x on.")
Sign = function("sign", "Sign", "-1, 0 or 1.", "torch.sign", "numpy", "math.sign")
Reciprocal = function("reciprocal", "Reciprocal", "1 / x.", "torch.reciprocal", "numpy", "math.reciprocal")
Isfinite = function("isfinite", "Isfinite", "Where x is finite.", "torch.isfinite", "numpy", "math.is_finite")
Isinf = function("isinf", "Isinf", "Where x is infinite.", "torch.isinf", "numpy", "math.is_inf")
Isnan = function("isnan", "Isnan", "Where x is no number.", "torch.isnan", "numpy", "math.is_nan")
Round = Entry(
    keras="keras.ops.round",
    torch=("torch.round",),
    says="The nearest whole number, halves to the even one; or to a number of decimals.",
    emit=emit_round,
    kind="operation",
    arguments=(Argument("x", "input"), Argument("decimals", "decimals", 0)),
    cases=(
        Case("defaults", {}, x=(2, 3, 5), draw="wide"),
        Case("decimals", {"decimals": 2}, x=(2, 3, 5)),
        Case("whole-numbers", {"decimals": 1}, x=(2, 3, 5), draw="ids:9"),
    ),
    stored=stored("Round", "numpy", "math.round"),
)
