"""Where legacy `.h5` files keep the arrays of each layer: one list a layer, by position."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from equivalence.formats.adapted_weights import merge_adaptations
from equivalence.formats.document import Document
from equivalence.formats.former_layers import turn_from_cudnn
from equivalence.formats.hdf5 import Group
from equivalence.formats.nested_weights import distribute, weight_count
from equivalence.formats.refusal import shown
from equivalence.translation.graph import Graph, Layer, Stored

#: States of random generators that Keras 2.6 to 2.8 listed among the weights.
GENERATOR_STATE = "StateVar"


def is_legacy(tree: Group) -> bool:
    """Whether a tree lists its layers by name."""
    return not {"layer_names", "layer_names0"}.isdisjoint(tree.attributes())


def names_in_model(graph: Graph, weights: Group, document: Document) -> dict[str, str]:
    """What the model calls the layers that a file of weights alone has under other names; empty where it has none.

    Keras goes by their order (keras/src/legacy/saving/legacy_h5_format.py): the first layer with weights has those of
    the first group with arrays. Raises Refused where there are not as many of both.
    """
    names = _names(weights, "layer_names", document)
    if {layer.name for layer in graph.layers}.issuperset(names):
        return {}
    filled = [name for name in names if (group := weights.group(name)) and _names(group, "weight_names", document)]
    having = [layer.name for layer in graph.layers if weight_count(layer, document)]
    if len(filled) != len(having):
        raise document.refuse(
            f"the file has arrays of {len(filled)} layers, and {len(having)} layers of the model have weights"
        )
    return {**dict.fromkeys(names, ""), **dict(zip(filled, having, strict=True))}


def attach_legacy(graph: Graph, weights: Group, document: Document, called: Mapping[str, str] | None = None) -> None:
    """Gives every layer of the graph its arrays, as one list under None, in the file's order.

    `called`: what the model calls layers that the file has under other names ("": none of its own).
    That order is: trainable arrays first, then the others. `Stored.name` is the last part of the
    recorded name ("kernel"); what stands before it is not reliable. Raises Refused where an array
    belongs to no layer or is missing.
    """
    by_name = {layer.name: layer for layer in graph.layers}
    left = {array.path for array in weights.every_array()}
    for name in _names(weights, "layer_names", document):
        own = (called or {}).get(name, name)
        if not own:
            continue
        if own not in by_name:
            raise document.refuse(f"the file has arrays of layer {shown(name)}, which the model lacks")
        group = weights.group(name)
        if group is None:
            raise document.refuse(f"the group of layer {shown(name)} is missing")
        arrays = listed_arrays(group, document)
        left.difference_update(array.path for array in arrays)
        _give(by_name[own], [array for array in arrays if array.name != GENERATOR_STATE], document)
    merge_adaptations(graph.layers, document)
    turn_from_cudnn(graph.layers)
    if left:
        raise document.refuse(f"the array {shown(min(left))} belongs to no layer of the model")


def _give(layer: Layer, arrays: list[Stored], document: Document) -> None:
    if layer.graph is not None or layer.inside:
        distribute(layer, arrays, document)
    elif arrays:
        layer.stored[None] = arrays


def listed_arrays(group: Group, document: Document) -> list[Stored]:
    """The arrays that `weight_names` of a group lists, in that order. Raises Refused where one is missing."""
    arrays = []
    for name in _names(group, "weight_names", document):
        array = group.array(name)
        if array is None:
            raise document.refuse(f"the array {shown(f'{group.path}/{name}')} is missing")
        array.name = name.rpartition("/")[2].partition(":")[0]
        arrays.append(array)
    return arrays


def _names(group: Group, key: str, document: Document) -> list[str]:
    """An attribute that lists names; a long one is split into `key0`, `key1`, …"""
    attributes = group.attributes()
    if key in attributes:
        return _decoded(attributes, key, group, document)
    names: list[str] = []
    for part in itertools.count():
        if f"{key}{part}" not in attributes:
            break
        names += _decoded(attributes, f"{key}{part}", group, document)
    return names


def _decoded(attributes: Mapping[str, Any], key: str, group: Group, document: Document) -> list[str]:
    names = []
    for value in np.ravel(attributes[key]):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        names.append(document.expect(text, str, f"an item of {key} of {shown(group.path)}"))
    return names
