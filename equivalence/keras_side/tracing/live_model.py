"""A live model to a graph with its arrays: its code is run on tensors without numbers, at several sizes."""

from __future__ import annotations

import re
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import keras
from keras.src import tree

from equivalence.errors import Refused, printable
from equivalence.keras_side.tracing.called_on import declared_inputs, taken_as_indices, with_indices
from equivalence.keras_side.tracing.cut_arrays import ArrayCut
from equivalence.keras_side.tracing.free_sizes import Unsolved
from equivalence.keras_side.tracing.open_sizes import BATCHES, SIZES, OpenSizes
from equivalence.keras_side.tracing.symbolic_keras import Tracer
from equivalence.keras_side.tracing.tape import Trace
from equivalence.keras_side.tracing.traced_graph import Reading
from equivalence.keras_side.tracing.traced_loops import Unrolled
from equivalence.keras_side.tracing.users_lines import of_the_user
from equivalence.translation.graph import ModelFile

#: What Python says of `tf.shape(x)[0][..., tf.newaxis]`, where a size is a number of its own.
_INDEXED = "'int' object is not subscriptable"
#: Which of the sizes are the large ones.
_LARGE = len(SIZES) - 1


@dataclass(slots=True)
class LiveModel:
    """A live model that was read."""

    model: Any
    called_on: tuple[Any, ...]  # the arguments of its call, structures of KerasTensors
    file: ModelFile
    reading: Reading
    times: int  # how many times as large open sizes had to be
    groups: int  # and the batch
    tracing: _Tracing

    @property
    def sizes(self) -> list[list[int]]:
        """Sizes for open axes with which the code runs, of two stand-ins; by where an axis stands in its tensor."""
        places = self.tracing.sizes.places()
        return [[self.times * sizes[place] for place in places] for sizes in SIZES[:2]]

    def at_sizes_it_takes(self) -> LiveModel | None:
        """The same model, read at sizes with which it runs. None where it runs at those of now, or at none.

        Keras joins and multiplies tensors without numbers that do not fit together.
        """
        return _read_free(self.tracing) if self.tracing.moved_to_sizes_it_takes() else None

    @property
    def backend(self) -> str:
        return str(keras.config.backend())


def read_live(model: Any, given: Any = None) -> LiveModel:
    """The graph of a built `keras.Model`, of whatever classes.

    `given`: what the model is called on, arrays or `keras.Input`s in the structure of its call; left out, what it says
    of itself. Raises Refused, with the file and line of the user's code where it is that code which cannot be traced.
    """
    called_on = declared_inputs(model, given)
    tracing = _Tracing(model, called_on)
    if not model.built:
        tracing.build()
    if given is None and (indices := taken_as_indices(tracing.first())):
        tracing = _Tracing(model, with_indices(called_on, indices))
    return _read_free(tracing)


def _read_free(tracing: _Tracing) -> LiveModel:
    """The model at the sizes of its tracing, or at others where nothing is found at those."""
    equal = False
    while True:
        try:
            live = _read(tracing)
        except ArrayCut:
            if not tracing.with_cuts():
                raise
        except Unrolled:
            if not tracing.with_loops():
                raise
        except Unsolved:
            if not tracing.made_equal():
                raise
            equal = True
        else:
            break
    if equal:
        graph = live.file.graph
        refs = [*graph.specs]
        graph.equal = [[(refs[i], axis) for i, axis in axes] for axes in tracing.sizes.equal()]
        live.reading.notes.append("It was traced with inputs of one length, and the port takes no others.")
    if live.groups > 1:
        live.reading.notes.append(
            f"Its code takes no batch of {BATCHES[0]}: it was traced with multiples of {live.groups}, and what it does "
            "with others is not known."
        )
    return live


def _read(tracing: _Tracing) -> LiveModel:
    model, traces = tracing.model, tracing.all()
    training, why_not = tracing.in_training(len(traces))
    reading = Reading(f"model {model.name}", model.name)
    try:
        graph = reading.graph(model.name, traces, training)
    except Refused as refusal:
        if not training:
            raise
        reading, training, why_not = Reading(f"model {model.name}", model.name), [], str(refusal)
        graph = reading.graph(model.name, traces, training)
    if not training:
        reading.notes.append(f"In training it cannot be traced, and the port does there as in inference: {why_not}")
    if tracing.left_out:
        reading.notes.append(f"Left out, for no output depends on it: its code {', '.join(sorted(tracing.left_out))}.")
    file = ModelFile(model.name, ".keras", keras.__version__, graph, lambda: None)
    return LiveModel(model, tracing.called_on, file, reading, tracing.sizes.times, tracing.sizes.groups, tracing)


