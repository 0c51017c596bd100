"""What the optimizers have in common: arguments, how they are written, and the cases that show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from equivalence.catalogue.optimizers.shared_step import KERAS_OPTIMIZER
from equivalence.catalogue.schedules.rates import rate_function
from equivalence.schema import Argument, Case
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

#: What an emit of an optimizer returns: the names and expressions of the lines that make it.
Lines = dict[str, str]


def arguments(weight_decay: float | None = None) -> tuple[Argument, ...]:
    """What `keras.optimizers.Optimizer` takes; `weight_decay` is its default."""
    return (
        Argument(
            "weight_decay",
            "weight_decay",
            weight_decay,
            note="decoupled, as in AdamW of torch; what Keras excludes is a group with weight_decay=0",
        ),
        Argument("clipnorm", None, None, note="each gradient by itself; torch's clip_grad_norm_ takes all together"),
        Argument("clipvalue", None, None, note="torch.nn.utils.clip_grad_value_"),
        Argument("global_clipnorm", None, None, note="torch.nn.utils.clip_grad_norm_"),
        Argument("use_ema", None, False, note="torch.optim.swa_utils.AveragedModel keeps one beside the model"),
        Argument("ema_momentum", "ema_momentum", 0.99),
        Argument("ema_overwrite_frequency", "ema_overwrite_frequency", None),
        Argument("loss_scale_factor", "loss_scale", None, note="the loss is to be multiplied by it"),
        Argument(
            "gradient_accumulation_steps", "accumulation_steps", None, note="the loop goes on as if there was none"
        ),
        Argument("name", None, None, inert=True),
    )


#: Keys of files that Keras 1 and 2 wrote.
LEGACY = (
    Argument("decay", None, 0.0, note="of the rate, which Keras 3 leaves out: InverseTimeDecay"),
    Argument("jit_compile", None, False, inert=True),
    Argument("is_legacy_optimizer", None, False, inert=True),
)


def shared_settings(site: Site) -> dict[str, Any]:
    """What is done around the update, as keyword arguments of `KerasOptimizer`; empty where nothing is."""
    config = site.config
    config.only("decay", 0, None, because="makes the rate decay, which Keras 3 leaves out; make it an InverseTimeDecay")
    wanted: dict[str, Any] = {
        "weight_decay": config.optional_number("weight_decay"),
        "clipnorm": config.optional_number("clipnorm"),
        "global_clipnorm": config.optional_number("global_clipnorm"),
        "clipvalue": config.optional_number("clipvalue"),
        "loss_scale": config.optional_number("loss_scale_factor"),
    }
    if config.value("gradient_accumulation_steps"):
        wanted["accumulation_steps"] = config.integer("gradient_accumulation_steps", minimum=2)
    momentum, frequency = config.number("ema_momentum"), config.value("ema_overwrite_frequency")
    if config.flag("use_ema"):
        wanted["ema_momentum"] = momentum
        wanted["ema_overwrite_frequency"] = config.integer("ema_overwrite_frequency") if frequency else None
    # a momentum of 0 is one, everything else is switched off by it
    return {name: value for name, value in wanted.items() if value or (name == "ema_momentum" and value is not None)}


def lines(site: Site, name: str, settings: Mapping[str, Any], omit: Mapping[str, Any]) -> Lines:
    """The optimizer called `name` over `model.parameters()`, and the scheduler where its rate is a schedule's."""
    rate = rate_function(site, "learning_rate")
    lr = 1.0 if rate else site.config.number("learning_rate")
    made = {"optimizer": call(name, "model.parameters()", lr=lr, **settings, omit=omit)}
    if rate:
        made["scheduler"] = call("torch.optim.lr_scheduler.LambdaLR", "optimizer", rate)
    return made


def written(site: Site, text: str, own: Mapping[str, Any], omit: Mapping[str, Any]) -> Lines:
    """A written optimizer, its class being `text`."""
    settings = {**own, **shared_settings(site)}
    site.helper(KERAS_OPTIMIZER)
    return lines(site, site.helper(text), settings, omit)


def of_torch(site: Site, name: str, own: Mapping[str, Any], omit: Mapping[str, Any]) -> Lines:
    """torch's own class with the same settings, the weight decay among them; what else is done around is left out."""
    decay = {"weight_decay": shared_settings(site).get("weight_decay", 0.0)}
    return lines(site, name, {**own, **decay}, {**omit, "weight_decay": 0.0})


#: Shapes of the variables in cases: what Keras and torch may treat each in its own way.
SHAPES = [(3, 5), (7,), (2, 3, 4)]
_SCHEDULE = {
    "module": "keras.optimizers.schedules",
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 2.0**-6, "decay_steps": 16, "decay_rate": 0.5},
    "registered_name": None,
}


def shared_cases(config: Mapping[str, Any], *, max_rel: float = 1e-10, because: str = "") -> tuple[Case, ...]:
    """Cases of what every optimizer does around its update, each with a rate that changes; `config` is the rest."""

    def case(name: str, more: Mapping[str, Any], trial: Mapping[str, Any] | None = None) -> Case:
        return Case(name, {**config, **more}, x=SHAPES, max_rel=max_rel, because=because, trial=trial)

    average = {"use_ema": True, "ema_momentum": 0.75}
    return (
        case("plain", {}, {"rate_drops_at": 50}),
        case("weight-decay", {"weight_decay": 0.125, "clipnorm": 0.5}, {"rate_drops_at": 50, "excluded": [1]}),
        case("schedule", {"learning_rate": _SCHEDULE, "global_clipnorm": 0.5}),
        case("average", {**average, "ema_overwrite_frequency": 7, "clipvalue": 0.25}, {"rate_drops_at": 50}),
        case(
            "accumulated",
            {**average, "gradient_accumulation_steps": 3, "loss_scale_factor": 8.0, "clipnorm": 0.25},
            {"rate_drops_at": 50, "finalize": True, "without_gradient": [2, 10]},
        ),
    )
