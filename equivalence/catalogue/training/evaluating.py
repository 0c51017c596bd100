"""evaluate, predict, and the methods that take one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.training.loop_text import MEANS, Lines, evaluate_text
from equivalence.catalogue.training.training_parts import BATCH, SHOWN, class_weights, helpers, loader
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

PREDICT = '''
def predict(model: nn.Module, x: Tensor, batch_size: int = 32) -> Tensor:
    """What the model gives for all rows, in eval mode and without gradients."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(rows) for rows in x.split(batch_size)])
'''
PREDICT_ON_BATCH = '''
def predict_on_batch(model: nn.Module, x: Tensor) -> Tensor:
    """What the model gives for one batch, in eval mode and without gradients."""
    model.eval()
    with torch.no_grad():
        return model(x)
'''
TRAIN_ON_BATCH = '''
def train_on_batch(
    model: nn.Module, loss: Callable, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor
) -> float:
    """One step; the loss before it. `loss(predictions, targets)` gives a number for each sample."""
    model.train()
    value = loss(model(x), y).mean()
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()
'''
_ARGUMENTS = "model: nn.Module, loss: Callable, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor"
WEIGHTED_STEP = TRAIN_ON_BATCH.replace(_ARGUMENTS, f"{_ARGUMENTS}, weights: Tensor,".replace(", ", ",\n    ")).replace(
    "loss(model(x), y).mean()", "(loss(model(x), y) * weights).mean()"
)
TEST_ON_BATCH = '''
def test_on_batch(model: nn.Module, loss: Callable, x: Tensor, y: Tensor) -> float:
    """The loss of one batch, in eval mode and without gradients."""
    model.eval()
    with torch.no_grad():
        return loss(model(x), y).mean().item()
