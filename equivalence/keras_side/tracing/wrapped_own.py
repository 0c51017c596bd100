"""Keras's layers that run one of somebody's own, over a sequence: what they do, step by step, as a `call` to trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops
from keras.src import tree

from equivalence.errors import Refused
from equivalence.keras_side.tracing.own_layers import is_keras_model, is_own
from equivalence.keras_side.tracing.own_parts import has_own_parts
from equivalence.keras_side.tracing.traced_loops import Looping, Unrolled

#: So many steps are written one by one.
_LONGEST = 256


def call_to_trace(layer: Any, looping: Looping | None) -> Callable[..., Any]:
    """What is traced of a layer: its `call`, or what that does with the own layer inside.

    `looping`: what traces one step of a loop, in place of all.
    """
    if isinstance(layer, layers.RNN) and type(layer).call is layers.RNN.call:
        return lambda *args, **kwargs: _recurrent(layer, looping, *args, **kwargs)
    if isinstance(layer, layers.TimeDistributed) and type(layer).call is layers.TimeDistributed.call:
        return lambda *args, **kwargs: _distributed(layer, *args, **kwargs)
    call: Callable[..., Any] = layer.call
    return call


def runs_an_own(layer: Any) -> bool:
    """Whether it is one of them, with an own layer inside."""
    if type(layer) is layers.RNN:
        cells = layer.cell.cells if isinstance(layer.cell, layers.StackedRNNCells) else [layer.cell]
        return any(is_own(cell) or isinstance(cell, keras.Model) for cell in cells)
    if type(layer) is layers.StackedRNNCells:
        return any(is_own(cell) for cell in layer.cells)
    if type(layer) is layers.Bidirectional:
        return any(is_own(one) or runs_an_own(one) for one in (layer.forward_layer, layer.backward_layer))
    return type(layer) is layers.TimeDistributed and is_own(layer.layer) and not _tells_itself(layer.layer)


def _tells_itself(layer: Any) -> bool:
    """Whether it is one of Keras's own kinds of models, of Keras's layers alone."""
    return is_keras_model(layer) and not has_own_parts(layer)


def _recurrent(
    layer: Any, looping: Looping | None, sequences: Any, initial_state: Any = None, mask: Any = None,
    training: Any = False,
) -> Any:  # fmt: skip
    if layer.stateful:
        raise Refused(f"{layer.name!r:.80} is stateful and has a cell of its own; keep the state in your own code")
    mask = tree.flatten(mask)[0] if mask is not None else None
    states = initial_state
    if states is None:
        states = layer.get_initial_state(batch_size=ops.shape(sequences)[0])
    states = list(states) if isinstance(states, (list, tuple)) else [states]
    mode = {"training": training} if layer.cell._call_has_training_arg else {}
    if looping is not None:
        return _looped(layer, looping, sequences, states, mask, mode)
    steps = range(_steps(layer, sequences))
    outputs: list[Any] = []
    for step in reversed(steps) if layer.go_backwards else steps:
        output, new = layer.cell(sequences[:, step], states, **mode)
        new = list(new) if isinstance(new, (list, tuple)) else [new]
        if mask is not None:
            kept = ops.expand_dims(mask[:, step], -1)
            before = ops.zeros_like(output) if layer.zero_output_for_mask or not outputs else outputs[-1]
            output = ops.where(kept, output, before)
            new = [ops.where(kept, now, old) for now, old in zip(new, states, strict=True)]
        outputs, states = [*outputs, output], new
    result = ops.stack(outputs, axis=1) if layer.return_sequences else outputs[-1]
    return (result, *states) if layer.return_state else result


def _looped(layer: Any, looping: Looping, sequences: Any, states: Any, mask: Any, mode: dict[str, Any]) -> Any:
    """The same, of which one step is traced."""
    rows = [ops.swapaxes(x, 0, 1) for x in (sequences, mask) if x is not None]
    if layer.go_backwards:
        rows = [ops.flip(x, axis=0) for x in rows]
    begun, kept = tree.flatten(states), mask is not None and not layer.zero_output_for_mask
    if kept:
        size = getattr(layer.cell, "output_size", None) or tree.flatten(layer.cell.state_size)[0]
        begun = [*begun, ops.zeros((ops.shape(sequences)[0], size), dtype=layer.compute_dtype)]

    def step(held: list[Any], elements: list[Any]) -> tuple[list[Any], list[Any]]:
        output, new = layer.cell(elements[0], tree.pack_sequence_as(states, held[: len(held) - kept]), **mode)
        new = tree.flatten(new)
        if mask is not None:
            valid = ops.expand_dims(elements[1], -1)
            output = ops.where(valid, output, held[-1] if kept else ops.zeros_like(output))
            new = [ops.where(valid, now, old) for now, old in zip(new, held, strict=False)]
        return [*new, *([output] if kept else [])], [output]

    *last, outputs = looping(step, begun, rows, cell=layer.cell)
    last = last[: len(last) - kept]
    result = ops.swapaxes(outputs, 0, 1) if layer.return_sequences else outputs[-1]
    return (result, *last) if layer.return_state else result


def _distributed(layer: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
    if mask is not None:
        raise Refused(f"{layer.name!r:.80} distributes an own layer over masked steps; call it on all steps at once")
    batch, steps, *rest = ops.shape(inputs)
    mode = {"training": training} if layer.layer._call_has_training_arg else {}
    each = layer.layer(ops.reshape(inputs, (batch * steps, *rest)), **mode)
    return tree.map_structure(lambda x: ops.reshape(x, (batch, steps, *ops.shape(x)[1:])), each)


def _steps(layer: Any, sequences: Any) -> int:
    steps = sequences.shape[1]
    if steps > _LONGEST:
        raise Unrolled(f"{layer.name!r:.80} runs a cell of its own over {steps} steps; up to {_LONGEST} are written")
    return int(steps)
