"""Port a Keras model: read, emit, load its weights, verify."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from equivalence import formats
from equivalence.emit.draft import FileDraft, Placement
from equivalence.emit.emitter import emit
from equivalence.emit.file_text import parameter_count, render_file
from equivalence.emit.survey import Survey, survey
from equivalence.errors import Refused
from equivalence.keras_side.live import is_keras_model, save
from equivalence.torch_side.loading import build, constants_of, fill
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.graph import ModelFile
from equivalence.translation.python_text import class_name, identifier
from equivalence.verification.against_keras import Original
from equivalence.verification.against_keras import verify as verify_port
from equivalence.verification.ported import Ported
from equivalence.verification.report import Report
from equivalence.weights.rearranging import to_torch

Progress = Callable[[str], None]


def port(
    source: Any,
    *,
    config: str | os.PathLike[str] | None = None,
    verify: bool = True,
    exact_training: bool = False,
    progress: Progress | None = None,
    name: str | None = None,
) -> Ported:
    """The PyTorch port of a Keras model.

    `source`: the path of a `.keras` or `.h5`/`.hdf5` file, or a live `keras.Model`; with `config`, the path of
    the JSON that `model.to_json()` gives, the file of its weights alone. `verify` runs the
    original in Keras and compares every layer. `exact_training` writes helpers where torch's own layer
    differs in training alone. `progress` is called with what is being done. `name` is that of the files
    and the class; left out, the file's.

    Raises Refused where something cannot be read or translated, naming file, layer, argument and value.
    """
    say = progress or (lambda what: None)
    with _file_of(source) as path:
        say("reading")
        model = formats.read(path, config=config)
        try:
            stem = identifier(name or _name_of(source, path), ())
            draft = _emitted(model, class_name(stem), exact_training, say)
            text = render_file(draft)
            exact: dict[str, np.ndarray] = {}
            module = filled_module(model, draft, text, say, exact=exact)
        finally:
            model.close()
        report = Report(model.source, f"{stem}.safetensors", parameter_count(draft), draft.layers, [*draft.notes])
        ported = Ported(stem, text, module, report, draft, model.graph, exact)
        if verify:
            verify_port(ported, Original(path, None if config is None else Path(config)), say)
        return ported


def dry_run(source: Any, *, config: str | os.PathLike[str] | None = None) -> Survey:
    """Every layer of a model as its port would have it, and all that would be missing; nothing is run or written.

    `source` and `config` as in `port`. Raises Refused where the file itself cannot be read.
    """
    with _file_of(source) as path:
        model = formats.read(path, config=config)
        try:
            return survey(model, TorchOracle())
        finally:
            model.close()


def _emitted(model: ModelFile, name: str, exact_training: bool, say: Progress) -> FileDraft:
    """The emitted file. Raises Refused with everything that is missing, not the first of it alone."""
    try:
        return emit(
            model, TorchOracle(), name, exact_training=exact_training, progress=lambda layer: say(f"writing {layer}")
        )
    except Refused as refusal:
        say("looking for what else is missing")
        first = str(refusal)
        others = [row.because for row in survey(model, TorchOracle()).missing if row.because != first]
        if not others:
            raise
        raise Refused("\n".join([first, *dict.fromkeys(others)])) from refusal


def _name_of(source: Any, path: Path) -> str:
    return str(source.name) if is_keras_model(source) else path.stem.removesuffix(".weights")


@contextmanager
def _file_of(source: Any) -> Iterator[Path]:
    """The model file of a path or of a live model."""
    if isinstance(source, (str, os.PathLike)):
        yield Path(source)
    elif is_keras_model(source):
        with tempfile.TemporaryDirectory(prefix="equivalence-") as folder:
            path = Path(folder) / f"{identifier(str(source.name), ())}.keras"
            save(source, path)
            yield path
    else:
        raise TypeError(f"port takes a path or a keras.Model, not {type(source).__name__}")


def filled_module(
    model: ModelFile,
    draft: FileDraft,
    source: str,
    say: Progress = lambda what: None,
    *,
    floats: str = "float32",
    exact: dict[str, np.ndarray] | None = None,
) -> Any:
    """The emitted source of a draft as a module with the file's arrays; for `floats` see `torch_side.loading.build`.

    `exact` is given what is computed from several arrays, before it is rounded.
    """
    tensors: dict[str, np.ndarray] = {}
    for placement in draft.placements:
        say(f"reading the weights of {placement.layer}")
        array = _array(model, placement)
        if placement.stored is not None and placement.stored.computed:
            if exact is not None:
                exact[placement.parameter] = array
            array = array.astype(floats)
        tensors[placement.parameter] = array
    for name, table in draft.tables.items():
        tensors[name] = np.array(list(table.values), table.dtype)
    module = build(source, draft.classes[-1].name, floats=floats)
    return fill(module, tensors, constants_of(draft))


def _array(model: ModelFile, placement: Placement) -> np.ndarray:
    rule, stored = placement.rule, placement.stored
    if stored is None:
        assert rule.otherwise is not None
        return np.full(placement.shape, rule.otherwise, np.float32)
    try:
        made = to_torch(rule, stored.read(), **placement.sizes)
    except ValueError as error:
        raise Refused(f"{model.source}: layer {placement.layer!r:.120}: weight {rule.keras}: {error}.") from error
    if made.shape != placement.shape:
        raise Refused(
            f"{model.source}: layer {placement.layer!r:.120}: its weight {rule.keras} of shape {stored.shape} becomes "
            f"{made.shape}, where {rule.torch or 'the parameter'} has {placement.shape}."
        )
    return made
