"""ops.image.gaussian_blur, sobel_edges, ssim: images under fixed windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.images.images_parts import DATA_FORMAT, IMAGES, float_images
from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

GAUSSIAN_BLUR = '''
def gaussian_blur(x: Tensor, size: int, sigma: tuple[float, float]) -> Tensor:
    """Each channel under a Gaussian window: deviation sigma[0] across, sigma[1] down, sum 1."""
    at = torch.arange(size).to(x) - (size - 1) / 2
    across, down = (torch.softmax(-0.5 * (at / s) ** 2, 0) for s in sigma)
    kernel = torch.outer(down, across).expand(x.shape[1], 1, size, size)
    before, after = (size - 1) // 2, size // 2
    return F.conv2d(F.pad(x, (before, after, before, after)), kernel, groups=x.shape[1])
'''

_SOBEL = '''
def sobel_edges(x: Tensor) -> Tensor:
    """Each channel's change down and across, (N, C, 2, H, W); the image is mirrored at its edge."""
    down = torch.tensor([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]).to(x)
    kernels = torch.stack([down, down.T])[:, None].repeat(x.shape[1], 1, 1, 1)
    x = torch.cat([x[:, :, 1:2], x, x[:, :, -2:-1]], 2)
    x = torch.cat([x[..., 1:2], x, x[..., -2:-1]], 3)
    return F.conv2d(x, kernels, groups=x.shape[1]).unflatten(1, (-1, 2))
'''

_SSIM = '''
def ssim(x: Tensor, y: Tensor, size: int, sigma: float, c1: float, c2: float) -> Tensor:
    """The structural similarity of each pair of images, under a Gaussian window."""
    channels = x.shape[1]
    at = torch.arange(size).to(x) - (size - 1) / 2
    row = torch.softmax(-(at**2) / (2 * sigma**2), 0)
    window = torch.outer(row, row).expand(5 * channels, 1, size, size)
    means = F.conv2d(torch.cat([x, y, x * x, y * y, x * y], 1), window, groups=5 * channels)
    mean_x, mean_y, xx, yy, xy = means.unflatten(1, (5, channels)).unbind(1)
    likeness = (2 * mean_x * mean_y + c1) * (2 * (xy - mean_x * mean_y) + c2)
    scale = (mean_x**2 + mean_y**2 + c1) * (xx - mean_x**2 + yy - mean_y**2 + c2)
    return (likeness / scale).mean((1, 2, 3))
