"""Every operation that a torch module runs: its tensors, the module that runs it, the line of source that calls it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from equivalence.torch_side.attention_in_steps import in_steps
from equivalence.torch_side.loading import as_given, default_dtype
from equivalence.torch_side.norms_in_steps import norm_in_steps
from equivalence.torch_side.recurrence_in_steps import recurrence_in_steps

_TORCH = str(Path(torch.__file__).parent)
_OWN = str(Path(__file__).parent)

#: Properties that give a tensor of the same numbers; others tell of one, and are no operations.
_PROPERTIES = frozenset({"T", "mT", "H", "mH", "real", "imag", "data"})


#: Operations that give a vector of weights as many axes as what it is put together with.
_SHAPING = frozenset({"__getitem__", "view", "reshape", "unsqueeze"})
#: And those that repeat one for each of a batch.
_REPEATING = frozenset({"expand", "expand_as", "repeat", "tile", "broadcast_to"})


@dataclass(frozen=True, slots=True)
class Seen:
    """A tensor among the arguments of an operation, by its number on the tape."""

    number: int


@dataclass(slots=True)
class Operation:
    """One call of a function of torch's. Tensors among its arguments are `Seen`."""

    index: int
    function: Callable[..., Any]
    name: str  # "conv2d"
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: tuple[int, ...]  # numbers of the tensors that it gave or changed
    module: str  # path of the module that ran it
    file: str = ""
    line: int = 0
    offset: int = 0  # which output of the recorded operation its first one is

    def seen(self) -> list[int]:
        """Numbers of the tensors that it was given."""
        return [leaf.number for leaf in seen_in((self.args, self.kwargs))]


@dataclass(slots=True)
class Tape:
    """A run of a module. `values`: every tensor by its number, as it was then."""

    operations: list[Operation] = field(default_factory=list)
    values: dict[int, Tensor] = field(default_factory=dict)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)  # what it returned, flattened
    held: dict[int, str] = field(default_factory=dict)  # numbers of parameters and buffers, by name
    marks: list[tuple[Any, int]] = field(default_factory=list)  # what a tap said, and of which tensor
    error: Exception | None = None  # with which the module ended; the tape goes as far as it ran

    def makers(self) -> dict[int, Operation]:
        """The operation that gave each tensor."""
        return {number: operation for operation in self.operations for number in operation.outputs}

    def users(self) -> dict[int, list[Operation]]:
        """The operations that each tensor was given to."""
        found: dict[int, list[Operation]] = {}
        for operation in self.operations:
            for number in dict.fromkeys(operation.seen()):
                found.setdefault(number, []).append(operation)
        return found


def seen_in(tree: Any) -> Iterator[Seen]:
    """The tensors of nested arguments, in order."""
    if isinstance(tree, Seen):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for part in tree:
            yield from seen_in(part)
    elif isinstance(tree, Mapping):
        for part in tree.values():
            yield from seen_in(part)


def mapped_seen(make: Callable[[Any], Any], tree: Any, kind: type = Seen) -> Any:
    """Nested arguments with each leaf of a kind replaced."""
    if isinstance(tree, kind):
        return make(tree)
    if isinstance(tree, tuple):
        parts = [mapped_seen(make, part, kind) for part in tree]
        if hasattr(tree, "_fields"):
            return type(tree)(*parts)
        return type(tree)(parts) if hasattr(tree, "n_sequence_fields") else tuple(parts)  # torch.return_types.max
    if isinstance(tree, list):
        return [mapped_seen(make, part, kind) for part in tree]
    if isinstance(tree, Mapping):
        return {name: mapped_seen(make, part, kind) for name, part in tree.items()}
    return tree


