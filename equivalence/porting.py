"""Port a Keras model: read, emit, load its weights, verify."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equivalence import formats
from equivalence.emit.draft import FileDraft, Oracle
from equivalence.emit.emitter import emit
from equivalence.emit.file_text import parameter_count, render_file
from equivalence.emit.survey import Survey, survey
from equivalence.errors import Refused
from equivalence.formats.digests import made_from
from equivalence.formats.file_limits import Limits
from equivalence.keras_side.live import has_own_layers, is_keras_model, load_with, save
from equivalence.keras_side.sealed_files import seal
from equivalence.render.progress import Step
from equivalence.torch_side.free_oracle import FreeOracle
from equivalence.torch_side.loading import build, constants_of, fill
from equivalence.torch_side.oracle import TorchOracle
from equivalence.training_files import training_files
from equivalence.translation.graph import Graph, ModelFile
from equivalence.translation.python_text import class_name, identifier
from equivalence.verification.against_keras import Original
from equivalence.verification.against_keras import verify as verify_port
from equivalence.verification.against_live import verify_live
from equivalence.verification.inference_norms import inference_norms
from equivalence.verification.ported import Ported
from equivalence.verification.report import Report
from equivalence.verification.written_port import tensors_of_file, write_port
from equivalence.weights.placed_arrays import placed_array, table_arrays

Progress = Callable[[str], None]


def port(
    source: Any,
    *,
    config: str | os.PathLike[str] | None = None,
    verify: bool = True,
    exact_training: bool = False,
    fold: bool = False,
    inference: bool = False,
    progress: Progress | None = None,
    name: str | None = None,
    inputs: Any = None,
    custom_objects: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    training: bool = False,
) -> Ported:
    """The PyTorch port of a Keras model.

    `source`: the path of a `.keras` or `.h5`/`.hdf5` file, or a live `keras.Model`; with `config`, the path of
    the JSON that `model.to_json()` gives, the file of its weights alone. `verify` runs the
    original in Keras and compares every layer. `exact_training` writes helpers where torch's own layer
    differs in training alone. `fold` has repeated blocks of layers written once, as a class; `report.names` says what
    their layers are called then. `inference` has the file say how its normalizations are folded into the layers before
    them, in a function `load_for_inference`. `progress` is called with what is being done. `name` is that of the files
    and the class; left out, the file's.

    A live model may have layers of anybody's own: their `call` is run on tensors without numbers, and each class
    becomes one of the emitted file. `inputs` says what it is called on, where it does not itself: arrays, or a
    `keras.Input` for each tensor. `custom_objects`: classes and functions by the names that a file has for them;
    Keras then loads the file with them, which runs their code, and the model is ported as a live one.

    `limits`: what is allowed of what a file can make the reader do, beyond what model files need
    (`equivalence.Limits`, which says what each risks). `training`: a script is written beside it that trains it on as
    it was compiled, from the state that its optimizer was left in.

    Raises Refused where something cannot be read or translated, naming file, layer, argument and value.
    """
    say = progress or (lambda what: None)
    with _opened(source, say, config, inputs, custom_objects, limits) as opened:
        options = {"verify": verify, "exact_training": exact_training, "fold": fold, "inference": inference}
        options |= {"training": training}
        return _ported(_emitted_port(opened, source, say, name, config, custom_objects, options), say)


def port_to(
    folder: str | os.PathLike[str],
    source: str | os.PathLike[str],
    *,
    config: str | os.PathLike[str] | None = None,
    verify: bool = True,
    exact_training: bool = False,
    fold: bool = False,
    inference: bool = False,
    progress: Progress | None = None,
    name: str | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    force: bool = False,
    training: bool = False,
    beside: Sequence[str | os.PathLike[str]] = (),
) -> tuple[Report, list[Path]]:
    """Ports a file and writes what `port(...).save(folder)` does; the report, and the paths.

    Where nothing is run, neither to verify nor for `inference` or `training`, no module is made: the weights go from
    file to file one by one, in memory for twice the largest of them. `beside` are further files that the port
    depends on.
    """
    say = progress or (lambda what: None)
    with _opened(source, say, config, None, custom_objects, limits) as opened:
        options = {"verify": verify, "exact_training": exact_training, "fold": fold, "inference": inference}
        options |= {"training": training}
        made = _emitted_port(opened, source, say, name, config, custom_objects, options, beside)
        if verify or inference or training:
            ported = _ported(made, say)
            say("writing files")
            return ported.report, ported.save(folder, force=force)
        tensors = tensors_of_file(made.draft, made.text, made.report.source, say)
        paths = write_port(Path(folder), made.stem, made.text, made.report, tensors, force)
        return made.report, paths


@dataclass(frozen=True, slots=True)
class _Emitted:
    """A port of which the source is written and the weights are still in the model's file."""

    opened: _Opened
    stem: str
    draft: FileDraft
    text: str
    report: Report
    options: Mapping[str, bool]


