"""What takes Python functions: loops, branches, mapping, gradients. No model file holds those functions."""

from __future__ import annotations

from equivalence.schema import Argument, Entry, refuse_without_counterpart

_FUNCTION = "it is called with a Python function, which no model file holds"


def _of_functions(name: str, says: str, instead: str, *arguments: Argument, aliases: tuple[str, ...] = ()) -> Entry:
    return Entry(
        keras=f"keras.ops.{name}",
        torch=(),
        says=says,
        emit=refuse_without_counterpart,
        kind="operation",
        arguments=arguments,
        aliases=aliases,
        no_counterpart=f"{_FUNCTION}; {instead}",
    )


def _refused(name: str, default: object) -> Argument:
    return Argument(name, None, default, note="refused with the rest")


Map = _of_functions(
    "map",
    "A function of each slice of the first axis, stacked.",
    "write torch.stack([f(x) for x in xs]), or torch.func.vmap(f)(xs) where f takes tensors alone",
    Argument("f"),
    Argument("xs"),
    aliases=("tf.map_fn", "jax.lax.map"),
)
VectorizedMap = _of_functions(
    "vectorized_map",
    "A function of each slice of the first axis, all at once.",
    "torch.func.vmap(function)(elements) does the same",
    Argument("function"),
    Argument("elements"),
    aliases=("tf.vectorized_map", "jax.vmap", "torch.vmap", "torch.func.vmap", "vmap"),
)
Vectorize = _of_functions(
    "vectorize",
    "A function of single elements as one of whole tensors.",
    "torch.func.vmap(pyfunc), once for each axis, does the same",
    Argument("pyfunc"),
    Argument("excluded", None, None),
    Argument("signature", None, None),
    aliases=("np.vectorize",),
)
Scan = _of_functions(
    "scan",
    "A function carried along the first axis, each step with what the one before left.",
    "write a Python loop over xs.unbind(0) that keeps the carry, and torch.stack what each step gives",
    Argument("f"),
    Argument("init"),
    Argument("xs", None, None),
    Argument("length", None, None),
    _refused("reverse", False),
    _refused("unroll", 1),
    aliases=("tf.scan", "jax.lax.scan"),
)
AssociativeScan = _of_functions(
    "associative_scan",
    "All partial results of an associative function along an axis.",
    "torch.cumsum, torch.cumprod, torch.cummax and torch.logcumsumexp are the common ones; else write a Python loop",
    Argument("f"),
    Argument("elems"),
    _refused("reverse", False),
    _refused("axis", 0),
    aliases=("jax.lax.associative_scan", "prefix sum"),
)
ForiLoop = _of_functions(
    "fori_loop",
    "A function applied for each number of a range to what it gave before.",
    "write a Python for loop",
    Argument("lower"),
    Argument("upper"),
    Argument("body_fun"),
    Argument("init_val"),
    aliases=("jax.lax.fori_loop",),
)
WhileLoop = _of_functions(
    "while_loop",
    "A function applied to what it gave before, as long as another one of it is true.",
    "write a Python while loop",
    Argument("cond"),
    Argument("body"),
    Argument("loop_vars"),
    Argument("maximum_iterations", None, None),
    aliases=("tf.while_loop", "jax.lax.while_loop"),
)
Cond = _of_functions(
    "cond",
    "One of two functions, by a flag.",
    "write a Python if, or torch.where(pred, a, b) where both sides may be computed",
    Argument("pred"),
    Argument("true_fn"),
    Argument("false_fn"),
    aliases=("tf.cond", "jax.lax.cond"),
)
Switch = _of_functions(
    "switch",
    "One of several functions, by its number, which is held between the first and the last.",
    "write branches[min(max(int(index), 0), len(branches) - 1)](*operands)",
    Argument("index"),
    Argument("branches"),
    aliases=("tf.switch_case", "jax.lax.switch"),
)
CustomGradient = _of_functions(
    "custom_gradient",
    "A function with a gradient of its own.",
    "write a torch.autograd.Function with forward and backward",
    Argument("f"),
    aliases=("tf.custom_gradient", "jax.custom_vjp", "torch.autograd.Function"),
)
Jvp = _of_functions(
    "jvp",
    "A function's value, and its derivative in a direction.",
    "torch.func.jvp(fun, primals, tangents) does the same",
    Argument("fun"),
    Argument("primals"),
    Argument("tangents"),
    _refused("has_aux", False),
    aliases=("jax.jvp", "torch.func.jvp", "tf.autodiff.ForwardAccumulator"),
)
