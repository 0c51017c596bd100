"""preprocess_input of each family of keras.applications: what its networks were trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.translation.call_site import Site

#: The text of each mode for images (N, 3, H, W) of 0 to 255, and what it does.
_MODES = {
    "tf": ("x / 127.5 - 1", "Brings 0 to 255 to -1 to 1 (mode tf)."),
    "torch": (
        "(x / 255 - {mean}) / {std}".format(
            mean="torch.tensor([0.485, 0.456, 0.406], dtype=x.dtype).view(3, 1, 1)",
            std="torch.tensor([0.229, 0.224, 0.225], dtype=x.dtype).view(3, 1, 1)",
        ),
        "Brings 0 to 255 to 0 to 1, and then to ImageNet's mean 0 and deviation 1 a channel, as torchvision does "
        "(mode torch).",
    ),
    "caffe": (
        "x.flip(1) - torch.tensor([103.939, 116.779, 123.68], dtype=x.dtype).view(3, 1, 1)",
        "Turns RGB to BGR and takes ImageNet's means off, without a scale (mode caffe).",
    ),
    "none": ("x", "Does nothing: the networks hold the scaling themselves, and take 0 to 255."),
}


def _emit(mode: str) -> Callable[[Site], str]:
    text = _MODES[mode][0]

    def emit(site: Site) -> str:
        site.config.only("data_format", None, "channels_last", because="is torch's order: leave the axes as they are")
        return text

    return emit


def _by_mode(site: Site) -> str:
    return _emit(site.config.choice("mode", "caffe", "tf", "torch"))(site)


def _torchvision(site: Site) -> str:
    """The mistake: what torchvision's networks take."""
    for argument in site.entry.arguments[1:]:
        site.config.value(argument.keras)
    return _MODES["torch"][0]


def _entry(module: str, mode: str) -> Entry:
    _, says = _MODES[mode]
    torchvision = Difference(
        "torchvision",
        "Networks of torchvision take images by ImageNet's mean and deviation; these were trained on others.",
        case="images",
        naive=_torchvision,
    )
    return Entry(
        keras=f"keras.applications.{module}.preprocess_input",
        torch=("torch.flip",) if mode == "caffe" else (),
        says=says,
        emit=_emit(mode),
        kind="data",
        arguments=(
            Argument("x", "x", note="RGB, 0 to 255"),
            Argument("data_format", None, None, note="channels_first is as torch has images; the port refuses it"),
        ),
        differences=() if mode == "torch" else (torchvision,),
        cases=(
            Case(
                "images", {}, x=(),
                trial={"as": "call", "on": ["x"], "given": "x", "draw": "images", "channels": True},
            ),
        ),
        aliases=(f"{module} preprocess_input",),
    )  # fmt: skip


ConvNeXt = _entry("convnext", "none")
DenseNet = _entry("densenet", "torch")
EfficientNet = _entry("efficientnet", "none")
EfficientNetV2 = _entry("efficientnet_v2", "none")
ImageNetUtils = _entry("imagenet_utils", "caffe")._replace(
    says="Prepares images as one of the families' preprocess_input does, by mode.",
    emit=_by_mode,
    arguments=(*_entry("imagenet_utils", "caffe").arguments, Argument("mode", None, "caffe")),
    cases=tuple(
        _entry("imagenet_utils", "caffe").cases[0]._replace(id=name, config={"mode": mode})
        for name, mode in (("images", "caffe"), ("tf", "tf"), ("torch", "torch"))
    ),
)
InceptionResNetV2 = _entry("inception_resnet_v2", "tf")
InceptionV3 = _entry("inception_v3", "tf")
MobileNet = _entry("mobilenet", "tf")
MobileNetV2 = _entry("mobilenet_v2", "tf")
MobileNetV3 = _entry("mobilenet_v3", "none")
NASNet = _entry("nasnet", "tf")
ResNet = _entry("resnet", "caffe")
ResNet50 = _entry("resnet50", "caffe")
ResNetV2 = _entry("resnet_v2", "tf")
VGG16 = _entry("vgg16", "caffe")
VGG19 = _entry("vgg19", "caffe")
Xception = _entry("xception", "tf")