def _emitted_port(
    opened: _Opened,
    source: Any,
    say: Progress,
    name: str | None,
    config: str | os.PathLike[str] | None,
    custom_objects: Mapping[str, Any] | None,
    options: Mapping[str, bool],
    beside: Sequence[str | os.PathLike[str]] = (),
) -> _Emitted:
    stem, model = stem_of(source, name), opened.model
    ways = {"exact_training": options["exact_training"], "fold": options["fold"]}
    try:
        draft = _emitted(opened, class_name(stem), say, **ways)
    except Refused:
        if (other := opened.otherwise()) is None:
            raise
        opened, model = other, other.model
        draft = _emitted(opened, class_name(stem), say, **ways)
    notes = [*draft.notes, *opened.notes, *draft.folded]
    count = parameter_count(draft)
    report = Report(model.source, f"{stem}.safetensors", count, draft.layers, notes, names=draft.layer_names)
    if not is_keras_model(source):
        report.made_from = origin(source, stem, config, **options, own=custom_objects or (), beside=beside)
    return _Emitted(opened, stem, draft, render_file(draft), report, options)


def _ported(made: _Emitted, say: Progress) -> Ported:
    """With its module, which is compared and run as the options say."""
    model, draft = made.opened.model, made.draft
    exact: dict[str, np.ndarray] = {}
    module = filled_module(model, draft, made.text, say, exact=exact)
    graph, report = model.graph, made.report
    ported = Ported(made.stem, made.text, module, report, draft, graph, exact, model.format, model.keras_version)
    if made.options["training"]:
        if made.opened.path is None:
            raise Refused(f"{model.source} has layers of your own, whose training no file tells; port it without it")
        say("writing how it is trained")
        names = [name for name, _ in module.named_parameters()]
        ported.training = training_files(made.opened.path, made.stem, draft, graph, names, made.opened.limits)
    if made.options["verify"]:
        made.opened.verify(ported, say)
    if made.options["inference"]:
        say("looking for normalizations to fold")
        norms, why_none = inference_norms(ported)
        ported.source = render_file(draft, norms=norms)
        ported.report.notes += [why_none] * bool(why_none)
    return ported


def origin(
    source: str | os.PathLike[str],
    name: str,
    config: str | os.PathLike[str] | None = None,
    *,
    verify: bool = True,
    exact_training: bool = False,
    fold: bool = False,
    inference: bool = False,
    training: bool = False,
    own: Collection[str] = (),
    beside: Sequence[str | os.PathLike[str]] = (),
) -> dict[str, Any]:
    """What the port of a file depends on, as its report says it (`formats.digests.made_from`).

    `own`: the names of the user's objects; `beside`: files that are read or run with it.
    """
    options = {
        "name": name, "verify": verify, "exact_training": exact_training, "fold": fold, "inference": inference,
        "custom_objects": sorted(own), **({"training": True} if training else {}),
    }  # fmt: skip
    return made_from(source, options, [*([config] if config is not None else []), *beside])


def dry_run(
    source: Any,
    *,
    config: str | os.PathLike[str] | None = None,
    inputs: Any = None,
    custom_objects: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
) -> Survey:
    """Every layer of a model as its port would have it, and all that would be missing; nothing is run or written.

    Arguments as in `port`. Raises Refused where the file itself cannot be read.
    """
    with _opened(source, lambda what: None, config, inputs, custom_objects, limits) as opened:
        found = survey(opened.model, opened.oracle())
        other = opened.otherwise() if found.missing else None
        return found if other is None else survey(other.model, other.oracle())


def _emitted(opened: _Opened, name: str, say: Progress, **options: Any) -> FileDraft:
    """The emitted file. Raises Refused with everything that is missing, not the first of it alone."""
    written, calls = itertools.count(), _calls_in(opened.model.graph)
    try:
        return emit(
            opened.model,
            opened.oracle(),
            name,
            progress=lambda layer: say(Step(f"writing {layer}", next(written) / calls)),
            **options,
        )
    except Refused as refusal:
        say("looking for what else is missing")
        first = str(refusal)
        others = [row.because for row in survey(opened.model, opened.oracle()).missing if row.because != first]
        if not others:
            raise
        raise Refused("\n".join([first, *dict.fromkeys(others)])) from refusal


