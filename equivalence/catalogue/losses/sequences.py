"""ops.ctc_loss, ctc_decode: labels of sequences without alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.operations.operation_parts import is_tensor, operands, stored
from equivalence.schema import Argument, Case, Difference, Entry, refuse_without_counterpart
from equivalence.translation.order import KERAS
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value


CTC_LOSS = '''
def ctc_loss(
    logits: Tensor, labels: Tensor, lengths: Tensor, label_lengths: Tensor, blank: int
) -> Tensor:
    """The loss of each sequence (N, T, C)."""
    if not len(logits):
        return logits.sum((1, 2))  # F.ctc_loss takes no empty batch
    log_probs = F.log_softmax(logits, dim=-1).transpose(0, 1)
    return F.ctc_loss(
        log_probs, labels.long(), lengths.long(), label_lengths.long(), blank, reduction="none"
    )
'''


def emit_ctc_loss(site: Site) -> Value:
    """F.ctc_loss without reduction, of the logarithm of the softmax, time first."""
    return _loss(site, CTC_LOSS)


def emit_without_softmax(site: Site) -> Value:
    """The naive form: F.ctc_loss on the logits themselves."""
    return _loss(site, CTC_LOSS.replace("F.log_softmax(logits, dim=-1)", "logits"))


def _loss(site: Site, source: str) -> Value:
    given = operands(site, "target", "output", "target_length", "output_length")
    if not all(map(is_tensor, given)) or not given[1].dtype.startswith("float"):
        site.refuse("it is called with something else than tensors of the model, or its output is no tensor of floats")
    target, output, target_length, output_length = (site.take(value, KERAS) for value in given)
    if (target.rank, output.rank, target_length.rank, output_length.rank) != (2, 3, 1, 1):
        site.refuse(f"its labels have shape {target.shape} and its logits {output.shape}, not (N, S) and (N, T, C)")
    blank = site.config.integer("mask_index", minimum=0)
    if output.shape[-1] is not None and blank >= output.shape[-1]:
        site.config.refuse("mask_index", blank, f"is none of the {output.shape[-1]} classes")
    texts = (f"{value}" for value in (output, target, output_length, target_length))
    return site.new(call(site.helper(source), *texts, blank), KERAS)


CTCLoss = Entry(
    keras="keras.ops.ctc_loss",
    torch=("torch.nn.functional.ctc_loss", "torch.nn.functional.log_softmax"),
    says="Minus the logarithm of the probability of a label sequence, over all its alignments; no mean is taken.",
    emit=emit_ctc_loss,
    kind="operation",
    arguments=(
        Argument("target", "targets"),
        Argument("output", "log_probs", note="logits in Keras, their log_softmax with time first in torch"),
        Argument("target_length", "target_lengths"),
        Argument("output_length", "input_lengths", note="torch has it before the targets'"),
        Argument("mask_index", "blank", 0),
    ),
    differences=(
        Difference(
            "logits",
            "Keras takes logits, F.ctc_loss the logarithm of probabilities.",
            case="lengths-of-their-own",
            naive=emit_without_softmax,
        ),
    ),
    cases=(
        Case(
            "lengths-of-their-own",
            {"mask_index": 5},
            x=[(4, 3), (4, 9, 6), (4,), (4,)],
            draw=["ids:5", "normal", "ids:4", "ids:10"],
            max_rel=1e-5,
            because="Keras on TensorFlow computes it in float32 whatever the dtype",
        ),
    ),
    aliases=("keras.ops.nn.ctc_loss", "tf.nn.ctc_loss", "nn.CTCLoss"),
    stored=stored("CTCLoss", "nn"),
    approximate="where a sequence has too few steps for its labels, torch's loss is infinite and Keras's about 707 on "
    "TensorFlow; elsewhere the two are equal to the rounding of float32, in which TensorFlow computes",
)
CTCDecode = Entry(
    keras="keras.ops.ctc_decode",
    torch=(),
    says="The likeliest label sequences of logits, best path or beam search.",
    emit=refuse_without_counterpart,
    kind="operation",
    arguments=(
        Argument("inputs", None),
        Argument("sequence_lengths", None),
        Argument("strategy", None, "greedy"),
        Argument("beam_width", None, 100),
        Argument("top_paths", None, 1),
        Argument("merge_repeated", None, True),
        Argument("mask_index", None, 0),
    ),
    cases=(
        Case(
            "greedy",
            {"strategy": "greedy", "beam_width": 10, "top_paths": 1, "merge_repeated": False, "mask_index": 1},
            x=[(2, 5, 4), (2,)],
            draw=["normal", "ids:5"],
        ),
    ),
    aliases=("keras.ops.nn.ctc_decode", "tf.nn.ctc_greedy_decoder", "tf.nn.ctc_beam_search_decoder"),
    stored=stored("CTCDecode", "nn"),
    no_counterpart="torch decodes nothing itself; decode the model's logits outside of it: the best path is "
    "argmax(-1), torch.unique_consecutive and dropping the blank, a beam search is torchaudio's ctc_decoder",
)
