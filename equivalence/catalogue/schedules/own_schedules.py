"""Schedules of one's own, and how they are written and read."""

from __future__ import annotations

from equivalence.schema import Argument, without_counterpart

LearningRateSchedule = without_counterpart(
    "schedule",
    "keras.optimizers.schedules.LearningRateSchedule",
    "The class that schedules are made from.",
    "a schedule of one's own is code, which no entry can translate; write def rate(step), give the optimizer lr=1.0, "
    "and call torch.optim.lr_scheduler.LambdaLR(optimizer, rate)",
    aliases=("custom schedule",),
)
Serialize = without_counterpart(
    "schedule",
    "keras.optimizers.schedules.serialize",
    "Writes a schedule as a configuration.",
    "torch (2.13) keeps where a scheduler is, and not its function; save scheduler.state_dict(), and the rest in code",
    Argument("learning_rate_schedule"),
)
Deserialize = without_counterpart(
    "schedule",
    "keras.optimizers.schedules.deserialize",
    "Makes a schedule from its configuration.",
    "torch (2.13) makes no object from a configuration; construct it, and call scheduler.load_state_dict",
    Argument("config"),
    Argument("custom_objects", None, None),
)
