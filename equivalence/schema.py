"""The words in which a translation is stated: one `Entry` per Keras symbol, and its parts.

Standard library only: a lookup must start in milliseconds, so nothing here (nor in the
catalogue that is written with it) may import keras, torch or numpy. The parts are named tuples, as
importing `dataclasses` alone takes as long as starting Python. Their annotations are no texts, as they are
elsewhere: each would be compiled, which is half of what importing this module takes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class _Required:
    """The default of an argument that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Any = _Required()

#: Which uses apply to which kind of entry; tests/catalogue/test_entries.py holds every entry against it.
USES: Mapping[str, tuple[str, ...]] = {
    "model": ("lookup", "page", "source", "weights", "proof"),
    "input": ("lookup", "page", "source", "proof"),
    "layer": ("lookup", "page", "source", "weights", "proof", "diagnosis"),
    "activation": ("lookup", "page", "source", "proof", "diagnosis"),
    "operation": ("lookup", "page", "source", "proof", "diagnosis"),
    "loss": ("lookup", "page", "source", "proof", "diagnosis"),
    "regularizer": ("lookup", "page", "source", "proof", "diagnosis"),
    "constraint": ("lookup", "page", "source", "proof", "diagnosis"),
    "metric": ("lookup", "page", "source", "proof", "diagnosis"),
    "optimizer": ("lookup", "page", "source", "weights", "proof", "diagnosis"),  # its state
    "schedule": ("lookup", "page", "source", "proof", "diagnosis"),
    "initializer": ("lookup", "page", "source", "proof", "diagnosis"),
    "callback": ("lookup", "page", "source", "proof", "diagnosis"),
    "training": ("lookup", "page", "source", "proof", "diagnosis"),  # what compile and fit take, and policies
    "data": ("lookup", "page", "source", "proof", "diagnosis"),  # what makes batches, and prepares them
    "tool": ("lookup", "page", "source", "proof"),
}

#: Kinds that are written as an expression which makes an object (`emit` returns its text) and proved by a trial: both
#: sides do the same with theirs (`equivalence.proofs.trials`). The others are calls on tensors.
WRITTEN = ("metric", "optimizer", "schedule", "initializer", "callback", "training", "data", "tool")


#: What an entry's `training` says where both frameworks draw: statistics of ones, or of fixed images, are compared.
RANDOM = ("random", "random images")


class Argument(NamedTuple):
    """One argument of the Keras signature and what becomes of it.

    `inert` means: it never changes what the ported module computes (initialisers, regularisers,
    names), so a file may hold any value. Everything else must be read by the entry's `emit`:
    a configuration key that nobody read is an error of the port. `since` says which files hold it:
    "" all, "2.4" those of this release of Keras and later ones, None only some.
    """

    keras: str
    torch: str | None = None
    default: Any = REQUIRED
    how: str = ""  # formula from the Keras value to torch's, "1 - momentum"
    note: str = ""
    inert: bool = False
    old: tuple[str, ...] = ()  # names that earlier Keras versions wrote
    since: str | None = ""


class Weight(NamedTuple):
    """One Keras weight and the torch parameter that it becomes.

    `how` is an einops pattern from the Keras array to torch's ("h w i o -> o i h w"); empty means
    unchanged. `pick` takes one index of the first axis before that; `blocks` re-orders equal
    blocks of the first axis after it (the gates of a GRU). With `when`, the weight exists only if
    that boolean argument is true (or several are as "a, not b" says), and `otherwise` is the constant
    that torch's parameter holds if not. `keras=""` is a torch parameter without a Keras source, filled
    with `otherwise`.
    `at` lists candidate sub-paths inside the layer's group of a file; the first that exists wins.
    Weights with one `keras` name and one `at` are the same stored array.
    Those of an optimizer are what it keeps: of each variable those with one `at` side by side, each `at` behind the
    one before; one array for all variables at "whole". `when` may ask of the variable too ("factored": it has two axes
    and more; "by_adam"), `how` say that it is a mean "over last" or "over second last" axis, and `torch=""` that it is
    of no use in torch.
    """

    keras: str
    torch: str
    how: str = ""
    pick: int | None = None
    blocks: tuple[int, ...] = ()
    when: str = ""
    otherwise: float | None = None
    trainable: bool = True
    #: it is an array of the layer inside, which `.keras` files hold here once more, and others do not
    repeated: bool = False
    at: tuple[str, ...] = ("",)
    old: tuple[str, ...] = ()  # names that earlier Keras versions wrote


class Inner(NamedTuple):
    """A layer kept inside a layer (Bidirectional, TimeDistributed): its configuration key and paths."""

    key: str  # configuration key that holds the inner layer's own configuration
    at: tuple[str, ...]  # candidate sub-paths in a file
    fallback: str = ""  # key to use where `key` is absent (backward_layer is made from layer)
    several: bool = False  # the key holds a list of them, which are called "cells/0", … and lie below each of `at`


