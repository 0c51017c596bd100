"""Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.optimizers.optimizer_parts import CLIPPED, arguments, clipping, learning_rate
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

KERAS_ADAM = '''
class KerasAdam(torch.optim.Optimizer):
    """Adam as Keras computes it: epsilon is added to the root of the uncorrected second moment."""

    def __init__(
        self,
        params,
        lr=0.001,
        betas=(0.9, 0.999),
        eps=1e-07,
        amsgrad=False,
        weight_decay=0.0,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
    ) -> None:
        super().__init__(
            params, dict(lr=lr, betas=betas, eps=eps, amsgrad=amsgrad, weight_decay=weight_decay)
        )
        self.clip = (clipnorm, clipvalue, global_clipnorm)
        self.steps = 0

    @torch.no_grad()
    def step(self) -> None:
        self.steps += 1
        trained = [
            (group, p) for group in self.param_groups for p in group["params"] if p.grad is not None
        ]
        gradients = clipped([p.grad for _, p in trained], *self.clip)
        for (group, p), g in zip(trained, gradients, strict=True):
            one, two = group["betas"]
            state = self.state[p]
            for name in ("m", "v", "largest"):
                if name not in state:
                    state[name] = torch.zeros_like(p)
            p.sub_(p * group["weight_decay"] * group["lr"])
            state["m"].add_((g - state["m"]) * (1 - one))
            state["v"].add_((g.square() - state["v"]) * (1 - two))
            torch.maximum(state["largest"], state["v"], out=state["largest"])
            second = state["largest"] if group["amsgrad"] else state["v"]
            rate = group["lr"] * math.sqrt(1 - two**self.steps) / (1 - one**self.steps)
            p.sub_(state["m"] * rate / (second.sqrt() + group["eps"]))
'''


def _settings(site: Site) -> dict[str, object]:
    config = site.config
    return {
        "lr": learning_rate(site),
        "betas": (config.number("beta_1"), config.number("beta_2")),
        "eps": config.number("epsilon"),
        "amsgrad": config.flag("amsgrad"),
        "weight_decay": config.optional_number("weight_decay") or 0.0,
    }


_DEFAULTS = {"amsgrad": False, "weight_decay": 0.0}


def emit_adam(site: Site) -> str:
    """The constructor call of a small optimizer written into the file.

    Formula: keras/src/optimizers/adam.py, update_step (the epsilon-hat form of Kingma and Ba 2015, section 2).
    """
    site.helper(CLIPPED)
    name = site.helper(KERAS_ADAM)
    return call(name, "model.parameters()", **_settings(site), **clipping(site), omit=_DEFAULTS)


def _torch_adam(site: Site) -> str:
    """The mistake: torch.optim.Adam with the same numbers."""
    clipping(site)
    return call("torch.optim.Adam", "model.parameters()", **_settings(site), omit=_DEFAULTS)


_DYADIC = {"learning_rate": 2.0**-7, "beta_1": 0.875, "beta_2": 1 - 2.0**-7, "epsilon": 2.0**-10}

Adam = Entry(
    keras="keras.optimizers.Adam",
    torch=("torch.optim.Adam", "torch.optim.AdamW"),
    related=("torch.optim.Adam", "torch.optim.AdamW"),
    says="Steps by the running mean of the gradient over the root of its running square.",
    emit=emit_adam,
    kind="optimizer",
    arguments=(
        Argument("learning_rate", "lr", 0.001),
        Argument("beta_1", "betas", 0.9, how="betas[0]"),
        Argument("beta_2", "betas", 0.999, how="betas[1]"),
        Argument("epsilon", "eps", 1e-07, note="added to another root in torch: see the differences"),
        Argument("amsgrad", "amsgrad", False),
        *arguments(),
    ),
    legacy=(Argument("decay", None, 0.0, inert=True), Argument("jit_compile", None, False, inert=True)),
    differences=(
        Difference(
            "epsilon",
            "Keras adds epsilon before the second moment is corrected, torch after: torch's is larger by "
            "1 / sqrt(1 - beta_2^t), 31.6 times at the first step with the default beta_2.",
            case="plain",
            naive=_torch_adam,
        ),
        Difference(
            "weight-decay",
            "weight_decay shrinks the variable itself in Keras (as AdamW); torch.optim.Adam adds it to the gradient.",
            case="weight-decay",
            naive=_torch_adam,
        ),
        Difference(
            "clipnorm",
            "clipnorm holds each gradient to the norm by itself; clip_grad_norm_ holds all of them together.",
            case="clipnorm",
            swap=(("clipnorm=0.5", "global_clipnorm=0.5"),),
        ),
    ),
    cases=(
        Case("plain", _DYADIC, x=[(3, 5), (7,)]),
        Case("amsgrad", {**_DYADIC, "amsgrad": True}, x=[(3, 5), (7,)]),
        Case("weight-decay", {**_DYADIC, "weight_decay": 0.125}, x=[(3, 5), (7,)]),
        Case("clipnorm", {**_DYADIC, "clipnorm": 0.5}, x=[(3, 5), (7,)]),
        Case("clipvalue", {**_DYADIC, "clipvalue": 0.25}, x=[(3, 5), (7,)]),
        Case("global-clipnorm", {**_DYADIC, "global_clipnorm": 0.5}, x=[(3, 5), (7,)]),
    ),
    aliases=("adam",),
)
