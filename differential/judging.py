"""A recipe ported and held against Keras: outputs, gradients, other sizes, from each kind of file."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from differential.building import build_model, randomise
from differential.derivatives import first_alone_is_right, states_gradients
from differential.fresh import FreshProcesses
from differential.layers_alone import backends_differ, differing_agree
from differential.outcome import UNFORESEEN, Outcome
from differential.ported_model import PortedModel
from differential.recipe import Recipe, is_adapted, loose, oracle
from differential.truth import (
    Arrays,
    KerasModel,
    Truth,
    arrays_of,
    draw_runs,
    gradients_on_torch,
    outputs_in_float32,
    outputs_on_torch,
    train,
)
from equivalence import port
from equivalence.emit.file_text import render_file
from equivalence.errors import Refused
from equivalence.keras_side.client import KerasFailed, KerasProcess
from equivalence.proofs.truth import stored_arrays
from equivalence.translation.structure import leaves
from equivalence.verification.against_keras import verify
from equivalence.verification.compare import compare, largest
from equivalence.verification.ported import Ported

#: How far a whole network may be from Keras in float64, relative to an output's largest number.
BOUND = 1e-9
#: The rounding error that inputs are changed by to see what a model makes of one.
ROUNDING = 1e-14
#: How far float32 may be off by rounding: where Keras on torch computes whole numbers in it, and where TensorFlow
#: has kernels for nothing else.
SINGLE = 2.0**-16
WAYS = (".keras", ".h5", "live")


class Judge:
    """Judges recipes one after the other; starts Keras on torch when it is first needed."""

    def __init__(self, threads: int | None = 1) -> None:
        self._threads = threads
        self._torch: KerasProcess | None = None
        self._fresh = FreshProcesses()

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *error: object) -> None:
        self._fresh.close()
        if self._torch is not None:
            self._torch.close()

    @property
    def torch(self) -> KerasProcess:
        if self._torch is None:
            self._torch = KerasProcess("torch", threads=self._threads)
        return self._torch

    def judge(
        self,
        recipe: Recipe,
        seed: int,
        ways: Sequence[str] = WAYS[:1],
        alter: Callable[[Ported], Ported] = lambda ported: ported,
        fresh: bool = False,
    ) -> Outcome:
        """The first that is neither equal nor invalid of the `ways`, else the last.

        `alter` may change each port; with `fresh`, what is equal is saved and loaded in a process of its own.
        """
        with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="differential-") as folder:
            warnings.simplefilter("ignore")
            try:
                model = build_model(recipe)
                randomise(model, seed)
            except Exception as error:  # Keras raises whatever it raises
                return Outcome("invalid", "building", said(error))
            outcome = Outcome("invalid", "", "no way was tried")
            for way in ways:
                outcome = self._one_way(recipe, seed, model, way, Path(folder), alter, fresh)
                if outcome.kind not in ("equal", "invalid"):
                    return outcome
            return outcome

    def _one_way(
        self,
        recipe: Recipe,
        seed: int,
        model: Any,
        way: str,
        folder: Path,
        alter: Callable[[Ported], Ported],
        fresh: bool,
    ) -> Outcome:
        path = folder / f"model{'.keras' if way == 'live' else way}"
        try:
            model.save(path)
        except Exception as error:  # Keras raises whatever it raises
            return Outcome("invalid", f"saving {way}", said(error))
        on_torch = oracle(recipe) == "torch"
        inputs = draw_runs(recipe, seed)
        try:
            ported = port(model if way == "live" else path, verify=False, name=recipe["name"])
        except Refused as error:
            raw = UNFORESEEN in str(error)
            fails = self._runs(path, inputs[0], folder, on_torch=on_torch) or ("" if raw else _trains(path, inputs[0]))
            return Outcome("invalid", way, fails) if fails else Outcome("raw" if raw else "refused", way, str(error))
        except Exception as error:  # that is what is looked for
            runs = self._runs(path, inputs[0], folder, on_torch=on_torch)
            return Outcome("raw", f"port {way}", said(error)) if runs is None else Outcome("invalid", way, runs)
        if way == ".h5":  # Keras itself reads some of it otherwise than it was written (an axis that is several)
            path = folder / "model.keras"
            model.save(path)
        comparison = _Comparison(self, recipe, seed, alter(ported), path, folder, way)
        outcome = comparison.outcome(inputs)
        if outcome.kind == "equal":
            trouble = self._fresh.trouble(ported, inputs[0], folder) if fresh else ""
            return Outcome("broken", f"loading afresh ({way})", trouble) if trouble else outcome
        return outcome

    def _runs(self, path: Path, inputs: Arrays, folder: Path, *, on_torch: bool) -> str | None:
        """None where Keras runs the file on some backend, else why it does not."""
        try:
            if on_torch:
                outputs_on_torch(self.torch, path, inputs, folder)
            else:
                KerasModel.of_file(path).outputs(inputs)
        except Exception as error:  # Keras raises whatever it raises
            return said(error) if on_torch else self._runs(path, inputs, folder, on_torch=True)
        return None


def _trains(path: Path, inputs: Arrays) -> str:
    """Empty where Keras runs the file in training mode, else why it does not: a layer that does nothing but then."""
    try:
        train(path, inputs)
    except Exception as error:  # Keras raises whatever it raises
        return said(error)
    return ""


class _Comparison:
    """One port held against Keras on TensorFlow, and against Keras on torch where that settles it."""

    def __init__(
        self, judge: Judge, recipe: Recipe, seed: int, ported: Ported, path: Path, folder: Path, way: str
    ) -> None:
        self.judge, self.recipe, self.seed, self.way = judge, recipe, seed, way
        self.ported, self.path, self.folder = ported, path, folder
        self.ending = way if way == ".h5" else ".keras"  # of the file that was ported, whose order weights have
        self.module, self.forward = PortedModel(ported), bool(recipe.get("forward"))
        # .h5 files hold an adaption beside its kernel, of which the port makes one kernel in float32
        bounds = [BOUND, SINGLE * (way == ".h5" and is_adapted(recipe))]
        self.bound = max([*bounds, *(100 * bound for bound in loose(recipe))])

    def outcome(self, inputs: Sequence[Arrays]) -> Outcome:
        try:
            if oracle(self.recipe) == "torch":
                raise _OnTorch("TensorFlow lacks a kernel or is wrong here, says the case")
            model = self._keras()
            if self.forward:
                truth, expected = None, model.outputs(inputs[0])
            else:
                truth = model.run(inputs[0], self.seed, self.folder / f"gradients{self.ending}")
                expected = truth.outputs
        except Exception as error:
            return self._by_torch_alone(inputs, error)
        found = self._outputs(inputs[0], expected, "outputs")
        if truth is not None and found is None and not _any_nan(expected):
            found = self._gradients(inputs[0], truth.cotangents, truth.by_input, truth.by_weight)
        if found is not None:
            return self._settled(found, inputs[0], model, truth)
        try:
            expected = model.outputs(inputs[1])
        except Exception:  # other sizes need not fit
            return Outcome("equal")
        second = self._outputs(inputs[1], expected, "another batch and other sizes")
        return Outcome("equal") if second is None else self._settled(second, inputs[1], model, None)

    def _keras(self) -> KerasModel:
        if self.way == ".keras" and not self.forward:
            return KerasModel.of_file(self.path)

        def made() -> Any:
            model = build_model(self.recipe)
            randomise(model, self.seed)
            return model

        return KerasModel(made)

    def _outputs(self, inputs: Arrays, expected: Any, doing: str, bound: float = 0.0) -> Outcome | None:
        """The outcome where they differ."""
        try:
            run = self.module.run(inputs)
        except IndexError as error:  # a random number looked up: Keras counts negative ones from the end, torch refuses
            return Outcome("invalid", f"running, {doing} ({self.way})", said(error))
        except Exception as error:  # that is what is looked for
            return Outcome("raw", f"running, {doing} ({self.way})", said(error))
        result = compare(run.outputs, expected, max_rel=max(bound, self.bound), name="output", equal_nan=True)
        return None if result.equal else Outcome("wrong", f"{doing} ({self.way})", result.message)

    def _gradients(self, inputs: Arrays, weighed: Arrays, by_input: Sequence[Any], by_weight: Arrays) -> Outcome | None:
        doing = f"gradients ({self.way})"
        try:
            run = self.module.run(inputs, weighed)
        except Exception as error:  # that is what is looked for
            return Outcome("raw", doing, said(error))
        wanted: dict[str, Any] = {f"input {index}": array for index, array in enumerate(by_input)}
        actual: dict[str, Any] = {f"input {index}": array for index, array in enumerate(run.by_input)}
        if by_weight := self._as_listed(by_weight):
            kept = {n: a for n, a in self.module.in_torch(by_weight).items() if n in run.by_parameter}
            wanted |= kept
            actual |= {name: run.by_parameter[name] for name in kept}
        scale = max((largest(array) for array in wanted.values() if array is not None), default=0.0)
        worst = []
        for name, array in wanted.items():
            if array is None:
                continue
            given = actual[name]
            if np.isnan(array).any() and not np.isnan(given).any():
                continue  # Keras has no derivative there, so that there is nothing to hold the port's against
            result = compare(given, array, max_rel=self.bound, name=name, equal_nan=True)
            rounding = max(self.bound * scale, ROUNDING)
            if result.equal or (result.max_abs <= rounding and given.shape == array.shape):
                continue  # beside the largest gradient, or beside outputs and cotangents of about 1
            worst.append(result.message)
        return Outcome("wrong", doing, "\n".join(worst)) if worst else None

    def _as_listed(self, by_weight: Arrays) -> Arrays:
        """In the order of the port's graph: a traced model has its own, and each weight is known by its numbers."""
        if not self.ported.graph.traced or not by_weight:
            return by_weight
        held, order = arrays_of(self.path), []
        for stored in stored_arrays(self.ported.graph):
            array = stored.read()
            same = [index for index, other in enumerate(held) if np.array_equal(array, other)]
            if len(same) != 1:
                return []  # two alike
            order.append(by_weight[same[0]])
        return order

    def _gradients_on_torch(self, inputs: Arrays) -> tuple[Sequence[Any], Arrays, Arrays]:
        """Those of weights where the file that Keras reads has the order of the one that was ported."""
        by_input, by_weight, weighed = gradients_on_torch(self.judge.torch, self.path, inputs, self.seed, self.folder)
        return by_input, by_weight if self.ending == self.path.suffix else [], weighed

    def _settled(self, found: Outcome, inputs: Arrays, model: KerasModel, truth: Truth | None) -> Outcome:
        """Wrong only where no backend of Keras agrees, and rounding does not explain it."""
        if found.kind == "raw":
            return found
        if self._unstable(inputs, model, truth):
            return Outcome("unstable", found.doing, found.message)
        if truth is not None and found.doing.startswith("gradients") and self._is_derivative(inputs, model, truth):
            return Outcome("equal", "by the outputs' derivative")
        try:
            expected = outputs_on_torch(self.judge.torch, self.path, inputs, self.folder)
            on_torch = self._outputs(inputs, expected, "outputs")
            if on_torch is None and found.doing.startswith("gradients"):
                assert truth is not None
                by_input, by_weight, _ = self._gradients_on_torch(inputs)
                on_torch = self._gradients(inputs, truth.cotangents, by_input, by_weight)
        except KerasFailed:
            if not found.doing.startswith("gradients") and self._differing_agree(inputs, model):
                return Outcome("equal", "what differs alone, on torch")
            return self._by_layers(found)
        return Outcome("equal", "on torch") if on_torch is None else self._by_layers(found)

    def _by_layers(self, found: Outcome) -> Outcome:
        """Equal where each layer agrees with Keras on one backend at least, given what Keras gives it."""
        if (
            found.kind != "wrong"
            or "outputs" not in found.doing
            or render_file(self.ported.draft) != self.ported.source
        ):
            return found  # verification runs what the draft renders as
        verify(self.ported, self.path, lambda what: None)
        if self.ported.report.verified:
            return Outcome("equal", "layer by layer")
        return Outcome("equal", "where Keras's backends agree") if self._backends_differ() else found

    def _is_derivative(self, inputs: Arrays, model: KerasModel, truth: Truth) -> bool:
        """Whether the port's gradients are those of Keras's outputs, which Keras's own are not."""
        if states_gradients(self.recipe):
            return False
        ours = self.module.run(inputs, truth.cotangents).by_input
        theirs = truth.by_input
        return first_alone_is_right(model.outputs, inputs, truth.cotangents, ours, theirs, self.seed)

    def _on_torch(self, path: Path, inputs: Arrays) -> Any:
        return outputs_on_torch(self.judge.torch, path, inputs, self.folder)

    def _differing_agree(self, inputs: Arrays, model: KerasModel) -> bool:
        """Whether Keras on torch runs that part of the model that differs, and makes the same of it as the port."""
        ours, theirs = self.module.run(inputs).outputs, model.outputs(inputs)
        return differing_agree(self.path, ours, theirs, inputs, self._on_torch, self.folder, self.bound)

    def _backends_differ(self) -> bool:
        """Whether Keras on torch alone runs the model, and computes otherwise than on TensorFlow where it is off."""
        try:
            return backends_differ(self.path, self.ported.report.apart, self._on_torch, self.folder, self.bound)
        except Exception:  # whatever Keras raises of a layer alone
            return False

    def _unstable(self, inputs: Arrays, model: KerasModel, truth: Truth | None) -> bool:
        """Whether Keras's own results change beyond the bound when its inputs change by a rounding error.

        Where gradients alone differ, zeros change too: at a kink (PReLU at 0) each framework takes a side of its own.
        """
        factors = self._factors(inputs)
        changed = _times(inputs, factors)
        if not compare(model.outputs(changed), model.outputs(inputs), max_rel=self.bound / 10, equal_nan=True).equal:
            return True
        if truth is None or self._outputs(inputs, truth.outputs, "outputs") is not None:
            return False
        moved = [array + f - 1 if array.dtype.kind == "f" else array for array, f in zip(changed, factors, strict=True)]
        again = model.run(moved, self.seed, self.folder / f"moved{self.ending}")
        return self._gradients(moved, again.cotangents, again.by_input, again.by_weight) is None

    def _factors(self, inputs: Arrays) -> Arrays:
        """Numbers that differ from 1 by a rounding error, for each input."""
        random = np.random.default_rng(self.seed)
        return [1 + ROUNDING * random.uniform(-1, 1, array.shape) for array in inputs]

    def _unstable_on_torch(self, inputs: Arrays, expected: Any) -> bool:
        """Whether the outputs of Keras on torch change beyond the bound when its inputs change by a rounding error."""
        changed = _times(inputs, self._factors(inputs))
        again = outputs_on_torch(self.judge.torch, self.path, changed, self.folder)
        return not compare(again, expected, max_rel=self.bound / 10, equal_nan=True).equal

    def _by_torch_alone(self, inputs: Sequence[Arrays], error: Exception) -> Outcome:
        """Where Keras on TensorFlow cannot run the model, it may on torch; a live one by the file of it."""
        try:
            expected = outputs_on_torch(self.judge.torch, self.path, inputs[0], self.folder)
            by_input, by_weight, weighed = ([], [], []) if self.forward else self._gradients_on_torch(inputs[0])
        except KerasFailed as failure:
            return Outcome("invalid", f"running {self.way}", f"{said(error)}; {failure}")
        found = self._outputs(inputs[0], expected, "outputs, on torch")
        # Keras on torch flattens dictionaries inside dictionaries in another order: gradients are not comparable then
        given = [output.shape for output in leaves(expected)]
        if [weigh.shape for weigh in weighed] == given:
            found = found or self._gradients(inputs[0], weighed, by_input, by_weight)
        if found is None:
            return Outcome("equal", "on torch")
        if found.kind == "wrong" and self._outputs(inputs[0], expected, "outputs", SINGLE) is None and whole(inputs[0]):
            return Outcome("unstable", "Keras on torch rounds to float32", found.message)
        if found.kind == "wrong" and "outputs" in found.doing and self._unstable_on_torch(inputs[0], expected):
            return Outcome("unstable", found.doing, found.message)
        if found.kind == "wrong" and self._as_tensorflow_in_float32(inputs[0]):
            return Outcome("equal", "in float32")
        return self._by_layers(found)

    def _as_tensorflow_in_float32(self, inputs: Arrays) -> bool:
        """Whether the port is what TensorFlow makes in float32, in which it has kernels for all (pooling in 3D)."""
        try:
            expected = outputs_in_float32(self.path, inputs)
        except Exception:  # Keras raises whatever it raises
            return False
        widened = keras.tree.map_structure(lambda a: a.astype("float64") if a.dtype.kind == "f" else a, expected)
        return self._outputs(inputs, widened, "outputs", SINGLE) is None


def _times(inputs: Arrays, factors: Arrays) -> Arrays:
    """Inputs of floats times their factors."""
    return [array * f if array.dtype.kind == "f" else array for array, f in zip(inputs, factors, strict=True)]


def _any_nan(outputs: Any) -> bool:
    """Whether a number is none, which has no gradient."""
    return any(array.dtype.kind == "f" and bool(np.isnan(array).any()) for array in leaves(outputs))


def whole(inputs: Arrays) -> bool:
    """Whether any input holds whole numbers."""
    return any(array.dtype.kind in "iub" for array in inputs)


class _OnTorch(Exception):
    """TensorFlow is not asked."""


def said(error: Exception) -> str:
    """An exception on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
