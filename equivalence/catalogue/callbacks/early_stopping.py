"""EarlyStopping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.callbacks.callback_parts import IMPROVES, IN_FLOAT32, MODE, MONITOR, VERBOSE, direction
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, quoted

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

EARLY_STOPPING = '''
class EarlyStopping:
    """Stops where a metric has not improved for `patience` epochs.

    on_train_begin() before the loop, on_epoch_end(epoch, logs) after each epoch, `if stop_training: break`, and
    on_train_end() behind the loop, which puts the best weights back.
    """

    def __init__(
        self,
        model: nn.Module,
        monitor: str = "val_loss",
        mode: str = "min",
        min_delta: float = 0.0,
        patience: int = 0,
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        self.model, self.monitor, self.mode, self.min_delta = model, monitor, mode, abs(min_delta)
        self.patience, self.baseline, self.start_from_epoch = patience, baseline, start_from_epoch
        self.restore_best_weights = restore_best_weights
        self.on_train_begin()

    def on_train_begin(self) -> None:
        self.best, self.weights, self.wait, self.stop_training = None, None, 0, False

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        value = logs.get(self.monitor)
        if value is None or epoch < self.start_from_epoch:
            return
        improved = improves(value, self.best, self.mode, self.min_delta)
        if self.restore_best_weights and (improved or self.weights is None):
            self.weights = {
                name: tensor.clone() for name, tensor in self.model.state_dict().items()
            }
        self.wait += 1
        if improved:
            self.best = value
            if self.baseline is None or improves(value, self.baseline, self.mode, self.min_delta):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:  # Keras never stops in the first epoch
            self.stop_training = True

    def on_train_end(self) -> None:
        if self.weights is not None:
            self.model.load_state_dict(self.weights)
'''
_DEFAULTS = {
    "monitor": '"val_loss"', "mode": '"min"', "min_delta": 0.0, "patience": 0, "baseline": None,
    "restore_best_weights": False, "start_from_epoch": 0,
}  # fmt: skip


def emit_early_stopping(site: Site) -> str:
    """A small class with the methods of Keras's.

    Decisions: keras/src/callbacks/early_stopping.py, on_epoch_end.
    """
    config = site.config
    site.helper(IMPROVES)
    return call(
        site.helper(EARLY_STOPPING), "model", monitor=quoted(config.text("monitor")), mode=direction(site),
        min_delta=config.number("min_delta"), patience=config.integer("patience", 0),
        baseline=config.optional_number("baseline"), restore_best_weights=config.flag("restore_best_weights"),
        start_from_epoch=config.integer("start_from_epoch", 0), omit=_DEFAULTS,
    )  # fmt: skip


EarlyStopping = Entry(
    keras="keras.callbacks.EarlyStopping",
    torch=(),
    says=f"Stops training where a metric has not improved for some epochs. torch has no callbacks: the loop asks. "
    f"{IN_FLOAT32}",
    emit=emit_early_stopping,
    kind="callback",
    arguments=(
        MONITOR,
        Argument("min_delta", "min_delta", 0, note="an absolute change"),
        Argument("patience", "patience", 0, note="0 and 1 are the same"),
        VERBOSE,
        MODE,
        Argument("baseline", "baseline", None, note="patience is renewed by what is better than this too"),
        Argument("restore_best_weights", "restore_best_weights", False, note="not only where it stops"),
        Argument("start_from_epoch", "start_from_epoch", 0),
    ),
    differences=(
        Difference(
            "patience",
            "Stopping takes place in the epoch that brings the count to patience, not in the one after it, and never "
            "in the first.",
            case="patience",
            swap=(("self.wait >= self.patience", "self.wait > self.patience"),),
        ),
        Difference(
            "reference",
            "A dictionary of state_dict() without clone() holds the weights themselves, which train on: what is put "
            "back are the last ones.",
            case="restore",
            swap=(("tensor.clone() for", "tensor for"),),
        ),
    ),
    cases=(
        Case("patience", {"patience": 2}, x=(), trial={}),
        Case("defaults", {}, x=(), trial={}),
        Case("restore", {"patience": 3, "restore_best_weights": True, "min_delta": 0.25}, x=(), trial={}),
        Case("maximum", {"monitor": "val_accuracy", "patience": 2, "restore_best_weights": True}, x=(), trial={}),
        Case("baseline", {"baseline": 0.5, "patience": 2, "mode": "min", "monitor": "val_accuracy"}, x=(), trial={}),
        Case("late", {"start_from_epoch": 4, "patience": 1, "mode": "max"}, x=(), trial={}),
    ),
    aliases=("early stopping", "tf.keras.callbacks.EarlyStopping", "restore_best_weights", "patience"),
)
