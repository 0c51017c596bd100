"""The loop that fit is, written out with the lines that its arguments need, and no others.

Order and means: keras/src/backend/tensorflow/trainer.py, fit, train_step and test_step; weights of samples:
keras/src/trainers/data_adapters; reduction: keras/src/losses/loss.py, sum_over_batch_size.
"""

from __future__ import annotations

from typing import NamedTuple

MEANS = '''
class Means:
    """Running means over samples: what a batch gives counts as often as it has rows."""

    def __init__(self) -> None:
        self.sums, self.counts = {}, {}

    def add(self, rows: float, **values: Tensor) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.item() * rows
            self.counts[name] = self.counts.get(name, 0.0) + rows

    def result(self) -> dict[str, float]:
        return {name: total / self.counts[name] for name, total in self.sums.items()}
'''
CALLBACK = '''
class Callback:
    """What the loop tells of; the classes of keras.callbacks' entries fit in as subclasses of it."""

    stop_training = False

    def on_train_begin(self) -> None:
        pass

    def on_epoch_begin(self, epoch: int) -> None:
        pass

    def on_train_batch_begin(self, step: int) -> None:
        pass

    def on_train_batch_end(self, step: int, logs: dict[str, float]) -> None:
        pass

    def on_test_begin(self) -> None:
        pass

    def on_test_end(self, logs: dict[str, float]) -> None:
        pass

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        pass

    def on_train_end(self) -> None:
        pass
'''
CLASS_WEIGHTS = '''
def weights_of(targets: Tensor, class_weight: dict[int, float]) -> Tensor:
    """The weight of each sample: that of its class, 1 where none is given."""
    several = targets.dim() > 1 and targets.shape[-1] > 1
    classes = targets.argmax(-1) if several else targets.reshape(-1).round()
    weights = torch.ones(len(targets), device=targets.device)
    for which, weight in class_weight.items():
        weights[classes == which] = weight
    return weights
'''
ACCURACY = '''
def accuracy(predictions: Tensor, targets: Tensor) -> Tensor:
    """1 for each sample whose class is right, 0 for the others."""
    return (predictions.argmax(-1) == targets).float()
'''


class Lines(NamedTuple):
    """Which lines a loop has."""

    metrics: bool = False
    weighted_metrics: bool = False
    class_weight: bool = False
    sample_weight: bool = False
    validation: bool = False
    validation_weight: bool = False  # the validation's batches have a weight too
    validation_freq: bool = False
    validation_steps: bool = False
    initial_epoch: bool = False
    steps_per_epoch: bool = False
    callbacks: bool = False

    @property
    def weighted(self) -> bool:
        return self.class_weight or self.sample_weight


def evaluate_text(lines: Lines) -> str:
    """The function `evaluate`; of a fit's validation, where that has lines for it."""
    weighted = lines.validation_weight
    made = [
        "def evaluate(",
        "    model: nn.Module,",
        "    loss: Callable,",
        "    loader: DataLoader,",
        *_if(lines.metrics, "    metrics: dict[str, Callable],"),
        *_if(lines.validation_steps, "    steps: int,"),
        ") -> dict[str, float]:",
        '    """Means over all samples; `loss(predictions, targets)` gives a number for each."""',
        "    model.eval()",
        "    means = Means()",
        "    with torch.no_grad():",
        f"        {_over_batches(lines.validation_steps, weighted)}",
        *_if(lines.validation_steps, "            if step == steps:", "                break"),
        "            predictions = model(inputs)",
        f"            value = {_value(weighted)}",
        *_metrics(lines, "            ", weighted),
        "    return means.result()",
    ]
    return "\n".join(made)


def fit_text(lines: Lines) -> str:
    """The function `fit`, which returns what Keras's history holds."""
    return "\n".join([*_head(lines), *_epoch(lines), "    return history"])


def _head(lines: Lines) -> list[str]:
    return [
        "def fit(",
        "    model: nn.Module,",
        "    loss: Callable,",
        "    optimizer: torch.optim.Optimizer,",
        "    loader: DataLoader,",
        "    epochs: int,",
        *_if(lines.metrics, "    metrics: dict[str, Callable],"),
        *_if(lines.class_weight, "    class_weight: dict[int, float],"),
        *_if(lines.validation, "    validation: DataLoader,"),
        *_if(lines.validation_freq, "    validation_freq: int,"),
        *_if(lines.validation_steps, "    validation_steps: int,"),
        *_if(lines.initial_epoch, "    initial_epoch: int,"),
        *_if(lines.steps_per_epoch, "    steps_per_epoch: int,"),
        *_if(lines.callbacks, "    callbacks: list[Callback],"),
        ") -> dict[str, list[float]]:",
        '    """A training loop; `loss(predictions, targets)` gives a number for each sample."""',
        "    history = {}",
    ]


