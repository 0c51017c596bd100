"""What blocks of layers, and the layers in them, are called: by what the names of their layers have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

_MARK = re.compile(r"[_/.]")
_DEEPEST = 8  # marks in what numbers a block


def prefixes_of(blocks: Sequence[Sequence[str]]) -> list[str]:
    """What most layers of each block are called by, another thing in each: "block5_", "block6_".

    Empty, of all of them, where there is no such thing.
    """
    best: tuple[int, int, list[str]] = (0, 0, [""] * len(blocks))
    for depth in range(1, _DEEPEST):
        found = [_common(names, depth) for names in blocks]
        numbering = len({prefix for prefix, _ in found}) == len(blocks)
        if numbering and all(2 * count > len(names) for (_, count), names in zip(found, blocks, strict=True)):
            best = max(best, (sum(count for _, count in found), depth, [prefix for prefix, _ in found]))
    return best[2]


def named_by_it(blocks: Sequence[Sequence[str]]) -> int:
    """How many layers of blocks are called by what numbers their block."""
    pairs = zip(blocks, prefixes_of(blocks), strict=True)
    return sum(name.startswith(prefix) for names, prefix in pairs for name in names if prefix)


def block_name(prefix: str, taken: Collection[str]) -> str:
    """A name for a block: "block5" for what begins with "block5_"; else "block"."""
    name = prefix.rstrip("_/.") or "block"
    count, unique = 1, name
    while unique in taken:
        count += 1
        unique = f"{name}_{count}"
    return unique


def kind_name(prefixes: Sequence[str]) -> str:
    """One name for blocks that are alike: "conv_block" for conv2_block1_ and conv3_block1_."""
    stems = {re.sub(r"\d+[a-z]?(?=_|\Z)", "", prefix.rstrip("_/.")) for prefix in prefixes}
    stem = re.sub(r"_+", "_", stems.pop()).strip("_") if len(stems) == 1 else ""
    return stem or "block"


def layer_alias(name: str, prefix: str) -> str:
    """What a layer is called in its block: sepconv1 for block5_sepconv1, conv_1 for conv2_block1_1_conv."""
    short = name.removeprefix(prefix) if prefix and name.startswith(prefix) else re.sub(r"_\d+\Z", "", name)
    return re.sub(r"\A(\d+)_(\w+)\Z", r"\2_\1", short) or name


def _common(names: Sequence[str], depth: int) -> tuple[str, int]:
    """What most names begin with, up to their mark of that number, and how many do."""
    counts = Counter(name[: marks[depth - 1].end()] for name in names if len(marks := [*_MARK.finditer(name)]) >= depth)
    return max(counts.items(), key=lambda item: item[1], default=("", 0))
