"""Folders of files whose subfolders are classes: images, texts, sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.datasets.image_files import BECAUSE, MODES, SMART_RESIZE, pil_mode, size_of
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

LABELED_FILES = '''
def labeled_files(
    folder: str | Path,
    endings: tuple[str, ...],
    seed: int | None = None,
    part: tuple[str, float] | None = None,
) -> tuple[list[tuple[Path, int]], list[str]]:
    """Files with the numbers of their classes, and the names of these: the subfolders, sorted.

    `seed` draws their order, as Keras does before it keeps a `part`: ("validation", 0.2), say.
    """
    found = [path for path in Path(folder).iterdir() if path.is_dir()]
    classes = sorted(path.name for path in found if not path.name.startswith("."))
    files = []
    for number, name in enumerate(classes):
        below = [path for path in (Path(folder) / name).rglob("*") if path.is_file()]
        inside = sorted((str(path.parent), path.name) for path in below)
        files += [(Path(*path), number) for path in inside if path[1].lower().endswith(endings)]
    if seed is not None:
        np.random.RandomState(seed).shuffle(files)
    if part is not None:
        kept = len(files) - int(part[1] * len(files))
        files = files[:kept] if part[0] == "training" else files[kept:]
    return files, classes
'''
IMAGES = '''
class Images(Dataset):
    """Images (3, height, width) of 0 to 255, resized, and their classes."""

    def __init__(self, files: list, classes: list[str], size: tuple[int, int]) -> None:
        self.files, self.classes, self.size = files, classes, size

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        path, number = self.files[index]
        array = np.array(Image.open(path).convert("RGB"), dtype=np.float32)
        image = torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1)
        image = F.interpolate(image[None], self.size, mode="bilinear", align_corners=False)[0]
        return image, torch.tensor(number)
'''
TEXTS = '''
class Texts(Dataset):
    """Texts and their classes."""

    def __init__(self, files: list, classes: list[str]) -> None:
        self.files, self.classes = files, classes

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[str, Tensor]:
        path, number = self.files[index]
        return path.read_text("utf-8"), torch.tensor(number)
'''
SOUNDS = '''
class Sounds(Dataset):
    """Sounds (steps, channels) of -1 to 1, of files with 16 bits, and their classes."""

    def __init__(self, files: list, classes: list[str]) -> None:
        self.files, self.classes = files, classes

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        path, number = self.files[index]
        with wave.open(str(path)) as file:
            steps = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
            sound = torch.from_numpy(steps.reshape(-1, file.getnchannels()) / np.float32(32768))
        return sound, torch.tensor(number)


def padded(batch: list) -> tuple[Tensor, Tensor]:
    """A batch of sounds, with zeros behind the shorter ones."""
    sounds = nn.utils.rnn.pad_sequence([sound for sound, _ in batch], batch_first=True)
    return sounds, torch.stack([label for _, label in batch])
'''
#: What stands where a label is made, by `label_mode`, and what is written instead.
_LABEL = "torch.tensor(number)"
_LABELS = {
    "int": _LABEL,
    "categorical": "F.one_hot(torch.tensor(number), len(self.classes)).float()",
    "binary": "torch.tensor([number], dtype=torch.float32)",
}
_IMAGE_ENDINGS = '(".bmp", ".gif", ".jpeg", ".jpg", ".png")'


def _files(site: Site, endings: str) -> str:
    """The call that lists the files. Raises Refused for labels that are given, and for grain."""
    config = site.config
    config.only("labels", "inferred", because="are given; a Dataset takes them as a list beside the files")
    config.only("class_names", None, because="choose and order the classes; write that list in place of the sorted one")
    config.only("follow_links", False, because="is rglob(..., recurse_symlinks=True) of Python 3.13")
    for name in ("format", "verbose"):
        if config.entry.argument(name) and name == "format":
            config.only(name, "tf", because="is grain's")
    shuffle, seed, subset = config.flag("shuffle"), config.value("seed"), config.value("subset")
    part = None
    if config.value("validation_split") is not None:
        part = f'("{config.choice("subset", "training", "validation")}", {literal(config.number("validation_split"))})'
    elif subset is not None:
        config.refuse("subset", subset, "needs validation_split")
    drawn = config.integer("seed", 0) if shuffle and seed is not None and part else None
    given = call(
        site.helper(LABELED_FILES), "folder", endings, seed=drawn, part=part, omit={"seed": None, "part": None}
    )
    return f"*{given}"


def _loader(site: Site, text: str, dataset: str, collate: str | None = None) -> str:
    """The DataLoader over a Dataset whose text and call are given."""
    config = site.config
    mode = config.value("label_mode")
    if mode is None:
        first = next(name for name in ("image, ", "sound, ", 'path.read_text("utf-8"), ') if name in text)
        text = text.replace(f"return {first}{_LABEL}", f"return {first.removesuffix(', ')}")
    else:
        text = text.replace(_LABEL, _LABELS[config.choice("label_mode", *_LABELS)], 1 if "padded" in text else -1)
    site.helper(text)
    more = {"collate_fn": collate} if collate else {}
    return call(
        "DataLoader", dataset, batch_size=config.value("batch_size"), shuffle=config.flag("shuffle"), **more,
        omit={"shuffle": False},
    )  # fmt: skip


def emit_images(site: Site) -> str:
    """A Dataset of the files, in Keras's order and with its split.

    Order and split: keras/src/utils/dataset_utils.py, index_directory and get_training_or_validation_split.
    """
    config = site.config
    config.only("pad_to_aspect_ratio", False, because="is F.pad before F.interpolate")
    config.only("data_format", None, "channels_first", because="is not how torch has images")
    text = IMAGES.replace('"RGB"', pil_mode(site))
    mode = MODES[config.choice("interpolation", *MODES)]
    if config.flag("crop_to_aspect_ratio"):
        site.helper(SMART_RESIZE)
        resized = f"smart_resize(image, self.size{'' if mode == 'bilinear' else f', {mode!r}'})"
        text = text.replace('F.interpolate(image[None], self.size, mode="bilinear", align_corners=False)[0]', resized)
    elif mode != "bilinear":
        text = text.replace('mode="bilinear", align_corners=False', f'mode="{mode}"')
    files = _files(site, _IMAGE_ENDINGS)
    return _loader(site, text, f"Images({files}, {size_of(site, 'image_size')})")


def emit_texts(site: Site) -> str:
    """A Dataset of the files, in Keras's order and with its split."""
    text = TEXTS
    longest = site.config.value("max_length")
    if longest is not None:
        cut = f'path.read_text("utf-8")[:{site.config.integer("max_length")}]'
        text = text.replace('path.read_text("utf-8")', cut)
    files = _files(site, '(".txt",)')
    return _loader(site, text, f"Texts({files})")


