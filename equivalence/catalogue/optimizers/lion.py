"""Lion and Lamb: steps of one size, and steps as long as their variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import LEGACY, Lines, arguments, shared_cases, written
from equivalence.schema import Argument, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_LION = '''
class KerasLion(KerasOptimizer):
    """Lion: the sign of a mean of the momentum and the gradient, times the rate."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.99), **shared) -> None:
        super().__init__(params, lr, betas=betas, **shared)

    def update(self, group, step, params, grads) -> None:
        first, second = group["betas"]
        mean = self.kept(params, "exp_avg")
        direction = torch._foreach_lerp(mean, grads, 1 - first)
        torch._foreach_sign_(direction)
        torch._foreach_add_(params, direction, alpha=-group["lr"])
        torch._foreach_lerp_(mean, grads, 1 - second)
'''
KERAS_LAMB = '''
class KerasLamb(KerasOptimizer):
    """Lamb: Adam's direction, as long as the variable itself, times the rate."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-07, **shared) -> None:
        super().__init__(params, lr, betas=betas, eps=eps, **shared)

    def update(self, group, step, params, grads) -> None:
        first, second = group["betas"]
        mean, square = self.kept(params, "exp_avg"), self.kept(params, "exp_avg_sq")
        torch._foreach_lerp_(mean, grads, 1 - first)
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, grads, grads, 1 - second)
        root = torch._foreach_div(square, 1 - second**step)
        torch._foreach_sqrt_(root)
        torch._foreach_add_(root, group["eps"])
        direction = torch._foreach_div(mean, root)
        torch._foreach_div_(direction, 1 - first**step)
        sizes = zip(torch._foreach_norm(params), torch._foreach_norm(direction), strict=True)
        ratios = [torch.where((w > 0) & (d > 0), w / d, torch.ones_like(w)) for w, d in sizes]
        torch._foreach_mul_(direction, ratios)
        torch._foreach_add_(params, direction, alpha=-group["lr"])
'''


def emit_lion(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/lion.py, update_step (Chen and others 2023)."""
    betas = (site.config.number("beta_1"), site.config.number("beta_2"))
    return written(site, KERAS_LION, {"betas": betas}, {})


def emit_lamb(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/lamb.py, update_step (You and others 2020)."""
    config = site.config
    betas = (config.number("beta_1"), config.number("beta_2"))
    return written(site, KERAS_LAMB, {"betas": betas, "eps": config.number("epsilon")}, {})


Lion = Entry(
    keras="keras.optimizers.Lion",
    torch=("torch.optim.Optimizer",),
    says="Steps of one size, by the sign of a mean of momentum and gradient; PyTorch has none.",
    emit=emit_lion,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001),
        Argument("beta_1", "betas", 0.9, how="betas[0]"),
        Argument("beta_2", "betas", 0.99, how="betas[1]"),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("momentum", "exp_avg"),),
    cases=shared_cases({"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 0.96875}),
    aliases=("lion",),
)

Lamb = Entry(
    keras="keras.optimizers.Lamb",
    torch=("torch.optim.Optimizer",),
    says="Adam's direction, scaled to the norm of each variable; PyTorch has none.",
    emit=emit_lamb,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001),
        Argument("beta_1", "betas", 0.9, how="betas[0]"),
        Argument("beta_2", "betas", 0.999, how="betas[1]"),
        Argument("epsilon", "eps", 1e-07),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("momentum", "exp_avg"), Weight("velocity", "exp_avg_sq")),
    cases=shared_cases({"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10}),
    aliases=("lamb", "large batches"),
)