def _epoch(lines: Lines) -> list[str]:
    start = "initial_epoch, " if lines.initial_epoch else ""
    whole = [
        *_if(lines.callbacks, *_hook("train_begin", "    ")),
        *_if(lines.steps_per_epoch, "    batches, seen = iter(loader), 0"),
        f"    for epoch in range({start}epochs):",
        *_if(lines.callbacks, *_hook("epoch_begin", "        ", "epoch")),
        "        model.train()",
        "        means = Means()",
        *(_counted_steps(lines) if lines.steps_per_epoch else _every_batch(lines)),
        *_step_lines(lines),
        *_if(
            lines.steps_per_epoch,
            "        if seen == len(loader):",
            "            batches, seen = iter(loader), 0",
        ),
        "        logs = means.result()",
        *_validation(lines),
        *_if(lines.callbacks, *_hook("epoch_end", "        ", "epoch, logs")),
        "        for name, number in logs.items():",
        "            history.setdefault(name, []).append(number)",
        *_if(
            lines.callbacks,
            "        if any(callback.stop_training for callback in callbacks):",
            "            break",
        ),
        *_if(lines.callbacks, *_hook("train_end", "    ")),
    ]
    return whole


def _every_batch(lines: Lines) -> list[str]:
    begins = _hook("train_batch_begin", "            ", "step") if lines.callbacks else []
    return [f"        {_over_batches(lines.callbacks, lines.sample_weight)}", *begins]


def _counted_steps(lines: Lines) -> list[str]:
    return [
        "        for _ in range(steps_per_epoch):",
        "            if seen == len(loader):  # Keras warns that its input ran out of data",
        "                break",
        f"            {_batch(lines.sample_weight)} = next(batches)",
        "            seen += 1",
    ]


def _step_lines(lines: Lines) -> list[str]:
    return [
        "            predictions = model(inputs)",
        *_if(lines.class_weight, "            weights = weights_of(targets, class_weight)"),
        f"            value = {_value(lines.weighted)}",
        "            optimizer.zero_grad()",
        "            value.backward()",
        "            optimizer.step()",
        *_metrics(lines, "            ", lines.weighted),
        *_if(lines.callbacks, *_hook("train_batch_end", "            ", "step, means.result()")),
        *_if(
            lines.callbacks,
            "            if any(callback.stop_training for callback in callbacks):",
            "                break",
        ),
    ]


def _validation(lines: Lines) -> list[str]:
    if not lines.validation:
        return []
    given = ["model", "loss", "validation", *_if(lines.metrics, "metrics")]
    given += _if(lines.validation_steps, "validation_steps")
    made = [
        *_if(lines.callbacks, *_hook("test_begin", "        ")),
        f"        found = evaluate({', '.join(given)})",
        *_if(lines.callbacks, *_hook("test_end", "        ", "found")),
        '        logs |= {f"val_{name}": number for name, number in found.items()}',
    ]
    if lines.validation_freq:
        return ["        if (epoch + 1) % validation_freq == 0:", *(f"    {line}" for line in made)]
    return made


def _value(weighted: bool) -> str:
    # Keras divides by the number of samples, whatever their weights sum to
    return "(loss(predictions, targets) * weights).mean()" if weighted else "loss(predictions, targets).mean()"


def _metrics(lines: Lines, indent: str, weighted: bool) -> list[str]:
    if not lines.metrics:
        return [f"{indent}means.add(len(inputs), loss=value)"]
    if lines.weighted_metrics and weighted:
        of_one = "(metric(predictions, targets) * weights).sum() / weights.sum()"
        return [
            f"{indent}found = {{name: {of_one} for name, metric in metrics.items()}}",
            f"{indent}means.add(len(inputs), loss=value)",
            f"{indent}means.add(weights.sum().item(), **found)",
        ]
    of_one = "metric(predictions, targets).mean()"
    return [
        f"{indent}found = {{name: {of_one} for name, metric in metrics.items()}}",
        f"{indent}means.add(len(inputs), loss=value, **found)",
    ]


def _batch(weighted: bool) -> str:
    return "inputs, targets, weights" if weighted else "inputs, targets"


def _over_batches(counted: bool, weighted: bool) -> str:
    batch = _batch(weighted)
    return f"for step, ({batch}) in enumerate(loader):" if counted else f"for {batch} in loader:"


def _hook(hook: str, indent: str, arguments: str = "") -> list[str]:
    return [f"{indent}for callback in callbacks:", f"{indent}    callback.on_{hook}({arguments})"]


def _if(wanted: bool, *lines: str) -> list[str]:
    return list(lines) if wanted else []
