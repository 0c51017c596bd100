"""What several layers say together, said once: after all is emitted, when it is known who uses what.

Every rule replaces an expression by another that gives the same numbers, and asks that what it leaves out has no
other use. What was left out is still computed where verification listens to it (`ForwardDraft.needed`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from equivalence.emit.draft import ClassDraft, ForwardDraft, uses_of
from equivalence.emit.padding_merges import merge_paddings
from equivalence.emit.tree_rewriting import inlined, literal_of
from equivalence.emit.unpacking import unpack
from equivalence.translation.call_site import Value
from equivalence.translation.structure import leaves_of

_TOKEN = re.compile(r"_v\d+_\Z")
#: What may be asked of a mask twice, and answers the same.
_REPEATABLE = frozenset("shape new_ones tril triu flip any all bool unsqueeze transpose dtype".split())


def simplify(draft: ClassDraft, helpers: Mapping[str, str]) -> None:
    """Rewrites the forwards of a class, and what its modules are made with.

    `helpers`: sources of the file's helpers, by name. What a module is called in the state_dict, and what it holds
    there, stays.
    """
    for forward in draft.forwards:
        _say_masks_once(forward)
        _keep_dimensions(forward)
        _cancel_permutations(forward)
    merge_paddings(draft, helpers)
    for forward in draft.forwards:
        unpack(forward)


def _say_masks_once(forward: ForwardDraft) -> None:
    """A mask that is computed twice is computed once, and `mask | mask` is `mask`."""
    first: dict[str, str] = {}
    same: dict[str, ast.expr] = {}
    returned = {value.token for value in leaves_of(Value, forward.returned)}
    for value in forward.values:
        tree = forward.trees[value.token] = inlined(forward.trees[value.token], same)
        if value.dtype != "bool" or value.token in returned:
            continue
        match tree:
            case ast.BinOp(left=ast.Name(id=one), op=ast.BitOr() | ast.BitAnd(), right=ast.Name(id=other)):
                if one == other:
                    same[value.token] = tree.left
                    continue
        if _is_repeatable(tree):
            known = first.setdefault(ast.dump(tree), value.token)
            if known != value.token:
                same[value.token] = ast.Name(known, ast.Load())


def _is_repeatable(tree: ast.expr) -> bool:
    """Whether it asks nothing but other values: no module, nothing drawn at random."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return all(_TOKEN.match(name) or name == "torch" for name in names) and asked <= _REPEATABLE


def _keep_dimensions(forward: ForwardDraft) -> None:
    """Pooling over an image keeps its dimensions where they would be added again, and drops them where they would be
    flattened away."""
    uses, ranks = uses_of(forward), {value.token: value.rank for value in forward.values}
    for value in forward.values:
        match forward.trees[value.token]:
            case ast.Subscript(value=ast.Name(id=pooled), slice=ast.Tuple(elts=index)):
                wanted = [":", ":", *["None"] * (len(index) - 2)]
                keepdim, dims = True, tuple(range(2, len(index)))
                if [ast.unparse(item) for item in index] != wanted:
                    continue
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="torch"), attr="flatten"),
                args=[ast.Name(id=pooled), ast.Constant(value=1)],
                keywords=[],
            ) if ranks.get(pooled, 0) > 2:
                keepdim, dims = False, tuple(range(2, ranks[pooled]))
            case _:
                continue
        if uses[pooled] == 1 and pooled in forward.trees:
            made = _pooled_again(forward.trees[pooled], dims, keepdim)
            forward.trees[value.token] = made or forward.trees[value.token]


def _pooled_again(tree: ast.expr, dims: tuple[int, ...], keepdim: bool) -> ast.expr | None:
    """The same pooling with the other `keepdim`. None where it is no pooling over these dimensions."""
    match tree:
        case ast.Call(func=ast.Attribute(attr="mean" | "amax"), args=[], keywords=keywords):
            given = {keyword.arg or "": literal_of(keyword.value) for keyword in keywords}
            stated = dims if len(dims) > 1 else dims[0] if dims else None
            if stated is None or given != ({"dim": stated} if keepdim else {"dim": stated, "keepdim": True}):
                return None
            kept = [ast.keyword("keepdim", ast.Constant(True))] if keepdim else []
            return ast.Call(tree.func, [], [keywords[0], *kept])
    return None


def _cancel_permutations(forward: ForwardDraft) -> None:
    """What is turned and turned back is the same, and two turns of what nothing else uses are one."""
    uses = uses_of(forward)
    turns: dict[str, tuple[str, tuple[int, ...]]] = {}  # token -> what it is turned from, and how
    same: dict[str, str] = {}
    for value in forward.values:
        tree = forward.trees[value.token]
        if isinstance(tree, ast.Name):
            source = same[value.token] = same.get(tree.id, tree.id)
            uses[source] += uses[value.token] - 1
            continue
        if (found := _turn(tree, value.rank)) is None:
            continue
        source, order = same.get(found[0], found[0]), found[1]
        if source in turns and len(turns[source][1]) == len(order):
            first, before = turns[source]
            both = tuple(before[axis] for axis in order)
            if both == tuple(range(len(both))):
                forward.trees[value.token] = ast.Name(first, ast.Load())
                same[value.token] = first
                continue
            if uses[source] == 1:
                source, order = first, both
                forward.trees[value.token] = ast.parse(f"{first}.permute{both!r}", mode="eval").body
        turns[value.token] = source, order


def _turn(tree: ast.expr, rank: int) -> tuple[str, tuple[int, ...]] | None:
    """What `x.permute(…)` or `x.transpose(…)` turns, and the order of its axes; None for anything else."""
    match tree:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=source), attr=method), args=args, keywords=[]):
            stated = [literal_of(arg) for arg in args]
            if not all(type(number) is int and -rank <= number < rank for number in stated):
                return None
            numbers = [number % rank for number in stated]
            if method == "permute" and sorted(numbers) == list(range(rank)):
                return source, tuple(numbers)
            if method == "transpose" and len(numbers) == 2:
                axes = list(range(rank))
                axes[numbers[0]], axes[numbers[1]] = numbers[1], numbers[0]
                return source, tuple(axes)
    return None
