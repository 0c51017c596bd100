"""RMSprop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import LEGACY, Lines, arguments, of_torch, shared_cases, written
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_RMSPROP = '''
class KerasRMSprop(KerasOptimizer):
    """RMSprop as Keras computes it: epsilon stands below the root, the rate within the momentum."""

    def __init__(
        self, params, lr=0.001, alpha=0.9, eps=1e-07, momentum=0.0, centered=False, **shared
    ) -> None:
        own = dict(alpha=alpha, eps=eps, momentum=momentum, centered=centered)
        super().__init__(params, lr, **own, **shared)

    def update(self, group, step, params, grads) -> None:
        alpha, square = group["alpha"], self.kept(params, "square_avg")
        torch._foreach_mul_(square, alpha)
        torch._foreach_addcmul_(square, grads, grads, 1 - alpha)
        root = torch._foreach_add(square, group["eps"])
        if group["centered"]:
            mean = self.kept(params, "grad_avg")
            torch._foreach_lerp_(mean, grads, 1 - alpha)
            torch._foreach_addcmul_(root, mean, mean, -1)
        torch._foreach_sqrt_(root)
        if group["momentum"] > 0:
            steps = self.kept(params, "momentum_buffer")
            torch._foreach_mul_(steps, group["momentum"])
            torch._foreach_addcdiv_(steps, grads, root, group["lr"])
            torch._foreach_sub_(params, steps)
        else:
            torch._foreach_addcdiv_(params, grads, root, -group["lr"])
'''
_OMIT = {"momentum": 0.0, "centered": False}


def _settings(site: Site) -> dict[str, object]:
    config = site.config
    return {
        "alpha": config.number("rho"),
        "eps": config.number("epsilon"),
        "momentum": config.number("momentum"),
        "centered": config.flag("centered"),
    }


def emit_rmsprop(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/rmsprop.py, update_step."""
    return written(site, KERAS_RMSPROP, _settings(site), _OMIT)


def _torch_rmsprop(site: Site) -> Lines:
    """The mistake: torch.optim.RMSprop with the same numbers."""
    return of_torch(site, "torch.optim.RMSprop", _settings(site), _OMIT)


_DYADIC = {"learning_rate": 2.0**-7, "rho": 0.875, "epsilon": 2.0**-10}

RMSprop = Entry(
    keras="keras.optimizers.RMSprop",
    torch=("torch.optim.RMSprop", "torch.optim.Optimizer"),
    related=("torch.optim.RMSprop",),
    says="Steps by the gradient over the root of its running square.",
    emit=emit_rmsprop,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001, old=("lr",)),
        Argument("rho", "alpha", 0.9, note="0.99 in torch, where nothing is said"),
        Argument("momentum", "momentum", 0.0),
        Argument("epsilon", "eps", 1e-07, note="below the root; torch adds it to the root"),
        Argument("centered", "centered", False),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(
        Weight("velocity", "square_avg"),
        Weight("momentum", "momentum_buffer", when="momentum", at=("then",)),
        Weight("average_gradient", "grad_avg", when="centered", at=("at last",)),
    ),
    differences=(
        Difference(
            "epsilon",
            "Keras adds epsilon to the square, below the root; torch adds it to the root.",
            case="plain",
            naive=_torch_rmsprop,
        ),
        Difference(
            "momentum-after-a-change-of-rate",
            "The steps that Keras keeps hold the rate of their time; torch multiplies all of them by that of today.",
            case="momentum",
            naive=_torch_rmsprop,
        ),
    ),
    cases=(
        *shared_cases(_DYADIC),
        Case("momentum", {**_DYADIC, "momentum": 0.75}, x=[(3, 5), (7,)], trial={"rate_drops_at": 50}),
        Case("centered", {**_DYADIC, "centered": True, "momentum": 0.5}, x=[(3, 5), (7,)]),
    ),
    aliases=("rmsprop",),
)
