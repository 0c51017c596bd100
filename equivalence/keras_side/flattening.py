"""Which weights of a live Keras model count the numbers of an image that was, or is to be, a vector.

Keras counts them positions first, then channels, as its images lie; torch's images have the channels
first, and so has what a plain `flatten(1)` makes of them. Which of the two a torch module does, no
weight tells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import prod
from typing import Any

import keras

from equivalence.keras_side.graph_steps import Key, Shape, Step, steps
from equivalence.keras_side.keras_arrays import leaves


@dataclass(frozen=True, slots=True)
class VectorOrder:
    """How a vector counts the numbers of an image: `sizes` of its positions, then its channels.

    Without sizes the way from the image to the vector was not followed. Not `channels_last`: the image
    lies another way in Keras itself.
    """

    sizes: tuple[int, ...] = ()
    channels_last: bool = True


NOT_FOLLOWED, OTHERWISE = VectorOrder(), VectorOrder(channels_last=False)
Axes = dict[int, VectorOrder]  # axis of a weight -> the order of what it counts

#: Windows over positions: torch has the channels of what goes in and comes out at dimension 1.
SPATIAL = (
    "Conv",
    "DepthwiseConv",
    "SeparableConv",
    "MaxPool",
    "AveragePool",
    "Adaptive",
    "Global",
    "UpSampling",
    "Resizing",
)
#: What gives each number its own (or a normalisation over all of them): in whatever order they come.
EACH = set(
    "Activation ActivityRegularization AlphaDropout BatchNormalization Dropout ELU GaussianDropout GaussianNoise "
    "Identity LayerNormalization LeakyReLU PReLU RMSNormalization ReLU Softmax UnitNormalization "
    "Elu Gelu HardSigmoid HardSilu LeakyRelu Mish Relu Relu6 Sigmoid Silu Softplus Softsign Tanh".split()
)
MERGING = set("Add Average Maximum Minimum Multiply Subtract".split())
#: What leaves the last axis last, or makes it so; beside what is above.
LAST = MERGING | EACH | set(
    "AdditiveAttention Attention Bidirectional Concatenate Cropping1D Cropping2D Cropping3D Dense Embedding GRU "
    "GroupNormalization LSTM Masking MultiHeadAttention Normalization Rescaling SimpleRNN SpatialDropout1D "
    "SpatialDropout2D SpatialDropout3D ZeroPadding1D ZeroPadding2D ZeroPadding3D".split()
)  # fmt: skip


def vector_axes(model: Any) -> dict[int, Axes]:
    """For each weight (by id of its variable) its axes that count the numbers of an image."""
    return _Reading(*steps(model)).axes()


class _Reading:
    """One model's steps, read forward for images that become vectors, then backward for vectors that become images."""

    def __init__(self, found: list[Step], outputs: list[Key]) -> None:
        self.steps = found
        self.calls = Counter(id(step.operation) for step in found)
        self.marks: dict[tuple[int, int], list[VectorOrder]] = defaultdict(list)  # of (variable, axis), one a call
        self.owner: dict[int, int] = {}  # variable -> the operation whose calls count
        self.consumers: dict[Key, list[Step]] = defaultdict(list)
        for step in found:
            for key in step.inputs:
                self.consumers[key].append(step)
        self.takers = Counter(outputs) + Counter(key for step in found for key in step.inputs)
        self.moved: set[Key] = set()  # images whose channels may lie elsewhere than last
        self.windowed: set[Key] = set()  # behind a window over positions: channels first in torch, of rank 3 too
        self.beside: set[Key] = set()  # what is added to or multiplied with a vector, number by number

    def axes(self) -> dict[int, Axes]:
        self._forward()
        self._backward()
        found: dict[int, Axes] = defaultdict(dict)
        for (variable, axis), orders in self.marks.items():
            # called on something else as well, no one order is right for both
            same = len(orders) == self.calls[self.owner[variable]] and len(set(orders)) == 1
            found[variable][axis] = orders[0] if same else _unknown(orders)
        return dict(found)

    # -- an image becomes a vector -------------------------------------------------------------

    def _forward(self) -> None:
        vectors: dict[Key, VectorOrder] = {}
        for step in self.steps:
            orders = [vectors[key] for key in step.inputs if key in vectors]
            if step.opaque:
                made = self._inside(step, flattened=bool(orders))
            elif not orders:
                made = self._flattened(step)
            elif step.kind == "Dense":
                self._mark(step, "kernel", 0, self._at_last(step, orders[0]))
                made = None
            else:
                made = self._passed(step, orders)
                self._mark_all(step, made)
                self.beside.update(key for key in step.inputs if key not in vectors and step.kind in MERGING)
            self._track(step)
            if made is not None:
                shapes = step.shapes[1]
                # what is an image again counts for itself, if nothing flattened went in
                vectors.update(
                    (key, made) for key, shape in zip(step.outputs, shapes, strict=True) if orders or len(shape) < 4
                )

    def _at_last(self, step: Step, order: VectorOrder) -> VectorOrder:
        return order if not order.sizes or step.shapes[0][0][-1] == prod(order.sizes) else NOT_FOLLOWED

    def _passed(self, step: Step, orders: list[VectorOrder]) -> VectorOrder:
        """The order of what comes out, for what goes in."""
        alone = len(step.inputs) == 1 and step.kind in EACH | {"Flatten", "Reshape"}
        merged = len(orders) == len(step.inputs) > 1 and step.kind in MERGING
        same_shape = all(shape == step.shapes[1][0] for shape in step.shapes[0])
        if (alone or merged) and same_shape and len(set(orders)) == 1:
            return orders[0]
        return _unknown(orders)

    def _flattened(self, step: Step) -> VectorOrder | None:
        """The order of the vector that a step makes of an image; None where it does no such thing."""
        if len(step.inputs) != 1 or len(step.outputs) != 1:
            return None
        (before,), (after,) = step.shapes
        (source,) = step.inputs
        otherwise = source in self.moved or not _holds_channels_last(step.operation) or _first_by_default()
        images = len(before) > 3 or (len(before) == 3 and source in self.windowed)
        if not images or not _several(before, otherwise) or not _rearranges(step, before, after):
            return None
        if after[-1] in (1, before[-1]):
            return None  # positions among themselves
        if otherwise:
            return OTHERWISE
        sizes = tuple(size for size in before[1:] if size is not None)
        return VectorOrder(sizes) if after[1:] == (prod(sizes),) and len(sizes) == len(before) - 1 else NOT_FOLLOWED

    def _track(self, step: Step) -> None:
        if _is_window(step) or self.windowed.intersection(step.inputs):
            self.windowed.update(step.outputs)
        if not _keeps_channels_last(step) or self.moved.intersection(step.inputs):
            self.moved.update(step.outputs)
        if _is_window(step) and _holds_channels_last(step.operation):
            self.moved.difference_update(step.outputs)  # it takes the last axis for channels, whatever lay there
        elif step.kind in ("LSTM", "GRU", "SimpleRNN", "Embedding") or (
            step.kind == "Dense" and len(step.shapes[0][0]) == 2
        ):
            self.moved.difference_update(step.outputs)

    # -- a vector becomes an image -------------------------------------------------------------

    def _backward(self) -> None:
        wanted = dict.fromkeys(self.beside, NOT_FOLLOWED)
        before_window: set[Key] = set()
        for step in reversed(self.steps):
            if _is_window(step) or before_window.intersection(step.outputs):
                before_window.update(step.inputs)
            orders = [wanted[key] for key in step.outputs if key in wanted]
            if not orders:
                made = self._becomes_image(step, before_window)
                if made is not None:
                    wanted[step.inputs[0]] = made
                continue
            if step.kind == "Dense" and len(step.shapes[1][0]) == 2:
                self._mark(step, "kernel", 1, orders[0])
                self._mark(step, "bias", 0, orders[0])
                continue
            made = self._passed_back(step, orders)
            self._mark_all(step, made)
            for key, shape in zip(step.inputs, step.shapes[0], strict=True):
                if len(shape) == 2:
                    wanted[key] = made if self.takers[key] == 1 else _unknown([made])

    def _passed_back(self, step: Step, orders: list[VectorOrder]) -> VectorOrder:
        same_shape = all(shape == step.shapes[1][0] for shape in step.shapes[0])
        if step.kind in (EACH if len(step.inputs) == 1 else MERGING) and same_shape:
            return orders[0]
        return _unknown(orders)

    def _becomes_image(self, step: Step, before_window: set[Key]) -> VectorOrder | None:
        if len(step.inputs) != 1 or len(step.outputs) != 1:
            return None
        (before,), (after,) = step.shapes
        if step.opaque:
            return _suspected(step) if len(before) == 2 else None
        is_image = (len(after) > 3 or (len(after) == 3 and step.outputs[0] in before_window)) and _several(after)
        if len(before) != 2 or not is_image or not _rearranges(step, before, after):
            return None
        if _first_by_default() or not all(
            _keeps_channels_last(each) or each.kind == "Flatten" for each in self.consumers[step.outputs[0]]
        ):
            return OTHERWISE
        sizes = tuple(size for size in after[1:] if size is not None)
        alone = self.takers[step.inputs[0]] == 1  # who else takes the vector wants it as it is
        return VectorOrder(sizes) if alone and len(sizes) == len(after) - 1 else NOT_FOLLOWED

    # -- weights -------------------------------------------------------------------------------

    def _mark(self, step: Step, name: str, axis: int, order: VectorOrder) -> None:
        for variable in step.operation.weights:
            if variable.name == name:
                self.owner[id(variable)] = id(step.operation)
                self.marks[id(variable), axis].append(order)

    def _mark_all(self, step: Step, order: VectorOrder) -> None:
        """The weights of a layer that passes a vector on: those of its length count its numbers, as far as is known."""
        each = step.kind in EACH and order.sizes
        for variable in getattr(step.operation, "weights", ()):
            if not each or tuple(variable.shape) == (prod(order.sizes),):
                self._mark(step, variable.name, 0, order)

    def _inside(self, step: Step, flattened: bool) -> VectorOrder | None:
        """The order of what a model gives whose graph is not known: every Dense in it may stand behind a Flatten."""
        order = _suspected(step) or (NOT_FOLLOWED if flattened else None)
        if order is not None:
            for _, layer in leaves(step.operation):
                inner = Step(layer, (), (), ((), ()))
                if inner.kind == "Dense":
                    self.calls[id(layer)] = 1
                    self._mark(inner, "kernel", 0, order)
        return order


