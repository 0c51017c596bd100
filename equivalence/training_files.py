"""What `port --training` writes beside a port: the script that trains it on, and what its optimizer had kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from equivalence.catalogue.named_objects import named_object
from equivalence.emit.activities import activities
from equivalence.emit.beside_outputs import Further, beside_outputs
from equivalence.emit.called_text import defined
from equivalence.emit.compiled_parts import loss_terms, metrics_of, outputs_of
from equivalence.emit.draft import FileDraft, Placement
from equivalence.emit.layer_paths import layers_by_path
from equivalence.emit.trained_order import trained_arrays
from equivalence.emit.trained_parts import Functions, Trained, access, trained_parts, variables_of
from equivalence.emit.training_notes import training_notes
from equivalence.emit.training_text import OWN, TrainingScript, render_training
from equivalence.emit.written_text import emit_written
from equivalence.errors import Refused
from equivalence.formats.compiled import Compiled, compiled
from equivalence.formats.file_limits import DEFAULTS, Limits
from equivalence.formats.refusal import shown
from equivalence.schema import Entry
from equivalence.torch_side.oracle import TorchOracle
from equivalence.translation.graph import Graph, Stored
from equivalence.translation.pattern_axes import axis_places
from equivalence.weights.kept_arrays import kept_as_torch
from equivalence.weights.optimizer_state import OptimizerState, Variable, optimizer_state

#: Optimizers that take a norm or a mean of each variable, so that it must be one parameter here.
_WHOLE = ("Adafactor", "Lamb", "Muon")


class TrainingFiles(NamedTuple):
    """The text of NAME_train.py, and the arrays of NAME.optimizer.safetensors (empty: it begins anew)."""

    source: str
    state: dict[str, np.ndarray]


def training_files(
    path: str | os.PathLike[str],
    name: str,
    draft: FileDraft,
    graph: Graph,
    parameters: Sequence[str],
    limits: Limits | None = None,
) -> TrainingFiles:
    """What trains the port `name` of the model file at `path` on; `parameters`: those of its module, no buffers.

    Raises Refused where the model was not compiled, or something of how it was has no translation.
    """
    try:
        with compiled(path, limits or DEFAULTS) as found:
            return _files(found, name, draft, graph, parameters)
    except Refused as refusal:
        reason, source = str(refusal).rstrip("."), shown(os.path.basename(path))[1:-1]
        reason = reason if source in reason else f"{source}: {reason}"
        raise Refused(f"{reason}; without --training the model can be ported all the same") from refusal


def _files(found: Compiled, name: str, draft: FileDraft, graph: Graph, parameters: Sequence[str]) -> TrainingFiles:
    source, oracle = found.source, TorchOracle()
    entry, config = named_object(found.config["optimizer"], "keras.optimizers", f"{source}: the optimizer")
    optimizer = emit_written(entry, config, oracle)
    outputs, given = outputs_of(draft, graph, source), found.config.get("loss")
    metrics = metrics_of(found.config, outputs, oracle, source, optimizer.helpers)
    texts = [*optimizer.helpers, *(text for metric in metrics for text in metric.helpers)]
    functions = Functions(oracle, source, {*map(defined, texts), *OWN, draft.classes[-1].name})
    autocast = _autocast(graph)
    losses = loss_terms(given, found.config.get("loss_weights"), outputs, functions, mixed=bool(autocast))
    trained = trained_parts(draft, graph, parameters, functions)
    terms = activities(draft, graph, functions)
    wanted = [Further("added", "what its activity regularizers add to the loss", " + ".join(terms))] if terms else []
    wanted += [output.mask for output in outputs if output.mask]
    kept = _Kept.of(found, entry, config, trained, graph)
    state = kept.arrays(draft.floats, own=optimizer.expression.startswith("torch.optim."))
    if autocast == "float16" and "scaler" not in dict(optimizer.lines):  # as Keras's compile adds one
        optimizer = optimizer._replace(lines=(*optimizer.lines, ("scaler", "torch.amp.GradScaler('cpu')")))
    script = TrainingScript(
        name, draft.classes[-1].name, source, optimizer, trained, losses,
        inputs=len(draft.classes[-1].inputs),
        helpers=[
            *(text for made in functions.written.values() for text in (*made.helpers, made.source)),
            *texts,
        ],
        beside=beside_outputs(draft, wanted) if wanted else None,
        targets=[output.target for output in outputs],
        groups=kept.groups(),
        metrics=[(metric.name, metric.made, metric.update) for metric in metrics],
        floats=draft.floats,
        autocast=autocast,
        steps=int(state["step"]) if "step" in state else 0,
        has_state=bool(state),
        notes=training_notes(found.config, outputs, source, (kept.entry, kept.config), trained),
    )  # fmt: skip
    return TrainingFiles(render_training(script), state)


def _autocast(graph: Graph) -> str:
    """The dtype of mixed precision, "" without it."""
    for _, layer, _ in layers_by_path(graph):
        policy = layer.config.get("dtype")
        name = policy.get("config", {}).get("name") if isinstance(policy, dict) else policy
        if isinstance(name, str) and name.startswith("mixed_"):
            return "bfloat16" if name == "mixed_bfloat16" else "float16"
    return ""


class _Kept(NamedTuple):
    """What the optimizer kept, and of which weights."""

    entry: Entry  # of the one inside, where it scales the loss
    config: Mapping[str, Any]
    trained: Trained
    held: dict[int, list[str]]  # the parameters of each variable, by its place
    variables: list[Variable]
    state: OptimizerState
    source: str

    @classmethod
    def of(cls, found: Compiled, entry: Entry, config: Mapping[str, Any], trained: Trained, graph: Graph) -> _Kept:
        """Raises Refused where what is kept is not of these weights."""
        ordered = trained_arrays(graph, trained.arrays, found.source)
        held, kept, numbers = variables_of(trained, ordered), found.state, dict[str, Stored]()
        if entry.name == "LossScaleOptimizer":
            entry, config = named_object(
                config.get("inner_optimizer"), "keras.optimizers", f"{found.source}: the optimizer"
            )
            own = 4 if len(kept) > 4 else 2  # before it is built: its iterations and its rate, which it has not
            numbers = dict(zip(("_growth_tracker", "scale"), kept[2:own], strict=False))
            kept = kept[own:]
        places = [trained.places[held[index][0]] for index in range(len(ordered))]
        variables = [
            Variable(f"{place.layer}/{place.rule.keras}", stored.shape)
            for place, stored in zip(places, ordered, strict=True)
        ]
        state = optimizer_state(entry, config, variables, kept, found.source)
        state.numbers.update(numbers)
        whole = entry.name in _WHOLE or config.get("clipnorm") or any(w.how for _, w, _ in state.arrays)
        for index, names in held.items():
            if whole and len(names) > 1:
                raise Refused(
                    f"{found.source}: {variables[index].path} is one weight in Keras and {len(names)} in PyTorch "
                    f"({', '.join(names)}), and {entry.name} takes a norm of each"
                )
        return cls(entry, config, trained, held, variables, state, found.source)

    def place(self, index: int) -> tuple[str, Placement]:
        """The only parameter of a variable."""
        (name,) = self.held[index]
        return name, self.trained.places[name]

    def groups(self) -> list[dict[str, str]]:
        """Groups of parameters, where the optimizer treats them by what they are in Keras; else none."""
        if self.entry.name not in ("Adafactor", "Muon"):
            return []
        groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for index, variable in enumerate(self.variables):
            name, place = self.place(index)
            more: dict[str, str] = {}
            if self.entry.name == "Muon" and variable.facts(self.config)["by_adam"]:
                more = {"adam": "True"}
            elif len(variable.shape) > 1:
                places = axis_places(place.rule, len(variable.shape))
                if places is None or (self.entry.name == "Muon" and len(place.shape) != 2):
                    raise Refused(f"{self.source}: {variable.path} has other axes in PyTorch, which {self.entry.name} "
                                  "goes by")  # fmt: skip
                more = {"axes": f"({places[-2]}, {places[-1]})"} if self.entry.name == "Adafactor" else {}
            groups.setdefault(tuple(more.items()), []).append(access(name))
        return [{"params": f"[{', '.join(names)}]", **dict(more)} for more, names in groups.items()]

    def arrays(self, floats: str, own: bool) -> dict[str, np.ndarray]:
        """By "name" what is one for all, by "name/parameter" what is kept of each; `own`: as torch's own keep it."""
        single = {name: np.asarray(stored.read()) for name, stored in self.state.numbers.items()}
        found = {}
        for index, weight, stored in self.state.arrays:
            array = stored.read()
            for name in self.held[index]:
                place = self.trained.places[name]
                try:
                    made = kept_as_torch(weight, place.rule, array, self.variables[index].shape, place.sizes)
                except ValueError as error:
                    raise Refused(f"{self.source}: what the optimizer keeps of {place.layer}: {error}") from error
                shape = made.shape if weight.how else place.shape
                found[f"{weight.torch}/{name}"] = np.asarray(made, floats).reshape(shape)
        if own and found:  # the count, and what else is one for all, is kept with each parameter
            each = {name: array for name, array in single.items() if name != "lr"}
            for name in self.trained.places:
                found |= {f"{kind}/{name}": np.asarray(array, "float32") for kind, array in each.items()}
            single = {name: single[name] for name in ("step", "lr") if name in single}
        return {name: np.asarray(array, order="C") for name, array in {**single, **found}.items()}
