"""What pooling over windows is proved on."""

from __future__ import annotations

from typing import Any

from equivalence.schema import Case, Difference
from equivalence.translation.python_text import squeeze

_NO_KERNEL = "TensorFlow has no float64 kernel for pooling over volumes."


def window_cases(dims: int, average: bool) -> tuple[Case, ...]:
    """Cases over `dims` axes; `average`: of a mean, not of a maximum."""

    def case(id: str, config: dict[str, Any], *sizes: int, first: bool = False, unknown: bool = False) -> Case:
        held = sizes[:dims]
        return Case(
            id,
            {"pool_size": 2, **config} if average else config,
            x=(2, 3, *held) if first else (2, *held, 3),
            declared=((None,) * dims + (3,)) if unknown else None,
            oracle="torch" if dims == 3 else "tensorflow",
            because=_NO_KERNEL if dims == 3 else "",
        )

    even = {"padding": "same", "pool_size": 3}
    # along one axis, a window at the border has few elements: all of them negative, padding would be seen
    edge = 3 if average else [3, 1, 1][:dims]
    made = (
        case("defaults", {}, 7, 9, 5),
        case("window-and-strides", {"pool_size": [3, 2, 4][:dims], "strides": [2, 1, 3][:dims]}, 8, 7, 9),
        case("same-stride-1", {"padding": "same", "pool_size": edge, "strides": 1}, 5, 7, 6),
        case("same-stride-2-odd-size", {**even, "strides": 2}, 7, 9, 5),
        case("same-unknown-odd-size", {**even, "strides": 2}, 7, 9, 5, unknown=True),
        case("channels-first", {"data_format": "channels_first"}, 7, 9, 5, first=True),
    )
    if average and dims == 3:
        return made  # Keras on torch repeats the edge where the padding is uneven, unlike on TensorFlow
    return (
        *made,
        case("same-stride-2-even-size", {**even, "strides": 2}, 8, 6, 10),
        case("same-stride-1-even-window", {"padding": "same", "pool_size": 2, "strides": 1}, 5, 7, 6),
        case(
            "same-mixed",
            {"padding": "same", "pool_size": [4, 3, 2][:dims], "strides": [1, 2, 3][:dims]},
            5, 8, 7,
        ),
        case("same-unknown-even-size", {**even, "strides": 2}, 8, 6, 10, unknown=True),
        case("same-unknown-window-2", {"padding": "same"}, 7, 8, 9, unknown=True),
        case("same-channels-first", {**even, "strides": 2, "data_format": "channels_first"}, 8, 6, 10, first=True),
    )  # fmt: skip


def window_differences(dims: int, average: bool) -> tuple[Difference, ...]:
    """What is lost where torch's padding is taken for Keras's."""
    one_sided = Difference(
        "same-stride",
        "Strided padding='same' puts the odd element at the end; padding=k//2 in torch starts one element earlier: "
        "the same shape, other numbers.",
        case="same-stride-2-even-size",
        swap=(("ceil_mode=True", "padding=1, count_include_pad=False" if average else "padding=1"),),
    )
    if not average:
        ends = (0,) * (2 * dims - 2) + (1, 1)
        zeros = Difference(
            "padding-value",
            "Padding counts as -inf and never is the maximum; zeros from F.pad win over negative numbers.",
            case="same-stride-1",
            swap=((f", padding={squeeze((1, 0, 0)[:dims])}", ""), ("({x})", f"(F.pad({{x}}, {ends}))")),
        )
        return one_sided, zeros
    counted = Difference(
        "padding-counted",
        "Keras leaves the padding out of the mean; torch counts it as zeros unless count_include_pad=False.",
        case="same-stride-1",
        swap=((", count_include_pad=False", ""),),
    )
    return (counted,) if dims == 3 else (one_sided, counted)