class Difference(NamedTuple):
    """A semantic difference, with the mistaken translation (the naive form) that shows it.

    The naive form is one of: `swap`, exchanged pieces of the emitted text (each must occur);
    `weights`, other placements of the weights; `naive`, an emit function of its own. Both of the first
    two may be given. It runs in `case`, with the same weights, gives an output of the right shape and differs.
    """

    id: str
    says: str
    case: str
    swap: tuple[tuple[str, str], ...] = ()
    weights: tuple[Weight, ...] = ()
    naive: Callable[..., Any] | None = None
    seen_in: str = "forward"  # "forward", "train" (a training step and what it leaves), "gradients"


class Case(NamedTuple):
    """One configuration that is run in both frameworks.

    `x`: the shape of the input with its batch, in Keras order, or a list of such shapes.
    `declared`: shapes without batch as the Keras Input declares them, where some sizes are
    unknown (None); left out, they are those of `x`. `draw`: "normal", "wide" (four times
    that, so that what saturates does), "uniform", "pixels" (0 to 255), "above-one", "bool", "one-hot" (along the
    last axis), "gaps" (normal, a fifth NaN), "positive-definite" (symmetric matrices), "ids:K" (integers 0..K-1),
    "labels:K" (some of 1..K-1, then zeros) or "words:A|B" (of these texts), one for all inputs or a list. `call`:
    keyword arguments of the call.
    `oracle`: the Keras backend that can compute it in float64. `max_rel`, if not the house's
    1e-10, and `oracle`, if not tensorflow, need their `because`. Every case of a layer or operation is run
    with masks on its inputs too; `masks_refused` says why the port refuses that, where it does.
    """

    id: str
    config: Mapping[str, Any]
    x: Any
    declared: Any = None
    draw: Any = "normal"
    call: Mapping[str, Any] | None = None
    oracle: str = "tensorflow"
    max_rel: float = 1e-10
    because: str = ""
    training: str = ""  # the entry's `training`, where this case's is another (an LSTM with dropout)
    masks_refused: str = ""
    trial: Mapping[str, Any] | None = None  # settings of what is done with it; for a loss, what it stands `behind`
    by_call: str = ""  # why Keras cannot save or load a model of it: it is called as it is instead


#: Keras on each of its backends that is asked here, as people call it.
KERAS_ON: Mapping[str, str] = {"tensorflow": "Keras on TensorFlow", "torch": "Keras on PyTorch"}


class Defect(NamedTuple):
    """Where Keras itself is off on one of its backends, and the port is not.

    `says` is one sentence, read behind the name of the backend. `case`, none of the entry's cases, shows it; the
    backend that settles what is right is the case's `oracle`. `instead`: settings of the layer that mean the
    same and are not off, with which the oracle is asked.
    """

    id: str
    says: str
    case: Case
    backend: str = "tensorflow"
    instead: Mapping[str, Any] | None = None

    @property
    def settled_by(self) -> str:
        """What told what is right: "Keras on PyTorch", "Keras on TensorFlow with unroll=False"."""
        instead = ", ".join(f"{name}={value!r}" for name, value in (self.instead or {}).items())
        return KERAS_ON[self.case.oracle] + (f" with {instead}" if instead else "")


class Elsewhere(NamedTuple):
    """The same in a library beside torch that a program may have: another way, which nothing here needs.

    `make` is the text that makes it with the settings of a case, and `case` the one in which it is run, to the
    rounding of float32; `update`: what it is given, of y_true and y_pred.
    """

    make: str
    case: str
    update: str = "y_pred, y_true"


