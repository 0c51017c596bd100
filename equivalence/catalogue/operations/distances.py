"""cdist and psnr: how far tensors are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.matrix_parts import matrices
from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_cdist(site: Site) -> Value:
    """torch.cdist, without the matrix product that it takes for many rows and that loses digits."""
    left, right = (matrices(site, given) for given in operands(site, "x", "y"))
    if left.shape[-1] != right.shape[-1]:
        site.refuse(f"its vectors have {left.shape[-1]} and {right.shape[-1]} components")
    return site.new(f'torch.cdist({left}, {right}, compute_mode="donot_use_mm_for_euclid_dist")', KERAS)


def emit_psnr(site: Site) -> Value:
    """Out of the mean squared error of all elements: torch has no function for it."""
    left, right = operands(site, "x1", "x2")
    if not all(is_tensor(given) and given.dtype.startswith("float") for given in (left, right)):
        site.refuse("one of its operands is no tensor of floats")
    if left.rank != right.rank:
        site.refuse(f"its operands have shapes {left.shape} and {right.shape}, not one")
    (left, right), _ = site.aligned([left, right])
    largest = site.config.number("max_val")
    if largest <= 0:
        site.config.refuse("max_val", largest, "should be more than 0")
    return site.new(f"10 * torch.log10({literal(largest)} ** 2 / F.mse_loss({left}, {right}))", KERAS)


Cdist = Entry(
    keras="keras.ops.cdist",
    torch=("torch.cdist",),
    says="The Euclidean distance of every vector of one from every vector of the other.",
    emit=emit_cdist,
    kind="operation",
    arguments=(Argument("x", "x1"), Argument("y", "x2")),
    cases=(
        Case("defaults", {}, x=[(2, 5, 3), (2, 4, 3)]),
        Case("many", {}, x=[(2, 30, 3), (2, 26, 3)]),
        Case("more-axes", {}, x=[(2, 3, 5, 4), (2, 3, 2, 4)]),
        Case("unknown-rows", {}, x=[(2, 5, 3), (2, 4, 3)], declared=[(None, 3), (None, 3)]),
    ),
    aliases=("scipy.spatial.distance.cdist",),
    stored=stored("CDist", "math"),
    layout="last",
)
Psnr = Entry(
    keras="keras.ops.psnr",
    torch=("torch.log10", "torch.nn.functional.mse_loss"),
    says="The peak signal-to-noise ratio in decibels, over all elements of the batch.",
    emit=emit_psnr,
    kind="operation",
    arguments=(Argument("x1", "input"), Argument("x2", "target"), Argument("max_val", None, note="the largest value")),
    differences=(
        Difference(
            "whole-batch",
            "Keras takes the error over the whole batch; tf.image.psnr takes it for each image.",
            case="images",
            swap=(
                (
                    "10 * torch.log10(1.0 ** 2 / F.mse_loss({x}, {x}))",
                    "(10 * torch.log10(1.0 / ({x} - {x}).square().flatten(1).mean(1))).mean()",
                ),
            ),
        ),
    ),
    cases=(
        Case("images", {"max_val": 1.0}, x=[(2, 4, 5, 3)] * 2, draw="uniform"),
        Case("bytes", {"max_val": 255.0}, x=[(2, 7), (2, 7)], draw="wide"),
    ),
    aliases=("tf.image.psnr", "peak signal-to-noise ratio"),
    stored=stored("PSNR", "nn"),
)
