"""keras.Model.compile, and each of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equivalence.catalogue.training.loop_text import Lines, fit_text
from equivalence.catalogue.training.training_parts import helpers, loader, no_counterpart
from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call, literal, quoted

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

WEIGHTED_SUM = '''
def weighted_sum(losses: dict[str, Tensor], loss_weights: dict[str, float]) -> Tensor:
    """The loss of a model with several outputs; `losses` are each output's mean."""
    return sum(loss_weights.get(name, 1.0) * value for name, value in losses.items())
'''
_EPOCHS, _BATCH = 3, 8
_ARGUMENTS = (
    Argument("optimizer", "torch.optim", "rmsprop", inert=True, note="made over model.parameters(); see its entry"),
    Argument("loss", None, None, inert=True, note="called in the loop; see its entry"),
    Argument("loss_weights", None, None, note="see keras.Model.compile.loss_weights"),
    Argument("metrics", None, None, note="not weighed by sample_weight"),
    Argument("weighted_metrics", None, None, note="weighed by sample_weight and class_weight"),
    Argument("run_eagerly", None, False, inert=True, note="torch always does"),
    Argument("steps_per_execution", None, 1, note="the results are the same; batch callbacks are called more seldom"),
    Argument("jit_compile", None, "auto", inert=True, note="torch.compile(model)"),
    Argument("auto_scale_loss", None, True, inert=True, note="torch.amp.GradScaler"),
)
_SILENT = tuple(argument._replace(inert=True) for argument in _ARGUMENTS)


def emit_compile(site: Site) -> str:
    """The loop that fit is then: torch keeps optimizer, loss and metrics in no model."""
    config = site.config
    config.integer("steps_per_execution")
    config.only(
        "loss_weights", None, because="weighs the losses of several outputs: see keras.Model.compile.loss_weights"
    )
    weighted = config.value("weighted_metrics") is not None
    metrics = weighted or config.value("metrics") is not None
    lines = Lines(metrics=metrics, weighted_metrics=weighted, sample_weight=weighted)
    helpers(site, lines)
    rows = "x, y, sample_weight" if weighted else "x, y"
    more: dict[str, Any] = {"metrics": "metrics"} if metrics else {}
    return call(
        site.helper(fit_text(lines)), "model", "loss", "optimizer", loader(rows, _BATCH), epochs=_EPOCHS,
        **more,
    )  # fmt: skip


def emit_loss_weights(site: Site) -> str:
    """The sum of what each output's loss is times its weight."""
    weights = site.config.value("loss_weights")
    told = ", ".join(f"{quoted(name)}: {literal(float(weight))}" for name, weight in weights.items())
    return call(site.helper(WEIGHTED_SUM), "losses", f"{{{told}}}")


def _case(case: str, done: str = "compile", **config: Any) -> Case:
    return Case(case, config, x=(), trial={"as": done, "labels": "numbers", "given": "optimizer, loss"})


def _argument(name: str, says: str, cases: tuple[Case, ...], **more: Any) -> Entry:
    settings = {"torch": (), "emit": emit_compile, **more}
    return Entry(
        keras=f"keras.Model.compile.{name}", says=says, kind="training", arguments=_SILENT, cases=cases, **settings
    )


Compile = Entry(
    keras="keras.Model.compile",
    torch=("torch.optim.Optimizer",),
    says="Says what fit is to do. torch has no place for that in a model: optimizer, loss and metrics are names of the "
    "loop.",
    emit=emit_compile,
    kind="training",
    arguments=_ARGUMENTS,
    cases=(
        _case("plain"),
        _case("metrics", metrics=["accuracy"]),
        _case("steps", steps_per_execution=3, metrics=["accuracy"]),
    ),
    aliases=("compile", "model.compile"),
)
LossWeights = _argument(
    "loss_weights",
    "Weighs the losses of several outputs in their sum.",
    (_case("plain", "losses", loss_weights={"a": 0.25, "b": 2.0}),),
    emit=emit_loss_weights,
    differences=(
        Difference(
            "sum",
            "It is a sum, and not a mean over the outputs.",
            case="plain",
            swap=(("for name, value in losses.items())", "for name, value in losses.items()) / len(losses)"),),
        ),
    ),
    aliases=("loss weights", "multiple outputs loss"),
)  # fmt: skip
Metrics = _argument(
    "metrics",
    "Means over the samples of an epoch, of what was predicted before each step; sample_weight does not count in them.",
    (_case("plain", metrics=["accuracy"]),),
    differences=(
        Difference(
            "last-batch",
            "The mean of the batches' means counts a smaller last batch too much.",
            case="plain",
            swap=(("value.item() * rows", "value.item()"), ("0.0) + rows", "0.0) + 1")),
        ),
    ),
    aliases=("compile metrics", "metrics=['accuracy']"),
)
WeightedMetrics = _argument(
    "weighted_metrics",
    "Means in which each sample counts by its weight: batches by the sum of their weights.",
    (_case("plain", "weighted", weighted_metrics=["accuracy"]),),
    aliases=("weighted metrics",),
)
StepsPerExecution = _argument(
    "steps_per_execution",
    "Has several steps run as one call of TensorFlow's. Results are the same; callbacks see a batch in so many.",
    (_case("plain", steps_per_execution=3, metrics=["accuracy"]),),
    aliases=("steps per execution",),
)
JitCompile = no_counterpart(
    "keras.Model.compile.jit_compile",
    "Compiles the step with XLA.",
    "torch (2.13) compiles a module, and not the loop; model = torch.compile(model), and results agree to rounding",
    aliases=("jit compile", "XLA", "torch.compile"),
)
RunEagerly = no_counterpart(
    "keras.Model.compile.run_eagerly",
    "Runs the step in Python, line by line.",
    "torch (2.13) always does so; leave it out",
    aliases=("run eagerly", "eager mode", "tf.function"),
)
AutoScaleLoss = no_counterpart(
    "keras.Model.compile.auto_scale_loss",
    "Multiplies the loss, so that its gradients do not vanish in float16.",
    "in torch (2.13) the loop does so; with torch.amp.GradScaler, scaler.scale(loss).backward(), "
    "scaler.step(optimizer), scaler.update()",
    aliases=("loss scaling", "GradScaler", "auto scale loss"),
)
