"""What callbacks have in common: which metric they watch, in which direction, and when it has improved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument, Entry, refuse_without_counterpart

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

IMPROVES = '''
def improves(value: float, best: float | None, mode: str, min_delta: float = 0.0) -> bool:
    """Whether a metric is better than the best so far by more than `min_delta`, as Keras asks it.

    The first value of all is the best, a NaN too, and then stays it.
    """
    if best is None:
        return True
    return value + min_delta < best if mode == "min" else value - min_delta > best
'''
#: Metrics that are better the larger they are, and the smaller; by the names that Keras gives them, and short ones.
RISING = frozenset(
    """acc accuracy auc binary_accuracy binary_io_u categorical_accuracy concordance_correlation cosine_similarity
    f1_score fbeta_score mean_io_u one_hot_mean_io_u pearson_correlation precision precision_at_recall r2_score recall
    recall_at_precision sensitivity_at_specificity sparse_categorical_accuracy sparse_top_k_categorical_accuracy
    specificity_at_sensitivity top_k_categorical_accuracy""".split()
)
FALLING = frozenset(
    """loss binary_crossentropy categorical_crossentropy categorical_hinge hinge kl_divergence logcosh mae mape mse msle
    mean_absolute_error mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson
    root_mean_squared_error sparse_categorical_crossentropy squared_hinge""".split()
)
MONITOR = Argument("monitor", "monitor", "val_loss")
MODE = Argument(
    "mode", "mode", "auto", how="min or max", note="auto: by the metric's name; torch's ReduceLROnPlateau knows no auto"
)
VERBOSE = Argument("verbose", None, 0, inert=True, note="print it in the loop")
IN_FLOAT32 = "Keras on TensorFlow compares float32 numbers: a gain of less than about 1e-7 of the metric is none there."


def direction(site: Site) -> str:
    """The text "min" or "max". Raises Refused for a metric whose direction Keras would look up, and we do not know."""
    monitor, mode = site.config.text("monitor"), site.config.choice("mode", "auto", "min", "max")
    name = monitor.removeprefix("val_")
    if mode == "auto":
        if name not in RISING | FALLING:
            site.config.refuse("mode", mode, f"does not tell whether {monitor} should rise or fall; say min or max")
        mode = "max" if name in RISING else "min"
    return f'"{mode}"'


def no_counterpart(keras: str, says: str, because: str, *arguments: Argument, aliases: tuple[str, ...] = ()) -> Entry:
    """The entry of a callback that a loop has no need of."""
    return Entry(
        keras=keras, torch=(), says=says, emit=refuse_without_counterpart, kind="callback", arguments=arguments,
        aliases=aliases, no_counterpart=because,
    )  # fmt: skip