class _Recorder(TorchFunctionMode):
    """Writes the tape; where `instead` has a tensor for an operation's output, that goes on in its place."""

    def __init__(
        self, tape: Tape, names: Mapping[int, str], instead: Mapping[tuple[int, int], Tensor], wide: bool, places: bool,
        buffers: Collection[str],
    ) -> None:  # fmt: skip
        super().__init__()
        self.tape = tape
        self.names = names
        self.instead = instead
        self.wide = wide
        self.places = places
        self.buffers = buffers
        self.numbers: dict[int, int] = {}  # id of a tensor -> its number now
        self.kept: list[Tensor] = []  # no id is given twice while this lasts
        self.modules: list[str] = [""]
        self.resting = False  # while it does something of its own
        self.parts: dict[tuple[int, int, int], Tensor] = {}
        self.sharing: dict[int, list[int]] = {}  # address of a storage -> numbers of the tensors that lie in it

    def number(self, tensor: Tensor) -> int:
        known = self.numbers.get(id(tensor))
        return self.new(tensor) if known is None else known

    def new(self, tensor: Tensor) -> int:
        number = len(self.tape.values)
        self.numbers[id(tensor)] = number
        self.kept.append(tensor)
        held = self.names.get(id(tensor))
        if held is not None:
            self.tape.held[number] = held
        # a buffer may be written to by the operation that it is given to, as running statistics are
        self.tape.values[number] = tensor.detach().clone() if held in self.buffers else tensor.detach()
        if held not in self.buffers:
            self.sharing.setdefault(_storage(tensor), []).append(number)
        return number

    def keep(self, tensor: Tensor) -> None:
        """Keeps what every tensor in the storage of one that is about to be written to holds now: the tensor itself,
        views of it, and what dropout hands on in inference, which is the same tensor under another number."""
        for number in self.sharing.pop(_storage(tensor), ()):
            self.tape.values[number] = self.tape.values[number].clone()

    def part(self, tensor: Tensor, index: int, count: int) -> Tensor:
        """One of several equal parts of a tensor's first axis: "in_proj_weight#0/3" where it has a name."""
        self.resting = True
        try:
            key = (self.number(tensor), index, count)
            if key not in self.parts:
                self.parts[key] = tensor.chunk(count)[index]
                held = self.tape.held.get(key[0])
                if held is not None:
                    self.tape.held[self.new(self.parts[key])] = f"{held}#{index}/{count}"
            return self.parts[key]
        finally:
            self.resting = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        name = _name(func)
        if self.resting or name in ("__set__", "__get__", "requires_grad_"):
            return func(*args, **kwargs)
        if self.wide:
            func, args, kwargs = _widened(func, name, args, kwargs)
        steps = (
            in_steps(func, tuple(args), kwargs, self.part)
            or norm_in_steps(func, tuple(args), kwargs)
            or recurrence_in_steps(func, tuple(args), kwargs)
        )
        if steps is not None:
            with self:
                return steps()
        before = mapped_seen(lambda tensor: Seen(self.number(tensor)), (tuple(args), kwargs), Tensor)
        changed = args[0] if _changes(name, args, kwargs) else None
        if changed is not None:
            self.number(changed)
            self.keep(changed)
        result = func(*args, **kwargs)
        made = [result] if isinstance(result, Tensor) else list(_tensors(result))
        if changed is not None and not any(tensor is changed for tensor in made):
            made = [changed, *made]
        if not made:
            return result
        index = len(self.tape.operations)
        given = {
            position: self.instead[index, position]
            for position in range(len(made))
            if (index, position) in self.instead
        }
        if given:
            result, made = self._exchanged(result, made, changed, given)
        place = _place() if self.places else ("", 0)
        outputs = tuple(self.new(tensor) for tensor in made)
        held = self.tape.held.get(next(seen_in(before), Seen(-1)).number)
        if held and (_keeps(name, args[0], made[0]) or name in _REPEATING):
            self.tape.held[outputs[0]] = held  # it is still that weight: weight[:, None, None]
        self.tape.operations.append(
            Operation(index, func, name, before[0], before[1], outputs, self.modules[-1], *place)
        )
        return result

    def _exchanged(
        self, result: Any, made: list[Tensor], changed: Tensor | None, given: Mapping[int, Tensor]
    ) -> tuple[Any, list[Tensor]]:
        for position, tensor in given.items():
            old = made[position]
            if changed is not None and old is changed and changed.shape == tensor.shape:
                changed.copy_(tensor)
                continue
            new = tensor.to(old.dtype, copy=True)  # the module may write into it
            made[position] = new
            result = _replaced(result, old, new)
        return result, made


