"""RandomFlip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.augmentation.augmentation_parts import FORMAT, GENERAL, KERAS_2, SEED, augmented, images
from equivalence.catalogue.mistaken_sources import naive
from equivalence.schema import Argument, Case, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

RANDOM_FLIP = '''
class RandomFlip(nn.Module):
    """In training, flips each image along all of `dims`, or not, with a probability of one half."""

    def __init__(self, *dims: int) -> None:
        super().__init__()
        self.dims = dims

    def draw(self, x: Tensor) -> tuple[Tensor]:
        return (torch.rand(len(x), 1, 1, 1, device=x.device) <= 0.5,)

    def transform(self, x: Tensor, flips: Tensor) -> Tensor:
        return torch.where(flips, x.flip(self.dims), x)

    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x, *self.draw(x)) if self.training else x
'''
DIMS = {"horizontal": (3,), "vertical": (2,), "horizontal_and_vertical": (2, 3)}


def emit_random_flip(site: Site, source: str = RANDOM_FLIP) -> Value:
    """A helper module: one draw for an image, for both directions."""
    mode = site.config.choice("mode", *DIMS)
    return augmented(site, images(site, cast=True), source, *DIMS[mode])


RandomFlip = Entry(
    keras="keras.layers.RandomFlip",
    since="2.3.0-tf",
    torch=("torch.flip", "torch.where"),
    says="Flips each image in training with a probability of one half: horizontally, vertically, or both at once.",
    arguments=(
        Argument("mode", None, "horizontal_and_vertical", note="dimension 3, 2, or both"),
        SEED,
        FORMAT,
        *GENERAL,
    ),
    legacy=KERAS_2,
    differences=(
        Difference(
            "both-at-once",
            "horizontal_and_vertical, the default, flips in both directions or in none; a horizontal and a vertical "
            "flip after another, each with its draw, also give images that are flipped in one.",
            case="both",
            naive=naive(
                emit_random_flip,
                RANDOM_FLIP,
                (
                    "        return torch.where(flips, x.flip(self.dims), x)\n",
                    "        x = torch.where(flips, x.flip(2), x)\n"
                    "        return torch.where(torch.rand(len(x), 1, 1, 1) <= 0.5, x.flip(3), x)\n",
                ),
            ),
            seen_in="train",
        ),
        Difference(
            "flip-per-batch",
            "Every image has its own draw; a torchvision transform that is given a batch draws once for all of it.",
            case="horizontal",
            naive=naive(emit_random_flip, RANDOM_FLIP, ("torch.rand(len(x), 1", "torch.rand(1, 1")),
            seen_in="train",
        ),
    ),
    cases=(
        Case("both", {"mode": "horizontal_and_vertical", "seed": 1}, x=(4, 5, 6, 3)),
        Case("horizontal", {"mode": "horizontal", "seed": 2}, x=(4, 5, 6, 3)),
        Case("vertical", {"mode": "vertical", "seed": 3}, x=(4, 5, 6, 3)),
        Case("any-size", {"seed": 4}, x=(4, 5, 6, 1), declared=(None, None, 1)),
        Case("channels-first", {"mode": "horizontal", "data_format": "channels_first", "seed": 5}, x=(4, 3, 5, 6)),
        Case("whole-numbers", {"mode": "horizontal", "seed": 6}, x=(4, 5, 6, 3), draw="ids:256"),
    ),
    aliases=("RandomHorizontalFlip", "RandomVerticalFlip", "tf.image.random_flip_left_right"),
    emit=emit_random_flip,
    training="random images",
    trains_by_default=True,
)
