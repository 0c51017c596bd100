"""What is wrong with weights, in words."""

from __future__ import annotations

from collections.abc import Sequence

from equivalence.diagnosis.findings import Cause
from equivalence.diagnosis.reference import Reference
from equivalence.diagnosis.weight_causes import WrongWeight
from equivalence.diagnosis.weight_relations import relation
from equivalence.schema import Entry
from equivalence.torch_side.torch_arrays import read

#: What three equal parts of a packed weight are, as torch and hand-written attention have them.
_ROLES = ("queries", "keys", "values")
#: What is said of weights that are another's.
OF_ANOTHER = ("that of ", "those of ")


def wrong_weights(
    reference: Reference, entry: Entry | None, wrong: Sequence[WrongWeight], behind_flatten: bool = False
) -> Cause:
    """What is wrong with weights of one layer that a module was given."""
    if (blocks := _blocks(wrong)) is not None:
        return blocks
    told = [_relation(reference, entry, weight) for weight in wrong]
    names = [_part_name(weight.name) for weight in wrong]
    first = wrong[0]
    flattened = behind_flatten and any(text and "columns in another order" in text for text in told)
    difference = "keras.layers.Flatten#flatten-order" if flattened else None
    shapes = f"{first.wanted.shape}", f"{first.found.shape}"
    if len(wrong) == 1:
        said = told[0] or "another than Keras's: its numbers are of no weight of the model"
        values = (first.source, said.removeprefix(OF_ANOTHER[0])) if said.startswith(OF_ANOTHER[0]) else shapes
        return Cause(f"its {names[0]} is {said}", difference, *values)
    owners = {text.removeprefix("that of ").rpartition(".")[0] for text in told if text and text.startswith("that of ")}
    all_names = f"{', '.join(names[:-1])} and {names[-1]}"
    same = all(text and text.startswith("that of ") for text in told)
    if same and len(owners) == 1 and first.layer.replace("/", ".") not in owners:
        owner = owners.pop()
        says = f"its {all_names} are {OF_ANOTHER[1]}another layer, {owner}"
        return Cause(says, difference, first.layer.replace("/", "."), owner)
    if not any(told):
        return Cause(f"its {all_names} are others than Keras's: of no weight of the model", difference, *shapes)
    parts = [f"its {name} is {text}" for name, text in zip(names, told, strict=True) if text]
    rest = [name for name, text in zip(names, told, strict=True) if not text]
    return Cause("; ".join([*parts, *([f"its {' and '.join(rest)} differ too"] if rest else [])]), difference, *shapes)


def _relation(reference: Reference, entry: Entry | None, weight: WrongWeight) -> str | None:
    tape = reference.tape
    others = ((name, read(tape.values[number])) for number, name in tape.held.items() if name != weight.source)
    told = relation(weight.found, weight.wanted, others)
    if told and told.startswith(f"that of {weight.layer.replace('/', '.')}."):
        return f"{told}: exchanged with it"
    drawn = weight.found.size >= 32 and abs(weight.found.mean()) < 0.25 and abs(weight.found.std() - 1) < 0.25
    if told is None and entry is not None and entry.name == "Embedding" and drawn:
        return "another than Keras's: it looks left as torch draws it at the start, normal"
    return told


def _part_name(name: str) -> str:
    """ "in_proj_weight#0/3" as it is spoken of."""
    whole, _, part = name.partition("#")
    index, _, count = part.partition("/")
    return f"{whole} (part {int(index) + 1} of {count})" if part else name


def _blocks(wrong: Sequence[WrongWeight]) -> Cause | None:
    """Parts of one tensor that are each other's: the order in which it holds them."""
    weights = {weight.name: weight for weight in wrong if "weight" in weight.name}
    names = {name.partition("#")[0] for name in weights}
    if len(names) != 1 or len(weights) < 2 or any(not name.endswith("/3") for name in weights):
        return None
    order = {}
    for own, weight in weights.items():
        for other, there in weights.items():
            if weight.found.shape == there.wanted.shape and (weight.found == there.wanted).all():
                order[_index(own)] = _index(other)
    if len(order) != len(weights):
        return None
    held = [order.get(place, place) for place in range(3)]
    found = ", ".join(_ROLES[place] for place in held)
    says = f"its {names.pop()} holds its 3 blocks in the order {tuple(held)}: {found}"
    return Cause(says, None, ", ".join(_ROLES), found)


def _index(part: str) -> int:
    return int(part.partition("#")[2].partition("/")[0])
