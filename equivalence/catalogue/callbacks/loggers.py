"""Callbacks that write down what happened: History, CSVLogger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, quoted

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

HISTORY = '''
class History:
    """What on_epoch_end(epoch, logs) was given, each metric as a list."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
'''
CSV_LOGGER = '''
class CSVLogger:
    """A line for each epoch, of what on_epoch_end(epoch, logs) is given.

    Columns are those of the first epoch, sorted; without validation, Keras adds empty ones for it.
    """

    def __init__(self, filename: str, separator: str = ",", append: bool = False) -> None:
        self.path, self.separator, self.names = Path(filename), separator, None
        if not append:
            self.path.write_text("")

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        new = not self.path.exists() or not self.path.stat().st_size
        if self.names is None:
            self.names = sorted(logs)
            if not any(name.startswith("val_") for name in self.names):
                self.names += [f"val_{name}" for name in self.names]
        with self.path.open("a", newline="") as file:
            lines = csv.DictWriter(
                file, ["epoch", *self.names], restval="NA", delimiter=self.separator
            )
            if new:
                lines.writeheader()
            lines.writerow(
                {"epoch": epoch, **{name: logs[name] for name in self.names if name in logs}}
            )
'''


def emit_history(site: Site) -> str:
    """A dictionary of lists."""
    return f"{site.helper(HISTORY)}()"


def emit_csv_logger(site: Site) -> str:
    """Python's csv.

    Behaviour: keras/src/callbacks/csv_logger.py.
    """
    config = site.config
    return call(
        site.helper(CSV_LOGGER), quoted(config.text("filename")), separator=quoted(config.text("separator")),
        append=config.flag("append"), omit={"separator": '","', "append": False},
    )  # fmt: skip


History = Entry(
    keras="keras.callbacks.History",
    torch=(),
    says="Keeps loss and metrics of each epoch: what fit returns.",
    emit=emit_history,
    kind="callback",
    cases=(Case("plain", {}, x=(), trial={"as": "history"}),),
    aliases=("history.history", "training history", "tf.keras.callbacks.History"),
)

CSVLogger = Entry(
    keras="keras.callbacks.CSVLogger",
    torch=(),
    says="Writes loss and metrics of each epoch as a line of a table.",
    emit=emit_csv_logger,
    kind="callback",
    arguments=(
        Argument("filename", "filename"),
        Argument("separator", "separator", ","),
        Argument("append", "append", False, note="then without a header, where the file has lines"),
    ),
    differences=(
        Difference(
            "epoch",
            "The column epoch counts from 0, as the epochs of all callbacks do; what fit prints counts from 1.",
            case="plain",
            swap=(('{"epoch": epoch, **', '{"epoch": epoch + 1, **'),),
        ),
    ),
    cases=(
        Case("plain", {"filename": "log.csv"}, x=(), trial={"as": "table"}),
        Case("tabs", {"filename": "log.csv", "separator": "\t"}, x=(), trial={"as": "table", "without": "val_"}),
        Case("append", {"filename": "log.csv", "append": True}, x=(), trial={"as": "table"}),
    ),
    aliases=("csv logger", "tf.keras.callbacks.CSVLogger", "log to csv"),
)
