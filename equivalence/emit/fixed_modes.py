"""Layers that are called with `training=True` or `training=False`: a mode of their own, whatever the model's is.

Keras 2 keeps to it always. Keras 3 does where the model itself is called without `training` (`model(x)`); what it is
given there, as by `fit` and `predict`, overrides all calls inside. The port keeps to what was written, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from equivalence.emit.draft import ClassDraft
from equivalence.errors import Refused
from equivalence.schema import Entry

#: Modules of torch whose forward depends on the mode.
_OF_TORCH = ("nn.Dropout", "nn.AlphaDropout", "nn.FeatureAlphaDropout", "nn.BatchNorm", "nn.RReLU")
#: Said of a model with such calls, of a file that Keras 3 wrote.
OVERRIDDEN = (
    "What is called with training= stays in that mode, as in model(x); Keras 3's fit and predict override it "
    "(keras/src/models/functional.py, operation_fn)."
)
#: Said of a model with a call of training=True, of a file that Keras 3 wrote.
HANDED_ON = (
    "In model(x) Keras 3 has what runs after a call with training=True in that mode too, not so in predict "
    "(keras/src/layers/layer.py, _resolve_and_populate_arg); the port does not, and was compared without it."
)
_BASE = re.compile(r"\s*class \w+\(([\w.]+)\):")
#: What a helper that depends on the mode has in its source.
_SIGNS = ("training", *_OF_TORCH)


def taken_mode(kwargs: dict[str, Any], where: str) -> bool | None:
    """The `training` of a call, taken from its keyword arguments. Raises Refused where it is no constant."""
    mode = kwargs.pop("training", None)
    if mode is not None and mode not in (True, False):
        raise Refused(f"{where}: is called with training={mode!r:.60}, which is neither True nor False.")
    return None if mode is None else bool(mode)


def stated_mode(mode: bool | None, entry: Entry, old: bool) -> bool | None:
    """What a call's `training` says: nothing where Keras 3 writes a layer's default.

    That is True of layers that treat images (`model(x)` augments, `fit` and `predict` override it), None of what hands
    the mode on or knows of its own (BatchNormalization), and False of all others.
    """
    return None if mode is entry.trains_by_default and not old else mode


def depends_on_mode(ctor: str, helpers: Mapping[str, str]) -> bool:
    """Whether a module that a constructor makes computes something else in training, itself or by its base class."""
    source = helpers.get(ctor.partition("(")[0])
    if source is None:
        return ctor.startswith(_OF_TORCH)
    base = _BASE.match(source)
    inherited = base is not None and depends_on_mode(base[1], helpers)
    return inherited or any(sign in source for sign in _SIGNS)


def mode_in(around: bool | None, mode: bool | None, old: bool) -> bool | None:
    """What a call's `training` says in a nested model that is itself called with `around`.

    Keras 3 calls all within in that mode, whatever their calls say; Keras 2 goes by the calls.
    """
    return mode if around is None or old else None


def fix_mode(draft: ClassDraft, attribute: str, mode: bool | None, where: str) -> None:
    """Notes that a module of a class is in one mode always; `mode` None: in the model's.

    Raises Refused where another call of the module has it otherwise.
    """
    if draft.modes.setdefault(attribute, mode) is not mode:
        raise Refused(
            f"{where}: is called with training={mode!r} and with training={draft.modes[attribute]!r}: one module has "
            "one mode; give each call a layer of its own."
        )
