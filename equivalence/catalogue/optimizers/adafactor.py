"""Adafactor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import (
    LEGACY,
    SHAPES,
    Lines,
    arguments,
    of_torch,
    shared_cases,
    written,
)
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_ADAFACTOR = '''
class KerasAdafactor(KerasOptimizer):
    """Adafactor as Keras computes it: of tensors with two axes and more, the squares of the
    gradient are kept as the means along two `axes`: the last two, as the weights lie in Keras.
    Those of a convolution's weights in torch are (0, 1), for which they get a group of their own.
    """

    def __init__(
        self,
        params,
        lr=0.001,
        beta2_decay=-0.8,
        eps=(1e-30, 0.001),
        clip_threshold=1.0,
        axes=(-2, -1),
        **shared,
    ) -> None:
        own = dict(beta2_decay=beta2_decay, eps=eps, clip_threshold=clip_threshold, axes=axes)
        super().__init__(params, lr, **own, **shared)

    def update(self, group, step, params, grads) -> None:
        small, least = group["eps"]
        rate = min(group["lr"], 1 / math.sqrt(step))
        new = step ** group["beta2_decay"]
        for p, grad in zip(params, grads, strict=True):
            square = grad.square().add_(small)
            if p.ndim > 1:
                state = self.state[p]
                for name, axis in zip(("row_var", "col_var"), reversed(group["axes"]), strict=True):
                    mean = square.mean(dim=axis, keepdim=True)
                    if name in state:
                        state[name].lerp_(mean, new)
                    else:
                        state[name] = mean * new
                rows, columns = state["row_var"], state["col_var"]
                square = rows * columns / rows.mean(dim=group["axes"][0], keepdim=True)
            else:
                square = self.kept([p], "variance")[0].lerp_(square, new)
            moved = grad / square.sqrt()
            size = moved.square().mean().sqrt() / group["clip_threshold"]
            length = rate * p.square().mean().sqrt().clamp(min=least)
            p.sub_(moved * (length / size.clamp(min=1.0)))
'''


def _settings(site: Site) -> dict[str, object]:
    config = site.config
    config.flag("relative_step")  # it makes the rate at most 1 / sqrt(step), which rho_t does once more
    return {
        "beta2_decay": config.number("beta_2_decay"),
        "eps": (config.number("epsilon_1"), config.number("epsilon_2")),
        "clip_threshold": config.number("clip_threshold"),
    }


def emit_adafactor(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/adafactor.py, update_step (Shazeer and Stern 2018)."""
    return written(site, KERAS_ADAFACTOR, _settings(site), {"clip_threshold": 1.0})


def _torch_adafactor(site: Site) -> Lines:
    """The mistake: torch.optim.Adafactor with the same numbers."""
    settings = _settings(site)
    named = {"beta2_decay": settings["beta2_decay"], "eps": settings["eps"], "d": settings["clip_threshold"]}
    return of_torch(site, "torch.optim.Adafactor", named, {})


_DYADIC = {"learning_rate": 0.25, "beta_2_decay": -0.75, "epsilon_1": 2.0**-20, "epsilon_2": 2.0**-7}

Adafactor = Entry(
    keras="keras.optimizers.Adafactor",
    torch=("torch.optim.Adafactor", "torch.optim.Optimizer"),
    related=("torch.optim.Adafactor",),
    says="Adam without momentum, whose running squares of matrices are kept as means of rows and columns.",
    emit=emit_adafactor,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001, note="0.01 in torch, where nothing is said"),
        Argument("beta_2_decay", "beta2_decay", -0.8),
        Argument("epsilon_1", "eps", 1e-30, how="eps[0]"),
        Argument("epsilon_2", "eps", 0.001, how="eps[1]"),
        Argument("clip_threshold", "d", 1.0),
        Argument("relative_step", None, True, note="without effect in Keras 3.15: the rate is at most 1 / sqrt(step)"),
        *arguments(),
    ),
    legacy=LEGACY,
    weights=(
        Weight("r", "row_var", how="over last", when="factored"),
        Weight("c", "col_var", how="over second last", when="factored"),
        Weight("velocity", "", when="factored"),  # what the two make
        Weight("r", "", how="none", when="not factored"),
        Weight("c", "", how="none", when="not factored"),
        Weight("velocity", "variance", when="not factored"),
    ),
    differences=(
        Difference(
            "epsilon",
            "Keras adds epsilon_1 to each square of the gradient; torch divides by no less than it.",
            case="one-tensor",
            naive=_torch_adafactor,
        ),
    ),
    cases=(
        *shared_cases(_DYADIC),
        Case("one-tensor", {**_DYADIC, "clip_threshold": 2.0, "relative_step": False}, x=SHAPES),
    ),
    aliases=("adafactor",),
)
