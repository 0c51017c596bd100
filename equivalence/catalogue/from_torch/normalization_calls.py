"""Normalisation: modules of torch.nn, functions of torch.nn.functional."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.padding_parts import as_tuple
from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing, row
from equivalence.translation.keras_templates import Cannot, Given

_BATCH = "eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True"
_INSTANCE = "eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, bias=True"
_UNBIASED = "nn.BatchNorm keeps the unbiased batch variance, n / (n - 1) of Keras's, as its running one."
_SAMPLE = ("seq", "image", "volume")
_EPS = "Keras's epsilon is 1e-3 where none is given, torch's 1e-5."

LOCAL_RESPONSE = '''
def local_response_norm(x, size, alpha, beta, k):
    """Divides by the mean of squares over `size` neighbouring channels, which are the last axis."""
    widths = [(0, 0)] * (len(x.shape) - 1) + [(size // 2, (size - 1) // 2)]
    squares = keras.ops.pad(keras.ops.square(x), widths)
    channels = x.shape[-1]
    total = sum(squares[..., start : start + channels] for start in range(size))
    return x / (k + alpha * total / size) ** beta
'''


def _batch(given: Given) -> str:
    if given.of("momentum", 0) is None:
        raise Cannot("momentum=None is the mean over all batches so far, which Keras does not keep; give a momentum")
    if not given.of("track_running_stats", True):
        raise Cannot(
            "track_running_stats=False: call keras.layers.BatchNormalization with training=True in the call of "
            "a layer of your own; a functional model would overrule it"
        )
    return (
        "keras.layers.BatchNormalization(momentum=1 - momentum, epsilon=always(eps), center=affine if bias else False, "
        "scale=affine)(x)"
    )


def _instance(given: Given) -> str:
    if given.of("track_running_stats"):
        raise Cannot("track_running_stats: Keras keeps no statistics of single images; leave it at False")
    return (
        "keras.layers.GroupNormalization(groups=-1, epsilon=always(eps), center=always(affine) if bias else False, "
        "scale=always(affine))(x)"
    )


def _axes(given: Given) -> str:
    """The axes of a normalized_shape: as many as it has sizes, from the end."""
    count = len(as_tuple(given.of("normalized_shape", 0), 1))
    return "" if count == 1 else f"axis={list(range(-count, 0))}, "


def _layer(given: Given) -> str:
    return (
        f"keras.layers.LayerNormalization({_axes(given)}epsilon=always(eps), "
        "center=elementwise_affine if bias else False, scale=elementwise_affine)(x)"
    )


def _root(given: Given) -> str:
    if not given.of("elementwise_affine", True):
        return f"keras.ops.rms_normalization(x, {_axes(given)}epsilon=always(eps))"
    eps = "1.1920928955078125e-07" if given.is_none("eps") else "always(eps)"
    return f"keras.layers.RMSNormalization({_axes(given)}epsilon={eps})(x)"


def _functional(kind: str) -> Callable[[Given], str]:
    def write(given: Given) -> str:
        axes = as_tuple(given.value("normalized_shape"), 1)
        axis = f"axis={tuple(range(-len(axes), 0)) if len(axes) > 1 else -1}"
        if kind == "rms":
            eps = "1.1920928955078125e-07" if given.is_none("eps") else "eps"
            return f"keras.ops.rms_normalization(input, weight, {axis}, epsilon={eps})"
        return f"keras.ops.layer_normalization(input, weight, bias, {axis}, epsilon=always(eps))"

    return write


def _rows(dims: int) -> tuple[FromTorch, ...]:
    sample = _SAMPLE[dims - 1]
    channels = 3 if dims == 3 else 4
    batch, instance = f"nn.BatchNorm{dims}d", f"nn.InstanceNorm{dims}d"
    cases = (f"{batch}({channels})({sample})", f"{batch}({channels}, eps=0.0009765625, momentum=0.25)({sample})")
    plain = (f"{batch}({channels}, affine=False)({sample})",)
    own = (f"{instance}({channels})({sample})", f"{instance}({channels}, eps=0.0009765625, affine=True)({sample})")
    watch = (_EPS, "Keras's momentum is what is kept, torch's what is new: one is 1 minus the other.")
    return (
        row(
            f"{batch}(num_features, {_BATCH})(x)",
            _batch,
            *cases,
            *plain,
            f"{batch}({channels}, bias=False)({sample})",
            after=_UNBIASED,
            watch=watch,
        ),
        row(f"nn.LazyBatchNorm{dims}d({_BATCH})(x)", _batch, f"nn.LazyBatchNorm{dims}d()({sample})", after=_UNBIASED),
        row(f"{instance}(num_features, {_INSTANCE})(x)", _instance, *own, watch=(_EPS,)),
        row(
            f"nn.LazyInstanceNorm{dims}d({_INSTANCE.replace('False', 'True')})(x)",
            _instance,
            f"nn.LazyInstanceNorm{dims}d(track_running_stats=False)({sample})",
        ),
    )


ROWS = (
    *_rows(1),
    *_rows(2),
    *_rows(3),
    row(
        "nn.SyncBatchNorm(num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, "
        "process_group=None, device=None, dtype=None, *, bias=True)(x)",
        "keras.layers.BatchNormalization(momentum=1 - momentum, epsilon=always(eps), center=affine if bias else False, "
        "scale=affine, "
        "synchronized=True)(x)",
        "nn.SyncBatchNorm(4)(image)",
        training="torch runs it on several GPUs alone; its statistics are those of all of them, as in Keras.",
        notes={
            "process_group": "Keras takes all devices of keras.distribution",
            "track_running_stats": "Keras always does",
        },
    ),
    row(
        "nn.GroupNorm(num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, *, bias=True)(x)",
        "keras.layers.GroupNormalization(num_groups, epsilon=always(eps), center=affine if bias else False, "
        "scale=affine)(x)",
        "nn.GroupNorm(2, 4)(image)",
        "nn.GroupNorm(2, 6, eps=0.0009765625, affine=False)(six_image)",
        "nn.GroupNorm(4, 4)(seq)",
        "nn.GroupNorm(2, 4, bias=False)(image)",
        watch=(_EPS,),
    ),
    row(
        "nn.LayerNorm(normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None)(x)",
        _layer,
        "nn.LayerNorm(4)(x)",
        "nn.LayerNorm((3, 4), eps=0.0009765625)(x)",
        "nn.LayerNorm(4, elementwise_affine=False)(x)",
        "nn.LayerNorm(4, bias=False)(x)",
        notes={"normalized_shape": "axis: as many axes from the end as it has sizes"},
        watch=(_EPS,),
    ),
    row(
        "nn.RMSNorm(normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None)(x)",
        _root,
        "nn.RMSNorm(4, eps=0.0009765625)(x)",
        "nn.RMSNorm((3, 4), eps=0.0009765625)(x)",
        "nn.RMSNorm(4, eps=0.0009765625, elementwise_affine=False)(x)",
        notes={
            "eps": "None is the smallest difference from 1 in the dtype: the code has float32's",
            "normalized_shape": "axis: as many axes from the end as it has sizes",
        },
    ),
    row(
        "nn.LocalResponseNorm(size, alpha=0.0001, beta=0.75, k=1.0)(x)",
        "local_response_norm(x, size, alpha, beta, k)",
        "nn.LocalResponseNorm(3, alpha=0.25)(image)",
        "nn.LocalResponseNorm(2, 0.5, 0.5, 2.0)(image)",
        helper=LOCAL_RESPONSE,
    ),
    *nothing(
        "torch 2.13's own gives other numbers than its formula where there are more than three channels; look up "
        "nn.LocalResponseNorm, which is the formula.",
        "nn.CrossMapLRN2d(size, alpha=0.0001, beta=0.75, k=1)(x)",
    ),
    row(
        "F.local_response_norm(input, size, alpha=0.0001, beta=0.75, k=1.0)",
        "local_response_norm(input, size, alpha, beta, k)",
        "F.local_response_norm(image, 3, alpha=0.25)",
        helper=LOCAL_RESPONSE,
    ),
    row(
        "F.batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, "
        "eps=1e-05)",
        "keras.ops.batch_normalization(input, running_mean, running_var, axis=-1, offset=bias, scale=weight, "
        "epsilon=always(eps))",
        "F.batch_norm(image, four_mean, four_variance)",
        "F.batch_norm(image, four_mean, four_variance, four_2, four, eps=0.0009765625)",
        notes={
            "training": "False alone; in training the mean and variance are keras.ops.moments of the batch",
            "momentum": "of training: write the running ones yourself, or take keras.layers.BatchNormalization",
        },
    ),
    row(
        "F.instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, "
        "momentum=0.1, eps=1e-05)",
        "instance_norm(input, weight, bias, always(eps))",
        "F.instance_norm(image)",
        "F.instance_norm(image, weight=four, bias=four_2, eps=0.0009765625)",
        helper='''
def instance_norm(x, weight, bias, eps):
    """Normalises each channel, the last axis, of each image by its own mean and variance."""
    mean, variance = keras.ops.moments(x, axes=list(range(1, len(x.shape) - 1)), keepdims=True)
    x = (x - mean) / keras.ops.sqrt(variance + eps)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias
''',
        notes={
            "running_mean": "used in torch with use_input_stats=False alone: keras.ops.batch_normalization",
            "running_var": "as running_mean",
            "use_input_stats": "True alone",
            "momentum": "of the running statistics, which Keras does not keep here",
        },
        also=("torch.instance_norm",),
    ),
    row(
        "F.group_norm(input, num_groups, weight=None, bias=None, eps=1e-05)",
        "group_norm(input, num_groups, weight, bias, always(eps))",
        "F.group_norm(image, 2)",
        "F.group_norm(six_image, 3, six, six, 0.0009765625)",
        helper='''
def group_norm(x, groups, weight, bias, eps):
    """Normalises groups of channels, the last axis, of each image by their own mean and variance."""
    shape = x.shape
    x = keras.ops.reshape(x, (shape[0], -1, groups, shape[-1] // groups))
    mean, variance = keras.ops.moments(x, axes=[1, 3], keepdims=True)
    x = keras.ops.reshape((x - mean) / keras.ops.sqrt(variance + eps), shape)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias
''',
        also=("torch.group_norm",),
    ),
    row(
        "F.layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05)",
        _functional("layer"),
        "F.layer_norm(x, (4,))",
        "F.layer_norm(x, (4,), row, row_2, 0.0009765625)",
        also=("torch.layer_norm",),
        notes={"normalized_shape": "axis: as many axes from the end as it has sizes"},
    ),
    row(
        "F.rms_norm(input, normalized_shape, weight=None, eps=None)",
        _functional("rms"),
        "F.rms_norm(x, (4,), row, 0.0009765625)",
        "F.rms_norm(x, (4,), eps=0.0009765625)",
        also=("torch.rms_norm",),
        notes={"normalized_shape": "axis: as many axes from the end as it has sizes"},
    ),
    row(
        "F.normalize(input, p=2.0, dim=1, eps=1e-12)",
        "input / keras.ops.maximum(keras.ops.norm(input, ord=always(p), axis=always(dim), keepdims=True), eps)",
        "F.normalize(x)",
        "F.normalize(x, 1.0, -1)",
        "F.normalize(x, dim=2)",
        watch=("keras.ops.normalize goes along the last axis where none is given, torch along dimension 1.",),
    ),
)
