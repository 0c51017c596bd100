"""Embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.core.adaptation import note_forgotten_scale
from equivalence.schema import LAYER_ARGUMENTS, Argument, Case, Difference, Entry, Weight
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


def emit_embedding(site: Site) -> Value:
    """nn.Embedding; with mask_zero the mask ids != 0 goes with its output."""
    config, ids = site.config, site.take(site.x, KERAS)
    config.only("quantization_config", None)
    note_forgotten_scale(site)
    rows = f"{ids}" if ids.dtype in ("int32", "int64") else f"{ids}.long()"
    embedding = site.module(call("nn.Embedding", config.integer("input_dim"), config.integer("output_dim")))
    output = site.new(f"{embedding}({rows})", KERAS)
    output.mask = site.new(f"{ids} != 0", KERAS, hint="mask") if config.flag("mask_zero") else None
    return output


Embedding = Entry(
    whole_numbers="indices",
    keras="keras.layers.Embedding",
    torch=("torch.nn.Embedding", "torch.nn.functional.embedding"),
    says="Looks up a learned vector for each index.",
    arguments=(
        Argument("input_dim", "num_embeddings"),
        Argument("output_dim", "embedding_dim"),
        Argument("embeddings_initializer", None, "uniform", inert=True, note="torch starts at N(0, 1), Keras at ±0.05"),
        Argument("embeddings_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
        Argument("embeddings_constraint", None, None, inert=True, note="acts in Keras's training step"),
        Argument("mask_zero", None, False, note="index 0 is masked for the layers behind; not padding_idx=0"),
        Argument("weights", None, None, inert=True, note="initial values; the file holds the trained ones", since=None),
        Argument("lora_rank", None, None, inert=True, note="the port holds the sum", since=None),
        Argument("lora_alpha", None, None, inert=True, note="the port holds the sum", since=None),
        Argument("quantization_config", None, None, note="None alone", since=None),
        *LAYER_ARGUMENTS,
    ),
    legacy=(Argument("input_length", None, None, inert=True, note="the input's shape says it"),),
    weights=(Weight("embeddings", "weight"),),
    differences=(
        Difference(
            "mask-zero",
            "mask_zero=True makes a mask, and vector 0 is trained like any other; padding_idx=0 makes no mask and "
            "stops the gradient of vector 0.",
            case="mask-zero",
            swap=(("nn.Embedding(7, 5)", "nn.Embedding(7, 5, padding_idx=0)"),),
            seen_in="gradients",
        ),
    ),
    cases=(
        Case("defaults", {"input_dim": 7, "output_dim": 5}, x=(2, 9), draw="ids:7"),
        Case("mask-zero", {"input_dim": 7, "output_dim": 5, "mask_zero": True}, x=(3, 11), draw="ids:7"),
        Case("unknown-length", {"input_dim": 7, "output_dim": 5}, x=(2, 9), declared=(None,), draw="ids:7"),
        Case("two-axes", {"input_dim": 11, "output_dim": 5}, x=(2, 3, 4), draw="ids:11"),
        Case("lora", {"input_dim": 7, "output_dim": 5, "lora_rank": 2, "lora_alpha": 4}, x=(2, 9), draw="ids:7"),
    ),
    emit=emit_embedding,
    layout="last",
    mask="own",
)
