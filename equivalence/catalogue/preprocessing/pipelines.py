"""Pipeline, MaxNumBoundingBoxes: around the layers that prepare images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.resizing.resizing_parts import only_images
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Entry, refuse_without_counterpart

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_images_alone(site: Site) -> Value:
    """nn.Identity: images pass as they are."""
    only_images(site)
    if site.x.rank != 4:
        site.refuse(f"its input has shape {site.x.shape}, not 4 axes")
    return site.unchanged(site.new(f"{site.module('nn.Identity()', weights=())}({site.x})", site.x.order))


MaxNumBoundingBoxes = Entry(
    keras="keras.layers.MaxNumBoundingBoxes",
    since="3.7",
    trains_by_default=True,
    torch=("torch.nn.Identity",),
    says="Cuts or fills lists of bounding boxes to one length; images alone pass as they are.",
    emit=emit_images_alone,
    arguments=(
        Argument("max_number", None, inert=True, note="of boxes, with which the layer is refused"),
        Argument("fill_value", None, -1, inert=True, note="of boxes", since=None),
        *LAYER_ARGUMENTS,
    ),
    legacy=(
        Argument("data_format", None, None, inert=True),
        Argument("bounding_box_format", None, None, inert=True, note="of boxes"),
    ),
    cases=(Case("images", {"max_number": 3}, x=(2, 4, 5, 3)),),
    aliases=("bounding boxes",),
)
Pipeline = Entry(
    keras="keras.layers.Pipeline",
    since="3.6",
    trains_by_default=True,
    torch=(),
    says="Applies layers one after the other, for preparing data.",
    emit=refuse_without_counterpart,
    arguments=(Argument("layers", None), *LAYER_ARGUMENTS),
    cases=(),
    no_counterpart="it is a way to prepare data rather than a layer; call its layers one after the other in the "
    "model, or in a keras.Sequential, and they are ported each",
)