'''


def emit_gaussian_blur(site: Site) -> Value:
    """A convolution of each channel with a window made where it is used."""
    image, size = float_images(site), site.config.integers("kernel_size", 2)
    if size[0] != size[1]:
        site.config.refuse("kernel_size", size, "is not square: Keras's backends lay such a window out differently")
    given = site.config.value("sigma")
    sigma = tuple(given) if isinstance(given, (list, tuple)) else (given, given)
    if len(sigma) != 2 or not all(isinstance(s, (int, float)) and not isinstance(s, bool) and s > 0 for s in sigma):
        site.config.refuse("sigma", given, "should be two numbers above 0")
    text = call(site.helper(GAUSSIAN_BLUR), f"{image}", size[0], tuple(map(float, sigma)))
    return site.new(text, image.order)


def emit_sobel(site: Site) -> Value:
    """A convolution of each channel with two windows; the two come last, as in Keras."""
    image = float_images(site)
    if 1 in image.sizes:
        site.refuse(f"its images of {image.sizes} pixels have no second row or column to mirror at the edge")
    back = "permute(0, 1, 3, 4, 2)" if image.order == KERAS else "permute(0, 3, 4, 1, 2)"
    return site.new(f"{site.helper(_SOBEL)}({image}).{back}", KERAS)


def emit_ssim(site: Site) -> Value:
    """The formula, over windows that lie within the image."""
    given = operands(site, "image1", "image2")
    if not all(map(is_tensor, given)):
        site.refuse("one of its images is no tensor of the model")
    first, second = (float_images(site, value) for value in given)
    config = site.config
    c1, c2 = ((config.number(name) * config.number("max_val")) ** 2 for name in ("k1", "k2"))
    size, sigma = config.integer("filter_size"), config.number("filter_sigma")
    return site.new(call(site.helper(_SSIM), f"{first}", f"{second}", size, sigma, c1, c2), KERAS)


GaussianBlur = Entry(
    keras="keras.ops.image.gaussian_blur",
    torch=("torch.nn.functional.conv2d",),
    says="Each channel under a Gaussian window; beyond the edge are zeros.",
    emit=emit_gaussian_blur,
    kind="operation",
    arguments=(
        IMAGES,
        Argument("kernel_size", None, (3, 3), note="of the window; what is not square the port refuses"),
        Argument("sigma", None, (1.0, 1.0), note="across, then down"),
        DATA_FORMAT,
    ),
    differences=(
        Difference(
            "edge",
            "Keras puts zeros beyond the edge; torchvision's gaussian_blur mirrors the image there.",
            case="defaults",
            swap=(
                ("gaussian_blur({x}", "gaussian_blur(F.pad({x}, (1, 1, 1, 1), mode='reflect')"),
                ("0))", "0))[:, :, 1:-1, 1:-1]"),
            ),
        ),
    ),
    cases=(
        Case("defaults", {}, x=(2, 5, 7, 3)),
        Case("uneven-sigma", {"kernel_size": (5, 5), "sigma": (0.5, 2.0)}, x=(2, 7, 9, 2)),
        Case("even-window", {"kernel_size": (4, 4), "sigma": (1.5, 1.5)}, x=(2, 7, 9, 2)),
        Case("channels-first", {"data_format": "channels_first"}, x=(2, 3, 5, 7)),
        Case("unknown-sizes", {}, x=(2, 5, 7, 3), declared=(None, None, 3)),
    ),
    aliases=("torchvision.transforms.v2.GaussianBlur", "transforms.GaussianBlur"),
    stored=stored("GaussianBlur", "image"),
    layout="spatial",
)
SobelEdges = Entry(
    keras="keras.ops.image.sobel_edges",
    torch=("torch.nn.functional.conv2d",),
    says="The change of each channel down and across, in a last axis of 2.",
    emit=emit_sobel,
    kind="operation",
    arguments=(IMAGES, DATA_FORMAT),
    differences=(
        Difference(
            "edge",
            "The image is mirrored beyond its edge; padding=1 puts zeros there.",
            case="images",
            swap=(("sobel_edges({x})", "sobel_edges(F.pad({x}, (1, 1, 1, 1)))[..., 1:-1, 1:-1]"),),
        ),
    ),
    cases=(
        Case("images", {}, x=(2, 5, 7, 3)),
        Case("channels-first", {"data_format": "channels_first"}, x=(2, 3, 5, 7)),
        Case("unknown-sizes", {}, x=(2, 5, 7, 3), declared=(None, None, 3)),
    ),
    aliases=("tf.image.sobel_edges",),
    stored=stored("SobelEdges", "image", "image.sobel_edges"),
    layout="spatial",
)
SSIM = Entry(
    keras="keras.ops.image.ssim",
    torch=("torch.nn.functional.conv2d",),
    says="The structural similarity of two images, one number for each pair.",
    emit=emit_ssim,
    kind="operation",
    arguments=(
        Argument("image1", None),
        Argument("image2", None),
        Argument("max_val", None, 1.0, note="both constants are its square times k1's or k2's"),
        Argument("filter_size", None, 11),
        Argument("filter_sigma", None, 1.5),
        Argument("k1", None, 0.01),
        Argument("k2", None, 0.03),
        DATA_FORMAT,
    ),
    cases=(
        Case("defaults", {}, x=[(2, 13, 12, 3), (2, 13, 12, 3)], draw="uniform"),
        Case(
            "settings",
            {"max_val": 2.0, "filter_size": 5, "filter_sigma": 1.0, "k1": 0.05, "k2": 0.1},
            x=[(2, 7, 9, 2), (2, 7, 9, 2)],
        ),
        Case(
            "channels-first",
            {"filter_size": 3, "data_format": "channels_first"},
            x=[(2, 3, 7, 9), (2, 3, 7, 9)],
            draw="uniform",
        ),
    ),
    aliases=("tf.image.ssim", "structural similarity"),
    stored=stored("SSIM", "image"),
    layout="spatial",
)
