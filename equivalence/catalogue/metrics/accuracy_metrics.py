"""Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, and the two of the k likeliest."""

from __future__ import annotations

from equivalence.catalogue.metrics.accuracy_functions import (
    SINGLE,
    binary_lines,
    categorical_lines,
    equal_lines,
    sparse_lines,
    sparse_top_lines,
    top_lines,
)
from equivalence.catalogue.metrics.metric_parts import arguments, batches, emit_mean_of
from equivalence.schema import Argument, Case, Difference, Elsewhere, Entry

_X, _LABELS = [(4, 5), (4, 5)], [(6,), (6, 5)]

Accuracy = Entry(
    keras="keras.metrics.Accuracy",
    torch=("torch.eq", "torch.mean"),
    says='The share of elements that are equal. The text "accuracy" in compile means another one, by the shapes.',
    emit=emit_mean_of("accuracy", equal_lines),
    kind="metric",
    arguments=arguments("accuracy"),
    cases=(*batches([(9, 5), (9, 5)], "ids:3"), Case("column", {}, x=[(9,), (9, 1)], draw="ids:2")),
    aliases=("accuracy", "acc", "metrics=['accuracy']", "(y_pred == y_true).float().mean()"),
)
BinaryAccuracy = Entry(
    keras="keras.metrics.BinaryAccuracy",
    torch=("torch.gt", "torch.eq", "torch.mean"),
    says="The share of elements on the right side of the threshold.",
    emit=emit_mean_of("binary_accuracy", binary_lines),
    kind="metric",
    arguments=(*arguments("binary_accuracy"), Argument("threshold", None, 0.5, note="of probabilities; 0 of logits")),
    differences=(
        Difference(
            "logits",
            "The threshold of 0.5 is one of probabilities: for logits it is 0, which Keras does not know by itself.",
            case="logits",
            swap=(("(y_pred > 0.5)", "(y_pred > 0)"),),
        ),
        Difference(
            "column",
            "y_true of shape (N,) and y_pred of shape (N, 1) are brought to one shape; == of torch broadcasts them.",
            case="column",
            swap=(("    y_true, y_pred = same_rank(y_true, y_pred)\n", ""),),
        ),
    ),
    elsewhere=(Elsewhere("torchmetrics.classification.BinaryAccuracy(threshold=0.5)", "plain"),),
    cases=(
        *batches(_X, ["ids:2", "uniform"]),
        Case("logits", {}, x=[(9, 5), (9, 5)], draw=["ids:2", "normal"]),
        Case("threshold", {"threshold": 0.25}, x=_X, draw=["ids:2", "uniform"]),
        Case("column", {}, x=[(9,), (9, 1)], draw=["ids:2", "uniform"]),
    ),
    aliases=("binary accuracy",),
)
CategoricalAccuracy = Entry(
    keras="keras.metrics.CategoricalAccuracy",
    torch=("torch.argmax", "torch.eq", "torch.mean"),
    says="The share of samples whose likeliest class is the true one, which is one-hot.",
    emit=emit_mean_of("categorical_accuracy", categorical_lines),
    kind="metric",
    arguments=arguments("categorical_accuracy"),
    elsewhere=(
        Elsewhere(
            'torchmetrics.classification.MulticlassAccuracy(num_classes=3, average="micro")',
            "plain",
            "y_pred, y_true.argmax(dim=-1)",
        ),
    ),
    cases=(
        *batches([(9, 3), (9, 3)], ["one-hot", "uniform"]),
        Case("images", {}, x=[(2, 3, 4, 5), (2, 3, 4, 5)], draw=["one-hot", "uniform"]),
        Case("booleans", {}, x=[(9, 3), (9, 3)], draw=["bool", "uniform"]),
    ),
    aliases=("categorical accuracy",),
)
SparseCategoricalAccuracy = Entry(
    keras="keras.metrics.SparseCategoricalAccuracy",
    torch=("torch.argmax", "torch.eq", "torch.mean"),
    says="The share of samples whose likeliest class is the true one, which is a number.",
    emit=emit_mean_of("sparse_categorical_accuracy", sparse_lines),
    kind="metric",
    arguments=arguments("sparse_categorical_accuracy"),
    differences=(
        Difference(
            "column",
            "Labels of shape (N, 1) are taken for (N,); torch broadcasts them against the N classes predicted.",
            case="column",
            swap=(("labels = y_true.squeeze(-1) if y_true.dim() == y_pred.dim() else y_true", "labels = y_true"),),
        ),
    ),
    elsewhere=(Elsewhere('torchmetrics.classification.MulticlassAccuracy(num_classes=5, average="micro")', "plain"),),
    cases=(
        *batches(_LABELS, ["ids:5", "uniform"]),
        Case("column", {}, x=[(9, 1), (9, 3)], draw=["ids:3", "uniform"]),
        Case("images", {}, x=[(2, 3, 4), (2, 3, 4, 5)], draw=["ids:5", "uniform"]),
    ),
    aliases=("sparse categorical accuracy", "multiclass accuracy"),
)
TopKCategoricalAccuracy = Entry(
    keras="keras.metrics.TopKCategoricalAccuracy",
    torch=("torch.argmax", "torch.gather", "torch.sum", "torch.topk"),
    related=("torch.topk",),
    says="The share of samples whose true class, one-hot, is among the k likeliest.",
    emit=emit_mean_of("top_k_accuracy", top_lines),
    kind="metric",
    arguments=(Argument("k", None, 5), *arguments("top_k_categorical_accuracy")),
    cases=tuple(
        case._replace(**SINGLE)
        for case in (
            *batches([(9, 7), (9, 7)], ["one-hot", "uniform"], {"k": 2}),
            Case("defaults", {}, x=[(9, 7), (9, 7)]),
        )
    ),
    aliases=("top-5 accuracy", "top k accuracy", "top_k_categorical_accuracy"),
)
SparseTopKCategoricalAccuracy = Entry(
    keras="keras.metrics.SparseTopKCategoricalAccuracy",
    torch=("torch.gather", "torch.sum", "torch.any", "torch.topk"),
    related=("torch.topk",),
    says="The share of samples whose true class, a number, is among the k likeliest.",
    emit=emit_mean_of("top_k_accuracy", sparse_top_lines),
    kind="metric",
    arguments=(
        Argument("k", None, 5),
        *arguments("sparse_top_k_categorical_accuracy"),
        Argument("from_sorted_ids", None, False, note="y_pred holds the classes, likeliest first, and no scores"),
    ),
    elsewhere=(
        Elsewhere('torchmetrics.classification.MulticlassAccuracy(num_classes=7, top_k=2, average="micro")', "plain"),
    ),
    cases=(
        *(case._replace(**SINGLE) for case in batches([(9,), (9, 7)], ["ids:7", "uniform"], {"k": 2})),
        Case("ties", {"k": 2}, x=[(9,), (9, 7)], draw=["ids:7", "one-hot"], **SINGLE),
        Case("column", {"k": 3}, x=[(9, 1), (9, 7)], draw=["ids:7", "uniform"], **SINGLE),
        Case("sorted", {"k": 2, "from_sorted_ids": True}, x=[(9,), (9, 4)], draw=["ids:5", "ids:5"]),
    ),
    aliases=("sparse top-5 accuracy", "sparse_top_k_categorical_accuracy"),
)
