"""keras.tree: functions on nested lists, tuples and dictionaries."""

from __future__ import annotations

from equivalence.schema import Argument, Entry, refuse_without_counterpart


def _tree(name: str, says: str, instead: str, *arguments: Argument, aliases: tuple[str, ...] = ()) -> Entry:
    """What torch keeps in torch.utils._pytree; Keras itself calls optree, a small library that it brings along."""
    return Entry(
        keras=f"keras.tree.{name}",
        torch=(),
        says=says,
        emit=refuse_without_counterpart,
        kind="tool",
        arguments=arguments,
        aliases=(f"tf.nest.{name}", *aliases),
        no_counterpart=f"torch (2.13) has trees in the private torch.utils._pytree alone; {instead}",
    )


_STRUCTURE, _FUNC = Argument("structure"), Argument("func")
_TWO = (Argument("a"), Argument("b"))

Flatten = _tree(
    "flatten",
    "The leaves of a structure as a list.",
    "call optree.tree_leaves(structure, none_is_leaf=True)",
    _STRUCTURE,
)
FlattenWithPath = _tree(
    "flatten_with_path",
    "The leaves of a structure, each with the keys that lead to it.",
    "call optree.tree_flatten_with_path(structure, none_is_leaf=True), which gives paths, leaves and a spec",
    _STRUCTURE,
)
MapStructure = _tree(
    "map_structure",
    "A structure of what a function makes of each leaf.",
    "call optree.tree_map(func, structure, none_is_leaf=True)",
    _FUNC,
    Argument("structures"),
    Argument("none_is_leaf", None, True, inert=True),
    aliases=("tree_map", "jax.tree_util.tree_map"),
)
MapStructureUpTo = _tree(
    "map_structure_up_to",
    "The same, down to where another structure ends.",
    "call the function on the parts that optree.tree_structure(shallow_structure).flatten_up_to(structure) gives",
    Argument("shallow_structure"),
    _FUNC,
    Argument("structures"),
)
MapShapeStructure = _tree(
    "map_shape_structure",
    "The same where shapes, as tuples of whole numbers, are leaves.",
    "call optree.tree_map(func, structure, is_leaf=is_shape) with a function that says what a shape is",
    _FUNC,
    _STRUCTURE,
)
PackSequenceAs = _tree(
    "pack_sequence_as",
    "Leaves put into the form of a structure.",
    "call optree.tree_unflatten(optree.tree_structure(structure, none_is_leaf=True), flat_sequence)",
    _STRUCTURE,
    Argument("flat_sequence"),
)
IsNested = _tree(
    "is_nested",
    "Whether something is a structure rather than a leaf.",
    "ask whether not optree.treespec_is_leaf(optree.tree_structure(structure, none_is_leaf=True))",
    _STRUCTURE,
    aliases=("is_sequence",),
)
Traverse = _tree(
    "traverse",
    "Calls a function on every part of a structure, and puts what it gives in its place.",
    "write the few lines of recursion, or use optree.tree_map with is_leaf",
    _FUNC,
    _STRUCTURE,
    Argument("top_down", None, True, inert=True),
)
ListsToTuples = _tree(
    "lists_to_tuples",
    "A structure with tuples for its lists.",
    "write the few lines of recursion",
    _STRUCTURE,
)
AssertSameStructure = _tree(
    "assert_same_structure",
    "Raises ValueError where two structures differ.",
    "compare optree.tree_structure(a, none_is_leaf=True) == optree.tree_structure(b, none_is_leaf=True)",
    *_TWO,
    Argument("check_types", None, None),
)
AssertSamePaths = _tree(
    "assert_same_paths",
    "Raises ValueError where the paths to the leaves of two structures differ.",
    "compare optree.tree_paths(a, none_is_leaf=True) == optree.tree_paths(b, none_is_leaf=True)",
    *_TWO,
)
MapToNone = _tree(
    "MAP_TO_NONE",
    "What a function of `traverse` gives for a part that is to become None.",
    "write the few lines of recursion, in which None is just None",
)
