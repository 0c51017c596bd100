"""Small functions and classes that emitted metrics share."""

from __future__ import annotations

SAME_RANK = '''
def same_rank(one: Tensor, two: Tensor) -> tuple[Tensor, Tensor]:
    """Two tensors, one of which may have a last axis of length 1 more, of one rank."""
    if one.dim() == two.dim() + 1 and one.shape[-1] == 1:
        return (one, two.unsqueeze(-1)) if two.dim() == 1 else (one.squeeze(-1), two)
    if two.dim() == one.dim() + 1 and two.shape[-1] == 1:
        return (one.unsqueeze(-1), two) if one.dim() == 1 else (one, two.squeeze(-1))
    return one, two
'''
DIVIDED = '''
def divided(one: Tensor | float, two: Tensor | float) -> Tensor:
    """one / two, and 0 where two is 0."""
    one, two = torch.as_tensor(one), torch.as_tensor(two)
    return torch.where(two == 0, 0.0, one / two)
'''
#: Formula: keras/src/metrics/reduction_metrics.py, reduce_to_samplewise_values.
SAMPLEWISE = '''
def samplewise(
    values: Tensor, weight: Tensor | None, reduce: Callable[..., Tensor] = torch.mean
) -> tuple[Tensor, Tensor | None]:
    """A weighted value for each sample, and its weight, each reduced over all other axes."""
    if weight is not None:
        values, weight = same_rank(values, weight.to(values.dtype))
        rank = weight.dim()
        if values.dim() > rank:
            values = reduce(values, dim=tuple(range(rank, values.dim())))
        weight = weight.broadcast_to(values.shape)
        values = values * weight
        if rank > 1:
            weight = reduce(weight, dim=tuple(range(1, rank)))
    if values.dim() > 1:
        values = reduce(values, dim=tuple(range(1, values.dim())))
    return values, weight
'''
MEAN = '''
class Mean:
    """The mean over all samples since the last reset, each weighted by its weight."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total = self.count = 0.0

    @torch.no_grad()
    def update(self, values: Tensor, sample_weight: Tensor | None = None) -> None:
        values, weight = samplewise(values, sample_weight)
        self.total = self.total + values.sum()
        self.count = self.count + (values.numel() if weight is None else weight.sum())

    def compute(self) -> Tensor:
        return divided(self.total, self.count)
'''
SUM = '''
class Sum:
    """The sum of all values since the last reset, each weighted by its weight."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total = torch.tensor(0.0)

    @torch.no_grad()
    def update(self, values: Tensor, sample_weight: Tensor | None = None) -> None:
        self.total = self.total + samplewise(values, sample_weight, torch.sum)[0].sum()

    def compute(self) -> Tensor:
        return self.total
'''
MASKED = '''
def masked(weight: Tensor | None, mask: Tensor | None) -> Tensor | None:
    """Weights that are 0 where the mask is False."""
    if weight is None or mask is None:
        return weight if mask is None else mask
    mask, weight = same_rank(mask, weight)
    return weight * mask
'''
MEAN_OF = '''
class MeanOf(Mean):
    """The mean of what a function of y_true and y_pred gives for each sample."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    @torch.no_grad()
    def update(
        self,
        y_true: Tensor,
        y_pred: Tensor,
        sample_weight: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> None:
        super().update(self.function(y_true, y_pred), masked(sample_weight, mask))
'''
ROOT_MEAN_SQUARED = '''
class RootMeanSquaredError(Mean):
    """The root of the mean squared difference."""

    @torch.no_grad()
    def update(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_true, y_pred = same_rank(y_true.to(y_pred.dtype), y_pred)
        super().update((y_pred - y_true).square(), sample_weight)

    def compute(self) -> Tensor:
        return super().compute().sqrt()
'''
MEAN_OF_OTHERS = '''
class MeanOfOthers(MeanOf):
    """MeanOf where samples of one class weigh nothing; but without weights they count, as 0."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], ignored: int) -> None:
        super().__init__(function)
        self.ignored = ignored

    def update(
        self,
        y_true: Tensor,
        y_pred: Tensor,
        sample_weight: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> None:
        weight = masked(sample_weight, mask)
        others = y_true.squeeze(-1) if y_true.dim() == y_pred.dim() else y_true
        if weight is not None:
            weight = masked(weight, others != self.ignored)
        super().update(y_true, y_pred, weight)
'''
