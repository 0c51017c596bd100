"""LossScaleOptimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.nested_object import emit_nested
from equivalence.catalogue.optimizers.inner_optimizer import INNER_OPTIMIZERS
from equivalence.catalogue.optimizers.optimizer_parts import SHAPES, Lines
from equivalence.schema import Argument, Case, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site


def emit_loss_scale_optimizer(site: Site) -> Lines:
    """The optimizer inside, and a GradScaler beside it.

    Formula: keras/src/optimizers/loss_scale_optimizer.py, apply.
    """
    config = site.config
    scaler = call(
        "torch.amp.GradScaler",
        "'cpu'",
        init_scale=config.number("initial_scale"),
        growth_interval=config.integer("dynamic_growth_steps"),
    )
    return {**emit_nested(site, "inner_optimizer", INNER_OPTIMIZERS, "optimizer"), "scaler": scaler}


_INNER = {
    "module": "keras.optimizers",
    "class_name": "SGD",
    "config": {"learning_rate": 2.0**-5, "momentum": 0.5},
    "registered_name": None,
}

LossScaleOptimizer = Entry(
    keras="keras.optimizers.LossScaleOptimizer",
    torch=("torch.amp.GradScaler", "torch.optim.Optimizer"),
    says="Multiplies the loss, so that small gradients do not vanish in float16, and leaves out steps that overflow.",
    emit=emit_loss_scale_optimizer,
    kind="optimizer",
    arguments=(
        Argument(
            "inner_optimizer", None, note="scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()"
        ),
        Argument("initial_scale", "init_scale", 2.0**15, note="65536 in torch, where nothing is said"),
        Argument("dynamic_growth_steps", "growth_interval", 2000),
        Argument("name", None, None, inert=True),
    ),
    legacy=(
        Argument("weight_decay", None, None, inert=True),
        Argument("clipnorm", None, None, inert=True),
        Argument("global_clipnorm", None, None, inert=True),
        Argument("clipvalue", None, None, inert=True),
        Argument("use_ema", None, False, inert=True),
        Argument("ema_momentum", None, 0.99, inert=True),
        Argument("ema_overwrite_frequency", None, None, inert=True),
        Argument("loss_scale_factor", None, None, inert=True),
        Argument("gradient_accumulation_steps", None, None, inert=True),
    ),
    cases=(
        Case(
            "plain",
            {"inner_optimizer": _INNER, "initial_scale": 1024.0, "dynamic_growth_steps": 8},
            x=SHAPES,
            trial={"infinite_at": [3, 20, 21]},
        ),
    ),
    aliases=("loss scaling", "mixed precision", "GradScaler"),
)
