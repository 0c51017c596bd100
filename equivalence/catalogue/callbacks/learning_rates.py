"""Callbacks that change the learning rate: ReduceLROnPlateau, LearningRateScheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.callbacks.callback_parts import MODE, MONITOR, VERBOSE, direction
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

_PLATEAU = "torch.optim.lr_scheduler.ReduceLROnPlateau"
SCHEDULER = '''
class LearningRateScheduler:
    """Sets the learning rate before each epoch: on_epoch_begin(epoch)."""

    def __init__(
        self, optimizer: torch.optim.Optimizer, schedule: Callable[[int, float], float]
    ) -> None:
        self.optimizer, self.schedule = optimizer, schedule

    def on_epoch_begin(self, epoch: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule(epoch, group["lr"])
'''


def emit_plateau(site: Site) -> str:
    """torch's own scheduler, whose counts are smaller by one.

    Decisions: keras/src/callbacks/reduce_lr_on_plateau.py, on_epoch_end; torch/optim/lr_scheduler.py.
    """
    config = site.config
    config.text("monitor")
    if config.number("factor") >= 1:
        config.refuse("factor", config.value("factor"), "should be less than 1")
    return call(
        _PLATEAU, "optimizer", mode=direction(site), factor=config.number("factor"),
        patience=max(config.integer("patience", 0), 1) - 1, threshold=abs(config.number("min_delta")),
        threshold_mode='"abs"', cooldown=max(config.integer("cooldown", 0), 1) - 1, min_lr=config.number("min_lr"),
        eps=0.0, omit={"mode": '"min"', "cooldown": 0, "min_lr": 0.0},
    )  # fmt: skip


def _same_numbers(site: Site) -> str:
    """The mistake: Keras's numbers under torch's names, and torch's defaults for the rest."""
    config = site.config
    config.text("monitor")
    config.number("min_delta")
    return call(
        _PLATEAU, "optimizer", mode=direction(site), factor=config.number("factor"),
        patience=config.integer("patience", 0), cooldown=config.integer("cooldown", 0), min_lr=config.number("min_lr"),
    )  # fmt: skip


def emit_scheduler(site: Site) -> str:
    """A loop over the groups of the optimizer."""
    site.config.value("schedule")
    return call(site.helper(SCHEDULER), "optimizer", "schedule")


ReduceLROnPlateau = Entry(
    keras="keras.callbacks.ReduceLROnPlateau",
    torch=(_PLATEAU,),
    says="Lowers the learning rate where a metric has not improved for some epochs. Call scheduler.step(metric) after "
    "each epoch. (Where the very first metric is NaN or infinite, Keras keeps it as its best, and torch does not.)",
    emit=emit_plateau,
    kind="callback",
    arguments=(
        MONITOR._replace(torch="step(metrics)", how="step(logs[monitor])"),
        Argument("factor", "factor", 0.1),
        Argument("patience", "patience", 10, how="max(patience, 1) - 1", note="torch lowers it one epoch after that"),
        VERBOSE,
        MODE,
        Argument("min_delta", "threshold", 1e-4, note='with threshold_mode="abs"; torch\'s default is relative'),
        Argument("cooldown", "cooldown", 0, how="max(cooldown, 1) - 1"),
        Argument("min_lr", "min_lr", 0.0),
    ),
    differences=(
        Difference(
            "patience",
            "Keras lowers the rate in the epoch that brings the count to patience, torch in the one after it; Keras's "
            "min_delta is absolute, torch's threshold relative unless it is told.",
            case="plain",
            naive=_same_numbers,
        ),
        Difference(
            "cooldown",
            "Keras counts again in the last epoch of its cooldown, torch one epoch later.",
            case="cooldown",
            swap=(("cooldown=2", "cooldown=3"),),
        ),
        Difference(
            "eps",
            "torch leaves a rate as it is where it would change by less than eps, 1e-8; Keras changes it all the same.",
            case="tiny",
            swap=((", eps=0.0", ""),),
        ),
    ),
    cases=(
        Case("plain", {"factor": 0.5, "patience": 2, "min_delta": 0.125}, x=(), trial={"step": "val_loss"}),
        Case("cooldown", {"factor": 0.5, "patience": 1, "cooldown": 3}, x=(), trial={"step": "val_loss"}),
        Case(
            "maximum", {"monitor": "val_accuracy", "factor": 0.5, "patience": 2, "min_lr": 0.125}, x=(),
            trial={"step": "val_accuracy"},
        ),
        Case("minimum", {"monitor": "val_accuracy", "mode": "min", "factor": 0.25, "patience": 0}, x=(),
             trial={"step": "val_accuracy"}),
        Case("tiny", {"factor": 2.0**-10, "patience": 1}, x=(), trial={"step": "val_loss"}),
    ),
    aliases=("reduce lr on plateau", "reduce learning rate on plateau", "tf.keras.callbacks.ReduceLROnPlateau"),
)  # fmt: skip

LearningRateScheduler = Entry(
    keras="keras.callbacks.LearningRateScheduler",
    torch=("torch.optim.lr_scheduler.LambdaLR",),
    related=("torch.optim.lr_scheduler.LambdaLR",),
    says="Sets the learning rate before each epoch by a function of the epoch and of the rate. The function of torch's "
    "LambdaLR gives a factor of the first rate instead, and is asked after the epoch.",
    emit=emit_scheduler,
    kind="callback",
    arguments=(Argument("schedule", "schedule"), VERBOSE),
    differences=(
        Difference(
            "factor",
            "LambdaLR multiplies the first rate by what its function gives; Keras takes that as the rate.",
            case="plain",
            swap=(('group["lr"] = self.schedule(epoch, group["lr"])', 'group["lr"] *= self.schedule(epoch, 1.0)'),),
        ),
    ),
    cases=(Case("plain", {"schedule": "schedule"}, x=(), trial={}),),
    aliases=("learning rate scheduler", "lr schedule callback", "LambdaLR", "tf.keras.callbacks.LearningRateScheduler"),
)
