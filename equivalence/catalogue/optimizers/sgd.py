"""SGD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import (
    LEGACY,
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

KERAS_SGD = '''
class KerasSGD(KerasOptimizer):
    """SGD as Keras computes it: what it keeps are steps, made with the rate of their time."""

    def __init__(self, params, lr=0.01, momentum=0.0, nesterov=False, **shared) -> None:
        super().__init__(params, lr, momentum=momentum, nesterov=nesterov, **shared)

    def update(self, group, step, params, grads) -> None:
        momentum, lr = group["momentum"], group["lr"]
        if not momentum:
            torch._foreach_add_(params, grads, alpha=-lr)
            return
        steps = self.kept(params, "momentum_buffer")
        torch._foreach_mul_(steps, momentum)
        torch._foreach_add_(steps, grads, alpha=-lr)
        if group["nesterov"]:
            torch._foreach_add_(params, steps, alpha=momentum)
            torch._foreach_add_(params, grads, alpha=-lr)
        else:
            torch._foreach_add_(params, steps)
'''
_OMIT = {"momentum": 0.0, "nesterov": False}


def _settings(site: Site) -> dict[str, object]:
    return {"momentum": site.config.number("momentum"), "nesterov": site.config.flag("nesterov")}


def emit_sgd(site: Site) -> Lines:
    """torch.optim.SGD where there is no momentum and nothing is clipped, averaged or accumulated; else a written one.

    Formula: keras/src/optimizers/sgd.py, update_step.
    """
    settings = _settings(site)
    if not settings["momentum"] and not {*shared_settings(site)} - {"weight_decay"}:
        return of_torch(site, "torch.optim.SGD", {}, {})
    return written(site, KERAS_SGD, settings, _OMIT)


def _torch_sgd(site: Site) -> Lines:
    """The mistake: torch.optim.SGD with the same numbers."""
    return of_torch(site, "torch.optim.SGD", _settings(site), _OMIT)


#: Of torch alone; what stands next to them is this.
_NOT_IN_KERAS = ("torch.optim.ASGD", "torch.optim.LBFGS", "torch.optim.Rprop")
_MOMENTUM = {"learning_rate": 2.0**-5, "momentum": 0.875}

SGD = Entry(
    keras="keras.optimizers.SGD",
    torch=("torch.optim.SGD", "torch.optim.Optimizer", *_NOT_IN_KERAS),
    related=_NOT_IN_KERAS,
    says="Steps against the gradient, with momentum if wanted.",
    emit=emit_sgd,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.01, old=("lr",)),
        Argument("momentum", "momentum", 0.0),
        Argument("nesterov", "nesterov", False),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("momentum", "momentum_buffer", when="momentum"),),
    differences=(
        Difference(
            "momentum-after-a-change-of-rate",
            "Keras keeps steps, which hold the rate of their time; torch keeps gradients, and multiplies all of them "
            "by the rate of today: behind a change of the rate the two differ.",
            case="momentum",
            naive=_torch_sgd,
        ),
        Difference(
            "weight-decay",
            "With momentum, weight_decay goes past it in Keras; torch adds it to the gradient, and so to the momentum.",
            case="momentum-decay",
            naive=_torch_sgd,
        ),
    ),
    cases=(
        Case("plain", {"learning_rate": 2.0**-5}, x=[(3, 5), (7,)], trial={"rate_drops_at": 50}),
        Case("decay", {"learning_rate": 2.0**-5, "weight_decay": 0.125}, x=[(3, 5), (7,)], trial={"excluded": [1]}),
        Case("momentum", _MOMENTUM, x=[(3, 5), (7,)], trial={"rate_drops_at": 50}),
        Case("nesterov", {**_MOMENTUM, "nesterov": True}, x=[(3, 5), (7,)], trial={"rate_drops_at": 50}),
        Case("momentum-decay", {**_MOMENTUM, "weight_decay": 0.125}, x=[(3, 5), (7,)]),
        *shared_cases(_MOMENTUM)[1:],
    ),
    aliases=("sgd", "momentum", "nesterov", "stochastic gradient descent"),
)
