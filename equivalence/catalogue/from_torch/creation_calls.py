"""Functions of torch that make tensors: of constants, ranges, windows, and random numbers."""

from __future__ import annotations

from equivalence.catalogue.from_torch.torch_rows import CONSTANTS, FromTorch, nothing, op, row

_FLOAT = "torch makes float32 of it where nothing is said, and so does Keras."
_SEED = "seed=keras.random.SeedGenerator(0) makes it repeatable; torch has one generator for all (torch.manual_seed)."
_WINDOW = "periodic=True, torch's default, leaves out the last number of a window that is one longer."


def _window(torch: str, keras: str, more: str = "") -> FromTorch:
    window = f"ops.{keras}(window_length{more})"
    longer = f"ops.{keras}(window_length + 1{more})[:-1]"
    names = f"{torch}(window_length, periodic=True{', beta=12.0' if more else ''})"
    return op(
        names,
        f"ops.cast({longer} if periodic else {window}, 'float32')",
        loose=(f"torch.{torch}(7)", f"torch.{torch}(7, periodic=False)"),
        because=CONSTANTS,
        watch=(_WINDOW,),
    )


ROWS = (
    row(
        "torch.zeros(*size, dtype=None)",
        "keras.ops.zeros(size, dtype=dtype)",
        "torch.zeros(2, 3)",
        "torch.zeros((2, 3), dtype=torch.float64)",
        watch=(_FLOAT,),
    ),
    row(
        "torch.ones(*size, dtype=None)",
        "keras.ops.ones(size, dtype=dtype)",
        "torch.ones(2, 3)",
        "torch.ones((2, 3), dtype=torch.int32)",
    ),
    op(
        "full(size, fill_value, *, dtype=None)",
        "ops.full(size, fill_value, dtype=dtype)",
        "torch.full((2, 3), 0.5)",
        "torch.full((2, 3), 2.5, dtype=torch.float64)",
        watch=("Of a whole number torch makes whole numbers, Keras floats: say dtype.",),
    ),
    op("zeros_like(input, *, dtype=None)", "ops.zeros_like", "torch.zeros_like(x)"),
    op("ones_like(input, *, dtype=None)", "ops.ones_like", "torch.ones_like(x)"),
    op("full_like(input, fill_value, *, dtype=None)", "ops.full_like", "torch.full_like(x, 0.5)"),
    row(
        "Tensor.new_zeros(self, *size, dtype=None)",
        "keras.ops.zeros(size, dtype=self.dtype if dtype is None else dtype)",
        "x.new_zeros(2, 3)",
    ),
    row(
        "Tensor.new_ones(self, *size, dtype=None)",
        "keras.ops.ones(size, dtype=self.dtype if dtype is None else dtype)",
        "x.new_ones(2, 3)",
    ),
    row(
        "Tensor.new_full(self, size, fill_value, *, dtype=None)",
        "keras.ops.full(size, fill_value, dtype=self.dtype if dtype is None else dtype)",
        "x.new_full((2, 3), 0.5)",
    ),
    row(
        "Tensor.new_tensor(self, data, *, dtype=None)",
        "keras.ops.convert_to_tensor(data, dtype=self.dtype if dtype is None else dtype)",
        "x.new_tensor([1.0, 2.0])",
    ),
    op("eye(n, m=None, *, dtype=None)", "ops.eye(n, m, dtype=dtype)", "torch.eye(3)", "torch.eye(3, 4)"),
    op(
        "arange(end, *, dtype=None)",
        "ops.arange(end, dtype=dtype)",
        "torch.arange(5)",
        "torch.arange(4.5)",
        "torch.arange(5, dtype=torch.float64)",
    ),
    op(
        "arange(start, end, step=1, *, dtype=None)",
        "ops.arange(start, end, step, dtype=dtype)",
        "torch.arange(2, 9)",
        "torch.arange(2, 9, 3)",
        "torch.arange(0.0, 2.0, 0.25)",
    ),
    op(
        "range(start, end, step=1, *, dtype=None)",
        "ops.cast(ops.arange(start, end + step, step), 'float32' if dtype is None else dtype)",
        "torch.range(1, 5, 2)",
        watch=("torch.range has its end in it.",),
    ),
    op(
        "linspace(start, end, steps, *, dtype=None)",
        "ops.cast(ops.linspace(start, end, num=steps), 'float32' if dtype is None else dtype)",
        loose=("torch.linspace(-1, 2, 7)",),
        because=CONSTANTS,
    ),
    op(
        "logspace(start, end, steps, base=10.0, *, dtype=None)",
        "ops.cast(ops.logspace(start, end, num=steps, base=base), 'float32' if dtype is None else dtype)",
        loose=("torch.logspace(-1, 1, 5)", "torch.logspace(-1, 1, 5, base=2.0)"),
        because=CONSTANTS,
    ),
    op(
        "tensor(data, *, dtype=None)",
        "ops.convert_to_tensor(data, dtype=dtype)",
        "torch.tensor([[1, 2], [3, 4]])",
        "torch.tensor([0.5, 0.25])",
        "torch.tensor([1, 2], dtype=torch.float32)",
        also=("torch.as_tensor", "torch.asarray", "torch.scalar_tensor"),
    ),
    op(
        "vander(x, N=None, increasing=False)",
        "ops.vander(x, N=N, increasing=increasing)",
        "torch.vander(row)",
        "torch.vander(row, 3, True)",
        gradients=False,
        because="torch has none",
    ),
    op(
        "linalg.vander(x, *, N=None)",
        "ops.vander(x, N=N, increasing=True)",
        "torch.linalg.vander(row)",
        "torch.linalg.vander(row, N=3)",
        gradients=False,
        because="torch has none for torch.vander",
    ),
    _window("hann_window", "hanning"),
    _window("hamming_window", "hamming"),
    _window("blackman_window", "blackman"),
    _window("bartlett_window", "bartlett"),
    _window("kaiser_window", "kaiser", ", beta"),
    row(
        "torch.rand(*size, dtype=None)",
        "keras.random.uniform(size, dtype=dtype)",
        "torch.rand(50, 80)",
        kind="random",
        watch=(_SEED,),
    ),
    row(
        "torch.randn(*size, dtype=None)",
        "keras.random.normal(size, dtype=dtype)",
        "torch.randn(50, 80)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "rand_like(input, *, dtype=None)",
        "keras.random.uniform(input.shape, dtype=dtype)",
        "torch.rand_like(many_rows)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "randn_like(input, *, dtype=None)",
        "keras.random.normal(input.shape, dtype=dtype)",
        "torch.randn_like(many_rows)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "randint(high, size, *, dtype=None)",
        "keras.random.randint(size, 0, high)",
        "torch.randint(7, (50, 80))",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "randint(low, high, size, *, dtype=None)",
        "keras.random.randint(size, low, high)",
        "torch.randint(-3, 7, (50, 80))",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "randint_like(input, high, *, dtype=None)",
        "keras.random.randint(input.shape, 0, high)",
        "torch.randint_like(many_rows, 7)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "randint_like(input, low, high, *, dtype=None)",
        "keras.random.randint(input.shape, low, high)",
        "torch.randint_like(many_rows, -3, 7)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "randperm(n)",
        "keras.random.shuffle(keras.ops.arange(n))",
        "torch.randperm(4000)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "bernoulli(input)",
        "ops.cast(keras.random.uniform(input.shape) < input, input.dtype)",
        "torch.bernoulli(many_chances)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "bernoulli(input, p)",
        "ops.cast(keras.random.uniform(input.shape) < p, input.dtype)",
        "torch.bernoulli(many_rows, 0.25)",
        kind="random",
        watch=(_SEED,),
        gradients=False,
        because="it is a step",
    ),
    op(
        "multinomial(input, num_samples, replacement=False)",
        "keras.random.categorical(keras.ops.log(input), num_samples)",
        "torch.multinomial(many_chances, 20, replacement=True)",
        kind="random",
        watch=(_SEED,),
        notes={
            "replacement": "Keras draws with it; without, keras.ops.top_k of log(input) plus Gumbel noise, "
            "-log(-log(uniform))"
        },
    ),
    op(
        "normal(mean: Tensor, std=1.0)",
        "mean + std * keras.random.normal(mean.shape)",
        "torch.normal(many_rows, 0.5)",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "normal(mean, std, size)",
        "keras.random.normal(size, mean=always(mean), stddev=always(std))",
        "torch.normal(1.0, 2.0, (50, 80))",
        kind="random",
        watch=(_SEED,),
    ),
    op(
        "binomial(count, prob)",
        "keras.random.binomial(count.shape, count, prob)",
        "torch.binomial(many_counts, many_chances)",
        kind="random",
        gradients=False,
        because="it is a step",
        watch=(_SEED,),
    ),
    *(
        row(f"Tensor.{name}(self{arguments})", keras, f"(many_rows * 1).{name}({given})", kind="random", watch=(_SEED,))
        for name, arguments, keras, given in (
            (
                "uniform_",
                ", from_=0, to=1",
                "keras.random.uniform(self.shape, minval=always(from_), maxval=always(to))",
                "-1, 2",
            ),
            (
                "normal_",
                ", mean=0, std=1",
                "keras.random.normal(self.shape, mean=always(mean), stddev=always(std))",
                "1, 2",
            ),
            ("bernoulli_", ", p=0.5", "keras.ops.cast(keras.random.uniform(self.shape) < p, self.dtype)", "0.25"),
            ("exponential_", ", lambd=1", "-keras.ops.log(1 - keras.random.uniform(self.shape)) / lambd", "2"),
            (
                "log_normal_",
                ", mean=1, std=2",
                "keras.ops.exp(keras.random.normal(self.shape, mean=always(mean), stddev=always(std)))",
                "0, 1",
            ),
            (
                "cauchy_",
                ", median=0, sigma=1",
                "median + sigma * keras.ops.tan(math.pi * (keras.random.uniform(self.shape) - 0.5))",
                "0, 1",
            ),
            (
                "geometric_",
                ", p",
                "keras.ops.floor(keras.ops.log(1 - keras.random.uniform(self.shape)) / math.log(1 - p)) + 1",
                "0.25",
            ),
        )
    ),
    *nothing(
        "Keras has no numbers of a Poisson distribution on all backends; on one, call tf.random.poisson, "
        "jax.random.poisson or torch.poisson.",
        "torch.poisson(input)",
    ),
)
