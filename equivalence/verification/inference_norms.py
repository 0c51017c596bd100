"""The normalizations of a port that its emitted file folds for inference."""

from __future__ import annotations

from equivalence.emit.inference_text import FoldedNorm
from equivalence.errors import EquivalenceError
from equivalence.torch_side.folded_norms import foldable, kind_of
from equivalence.torch_side.loading import as_given, floats_of, unchanged
from equivalence.verification.ported import Ported
from equivalence.verification.sample_inputs import draw_inputs
from equivalence.verification.tapped import in_port_order


def inference_norms(ported: Ported) -> tuple[tuple[FoldedNorm, ...], str]:
    """What folds, as it runs on sample inputs; or nothing, and why it could not be run."""
    module = ported.module
    try:
        inputs = in_port_order(ported, draw_inputs(ported))
    except EquivalenceError as error:
        return (), f"Nothing is folded for inference: {error}"
    with unchanged(module):
        pairs = foldable(module, [as_given(array, floats_of(module, ported.draft.floats)) for array in inputs])
    found = [(layer, norm, kind_of(module.get_submodule(layer))) for layer, norm in pairs]
    return tuple(FoldedNorm(norm, layer, kind) for layer, norm, kind in found if kind != "transposed"), ""
