"""median, quantile, percentile, and the same without NaN."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.operations.nan_reductions import no_whole_numbers
from equivalence.catalogue.operations.operation_parts import as_floats, is_constant, operands, stored
from equivalence.catalogue.operations.reduction_parts import AXIS, KEEPDIMS, Reduction, flattened, kept, reduction_of
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def emit_median(site: Site) -> Value:
    """The 0.5 quantile, which is the mean of the two elements in the middle; torch.median takes the lower one."""
    return _quantile(site, reduction_of(site), "0.5", "linear")


def emit_quantile(site: Site) -> Value:
    """torch.quantile, along a single dimension: several become one before."""
    if site.entry.name == "quantile":
        because = "is forgotten by Keras where it runs a saved model, which computes 'linear'"
        site.config.only("method", "linear", because=because)
    _, q = operands(site, "x", "q")
    return _several(site, _numbers(site, q), site.config.choice("method", *_METHODS))


def emit_percentile(site: Site) -> Value:
    """torch.quantile of a hundredth."""
    _, q = operands(site, "x", "q")
    given = _numbers(site, q)
    hundredth = [n / 100.0 for n in given] if isinstance(given, list) else given / 100.0
    return _several(site, hundredth, site.config.choice("method", *_METHODS))


def _several(site: Site, q: float | list[float], method: str) -> Value:
    """For one number, or for several, which come as a first axis of their own."""
    found = reduction_of(site)
    if not isinstance(q, list):
        return _quantile(site, found, literal(q), method)
    x = found.x if found.x.dtype.startswith("float") else site.new(as_floats(found.x), found.x.order)
    found = found._replace(x=x)
    text = f"torch.tensor([{', '.join(map(literal, q))}], dtype={x}.dtype, device={x}.device)"
    return _quantile(site, found, f"{site.new(text, KERAS, 'q')}", method, several=True)


def _quantile(site: Site, found: Reduction, q: str, method: str, several: bool = False) -> Value:
    if site.entry.name.startswith("nan"):
        no_whole_numbers(site)
    if not found.x.dtype.startswith("float"):
        found = found._replace(x=site.new(as_floats(found.x), found.x.order))
    x, dim = flattened(found)
    alone = found.keep and len(found.dims) == 1
    text = call(
        site.entry.torch[0], x, q, dim=dim, keepdim=alone, interpolation=f'"{method}"',
        omit={"keepdim": False, "interpolation": '"linear"'},
    )  # fmt: skip
    if several and found.keep and not alone:
        return site.new(text + "".join(f".unsqueeze({dim + 1})" for dim in found.dims), found.order)
    return site.new(text if alone else kept(found, text), found.order)


def _numbers(site: Site, q: Any) -> float | list[float]:
    """The argument `q`: a number or a list of them. Raises Refused for a tensor."""
    given = q.value if is_constant(q) else list(q) if isinstance(q, (list, tuple)) else q
    listed = given if isinstance(given, list) else [given]
    numbers = [n for n in listed if isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n)]
    if not numbers or numbers != listed:
        site.refuse(f"its q is {q!r:.60}, neither a number nor a list of numbers")
    return [float(n) for n in numbers] if isinstance(given, list) else float(given)


_MIDDLE = Difference(
    "two-in-the-middle",
    "Of an even number of elements Keras takes the mean of the two in the middle, torch.median the lower one.",
    case="even",
    swap=(("torch.quantile({x}, 0.5, dim=1)", "torch.median({x}, dim=1).values"),),
)
Median = Entry(
    keras="keras.ops.median",
    torch=("torch.quantile",),
    says="The median over axes.",
    emit=emit_median,
    kind="operation",
    arguments=(Argument("x", "input"), AXIS, KEEPDIMS),
    differences=(_MIDDLE,),
    cases=(
        Case("odd", {"axis": 1}, x=(2, 3, 5)),
        Case("even", {"axis": 1}, x=(2, 4, 5)),
        Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5)),
        Case("outer-axes", {"axis": [1, 3]}, x=(2, 3, 4, 5)),
        Case("last-kept", {"axis": -1, "keepdims": True}, x=(2, 3, 4)),
        Case("all", {}, x=(2, 3, 5)),
        Case("whole-numbers", {"axis": 1}, x=(2, 4, 5), draw="ids:9"),
    ),
    aliases=("np.median", "torch.median"),
    stored=stored("Median"),
)


Nanmedian = Median._replace(
    keras="keras.ops.nanmedian",
    torch=("torch.nanquantile",),
    says="The median over axes of what is no NaN.",
    differences=(),
    cases=tuple(case._replace(draw="gaps") for case in Median.cases[2:] if case.draw == "normal"),
    aliases=("np.nanmedian", "torch.nanmedian"),
    stored=stored("Nanmedian"),
)


def _q_entry(name: str, class_name: str, says: str, methods: tuple[str, ...], note: str = "") -> Entry:
    nan, percent = name.startswith("nan"), name.endswith("percentile")
    scale, draw = 100.0 if percent else 1.0, "gaps" if nan else "normal"
    one, two = {"$args": [{"$input": 0}, 0.375 * scale]}, {"$args": [{"$input": 0}, [0.25 * scale, 0.5 * scale]]}
    whole = Case("whole-numbers", {"axis": -1}, x=(2, 3, 5), draw="ids:9", call=one)
    return Entry(
        keras=f"keras.ops.{name}",
        torch=("torch.nanquantile" if nan else "torch.quantile",),
        says=says,
        emit=emit_percentile if percent else emit_quantile,
        kind="operation",
        arguments=(
            Argument("x", "input"),
            Argument("q", "q", how="q / 100" if percent else "", note="a number or a list of numbers"),
            AXIS,
            Argument("method", "interpolation", "linear", note=note),
            KEEPDIMS,
        ),
        cases=(
            Case("one-axis", {"axis": 1}, x=(2, 7, 5), draw=draw, call=one),
            Case("two-axes-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5), draw=draw, call=one),
            Case("several", {"axis": [1]}, x=(2, 7, 5), draw=draw, call=two),
            Case("several-kept", {"axis": [1, 2], "keepdims": True}, x=(2, 3, 4, 5), draw=draw, call=two),
            Case("all", {}, x=(2, 3, 5), draw=draw, call=one),
            *(() if nan else (whole,)),
            *(Case(each, {"axis": 1, "method": each}, x=(2, 8, 4), draw=draw, call=one) for each in methods),
        ),
        layout="last",  # several numbers make an axis that comes first
        aliases=(f"np.{name}", *(("tfp.stats.percentile",) if name == "percentile" else ())),
        stored=stored(class_name),
    )


Quantile = _q_entry(
    "quantile", "Quantile", "The element below which a part q of all lies, over axes.", (),
    note="the port refuses others than linear, which a saved model forgets",
)  # fmt: skip
Percentile = _q_entry(
    "percentile", "Percentile", "The element below which q percent of all lie, over axes.", _METHODS[1:]
)
Nanquantile = _q_entry(
    "nanquantile", "Nanquantile", "The element below which a part q of what is no NaN lies, over axes.", _METHODS[1:]
)
Nanpercentile = _q_entry(
    "nanpercentile", "Nanpercentile", "The element below which q percent of what is no NaN lie, over axes.",
    _METHODS[1:],
)  # fmt: skip
