"""Single images: loaded, saved, as tensors, resized without distortion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

LOAD_IMG = '''
def load_img(
    path: str | Path, mode: str = "RGB", size: tuple[int, int] | None = None, resample: int = 0
) -> Image.Image:
    """An image of a file; `size` is its height and width."""
    image = Image.open(path).convert(mode)
    return image if size is None else image.resize((size[1], size[0]), resample)
'''
IMG_TO_ARRAY = '''
def img_to_array(image: Image.Image, dtype: torch.dtype = torch.float32) -> Tensor:
    """A PIL image as a tensor (channels, height, width), 0 to 255."""
    array = np.array(image).reshape(image.height, image.width, -1)
    return torch.from_numpy(array).permute(2, 0, 1).to(dtype)
'''
ARRAY_TO_IMG = '''
def array_to_img(x: Tensor, scale: bool = True) -> Image.Image:
    """A tensor (channels, height, width) as an image; `scale` brings its range to 0 to 255."""
    if scale:
        x = x - x.min()
        x = x / x.max() * 255 if x.max() else x
    array = x.permute(1, 2, 0).to(torch.uint8).numpy()
    return Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)
'''
SMART_RESIZE = '''
def smart_resize(x: Tensor, size: tuple[int, int], mode: str = "bilinear") -> Tensor:
    """The largest middle part of (channels, height, width) with the proportions of `size`, resized."""
    height, width = x.shape[-2:]
    kept_height = min(height, int(width * size[0] / size[1]))
    kept_width = min(width, int(height * size[1] / size[0]))
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    part = x[None, :, top : top + kept_height, left : left + kept_width].float()
    exact = {} if mode == "nearest-exact" else {"align_corners": False}
    return F.interpolate(part, size, mode=mode, **exact)[0]
'''
#: PIL's numbers of ways to resample.
_RESAMPLE = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
_PIL_MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
#: How torch calls Keras's ways to resize a tensor.
MODES = {"bilinear": "bilinear", "nearest": "nearest-exact"}
_FORMAT = Argument("data_format", None, None, note="torch's images have their channels first")
BECAUSE = "Keras on TensorFlow resizes in float32"


def pil_mode(site: Site) -> str:
    """The text of PIL's mode for `color_mode`."""
    return f'"{_PIL_MODES[site.config.choice("color_mode", *_PIL_MODES)]}"'


def size_of(site: Site, name: str) -> str:
    """The text of a height and a width."""
    return literal(site.config.integers(name, 2))


def emit_load_img(site: Site) -> str:
    """PIL, as Keras uses it."""
    config = site.config
    config.only("keep_aspect_ratio", False, because="is PIL's ImageOps.fit(image, (width, height))")
    size = None if config.value("target_size") is None else size_of(site, "target_size")
    resample = _RESAMPLE[config.choice("interpolation", *_RESAMPLE)]
    return call(
        site.helper(LOAD_IMG), "file", mode=pil_mode(site), size=size, resample=resample,
        omit={"mode": '"RGB"', "size": None, "resample": 0},
    )  # fmt: skip


def emit_img_to_array(site: Site) -> str:
    """np.array, with the channels where torch has them."""
    config = site.config
    config.only("data_format", None, "channels_first", because="is not how torch has images")
    dtype = config.value("dtype")
    if dtype is not None:
        dtype = f"torch.{config.choice('dtype', 'float16', 'float32', 'float64', 'uint8')}"
    return call(site.helper(IMG_TO_ARRAY), "x", dtype=dtype, omit={"dtype": None})


def emit_array_to_img(site: Site) -> str:
    """Image.fromarray."""
    config = site.config
    config.only("data_format", None, "channels_first", because="is not how torch has images")
    config.only("dtype", None, because="is the float that Keras scales in")
    return call(site.helper(ARRAY_TO_IMG), "x", scale=config.flag("scale"), omit={"scale": True})


def emit_save_img(site: Site) -> str:
    """Image.save, by the ending of the file's name."""
    config = site.config
    config.only("data_format", None, "channels_first", because="is not how torch has images")
    config.only("file_format", None, because="is Image.save(file, format)")
    image = call(site.helper(ARRAY_TO_IMG), "x", scale=config.flag("scale"), omit={"scale": True})
    return f"{image}.save(file)"


def emit_smart_resize(site: Site) -> str:
    """A middle part, and F.interpolate.

    Formula: keras/src/utils/image_utils.py, smart_resize.
    """
    config = site.config
    config.only("data_format", "channels_last", because="is as torch has images; here Keras's have their channels last")
    mode = MODES[config.choice("interpolation", *MODES)]
    return call(site.helper(SMART_RESIZE), "x", size_of(site, "size"), mode=f'"{mode}"', omit={"mode": '"bilinear"'})


