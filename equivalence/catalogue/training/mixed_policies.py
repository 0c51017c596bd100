"""Policies of dtypes: mixed precision, and what quantised layers say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.training.training_parts import no_counterpart
from equivalence.schema import Argument, Case, Entry

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

AUTOCAST = '''
def in_mixed_precision(model: nn.Module, x: Tensor) -> Tensor:
    """The model with products in {dtype}, and weights in float32."""
    with torch.autocast(x.device.type, dtype=torch.{dtype}):
        return model(x)
'''
_FLOATS = ("float16", "bfloat16", "float32", "float64")


def emit_policy(site: Site) -> str:
    """torch.autocast for mixed precision, and a conversion of the model for one dtype."""
    policy = site.config.choice("policy", "mixed_float16", "mixed_bfloat16", *_FLOATS)
    if policy.startswith("mixed_"):
        return f"{site.helper(AUTOCAST.format(dtype=policy.removeprefix('mixed_')))}(model, x)"
    return f"model.to(torch.{policy})(x.to(torch.{policy}))"


def _case(policy: str, bits: int) -> Case:
    because = f"{policy.removeprefix('mixed_')} has {bits} bits, and sums are rounded in another order"
    return Case(
        policy.replace("_", "-"), {"policy": policy}, x=(), max_rel=2.0 ** (2 - bits), because=because,
        trial={"as": "policy"},
    )  # fmt: skip


_AMP = tuple(f"torch.amp.{name}" for name in ("GradScaler", "custom_fwd", "custom_bwd", "is_autocast_available"))
SetDTypePolicy = Entry(
    keras="keras.mixed_precision.set_dtype_policy",
    torch=("torch.autocast", "torch.amp.autocast", *_AMP, "torch.set_default_dtype"),
    related=(*_AMP, "torch.set_default_dtype"),
    says="Says in which float layers compute. torch keeps weights in float32 too, and says so where a model is called. "
    "On a GPU, autocast takes softmax, norms and losses in float32, where Keras's layers take the narrow float. With "
    "float16, loss.backward() wants a torch.amp.GradScaler, which Keras adds by itself.",
    emit=emit_policy,
    kind="training",
    arguments=(Argument("policy", "dtype", how="dtype of torch.autocast for mixed_*"),),
    cases=(
        _case("mixed_bfloat16", 8),
        _case("mixed_float16", 11),
        _case("bfloat16", 8),
        Case("float64", {"policy": "float64"}, x=(), trial={"as": "policy"}),
    ),
    aliases=(
        "mixed precision", "mixed_float16", "mixed_bfloat16", "set_global_policy", "keras.config.set_dtype_policy",
        "keras.mixed_precision.set_global_policy", "autocast", "amp", "half precision", "fp16",
    ),
)  # fmt: skip
DTypePolicy = no_counterpart(
    "keras.dtype_policies.DTypePolicy",
    "Says in which float a layer computes, and in which it keeps its weights.",
    "a module of torch (2.13) has one dtype; module.to(torch.bfloat16), or torch.autocast around its call for another "
    "one to compute in",
    Argument("name", None, None, inert=True),
    aliases=("keras.mixed_precision.Policy", "keras.mixed_precision.DTypePolicy", "FloatDTypePolicy", "dtype policy"),
)
FloatDTypePolicy = no_counterpart(
    "keras.dtype_policies.FloatDTypePolicy",
    "Says in which float a layer computes, and in which it keeps its weights.",
    "a module of torch (2.13) has one dtype; module.to(torch.bfloat16), or torch.autocast around its call",
    Argument("name", None, None, inert=True),
)
DTypePolicyMap = no_counterpart(
    "keras.dtype_policies.DTypePolicyMap",
    "Gives layers policies by their paths.",
    "a module of torch (2.13) has one dtype; model.get_submodule(path).to(dtype) for each of them",
    Argument("default_policy", None, None, inert=True),
    Argument("policy_map", None, None, inert=True),
)
GlobalPolicy = no_counterpart(
    "keras.mixed_precision.dtype_policy",
    "Tells in which float layers compute where nothing is said.",
    "torch (2.13) has no policy; torch.get_default_dtype() is the dtype of new weights, torch.is_autocast_enabled() "
    "tells of autocast",
    aliases=("keras.mixed_precision.global_policy", "keras.config.dtype_policy"),
)


def _quantised(name: str, how: str, instead: str, *more: Argument) -> Entry:
    return no_counterpart(
        f"keras.dtype_policies.{name}",
        f"Says that a layer is quantised: {how}.",
        f"torch (2.13) quantises modules in the package torchao; {instead}",
        Argument("mode"),
        Argument("source_name", None, None, inert=True),
        *more,
    )


Quantized = _quantised(
    "QuantizedDTypePolicy", "int8, say", "torchao.quantization.quantize_(model, Int8WeightOnlyConfig())"
)
Float8 = _quantised(
    "QuantizedFloat8DTypePolicy", "float8 with scales", "torchao.float8.convert_to_float8_training(model)",
    Argument("amax_history_length", None, 1024, inert=True),
)  # fmt: skip
Int4 = _quantised(
    "Int4DTypePolicy", "4 bits", "torchao.quantization.quantize_(model, Int4WeightOnlyConfig())"
)  # fmt: skip
AWQ = _quantised("AWQDTypePolicy", "4 bits, by the activations", "torchao.prototype.awq has it")
GPTQ = _quantised("GPTQDTypePolicy", "few bits, one column after the other", "torchao.quantization.GPTQ has it")
Get = no_counterpart(
    "keras.dtype_policies.get", "Finds a policy by its name.",
    "torch (2.13) has no policies; name the dtype itself, torch.bfloat16", Argument("identifier"),
)  # fmt: skip
Serialize = no_counterpart(
    "keras.dtype_policies.serialize", "Writes a policy as a configuration.",
    "a state_dict of torch (2.13) holds each tensor's dtype; save that", Argument("dtype_policy"),
)  # fmt: skip
Deserialize = no_counterpart(
    "keras.dtype_policies.deserialize", "Makes a policy from its configuration.",
    "a state_dict of torch (2.13) holds each tensor's dtype; load that", Argument("config"),
    Argument("custom_objects", None, None, inert=True),
)  # fmt: skip