def emit_sounds(site: Site) -> str:
    """A Dataset of the files, in Keras's order and with its split."""
    config = site.config
    config.only("sampling_rate", None, because="is torchaudio.functional.resample's")
    config.only("ragged", False, because="is a list of tensors, which collate_fn=list gives")
    length = config.value("output_sequence_length")
    text, collate = SOUNDS, "padded"
    if length is not None:
        steps = config.integer("output_sequence_length")
        fixed = f"F.pad(sound[:{steps}], (0, 0, 0, max(0, {steps} - len(sound))))"
        text, collate = text.partition("\n\ndef padded")[0].replace("return sound,", f"return {fixed},"), ""
    elif config.value("label_mode") is None:
        config.refuse("label_mode", None, "needs output_sequence_length here")
    files = _files(site, '(".wav",)')
    return _loader(site, text, f"Sounds({files})", collate or None)


_COMMON: dict[str, Any] = {
    "labels": "inferred", "label_mode": "int", "class_names": None, "batch_size": 32, "shuffle": True, "seed": None,
    "validation_split": None, "subset": None, "follow_links": False, "verbose": True,
}  # fmt: skip
_NOTES = {
    "labels": "the port refuses a list: make it a column of the Dataset",
    "label_mode": "categorical: rows with a one; binary: floats (N, 1)",
    "class_names": "the port refuses it",
    "seed": "of the order before the split, which numpy's RandomState draws the same",
    "subset": "the last files of that order are for validation; both: two loaders",
    "follow_links": "the port refuses it",
    "interpolation": "nearest: Keras gives whole numbers then",
}


