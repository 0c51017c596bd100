"""What the layers that augment images share: where their numbers come from, and the call of their module.

Each becomes a module of the emitted file: `draw` takes from the batch what Keras takes at random, `transform` does
with it what Keras does, and `forward` passes images on as they are unless the module is in training mode. All of
them take images with channels first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from equivalence.schema import LAYER_ARGUMENTS, Argument
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Image, Site, Value

SEED = Argument(
    "seed", None, None, inert=True, note="torch draws other numbers, from the same distribution", since=None
)
FORMAT = Argument("data_format", None, None, note="channels_last is moved to channels first", since=None)
#: Keras hands these to its base classes; images alone are translated.
GENERAL = (
    Argument(
        "bounding_box_format",
        None,
        None,
        inert=True,
        note="of labels, which a model of images does not have",
        since=None,
    ),
    *LAYER_ARGUMENTS,
)
#: What Keras 2 wrote besides.
KERAS_2 = (Argument("rng_type", None, None, inert=True, note="which generator of TensorFlow draws"),)
VALUE_RANGE = Argument("value_range", None, (0, 255), note="the lowest and the highest value of a pixel")


def images(site: Site, channels: tuple[int, ...] = (), *, cast: bool = False) -> Image:
    """The batch, channels first. Raises Refused for another rank, and for another number of channels than Keras takes.

    `cast`: Keras makes floats of whole numbers, in inference too; where it does not, they are refused.
    """
    x = site.x
    # Keras writes its own default, True, where nothing was said; fit and predict set it whatever is written
    site.keyword("training")
    if not x.dtype.startswith("float"):
        if not cast:
            site.refuse(f"it is called on {x.dtype}, which only its training turns into floats; cast it before")
        x = site.new(f"{x}.to(torch.float32)", x.order)
    image = site.images(4, x)
    if channels and image.channels not in channels:
        site.refuse(f"its images have {image.channels} channels, where Keras takes {' or '.join(map(str, channels))}")
    return image


def augmented(
    site: Site,
    image: Image,
    source: str,
    *arguments: Any,
    helpers: tuple[str, ...] = (),
    omit: Mapping[str, Any] | None = None,
    fresh: bool = False,
    **keywords: Any,
) -> Value:
    """The batch after a module of the emitted file, the same object at inference unless it was cast or is `fresh`.

    Keyword arguments equal to those in `omit`, the module's own defaults, are left out.
    """
    for helper in helpers:
        site.helper(helper)
    layer = site.module(call(site.helper(source), *arguments, omit=omit, **keywords))
    made = site.new(f"{layer}({image})", image.order)
    return site.unchanged(made) if site.x.dtype.startswith("float") and not fresh else made


def span(site: Site, name: str, lowest: float, highest: float, mirrored: bool = True) -> tuple[float, float]:
    """The least and the greatest of what is drawn, of a number or of two, as Keras reads them.

    A number f means from -f, or from `lowest` where that is greater, to f; with `mirrored` false from 0 to f.
    Raises Refused for what does not lie in these bounds.
    """
    value = site.config.value(name)
    given = value if isinstance(value, (list, tuple)) else [value]
    wrong = any(isinstance(v, bool) or not isinstance(v, (int, float)) or not math.isfinite(v) for v in given)
    if wrong or len(given) != (2 if given is value else 1):
        site.config.refuse(name, value, "should be a number, or the least and the greatest")
    if not all(lowest <= v <= highest for v in given):
        site.config.refuse(name, value, f"should lie between {lowest:g} and {highest:g}")
    if given is value:
        return (float(min(given)), float(max(given)))
    return (max(-abs(float(value)), float(lowest)) if mirrored else 0.0, abs(float(value)))


def value_range(site: Site, *, ordered: bool = False) -> tuple[float, float]:
    """The two numbers of `value_range`; `ordered`, if Keras sorts them."""
    value = site.config.value("value_range")
    fits = isinstance(value, (list, tuple)) and len(value) == 2
    if not fits or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in value):
        site.config.refuse("value_range", value, "should be two numbers")
    low, high = map(float, sorted(value) if ordered else value)
    if low >= high:
        site.config.refuse("value_range", value, "should be the lowest and the highest value")
    return low, high


def short(number: float) -> float | int:
    """255 for 255.0, as a person writes it."""
    return int(number) if number == int(number) else number


def pair(numbers: tuple[float, float]) -> tuple[float | int, float | int]:
    """Both as a person writes them."""
    return short(numbers[0]), short(numbers[1])
