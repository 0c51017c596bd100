"""Every pair of the bench by its name."""

from __future__ import annotations

from importlib import import_module

from benchmarks.mutation_bench.written_pair import WrittenPair

#: A file each in `written/`.
WRITTEN = (
    "mlp lenet resnet inception unet densenet mobilenet convnext segmenter autoencoder audio video texts tagger "
    "translator encoder decoder siamese several finetuned"
).split()
TWINS = ("mini_xception", "xception", "inception_v3", "inception_resnet_v2")


def written_pair(name: str) -> WrittenPair:
    """The pair of this name. Raises KeyError."""
    if name in WRITTEN:
        pair: WrittenPair = import_module(f"benchmarks.mutation_bench.written.written_{name}").PAIR
        return pair
    twins = import_module("benchmarks.mutation_bench.written.written_twins").PAIRS
    return {pair.name: pair for pair in twins}[name]


NAMES = (*WRITTEN, *TWINS)
