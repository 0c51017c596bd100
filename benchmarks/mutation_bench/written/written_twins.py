"""The four networks that this project keeps in both frameworks, at small sizes."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.mutation_bench.drawn_inputs import pictures
from benchmarks.mutation_bench.written_pair import WrittenPair
from keras_impl.inception_resnet_v2 import InceptionResNetV2 as KerasInceptionResNetV2
from keras_impl.inception_v3 import InceptionV3 as KerasInceptionV3
from keras_impl.mini_xception import MiniXception as KerasMiniXception
from keras_impl.xception import Xception as KerasXception
from torch_impl.inception_resnet_v2 import InceptionResNetV2
from torch_impl.inception_v3 import InceptionV3
from torch_impl.mini_xception import MiniXception
from torch_impl.xception import Xception

TWINS: dict[str, tuple[Any, Any, tuple[int, int, int]]] = {
    "mini_xception": (KerasMiniXception, MiniXception, (49, 62, 1)),
    "xception": (KerasXception, Xception, (71, 83, 3)),
    "inception_v3": (KerasInceptionV3, InceptionV3, (75, 107, 3)),
    "inception_resnet_v2": (KerasInceptionResNetV2, InceptionResNetV2, (75, 107, 3)),
}


class _TwinPlaces(dict[str, str]):
    """The path of every module whose name is the layer's with dots for underscores."""

    def __init__(self, torch: Any) -> None:
        super().__init__((path.replace(".", "_"), path) for path, _ in torch().named_modules())


def _pair(name: str) -> WrittenPair:
    keras, torch, shape = TWINS[name]
    given = {"classes": 7, "classifier_activation": None}
    made = partial(torch, channels=shape[-1], **given)
    return WrittenPair(
        name,
        partial(keras, input_shape=shape, **given),
        made,
        lambda random: [pictures(random, 2, *shape)],
        places=_TwinPlaces(made),
    )


PAIRS = tuple(map(_pair, TWINS))