def _file(case: str, **config: Any) -> Case:
    return Case(case, config, x=(), trial={"as": "file", "given": "file", "draw": "folder"})


def _image(case: str, on: str, draw: str, done: str = "call", **config: Any) -> Case:
    trial = {"as": done, "on": ["x"], "given": on, "draw": draw, "channels": True}
    return Case(case, config, x=(), trial=trial)


LoadImg = Entry(
    keras="keras.utils.load_img",
    torch=(),
    says="Reads an image with PIL, and resizes it. torchvision.io.decode_image gives a tensor right away.",
    emit=emit_load_img,
    kind="data",
    arguments=(
        Argument("path", "path"),
        Argument("color_mode", "mode", "rgb"),
        Argument("target_size", "size", None, note="height and width, PIL's resize takes width and height"),
        Argument("interpolation", "resample", "nearest", note="PIL's own default is bicubic"),
        Argument("keep_aspect_ratio", None, False, note="the port refuses it: ImageOps.fit"),
    ),
    differences=(
        Difference(
            "nearest",
            "Keras takes the nearest pixel where nothing is said, PIL's resize a bicubic mean.",
            case="resized",
            swap=((", resample)", ")"),),
        ),
    ),
    cases=(
        _file("resized", target_size=[4, 6]),
        _file("plain"),
        _file("bilinear", target_size=[5, 4], interpolation="bilinear", color_mode="grayscale"),
        _file("rgba", color_mode="rgba"),
    ),
    aliases=("load_img", "keras.preprocessing.image.load_img", "load image", "PIL.Image.open"),
)
ImgToArray = Entry(
    keras="keras.utils.img_to_array",
    torch=("torch.from_numpy", "torch.permute"),
    says="Makes an array of 0 to 255 of an image. torchvision's to_tensor divides by 255 besides.",
    emit=emit_img_to_array,
    kind="data",
    arguments=(Argument("img", "image"), _FORMAT, Argument("dtype", "dtype", None)),
    differences=(
        Difference(
            "scale",
            "torchvision's ToTensor gives 0 to 1, Keras 0 to 255.",
            case="plain",
            swap=((".to(dtype)", ".to(dtype) / 255"),),
        ),
    ),
    cases=(_image("plain", "x", "image", "image"), _image("dtype", "x", "image", "image", dtype="float64")),
    aliases=("img_to_array", "keras.preprocessing.image.img_to_array", "ToTensor", "pil to tensor"),
)
ArrayToImg = Entry(
    keras="keras.utils.array_to_img",
    torch=(),
    says="Makes an image of an array, whose range it brings to 0 to 255 unless scale=False.",
    emit=emit_array_to_img,
    kind="data",
    arguments=(
        Argument("x", "x"), _FORMAT, Argument("scale", "scale", True),
        Argument("dtype", None, None, note="the port refuses it"),
    ),
    cases=(_image("plain", "x", "picture"), _image("whole", "x", "image", scale=False)),
    aliases=("array_to_img", "keras.preprocessing.image.array_to_img", "to_pil_image"),
)  # fmt: skip
SaveImg = Entry(
    keras="keras.utils.save_img",
    torch=(),
    says="Writes an array as an image, whose range it brings to 0 to 255 unless scale=False.",
    emit=emit_save_img,
    kind="data",
    arguments=(
        Argument("path", "file"), Argument("x", "x"), _FORMAT,
        Argument("file_format", None, None, note="by the ending; the port refuses it"),
        Argument("scale", "scale", True),
    ),
    cases=(_image("plain", "file, x", "picture", "saved"), _image("whole", "file, x", "image", "saved", scale=False)),
    aliases=("save_img", "keras.preprocessing.image.save_img", "save image", "torchvision.utils.save_image"),
)  # fmt: skip
SmartResize = Entry(
    keras="keras.preprocessing.image.smart_resize",
    torch=("torch.nn.functional.interpolate",),
    says="Takes the largest middle part that has the proportions wanted, and resizes it.",
    emit=emit_smart_resize,
    kind="data",
    arguments=(
        Argument("x", "x"), Argument("size", "size", note="height and width"),
        Argument("interpolation", "mode", "bilinear"), Argument("data_format", None, "channels_last", inert=True),
        Argument("backend_module", None, None, inert=True),
    ),
    differences=(
        Difference(
            "distorted",
            "Resizing alone distorts the image.",
            case="wide",
            swap=(("top : top + kept_height, left : left + kept_width", ":, :"),),
        ),
    ),
    cases=(
        _image("wide", "x", "image", size=[6, 4])._replace(max_rel=1e-6, because=BECAUSE),
        _image("high", "x", "image", size=[4, 12], interpolation="nearest"),
    ),
    aliases=("smart_resize", "resize without distortion", "center crop resize"),
)  # fmt: skip
