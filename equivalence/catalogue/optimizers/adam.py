"""Adam and AdamW, which are one optimizer in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import LEGACY, Lines, arguments, of_torch, shared_cases, written
from equivalence.schema import Argument, Case, Difference, Entry, Weight

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_ADAM = '''
class KerasAdam(KerasOptimizer):
    """Adam as Keras computes it: epsilon is added to the root of the uncorrected second moment."""

    def __init__(
        self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-07, amsgrad=False, **shared
    ) -> None:
        super().__init__(params, lr, betas=betas, eps=eps, amsgrad=amsgrad, **shared)

    def update(self, group, step, params, grads) -> None:
        first, second = group["betas"]
        mean, square = self.kept(params, "exp_avg"), self.kept(params, "exp_avg_sq")
        torch._foreach_lerp_(mean, grads, 1 - first)
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, grads, grads, 1 - second)
        if group["amsgrad"]:
            largest = self.kept(params, "max_exp_avg_sq")
            torch._foreach_maximum_(largest, square)
            square = largest
        root = torch._foreach_sqrt(square)
        torch._foreach_add_(root, group["eps"])
        rate = group["lr"] * math.sqrt(1 - second**step) / (1 - first**step)
        torch._foreach_addcdiv_(params, mean, root, -rate)
'''
_OMIT = {"amsgrad": False}


def _settings(site: Site) -> dict[str, object]:
    config = site.config
    return {
        "betas": (config.number("beta_1"), config.number("beta_2")),
        "eps": config.number("epsilon"),
        "amsgrad": config.flag("amsgrad"),
    }


def emit_adam(site: Site) -> Lines:
    """A written optimizer.

    Formula: keras/src/optimizers/adam.py, update_step (the epsilon-hat form of Kingma and Ba 2015, section 2).
    """
    return written(site, KERAS_ADAM, _settings(site), _OMIT)


def _torch_adam(site: Site) -> Lines:
    """The mistake: torch.optim.Adam with the same numbers."""
    return of_torch(site, "torch.optim.Adam", _settings(site), _OMIT)


def _torch_adamw(site: Site) -> Lines:
    """The mistake: torch.optim.AdamW with the same numbers."""
    return of_torch(site, "torch.optim.AdamW", _settings(site), _OMIT)


_DYADIC = {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10}
_ARGUMENTS = (
    Argument("beta_1", "betas", 0.9, how="betas[0]"),
    Argument("beta_2", "betas", 0.999, how="betas[1]"),
    Argument("epsilon", "eps", 1e-07, note="added to another root in torch: see the differences"),
    Argument("amsgrad", "amsgrad", False),
)
#: Of each variable two lie side by side, those of amsgrad behind all of them.
_STATE = (
    Weight("momentum", "exp_avg"),
    Weight("velocity", "exp_avg_sq"),
    Weight("velocity_hat", "max_exp_avg_sq", when="amsgrad", at=("then",)),
)
#: Of torch alone; what stands next to them is this.
_NOT_IN_KERAS = ("torch.optim.RAdam", "torch.optim.SparseAdam", "torch.optim.swap_in_optimizer_params_and_state")
_EPSILON = (
    "Keras adds epsilon before the second moment is corrected, torch after: torch's is larger by "
    "1 / sqrt(1 - beta_2^t), 31.6 times at the first step with the default beta_2."
)

Adam = Entry(
    keras="keras.optimizers.Adam",
    torch=("torch.optim.Adam", "torch.optim.AdamW", "torch.optim.Optimizer", *_NOT_IN_KERAS),
    related=("torch.optim.Adam", "torch.optim.AdamW", *_NOT_IN_KERAS),
    says="Steps by the running mean of the gradient over the root of its running square.",
    emit=emit_adam,
    kind="optimizer",
    arguments=(Argument("learning_rate", "lr", 0.001, old=("lr",)), *_ARGUMENTS, *arguments()),
    legacy=LEGACY,
    weights=_STATE,
    differences=(
        Difference("epsilon", _EPSILON, case="plain", naive=_torch_adam),
        Difference(
            "weight-decay",
            "weight_decay shrinks the variable itself in Keras (as AdamW); torch.optim.Adam adds it to the gradient.",
            case="decay-alone",
            naive=_torch_adam,
        ),
        Difference(
            "clipnorm",
            "clipnorm holds each gradient to the norm by itself; clip_grad_norm_ holds all of them together.",
            case="weight-decay",
            swap=(("clipnorm=0.5", "global_clipnorm=0.5"),),
        ),
    ),
    cases=(
        *shared_cases(_DYADIC),
        Case("amsgrad", {**_DYADIC, "amsgrad": True}, x=[(3, 5), (7,)]),
        Case("decay-alone", {**_DYADIC, "weight_decay": 0.125}, x=[(3, 5), (7,)]),
    ),
    aliases=("adam", "clipnorm", "global_clipnorm", "gradient clipping"),
)

AdamW = Entry(
    keras="keras.optimizers.AdamW",
    torch=("torch.optim.AdamW", "torch.optim.Optimizer"),
    related=("torch.optim.AdamW",),
    says="Adam with decoupled weight decay: 0.004 where nothing is said, in torch 0.01.",
    emit=emit_adam,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001, old=("lr",)),
        *_ARGUMENTS,
        *arguments(weight_decay=0.004),
    ),
    legacy=LEGACY,
    weights=_STATE,
    differences=(Difference("epsilon", _EPSILON, case="amsgrad", naive=_torch_adamw),),
    cases=(
        *shared_cases({**_DYADIC, "weight_decay": 0.0625}),
        Case("amsgrad", {**_DYADIC, "weight_decay": 0.125, "amsgrad": True}, x=[(3, 5), (7,)]),
    ),
    aliases=("adamw", "decoupled weight decay", "exclude_from_weight_decay"),
)
