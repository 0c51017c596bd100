"""Rates that fall along half a cosine, once or again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.schedules.schedule_parts import cases, function, name, numbers, positive, schedulers
from equivalence.schema import Argument, Difference, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_RATE = Argument("initial_learning_rate", None, note="in the function; the optimizer's lr is 1.0 then")


def emit_cosine_decay(site: Site) -> str:
    """A function of the step. Formula: keras/src/optimizers/schedules/learning_rate_schedule.py, CosineDecay."""
    steps, held = positive(site, "decay_steps"), numbers(site, "initial_learning_rate", "alpha")
    first, alpha, warm_up = held["initial_learning_rate"], held["alpha"], []
    target, after, says = first, "step", f"Half a cosine from {first} to {alpha} of it within {steps} steps."
    warming = site.config.integer("warmup_steps", minimum=0)
    if site.config.optional_number("warmup_target") is not None:
        target, after = numbers(site, "warmup_target")["warmup_target"], f"step - {warming}" if warming else "step"
        says = f"From {first} to {target} within {warming} steps, then half a cosine to {alpha} of it."
        warm_up = [
            f"if step < {warming}:",
            f"    return ({target} - {first}) * (step / {warming}) + {first}",
        ]
    return function(
        site, "cosine_decay", says,
        *(warm_up if warming else []),
        f"cosine = 0.5 * (1 + math.cos(math.pi * min({after}, {steps}) / {steps}))",
        f"return {target} * ((1 - {alpha}) * cosine + {alpha})",
    )  # fmt: skip


CosineDecay = Entry(
    keras="keras.optimizers.schedules.CosineDecay",
    torch=schedulers("LambdaLR", "CosineAnnealingLR", "SequentialLR", "ChainedScheduler", "OneCycleLR"),
    related=schedulers("LambdaLR", "CosineAnnealingLR", "SequentialLR", "ChainedScheduler", "OneCycleLR"),
    says="The learning rate falls along half a cosine and stays there; it may rise along a line before.",
    emit=emit_cosine_decay,
    kind="schedule",
    arguments=(
        _RATE,
        Argument("decay_steps", "T_max"),
        Argument("alpha", "eta_min", 0.0, how="alpha * initial_learning_rate"),
        name("CosineDecay"),
        Argument("warmup_target", None, None, note="torch.optim.lr_scheduler.LinearLR in a SequentialLR"),
        Argument("warmup_steps", None, 0),
    ),
    differences=(
        Difference(
            "after-the-end",
            "Behind decay_steps Keras's rate stays where it is; CosineAnnealingLR goes up again behind T_max.",
            case="plain",
            swap=(("min(step, 48)", "step"),),
        ),
    ),
    cases=cases(
        plain={"initial_learning_rate": 0.5, "decay_steps": 48},
        alpha={"initial_learning_rate": 0.5, "decay_steps": 48, "alpha": 0.125},
        warmup={
            "initial_learning_rate": 0.0625, "decay_steps": 48, "alpha": 0.125, "warmup_target": 0.5,
            "warmup_steps": 16,
        },
        target_alone={"initial_learning_rate": 0.0625, "decay_steps": 48, "warmup_target": 0.5},
    ),
    aliases=("cosine annealing", "warmup", "learning rate warm-up"),
)  # fmt: skip


def emit_cosine_decay_restarts(site: Site) -> str:
    """A function of the step. Formula: keras/src/optimizers/schedules/learning_rate_schedule.py, CosineDecayRestarts
    (Loshchilov and Hutter 2017)."""
    longer = positive(site, "t_mul")
    return _restarting(site, None if site.config.number("t_mul") == 1 else longer)


def _restarting(site: Site, longer: str | None) -> str:
    """`longer`: how much longer each period is than the one before, None for as long."""
    steps, held = positive(site, "first_decay_steps"), numbers(site, "initial_learning_rate", "m_mul", "alpha")
    first, factor, alpha = held.values()
    if longer is None:
        body = [f"restarts = step // {steps}", f"passed = step / {steps} - restarts"]
    else:
        body = [
            f"passed = step / {steps}",
            f"restarts = math.floor(math.log(1 - passed * (1 - {longer})) / math.log({longer}))",
            f"passed = (passed - (1 - {longer}**restarts) / (1 - {longer})) / {longer}**restarts",
        ]
    return function(
        site, "cosine_decay_restarts",
        f"Half a cosine from {first} within {steps} steps; each next one {longer or 1} times as long.",
        *body,
        f"cosine = 0.5 * {factor}**restarts * (1 + math.cos(math.pi * passed))",
        f"return {first} * ((1 - {alpha}) * cosine + {alpha})",
    )  # fmt: skip


def _in_equal_periods(site: Site) -> str:
    """The mistake: T_mult is left at torch's default."""
    site.config.number("t_mul")
    return _restarting(site, None)


CosineDecayRestarts = Entry(
    keras="keras.optimizers.schedules.CosineDecayRestarts",
    torch=schedulers("LambdaLR", "CosineAnnealingWarmRestarts"),
    related=schedulers("LambdaLR", "CosineAnnealingWarmRestarts"),
    says="The learning rate falls along half a cosine, jumps up and falls again, each time for longer.",
    emit=emit_cosine_decay_restarts,
    kind="schedule",
    arguments=(
        _RATE,
        Argument("first_decay_steps", "T_0"),
        Argument(
            "t_mul", "T_mult", 2.0, note="CosineAnnealingWarmRestarts has 1 where nothing is said, and whole ones"
        ),
        Argument("m_mul", None, 1.0, note="CosineAnnealingWarmRestarts jumps up to the same rate always"),
        Argument("alpha", "eta_min", 0.0, how="alpha * initial_learning_rate"),
        name("SGDRDecay"),
    ),
    differences=(
        Difference(
            "period",
            "t_mul=2.0 is Keras's default: each period is twice the one before; T_mult=1 is torch's.",
            case="plain",
            naive=_in_equal_periods,
        ),
    ),
    cases=cases(
        plain={"initial_learning_rate": 0.5, "first_decay_steps": 10},
        falling={"initial_learning_rate": 0.5, "first_decay_steps": 10, "t_mul": 1.5, "m_mul": 0.75, "alpha": 0.125},
        equal={"initial_learning_rate": 0.5, "first_decay_steps": 16, "t_mul": 1.0, "m_mul": 0.75},
    ),
    aliases=("SGDR", "SGDRDecay", "cosine annealing with restarts", "warm restarts"),
)
