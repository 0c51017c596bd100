"""Adagrad and Adadelta."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import (
    LEGACY,
    SHAPES,
    Lines,
    arguments,
    of_torch,
    shared_cases,
    shared_settings,
    written,
)
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_ADAGRAD = '''
class KerasAdagrad(KerasOptimizer):
    """Adagrad as Keras computes it: epsilon stands below the root."""

    def __init__(
        self, params, lr=0.001, initial_accumulator_value=0.1, eps=1e-07, **shared
    ) -> None:
        own = dict(initial_accumulator_value=initial_accumulator_value, eps=eps)
        super().__init__(params, lr, **own, **shared)

    def update(self, group, step, params, grads) -> None:
        total = self.kept(params, "sum", group["initial_accumulator_value"])
        torch._foreach_addcmul_(total, grads, grads)
        root = torch._foreach_add(total, group["eps"])
        torch._foreach_sqrt_(root)
        torch._foreach_addcdiv_(params, grads, root, -group["lr"])
'''
KERAS_ADADELTA = '''
class KerasAdadelta(KerasOptimizer):
    """Adadelta, with what Keras does around it."""

    def __init__(self, params, lr=0.001, rho=0.95, eps=1e-07, **shared) -> None:
        super().__init__(params, lr, rho=rho, eps=eps, **shared)

    def update(self, group, step, params, grads) -> None:
        rho, eps = group["rho"], group["eps"]
        square, moved = self.kept(params, "square_avg"), self.kept(params, "acc_delta")
        torch._foreach_mul_(square, rho)
        torch._foreach_addcmul_(square, grads, grads, 1 - rho)
        delta = torch._foreach_add(moved, eps)
        torch._foreach_div_(delta, torch._foreach_add(square, eps))
        torch._foreach_sqrt_(delta)
        torch._foreach_mul_(delta, grads)
        torch._foreach_mul_(moved, rho)
        torch._foreach_addcmul_(moved, delta, delta, 1 - rho)
        torch._foreach_add_(params, delta, alpha=-group["lr"])
'''


def _adagrad_settings(site: Site) -> dict[str, object]:
    config = site.config
    return {
        "initial_accumulator_value": config.number("initial_accumulator_value"),
        "eps": config.number("epsilon"),
    }


def emit_adagrad(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/adagrad.py, update_step."""
    return written(site, KERAS_ADAGRAD, _adagrad_settings(site), {})


def _torch_adagrad(site: Site) -> Lines:
    """The mistake: torch.optim.Adagrad with the same numbers."""
    return of_torch(site, "torch.optim.Adagrad", _adagrad_settings(site), {})


def _from_nothing(site: Site) -> Lines:
    """The mistake: what is summed up starts at 0."""
    return written(site, KERAS_ADAGRAD, {**_adagrad_settings(site), "initial_accumulator_value": 0.0}, {})


Adagrad = Entry(
    keras="keras.optimizers.Adagrad",
    torch=("torch.optim.Adagrad", "torch.optim.Optimizer"),
    related=("torch.optim.Adagrad",),
    says="Steps by the gradient over the root of the sum of all its squares.",
    emit=emit_adagrad,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001, old=("lr",)),
        Argument(
            "initial_accumulator_value", "initial_accumulator_value", 0.1, note="0 in torch, where nothing is said"
        ),
        Argument("epsilon", "eps", 1e-07, note="below the root; torch adds it to the root"),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("accumulator", "sum"),),
    differences=(
        Difference(
            "epsilon",
            "Keras adds epsilon to the sum, below the root; torch adds it to the root.",
            case="plain",
            naive=_torch_adagrad,
        ),
        Difference(
            "accumulator",
            "The sum of squares starts at initial_accumulator_value=0.1 in Keras, at 0 in torch.",
            case="weight-decay",
            naive=_from_nothing,
        ),
    ),
    cases=shared_cases({"learning_rate": 2.0**-4, "initial_accumulator_value": 0.125, "epsilon": 2.0**-10}),
    aliases=("adagrad",),
)


def _adadelta_settings(site: Site) -> dict[str, object]:
    return {"rho": site.config.number("rho"), "eps": site.config.number("epsilon")}


def emit_adadelta(site: Site) -> Lines:
    """torch.optim.Adadelta where nothing is clipped, decays, is averaged or accumulated; else a written one.

    Formula: keras/src/optimizers/adadelta.py, update_step.
    """
    if shared_settings(site):
        return written(site, KERAS_ADADELTA, _adadelta_settings(site), {})
    return of_torch(site, "torch.optim.Adadelta", _adadelta_settings(site), {})


def _torch_adadelta(site: Site) -> Lines:
    """The mistake: torch.optim.Adadelta with the same numbers."""
    return of_torch(site, "torch.optim.Adadelta", _adadelta_settings(site), {})


_DYADIC = {"learning_rate": 0.5, "rho": 0.9375, "epsilon": 2.0**-10}

Adadelta = Entry(
    keras="keras.optimizers.Adadelta",
    torch=("torch.optim.Adadelta", "torch.optim.Optimizer"),
    says="Steps by the gradient, times the root of the running square of steps over that of gradients.",
    emit=emit_adadelta,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001, note="1.0 in torch, where nothing is said", old=("lr",)),
        Argument("rho", "rho", 0.95, note="0.9 in torch, where nothing is said"),
        Argument("epsilon", "eps", 1e-07, note="1e-06 in torch, where nothing is said"),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("accumulated_grad", "square_avg"), Weight("accumulated_delta_var", "acc_delta")),
    differences=(
        Difference(
            "weight-decay",
            "weight_decay shrinks the variable itself in Keras; torch adds it to the gradient, and so to the squares.",
            case="decay-alone",
            naive=_torch_adadelta,
        ),
    ),
    cases=(
        *shared_cases(_DYADIC),
        Case("decay-alone", {**_DYADIC, "weight_decay": 0.125}, x=SHAPES),
    ),
    aliases=("adadelta",),
)
