"""Cells with Keras's recurrent dropout, as source for the emitted file; torch has no such thing.

With it, Keras drops the input and the state by masks of their own for every gate, and these stay the
same for all steps of a sequence (keras/src/layers/rnn: `implementation` 1).
"""

from __future__ import annotations

DROPOUT_LSTM_CELL = '''
class DropoutLSTMCell(nn.RNNCellBase):
    """An LSTM cell whose gates drop input and state by masks of their own; it has one bias."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        dropout: float,
        recurrent_dropout: float,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        recurrent_activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        bias: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=4)
        self.register_parameter("bias_hh", None)
        self.dropout, self.recurrent_dropout = nn.Dropout(dropout), nn.Dropout(recurrent_dropout)
        self.activation, self.recurrent_activation = activation, recurrent_activation

    def masks(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What a whole sequence (N, T, C) is dropped by: (4, N, C) and (4, N, H)."""
        batch = x.shape[0]
        kept = x.new_ones(4, batch, self.input_size), x.new_ones(4, batch, self.hidden_size)
        return self.dropout(kept[0]), self.recurrent_dropout(kept[1])

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor], x_masks: Tensor, h_masks: Tensor
    ) -> tuple[Tensor, Tensor]:
        h, c = state
        gates = torch.bmm(x * x_masks, self.weight_ih.unflatten(0, (4, -1)).mT)
        gates = gates + torch.bmm(h * h_masks, self.weight_hh.unflatten(0, (4, -1)).mT)
        if self.bias_ih is not None:
            gates = gates + self.bias_ih.unflatten(0, (4, 1, -1))
        i, f, g, o = gates.unbind()
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        return self.recurrent_activation(o) * self.activation(c), c
'''

DROPOUT_GRU_CELL = '''
class DropoutGRUCell(nn.GRUCell):
    """A GRU cell whose gates drop input and state by masks of their own."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        dropout: float,
        recurrent_dropout: float,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        recurrent_activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        bias: bool = True,
        reset_after: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        if not reset_after:
            self.register_parameter("bias_hh", None)
        self.dropout, self.recurrent_dropout = nn.Dropout(dropout), nn.Dropout(recurrent_dropout)
        self.activation, self.recurrent_activation = activation, recurrent_activation
        self.reset_after = reset_after

    def masks(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What a whole sequence (N, T, C) is dropped by: (3, N, C) and (3, N, H)."""
        batch = x.shape[0]
        kept = x.new_ones(3, batch, self.input_size), x.new_ones(3, batch, self.hidden_size)
        return self.dropout(kept[0]), self.recurrent_dropout(kept[1])

    def forward(self, x: Tensor, h: Tensor, x_masks: Tensor, h_masks: Tensor) -> Tensor:
        x_r, x_z, x_n = torch.bmm(x * x_masks, self.weight_ih.unflatten(0, (3, -1)).mT).unbind()
        if self.bias_ih is not None:
            b_r, b_z, b_n = self.bias_ih.chunk(3)
            x_r, x_z, x_n = x_r + b_r, x_z + b_z, x_n + b_n
        w_r, w_z, w_n = self.weight_hh.chunk(3)
        b_r, b_z, b_n = (None, None, None) if self.bias_hh is None else self.bias_hh.chunk(3)
        h_r, h_z, h_n = h * h_masks
        r = self.recurrent_activation(x_r + F.linear(h_r, w_r, b_r))
        z = self.recurrent_activation(x_z + F.linear(h_z, w_z, b_z))
        reset = r * F.linear(h_n, w_n, b_n) if self.reset_after else F.linear(r * h_n, w_n)
        return z * h + (1 - z) * self.activation(x_n + reset)
'''

DROPOUT_RNN_CELL = '''
class DropoutRNNCell(nn.RNNCellBase):
    """A plain recurrent cell of one bias; input and state are dropped by one mask for all steps."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        dropout: float,
        recurrent_dropout: float,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        bias: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=1)
        self.register_parameter("bias_hh", None)
        self.dropout, self.recurrent_dropout = nn.Dropout(dropout), nn.Dropout(recurrent_dropout)
        self.activation = activation

    def masks(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What a whole sequence (N, T, C) is dropped by: (N, C) and (N, H)."""
        batch = x.shape[0]
        kept = x.new_ones(batch, self.input_size), x.new_ones(batch, self.hidden_size)
        return self.dropout(kept[0]), self.recurrent_dropout(kept[1])

    def forward(self, x: Tensor, h: Tensor, x_masks: Tensor, h_masks: Tensor) -> Tensor:
        from_x = F.linear(x * x_masks, self.weight_ih, self.bias_ih)
        return self.activation(from_x + F.linear(h * h_masks, self.weight_hh))
'''
