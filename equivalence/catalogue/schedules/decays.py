"""Rates that fall by a power, in inverse proportion, along a polynomial, or from one constant to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.schedules.schedule_parts import cases, function, name, numbers, positive, schedulers
from equivalence.schema import Argument, Difference, Entry
from equivalence.translation.python_text import literal

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_RATE = Argument("initial_learning_rate", None, note="in the function; the optimizer's lr is 1.0 then")
_SHARED = (Argument("decay_steps", None), Argument("decay_rate", None), Argument("staircase", None, False))


def _passed(site: Site, steps: str) -> str:
    return f"step // {steps}" if site.config.flag("staircase") else f"step / {steps}"


def emit_exponential_decay(site: Site) -> str:
    """A function of the step. Formula: keras/src/optimizers/schedules/learning_rate_schedule.py, ExponentialDecay."""
    steps, held = positive(site, "decay_steps"), numbers(site, "initial_learning_rate", "decay_rate")
    if site.config.number("decay_rate") < 0:
        site.config.refuse("decay_rate", site.config.number("decay_rate"), "has no powers that are real numbers")
    return function(
        site, "exponential_decay", f"{held['decay_rate']} times as much after every {steps} steps.",
        f"return {held['initial_learning_rate']} * {held['decay_rate']} ** ({_passed(site, steps)})",
    )  # fmt: skip


ExponentialDecay = Entry(
    keras="keras.optimizers.schedules.ExponentialDecay",
    torch=schedulers("LambdaLR", "ExponentialLR", "StepLR", "MultiplicativeLR", "LRScheduler"),
    related=schedulers("LambdaLR", "ExponentialLR", "StepLR", "MultiplicativeLR", "LRScheduler"),
    says="The learning rate is multiplied by the same factor after every so many steps, in between too.",
    emit=emit_exponential_decay,
    kind="schedule",
    arguments=(_RATE, *_SHARED, name("ExponentialDecay")),
    differences=(
        Difference(
            "gamma",
            "decay_rate is what decay_steps steps make together; gamma of ExponentialLR is what each step makes: "
            "decay_rate ** (1 / decay_steps). StepLR(decay_steps, decay_rate) is the one with staircase=True.",
            case="plain",
            swap=(("step / 16", "step"),),
        ),
    ),
    cases=cases(
        plain={"initial_learning_rate": 0.5, "decay_steps": 16, "decay_rate": 0.75},
        staircase={"initial_learning_rate": 0.5, "decay_steps": 16, "decay_rate": 0.75, "staircase": True},
    ),
    aliases=("exponential learning rate decay",),
)


def emit_inverse_time_decay(site: Site) -> str:
    """A function of the step. Formula: keras/src/optimizers/schedules/learning_rate_schedule.py, InverseTimeDecay."""
    steps, held = positive(site, "decay_steps"), numbers(site, "initial_learning_rate", "decay_rate")
    return function(
        site, "inverse_time_decay", f"The rate over 1 + {held['decay_rate']} for every {steps} steps.",
        f"return {held['initial_learning_rate']} / (1 + {held['decay_rate']} * ({_passed(site, steps)}))",
    )  # fmt: skip


InverseTimeDecay = Entry(
    keras="keras.optimizers.schedules.InverseTimeDecay",
    torch=schedulers("LambdaLR"),
    related=schedulers("LambdaLR"),
    says="The learning rate falls in inverse proportion to the steps: what the argument decay of Keras 2 did.",
    emit=emit_inverse_time_decay,
    kind="schedule",
    arguments=(_RATE, *_SHARED, name("InverseTimeDecay")),
    cases=cases(
        plain={"initial_learning_rate": 0.5, "decay_steps": 16, "decay_rate": 0.75},
        staircase={"initial_learning_rate": 0.5, "decay_steps": 16, "decay_rate": 0.75, "staircase": True},
    ),
    aliases=("learning rate decay",),
)


def emit_polynomial_decay(site: Site) -> str:
    """A function of the step. Formula: keras/src/optimizers/schedules/learning_rate_schedule.py, PolynomialDecay."""
    steps, held = positive(site, "decay_steps"), numbers(site, "initial_learning_rate", "end_learning_rate", "power")
    first, last = held["initial_learning_rate"], held["end_learning_rate"]
    if site.config.flag("cycle"):
        passed, again = f"step / ({steps} * max(1, math.ceil(step / {steps})))", "; then up, and slower down again"
    else:
        passed, again = f"min(step, {steps}) / {steps}", ""
    return function(
        site, "polynomial_decay", f"From {first} to {last} within {steps} steps{again}.",
        f"left = 1 - {passed}",
        f"return ({first} - {last}) * left ** {held['power']} + {last}",
    )  # fmt: skip


PolynomialDecay = Entry(
    keras="keras.optimizers.schedules.PolynomialDecay",
    torch=schedulers("LambdaLR", "PolynomialLR", "LinearLR", "CyclicLR"),
    related=schedulers("LambdaLR", "PolynomialLR", "LinearLR", "CyclicLR"),
    says="The learning rate falls along a polynomial (a line, with power=1) to an end, where it stays.",
    emit=emit_polynomial_decay,
    kind="schedule",
    arguments=(
        _RATE,
        Argument("decay_steps", "total_iters"),
        Argument("end_learning_rate", None, 0.0001, note="PolynomialLR ends at 0"),
        Argument("power", "power", 1.0),
        Argument("cycle", None, False),
        name("PolynomialDecay"),
    ),
    differences=(
        Difference(
            "end",
            "PolynomialLR of torch goes to 0, Keras's to end_learning_rate, 0.0001 where nothing is said.",
            case="plain",
            swap=(("0.125", "0.0"),),
        ),
    ),
    cases=cases(
        plain={"initial_learning_rate": 0.5, "decay_steps": 48, "end_learning_rate": 0.125},
        power={"initial_learning_rate": 0.5, "decay_steps": 48, "end_learning_rate": 0.125, "power": 2.0},
        cycle={"initial_learning_rate": 0.5, "decay_steps": 16, "end_learning_rate": 0.125, "cycle": True},
    ),
    aliases=("linear decay", "polynomial learning rate"),
)


def emit_piecewise_constant_decay(site: Site) -> str:
    """A function of the step. Formula: keras/src/optimizers/schedules/learning_rate_schedule.py.

    Raises Refused unless boundaries rise and there is one value more than boundaries.
    """
    boundaries, values = (_listed(site, name) for name in ("boundaries", "values"))
    whole = [int(each) for each in boundaries]  # Keras casts them to the dtype of the step
    if not whole or whole != sorted(set(whole)) or len(values) != len(whole) + 1:
        site.config.refuse("boundaries", boundaries, f"should rise, and be one fewer than the {len(values)} values")
    pairs = ", ".join(f"({literal(low)}, {literal(value)})" for low, value in zip(whole, values, strict=False))
    return function(
        site, "piecewise_constant_decay", "Each value up to its step, that one included.",
        f"for last, rate in [{pairs}]:",
        "    if step <= last:",
        "        return rate",
        f"return {literal(values[-1])}",
    )  # fmt: skip


def _listed(site: Site, name: str) -> list[float]:
    given = site.config.value(name)
    if not isinstance(given, (list, tuple)) or any(
        isinstance(each, bool) or not isinstance(each, (int, float)) or not abs(each) < 1e300 for each in given
    ):
        site.config.refuse(name, given, "should be a list of finite numbers")
    return [float(each) for each in given]


PiecewiseConstantDecay = Entry(
    keras="keras.optimizers.schedules.PiecewiseConstantDecay",
    torch=schedulers("LambdaLR", "MultiStepLR", "ConstantLR"),
    related=schedulers("LambdaLR", "MultiStepLR", "ConstantLR"),
    says="The learning rate is one constant after the other, and changes at given steps.",
    emit=emit_piecewise_constant_decay,
    kind="schedule",
    arguments=(
        Argument("boundaries", "milestones", how="each + 1"),
        Argument("values", None),
        name("PiecewiseConstant"),
    ),
    differences=(
        Difference(
            "boundary",
            "At the step that a boundary names, Keras still has the rate before it; MultiStepLR with that milestone, "
            "as a callback on_epoch_begin, has the next one.",
            case="plain",
            swap=(("step <= last", "step < last"),),
        ),
    ),
    cases=cases(
        plain={"boundaries": [16, 48], "values": [0.5, 0.125, 0.25]},
        one={"boundaries": [30], "values": [0.5, 0.125]},
    ),
    aliases=("step decay", "PiecewiseConstant", "learning rate drops"),
)
