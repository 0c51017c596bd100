"""Adamax and Nadam: Adam by the largest gradient, and with Nesterov's momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import (
    LEGACY,
    SHAPES,
    Lines,
    arguments,
    lines,
    of_torch,
    shared_cases,
    shared_settings,
    written,
)
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_ADAMAX = '''
class KerasAdamax(KerasOptimizer):
    """Adamax as Keras computes it: epsilon is added where it is divided by, and not kept."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-07, **shared) -> None:
        super().__init__(params, lr, betas=betas, eps=eps, **shared)

    def update(self, group, step, params, grads) -> None:
        first, second = group["betas"]
        mean, largest = self.kept(params, "exp_avg"), self.kept(params, "exp_inf")
        torch._foreach_lerp_(mean, grads, 1 - first)
        torch._foreach_mul_(largest, second)
        divisor = torch._foreach_abs(grads)
        torch._foreach_maximum_(divisor, largest)
        torch._foreach_copy_(largest, divisor)
        torch._foreach_add_(divisor, group["eps"])
        torch._foreach_addcdiv_(params, mean, divisor, -group["lr"] / (1 - first**step))
'''
KERAS_NADAM = '''
class KerasNadam(KerasOptimizer):
    """Nadam, with what Keras does around it."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-07, **shared) -> None:
        super().__init__(params, lr, betas=betas, eps=eps, mu_product=1.0, **shared)

    def update(self, group, step, params, grads) -> None:
        first, second = group["betas"]
        now, next_one = (first * (1 - 0.5 * 0.96**t) for t in (step, step + 1))
        group["mu_product"] *= now
        mean, square = self.kept(params, "exp_avg"), self.kept(params, "exp_avg_sq")
        torch._foreach_lerp_(mean, grads, 1 - first)
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, grads, grads, 1 - second)
        root = torch._foreach_div(square, 1 - second**step)
        torch._foreach_sqrt_(root)
        torch._foreach_add_(root, group["eps"])
        of_mean = group["lr"] * next_one / (1 - group["mu_product"] * next_one)
        of_gradient = group["lr"] * (1 - now) / (1 - group["mu_product"])
        torch._foreach_addcdiv_(params, mean, root, -of_mean)
        torch._foreach_addcdiv_(params, grads, root, -of_gradient)
'''


def _settings(site: Site) -> dict[str, object]:
    config = site.config
    return {"betas": (config.number("beta_1"), config.number("beta_2")), "eps": config.number("epsilon")}


def emit_adamax(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/adamax.py, update_step (Kingma and Ba 2015, section 7)."""
    return written(site, KERAS_ADAMAX, _settings(site), {})


def _torch_adamax(site: Site) -> Lines:
    """The mistake: torch.optim.Adamax with the same numbers."""
    return of_torch(site, "torch.optim.Adamax", _settings(site), {})


def emit_nadam(site: Site) -> Lines:
    """torch.optim.NAdam with the decay of Keras's momentum, which is fixed; a written one where more is done around.

    Formula: keras/src/optimizers/nadam.py, update_step (Dozat 2016).
    """
    settings = shared_settings(site)
    if {*settings} - {"weight_decay"}:
        return written(site, KERAS_NADAM, _settings(site), {})
    decoupled = {**settings, "decoupled_weight_decay": True} if settings else {}
    return lines(site, "torch.optim.NAdam", {**_settings(site), "momentum_decay": 1.0, **decoupled}, {})


def _torch_nadam(site: Site) -> Lines:
    """The mistake: torch.optim.NAdam with the same numbers and its own decay."""
    return of_torch(site, "torch.optim.NAdam", _settings(site), {})


_DYADIC = {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10}
_ARGUMENTS = (
    Argument("learning_rate", "lr", 0.001, old=("lr",)),
    Argument("beta_1", "betas", 0.9, how="betas[0]"),
    Argument("beta_2", "betas", 0.999, how="betas[1]"),
)

Adamax = Entry(
    keras="keras.optimizers.Adamax",
    torch=("torch.optim.Adamax", "torch.optim.Optimizer"),
    related=("torch.optim.Adamax",),
    says="Steps by the running mean of the gradient over the largest one of late.",
    emit=emit_adamax,
    kind="optimizer",
    arguments=(*_ARGUMENTS, Argument("epsilon", "eps", 1e-07), *arguments()),
    legacy=LEGACY,
    weights=(Weight("momentum", "exp_avg"), Weight("norm", "exp_inf")),
    differences=(
        Difference(
            "epsilon",
            "torch adds epsilon to the size of the gradient, and keeps the sum; Keras adds it where it is divided by.",
            case="plain",
            naive=_torch_adamax,
        ),
    ),
    cases=shared_cases(_DYADIC),
    aliases=("adamax",),
)
#: Keras takes its own constant 0.96 through float32 in one place, and not in the other.
_BECAUSE = "Keras rounds its constant 0.96 to float32, in one of two places: about 1e-8 of a step"

Nadam = Entry(
    keras="keras.optimizers.Nadam",
    torch=("torch.optim.NAdam", "torch.optim.Optimizer"),
    says="Adam with Nesterov's momentum.",
    emit=emit_nadam,
    kind="optimizer",
    arguments=(*_ARGUMENTS, Argument("epsilon", "eps", 1e-07), *arguments()),
    legacy=LEGACY,
    weights=(
        Weight("momentum", "exp_avg"),
        Weight("velocity", "exp_avg_sq"),
        Weight("u_product", "mu_product", at=("whole",)),
    ),
    differences=(
        Difference(
            "momentum-decay",
            "Keras's momentum approaches beta_1 as 0.96^t; torch's as 0.96^(t * momentum_decay), 0.004 where nothing "
            "is said: 1.0 is Keras's.",
            case="plain",
            naive=_torch_nadam,
        ),
    ),
    cases=(
        *shared_cases(_DYADIC, max_rel=1e-8, because=_BECAUSE),
        Case("decay-alone", {**_DYADIC, "weight_decay": 0.125}, x=SHAPES, max_rel=1e-8, because=_BECAUSE),
    ),
    aliases=("nadam",),
)
