"""Building pieces of Python text safely: literals of checked values, calls, identifiers."""

from __future__ import annotations

import json
import keyword
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from equivalence.translation.sizes import Size

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_LONGEST_NAME, _LONGEST_CLASS_NAME = 60, 40  # letters; longer ones leave no room on a line

#: Names an attribute of an emitted module may not take: what nn.Module itself has (held against the
#: installed torch by a test), and what the emitted forward uses.
RESERVED = frozenset(
    """T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half
    ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to
    to_empty train training type xpu zero_grad
    self super torch nn math Tensor F T load load_file Path x tap reset_states""".split()
)


def literal(value: Any) -> str:
    """`value` as Python text: None, bool, int, finite or infinite float, or tuples of these.

    Raises ValueError for anything else: text of a model file never becomes code.
    """
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int):
        return value.text if isinstance(value, Size) else repr(int(value))
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(float(value))
        if math.isinf(value):
            return "math.inf" if value > 0 else "-math.inf"
    if isinstance(value, (tuple, list)):
        parts = [literal(item) for item in value]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    raise ValueError(f"{value!r:.80} is not a number, a flag, None or a tuple of these")


def quoted(text: str) -> str:
    """A text as a literal in double quotes. Raises ValueError where it is not printable ASCII, tabs aside."""
    if not (text.isascii() and text.replace("\t", "").isprintable()):
        raise ValueError(f"{text!r:.80} is not printable ASCII")
    return json.dumps(text)


def squeeze(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number for a tuple of equal numbers, as torch's arguments allow: (3, 3) is 3."""
    return values[0] if len(set(values)) == 1 else values


def complement(value: float) -> float:
    """1 - value as a person would write it: 0.01 for 0.99, not 0.010000000000000009."""
    from decimal import Decimal  # a lookup does without it

    return float(1 - Decimal(repr(value)))


def call(name: str, *args: Any, omit: Mapping[str, Any] | None = None, **kwargs: Any) -> str:
    """The text `name(args, key=value)`. A str is code as it stands; other values become literals.

    Keyword arguments equal to those in `omit` (torch's defaults) are left out.
    """
    parts = [arg if isinstance(arg, str) else literal(arg) for arg in args]
    for key, value in kwargs.items():
        if omit is not None and key in omit and omit[key] == value and type(omit[key]) is type(value):
            continue
        parts.append(f"{key}={value if isinstance(value, str) else literal(value)}")
    return f"{name}({', '.join(parts)})"


def identifier(name: str, taken: Collection[str]) -> str:
    """A Python identifier for a layer name: the name itself wherever Python and nn.Module allow.

    Other characters than ASCII letters, digits and `_` become `_`; a name that then starts with no
    letter or is reserved is prefixed `layer_`; a taken one gets the first free `_2`, `_3`, ….
    """
    made = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:_LONGEST_NAME]
    if not _WORD.match(made) or keyword.iskeyword(made) or keyword.issoftkeyword(made) or made in RESERVED:
        made = f"layer_{made.strip('_')}".rstrip("_")
    unique, count = made, 1
    while unique in taken:
        count += 1
        unique = f"{made}_{count}"
    return unique


def class_name(name: str, taken: Collection[str] = ()) -> str:
    """A class name in CapWords for a file or model name: emotion_model -> EmotionModel."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    made = "".join(word[:1].upper() + word[1:] for word in words)[:_LONGEST_CLASS_NAME]
    if not _WORD.match(made) or keyword.iskeyword(made):
        made = f"Model{made}"
    unique, count = made, 1
    while unique in taken:
        count += 1
        unique = f"{made}{count}"
    return unique
