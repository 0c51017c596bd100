"""Recurrences of several layers or directions, one layer and one direction after the other, as Keras has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_RECURRENCES = (torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu)
#: What they are called with, in order; with packed sequences, the second kind.
_PLAIN = ("input", "hx", "params", "has_biases", "num_layers", "dropout", "train", "bidirectional", "batch_first")
_PACKED = ("data", "batch_sizes", *_PLAIN[1:-1])


def recurrence_in_steps(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[], Any] | None:
    """What computes the same as a call of torch's recurrences of several layers or both directions, by calls of one
    each; None for any other function."""
    if function not in _RECURRENCES:
        return None
    packed = len(args) > 3 and isinstance(args[3], (list, tuple))
    made = {**dict(zip(_PACKED if packed else _PLAIN, args, strict=False)), **kwargs}
    if made["num_layers"] == 1 and not made["bidirectional"]:
        return None
    return lambda: _layers(function, made, packed)


def _layers(function: Any, made: dict[str, Any], packed: bool) -> tuple[Tensor, ...]:
    x, states = (made["data"] if packed else made["input"]), made["hx"]
    states = states if isinstance(states, (list, tuple)) else (states,)
    directions = 2 if made["bidirectional"] else 1
    several = len(made["params"]) // (made["num_layers"] * directions)
    ends: list[tuple[Tensor, ...]] = []
    for layer in range(made["num_layers"]):
        if layer and made["dropout"]:
            x = functional.dropout(x, made["dropout"], made["train"])
        ways = []
        for way in range(directions):
            at = len(ends)
            begin = [state.narrow(0, at, 1) for state in states]
            weights = made["params"][at * several : (at + 1) * several]
            hx = tuple(begin) if len(begin) > 1 else begin[0]
            whole = (weights, made["has_biases"], 1, 0.0, made["train"], False)
            turned = _turned(x, made, packed) if way else x
            if packed:
                result, *end = function(turned, made["batch_sizes"], hx, *whole)
            else:
                result, *end = function(turned, hx, *whole, made["batch_first"])
            ways.append(_turned(result, made, packed) if way else result)
            ends.append(tuple(end))
        x = torch.cat(ways, -1) if directions > 1 else ways[0]
    return (x, *(torch.cat(parts) for parts in zip(*ends, strict=True)))


def _turned(x: Tensor, made: dict[str, Any], packed: bool) -> Tensor:
    """Sequences from their ends to their beginnings."""
    if not packed:
        return x.flip(1 if made["batch_first"] else 0)
    return x.index_select(0, torch.tensor(_packed_backwards(made["batch_sizes"].tolist())))


def _packed_backwards(sizes: list[int]) -> list[int]:
    """For packed sequences, of each place the one that takes its place when every sequence is turned.

    `sizes`: how many sequences have each step; they lie step after step, the longest first.
    """
    begins = [sum(sizes[:step]) for step in range(len(sizes))]
    lengths = [sum(size > which for size in sizes) for which in range(sizes[0])]
    return [begins[lengths[which] - 1 - step] + which for step, size in enumerate(sizes) for which in range(size)]