class Entry(NamedTuple):
    """One Keras symbol: the only place where its translation is stated."""

    keras: str
    torch: tuple[str, ...]
    says: str
    emit: Callable[..., Any]
    kind: str = "layer"
    arguments: tuple[Argument, ...] = ()
    legacy: tuple[Argument, ...] = ()  # keys that only files of earlier Keras versions hold
    weights: tuple[Weight, ...] = ()
    inner: tuple[Inner, ...] = ()
    differences: tuple[Difference, ...] = ()
    defects: tuple[Defect, ...] = ()  # of Keras on one of its backends
    elsewhere: tuple[Elsewhere, ...] = ()  # the same in other libraries than torch
    cases: tuple[Case, ...] = ()
    aliases: tuple[str, ...] = ()  # other names people search
    related: tuple[str, ...] = ()  # those of `torch` that people look for, and that no case of it writes
    read: tuple[str, ...] = ()  # documents of this repository that answer a question about it by experiment
    stored: tuple[str, ...] = ()  # "module:Class" as files name it, beyond keras.layers:<Class>
    #: what its first input wants: "spatial" (channels first), "last" (as Keras), "any", or as the layer "inside" does
    layout: str = "any"
    mask: str = "stop"  # what becomes of an input's mask: "inherit", "stop", "own" (emit says)
    linear: bool = False  # float32 is then held to the rounding bound of a linear operation
    #: what a layer with weights makes of whole numbers: "floats", or it takes them as "indices" or as "keys" of a
    #: vocabulary, or the layer "inside" says; elsewhere they are refused
    whole_numbers: str = "refused"
    texts: bool = False  # its inputs may be texts
    #: "same", one of RANDOM (dropout; layers that augment images), or the sentence that says how torch differs
    training: str = "same"
    #: the mode in which Keras calls it where nothing is said, which Keras 3 writes into files; None: it writes nothing
    trains_by_default: bool | None = False
    #: Why the two are not equal to rounding, and by how much: each case's own bound is stated with it.
    approximate: str = ""
    #: Why PyTorch has nothing for it, and what to do instead. Its cases are built in Keras and refused with this.
    no_counterpart: str = ""
    #: The release of Keras that has had it first, as `written_by.wrote` reads it; "" where 2.0 had it, or nobody minds.
    since: str = ""

    @property
    def name(self) -> str:
        return self.keras.rpartition(".")[2]

    @property
    def is_class(self) -> bool:
        """Whether its arguments are those of a constructor; `losses.Huber` is, `losses.huber` is not."""
        return self.name[:1].isupper()

    def argument(self, name: str) -> Argument | None:
        """The argument a configuration key means, by its name of today or of earlier versions."""
        for argument in (*self.arguments, *self.legacy):
            if name == argument.keras or name in argument.old:
                return argument
        return None

    def stored_weights(self, config: Mapping[str, Any], *, repeated: bool = False) -> tuple[Weight, ...]:
        """The arrays that a file holds for this configuration, in order, each once; those of the layer inside too, if
        `repeated` arrays are wanted."""
        seen: dict[tuple[str, tuple[str, ...]], Weight] = {}
        for weight in self.weights:
            if weight.keras and repeated >= weight.repeated and (not weight.when or self.holds(weight.when, config)):
                seen.setdefault((weight.keras, weight.at), weight)
        return tuple(seen.values())

    def holds(self, when: str, config: Mapping[str, Any]) -> bool:
        """Whether arguments are as `when` says, defaults included: "center, not rms_scaling", "score_mode=concat",
        "mean=None"."""
        return all(
            self._flag(term.removeprefix("not "), config) != term.startswith("not ") for term in when.split(", ")
        )

    def _flag(self, term: str, config: Mapping[str, Any]) -> bool:
        name, equals, wanted = term.partition("=")
        argument = self.argument(name)
        value = argument.default if argument else None
        for key in (name, *(argument.old if argument else ())):
            if key in config:
                value = config[key]
                break
        return str(value) == wanted if equals else bool(value)


class Suspect(NamedTuple):
    """What may be behind a symptom: a difference of the catalogue, and how it is told from the others."""

    difference: str  # "keras.layers.BatchNormalization#epsilon"
    seen: str  # what one sees where it is this


class Message(NamedTuple):
    """The message of an error or a warning, and what it means for whoever comes from the other library.

    `text` is as it is raised; numbers count for nothing, and "…" stands for what changes from one to the next. `heard`
    are forms of other releases, or of other machines. `about` is the full Keras name of what it is raised by.
    `wrong` raises or warns so and `right` does not, both run with `torch`, `nn`, `F`, or `keras`, `layers`, `np`.
    """

    text: str
    about: str
    says: str
    wrong: str
    right: str
    heard: tuple[str, ...] = ()


class Guide(NamedTuple):
    """What somebody sees who ported a model, and what may be behind it.

    `asked` are wordings of the symptom, and messages of errors: what the guide is found by; where one of the words
    `about` is not said, something else is likelier meant. The suspects stand in the
    order in which they are met. `command` finds which of them it is; `first` is what to look at before all of them.
    """

    id: str
    title: str
    says: str
    asked: tuple[str, ...]
    suspects: tuple[Suspect, ...]
    command: str = "equivalence check model.keras port.py:Net"
    first: str = ""
    about: str = ""
    messages: tuple[Message, ...] = ()


def refuse_without_counterpart(site: Any) -> Any:
    """The emit of what has no counterpart. Raises Refused."""
    site.refuse(f"it has no counterpart in PyTorch: {site.entry.no_counterpart}")


def without_counterpart(
    kind: str, keras: str, says: str, because: str, *arguments: Argument, aliases: tuple[str, ...] = ()
) -> Entry:
    """The entry of what is no layer and has no counterpart; no case of it is run."""
    return Entry(
        keras=keras, torch=(), says=says, emit=refuse_without_counterpart, kind=kind, arguments=arguments,
        aliases=aliases, no_counterpart=because,
    )  # fmt: skip


#: What every Keras layer accepts and no forward pass depends on.
LAYER_ARGUMENTS = (
    Argument("name", None, None, inert=True),
    Argument("activity_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
)
