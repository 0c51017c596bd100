"""TerminateOnNaN, SwapEMAWeights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument, Case, Difference, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

TERMINATE = '''
class TerminateOnNaN:
    """Ends training where the mean loss of the epoch so far is not finite.

    on_train_batch_end(batch, logs) after each batch, and `if stop_training: break`.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error, self.stop_training = raise_error, False

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        if not math.isfinite(logs.get("loss", 0.0)):
            if self.raise_error:
                raise ValueError(f"the loss is {logs['loss']} at batch {batch}")
            self.stop_training = True
'''
SWAP = '''
class SwapEMAWeights:
    """Puts the averaged weights in place of the model's for an evaluation, and takes them out again.

    `average` is a torch.optim.swa_utils.AveragedModel of the model. Around an evaluation,
    on_test_begin() and on_test_end(); with swap_on_epoch, on_epoch_begin(epoch) and
    on_epoch_end(epoch), after which others save the averaged weights, and the model keeps them
    after the last one.
    """

    def __init__(
        self, model: nn.Module, average: nn.Module, epochs: int, swap_on_epoch: bool = False
    ) -> None:
        self.model, self.average, self.epochs = model, average, epochs
        self.swap_on_epoch, self.swapped = swap_on_epoch, False

    @torch.no_grad()
    def swap(self, to_average: bool) -> None:
        if self.swapped == to_average:
            return
        self.swapped = to_average
        pairs = zip(self.model.parameters(), self.average.module.parameters(), strict=True)
        for weight, averaged in pairs:
            kept = weight.clone()
            weight.copy_(averaged)
            averaged.copy_(kept)

    def on_test_begin(self) -> None:
        self.swap(True)

    def on_test_end(self) -> None:
        self.swap(False)

    def on_epoch_begin(self, epoch: int) -> None:
        if self.swap_on_epoch:
            self.swap(False)

    def on_epoch_end(self, epoch: int) -> None:
        if self.swap_on_epoch:
            self.swap(True)
            if epoch == self.epochs - 1:  # for good
                self.average.module.load_state_dict(self.model.state_dict())
'''


def emit_terminate(site: Site) -> str:
    """math.isfinite.

    Behaviour: keras/src/callbacks/terminate_on_nan.py.
    """
    return call(site.helper(TERMINATE), raise_error=site.config.flag("raise_error"), omit={"raise_error": False})


def emit_swap(site: Site) -> str:
    """Exchanges the weights of the model and of an AveragedModel.

    Behaviour: keras/src/callbacks/swap_ema_weights.py.
    """
    on_epoch = site.config.flag("swap_on_epoch")
    return call(site.helper(SWAP), "model", "average", "epochs", swap_on_epoch=on_epoch, omit={"swap_on_epoch": False})


TerminateOnNaN = Entry(
    keras="keras.callbacks.TerminateOnNaN",
    torch=("torch.isfinite", "torch.autograd.set_detect_anomaly"),
    related=("torch.autograd.set_detect_anomaly",),
    says="Ends training where the loss is no number any more: the mean over the epoch so far, after the step; "
    "torch.autograd.set_detect_anomaly finds where a NaN came from.",
    emit=emit_terminate,
    kind="callback",
    arguments=(Argument("raise_error", "raise_error", False, note="the emitted class raises ValueError"),),
    cases=(
        Case("plain", {}, x=(), trial={"as": "batches"}),
        Case("raise", {"raise_error": True}, x=(), trial={"as": "batches"}),
    ),
    aliases=("terminate on nan", "nan loss", "tf.keras.callbacks.TerminateOnNaN"),
)

_AVERAGES = tuple(
    f"torch.optim.swa_utils.{name}"
    for name in (
        "AveragedModel", "get_ema_multi_avg_fn", "get_ema_avg_fn", "get_swa_multi_avg_fn", "get_swa_avg_fn",
        "update_bn", "SWALR",
    )
)  # fmt: skip
SwapEMAWeights = Entry(
    keras="keras.callbacks.SwapEMAWeights",
    torch=_AVERAGES,
    related=_AVERAGES,
    says="Evaluates with the running mean of the weights in place of the weights, and trains on with these. Keras on "
    "TensorFlow exchanges them by sums and differences, so that weights come back rounded, and after "
    "predict(callbacks=[...]) Keras 3.15 leaves the means in the model. The emitted class copies and has no such hook.",
    emit=emit_swap,
    kind="callback",
    arguments=(Argument("swap_on_epoch", "swap_on_epoch", False),),
    differences=(
        Difference(
            "copy",
            "Means that are copied over the weights, and not exchanged with them, end the training of the weights.",
            case="plain",
            swap=(("            averaged.copy_(kept)\n", ""),),
        ),
    ),
    cases=(
        Case("plain", {}, x=(), trial={"as": "swapped"}),
        Case("epochs", {"swap_on_epoch": True}, x=(), trial={"as": "swapped"}),
    ),
    aliases=("swap ema weights", "ema callback", "AveragedModel", "tf.keras.callbacks.SwapEMAWeights"),
)
