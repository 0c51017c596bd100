"""Torch's own recurrent layers over masked sequences, as source for the emitted file.

A masked step leaves the state alone: over the steps that are not masked, moved to the front, torch gives what
Keras gives at them, and what comes behind is never read. Unlike packed sequences this asks no tensor for its
lengths, so that it exports, and takes masks with gaps.
"""

from __future__ import annotations

MASKED_RNN = '''
def masked_rnn(
    layer: nn.RNNBase,
    x: Tensor,
    mask: Tensor,
    state: Tensor | tuple[Tensor, Tensor] | None = None,
    zero_masked: bool = False,
) -> tuple[Tensor, Tensor]:
    """All outputs (N, T, H) of a layer over x (N, T, C), and its last h (1, N, H).

    Where `mask` (N, T) is False, the state stays and the output repeats the one before, or is zero:
    the layer runs over the other steps, moved to the front.
    """
    steps = (~mask).argsort(dim=1, stable=True)
    outputs, _ = layer(x.gather(1, steps[..., None].expand_as(x)), state)
    h = state[0] if isinstance(state, tuple) else state
    h = x.new_zeros(1, x.shape[0], layer.hidden_size) if h is None else h
    count = mask.cumsum(1)[..., None].expand_as(outputs)
    last = torch.cat((h.transpose(0, 1), outputs), dim=1).gather(1, count[:, -1:])
    if zero_masked:
        count = count * mask[..., None]
    return F.pad(outputs, (0, 0, 1, 0)).gather(1, count), last.transpose(0, 1)
'''

MASKED_LSTM = '''
def masked_lstm(
    layer: nn.LSTM,
    x: Tensor,
    mask: Tensor,
    state: tuple[Tensor, Tensor] | None = None,
    zero_masked: bool = False,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """All outputs (N, T, H) of an LSTM over x (N, T, C), and its last h and c (1, N, H).

    Where `mask` (N, T) is False, the state stays and the output repeats the one before, or is zero:
    the layer runs over the other steps, moved to the front. Behind them an input more shuts the
    input gates and opens the forget gates, all the way, so that the last c is there at the end.
    """
    steps = (~mask).argsort(dim=1, stable=True)
    x = torch.cat((x, ~mask[..., None]), dim=2)
    x = x.gather(1, steps[..., None].expand_as(x))
    weight, *others = layer.all_weights[0]
    gates = x.new_tensor((-1e4, 1e4, 0, 0)).repeat_interleave(layer.hidden_size)
    weights = [torch.cat((weight, gates[:, None]), dim=1), *others]
    zeros = x.new_zeros(1, x.shape[0], layer.hidden_size)
    h, c = (zeros, zeros) if state is None else state
    outputs, _, c = torch.lstm(x, (h, c), weights, layer.bias, 1, 0.0, layer.training, False, True)
    count = mask.cumsum(1)[..., None].expand_as(outputs)
    last = torch.cat((h.transpose(0, 1), outputs), dim=1).gather(1, count[:, -1:])
    if zero_masked:
        count = count * mask[..., None]
    return F.pad(outputs, (0, 0, 1, 0)).gather(1, count), (last.transpose(0, 1), c)
'''
