"""A callback: random histories of metrics, with ties and gaps, in which both have to decide alike."""

from __future__ import annotations

import numpy as np

from equivalence.proofs.case_inputs import seed_of
from equivalence.schema import Case, Entry

SINGLE = False  # decisions, not numbers
EPOCHS, BATCHES = 12, 4
#: How many histories, by what is done: files take time.
HISTORIES = {"epochs": 60, "batches": 20, "history": 1, "table": 2, "files": 1, "resumed": 1, "swapped": 1}


def draw(entry: Entry, case: Case) -> dict[str, np.ndarray]:
    """`logs/val_loss`, `logs/val_accuracy`, `logs/loss` (history, epoch), `batches/loss` (history, epoch, batch) and
    `rates` (epoch).

    One history in three is of sixteenths, so that values repeat; NaN and infinity come up, but first only where the
    trial does not `step` a scheduler of torch's.
    """
    trial = case.trial or {}
    random = np.random.default_rng(seed_of(entry, case))
    done = trial.get("as", "epochs")
    count, epochs = HISTORIES[done], EPOCHS // 2 if done == "files" else EPOCHS
    logs = {name: _metrics(random, (count, epochs)) for name in ("val_loss", "val_accuracy", "loss")}
    if "step" in trial:
        for each in logs.values():
            each[:, 0] = random.uniform(size=count)
    if done in ("files", "table"):  # names of files hold them
        logs = {name: np.nan_to_num(each, nan=0.25, posinf=1.0, neginf=0.0) for name, each in logs.items()}
    return {
        **{f"logs/{name}": each for name, each in logs.items()},
        "batches/loss": _metrics(random, (count, epochs, BATCHES)),
        "rates": 2.0 ** random.integers(-6, 1, epochs),
    }


def _metrics(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    drawn = random.uniform(size=shape) * np.linspace(1, 0.5, shape[1]).reshape((-1,) + (1,) * (len(shape) - 2))
    coarse = np.arange(shape[0]) % 3 == 0
    drawn[coarse] = np.round(drawn[coarse] * 16) / 16
    odd = (random.uniform(size=shape) < 0.04) & (np.arange(shape[0]) % 2 == 1).reshape((-1,) + (1,) * (len(shape) - 1))
    drawn[odd] = random.choice([np.nan, np.inf, -np.inf], size=int(odd.sum()))
    return drawn