def _suspected(step: Step) -> VectorOrder | None:
    """For a model whose graph is not known: None where nothing in it takes images or makes them."""
    held = [layer for _, layer in leaves(step.operation)]
    inner = [Step(layer, (), (), ((), ())) for layer in held]
    if _takes_images(step.operation.get_build_config()) or any(
        _is_window(each) or each.kind in ("Flatten", "Reshape") for each in inner
    ):
        return NOT_FOLLOWED if all(map(_holds_channels_last, held)) else OTHERWISE
    return None


def _unknown(orders: list[VectorOrder]) -> VectorOrder:
    return OTHERWISE if OTHERWISE in orders else NOT_FOLLOWED


def _first_by_default() -> bool:
    return bool(keras.config.image_data_format() == "channels_first")


def _takes_images(shapes: Any) -> bool:
    """Whether one of the shapes that a model was built for is an image's."""
    if isinstance(shapes, dict):
        return any(map(_takes_images, shapes.values()))
    if not isinstance(shapes, (tuple, list)):
        return False
    if all(size is None or isinstance(size, int) for size in shapes):
        return len(shapes) > 3 and _several(tuple(shapes), otherwise=_first_by_default())
    return any(map(_takes_images, shapes))


def _several(shape: Shape, otherwise: bool = False) -> bool:
    """Whether there is more than one channel at more than one position; `otherwise`: any axis may be the channels'."""
    if otherwise:
        return sum(size != 1 for size in shape[1:]) > 1
    *positions, channels = shape[1:]
    return channels != 1 and any(size != 1 for size in positions)


