"""LoRA of Dense and Embedding: what Keras makes of its scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def note_forgotten_scale(site: Site) -> None:
    """States that the Keras of today reads a legacy `.h5` with another lora_alpha than it holds.

    Their build calls enable_lora(lora_rank) without it. `.keras` files hold the sum, where it is no matter.
    """
    rank, alpha = site.config.value("lora_rank"), site.config.value("lora_alpha")
    if None in site.layer.stored and rank and alpha not in (None, rank):
        site.meant_otherwise(
            f"Keras 3 forgets lora_alpha={alpha!r:.40} when it reads an .h5, and takes lora_rank={rank!r:.40}"
        )
