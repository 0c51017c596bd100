"""Recurrent modules of torch.nn and their cells."""

from __future__ import annotations

from collections.abc import Callable

from equivalence.catalogue.from_torch.torch_rows import FromTorch, nothing, row
from equivalence.translation.keras_templates import Cannot, Given

STACKED = '''
def recurrent(x, layers, batch_first=True, dropout=0.0, initial=None):
    """Layers over each other, which return sequences and states: torch's outputs, and its states stacked."""
    x = x if batch_first else keras.ops.swapaxes(x, 0, 1)
    kept = []
    for place, layer in enumerate(layers):
        if dropout and place:
            x = keras.layers.Dropout(dropout)(x)
        x, *states = layer(x)
        half = len(states) // 2 if isinstance(layer, keras.layers.Bidirectional) else len(states)
        kept += [states[:half], states[half:]] if half < len(states) else [states]
    x = x if batch_first else keras.ops.swapaxes(x, 0, 1)
    return x, [keras.ops.stack(each) for each in zip(*kept)]
'''
_OPTIONS = "num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False"
_STATE = "torch's states have one more axis in front, layers times directions: its h_n[0] is Keras's."


def _module(layer: str, states: int) -> Callable[[Given], str]:
    activation = ", activation=always(nonlinearity)" if layer == "SimpleRNN" else ""

    def write(given: Given) -> str:
        if given.has("proj_size") and given.value("proj_size"):
            raise Cannot(
                "proj_size: Keras's LSTM has no projection of its state; write the cell, with keras.layers.RNN"
            )
        count, both = given.value("num_layers"), given.value("bidirectional")
        # a pair of states that is written out is taken apart
        call = f"keras.layers.{layer}(hidden_size{activation}, use_bias=bias, return_sequences=True, return_state=True)"
        first = given.value("batch_first")
        plain = count == 1 and not both and first
        if plain and given.is_none("hx"):
            return f"{call}(input)"
        if plain:
            initial = "[hx[0][0], hx[1][0]]" if states == 2 else "hx[0]"
            return f"{call}(input, initial_state={initial})"
        if not given.is_none("hx"):
            raise Cannot("hx with several layers, directions, or time first: give each layer its initial_state")
        one = f"keras.layers.Bidirectional({call})" if both else call
        dropped = ", dropout=dropout" if given.of("dropout", 1) else ""
        layers = f"[{one} for _ in range({count})]" if count > 1 else f"[{one}]"
        return f"recurrent(input, {layers}{'' if first else ', batch_first=False'}{dropped})"

    return write


def _rows(name: str, layer: str, states: int) -> tuple[FromTorch, ...]:
    own = {"RNN": ", nonlinearity='tanh'", "LSTM": "", "GRU": ""}[name]
    signature = (
        f"input_size, hidden_size{own}, {_OPTIONS}"
        if not own
        else (
            f"input_size, hidden_size, num_layers=1{own}, bias=True, batch_first=False, dropout=0.0, "
            f"bidirectional=False"
        )
    )
    if name == "LSTM":
        signature += ", proj_size=0"
    initial = "(states, cell_states)" if states == 2 else "states"
    cell_initial = "(state, cell_state)" if states == 2 else "state"
    cell = f"keras.layers.{layer}Cell(hidden_size{', activation=always(nonlinearity)' if own else ''}, use_bias=bias)"
    zeros = "keras.ops.zeros((input.shape[0], hidden_size))"
    if states == 2:
        called = f"{cell}(input, [{zeros}, {zeros}] if hx is None else [hx[0], hx[1]])[1]"
    else:
        called = f"{cell}(input, [{zeros}] if hx is None else [hx])[0]"
    more = ("nn.RNN(5, 6, nonlinearity='relu', batch_first=True)(steps)",) if own else ()
    cells = ("nn.RNNCell(5, 6, nonlinearity='relu')(features, state)",) if own else ()
    return (
        row(
            f"nn.{name}({signature}, device=None, dtype=None)(input, hx=None)",
            _module(layer, states),
            f"nn.{name}(5, 6, batch_first=True)(steps)",
            f"nn.{name}(5, 6)(time_first)",
            f"nn.{name}(5, 6, bias=False, batch_first=True)(steps)",
            f"nn.{name}(5, 6, num_layers=2, batch_first=True)(steps)",
            f"nn.{name}(5, 6, batch_first=True, bidirectional=True)(steps)",
            f"nn.{name}(5, 6, num_layers=2, bidirectional=True)(time_first)",
            f"nn.{name}(5, 6, batch_first=True)(steps, {initial})",
            *more,
            helper=STACKED,
            watch=(_STATE, "batch_first=False is torch's default: (time, batch, features); Keras has the batch first."),
            notes={
                "batch_first": "Keras has the batch first; otherwise the axes are exchanged",
                "num_layers": "layers over each other",
                "dropout": "keras.layers.Dropout between the layers",
                "bidirectional": "keras.layers.Bidirectional",
                "hx": "initial_state",
            },
        ),
        row(
            f"nn.{name}Cell(input_size, hidden_size, bias=True{own}, device=None, dtype=None)(input, hx=None)",
            called,
            f"nn.{name}Cell(5, 6)(features, {cell_initial})",
            f"nn.{name}Cell(5, 6, bias=False)(features)",
            *cells,
        ),
    )


ROWS = (
    *_rows("RNN", "SimpleRNN", 1),
    *_rows("LSTM", "LSTM", 2),
    *_rows("GRU", "GRU", 1),
    *nothing(
        "It is what nn.RNN, nn.LSTM and nn.GRU are made of, and is not called itself; look these up, or write a cell "
        "for "
        "keras.layers.RNN.",
        "nn.RNNBase(mode, input_size, hidden_size)",
        "nn.RNNCellBase(input_size, hidden_size, bias, num_chunks)",
        *(f"torch.{name}()" for name in ("rnn_tanh", "rnn_relu", "lstm", "gru")),
        *(f"torch.{name}_cell()" for name in ("rnn_tanh", "rnn_relu", "lstm", "gru")),
    ),
)
