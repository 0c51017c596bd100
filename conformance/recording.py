"""Runs Keras's own layer tests with a recorder in place of what they check.

`python -m conformance.recording [FILE...]` writes a line of JSON for every call that it met, and for every file and
test that it could not run. FILE is part of a test file's path; without any, all are run.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import types
import unittest
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import keras.src.layers
import tensorflow as tf
from keras.src import testing

from conformance.recorded import Drawn, NoModel, recipe_of
from differential.judging import said
from differential.recipe import Recipe

PACKAGE = "keras.src.layers"
ROOT = Path(keras.src.layers.__file__).parent
#: What Keras's tests import and no test here needs: an empty module in its place.
ABSENT = ("grain", "conftest")
#: What quantises changes a layer in place, into one that no configuration makes.
LEFT_OUT = ("quantiz", "gptq", "awq", "lora", "int4", "int8")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that a test makes: its recipe, or why there is none. `id` is the test's, with a number."""

    id: str
    layer: str
    recipe: Recipe | None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file or a test that could not be run to its end."""

    id: str
    because: str


class Recorder:
    """Notes the calls of layers that tests make; each once, however often it is made."""

    def __init__(self, found: Callable[[Recorded], None]) -> None:
        self._found = found
        self._seen: set[str] = set()
        self._busy = False
        self.test, self.number = "", 0

    def begin(self, test: str) -> None:
        """What is called from now on is called by this test."""
        self.test, self.number, self._busy = test, 0, False

    @contextmanager
    def attached(self) -> Iterator[None]:
        """`run_layer_test` and the outermost calls of layers are noted while this lasts."""
        checked, called = testing.TestCase.run_layer_test, keras.Layer.__call__

        def run_layer_test(case: Any, layer_cls: Any, init_kwargs: Any = None, **given: Any) -> None:
            self._layer_test(layer_cls, init_kwargs or {}, given)

        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            if self._busy:
                return called(layer, *args, **kwargs)
            self._busy = True
            try:
                self._note(layer, args, kwargs)
                return called(layer, *args, **kwargs)
            finally:
                self._busy = False

        testing.TestCase.run_layer_test, keras.Layer.__call__ = run_layer_test, call
        try:
            yield
        finally:
            testing.TestCase.run_layer_test, keras.Layer.__call__ = checked, called

    def _layer_test(self, layer_cls: Any, init_kwargs: dict[str, Any], given: dict[str, Any]) -> None:
        """The call that `run_layer_test` would make (keras/src/testing/test_case.py)."""
        self._busy = True
        try:
            layer = layer_cls(**init_kwargs)
            args, kwargs = _call_of(given)
        except NoModel as reason:
            self._told(layer_cls.__name__, None, str(reason))
        except Exception as error:  # Keras raises whatever it raises, and the test may wait for that
            self._told(layer_cls.__name__, None, f"Keras does not make the layer: {said(error)}")
            raise
        else:
            self._note(layer, args, kwargs)
        finally:
            self._busy = False

    def _note(self, layer: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        busy, self._busy = self._busy, True
        try:
            with tf.init_scope():  # tests call layers in graphs that TensorFlow traces
                recipe = recipe_of(layer, args, kwargs)
        except NoModel as reason:
            self._told(type(layer).__name__, None, str(reason))
        else:
            self._told(type(layer).__name__, recipe, "")
        finally:
            self._busy = busy

    def _told(self, layer: str, recipe: Recipe | None, because: str) -> None:
        known = json.dumps([layer, _without_values(recipe) if recipe else because], sort_keys=True)
        if known not in self._seen:
            self._seen.add(known)
            self._found(Recorded(f"{self.test}-{self.number}", layer, recipe, because))
            self.number += 1


def _without_values(recipe: Recipe) -> Recipe:
    nodes = [{key: value for key, value in node.items() if key != "values"} for node in recipe["nodes"]]
    return {**recipe, "nodes": nodes}


def _call_of(given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the call that a layer test describes. Raises NoModel."""
    if given.get("input_sparse") or given.get("input_ragged"):
        raise NoModel("its input is sparse or ragged")
    kwargs, data, shape = dict(given.get("call_kwargs") or {}), given.get("input_data"), given.get("input_shape")
    if data is None and shape is None:
        raise NoModel("the test calls it on nothing")
    if data is None:
        data = _drawn(shape, given.get("input_dtype") or "float32")
    return ([], {**data, **kwargs}) if isinstance(data, dict) else ([data], kwargs)


def _drawn(shape: Any, dtype: Any) -> Any:
    if isinstance(shape, dict):
        dtypes = dtype if isinstance(dtype, dict) else dict.fromkeys(shape, dtype)
        return {key.removesuffix("_shape"): _drawn(part, dtypes[key]) for key, part in shape.items()}
    if all(isinstance(size, int) or size is None for size in shape):
        return Drawn(tuple(shape), dtype)
    each = [dtype] * len(shape) if isinstance(dtype, str) else dtype
    return type(shape)(_drawn(part, one) for part, one in zip(shape, each, strict=True))


def files(parts: Sequence[str] = ()) -> list[Path]:
    """Keras's layer tests whose path holds one of the parts; all of them where there are none."""
    found = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*_test.py"))
    return [path for path in found if not parts or any(part in path.as_posix() for part in parts)]


def record(paths: Sequence[Path]) -> Iterator[Recorded | Unread]:
    """What the tests of these files call, as they come."""
    _stand_in()
    found: list[Recorded | Unread] = []
    recorder = Recorder(found.append)
    for path in paths:
        name = f"{PACKAGE}.{'.'.join(path.with_suffix('').parts)}"
        try:
            module = importlib.import_module(name)
        except Exception as error:  # a package that is not installed, mostly
            yield Unread(path.as_posix(), f"is not imported: {said(error)}")
            continue
        with recorder.attached():
            for case, method in _tests(module):
                recorder.begin(f"{path.as_posix()}::{case.__name__}.{method}")
                result = unittest.TestResult()
                case(method).run(result)
                for _, trace in (*result.errors, *result.failures):
                    last = trace.strip().splitlines()[-1][:300]
                    if not last.startswith("Skipped:"):  # by pytest, whose exception it is
                        found.append(Unread(recorder.test, last))
                yield from found
                found.clear()


def _stand_in() -> None:
    for name in ABSENT:
        try:
            importlib.import_module(name)
        except ImportError:
            module = types.ModuleType(name)
            module.__getattr__ = lambda wanted: lambda *args, **kwargs: lambda test: test  # type: ignore[method-assign]
            sys.modules[name] = module


def _tests(module: Any) -> Iterator[tuple[type[unittest.TestCase], str]]:
    for case in vars(module).values():
        if isinstance(case, type) and issubclass(case, unittest.TestCase) and case.__module__ == module.__name__:
            for method in unittest.defaultTestLoader.getTestCaseNames(case):
                if not any(part in method.lower() for part in LEFT_OUT):
                    yield case, method


def main(parts: Sequence[str]) -> None:
    """The lines; what tests print goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    for each in record(files(parts)):
        with suppress(BrokenPipeError):
            print(json.dumps(asdict(each)), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
