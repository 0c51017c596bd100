"""Callbacks that save: ModelCheckpoint, BackupAndRestore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.callbacks.callback_parts import IMPROVES, IN_FLOAT32, MODE, MONITOR, VERBOSE, direction
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, quoted

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

CHECKPOINT = '''
class ModelCheckpoint:
    """Saves the model after each epoch, or each time that `save_freq` batches have passed.

    on_epoch_begin(epoch), on_train_batch_end(batch, logs), on_epoch_end(epoch, logs). Without
    save_weights_only, the file holds "model" and "optimizer", from which training can go on.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        filepath: str,
        monitor: str = "val_loss",
        mode: str = "min",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        save_freq: int | None = None,
        best: float | None = None,
    ) -> None:
        self.model, self.optimizer, self.filepath = model, optimizer, filepath
        self.monitor, self.mode, self.best = monitor, mode, best
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq, self.epoch, self.batches = save_freq, 0, 0

    def on_epoch_begin(self, epoch: int) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        self.batches += 1
        if self.save_freq is not None and self.batches >= self.save_freq:
            self.batches = 0
            self.save({"batch": batch + 1, **logs})

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if self.save_freq is None:
            self.save(logs)

    def save(self, logs: dict[str, float]) -> None:
        value = logs.get(self.monitor)
        if self.save_best_only and value is not None:
            if not improves(value, self.best, self.mode):
                return
            self.best = value
        path = Path(self.filepath.format(epoch=self.epoch + 1, **logs))
        path.parent.mkdir(parents=True, exist_ok=True)
        state = self.model.state_dict()
        if not self.save_weights_only:
            state = {"model": state, "optimizer": self.optimizer.state_dict()}
        torch.save(state, path)
