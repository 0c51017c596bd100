"""Optimizers of optimizers, what all of them are made of, and how they are written and read: torch has none of it."""

from __future__ import annotations

from equivalence.catalogue.by_name import by_name
from equivalence.schema import Argument, without_counterpart

Optimizer = without_counterpart(
    "optimizer",
    "keras.optimizers.Optimizer",
    "What Keras's optimizers are made of: clipping, decay, averages and accumulation around an update.",
    "an optimizer of one's own is code, which no entry can translate; subclass torch.optim.Optimizer, or the class "
    "KerasOptimizer that `equivalence lookup Adam` shows, which has all but the update",
    Argument("learning_rate"),
    Argument("weight_decay", None, None),
    Argument("clipnorm", None, None),
    Argument("clipvalue", None, None),
    Argument("global_clipnorm", None, None),
    Argument("use_ema", None, False, inert=True),
    Argument("ema_momentum", None, 0.99, inert=True),
    Argument("ema_overwrite_frequency", None, None),
    Argument("loss_scale_factor", None, None),
    Argument("gradient_accumulation_steps", None, None),
    aliases=("keras.Optimizer", "custom optimizer"),
)
MultiOptimizer = without_counterpart(
    "optimizer",
    "keras.optimizers.MultiOptimizer",
    "Several optimizers, each for the variables whose paths it is given.",
    "torch (2.13) has no optimizer of optimizers; make one for each list of parameters, and call step() of each",
    Argument("optimizer_map"),
    Argument("loss_scale_factor", None, None),
)
OptimizerMap = without_counterpart(
    "optimizer",
    "keras.optimizers.OptimizerMap",
    "Says which optimizer a variable gets, by regular expressions for its path.",
    "torch (2.13) has no optimizer of optimizers; choose among model.named_parameters(), and make an optimizer for "
    "each list",
    Argument("default_optimizer"),
    Argument("optimizer_map", None, None),
)
Get, Serialize, Deserialize = by_name(
    "optimizers", "an optimizer", "torch.optim.AdamW(model.parameters())", serialize="optimizer"
)
