"""Muon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import (
    LEGACY,
    SHAPES,
    Lines,
    arguments,
    lines,
    shared_cases,
    shared_settings,
    written,
)
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_MUON = '''
class KerasMuon(KerasOptimizer):
    """Muon as Keras computes it: matrices move along orthogonal ones, all else by Adam.

    A group with adam=True is left to Adam whole: Keras has embeddings there.
    """

    def __init__(
        self,
        params,
        lr=0.001,
        betas=(0.9, 0.999),
        eps=1e-07,
        adam_weight_decay=0.004,
        adam_lr_ratio=1.0,
        momentum=0.95,
        nesterov=True,
        ns_coefficients=(3.4445, -4.775, 2.0315),
        ns_steps=5,
        rms_rate=0.2,
        adam=False,
        **shared,
    ) -> None:
        own = dict(betas=betas, eps=eps, adam_weight_decay=adam_weight_decay, adam=adam)
        own.update(adam_lr_ratio=adam_lr_ratio, momentum=momentum, nesterov=nesterov)
        own.update(ns_coefficients=ns_coefficients, ns_steps=ns_steps, rms_rate=rms_rate)
        super().__init__(params, lr, **own, **shared)

    def decay(self, group, params) -> None:
        for p in params:
            by_adam = group["adam"] or p.ndim != 2
            amount = group["adam_weight_decay"] if by_adam else group["weight_decay"]
            p.mul_(1 - group["lr"] * amount)

    def update(self, group, step, params, grads) -> None:
        for p, grad, moment in zip(
            params, grads, self.kept(params, "momentum_buffer"), strict=True
        ):
            if group["adam"] or p.ndim != 2:
                first, second = group["betas"]
                moment.lerp_(grad, 1 - first)
                (square,) = self.kept([p], "exp_avg_sq")
                square.mul_(second).addcmul_(grad, grad, value=1 - second)
                rate = group["lr"] * group["adam_lr_ratio"]
                rate *= math.sqrt(1 - second**step) / (1 - first**step)
                p.addcdiv_(moment, square.sqrt().add_(group["eps"]), value=-rate)
            else:
                moment.mul_(group["momentum"]).add_(grad)
                ahead = grad.add(moment, alpha=group["momentum"]) if group["nesterov"] else moment
                rate = group["lr"]
                if group["rms_rate"] is not None:
                    rate *= group["rms_rate"] * math.sqrt(max(p.shape))
                p.add_(self.orthogonal(group, ahead), alpha=-rate)

    def orthogonal(self, group, x) -> Tensor:
        """Near to the orthogonal matrix next to x, by steps of Newton and Schulz."""
        a, b, c = group["ns_coefficients"]
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        x = x / (x.norm() + 1e-07)
        for _ in range(group["ns_steps"]):
            square = x @ x.T
            square = torch.addmm(square, square, square, beta=b, alpha=c)
            x = torch.addmm(x, square, x, beta=a)
        return x.T if tall else x
'''


def _settings(site: Site) -> dict[str, object]:
    config = site.config
    config.flag("exclude_embeddings")  # which are those: `exclude_from_matrices` says so by their paths
    if config.value("exclude_layers"):
        config.refuse("exclude_layers", config.value("exclude_layers"), "names Keras's layers; put them into a group "
                      "of parameters with adam=True")  # fmt: skip
    return {
        "betas": (config.number("adam_beta_1"), config.number("adam_beta_2")),
        "eps": config.number("epsilon"),
        "adam_weight_decay": config.optional_number("adam_weight_decay") or 0.0,
        "adam_lr_ratio": config.number("adam_lr_ratio"),
        "momentum": config.number("momentum"),
        "nesterov": config.flag("nesterov"),
        "ns_coefficients": tuple(config.number(f"muon_{name}") for name in "abc"),
        "ns_steps": config.integer("ns_steps", minimum=0),
        "rms_rate": config.optional_number("rms_rate"),
    }


_OMIT = {
    "betas": (0.9, 0.999), "eps": 1e-07, "adam_weight_decay": 0.004, "adam_lr_ratio": 1.0, "nesterov": True,
    "ns_coefficients": (3.4445, -4.775, 2.0315), "ns_steps": 5, "rms_rate": 0.2,
}  # fmt: skip


def emit_muon(site: Site) -> Lines:
    """A written optimizer. Formula: keras/src/optimizers/muon.py, update_step (Jordan 2024; Liu and others 2025)."""
    return written(site, KERAS_MUON, _settings(site), _OMIT)


def _torch_muon(site: Site) -> Lines:
    """The mistake: torch.optim.Muon with the same numbers; it takes matrices alone."""
    settings, around = _settings(site), shared_settings(site)
    named = {name: settings[name] for name in ("momentum", "nesterov", "ns_coefficients", "ns_steps")}
    decay = {"weight_decay": around.get("weight_decay", 0.0)}
    made = {**named, **decay, "adjust_lr_fn": "'match_rms_adamw'"}
    return lines(site, "torch.optim.Muon", made, {})


_DYADIC = {
    "learning_rate": 2.0**-5, "adam_beta_1": 0.875, "adam_beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10,
    "adam_weight_decay": 0.0625, "momentum": 0.9375, "muon_a": 3.4375, "muon_b": -4.75, "muon_c": 2.03125,
    "rms_rate": 0.25,
}  # fmt: skip

#: Its coefficients leave singular values apart, by which rounding grows from step to step.
_BECAUSE = "the steps of Newton and Schulz do not converge: rounding grows a million times in 100 steps"

Muon = Entry(
    keras="keras.optimizers.Muon",
    torch=("torch.optim.Muon", "torch.optim.Optimizer"),
    related=("torch.optim.Muon",),
    says="Moves matrices along orthogonal ones made of their momentum, and everything else by Adam.",
    emit=emit_muon,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001),
        Argument("adam_beta_1", "betas", 0.9, how="betas[0]"),
        Argument("adam_beta_2", "betas", 0.999, how="betas[1]"),
        Argument("adam_weight_decay", "adam_weight_decay", 0.004),
        Argument("epsilon", "eps", 1e-07),
        Argument("exclude_layers", None, None, note="regular expressions for paths in Keras: a group with adam=True"),
        Argument("exclude_embeddings", None, True, note="those are a group with adam=True"),
        Argument("muon_a", "ns_coefficients", 3.4445, how="ns_coefficients[0]"),
        Argument("muon_b", "ns_coefficients", -4.775, how="ns_coefficients[1]"),
        Argument("muon_c", "ns_coefficients", 2.0315, how="ns_coefficients[2]"),
        Argument("adam_lr_ratio", "adam_lr_ratio", 1),
        Argument("momentum", "momentum", 0.95),
        Argument("ns_steps", "ns_steps", 5),
        Argument("nesterov", "nesterov", True),
        Argument("rms_rate", "adjust_lr_fn", 0.2, note="0.2 is torch's match_rms_adamw"),
        *arguments(weight_decay=0.004),
    ),
    legacy=LEGACY,
    weights=(
        Weight("momentum", "momentum_buffer"),
        Weight("velocity", "exp_avg_sq", when="by_adam"),
    ),
    differences=(
        Difference(
            "precision",
            "torch.optim.Muon makes its orthogonal matrices in bfloat16, takes a mean of gradients for the momentum, "
            "and refuses all that is no matrix: that wants an AdamW beside it.",
            case="matrices",
            naive=_torch_muon,
        ),
    ),
    cases=(
        *shared_cases({**_DYADIC, "weight_decay": 0.03125}, max_rel=1e-8, because=_BECAUSE),
        Case(
            "matrices",
            {**_DYADIC, "nesterov": False, "ns_steps": 4, "rms_rate": 0.2, "weight_decay": 0.0},
            x=[(3, 5), (6, 4)],
            max_rel=1e-8,
            because=_BECAUSE,
        ),
        Case(
            "ratio",
            {**_DYADIC, "adam_lr_ratio": 0.5, "rms_rate": None, "exclude_embeddings": False},
            x=SHAPES,
            max_rel=1e-8,
            because=_BECAUSE,
        ),
    ),
    aliases=("muon", "orthogonal momentum"),
)
