"""What torch's recurrent modules lack, as source for the emitted file: masks, other activations, reset-before."""

from __future__ import annotations

STEP_LSTM = '''
def step_lstm(
    cell: nn.LSTMCell,
    x: Tensor,
    state: tuple[Tensor, Tensor] | None = None,
    mask: Tensor | None = None,
    zero_masked: bool = False,
    dropout: tuple[Tensor, ...] = (),
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """All outputs (N, T, H) of a cell over x (N, T, C), and its last state.

    Where `mask` (N, T) is False, the state stays and the output repeats the one before, or is zero.
    `dropout`: masks of all steps, for cells that take them.
    """
    zeros = x.new_zeros(x.shape[0], cell.hidden_size)
    h, c = (zeros, zeros) if state is None else state
    output, outputs = zeros, []
    for t in range(x.shape[1]):
        next_h, next_c = cell(x[:, t], (h, c), *dropout)
        if mask is None:
            output, h, c = next_h, next_h, next_c
        else:
            valid = mask[:, t, None]
            output = torch.where(valid, next_h, zeros if zero_masked else output)
            h, c = torch.where(valid, next_h, h), torch.where(valid, next_c, c)
        outputs.append(output)
    return torch.stack(outputs, dim=1), (h, c)
'''

STEP_RNN = '''
def step_rnn(
    cell: nn.RNNCellBase,
    x: Tensor,
    state: Tensor | None = None,
    mask: Tensor | None = None,
    zero_masked: bool = False,
    dropout: tuple[Tensor, ...] = (),
) -> tuple[Tensor, Tensor]:
    """All outputs (N, T, H) of a cell over x (N, T, C), and its last state.

    Where `mask` (N, T) is False, the state stays and the output repeats the one before, or is zero.
    `dropout`: masks of all steps, for cells that take them.
    """
    zeros = x.new_zeros(x.shape[0], cell.hidden_size)
    h = zeros if state is None else state
    output, outputs = zeros, []
    for t in range(x.shape[1]):
        next_h = cell(x[:, t], h, *dropout)
        if mask is None:
            output, h = next_h, next_h
        else:
            valid = mask[:, t, None]
            output = torch.where(valid, next_h, zeros if zero_masked else output)
            h = torch.where(valid, next_h, h)
        outputs.append(output)
    return torch.stack(outputs, dim=1), h
'''

ACTIVATED_LSTM_CELL = '''
class ActivatedLSTMCell(nn.RNNCellBase):
    """An LSTM cell with other activations than torch's tanh and sigmoid, and one bias."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        activation: Callable[[Tensor], Tensor],
        recurrent_activation: Callable[[Tensor], Tensor],
        bias: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=4)
        self.register_parameter("bias_hh", None)
        self.activation = activation
        self.recurrent_activation = recurrent_activation

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        h, c = state
        gates = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh)
        i, f, g, o = gates.chunk(4, dim=1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        return self.recurrent_activation(o) * self.activation(c), c
'''

ACTIVATED_GRU_CELL = '''
class ActivatedGRUCell(nn.GRUCell):
    """A GRU cell with other activations than torch's tanh and sigmoid."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        activation: Callable[[Tensor], Tensor],
        recurrent_activation: Callable[[Tensor], Tensor],
        bias: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self.activation = activation
        self.recurrent_activation = recurrent_activation

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        x_r, x_z, x_n = F.linear(x, self.weight_ih, self.bias_ih).chunk(3, dim=1)
        h_r, h_z, h_n = F.linear(h, self.weight_hh, self.bias_hh).chunk(3, dim=1)
        r, z = self.recurrent_activation(x_r + h_r), self.recurrent_activation(x_z + h_z)
        return z * h + (1 - z) * self.activation(x_n + r * h_n)
'''

RESET_BEFORE_GRU_CELL = '''
class ResetBeforeGRUCell(nn.GRUCell):
    """A GRU cell of one bias that resets the state before the recurrent product, not after it."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        recurrent_activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        bias: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self.register_parameter("bias_hh", None)
        self.activation = activation
        self.recurrent_activation = recurrent_activation

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        x_r, x_z, x_n = F.linear(x, self.weight_ih, self.bias_ih).chunk(3, dim=1)
        w_r, w_z, w_n = self.weight_hh.chunk(3)
        r = self.recurrent_activation(x_r + F.linear(h, w_r))
        z = self.recurrent_activation(x_z + F.linear(h, w_z))
        return z * h + (1 - z) * self.activation(x_n + F.linear(r * h, w_n))
'''

ACTIVATED_RNN_CELL = '''
class ActivatedRNNCell(nn.RNNCellBase):
    """A plain recurrent cell with another activation than torch's tanh and relu, and one bias."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        activation: Callable[[Tensor], Tensor],
        bias: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=1)
        self.register_parameter("bias_hh", None)
        self.activation = activation

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return self.activation(
            F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh)
        )
'''
