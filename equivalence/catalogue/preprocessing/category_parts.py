"""Whole numbers as categories: one-hot, multi-hot and counts, as Keras encodes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument
from equivalence.translation.order import KERAS

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

SPARSE = Argument("sparse", None, False, note="True is refused: torch's layers take dense tensors", since="2.8")

#: dtypes of a layer's policy that an encoding is written in.
_DTYPES = {"float32": "torch.float32", "int32": "torch.int32", "int64": "torch.int64"}

#: F.one_hot raises for numbers that are no category; Keras leaves them out.
CATEGORIES = '''
def categories(ids: Tensor, depth: int) -> Tensor:
    """Which of 0 to depth - 1 each number is: none, where it is another."""
    return ids.unsqueeze(-1) == torch.arange(depth, device=ids.device)
'''


def output_mode(site: Site, *modes: str) -> str:
    """The argument `output_mode`, of `modes`, under its name of today; sparse outputs are refused."""
    site.config.only("sparse", False, because="gives a sparse tensor, which no layer of torch takes; use sparse=False")
    return site.config.choice("output_mode", *modes)


def policy_dtype(site: Site) -> str:
    """The dtype of the layer's policy as torch's; `float32` where the file says none."""
    policy = site.layer.config.get("dtype") or "float32"
    if isinstance(policy, dict):
        policy = policy.get("config", {}).get("name") if isinstance(policy.get("config"), dict) else None
    if policy not in _DTYPES:
        site.refuse(f"its dtype {policy!r:.60} is not translated; use float32, int32 or int64")
    return _DTYPES[policy]


def encoded(site: Site, ids: Value, mode: str, depth: int, dtype: str, weights: str = "") -> Value:
    """Categories 0 to `depth` - 1 as `mode` says; other numbers count for none.

    `weights`: a factor for each number, where they are counted. Raises Refused for ranks of which Keras makes
    something else.
    """
    if mode == "one_hot":
        # Keras takes a last axis of 1 away, by the size that is met: as torch's squeeze does
        inner = f"{ids}.squeeze(-1)" if ids.rank > 1 and ids.shape[-1] in (None, 1) else f"{ids}"
        return site.new(f"{site.helper(CATEGORIES)}({inner}, {depth}).to({dtype})", KERAS)
    if ids.rank != 2:
        site.refuse(
            f"its input has shape {ids.shape}: with output_mode={mode!r} Keras encodes rows, and of other shapes "
            "sums another axis than the last; reshape it to (batch, items)"
        )
    found = f"{site.helper(CATEGORIES)}({ids}, {depth})"
    if mode == "multi_hot":
        return site.new(f"{found}.any(1).to({dtype})", KERAS)
    if weights:
        return site.new(f"({found} * {weights}.unsqueeze(-1)).sum(1)", KERAS)
    return site.new(f"{found}.sum(1).to({dtype})", KERAS)