def record(
    module: nn.Module,
    inputs: Sequence[Any],
    *,
    floats: torch.dtype = torch.float64,
    instead: Mapping[tuple[int, int], Tensor] | None = None,
    places: bool = True,
    seed: int = 0,
    marking: Callable[[Callable[[Any, Tensor], None]], None] | None = None,
) -> Tape:
    """The tape of one call of `module`, in its own mode, without gradients.

    `instead`: tensors that go on in place of an output, by index of its operation and position. `marking` is given
    the function with which a tap marks a tensor. What the module raises ends the tape, and is kept on it.
    """
    tape = Tape()
    names = {id(tensor): name for name, tensor in (*module.named_parameters(), *module.named_buffers())}
    buffers = {name for name, _ in module.named_buffers()}
    recorder = _Recorder(tape, names, instead or {}, floats == torch.float64, places, buffers)
    if marking is not None:
        marking(lambda what, tensor: tape.marks.append((what, recorder.number(tensor))))
    with _listening(module, recorder.modules), _plain_attention(), default_dtype(floats), torch.no_grad():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            given = mapped_seen(Tensor.clone, list(inputs), Tensor)  # a module may write into what it is given
            tape.inputs = [recorder.number(tensor) for tensor in _tensors(given)]
            try:
                with recorder:
                    returned = module(*given)
            except Exception as error:  # the user's code may raise anything
                tape.error = error
                return tape
        tape.outputs = [recorder.number(tensor) for tensor in _tensors(returned)]
    return tape


def in_float64(arrays: Sequence[Any]) -> list[Any]:
    """Arrays as tensors, floats in float64; texts as nested lists."""
    return [as_given(array, torch.float64) for array in arrays]


@contextmanager
def _listening(module: nn.Module, running: list[str]) -> Iterator[None]:
    """Has `running` end with the path of the module that runs."""
    handles = []
    for name, part in module.named_modules():
        handles.append(part.register_forward_pre_hook(lambda *_, name=name: running.append(name)))
        handles.append(part.register_forward_hook(lambda *_: _left(running), always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _left(running: list[str]) -> None:
    running.pop()


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Encoder layers run their parts one by one: nothing of them is hidden in one kernel."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _keeps(name: str, given: Tensor, made: Tensor) -> bool:
    return name in _SHAPING and _is_vector(made) and made.numel() == given.numel()


def _is_vector(tensor: Tensor) -> bool:
    return tensor.dim() > 0 and max(tensor.shape) == tensor.numel()


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() if tensor.layout == torch.strided else id(tensor)


def _name(func: Any) -> str:
    name = getattr(func, "__name__", "")
    if name == "__get__":
        name = getattr(getattr(func, "__self__", None), "__name__", name)
        return name if name in _PROPERTIES else "__get__"
    return name.strip("_") if name.startswith("__i") and name.endswith("__") and name != "__invert__" else name


def _changes(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether it writes into its first argument."""
    if not args or not isinstance(args[0], Tensor):
        return False
    own = name.endswith("_") and not name.endswith("__")
    return own or name in ("__setitem__", *_IN_PLACE) or kwargs.get("inplace") is True or _inplace_position(name, args)


_IN_PLACE = tuple(f"i{name}" for name in ("add", "sub", "mul", "truediv", "div", "pow", "floordiv", "mod", "and", "or"))
_POSITIONS = {
    "relu": 1,
    "relu6": 1,
    "leaky_relu": 2,
    "elu": 2,
    "silu": 1,
    "hardswish": 1,
    "hardsigmoid": 1,
    "dropout": 3,
}


def _inplace_position(name: str, args: Sequence[Any]) -> bool:
    position = _POSITIONS.get(name)
    return position is not None and len(args) > position and args[position] is True


def _widened(func: Any, name: str, args: Any, kwargs: Any) -> tuple[Any, Any, Any]:
    """The call with float64 wherever it says float32: the module is held in that."""
    if name == "float":
        return Tensor.double, args, kwargs
    wide = {torch.float32: torch.float64, torch.complex64: torch.complex128}
    return (func, *mapped_seen(lambda dtype: wide.get(dtype, dtype), (args, kwargs), torch.dtype))


def _tensors(tree: Any) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for part in tree:
            yield from _tensors(part)
    elif isinstance(tree, Mapping):
        for key in sorted(tree, key=str):  # as Keras flattens a dictionary
            yield from _tensors(tree[key])
    elif hasattr(tree, "to_tuple"):  # outputs of well-known libraries
        yield from _tensors(tree.to_tuple())


def _replaced(tree: Any, old: Tensor, new: Tensor) -> Any:
    return mapped_seen(lambda tensor: new if tensor is old else tensor, tree, Tensor)


def _place() -> tuple[str, int]:
    """File and line of the nearest caller that is neither torch's nor this package's; none where torch itself is all
    that runs, as in an nn.Sequential."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code is not record.__code__:
        file = frame.f_code.co_filename
        if not file.startswith((_TORCH, _OWN)):
            return file, frame.f_lineno
        frame = frame.f_back
    return "", 0
