"""Ftrl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import LEGACY, SHAPES, Lines, arguments, shared_cases, written
from equivalence.schema import Argument, Case, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_FTRL = '''
class KerasFtrl(KerasOptimizer):
    """Ftrl: the weights are made anew from a sum of gradients, those within l1 being exactly 0."""

    def __init__(
        self,
        params,
        lr=0.001,
        lr_power=-0.5,
        initial_accumulator_value=0.1,
        l1=0.0,
        l2=0.0,
        l2_shrinkage=0.0,
        beta=0.0,
        **shared,
    ) -> None:
        own = dict(lr_power=lr_power, initial_accumulator_value=initial_accumulator_value)
        own.update(l1=l1, l2=l2, l2_shrinkage=l2_shrinkage, beta=beta)
        super().__init__(params, lr, **own, **shared)

    def update(self, group, step, params, grads) -> None:
        lr, power, l1 = group["lr"], -group["lr_power"], group["l1"]
        total = self.kept(params, "sum", group["initial_accumulator_value"])
        linear = self.kept(params, "linear")
        before = torch._foreach_pow(total, power)
        torch._foreach_addcmul_(total, grads, grads)
        root = torch._foreach_pow(total, power)
        torch._foreach_sub_(before, root)
        torch._foreach_add_(linear, grads)
        torch._foreach_add_(linear, params, alpha=2 * group["l2_shrinkage"])
        torch._foreach_addcmul_(linear, before, params, 1 / lr)
        torch._foreach_div_(root, lr)
        torch._foreach_add_(root, 2 * (group["l2"] + group["beta"] / (2 * lr)))
        within = torch._foreach_clamp_min(torch._foreach_clamp_max(linear, l1), -l1)
        torch._foreach_sub_(within, linear)
        torch._foreach_div_(within, root)
        torch._foreach_copy_(params, within)
'''
#: Names of arguments in the two.
_NAMES = {
    "learning_rate_power": "lr_power",
    "initial_accumulator_value": "initial_accumulator_value",
    "l1_regularization_strength": "l1",
    "l2_regularization_strength": "l2",
    "l2_shrinkage_regularization_strength": "l2_shrinkage",
    "beta": "beta",
}
_DEFAULTS = {"learning_rate_power": -0.5, "initial_accumulator_value": 0.1}


def emit_ftrl(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/ftrl.py, update_step (McMahan and others 2013)."""
    settings = {torch: site.config.number(keras) for keras, torch in _NAMES.items()}
    return written(site, KERAS_FTRL, settings, dict.fromkeys(("l1", "l2", "l2_shrinkage", "beta"), 0.0))


_DYADIC = {"learning_rate": 2.0**-4, "initial_accumulator_value": 0.125}

Ftrl = Entry(
    keras="keras.optimizers.Ftrl",
    torch=("torch.optim.Optimizer",),
    says="Makes the weights anew from the sum of gradients, many being exactly 0; PyTorch has none.",
    emit=emit_ftrl,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001, old=("lr",)),
        *(Argument(keras, torch, _DEFAULTS.get(keras, 0.0)) for keras, torch in _NAMES.items()),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(Weight("accumulator", "sum"), Weight("linear", "linear")),
    cases=(
        *shared_cases(_DYADIC),
        Case(
            "regularized",
            {
                **_DYADIC, "learning_rate_power": -0.75, "l1_regularization_strength": 0.25,
                "l2_regularization_strength": 0.125, "l2_shrinkage_regularization_strength": 0.0625, "beta": 0.5,
            },
            x=SHAPES,
            trial={"rate_drops_at": 50},
        ),
    ),
    aliases=("ftrl", "follow the regularized leader"),
)  # fmt: skip
