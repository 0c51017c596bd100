"""Arrays made ready for a model: pad_sequences, to_categorical, normalize, windows of a series, two parts of a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.datasets.data_parts import called, inert, no_counterpart
from equivalence.schema import Argument, Difference, Entry
from equivalence.translation.python_text import call, literal, quoted

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

PAD_SEQUENCES = '''
def pad_sequences(
    sequences: list[list[float]],
    maxlen: int | None = None,
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0,
    dtype: torch.dtype = torch.int32,
) -> Tensor:
    """Sequences as rows (N, maxlen); where one is longer, its beginning is cut off, or its end."""
    maxlen = max(len(sequence) for sequence in sequences) if maxlen is None else maxlen
    padded = torch.full((len(sequences), maxlen), value, dtype=dtype)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen]
        start = 0 if padding == "post" else maxlen - len(kept)
        row[start : start + len(kept)] = torch.as_tensor(kept, dtype=dtype)
    return padded
'''
WINDOWS = '''
class Windows(Dataset):
    """Stretches of a series: `length` steps, `rate` apart; the next begins `stride` later.

    The target of a window is that of its first step.
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor | None,
        length: int,
        stride: int = 1,
        rate: int = 1,
        start: int = 0,
        end: int | None = None,
    ) -> None:
        self.x, self.y, self.length, self.rate = x, y, length, rate
        end = len(x) if end is None else end
        count = end - start - (length - 1) * rate
        self.starts = range(start, start + (count if y is None else min(count, len(y))), stride)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> Tensor | tuple[Tensor, Tensor]:
        start = self.starts[index]
        window = self.x[start : start + self.length * self.rate : self.rate]
        return window if self.y is None else (window, self.y[start])