def _calls_in(graph: Graph) -> int:
    """How many calls of layers are written, of nested models too; at least 1."""
    inner = sum(_calls_in(model) for layer in graph.layers for _, model in layer.models())
    return max(1, len(graph.calls) + inner)


def stem_of(source: Any, name: str | None = None) -> str:
    """What the files of a port are called, without their endings."""
    own = str(source.name) if is_keras_model(source) else Path(source).stem.removesuffix(".weights")
    return identifier(name or own, ())


@dataclass(frozen=True, slots=True)
class _Opened:
    """A model that was read, what its shapes are learned with, and what verifies its port."""

    model: ModelFile
    oracle: Callable[[], Oracle]
    verify: Callable[[Ported, Progress], None]
    notes: Sequence[str] = ()  # for its report
    path: Path | None = None  # of its file; None where it was traced
    limits: Limits | None = None
    #: the same, read in another way; None where there is none
    otherwise: Callable[[], _Opened | None] = lambda: None


def _traced(live: Any) -> _Opened:
    """A live model that was traced, of which the port is compared with it in this process."""

    def otherwise() -> _Opened | None:
        other = live.at_sizes_it_takes()
        return None if other is None else _traced(other)

    return _Opened(
        live.file,
        lambda: FreeOracle(live.sizes, live.groups),
        lambda ported, say: verify_live(ported, live, say),
        live.reading.notes,
        otherwise=otherwise,
    )


@contextmanager
def _opened(
    source: Any,
    say: Progress,
    config: str | os.PathLike[str] | None,
    inputs: Any,
    custom_objects: Mapping[str, Any] | None,
    limits: Limits | None,
) -> Iterator[_Opened]:
    """The model of a path, or a live one: read as its file would be, or traced where it has code of somebody's own."""
    if not isinstance(source, (str, os.PathLike)) and not is_keras_model(source):
        if type(source).__module__.startswith("tf_keras") or "tf_keras" in str(type(source).__mro__):
            raise Refused(
                f"{type(source).__name__} is a model of tf_keras (Keras 2), which is not read live: "
                "save it, model.save('name.h5'), and port the file"
            )
        raise TypeError(f"port takes a path or a keras.Model, not {type(source).__name__}")
    if custom_objects is not None and not is_keras_model(source):
        say("loading with Keras")
        source = load_with(Path(source), custom_objects)
    with tempfile.TemporaryDirectory(prefix="equivalence-") as folder:
        path = _saved(source, Path(folder)) if is_keras_model(source) else Path(source)
        if path is None:
            from equivalence.keras_side.tracing.live_model import read_live

            say("tracing")
            yield _traced(read_live(source, inputs))
            return
        say("reading")
        beside = None if config is None else Path(config)
        original = Original(path, beside, seal(path, beside))
        model = formats.read(path, config=config, limits=limits)
        try:
            yield _Opened(
                model,
                TorchOracle,
                lambda ported, say: verify_port(ported, original, say),
                path=path,
                limits=limits,
            )
        finally:
            model.close()


def _saved(model: Any, folder: Path) -> Path | None:
    """The file of a live model. None where there is none: it has code in it that no file tells, or cannot be saved."""
    if has_own_layers(model):
        return None
    return save(model, folder / f"{identifier(str(model.name), ())}.keras")


def filled_module(
    model: ModelFile,
    draft: FileDraft,
    source: str,
    say: Progress = lambda what: None,
    *,
    floats: str = "",
    exact: dict[str, np.ndarray] | None = None,
) -> Any:
    """The emitted source of a draft as a module with the file's arrays; for `floats` see `torch_side.loading.build`.

    `exact` is given what is computed from several arrays, before it is rounded.
    """
    tensors: dict[str, np.ndarray] = {}
    for index, placement in enumerate(draft.placements):
        say(Step(f"reading the weights of {placement.layer}", index / len(draft.placements)))
        array = placed_array(model.source, placement)
        if exact is not None and placement.stored is not None and placement.stored.computed:
            exact[placement.parameter] = array
        if array.dtype.kind == "f":
            array = array.astype(floats or draft.floats, copy=False)
        tensors[placement.parameter] = array
    tensors.update(table_arrays(draft))
    module = build(source, draft.classes[-1].name, floats=floats)
    return fill(module, tensors, constants_of(draft))
