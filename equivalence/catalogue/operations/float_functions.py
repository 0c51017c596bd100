"""Further functions of one tensor: error functions, degrees, roots, signs, what is infinite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.elementwise import function
from equivalence.catalogue.operations.operation_parts import as_floats, only_floats, stored
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_as_floats(site: Site) -> Value:
    """The torch function, of whole numbers as floats."""
    if site.x.dtype == "int64":
        site.refuse("it is called on int64, of which Keras makes float64 or float32 from case to case")
    return site.new(f"{site.entry.torch[0]}({as_floats(site.x)})", site.x.order)


def emit_floats_alone(site: Site) -> Value:
    """The torch function; Keras on TensorFlow takes floats alone."""
    only_floats(site)
    return emit_as_floats(site)


def emit_test(site: Site) -> Value:
    """The torch function that says where something holds."""
    return site.new(f"{site.entry.torch[0]}({site.x})", site.x.order)


def emit_cbrt(site: Site) -> Value:
    """The root of the absolute value with the sign of x: a negative number to a fraction is NaN."""
    x = site.x
    if x.dtype == "int64":
        site.refuse("it is called on int64, of which Keras makes float64")
    if not x.dtype.startswith("float"):
        x = site.new(as_floats(x), x.order)
    return site.new(f"torch.sign({x}) * torch.abs({x}) ** (1 / 3)", x.order)


def emit_trunc(site: Site) -> Value:
    """torch.trunc; whole numbers stay."""
    return emit_as_floats(site) if site.x.dtype.startswith("float") else site.unchanged()


def emit_signbit(site: Site) -> Value:
    """torch.signbit, which takes no booleans: none of them is negative."""
    if site.x.dtype == "bool":
        return site.new(f"torch.zeros_like({site.x})", site.x.order)
    return emit_test(site)


def emit_nan_to_num(site: Site) -> Value:
    """torch.nan_to_num; an infinity without a number of its own becomes the largest finite one."""
    text = call(
        "torch.nan_to_num", f"{site.x}", nan=site.config.number("nan"),
        posinf=site.config.optional_number("posinf"), neginf=site.config.optional_number("neginf"),
        omit={"nan": 0.0, "posinf": None, "neginf": None},
    )  # fmt: skip
    return site.new(text, site.x.order) if site.x.dtype.startswith("float") else site.unchanged()


def _of_floats(
    name: str,
    class_name: str,
    says: str,
    torch: str,
    module: str = "numpy",
    draw: str = "normal",
    aliases: tuple[str, ...] = (),
) -> Entry:
    """A function that Keras computes of whole numbers too."""
    made = function(name, class_name, says, torch, module, draw=draw)
    whole = Case("whole-numbers", {}, x=(2, 3, 5), draw="ids:5")
    return made._replace(emit=emit_as_floats, cases=(*made.cases, whole), aliases=(f"np.{name}", *aliases))


def _test(name: str, class_name: str, says: str, aliases: tuple[str, ...] = ()) -> Entry:
    """A function that says where something holds, of any dtype."""
    made = function(name, class_name, says, f"torch.{name}", draw="gaps")
    more = (Case(how.partition(":")[0], {}, x=(2, 3, 5), draw=how) for how in ("ids:3", "bool"))
    return made._replace(emit=emit_test, cases=(*made.cases, *more), aliases=(f"np.{name}", *aliases))


Erfc = function(
    "erfc", "Erfc", "One minus the error function.", "torch.erfc", "math", "math.erfc"
)._replace(emit=emit_floats_alone, aliases=("tf.math.erfc", "scipy.special.erfc"))  # fmt: skip
Erfinv = function(
    "erfinv", "Erfinv", "The inverse of the error function.", "torch.erfinv", "math", "math.erfinv", draw="uniform"
)._replace(emit=emit_floats_alone, aliases=("tf.math.erfinv", "scipy.special.erfinv"))
Exp2 = _of_floats("exp2", "Exp2", "2 to the power of x.", "torch.exp2")
Deg2rad = _of_floats("deg2rad", "Deg2rad", "Degrees in radians.", "torch.deg2rad", aliases=("np.radians",))
Rad2deg = _of_floats("rad2deg", "Rad2deg", "Radians in degrees.", "torch.rad2deg", aliases=("np.degrees",))
Fabs = _of_floats("fabs", "Fabs", "|x|, a float.", "torch.abs")
I0 = _of_floats(
    "i0", "I0", "The modified Bessel function of the first kind, of order 0.", "torch.i0",
    aliases=("tf.math.bessel_i0",),
)  # fmt: skip
Sinc = _of_floats("sinc", "Sinc", "sin(pi x) / (pi x), and 1 for 0.", "torch.sinc")
Angle = _of_floats("angle", "Angle", "The angle of a number: pi for a negative one, otherwise 0.", "torch.angle")
Arccosh = function(
    "arccosh", "Arccosh", "The inverse hyperbolic cosine.", "torch.acosh", "numpy", "math.acosh", draw="above-one"
)._replace(emit=emit_as_floats, aliases=("np.arccosh", "torch.arccosh"))
Isneginf = _test("isneginf", "Isneginf", "Where x is minus infinity.")
Isposinf = _test("isposinf", "Isposinf", "Where x is plus infinity.")
Isreal = _test("isreal", "Isreal", "Where the imaginary part is zero: everywhere in a tensor that is not complex.")
Signbit = _test("signbit", "Signbit", "Where x is negative.")._replace(emit=emit_signbit)
Trunc = _of_floats("trunc", "Trunc", "x without its fraction.", "torch.trunc", draw="wide", aliases=("torch.fix",))
Trunc = Trunc._replace(emit=emit_trunc)
Abs = function("abs", "Abs", "|x|.", "torch.abs")._replace(aliases=("np.abs", "tf.abs"))
Cbrt = Entry(
    keras="keras.ops.cbrt",
    torch=("torch.sign", "torch.abs"),
    says="The cube root, of negative numbers too.",
    emit=emit_cbrt,
    kind="operation",
    arguments=(Argument("x", "input"),),
    cases=(
        Case("defaults", {}, x=(2, 3, 5)),
        Case("whole-numbers", {}, x=(2, 3, 5), draw="ids:5"),
    ),
    aliases=("np.cbrt", "cube root"),
    stored=stored("Cbrt"),
)
NanToNum = Entry(
    keras="keras.ops.nan_to_num",
    torch=("torch.nan_to_num",),
    says="x with numbers in place of NaN and infinities.",
    emit=emit_nan_to_num,
    kind="operation",
    arguments=(
        Argument("x", "input"),
        Argument("nan", "nan", 0.0),
        Argument("posinf", "posinf", None, note="None: the largest finite number"),
        Argument("neginf", "neginf", None, note="None: the smallest finite number"),
    ),
    cases=(
        Case("defaults", {}, x=(2, 3, 5), draw="gaps"),
        Case("numbers", {"nan": 0.5, "posinf": 2.0, "neginf": -2.0}, x=(2, 3, 5), draw="gaps"),
        Case("whole-numbers", {"nan": 1.0}, x=(2, 3, 5), draw="ids:4"),
    ),
    aliases=("np.nan_to_num",),
    stored=stored("NanToNum"),
)