'''
_X, _Y = Argument("x", "x", None, inert=True), Argument("y", "y", None, inert=True)
_SILENT = (
    Argument("verbose", None, "auto", inert=True, note="print in the loop"),
    Argument("callbacks", None, None, inert=True, note="call what they do"),
)
_STEPS = Argument("steps", None, None, note="so many batches: break; the port refuses it")
_EVAL_MODE = (
    Difference(
        "eval-mode",
        "Keras switches dropout off by itself; a module drops out until model.eval() is called.",
        case="plain",
        swap=(("    model.eval()\n", ""),),
    ),
)


def emit_evaluate(site: Site) -> str:
    """Means over all samples, in eval mode."""
    config = site.config
    weighted = config.value("sample_weight") is not None
    config.only("steps", None, because="is a number of batches; break out of the loop after them")
    lines = Lines(metrics=True, validation_weight=weighted)
    site.helper(MEANS)
    rows = "x, y, sample_weight" if weighted else "x, y"
    batches = loader(rows, config.value("batch_size") or BATCH)
    return call(site.helper(evaluate_text(lines)), "model", "loss", batches, "metrics")


def emit_predict(site: Site) -> str:
    """torch.cat of what the batches give."""
    site.config.only("steps", None, because="is a number of batches; take so many rows of x")
    size = site.config.value("batch_size")
    return call(site.helper(PREDICT), "model", "x", **({"batch_size": size} if size else {}))


def emit_predict_on_batch(site: Site) -> str:
    """The model in eval mode."""
    return call(site.helper(PREDICT_ON_BATCH), "model", "x")


def emit_train_on_batch(site: Site) -> str:
    """One step of the loop."""
    weights = class_weights(site)
    if weights:
        helpers(site, Lines(class_weight=True))
        weights = f"weights_of(y, {weights})"
    elif site.config.value("sample_weight") is not None:
        weights = "sample_weight"
    if weights:
        return call(site.helper(WEIGHTED_STEP), "model", "loss", "optimizer", "x", "y", weights)
    return call(site.helper(TRAIN_ON_BATCH), "model", "loss", "optimizer", "x", "y")


def emit_test_on_batch(site: Site) -> str:
    """The loss of a batch in eval mode."""
    site.config.only("sample_weight", None, because="weighs the loss: (loss(model(x), y) * sample_weight).mean()")
    return call(site.helper(TEST_ON_BATCH), "model", "loss", "x", "y")


def _case(case: str, done: str, **config: Any) -> Case:
    given = {"given": "x"} if done == "predict" else SHOWN
    return Case(case, config, x=(), trial={"as": done, "labels": "numbers", **given})


Evaluate = Entry(
    keras="keras.Model.evaluate",
    torch=("torch.nn.Module.eval", "torch.no_grad"),
    says="The loss and the metrics over all samples, without training.",
    emit=emit_evaluate,
    kind="training",
    arguments=(
        _X, _Y,
        Argument("batch_size", "batch_size", None, note="32 where it is None"),
        _SILENT[0],
        Argument("sample_weight", None, None, note="a third tensor of the dataset; metrics are not weighed"),
        _STEPS, _SILENT[1],
        Argument("return_dict", None, False, inert=True, note="the emitted function always gives a dictionary"),
    ),
    differences=(
        *_EVAL_MODE,
        Difference(
            "last-batch",
            "The loss is the mean over samples: the mean of the batches' means counts a smaller last batch too much.",
            case="plain",
            swap=(("value.item() * rows", "value.item()"), ("0.0) + rows", "0.0) + 1")),
        ),
    ),
    cases=(
        _case("plain", "evaluate", batch_size=8),
        _case("weighted", "evaluate", batch_size=8, sample_weight="sample_weight"),
        _case("default-batches", "evaluate"),
    ),
    aliases=("evaluate", "model.evaluate", "test loop"),
)  # fmt: skip
Predict = Entry(
    keras="keras.Model.predict",
    torch=("torch.cat", "torch.no_grad", "torch.inference_mode"),
    related=("torch.inference_mode",),
    says="What the model gives for all rows, a batch at a time.",
    emit=emit_predict,
    kind="training",
    arguments=(
        Argument("x", "x"),
        Argument("batch_size", "batch_size", None, note="32 where it is None"),
        _SILENT[0], _STEPS, _SILENT[1],
    ),
    differences=_EVAL_MODE,
    cases=(_case("plain", "predict"), _case("batches", "predict", batch_size=5)),
    aliases=("predict", "model.predict", "inference"),
)  # fmt: skip
PredictOnBatch = Entry(
    keras="keras.Model.predict_on_batch",
    torch=("torch.no_grad",),
    says="What the model gives for one batch.",
    emit=emit_predict_on_batch,
    kind="training",
    arguments=(Argument("x", "x"),),
    differences=_EVAL_MODE,
    cases=(_case("plain", "predict"),),
    aliases=("predict_on_batch",),
)
TrainOnBatch = Entry(
    keras="keras.Model.train_on_batch",
    torch=("torch.Tensor.backward", "torch.optim.Optimizer.step", "torch.optim.Optimizer.zero_grad"),
    says="One step of training; gives the loss of the batch before it.",
    emit=emit_train_on_batch,
    kind="training",
    arguments=(
        Argument("x", "x"), _Y,
        Argument("sample_weight", None, None),
        Argument("class_weight", None, None),
        Argument("return_dict", None, False, inert=True),
    ),
    differences=(
        Difference(
            "zero-grad",
            "Gradients add up in torch until they are set to zero.",
            case="plain",
            swap=(("    optimizer.zero_grad()\n", ""),),
        ),
    ),
    cases=(
        _case("plain", "train_on_batch"),
        _case("sample-weight", "train_on_batch", sample_weight="sample_weight"),
        _case("class-weight", "train_on_batch", class_weight={0: 0.5, 2: 3.0}),
    ),
    aliases=("train_on_batch", "train step", "train_step", "GradientTape"),
)  # fmt: skip
TestOnBatch = Entry(
    keras="keras.Model.test_on_batch",
    torch=("torch.no_grad",),
    says="The loss of one batch, without training.",
    emit=emit_test_on_batch,
    kind="training",
    arguments=(
        Argument("x", "x"), _Y,
        Argument("sample_weight", None, None, note="the port refuses it: multiply the losses by it"),
        Argument("return_dict", None, False, inert=True),
    ),
    differences=_EVAL_MODE,
    cases=(_case("plain", "test_on_batch"),),
    aliases=("test_on_batch", "test_step"),
)  # fmt: skip
