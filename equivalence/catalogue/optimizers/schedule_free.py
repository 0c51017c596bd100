"""ScheduleFreeAdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import LEGACY, SHAPES, Lines, arguments, shared_cases, written
from equivalence.schema import Argument, Case, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_SCHEDULE_FREE_ADAMW = '''
class KerasScheduleFreeAdamW(KerasOptimizer):
    """AdamW without a schedule: gradients are taken between where the steps led and the mean of that."""

    def __init__(
        self, params, lr=0.0025, betas=(0.9, 0.999), eps=1e-08, warmup_steps=0, **shared
    ) -> None:
        super().__init__(params, lr, betas=betas, eps=eps, warmup_steps=warmup_steps, **shared)

    def update(self, group, step, params, grads) -> None:
        first, second = group["betas"]
        for p in params:
            if "z" not in self.state[p]:
                self.state[p]["z"] = p.clone()
        reached, square = self.kept(params, "z"), self.kept(params, "exp_avg_sq")
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, grads, grads, 1 - second)
        root = torch._foreach_div(square, 1 - second**step)
        torch._foreach_sqrt_(root)
        torch._foreach_add_(root, group["eps"])
        rate = group["lr"] * (min(step / group["warmup_steps"], 1) if group["warmup_steps"] else 1)
        torch._foreach_add_(params, reached, alpha=first - 1)
        torch._foreach_addcdiv_(reached, grads, root, -rate)
        torch._foreach_mul_(params, 1 - 1 / step)
        torch._foreach_add_(params, reached, alpha=1 - first + first / step)
'''


def emit_schedule_free_adamw(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/schedule_free_adamw.py, update_step (Defazio et al. 2024)."""
    config = site.config
    settings = {
        "betas": (config.number("beta_1"), config.number("beta_2")),
        "eps": config.number("epsilon"),
        "warmup_steps": config.integer("warmup_steps", minimum=0),
    }
    return written(site, KERAS_SCHEDULE_FREE_ADAMW, settings, {"warmup_steps": 0})


_DYADIC = {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10}

ScheduleFreeAdamW = Entry(
    keras="keras.optimizers.ScheduleFreeAdamW",
    torch=(),
    says="AdamW that needs no schedule, as it averages where its steps led; PyTorch has none.",
    emit=emit_schedule_free_adamw,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.0025),
        Argument("beta_1", "betas", 0.9, how="betas[0]"),
        Argument("beta_2", "betas", 0.999, how="betas[1]"),
        Argument("epsilon", "eps", 1e-08),
        Argument("warmup_steps", "warmup_steps", 0),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("momentum", "z"), Weight("velocity", "exp_avg_sq")),
    cases=(
        *shared_cases(_DYADIC),
        Case("warmup", {**_DYADIC, "warmup_steps": 16}, x=SHAPES),
    ),
    aliases=("schedule-free",),
)
