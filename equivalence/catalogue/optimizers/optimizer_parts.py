"""What the optimizers have in common: arguments, and gradients clipped as Keras clips them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

CLIPPED = '''
def clipped(
    gradients: list[Tensor], norm: float | None, value: float | None, whole: float | None
) -> list[Tensor]:
    """Gradients as Keras clips them: each to `norm`, all together to `whole`, or to +-`value`."""
    if norm:
        return [g * norm / g.norm().clamp(min=norm) for g in gradients]
    if whole:
        total = torch.stack([g.square().sum() for g in gradients]).sum().sqrt()
        return [
            g * (whole * torch.minimum(1 / total, torch.ones_like(total) / whole))
            for g in gradients
        ]
    return [g.clamp(-value, value) for g in gradients] if value else gradients
'''


def arguments() -> tuple[Argument, ...]:
    """What `keras.optimizers.Optimizer` takes."""
    return (
        Argument("weight_decay", None, None, note="decoupled, as in torch's AdamW"),
        Argument("clipnorm", None, None, note="each gradient by itself; torch's clip_grad_norm_ takes all together"),
        Argument("clipvalue", None, None),
        Argument("global_clipnorm", None, None, note="torch.nn.utils.clip_grad_norm_"),
        Argument("use_ema", None, False, note="torch.optim.swa_utils.AveragedModel; the port refuses it"),
        Argument("ema_momentum", None, 0.99, inert=True),
        Argument("ema_overwrite_frequency", None, None, inert=True),
        Argument("loss_scale_factor", None, None, note="torch.amp.GradScaler; the port refuses it"),
        Argument("gradient_accumulation_steps", None, None, note="the training loop's; the port refuses it"),
        Argument("name", None, None, inert=True),
    )


def clipping(site: Site) -> dict[str, float]:
    """The clipping that is switched on, as keyword arguments of the emitted optimizer."""
    site.config.only("use_ema", False)
    site.config.only("loss_scale_factor", None)
    site.config.only("gradient_accumulation_steps", None)
    wanted = {name: site.config.optional_number(name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
    return {name: value for name, value in wanted.items() if value}


def learning_rate(site: Site) -> str:
    """The learning rate as text; a schedule is refused."""
    value = site.config.value("learning_rate")
    if isinstance(value, dict):
        site.config.refuse("learning_rate", value.get("class_name"), "is a schedule, which has no translation yet")
    return literal(site.config.number("learning_rate"))
