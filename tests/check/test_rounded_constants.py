"""Numbers that a module has written down, where Keras computes them: rounding is a note, anything more is a fault."""

from __future__ import annotations

from functools import cache

import keras
import pytest
import torch
from by_hand import randomised, verified
from keras import layers
from torch import Tensor, nn

from equivalence import check
from equivalence.verification.ported import Ported

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@cache
def normalised(adapted: bool) -> Ported:
    """As EfficientNet (by weights) and ConvNeXt (by numbers) begin."""
    image = keras.Input((6, 5, 3))
    variance = [deviation**2 for deviation in DEVIATION]
    norm = layers.Normalization(name="norm", **({} if adapted else {"mean": list(MEAN), "variance": variance}))
    model = randomised(keras.Model(image, layers.Conv2D(4, 2, name="conv")(norm(layers.Rescaling(1 / 255)(image)))))
    if adapted:
        norm.set_weights([torch.tensor(MEAN).numpy(), torch.tensor(variance).numpy(), norm.get_weights()[2]])
        norm.finalize_state()
    return verified(model)


class Normalised(nn.Module):
    def __init__(self, deviation: tuple[float, ...] = DEVIATION) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(deviation).view(1, 3, 1, 1), persistent=False)
        self.conv = nn.Conv2d(3, 4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv((x / 255 - self.mean) / self.std)


@pytest.mark.parametrize("weights", ["transfer", "given"])
@pytest.mark.parametrize("adapted", [False, True], ids=["numbers", "weights"])
def test_rounding_is_a_note(adapted: bool, weights: str) -> None:
    ported, module = normalised(adapted), Normalised()
    if weights == "given":
        kernel = {name.rpartition(".")[2]: tensor for name, tensor in ported.module.named_parameters()}
        module.conv.load_state_dict({name: kernel[name] for name in ("weight", "bias")})
    found = check(ported, module, weights=weights)
    assert found.equal is True, [(fault.keras, fault.cause) for fault in found.faults]
    assert {row.status for row in found.layers} <= {"equal", "within"}
    assert "Constants are Keras's but for the rounding of float32: norm." in found.notes


@pytest.mark.parametrize("adapted", [False, True], ids=["numbers", "weights"])
def test_anything_more_is_a_fault(adapted: bool) -> None:
    found = check(normalised(adapted), Normalised((0.229, 0.224, 0.225001)))
    assert found.equal is False
    assert [fault.keras for fault in found.faults] == ["norm"]