class _Tracing:
    """Runs of one model on tensors without numbers, at sizes that its code takes."""

    def __init__(self, model: Any, called_on: tuple[Any, ...]) -> None:
        self.model, self.called_on, self.sizes = model, called_on, OpenSizes(called_on)
        self._made: dict[int, Trace] = {}
        self._cuts = self._loops = self._indexed = False
        self.left_out: set[str] = set()  # what the code does beside its results

    def build(self) -> None:
        """Has a model that nobody has called make its weights, as a first call does; tracing says why it fails."""
        with suppress(Exception):
            self._run()

    def _run(self) -> None:
        tensors = self.sizes.tensors(self.called_on, 0)
        self.model(*tree.map_structure(lambda x: None if x is None else keras.ops.zeros(x.shape, x.dtype), tensors))

    def moved_to_sizes_it_takes(self) -> bool:
        """Has all be made anew at sizes with which the model itself runs. False where nothing changes."""
        before = self.sizes.chosen
        with suppress(Exception):
            self.sizes.found(self._run, 0)
            self._made.clear()
            return self.sizes.chosen != before
        return False

    def all(self) -> list[Trace]:
        """The traces at all sizes. Raises Refused as `at` does."""
        made = self._at_small_ones()
        if self.sizes.open:
            with suppress(Refused):
                made.append(self.at(_LARGE, only=True))
        return made

    def in_training(self, count: int) -> tuple[list[Trace], str]:
        """As those of `all`, so many, in training; the first alone, or none, where the code does not run there, and
        why that is."""
        made = []
        try:
            for which in range(count):
                made.append(self.at(which, training=True, only=True))
        except Refused as refusal:
            return made[:1], str(refusal)
        return made, ""

    def _at_small_ones(self) -> list[Trace]:
        for which in range(_LARGE):
            if which not in self._made:
                before = self.sizes.chosen
                made = self.at(which)
                if self.sizes.chosen != before:  # those before ran at sizes that no longer count
                    self._made.clear()
                self._made[which] = made
        if len(self._made) < _LARGE:
            return self._at_small_ones()
        return [self._made[which] for which in range(_LARGE)]

    def made_equal(self) -> bool:
        """Has all be made anew, with the axes at one place in every tensor of one size. False where they are."""
        self._made.clear()
        return self.sizes.made_equal()

    def with_cuts(self) -> bool:
        """Has all be made anew, with arrays cut in the traces. False where they are."""
        self._made.clear()
        before, self._cuts = self._cuts, True
        return not before

    def with_loops(self) -> bool:
        """Has all be made anew, with one step of every loop traced. False where they are."""
        self._made.clear()
        before, self._loops = self._loops, True
        return not before

    def first(self) -> Trace:
        """A trace at the first sizes."""
        try:
            self._made[0] = self.at(0)
        except Unrolled:
            if not self.with_loops():
                raise
            self._made[0] = self.at(0)
        return self._made[0]

    def at(self, which: int, training: bool | None = None, only: bool = False) -> Trace:
        """A trace at the `which`-th sizes. Raises Refused where the code runs at none; with `only`, at these."""
        mode = {} if training is None else {"training": training}

        def run() -> Trace:
            tracer = Tracer(self._cuts, bool(training), self._loops, self._indexed)
            try:
                made = tracer.trace(self.model, *self.sizes.tensors(self.called_on, which), **mode)
            except Exception as error:
                if self._indexed or _INDEXED not in str(error):
                    raise
                self._indexed = True
                return run()
            self.left_out.update(tracer.beside.said)
            return made

        try:
            made: Trace = run() if only else self.sizes.found(run, which)
        except Exception as error:
            name = f"model {self.model.name!r:.80}"
            kind = Unrolled if isinstance(error, Unrolled) else Refused
            raise kind(f"{name} cannot be traced: {_place(error)}{_said(error)}") from error
        return made


def _said(error: Exception) -> str:
    """What an exception says, without the frame that Keras puts round it."""
    said = re.sub(r"(\x1b|\\x1b)\[[0-9]*m", "", str(error)).replace("\\n", " ").partition("Arguments received by")[0]
    said = re.sub(r"Exception encountered when calling [\w.<>]+\(\)\.", "", said)
    said = re.sub(r"Could not automatically infer.*?Error encountered:", "", said, flags=re.DOTALL)
    if "cannot be used as input to a TensorFlow function" in said:
        said = "it hands a tensor to a function of TensorFlow that is not translated; keras.ops may have it"
    elif not isinstance(error, Refused):
        said = f"{type(error).__name__}: {' '.join(said.split())}"
    return printable(said, 300)


def _place(error: Exception) -> str:
    """Where in the user's own code it happened."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if of_the_user(frame.filename)]
    return f"{own[-1].filename}, line {own[-1].lineno}, in {own[-1].name}: " if own else ""