def _rearranges(step: Step, before: Shape, after: Shape) -> bool:
    """Whether all numbers of one tensor lie in other axes afterwards: Flatten, Reshape, and whatever does the same."""
    if getattr(step.operation, "weights", ()) or _is_window(step):
        return False
    if None in before[1:] or None in after[1:]:
        return step.kind in ("Flatten", "Reshape")
    sizes = [sorted(size for size in shape[1:] if size not in (None, 1)) for shape in (before, after)]
    return sizes[0] != sizes[1] and prod(sizes[0]) == prod(sizes[1])


def _is_window(step: Step) -> bool:
    return step.kind.startswith(SPATIAL)


def _holds_channels_last(operation: Any) -> bool:
    return getattr(operation, "data_format", "channels_last") in ("channels_last", None)


def _keeps_channels_last(step: Step) -> bool:
    """Whether what comes out has its channels last, where what goes in has."""
    if not _holds_channels_last(step.operation):
        return False
    if step.kind == "Permute":
        return bool(step.operation.dims[-1] == len(step.operation.dims))
    if step.kind in ("Flatten", "Reshape"):
        return all(before[-1] == after[-1] for before, after in zip(*step.shapes, strict=True))
    if step.kind == "Concatenate":
        return step.operation.axis in (-1, len(step.shapes[1][0]) - 1)
    return _is_window(step) or step.kind in LAST
