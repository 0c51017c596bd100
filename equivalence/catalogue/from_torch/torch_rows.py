"""`FromTorch`: one name of PyTorch and what it is in Keras.

Standard library only, as all of the catalogue. What an entry states already is not stated again: a row that names an
entry reads it backwards (`equivalence.catalogue.from_torch.read_backwards`). Annotations are no texts here, for the
reason that `equivalence.schema` gives.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from equivalence.translation.keras_templates import Template

#: When the absence of counterparts was last looked at, and in what.
AS_OF = "Keras 3.15, November 2026"


class FromTorch(NamedTuple):
    """A torch signature and the Keras expression that it becomes.

    `torch`: the signature (`equivalence.translation.torch_calls`); where a name has several rows, a call is
    answered by the first whose signature it fits, so an overload is a row.
    `keras`: the full name of an entry, which is read backwards; or a template in torch's argument names
    (`equivalence.translation.keras_templates`), or a function that chooses one by what is given; empty with
    `no_counterpart`, which says why, and behind a semicolon what to do.
    `cases`: torch calls on the tensors of `sample_tensors`, each run in both frameworks. `via`: where an entry that is
    read backwards computes, what its Keras argument is in torch's names. `notes`: what becomes of an argument that
    the Keras code does not hold, or what to know of one that it does. `helper`: source of what the code calls.
    `also`: other torch names with this signature. `watch`: in what the two are not alike.
    `training`: "same", "random", or the sentence that says how they differ in training.
    `max_rel`, where it is not the house's 1e-10, `loose`, `oracle` and `gradients` (whether they are compared) need
    their `because`. `kind` "random": both draw, and the distributions are compared.
    """

    torch: str
    keras: Template = ""
    cases: tuple[str, ...] = ()
    says: str = ""
    via: Mapping[str, str] = {}
    notes: Mapping[str, str] = {}
    helper: str = ""
    also: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    training: str = "same"
    after: str = ""  # in what the weights differ that a call in training mode leaves, although its outputs are equal
    prefixes: tuple[str, ...] = ("",)  # of the torch module's parameters, for each weighted layer of the code
    holds_modules: bool = False  # modules among its arguments become Keras layers first
    plain: bool = False  # outputs have torch's own order of axes, whatever the inputs are
    loose: tuple[str, ...] = ()  # cases that hold to float32's rounding alone, `because`
    max_rel: float = 1e-10
    oracle: str = "tensorflow"  # the backend of Keras that can compute it in float64
    gradients: bool = True
    kind: str = "call"  # what proves it: "call" or "random"
    because: str = ""
    no_counterpart: str = ""


def row(torch: str, keras: Template, *cases: str, **more: object) -> FromTorch:
    """A row of a table."""
    return FromTorch(torch, keras, cases, **more)  # type: ignore[arg-type]


def op(torch: str, keras: str, *cases: str, **more: object) -> FromTorch:
    """A row of a table of functions: `torch.` goes before its name, and `ops.` is Keras's."""
    name = torch if "." in torch.partition("(")[0] else f"torch.{torch}"
    return row(name, re.sub(r"(?<![\w.])ops\.", "keras.ops.", keras), *cases, **more)


def nothing(because: str, *signatures: str) -> tuple[FromTorch, ...]:
    """Rows of torch names that have no counterpart, for one reason."""
    return tuple(FromTorch(each if "(" in each else f"{each}()", no_counterpart=because) for each in signatures)


#: Why a case holds to float32's rounding alone.
CONSTANTS = "Keras takes constants through float32, whatever it computes in"

#: What becomes of arguments that stand in many signatures.
NOTES: Mapping[str, str] = {
    "in_features": "Keras takes it from the input",
    "in_channels": "Keras takes it from the input",
    "num_features": "Keras takes it from the input",
    "num_channels": "Keras takes it from the input",
    "input_size": "Keras takes it from the input",
    "inplace": "Keras returns the result and writes into nothing",
    "out": "Keras returns the result and writes into nothing",
    "device": "Keras places tensors itself: with keras.device(...)",
    "requires_grad": "Keras's variables are trained, its tensors are not",
    "generator": "Keras draws by seed=keras.random.SeedGenerator(...)",
    "layout": "Keras has dense tensors",
    "pin_memory": "Keras has no pinned memory",
    "memory_format": "Keras keeps the order of axes as its shape says",
    "size_average": "long deprecated in torch; reduction says it",
    "reduce": "long deprecated in torch; reduction says it",
    "dtype": "dtype=..., or what the inputs are",
}
