"""Callbacks that a loop has no need of."""

from __future__ import annotations

from equivalence.catalogue.callbacks.callback_parts import no_counterpart
from equivalence.schema import Argument


def _inert(*names: str, **defaults: object) -> tuple[Argument, ...]:
    required = (Argument(name) for name in names)
    return (*required, *(Argument(name, None, default, inert=True) for name, default in defaults.items()))


_HOOKS = dict.fromkeys(
    (
        "on_epoch_begin", "on_epoch_end", "on_train_begin", "on_train_end", "on_train_batch_begin",
        "on_train_batch_end",
    )
)  # fmt: skip

Callback = no_counterpart(
    "keras.callbacks.Callback",
    "The class that callbacks are made from.",
    "torch (2.13) has no fit that would call one; call a function where the loop of keras.Model.fit's entry calls the "
    "hook",
    aliases=("custom callback", "on_epoch_end", "on_train_batch_end", "on_epoch_begin", "on_train_begin"),
)
CallbackList = no_counterpart(
    "keras.callbacks.CallbackList",
    "Calls a hook of several callbacks.",
    "torch (2.13) has no callbacks; write for callback in callbacks: callback.on_epoch_end(epoch, logs)",
    *_inert(callbacks=None, add_history=False, add_progbar=False, model=None),
)
LambdaCallback = no_counterpart(
    "keras.callbacks.LambdaCallback",
    "Makes a callback of functions.",
    "torch (2.13) has no callbacks; call the function in the loop, where Keras would: after the epoch for on_epoch_end",
    *_inert(**_HOOKS),
    aliases=("lambda callback",),
)
ProgbarLogger = no_counterpart(
    "keras.callbacks.ProgbarLogger",
    "Prints a bar with the metrics so far.",
    "torch (2.13) prints nothing by itself; write for x, y in tqdm(loader), and bar.set_postfix(loss=...)",
    aliases=("progress bar", "tqdm", "verbose"),
)
RemoteMonitor = no_counterpart(
    "keras.callbacks.RemoteMonitor",
    "Sends the metrics of each epoch to a server.",
    "torch (2.13) sends nothing; after each epoch call "
    "requests.post(root + path, data={'data': json.dumps({'epoch': epoch, **logs})}), or json=... for send_as_json",
    *_inert(root="http://localhost:9000", path="/publish/epoch/end/", field="data", headers=None, send_as_json=False),
    aliases=("remote monitor",),
)
TensorBoard = no_counterpart(
    "keras.callbacks.TensorBoard",
    "Writes what TensorBoard shows.",
    "torch (2.13) has the writer, and no callback; with SummaryWriter(log_dir + '/train') of torch.utils.tensorboard, "
    "call add_scalar('epoch_loss', logs['loss'], epoch) after each epoch, and likewise with '/validation', "
    "add_graph(model, x) for the graph, add_histogram for weights",
    *_inert(
        log_dir="logs", histogram_freq=0, write_graph=True, write_images=False, write_steps_per_second=False,
        update_freq="epoch", profile_batch=0, embeddings_freq=0, embeddings_metadata=None,
    ),
    aliases=("tensorboard", "SummaryWriter", "log_dir"),
)  # fmt: skip
OrbaxCheckpoint = no_counterpart(
    "keras.callbacks.OrbaxCheckpoint",
    "Saves the model with Orbax, in the background.",
    "Orbax is JAX's; write with torch.save as ModelCheckpoint's entry does, or in the background with "
    "torch.distributed.checkpoint.async_save",
    *_inert(
        "directory", monitor="val_loss", verbose=0, save_best_only=False, mode="auto", save_freq="epoch",
        initial_value_threshold=None, max_to_keep=1, save_on_background=True, save_weights_only=False,
    ),
)  # fmt: skip
