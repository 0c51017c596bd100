"""The tensors by whose names the cases of rows call them: what is drawn, and the shape in torch's order.

Dimensions are distinct. Those in `CHANNELS` have their channels first in torch and last in Keras; a case's outputs of
the same rank are then held against each other with their channels moved, unless the row says `plain`.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Name -> what is drawn, and the shape. "normal"; "uniform" in 0.1 to 0.9; "positive" in 0.5 to 2; "above-one";
#: "holes" (normal, some NaN); "gaps" (normal, some NaN and infinite); "bool"; "last-open" (bool, and False in the last
#: place of a row); "ids:K" (0..K-1); "labels:K" (1..K); "all:K" (K alone); "whole" (-9..9); "counts" (1..9);
#: "float-counts" (as floats); "order" (0..n-1, mixed); "positive-definite"; "lower" (triangular, its diagonal above 1);
#: "spectrum" (complex, its ends real); "complex"; "sorted"; "signs" (-1.0 and 1.0); "shares" (the last axis sums to 1);
#: "log-shares" (their logarithms).
SAMPLES: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "x": ("normal", (2, 3, 4)), "y": ("normal", (2, 3, 4)), "z": ("normal", (2, 3, 4)),
    "positive": ("positive", (2, 3, 4)), "positive_2": ("positive", (2, 3, 4)), "above_one": ("above-one", (2, 3, 4)),
    "unit": ("uniform", (2, 3, 4)), "unit_2": ("uniform", (2, 3, 4)), "holes": ("holes", (2, 3, 4)),
    "gaps": ("gaps", (2, 3, 4)), "flags": ("bool", (2, 3, 4)), "flags_2": ("bool", (2, 3, 4)), "bit": ("bool", ()),
    "whole": ("whole", (2, 3, 4)), "whole_2": ("whole", (2, 3, 4)), "counts": ("counts", (2, 3, 4)),
    "counts_2": ("counts", (2, 3, 4)), "complex_1": ("complex", (2, 3, 4)), "complex_2": ("complex", (2, 3, 4)),
    "scalar": ("normal", ()), "row": ("normal", (4,)), "row_2": ("normal", (4,)), "column": ("normal", (3, 1)),
    "vector": ("normal", (5,)), "vector_2": ("normal", (5,)), "vector_3": ("normal", (3,)),
    "triples": ("normal", (2, 4, 3)), "triples_2": ("normal", (2, 4, 3)), "sorted_row": ("sorted", (7,)),
    "matrix": ("normal", (3, 5)), "matrix_2": ("normal", (5, 4)), "matrix_3": ("normal", (3, 4)),
    "matrix_4": ("normal", (4, 5)), "wide": ("normal", (3, 8)), "batch": ("normal", (2, 3, 5)),
    "batch_2": ("normal", (2, 5, 4)), "batch_3": ("normal", (2, 3, 4)), "square": ("normal", (2, 4, 4)),
    "square_2": ("normal", (4, 4)), "definite": ("positive-definite", (2, 4, 4)),
    "definite_2": ("positive-definite", (4, 4)), "ids": ("ids:4", (2, 3, 4)), "ids_2": ("ids:3", (2, 1, 4)),
    "ids_row": ("ids:3", (5,)), "words": ("ids:6", (2, 7)), "bags": ("ids:6", (3, 4)), "many_ids": ("ids:3", (9,)),
    "seq": ("normal", (2, 4, 9)), "image": ("normal", (2, 4, 8, 7)), "image_2": ("normal", (2, 4, 8, 7)),
    "volume": ("normal", (2, 3, 6, 5, 4)), "even_image": ("normal", (2, 4, 8, 6)), "even_seq": ("normal", (2, 4, 10)),
    "even_volume": ("normal", (2, 3, 6, 8, 4)), "two_seq": ("normal", (2, 2, 9)),
    "six_image": ("normal", (2, 6, 5, 7)), "nine_image": ("normal", (2, 9, 5, 7)),
    "seq_weight": ("normal", (6, 4, 3)), "image_weight": ("normal", (6, 4, 3, 2)),
    "volume_weight": ("normal", (5, 3, 2, 3, 1)), "six": ("normal", (6,)), "five": ("normal", (5,)),
    "four": ("normal", (4,)), "four_2": ("normal", (4,)), "four_variance": ("positive", (4,)),
    "four_mean": ("normal", (4,)), "group_weight": ("normal", (6, 2, 3, 2)), "seq_back": ("normal", (4, 6, 3)),
    "image_back": ("normal", (4, 6, 3, 2)), "volume_back": ("normal", (3, 5, 2, 3, 2)),
    "tbc_weight": ("normal", (3, 5, 6)), "map_1": ("normal", (2, 3, 6, 7)), "columns": ("normal", (2, 12, 12)),
    "map_2": ("normal", (3, 4, 2)), "features": ("normal", (3, 5)), "features_2": ("normal", (3, 5)),
    "features_3": ("normal", (3, 5)), "features_4": ("normal", (3, 4)), "dense_weight": ("normal", (7, 5)),
    "seven": ("normal", (7,)), "pair_weight": ("normal", (7, 5, 4)), "table": ("normal", (6, 5)),
    "steps": ("normal", (2, 7, 5)), "steps_6": ("normal", (2, 7, 6)), "memory": ("normal", (2, 4, 6)),
    "steps_mask": ("last-open", (7, 4)), "padded_memory": ("last-open", (2, 4)), "steps_8": ("normal", (7, 7, 8)),
    "memory_8": ("normal", (7, 7, 8)), "square_mask": ("last-open", (7, 7)), "time_first": ("normal", (7, 2, 5)),
    "state": ("normal", (3, 6)), "cell_state": ("normal", (3, 6)), "states": ("normal", (1, 2, 6)),
    "cell_states": ("normal", (1, 2, 6)), "queries": ("normal", (2, 3, 5, 4)), "keys": ("normal", (2, 3, 7, 4)),
    "values": ("normal", (2, 3, 7, 4)), "score_mask": ("bool", (5, 7)), "score_bias": ("normal", (5, 7)),
    "logits": ("normal", (6, 5)), "labels": ("ids:5", (6,)), "shares": ("shares", (6, 5)),
    "shares_2": ("shares", (6, 5)), "dense_logits": ("normal", (2, 5, 3, 4)), "dense_labels": ("ids:5", (2, 3, 4)),
    "choices": ("bool", (6, 5)), "chances": ("uniform", (6, 5)), "targets": ("uniform", (6, 5)),
    "class_weight": ("positive", (5,)), "signs": ("signs", (6,)), "signs_2": ("signs", (6, 5)),
    "scores": ("normal", (6,)), "scores_2": ("normal", (6,)), "element_weight": ("positive", (6, 5)),
    "spread": ("positive", (6, 5)), "embedded": ("normal", (6, 5)), "embedded_2": ("normal", (6, 5)),
    "embedded_3": ("normal", (6, 5)), "means": ("normal", (6, 5)), "counted": ("counts", (6, 5)),
    "many_chances": ("uniform", (400, 12)), "many_counts": ("float-counts", (400, 12)),
    "ids_small": ("ids:3", (2, 3, 4)), "ids_row_2": ("ids:5", (5,)), "ids_once": ("order", (2,)),
    "five_rows": ("normal", (2, 5, 4)), "two_rows": ("normal", (2, 2, 4)), "pair": ("normal", (2,)),
    "features_8": ("normal", (2, 4)), "weight": ("normal", (96, 64)),
    "lower": ("lower", (4, 4)), "four_rows": ("normal", (4, 3)),
    "half_spectrum": ("spectrum", (2, 5)), "batch_9": ("normal", (2, 6, 5)), "window_16": ("positive", (16,)),
    "ctc_scores": ("log-shares", (9, 2, 5)), "ctc_targets": ("labels:4", (2, 3)), "ctc_steps": ("all:9", (2,)),
    "ctc_sizes": ("all:3", (2,)), "many_rows": ("normal", (400, 12)), "many_seqs": ("normal", (300, 8, 2)),
    "many_images": ("normal", (300, 8, 2, 1)), "many_volumes": ("normal", (300, 8, 2, 1, 1)),
    "grid": ("uniform", (2, 5, 6, 2)), "theta": ("normal", (2, 2, 3)), "signal": ("normal", (2, 64)),
}  # fmt: skip

CHANNELS = frozenset(
    """many_seqs many_images many_volumes seq image image_2 volume even_image even_seq even_volume
    two_seq six_image nine_image dense_logits""".split()
)

#: What optimizers begin with, and the gradients of their steps; none is near zero, where epsilons weigh.
START = [0.5, -1.25, 2.0]
GRADIENTS = [[0.5 + 0.125 * (step % 5), -1.0 + 0.25 * (step % 3), 0.75 - 0.0625 * step] for step in range(10)]
#: How many epochs schedules are held against each other for.
EPOCHS = 12

#: Floats that torch gives no gradients for, as statistics and weights of classes.
FIXED = frozenset("four_mean four_variance class_weight element_weight signs_2 sorted_row".split())
