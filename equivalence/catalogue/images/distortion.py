"""ops.image.elastic_transform."""

from __future__ import annotations

from equivalence.catalogue.images.images_parts import DATA_FORMAT, IMAGES
from equivalence.catalogue.operations.operation_parts import stored
from equivalence.schema import Argument, Case, Entry, refuse_without_counterpart

ElasticTransform = Entry(
    keras="keras.ops.image.elastic_transform",
    torch=(),
    says="Images distorted by a smooth random field, another one at each call.",
    emit=refuse_without_counterpart,
    kind="operation",
    arguments=(
        IMAGES,
        Argument("alpha", None, 20.0),
        Argument("sigma", None, 5.0),
        Argument("interpolation", None, "bilinear"),
        Argument("fill_mode", None, "reflect"),
        Argument("fill_value", None, 0.0),
        Argument("seed", None, None),
        DATA_FORMAT,
    ),
    cases=(
        Case(
            "settings",
            {"alpha": 2.0, "sigma": 1.0, "interpolation": "nearest", "fill_mode": "nearest", "fill_value": 0.5},
            x=(2, 5, 7, 3),
        ),
    ),
    aliases=("torchvision.transforms.v2.ElasticTransform",),
    stored=stored("ElasticTransform", "image"),
    no_counterpart="its field is drawn anew at each call, in inference too, by Keras's own generator; distort images "
    "before the model, by torchvision.transforms.v2.ElasticTransform",
)
