"""ImageDataGenerator of Keras 2, and what its flow_from_directory gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.datasets.folders_of_classes import LABELED_FILES
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_HEAD = '''
class GeneratedImages(Dataset):
    """Images (3, height, width) below `folder`, and their classes: the subfolders, sorted.

    `part` of each class: (0, 0.2) is its first fifth.
    """

    def __init__(
        self, folder: str, size: tuple[int, int], part: tuple[float, float] = (0, 1)
    ) -> None:
        files, self.classes = labeled_files(folder, (".bmp", ".jpeg", ".jpg", ".png"))
        self.size, self.files = size, []
        for number in range(len(self.classes)):
            inside = [file for file in files if file[1] == number]
            self.files += inside[int(part[0] * len(inside)) : int(part[1] * len(inside))]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        path, number = self.files[index]
        height, width = self.size
        picture = Image.open(path).convert("RGB").resize((width, height), Image.NEAREST)
        image = torch.from_numpy(np.array(picture, dtype=np.float32)).permute(2, 0, 1)
'''
_LABELS = {
    "categorical": "F.one_hot(torch.tensor(number), len(self.classes)).float()",
    "sparse": "torch.tensor(float(number))",
    "binary": "torch.tensor(float(number))",
}
#: Settings that move pixels at random, and what does so in torchvision.
_AFFINE = "is a random transformation; add torchvision.transforms.v2.{} to __getitem__"
_RANDOM = {
    "rotation_range": (0, "RandomRotation"), "width_shift_range": (0.0, "RandomAffine(0, translate=...)"),
    "height_shift_range": (0.0, "RandomAffine(0, translate=...)"), "brightness_range": (None, "ColorJitter"),
    "shear_range": (0.0, "RandomAffine(0, shear=...)"), "zoom_range": (0.0, "RandomAffine(0, scale=...)"),
    "channel_shift_range": (0.0, "ColorJitter"),
}  # fmt: skip
_FITTED = ("featurewise_center", "featurewise_std_normalization", "zca_whitening")


def emit_generator(site: Site) -> str:
    """A Dataset with the lines that the settings ask for, in Keras's order, and its DataLoader.

    Order: keras/src/legacy/preprocessing/image.py, _get_batches_of_transformed_samples and standardize.
    """
    config = site.config
    for name, (neutral, instead) in _RANDOM.items():
        config.only(name, neutral, because=_AFFINE.format(instead))
    for name in _FITTED:
        config.only(name, False, because="is fitted on data; take mean and deviation of your images, a channel each")
    config.only("preprocessing_function", None, because="is your own function; call it in __getitem__")
    rescale = config.optional_number("rescale")
    lines = [
        *_if(config.flag("horizontal_flip"), "if torch.rand(()) < 0.5:", "    image = image.flip(2)"),
        *_if(config.flag("vertical_flip"), "if torch.rand(()) < 0.5:", "    image = image.flip(1)"),
        *_if(rescale is not None, f"image = image * {literal(rescale)}"),
        *_if(config.flag("samplewise_center"), "image = image - image.mean()"),
        *_if(config.flag("samplewise_std_normalization"), "image = image / (image.std(correction=0) + 1e-6)"),
        f"return image, {_LABELS[site.keyword('class_mode', 'categorical')]}",
    ]
    site.helper(LABELED_FILES)
    name = site.helper(_HEAD + "\n".join(f"        {line}" for line in lines))
    split, subset = config.number("validation_split"), site.keyword("subset")
    part = {"validation": (0, split), "training": (split, 1), None: None}[subset]
    size = site.keyword("target_size", [256, 256])
    dataset = call(name, "folder", literal(tuple(size)), part=part, omit={"part": None})
    return call(
        "DataLoader", dataset, batch_size=site.keyword("batch_size", 32), shuffle=site.keyword("shuffle", True),
        omit={"shuffle": False},
    )  # fmt: skip


def _if(wanted: bool, *lines: str) -> list[str]:
    return list(lines) if wanted else []


def _case(case: str, config: dict[str, Any], done: str = "generator", **method: Any) -> Case:
    told = {"target_size": [6, 8], "batch_size": 4, "shuffle": False, **method}
    trial = {"as": done, "kind": "images", "draw": "folder", "channels": True, "method": told}
    return Case(case, config, x=(), call=told, trial=trial)


ImageDataGenerator = Entry(
    keras="keras.src.legacy.preprocessing.image.ImageDataGenerator",
    torch=("torch.utils.data.Dataset", "torch.utils.data.DataLoader"),
    says="Keras 2's way to images of a folder, changed at random: flow_from_directory(target_size=(256, 256), "
    'class_mode="categorical"). Keras resizes with PIL\'s nearest pixel, and divides only by rescale.',
    emit=emit_generator,
    kind="data",
    arguments=(
        Argument("featurewise_center", None, False, note="the port refuses it: mean over your images"),
        Argument("samplewise_center", None, False),
        Argument("featurewise_std_normalization", None, False, note="the port refuses it"),
        Argument("samplewise_std_normalization", None, False),
        Argument("zca_whitening", None, False, note="the port refuses it"),
        Argument("zca_epsilon", None, 1e-6, inert=True),
        *(
            Argument(name, f"v2.{instead}", neutral, note="the port refuses it: a transform of torchvision")
            for name, (neutral, instead) in _RANDOM.items()
        ),
        Argument("fill_mode", None, "nearest", inert=True),
        Argument("cval", None, 0.0, inert=True),
        Argument("horizontal_flip", "v2.RandomHorizontalFlip", False),
        Argument("vertical_flip", "v2.RandomVerticalFlip", False),
        Argument("rescale", None, None, how="times"),
        Argument("preprocessing_function", None, None, note="the port refuses it: call it in __getitem__"),
        Argument("data_format", None, None, inert=True),
        Argument("validation_split", None, 0.0, note="the first files of each class are for validation"),
        Argument("interpolation_order", None, 1, inert=True),
        Argument("dtype", None, None, inert=True),
    ),
    differences=(
        Difference(
            "validation-split",
            "The files for validation are the first of each class, not the last of all.",
            case="validation",
            swap=(("part=(0, 0.4)", "part=(0.67, 1)"),),
        ),
    ),
    cases=(
        _case("rescale", {"rescale": 2.0**-8}),
        _case(
            "standard", {"samplewise_center": True, "samplewise_std_normalization": True}, class_mode="sparse"
        )._replace(
            max_rel=1e-5, because="Keras reckons mean and deviation of a sample in float32"
        ),
        _case("validation", {"validation_split": 0.4}, subset="validation"),
        _case("training", {"validation_split": 0.4}, subset="training"),
        _case("flipped", {"horizontal_flip": True}, "flips"),
        _case("upside-down", {"vertical_flip": True}, "flips"),
    ),
    aliases=(
        "ImageDataGenerator", "flow_from_directory", "flow_from_dataframe",
        "tf.keras.preprocessing.image.ImageDataGenerator",
        "keras.preprocessing.image.ImageDataGenerator", "horizontal_flip",
    ),
)  # fmt: skip
