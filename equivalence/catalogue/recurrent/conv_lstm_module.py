"""A convolutional LSTM, as source for the emitted file; torch has none."""

from __future__ import annotations

CONV_LSTM = '''
class ConvLSTM(nn.Module):
    """An LSTM of convolutions, which give all four gates at once: i, f, c, o.

    With dropout, each gate drops its input, or its state, by a mask of its own for all steps: the
    convolution then has them one after the other, in groups.
    """

    def __init__(
        self,
        from_input: nn.Module,
        from_state: nn.Module,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        recurrent_activation: Callable[[Tensor], Tensor] = torch.sigmoid,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.from_input, self.from_state = from_input, from_state
        self.activation, self.recurrent_activation = activation, recurrent_activation
        self.dropout, self.recurrent_dropout = nn.Dropout(dropout), nn.Dropout(recurrent_dropout)

    def forward(
        self,
        x: Tensor,
        state: tuple[Tensor, Tensor] | None = None,
        mask: Tensor | None = None,
        zero_masked: bool = False,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """All outputs (N, C, T, ...) over x (N, C, T, ...), and the last h and c.

        Where `mask`, (N, T) or (N, T, ...), is False, the state stays and the output repeats the
        one before, or is zero.
        """
        x = x.transpose(1, 2)
        if self.dropout.p:
            x = torch.cat((x, x, x, x), dim=2)
            x = x * self.dropout(torch.ones_like(x[:, :1]))
        gates = self.from_input(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        zeros = torch.zeros_like(gates[:, 0].chunk(4, dim=1)[0])
        h, c = (zeros, zeros) if state is None else state
        kept = self.recurrent_dropout(torch.ones_like(gates[:, 0]))
        output, outputs = zeros, []
        for t in range(x.shape[1]):
            held = torch.cat((h, h, h, h), dim=1) * kept if self.recurrent_dropout.p else h
            i, f, g, o = (gates[:, t] + self.from_state(held)).chunk(4, dim=1)
            i, f, o = (self.recurrent_activation(gate) for gate in (i, f, o))
            next_c = f * c + i * self.activation(g)
            next_h = o * self.activation(next_c)
            if mask is None:
                output, h, c = next_h, next_h, next_c
            else:
                valid = mask[:, t, None]
                valid = valid.reshape(*valid.shape, *[1] * (h.dim() - valid.dim()))
                output = torch.where(valid, next_h, zeros if zero_masked else output)
                h, c = torch.where(valid, next_h, h), torch.where(valid, next_c, c)
            outputs.append(output)
        return torch.stack(outputs, dim=2), h, c
'''