'''
_DTYPES = ("int32", "int64", "float32", "float64")


def emit_pad_sequences(site: Site) -> str:
    """A helper: torch's own pads on the right, and cuts nothing.

    Behaviour: keras/src/utils/sequence_utils.py.
    """
    config = site.config
    maxlen = config.value("maxlen")
    return call(
        site.helper(PAD_SEQUENCES), "x", maxlen=None if maxlen is None else config.integer("maxlen"),
        padding=quoted(config.choice("padding", "pre", "post")),
        truncating=quoted(config.choice("truncating", "pre", "post")), value=config.number("value"),
        dtype=f"torch.{config.choice('dtype', *_DTYPES)}",
        omit={"maxlen": None, "padding": '"pre"', "truncating": '"pre"', "value": 0.0, "dtype": "torch.int32"},
    )  # fmt: skip


def _torch_pad(site: Site) -> str:
    for name in ("maxlen", "padding", "truncating", "value", "dtype"):
        site.config.value(name)
    rows = "[torch.as_tensor(row, dtype=torch.int32) for row in x]"
    return f"nn.utils.rnn.pad_sequence({rows}, batch_first=True)"


def emit_to_categorical(site: Site) -> str:
    """F.one_hot, as floats; a last axis of one is left out, as Keras does."""
    classes = site.config.value("num_classes")
    return f"F.one_hot(x.long(){f', {literal(classes)}' if classes else ''}).float()"


def emit_normalize(site: Site) -> str:
    """F.normalize."""
    order, axis = site.config.number("order"), site.config.integer("axis", None)
    return call("F.normalize", "x", p=order, dim=axis, omit={"p": 2.0, "dim": 1})


def emit_timeseries(site: Site) -> str:
    """A Dataset of windows, and its DataLoader.

    Behaviour: keras/src/utils/timeseries_dataset_utils.py.
    """
    config = site.config
    config.only("format", "tf", because="is grain's")
    targets = "y" if site.keyword("on") == "x, y" else None
    start, end = (None if config.value(name) is None else config.integer(name, 0) for name in _ENDS)
    windows = call(
        site.helper(WINDOWS), "x", targets, config.integer("sequence_length"),
        stride=config.integer("sequence_stride"), rate=config.integer("sampling_rate"), start=start or 0, end=end,
        omit={"stride": 1, "rate": 1, "start": 0, "end": None},
    )  # fmt: skip
    size = config.value("batch_size")
    shuffle = config.flag("shuffle")
    return call("DataLoader", windows, batch_size=size, shuffle=shuffle, omit={"shuffle": False})


_ENDS = ("start_index", "end_index")


def emit_split(site: Site) -> str:
    """Two slices, or two parts of a random order."""
    config = site.config
    left, right = config.value("left_size"), config.value("right_size")
    config.only("shuffle", False, because="is random_split(TensorDataset(x), (left, right))")
    config.only("preferred_backend", None, because="is Keras's")
    for name, size in (("left_size", left), ("right_size", right)):
        if size is not None and not isinstance(size, (int, float)):
            config.refuse(name, size, "should be a number of rows, or a share of them")
    first = _rows(left) if left is not None else f"len(x) - {_rows(right)}"
    if left is not None and right is not None:
        return f"x[:{first}], x[-{_rows(right)}:]"
    return f"x[:{first}], x[{first}:]"


def _rows(size: int | float) -> str:
    return f"round({literal(size)} * len(x))" if isinstance(size, float) else literal(size)


PadSequences = Entry(
    keras="keras.utils.pad_sequences",
    torch=("torch.nn.utils.rnn.pad_sequence",),
    related=("torch.nn.utils.rnn.pad_sequence",),
    says="Makes sequences of different lengths rows of one tensor: zeros come first, and what is too long loses its "
    "beginning.",
    emit=emit_pad_sequences,
    kind="data",
    arguments=(
        Argument("sequences", "sequences"),
        Argument("maxlen", None, None, note="that of the longest; pad_sequence always takes that"),
        Argument("dtype", "dtype", "int32"),
        Argument("padding", "padding_side", "pre", how="left for pre, right for post"),
        Argument("truncating", None, "pre"),
        Argument("value", "padding_value", 0.0),
    ),
    differences=(
        Difference(
            "side",
            "Keras pads before a sequence, torch's pad_sequence behind it, where nothing is said.",
            case="plain",
            naive=_torch_pad,
        ),
        Difference(
            "cut",
            "What is too long loses its beginning; x[:maxlen] keeps that.",
            case="cut",
            swap=(("x, maxlen=4, ", 'x, maxlen=4, truncating="post", '),),
        ),
    ),
    cases=(
        called("plain", draw="sequences"),
        called("cut", draw="sequences", maxlen=4, padding="post", value=-1.0),
        called("post", draw="sequences", maxlen=5, truncating="post", dtype="float32", value=0.5),
        called("longer", draw="sequences", maxlen=20, dtype="int64"),
    ),
    aliases=("pad_sequences", "keras.preprocessing.sequence.pad_sequences", "pad sequences", "pad_sequence", "padding"),
)

ToCategorical = Entry(
    keras="keras.utils.to_categorical",
    torch=("torch.nn.functional.one_hot",),
    says="Makes rows with a one of whole numbers. torch's cross_entropy takes the numbers themselves.",
    emit=emit_to_categorical,
    kind="data",
    arguments=(Argument("x", "tensor"), Argument("num_classes", "num_classes", None, note="else the largest plus 1")),
    cases=(
        called("plain", draw="labels"),
        called("classes", draw="labels", num_classes=9),
        called("matrix", draw="label matrix", num_classes=7),
    ),
    aliases=("to_categorical", "np_utils.to_categorical", "one hot labels", "one-hot encoding"),
)

Normalize = Entry(
    keras="keras.utils.normalize",
    torch=("torch.nn.functional.normalize",),
    says="Divides by the norm along an axis; zeros stay zeros.",
    emit=emit_normalize,
    kind="data",
    arguments=(Argument("x", "input"), Argument("axis", "dim", -1), Argument("order", "p", 2)),
    differences=(
        Difference(
            "axis", "Keras takes the last axis by default, torch the second.", case="plain", swap=((", dim=-1", ""),)
        ),
    ),
    cases=(called("plain", draw="cube"), called("first", draw="cube", axis=1, order=1)),
    aliases=("normalize array", "l2 normalize rows"),
)

TimeseriesDataset = Entry(
    keras="keras.utils.timeseries_dataset_from_array",
    torch=(
        "torch.utils.data.Dataset", "torch.utils.data.DataLoader", "torch.Tensor.unfold",
        "torch.utils.data.IterableDataset",
    ),
    related=("torch.Tensor.unfold", "torch.utils.data.IterableDataset"),
    says="Gives batches of windows of a series. x.unfold(0, length, stride) has them all at once, with the steps last.",
    emit=emit_timeseries,
    kind="data",
    arguments=(
        Argument("data", "x"), Argument("targets", "y"), Argument("sequence_length", "length"),
        Argument("sequence_stride", "stride", 1), Argument("sampling_rate", "rate", 1),
        Argument("batch_size", "batch_size", 128),
        Argument("shuffle", "shuffle", False, note="a DataLoader draws anew in each epoch, Keras too"),
        Argument("seed", None, None, inert=True, note="generator="),
        Argument("start_index", "start", None), Argument("end_index", "end", None),
        Argument("format", None, "tf", inert=True),
    ),
    differences=(
        Difference(
            "target",
            "The target of a window is that of its first step: to predict what comes, hand on targets[length:].",
            case="plain",
            swap=(("self.y[start])", "self.y[start + self.length - 1])"),),
        ),
    ),
    cases=(
        called("plain", "x, y", "series", sequence_length=4, batch_size=5, sequence_stride=2, sampling_rate=3),
        called("ends", "x, y", "series", sequence_length=3, batch_size=128, start_index=5, end_index=20),
        called("alone", "x, None", "series", sequence_length=6, batch_size=4, shuffle=False),
    ),
    aliases=(
        "timeseries_dataset_from_array", "timeseries", "sliding window",
        "keras.preprocessing.timeseries_dataset_from_array", "TimeseriesGenerator",
    ),
)  # fmt: skip

#: What takes Datasets apart, and puts them together.
_PARTS = tuple(
    f"torch.utils.data.{name}" for name in ("random_split", "Subset", "ConcatDataset", "ChainDataset", "StackDataset")
)
SplitDataset = Entry(
    keras="keras.utils.split_dataset",
    torch=_PARTS,
    related=_PARTS,
    says="Cuts data in two, in the order in which they lie; with shuffle, torch's random_split does. Of a Dataset, "
    "Subset(dataset, range(n)) is the first part.",
    emit=emit_split,
    kind="data",
    arguments=(
        Argument("dataset", "dataset"),
        Argument("left_size", "lengths", None, note="rows, or a share of them"),
        Argument("right_size", "lengths", None),
        Argument("shuffle", None, False, note="the port refuses it"),
        Argument("seed", None, None, inert=True),
        Argument("preferred_backend", None, None, note="the port refuses it"),
    ),
    differences=(
        Difference(
            "rounding",
            "A share is rounded to the nearest number of rows, and not down.",
            case="share",
            swap=(("round(0.7 * len(x))", "int(0.7 * len(x))"),),
        ),
    ),
    cases=(
        called("share", draw="rows", stack=16, left_size=0.7),
        called("right", draw="rows", stack=16, right_size=4),
        called("both", draw="rows", stack=16, left_size=3, right_size=5),
    ),
    aliases=("split_dataset", "train_test_split", "random_split"),
)

PyDataset = no_counterpart(
    "keras.utils.PyDataset",
    "The class of data that gives whole batches by their number: keras.utils.Sequence.",
    "a Dataset of torch (2.13) gives samples; let its __getitem__ give a batch and "
    "write DataLoader(dataset, batch_size=None, shuffle=True, num_workers=workers), and on_epoch_end in the loop",
    *inert(workers=1, use_multiprocessing=False, max_queue_size=10),
    aliases=("keras.utils.Sequence", "Sequence", "data generator", "fit_generator", "workers"),
)