'''
BACKUP = '''
class BackupAndRestore:
    """Goes on with a training that was cut off.

    on_train_begin() gives the epoch to begin with; on_epoch_end(epoch, logs); on_train_end().
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        backup_dir: str,
        delete_checkpoint: bool = True,
    ) -> None:
        self.model, self.optimizer, self.folder = model, optimizer, Path(backup_dir)
        self.delete_checkpoint = delete_checkpoint

    def on_train_begin(self) -> int:
        path = self.folder / "latest.pt"
        if not path.exists():
            return 0
        state = torch.load(path)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        return state["epoch"]

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**state, "epoch": epoch + 1}, self.folder / "new.pt")
        (self.folder / "new.pt").replace(self.folder / "latest.pt")  # never half a file

    def on_train_end(self) -> None:
        if self.delete_checkpoint and self.folder.exists():
            shutil.rmtree(self.folder)
'''


def emit_checkpoint(site: Site) -> str:
    """A class that saves with torch.save.

    Decisions: keras/src/callbacks/model_checkpoint.py, _should_save_model and _should_save_on_batch.
    """
    config = site.config
    site.helper(IMPROVES)
    path, weights_only = config.text("filepath"), config.flag("save_weights_only")
    for ending in (".weights.h5", ".keras", ".h5"):
        if path.endswith(ending):
            path = path.removesuffix(ending) + ".pt"
            break
    every = config.value("save_freq")
    return call(
        site.helper(CHECKPOINT), "model", "optimizer", quoted(path), monitor=quoted(config.text("monitor")),
        mode=direction(site), save_best_only=config.flag("save_best_only"), save_weights_only=weights_only,
        save_freq=None if every == "epoch" else config.integer("save_freq"),
        best=config.optional_number("initial_value_threshold"),
        omit={"monitor": '"val_loss"', "mode": '"min"', "save_best_only": False, "save_weights_only": False,
              "save_freq": None, "best": None},
    )  # fmt: skip


def emit_backup(site: Site) -> str:
    """A class that saves model, optimizer and epoch together.

    Behaviour: keras/src/callbacks/backup_and_restore.py.
    """
    config = site.config
    config.only("save_freq", "epoch", because="is a number of batches, from the middle of an epoch Keras goes on too")
    config.only("double_checkpoint", False, because="is not needed where the file is replaced as a whole")
    return call(
        site.helper(BACKUP), "model", "optimizer", quoted(config.text("backup_dir")),
        delete_checkpoint=config.flag("delete_checkpoint"), omit={"delete_checkpoint": True},
    )  # fmt: skip


_FILES = {"as": "files"}

ModelCheckpoint = Entry(
    keras="keras.callbacks.ModelCheckpoint",
    torch=("torch.save", "torch.nn.Module.state_dict"),
    says=f"Saves the model during training: each time, or where a metric has improved. {IN_FLOAT32}",
    emit=emit_checkpoint,
    kind="callback",
    arguments=(
        Argument("filepath", "filepath", note="{epoch:02d} and {val_loss:.2f} are filled in; .keras becomes .pt"),
        MONITOR,
        VERBOSE,
        Argument("save_best_only", "save_best_only", False),
        Argument("save_weights_only", "save_weights_only", False, note="else the optimizer's state is saved too"),
        MODE,
        Argument("save_freq", "save_freq", "epoch", note="a number of batches is counted across epochs"),
        Argument("initial_value_threshold", "best", None),
    ),
    differences=(
        Difference(
            "epoch",
            "The epoch in the name of a file is counted from 1, the one that a callback is given from 0.",
            case="plain",
            swap=(("epoch=self.epoch + 1, **logs", "epoch=self.epoch, **logs"),),
        ),
    ),
    cases=(
        Case("plain", {"filepath": "at-{epoch:02d}-{val_loss:.2f}.keras"}, x=(), trial=_FILES),
        Case(
            "best",
            {"filepath": "best-{epoch:02d}.weights.h5", "save_best_only": True, "save_weights_only": True},
            x=(),
            trial=_FILES,
        ),
        Case(
            "maximum",
            {"filepath": "{epoch}.keras", "save_best_only": True, "monitor": "val_accuracy",
             "initial_value_threshold": 0.5},
            x=(),
            trial=_FILES,
        ),
        Case(
            "minimum",
            {"filepath": "{epoch}.keras", "save_best_only": True, "monitor": "val_accuracy", "mode": "min"},
            x=(),
            trial=_FILES,
        ),
        Case(
            "batches",
            {"filepath": "{epoch}-{batch}.weights.h5", "save_freq": 3, "save_weights_only": True},
            x=(),
            trial=_FILES,
        ),
    ),
    aliases=("model checkpoint", "save_best_only", "save best model", "tf.keras.callbacks.ModelCheckpoint"),
)  # fmt: skip

BackupAndRestore = Entry(
    keras="keras.callbacks.BackupAndRestore",
    torch=("torch.save", "torch.load"),
    says="Goes on with a training that was cut off, from the end of the last epoch that was finished.",
    emit=emit_backup,
    kind="callback",
    arguments=(
        Argument("backup_dir", "backup_dir"),
        Argument("save_freq", None, "epoch", note="a number of batches: the port refuses it"),
        Argument("double_checkpoint", None, False, note="the port refuses it: the file is replaced as a whole"),
        Argument("delete_checkpoint", "delete_checkpoint", True),
    ),
    differences=(
        Difference(
            "optimizer",
            "Without the optimizer's state, what goes on is another training: its moments begin anew.",
            case="cut-off",
            swap=(('        self.optimizer.load_state_dict(state["optimizer"])\n', ""),),
        ),
    ),
    cases=(
        Case("cut-off", {"backup_dir": "backup"}, x=(), trial={"as": "resumed"}),
        Case("kept", {"backup_dir": "backup", "delete_checkpoint": False}, x=(), trial={"as": "resumed"}),
    ),
    aliases=("backup and restore", "resume training", "tf.keras.callbacks.BackupAndRestore"),
)
