"""Pictures before the first layer: scaling, resizing, augmentation."""

from __future__ import annotations

from equivalence.schema import Guide, Suspect

Preprocessing = Guide(
    id="preprocessing-differs",
    title="What goes into the first layer differs",
    about="image picture pixel preprocess resiz imagenet interpolat antialias rgb totensor photo normali colo",
    says="The network agrees on one array, and not on one picture.",
    first="Compare the arrays that reach the first layer, before any layer.",
    asked=(
        "preprocessing mean std normalization torchvision",
        "preprocess_input equivalent in pytorch",
        "image resize gives different pixels",
        "bilinear interpolation align_corners false different result",
        "ToTensor scales to 0 1, pixels 0 to 255",
        "BGR or RGB, caffe mode",
        "colours of images are swapped, red and blue exchanged, images look blue",
        "antialias in resize",
        "ImageNet weights preprocessing wrong",
        "picture preprocessing for imagenet weights",
        "pixels differ after loading or resizing an image",
        "input normalised differently, range -1 to 1",
        "same picture gives different predictions",
    ),
    suspects=(
        Suspect("keras.layers.Rescaling#rescaling-order", "the offset is subtracted before the scaling"),
        Suspect("keras.layers.Rescaling#rescaling-channels", "numbers for each channel meet the width"),
        Suspect("keras.layers.Normalization#variance", "a variance was taken for a deviation"),
        Suspect("keras.layers.Resizing#antialias", "smaller pictures are smoother in one of the two"),
        Suspect("keras.layers.Resizing#nearest", "pictures resized to the nearest pixel"),
        Suspect("keras.layers.Resizing#half-pixel-centres", "bilinear: align_corners"),
        Suspect("keras.layers.Resizing#bicubic-coefficient", "bicubic"),
    ),
)

Augmentation = Guide(
    id="augmentation-differs",
    title="Augmented pictures differ",
    about="augment random flip rotat zoom shift transform jitter imagedatagenerator crop",
    says="Random layers draw from other ranges, or once for a batch.",
    asked=(
        "augmentation stronger in pytorch than in keras",
        "ImageDataGenerator replacement in keras 3 and torchvision transforms",
        "rotation range degrees or factor",
        "random flip per image or per batch",
        "torchvision transforms do not match keras random layers",
        "data augmentation equivalent",
        "random transforms turn, zoom or shift images too far",
    ),
    suspects=(
        Suspect("keras.layers.RandomRotation#fraction-of-a-turn", "pictures are turned much further, or hardly"),
        Suspect("keras.layers.RandomFlip#flip-per-batch", "all pictures of a batch are flipped together"),
        Suspect("keras.layers.RandomZoom#zoom-direction", "pictures are enlarged that were made smaller"),
        Suspect("keras.layers.RandomTranslation#translation-direction", "pictures move the other way"),
        Suspect("keras.layers.RandomBrightness#brightness-range", "brightness changes far too much"),
        Suspect("keras.layers.RandomContrast#contrast-per-channel", "contrast is scaled about another mean"),
    ),
    command="equivalence prove RandomRotation",
    first="What is random is not compared picture by picture: look at the ranges that both draw from.",
)
