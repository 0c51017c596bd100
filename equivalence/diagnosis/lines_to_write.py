"""The line that a torch module needs for a Keras layer: the port's own, as its source has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from equivalence.diagnosis.reference import Landmark, Reference
from equivalence.emit.draft import ClassDraft, ForwardDraft, used_tokens
from equivalence.emit.tree_rewriting import inlined
from equivalence.translation.call_site import Value


def constructor(reference: Reference, path: str) -> str | None:
    """How the port makes the module of a layer: "nn.BatchNorm2d(8, eps=0.001)"; None where it has none."""
    owner, name = _owner(reference, path)
    attribute = next((a for a, keras in owner.renamed.items() if keras == name), name)
    return owner.modules.get(attribute)


def expression(reference: Reference, landmark: Landmark) -> str | None:
    """What the port computes in a layer's call: "F.relu(self.conv(F.pad(x, (0, 1, 0, 1))))"; inputs are x, y, z."""
    owner, name = _owner(reference, landmark.path)
    for forward in owner.forwards:
        for value in forward.values:
            if (name, landmark.node, landmark.index) in value.taps and value.expr:
                return ast.unparse(_composed(forward, value))
    return None


def carried(reference: Reference, name: str) -> str | None:
    """How a parameter comes of Keras's array: "rearrange(kernel, 'h w i o -> o i h w')".

    `name`: of the port's parameter, or of the array, "conv/kernel".
    """
    for placed in reference.ported.draft.placements:
        rule = placed.rule
        if name in (placed.parameter, f"{placed.layer}/{rule.keras}") and placed.stored is not None:
            array = rule.keras if rule.pick is None else f"{rule.keras}[{rule.pick}]"
            moved = f"rearrange({array}, {rule.how!r})" if rule.how else array
            return f"{moved}, its blocks in the order {rule.blocks}" if rule.blocks else moved
    return None


def _owner(reference: Reference, path: str) -> tuple[ClassDraft, str]:
    """The class whose forward calls a layer, and the layer's name there."""
    owner, parts = reference.ported.draft.root, path.split("/")
    for depth in range(len(parts)):
        rest = "/".join(parts[depth:])
        nested = next((a for a, name in owner.paths.items() if name and rest.startswith(f"{name}/")), None)
        if nested is None:
            return owner, rest
        owner = owner.children[nested]
    return owner, parts[-1]


def _composed(forward: ForwardDraft, value: Value) -> ast.expr:
    """The expression of a layer from the outputs of the layers before it, which get plain names."""
    by_token = {other.token: other for other in forward.values}
    inputs = dict.fromkeys(_inputs(forward, value.token, by_token, first=True))
    names = {token: ast.Name("xyz"[at] if at < 3 else f"x{at}") for at, token in enumerate(inputs)}

    def written(token: str, first: bool = False) -> ast.expr:
        if token in names and not first:
            return names[token]
        tree = forward.trees[token]
        return inlined(tree, {used: written(used) for used in used_tokens(tree)})

    return written(value.token, first=True)


def _inputs(forward: ForwardDraft, token: str, by_token: dict[str, Value], first: bool = False) -> Iterator[str]:
    value = by_token.get(token)
    if token not in forward.trees or (not first and value is not None and value.taps):
        yield token
        return
    for used in used_tokens(forward.trees[token]):
        yield from _inputs(forward, used, by_token)
