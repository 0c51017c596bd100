"""Optimizers of torch as Keras's, compared by twenty steps on the same gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing, row
from equivalence.translation.keras_templates import Cannot, Given

_DECAY = (
    "torch adds it to the gradient, times the weight; Keras's weight_decay takes it off the weight, as AdamW does. "
    "kernel_regularizer=keras.regularizers.L2(weight_decay / 2) does the same for the kernels alone"
)
DECAYED = '''
def decayed(optimizer, share, *settings, **named):
    """An optimizer with torch's weight_decay, which is added to the gradient; Keras's own is that of AdamW."""

    class Decayed(optimizer):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient + share * variable, variable, learning_rate)

    return Decayed(*settings, **named)
'''
_NOTES = {name: "how torch computes it" for name in ("foreach", "capturable", "differentiable", "fused")} | {
    "params": "Keras's optimizer gets them from compile",
    "maximize": "minimise minus the loss",
    "weight_decay": _DECAY,
}
_FLAGS = "foreach=None, maximize=False, capturable=False, differentiable=False"
_EPSILON = (
    "Keras adds epsilon to the root before it corrects the mean and variance of the first steps, torch after it: "
    "less than "
    "a millionth of a step where gradients are not tiny."
)


def _coupled(keras: str, *, refused: tuple[tuple[str, Any, str], ...] = ()) -> Callable[[Given], str]:
    """A template, unless the call asks for what Keras's optimizer does not have; with weight_decay, of a class that
    adds it to the gradient."""

    def write(given: Given) -> str:
        for name, allowed, why in refused:
            if given.of(name, allowed) != allowed:
                raise Cannot(f"{name}: {why}")
        if given.value("weight_decay") == 0:
            return keras
        name, _, settings = keras.partition("(")
        return f"decayed({name}, always(weight_decay), {settings}"

    return write


def _row(torch: str, keras: Any, *cases: str, **more: Any) -> FromTorch:
    options = {"gradients": False, "because": "the steps are compared", "notes": _NOTES, "helper": DECAYED, **more}
    return row(f"optim.{torch}", keras, *(f"optim.{case}" for case in cases), **options)


_ADAM = "lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0"
ROWS = (
    _row(
        "SGD(params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, "
        "foreach=None, "
        "differentiable=False, fused=None)",
        _coupled(
            "keras.optimizers.SGD(always(lr), momentum=momentum, nesterov=nesterov)",
            refused=(("dampening", 0, "Keras has none; leave it at 0"),),
        ),
        "SGD(params, 0.125)",
        "SGD(params, 0.125, momentum=0.75)",
        "SGD(params, 0.125, momentum=0.75, weight_decay=0.25, nesterov=True)",
        "SGD(params, lr=0.125, momentum=0.75, nesterov=True)",
        max_rel=3e-7,
        because="Keras keeps its learning rate in float32",
        watch=(
            "After a change of the learning rate, torch's momentum is scaled by the new one, Keras's keeps the old.",
        ),
    ),
    _row(
        f"Adam(params, {_ADAM}, amsgrad=False, *, {_FLAGS}, fused=None, decoupled_weight_decay=False)",
        _coupled(
            "keras.optimizers.Adam(always(lr), beta_1=always(betas[0]), beta_2=always(betas[1]), "
            "epsilon=always(eps), "
            "amsgrad=amsgrad)"
        ),
        "Adam(params, lr=0.125)",
        "Adam(params, 0.125, betas=(0.75, 0.875))",
        "Adam(params, 0.125, weight_decay=0.25)",
        watch=(_EPSILON,),
        max_rel=1e-5,
        because=_EPSILON,
    ),
    _row(
        f"AdamW(params, {_ADAM.replace('weight_decay=0', 'weight_decay=0.01')}, amsgrad=False, *, maximize=False, "
        "foreach=None, capturable=False, differentiable=False, fused=None)",
        "keras.optimizers.AdamW(always(lr), weight_decay=always(weight_decay), beta_1=always(betas[0]), "
        "beta_2=always(betas[1]), epsilon=always(eps), amsgrad=amsgrad)",
        "AdamW(params, lr=0.125)",
        "AdamW(params, 0.125, weight_decay=0.25)",
        watch=(_EPSILON,),
        max_rel=1e-5,
        because=_EPSILON,
        notes={**_NOTES, "weight_decay": ""},
    ),
    _row(
        "Adamax(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, foreach=None, *, maximize=False, "
        "differentiable=False, capturable=False)",
        _coupled(
            "keras.optimizers.Adamax(always(lr), beta_1=always(betas[0]), beta_2=always(betas[1]), epsilon=always(eps))"
        ),
        "Adamax(params, lr=0.125)",
        "Adamax(params, lr=0.125, weight_decay=0.25)",
        max_rel=1e-5,
        because="Keras adds epsilon where torch takes it into the maximum",
    ),
    _row(
        "Adagrad(params, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, "
        "*, "
        "maximize=False, differentiable=False, fused=None)",
        _coupled(
            "keras.optimizers.Adagrad(always(lr), initial_accumulator_value=always(initial_accumulator_value), "
            "epsilon=always(eps))",
            refused=(("lr_decay", 0, "give learning_rate a schedule"),),
        ),
        "Adagrad(params, lr=0.125)",
        "Adagrad(params, 0.125, initial_accumulator_value=0.5)",
        "Adagrad(params, 0.125, weight_decay=0.25)",
        max_rel=1e-5,
        because="Keras adds epsilon below the root, torch outside",
        watch=("Keras's accumulator begins at 0.1, torch's at 0.",),
    ),
    _row(
        "Adadelta(params, lr=1.0, rho=0.9, eps=1e-06, weight_decay=0, foreach=None, *, capturable=False, "
        "maximize=False, "
        "differentiable=False)",
        _coupled("keras.optimizers.Adadelta(always(lr), rho=always(rho), epsilon=always(eps))"),
        "Adadelta(params)",
        "Adadelta(params, lr=0.5, rho=0.75)",
        "Adadelta(params, lr=0.5, weight_decay=0.25)",
        max_rel=1e-5,
        because=("Keras takes constants through float32"),
        watch=("Keras's learning rate is 0.001 where none is given, torch's 1.",),
    ),
    _row(
        "RMSprop(params, lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0, momentum=0, centered=False, "
        "capturable=False, "
        "foreach=None, maximize=False, differentiable=False)",
        _coupled(
            "keras.optimizers.RMSprop(always(lr), rho=always(alpha), momentum=always(momentum), "
            "epsilon=always(eps * "
            "eps), centered=centered)"
        ),
        "RMSprop(params, lr=0.125)",
        "RMSprop(params, 0.125, alpha=0.75, momentum=0.5)",
        "RMSprop(params, 0.125, weight_decay=0.25)",
        max_rel=1e-5,
        because="Keras adds epsilon below the root, torch outside: its square is written",
        watch=("Keras adds epsilon below the root, torch outside: the square of torch's comes nearest.",),
    ),
    *nothing(
        "Keras's optimizer of that name is another one in its details, and no setting makes the two one; take it as "
        "it is, as "
        "keras.optimizers.Nadam, Adafactor or Muon, and tune the learning rate anew.",
        "optim.NAdam(params, lr=0.002)",
        "optim.Adafactor(params, lr=0.01)",
        "optim.Muon(params, lr=0.001)",
    ),
    *nothing(
        "Keras has no such optimizer; write a subclass of keras.optimizers.Optimizer with build and update_step, or "
        "take "
        "keras.optimizers.Adam.",
        "optim.RAdam(params, lr=0.001)",
        "optim.Rprop(params, lr=0.01)",
        "optim.ASGD(params, lr=0.01)",
        "optim.LBFGS(params, lr=1)",
    ),
    *nothing(
        "Keras's optimizers take sparse gradients themselves; keras.optimizers.Adam updates the rows that were "
        "looked up "
        "on TensorFlow, and all of them elsewhere.",
        "optim.SparseAdam(params, lr=0.001)",
    ),
)
