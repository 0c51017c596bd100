"""Keras code for losses of torch that are more than an expression."""

from __future__ import annotations

CROSS_ENTROPY = '''
def cross_entropy(
    logits, target, weight=None, ignore_index=-100, reduction="mean", smoothing=0.0, is_log=False
):
    """torch's cross entropy with the classes in the last axis; its mean is that over the weights of what is kept."""
    log_p = logits if is_log else keras.ops.log_softmax(logits)
    kept = keras.ops.cast(target != ignore_index, log_p.dtype)
    target = keras.ops.where(target == ignore_index, 0, target)
    weights = kept if weight is None else kept * keras.ops.take(weight, target)
    loss = -keras.ops.take_along_axis(log_p, target[..., None], axis=-1)[..., 0] * weights
    if smoothing:
        spread = -keras.ops.sum(log_p if weight is None else log_p * weight, axis=-1) * kept
        loss = (1 - smoothing) * loss + smoothing / log_p.shape[-1] * spread
    if reduction == "mean":
        return keras.ops.sum(loss) / keras.ops.sum(weights)
    return keras.ops.sum(loss) if reduction == "sum" else loss
'''

CTC = '''
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity):
    """torch's CTC loss: steps first, and a mean over what each target's length has divided."""
    output = keras.ops.swapaxes(log_probs, 0, 1)
    loss = keras.ops.ctc_loss(targets, output, target_lengths, input_lengths, mask_index=blank)
    if zero_infinity:
        loss = keras.ops.where(keras.ops.isfinite(loss), loss, 0.0)
    if reduction == "mean":
        return keras.ops.mean(
            loss / keras.ops.cast(keras.ops.maximum(target_lengths, 1), loss.dtype)
        )
    return keras.ops.sum(loss) if reduction == "sum" else loss
'''

MULTI_MARGIN = '''
def multi_margin(x, target, p, margin, weight):
    """The mean over classes of how far each other class is within the margin of the right one."""
    right = keras.ops.take_along_axis(x, target[:, None], axis=1)
    short = keras.ops.relu(margin - right + x) ** p
    if weight is not None:
        short = short * keras.ops.take(weight, target)[:, None]
    others = 1 - keras.ops.one_hot(target, x.shape[1], dtype=x.dtype)
    return keras.ops.sum(short * others, axis=1) / x.shape[1]
'''
