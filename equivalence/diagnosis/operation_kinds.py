"""What an operation of torch's does, by its name: those of one kind may stand for each other, wrongly or rightly."""

from __future__ import annotations

from equivalence.torch_side.operation_arguments import named
from equivalence.torch_side.run_tape import Operation

_KINDS = {
    "convolution": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "linear": "linear matmul bmm addmm baddbmm mm einsum __matmul__ bilinear",
    "normalization": "batch_norm layer_norm group_norm instance_norm rms_norm normalize",
    "activation": """relu relu_ relu6 leaky_relu elu selu celu gelu silu mish softplus softsign sigmoid hardsigmoid
        hardswish hardtanh tanh softmax log_softmax logsigmoid prelu rrelu threshold softshrink hardshrink tanhshrink
        clamp clip glu exp special_expit""",
    "pooling": """max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d lp_pool2d adaptive_avg_pool1d
        adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d mean amax
        max sum""",
    "arithmetic": """add sub mul div truediv radd rsub rmul __rsub__ __radd__ __rmul__ __add__ __mul__ __sub__ subtract
        multiply maximum minimum""",
    "function": "abs absolute pow __pow__ square sin cos log log1p log2 log10 expm1 sign",
    "joining": "cat concat concatenate stack hstack vstack dstack",
    "padding": "pad",
    "recurrence": "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell",
    "lookup": "embedding",
    "attention": "multi_head_attention_forward scaled_dot_product_attention",
    "dropout": "dropout dropout1d dropout2d dropout3d feature_dropout alpha_dropout feature_alpha_dropout",
    "resizing": "interpolate upsample pixel_shuffle pixel_unshuffle repeat_interleave repeat tile",
    "part": "__getitem__ narrow select chunk split tensor_split unbind index_select gather flip roll masked_select",
    "order": """permute transpose swapaxes swapdims movedim moveaxis t T mT H mH reshape view view_as reshape_as flatten
        unflatten ravel contiguous squeeze unsqueeze expand expand_as to type float double half clone detach data
        type_as requires_grad_ broadcast_to""",
}  # fmt: skip

KINDS = {name: kind for kind, names in _KINDS.items() for name in names.split()}

#: Kinds whose members differ in what they compute, so that one is a mistake for another; those of the other kinds
#: say the same in two ways, or are told apart by their arguments.
EXCHANGEABLE = frozenset({("convolution", "linear"), ("linear", "convolution"), ("dropout", "activation")})

#: Products of matrices, written in different ways.
PRODUCTS = frozenset({"matmul", "bmm", "mm", "einsum", "__matmul__"})


def kind(name: str) -> str:
    """The kind of an operation: its own name where it is of none."""
    return KINDS.get(name, KINDS.get(name.rstrip("_"), name))


def keeps_numbers(step: Operation) -> bool:
    """Whether it only moves numbers about, or hands them on as dropout does in inference."""
    return kind(step.name) == "order" or (kind(step.name) == "dropout" and not named(step).get("training", True))