def _arguments(*before: Argument, **more: Any) -> tuple[Argument, ...]:
    stated = {**_COMMON, **more}
    return (
        Argument("directory", "folder"),
        *before,
        *(
            Argument(
                name, None, default, note=_NOTES.get(name, ""),
                inert=name in ("verbose", "format", "data_format", "pad_to_aspect_ratio", "ragged"),
            )
            for name, default in stated.items()
        ),
    )  # fmt: skip


def _case(case: str, kind: str, unordered: bool = False, channels: bool = False, **config: Any) -> Case:
    trial = {"as": "folder", "kind": kind, "given": "folder", "draw": "folder", "unordered": unordered}
    settings = {"batch_size": 4, "shuffle": False, **config}
    made = Case(case, settings, x=(), trial={**trial, "channels": channels})
    return made._replace(max_rel=1e-6, because=BECAUSE) if channels else made


def _images(case: str, kind: str = "images", unordered: bool = False, **config: Any) -> Case:
    return _case(case, kind, unordered, True, **{"image_size": [6, 8], **config})


ImageDataset = Entry(
    keras="keras.utils.image_dataset_from_directory",
    torch=("torch.utils.data.Dataset", "torch.utils.data.DataLoader", "torch.nn.functional.interpolate"),
    says="Gives batches of the images of a folder, of 0 to 255, with the numbers of their subfolders. "
    "torchvision.datasets.ImageFolder has the same classes in the same order; its transforms resize with antialiasing.",
    emit=emit_images,
    kind="data",
    arguments=_arguments(
        color_mode="rgb", image_size=(256, 256), interpolation="bilinear", crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False, data_format=None, format="tf",
    ),
    differences=(
        Difference(
            "antialias",
            "torchvision's Resize, and PIL's, mean over all pixels of what they make smaller; Keras takes the four "
            "nearest.",
            case="plain",
            swap=(('mode="bilinear", align_corners=False)', 'mode="bilinear", align_corners=False, antialias=True)'),),
        ),
    ),
    cases=(
        _images("plain"),
        _images("categorical", label_mode="categorical", interpolation="nearest"),
        _images("gray", color_mode="grayscale")._replace(
            max_rel=1 / 128, because="TensorFlow's decoder rounds gray otherwise than PIL: 1 of 255 off"
        ),
        _images("binary", "pair", label_mode="binary", crop_to_aspect_ratio=True),
        _images("unlabelled", label_mode=None, color_mode="rgba"),
        _images("training", unordered=True, shuffle=True, seed=7, validation_split=0.3, subset="training"),
        _images("validation", seed=7, validation_split=0.3, subset="validation"),
    ),
    aliases=(
        "image_dataset_from_directory", "keras.preprocessing.image_dataset_from_directory", "ImageFolder",
        "torchvision.datasets.ImageFolder", "load images from folder",
    ),
)  # fmt: skip
TextDataset = Entry(
    keras="keras.utils.text_dataset_from_directory",
    torch=("torch.utils.data.Dataset", "torch.utils.data.DataLoader"),
    says="Gives batches of the texts of a folder, with the numbers of their subfolders.",
    emit=emit_texts,
    kind="data",
    arguments=_arguments(max_length=None, format="tf"),
    cases=(
        _case("plain", "texts"),
        _case("short", "texts", max_length=9, label_mode="categorical"),
        _case("validation", "texts", seed=7, validation_split=0.3, subset="validation"),
    ),
    aliases=(
        "text_dataset_from_directory",
        "keras.preprocessing.text_dataset_from_directory",
        "load texts from folder",
    ),
)
#: What makes a batch of samples that are of one size.
_COLLATE = ("torch.utils.data.default_collate", "torch.utils.data.default_convert")
AudioDataset = Entry(
    keras="keras.utils.audio_dataset_from_directory",
    torch=("torch.utils.data.Dataset", "torch.utils.data.DataLoader", "torch.nn.utils.rnn.pad_sequence", *_COLLATE),
    related=_COLLATE,
    says="Gives batches of the .wav files of a folder, with the numbers of their subfolders; shorter ones are filled "
    "up with zeros.",
    emit=emit_sounds,
    kind="data",
    arguments=_arguments(sampling_rate=None, output_sequence_length=None, ragged=False),
    cases=(_case("plain", "sounds"), _case("cut", "sounds", output_sequence_length=34, label_mode="categorical")),
    aliases=("audio_dataset_from_directory", "load wav files from folder"),
)
