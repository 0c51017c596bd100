"""Learning rate schedulers as functions of the epoch, for Keras's callback. `lr` is the optimizer's."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing, row

_EACH = "torch's scheduler is stepped by hand, mostly once an epoch; Keras's callback once an epoch, by fit."
_NOTES = {
    "optimizer": "lr is its first learning rate",
    "last_epoch": "fit(initial_epoch=...) goes on from an epoch",
    "gamma": "",
}
RESTARTS = '''
def restarted(epoch, lr, first, times, lowest):
    """A cosine from lr to `lowest`, begun anew after `first` epochs, each stretch `times` as long as the one before."""
    length = first
    while epoch >= length:
        epoch, length = epoch - length, length * times
    return lowest + (lr - lowest) * (1 + math.cos(math.pi * epoch / length)) / 2
'''
ONE_CYCLE = '''
def one_cycle(step, max_lr, total, share, start, end, anneal):
    """From max_lr / start up to max_lr over a share of the steps, and down to max_lr / start / end."""
    peak = total * share - 1
    low, first = max_lr / start, step <= peak
    begin, finish = (low, max_lr) if first else (max_lr, low / end)
    part = step / peak if first else (step - peak) / (total - 1 - peak)
    if anneal == "linear":
        return begin + (finish - begin) * part
    return finish + (begin - finish) / 2 * (1 + math.cos(math.pi * part))
'''
CYCLE = '''
def cyclic(step, low, high, up, down, mode, gamma):
    """Up in `up` steps, down in `down`; "triangular2" halves the height each time, "exp_range" shrinks it by gamma."""
    down = up if down is None else down
    cycle, place = divmod(step, up + down)
    share = place / up if place <= up else (up + down - place) / down
    scale = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": gamma**step}[mode]
    return low + (high - low) * share * scale
'''


def _by_epoch(expression: str) -> str:
    return f"keras.callbacks.LearningRateScheduler(lambda epoch: {expression})"


def _row(torch: str, expression: str, *cases: str, helper: str = "", **notes: str) -> FromTorch:
    return row(
        f"lr_scheduler.{torch}",
        expression if expression.startswith("keras") else _by_epoch(expression),
        *(f"lr_scheduler.{case}" for case in cases),
        helper=helper,
        watch=(_EACH,),
        notes={**_NOTES, **notes},
        gradients=False,
        because="there is nothing to differentiate",
    )


ROWS = (
    _row(
        "StepLR(optimizer, step_size, gamma=0.1, last_epoch=-1)",
        "lr * gamma ** (epoch // step_size)",
        "StepLR(optimizer, 3)",
        "StepLR(optimizer, 4, gamma=0.5)",
    ),
    _row(
        "MultiStepLR(optimizer, milestones, gamma=0.1, last_epoch=-1)",
        "lr * gamma ** sum(epoch >= each for each in milestones)",
        "MultiStepLR(optimizer, [2, 5], gamma=0.5)",
    ),
    _row(
        "ConstantLR(optimizer, factor=0.3333333333333333, total_iters=5, last_epoch=-1)",
        "lr * (factor if epoch < total_iters else 1)",
        "ConstantLR(optimizer)",
        "ConstantLR(optimizer, 0.5, 3)",
    ),
    _row(
        "LinearLR(optimizer, start_factor=0.3333333333333333, end_factor=1.0, total_iters=5, last_epoch=-1)",
        "lr * (start_factor + (end_factor - start_factor) * min(epoch, total_iters) / total_iters)",
        "LinearLR(optimizer)",
        "LinearLR(optimizer, 1.0, 0.25, 8)",
    ),
    _row("ExponentialLR(optimizer, gamma, last_epoch=-1)", "lr * gamma ** epoch", "ExponentialLR(optimizer, 0.9)"),
    _row(
        "PolynomialLR(optimizer, total_iters=5, power=1.0, last_epoch=-1)",
        "lr * (1 - min(epoch, total_iters) / total_iters) ** power",
        "PolynomialLR(optimizer)",
        "PolynomialLR(optimizer, 8, power=2.0)",
    ),
    _row(
        "CosineAnnealingLR(optimizer, T_max, eta_min=0.0, last_epoch=-1)",
        "eta_min + (lr - eta_min) * (1 + math.cos(math.pi * epoch / T_max)) / 2",
        "CosineAnnealingLR(optimizer, 12)",
        "CosineAnnealingLR(optimizer, 14, eta_min=0.125)",
        T_max="keras.optimizers.schedules.CosineDecay(lr, T_max) counts batches, and stays at its end",
    ),
    _row(
        "CosineAnnealingWarmRestarts(optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1)",
        "restarted(epoch, lr, T_0, T_mult, eta_min)",
        "CosineAnnealingWarmRestarts(optimizer, 4)",
        "CosineAnnealingWarmRestarts(optimizer, 3, T_mult=2, eta_min=0.125)",
        helper=RESTARTS,
    ),
    _row(
        "LambdaLR(optimizer, lr_lambda, last_epoch=-1)",
        "lr * lr_lambda(epoch)",
        "LambdaLR(optimizer, lambda e: 0.5 ** e)",
    ),
    _row(
        "MultiplicativeLR(optimizer, lr_lambda, last_epoch=-1)",
        "keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr * lr_lambda(epoch) if epoch else lr)",
        "MultiplicativeLR(optimizer, lambda e: 0.5 + 0.25 * (e % 2))",
    ),
    _row(
        "OneCycleLR(optimizer, max_lr, total_steps=None, epochs=None, steps_per_epoch=None, pct_start=0.3, "
        "anneal_strategy='cos', cycle_momentum=True, base_momentum=0.85, max_momentum=0.95, div_factor=25.0, "
        "final_div_factor=10000.0, three_phase=False, last_epoch=-1)",
        "one_cycle(epoch, max_lr, total_steps or epochs * steps_per_epoch, pct_start, div_factor, final_div_factor, "
        "anneal_strategy)",
        "OneCycleLR(optimizer, 0.5, total_steps=20, cycle_momentum=False)",
        "OneCycleLR(optimizer, 0.5, total_steps=20, pct_start=0.25, anneal_strategy='linear', cycle_momentum=False)",
        helper=ONE_CYCLE,
        cycle_momentum="Keras's momentum stays",
        base_momentum="as cycle_momentum",
        max_momentum="as cycle_momentum",
        three_phase="False alone",
        total_steps="counted in batches: write it as a keras.optimizers.schedules.LearningRateSchedule to step by "
        "batch",
    ),
    _row(
        "CyclicLR(optimizer, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode='triangular', gamma=1.0, "
        "scale_fn=None, scale_mode='cycle', cycle_momentum=True, base_momentum=0.8, max_momentum=0.9, last_epoch=-1)",
        "cyclic(epoch, base_lr, max_lr, step_size_up, step_size_down, mode, gamma)",
        "CyclicLR(optimizer, 0.125, 0.5, step_size_up=3, cycle_momentum=False)",
        "CyclicLR(optimizer, 0.125, 0.5, step_size_up=3, step_size_down=2, mode='triangular2', cycle_momentum=False)",
        helper=CYCLE,
        scale_fn="a function of your own in place of `scale`",
        scale_mode="as scale_fn",
        cycle_momentum="Keras's momentum stays",
        base_momentum="as cycle_momentum",
        max_momentum="as cycle_momentum",
    ),
    *nothing(
        "Keras has no scheduler of schedulers; write one function for keras.callbacks.LearningRateScheduler that "
        "calls theirs.",
        "lr_scheduler.SequentialLR(optimizer, schedulers, milestones)",
        "lr_scheduler.ChainedScheduler(schedulers, optimizer=None)",
        "lr_scheduler.LRScheduler(optimizer, last_epoch=-1)",
    ),
    *nothing(
        "keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=11, min_delta=1e-4) comes near to torch's defaults: "
        "torch waits "
        "for one more than patience, and its threshold is a share of the best value where Keras's min_delta is a "
        "difference, "
        "and no setting makes the two one.",
        "lr_scheduler.ReduceLROnPlateau(optimizer, mode='min', factor=0.1, patience=10)",
    ),
)
