"""ScheduleFreeAdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import LEGACY, SHAPES, Lines, arguments, shared_cases, written
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_SCHEDULE_FREE_ADAMW = '''
class KerasScheduleFreeAdamW(KerasOptimizer):
    """AdamW without a schedule: the weights are the mean of where its steps led.

    The first beta has no part in it, as Keras 3.15 runs: it reads `z` behind the change of `z`.
    """

    def __init__(
        self, params, lr=0.0025, betas=(0.9, 0.999), eps=1e-08, warmup_steps=0, **shared
    ) -> None:
        super().__init__(params, lr, betas=betas, eps=eps, warmup_steps=warmup_steps, **shared)

    def decay(self, group, params) -> None:
        for p in params:
            if "z" not in self.state[p]:
                self.state[p]["z"] = p.clone()
        super().decay(group, params)

    def update(self, group, step, params, grads) -> None:
        second = group["betas"][1]
        reached, square = self.kept(params, "z"), self.kept(params, "exp_avg_sq")
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, grads, grads, 1 - second)
        root = torch._foreach_div(square, 1 - second**step)
        torch._foreach_sqrt_(root)
        torch._foreach_add_(root, group["eps"])
        rate = group["lr"] * (min(step / group["warmup_steps"], 1) if group["warmup_steps"] else 1)
        torch._foreach_addcdiv_(reached, grads, root, -rate)
        torch._foreach_lerp_(params, reached, 1 / step)
'''


def _settings(site: Site) -> dict[str, object]:
    config = site.config
    return {
        "betas": (config.number("beta_1"), config.number("beta_2")),
        "eps": config.number("epsilon"),
        "warmup_steps": config.integer("warmup_steps", minimum=0),
    }


def emit_schedule_free_adamw(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/schedule_free_adamw.py, update_step (Defazio et al. 2024)."""
    return written(site, KERAS_SCHEDULE_FREE_ADAMW, _settings(site), {"warmup_steps": 0})


def _as_published(site: Site) -> Lines:
    """The mistake: gradients are taken between the mean and where the steps led, as beta_1 says."""
    text = KERAS_SCHEDULE_FREE_ADAMW.replace(
        """        torch._foreach_addcdiv_(reached, grads, root, -rate)
        torch._foreach_lerp_(params, reached, 1 / step)
""",
        """        first = group["betas"][0]
        torch._foreach_add_(params, reached, alpha=first - 1)
        torch._foreach_addcdiv_(reached, grads, root, -rate)
        torch._foreach_mul_(params, 1 - 1 / step)
        torch._foreach_add_(params, reached, alpha=1 - first + first / step)
""",
    )
    return written(site, text, _settings(site), {"warmup_steps": 0})


_DYADIC = {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10}

ScheduleFreeAdamW = Entry(
    keras="keras.optimizers.ScheduleFreeAdamW",
    torch=("torch.optim.Optimizer",),
    says="AdamW that needs no schedule, as it averages where its steps led; PyTorch has none.",
    emit=emit_schedule_free_adamw,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.0025),
        Argument("beta_1", "betas", 0.9, how="betas[0]", note="without effect in Keras 3.15: see the differences"),
        Argument("beta_2", "betas", 0.999, how="betas[1]"),
        Argument("epsilon", "eps", 1e-08),
        Argument("warmup_steps", "warmup_steps", 0),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("momentum", "z"), Weight("velocity", "exp_avg_sq")),
    differences=(
        Difference(
            "beta-1",
            "As published (and as the package schedulefree has it), gradients are taken beta_1 of the way from where "
            "the steps led to their mean. Keras 3.15 means to, but reads its momentum behind the change of it, on "
            "TensorFlow and PyTorch alike: the weights are that mean itself.",
            case="plain",
            naive=_as_published,
        ),
    ),
    cases=(
        *shared_cases(_DYADIC),
        Case("warmup", {**_DYADIC, "warmup_steps": 16}, x=SHAPES),
    ),
    aliases=("schedule-free",),
)
