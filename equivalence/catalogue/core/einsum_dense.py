"""EinsumDense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from equivalence.catalogue.core.dense import BIAS, KERNEL
from equivalence.catalogue.defects import ADDS_A_BIAS
from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Defect, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

_EQUATION = re.compile(r"(\.{3})?([A-Za-z]+)(\.{3})?,([A-Za-z]+)->(\.{3})?([A-Za-z]+)(\.{3})?\Z")


class _Letters(NamedTuple):
    """The letters of an equation: of the input, the kernel and the output; `left`, `right`: where "..." stands."""

    x: str
    kernel: str
    output: str
    left: bool
    right: bool


def emit_einsum_dense(site: Site) -> Value:
    """nn.Linear where the equation says a linear map of the last axis, else torch.einsum with a parameter."""
    x, config = site.take(site.x, KERAS), site.config
    config.only("quantization_config", None)
    letters, sizes = _letters(site), _sizes(site, x)
    bias = _bias_axes(site, letters)
    if _is_linear(letters) and bias in ("", letters.output[-1]):
        inputs, outputs = (sizes[letter] for letter in letters.kernel)
        linear = site.module(call("nn.Linear", inputs, outputs, bias=bool(bias), omit={"bias": True}))
        return site.activate(site.new(f"{linear}({x})", KERAS))
    kernel = _parameter(site, "kernel", [sizes[letter] for letter in letters.kernel])
    text = f"torch.einsum({config.value('equation')!r}, {x}, {kernel})"
    if bias:
        behind = letters.output[min(map(letters.output.index, bias)) :]
        ones = 0 if letters.left else x.rank - len(letters.x)
        shape = [sizes[letter] if letter in bias else 1 for letter in behind] + [1] * ones
        text = f"{text} + {_parameter(site, 'bias', shape)}"
    return site.activate(site.new(text, KERAS))


def _letters(site: Site) -> _Letters:
    """The equation read letter by letter: only such text becomes code. Raises Refused for any other."""
    given = site.config.value("equation")
    found = _EQUATION.match(given) if isinstance(given, str) else None
    if not found:
        site.config.refuse("equation", given, "should be an equation of one input and a kernel, like 'abc,cd->abd'")
    left, x, right, kernel, left_too, output, right_too = found.groups()
    if (left, right) != (left_too, right_too) or any(len(set(part)) < len(part) for part in (x, kernel, output)):
        site.config.refuse("equation", given, "should hold each letter once in a term, and '...' in the same places")
    return _Letters(x, kernel, output, bool(left), bool(right))


def _sizes(site: Site, x: Value) -> dict[str, int]:
    """The size that each letter of the kernel stands for, where Keras takes it from."""
    letters, given = _letters(site), site.config.value("output_shape")
    stated = [given] if isinstance(given, int) else given
    more = x.rank - len(letters.x)
    if not isinstance(stated, (list, tuple)) or more < 0 or len(stated) + 1 < len(letters.output) - letters.left:
        site.config.refuse("output_shape", given, "does not fit its equation and its input")
    output = [x.shape[0], *(x.shape[1:more] if letters.left else ()), *stated]
    known = dict(zip(letters.x, x.shape[more if letters.left else 0 :], strict=False))
    known |= dict(zip(letters.output, output[more if letters.left else 0 :], strict=False))
    sizes = {letter: known.get(letter) for letter in letters.kernel}
    if not all(isinstance(size, int) for size in sizes.values()):
        site.refuse(f"the sizes of its kernel are {list(sizes.values())}, not all known")
    return {**{letter: size or 0 for letter, size in known.items()}, **{k: v for k, v in sizes.items() if v}}


def _bias_axes(site: Site, letters: _Letters) -> str:
    given = site.config.value("bias_axes")
    if given is not None and not (isinstance(given, str) and set(given) <= set(letters.output)):
        site.config.refuse("bias_axes", given, "should be letters of its output")
    return given or ""


def _is_linear(letters: _Letters) -> bool:
    """Whether the last axis alone is mapped, to the last one: "abc,cd->abd"."""
    return (
        not letters.right
        and letters.kernel == letters.x[-1] + letters.output[-1]
        and letters.x[:-1] == letters.output[:-1]
        and letters.x[-1] != letters.output[-1]
    )


def _parameter(site: Site, name: str, shape: list[int]) -> str:
    return site.module(f"nn.Parameter(torch.zeros{literal(tuple(shape))})", name, weights=(Weight(name, ""),))


EinsumDense = Entry(
    trains_by_default=None,
    whole_numbers="floats",
    keras="keras.layers.EinsumDense",
    since="2.4",
    torch=("torch.einsum", "torch.nn.Linear"),
    says="Products of the input with a kernel as an equation says, with a bias and an optional activation.",
    arguments=(
        Argument("equation", "equation", note="the same letters; nn.Linear where the last axis alone is mapped"),
        Argument("output_shape", None, note="without the batch: with the input's shape it gives the kernel's"),
        Argument("activation", None, None, note="a call after the layer"),
        Argument("bias_axes", None, None, note="letters of the output along which the bias differs; None: no bias"),
        *initialised("kernel", "bias"),
        Argument("lora_rank", None, None, inert=True, note="the port holds the sum", since=None),
        Argument("lora_alpha", None, None, inert=True, note="the port holds the sum", since=None),
        Argument(
            "gptq_unpacked_column_size",
            None,
            None,
            inert=True,
            note="of quantized layers, which are refused",
            since=None,
        ),
        Argument("quantization_config", None, None, note="None alone", since=None),
        *LAYER_ARGUMENTS,
    ),
    weights=(KERNEL, BIAS._replace(when="bias_axes")),
    differences=(
        Difference(
            "kernel-layout",
            "Keras keeps the kernel as the equation says, (in, out) for 'abc,cd->abd', and nn.Linear (out, in): a "
            "square one loads untransposed without error.",
            case="square",
            weights=(KERNEL._replace(how=""), BIAS._replace(when="bias_axes")),
        ),
        Difference(
            "heads-side-by-side",
            "The letters behind a kernel's input may stand in any order: the heads of 'abc,cde->abed' change places "
            "with their features.",
            case="heads-behind",
            swap=(("->abed", "->abde"),),
        ),
    ),
    defects=(
        Defect(
            "bias-along-another-axis",
            "The bias of an axis before the last is added along the last one, where both have the same length.",
            Case(
                "bias-along-another-axis",
                {"equation": "abc,cde->abed", "output_shape": [None, 4, 4], "bias_axes": "e"},
                x=(2, 3, 7),
                oracle="torch",
                because=ADDS_A_BIAS,
            ),
        ),
    ),
    cases=(
        Case("whole-numbers", {"equation": "ab,bc->ac", "output_shape": 5}, x=(2, 7), draw="ids:9"),
        Case("linear", {"equation": "abc,cd->abd", "output_shape": [None, 5], "bias_axes": "d"}, x=(2, 3, 7)),
        Case("square", {"equation": "...x,xy->...y", "output_shape": 6, "bias_axes": "y"}, x=(2, 3, 4, 6)),
        Case(
            "heads",
            {"equation": "abc,cde->abde", "output_shape": [None, 4, 5], "bias_axes": "de", "activation": "relu"},
            x=(2, 3, 7),
            declared=(None, 7),
        ),
        Case(
            "heads-behind",
            {"equation": "abc,cde->abed", "output_shape": [None, 4, 4]},
            x=(2, 3, 7),
        ),
        Case(
            "out-of-heads", {"equation": "abcd,cde->abe", "output_shape": [None, 6], "bias_axes": "e"}, x=(2, 3, 4, 5)
        ),
        Case("between", {"equation": "abc,bd->adc", "output_shape": [6, 4], "bias_axes": "d"}, x=(2, 3, 4)),
        Case(
            "rest-behind",
            {"equation": "ab...,bc->ac...", "output_shape": 6, "bias_axes": "c"},
            x=(2, 3, 4, 5),
            declared=(3, None, None),
        ),
        Case("for-each-step", {"equation": "abc,bcd->abd", "output_shape": [3, 5], "bias_axes": "bd"}, x=(2, 3, 4)),
        Case(
            "lora",
            {"equation": "abc,cde->abde", "output_shape": [None, 4, 5], "lora_rank": 2, "lora_alpha": 4},
            x=(2, 3, 7),
        ),
    ),
    aliases=("einsum_dense", "experimental.EinsumDense", "DenseGeneral"),
    emit=emit_einsum_dense,
    layout="last",
    mask="stop",
)
