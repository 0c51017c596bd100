"""Counting what is positive and said to be, at thresholds: the classes that emitted metrics of this kind share."""

from __future__ import annotations

#: Formula: keras/src/metrics/metrics_utils.py, update_confusion_matrix_variables.
CONFUSION = '''
class Confusion:
    """Weighted counts (T, L) of what is positive and said to be, since the last reset.

    Positive is what lies above one of T thresholds. All elements are counted together (L = 1), or
    with `labels` each of the last axis by itself.
    """

    def __init__(
        self,
        thresholds: list[float],
        top_k: int | None = None,
        class_id: int | None = None,
        clipped: bool = False,
        labels: bool = False,
    ) -> None:
        self.thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self.clipped, self.labels = clipped, labels
        self.reset()

    def reset(self) -> None:
        self.true_positives = self.false_positives = torch.zeros(len(self.thresholds), 1)
        self.false_negatives = self.true_negatives = torch.zeros(len(self.thresholds), 1)

    @torch.no_grad()
    def update(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        y_pred, y_true = same_rank(y_pred, y_true)
        weight = torch.ones_like(y_pred)
        if sample_weight is not None:
            sample_weight = sample_weight.unsqueeze(-1)
            if sample_weight.dim() > y_pred.dim():
                sample_weight = sample_weight.squeeze(-1)
            weight = weight * sample_weight
        if self.top_k is not None:
            best = y_pred.topk(self.top_k).indices
            kept = torch.full_like(y_pred, -math.inf)
            y_pred = kept.scatter(-1, best, y_pred.gather(-1, best))
        if self.class_id is not None:
            of_class = [x[..., self.class_id] for x in (y_true, y_pred, weight)]
            y_true, y_pred, weight = of_class
        if self.clipped:
            y_pred = y_pred.clamp(0, 1)
        size = y_pred.shape[-1] if self.labels else 1
        y_true, y_pred, weight = (x.reshape(-1, size) for x in (y_true, y_pred, weight))
        above = y_pred > y_pred.new_tensor(self.thresholds)[:, None, None]
        yes, no = weight * (y_true != 0), weight * (y_true == 0)
        self.true_positives = self.true_positives + (yes * above).sum(dim=1)
        self.false_positives = self.false_positives + (no * above).sum(dim=1)
        self.false_negatives = self.false_negatives + (yes * ~above).sum(dim=1)
        self.true_negatives = self.true_negatives + (no * ~above).sum(dim=1)
'''
COUNT = """
class {name}(Confusion):
    def compute(self) -> Tensor:
        return self.{counted}.squeeze()
"""
RATE = '''
class Rate(Confusion):
    """Precision, recall or specificity for each threshold; 0 where it would be 0 / 0."""

    def __init__(
        self,
        rate: str,
        thresholds: list[float],
        top_k: int | None = None,
        class_id: int | None = None,
        clipped: bool = False,
    ) -> None:
        super().__init__(thresholds, top_k, class_id, clipped)
        self.rate = rate

    def of(self, rate: str) -> Tensor:
        if rate == "precision":
            hit, other = self.true_positives, self.false_positives
        elif rate == "recall":
            hit, other = self.true_positives, self.false_negatives
        else:
            hit, other = self.true_negatives, self.false_positives
        return divided(hit, hit + other)

    def compute(self) -> Tensor:
        return self.of(self.rate).squeeze()
'''
BEST_RATE = '''
class BestRate(Rate):
    """The best of a rate among the thresholds at which another one is at least so much."""

    def __init__(
        self,
        rate: str,
        other: str,
        least: float,
        thresholds: list[float],
        class_id: int | None = None,
        clipped: bool = False,
    ) -> None:
        super().__init__(rate, thresholds, None, class_id, clipped)
        self.other, self.least = other, least

    def compute(self) -> Tensor:
        enough = self.of(self.other) >= self.least
        return torch.where(enough, self.of(self.rate), 0.0).max()
'''
EVEN_THRESHOLDS = '''
def even_thresholds(count: int, margin: float = 0.0) -> list[float]:
    """So many thresholds from 0 to 1, the first and last of them by a margin outside."""
    return [-margin, *(i / (count - 1) for i in range(1, count - 1)), 1 + margin]
'''
AREA = '''
class AreaUnderCurve(Confusion):
    """The area under a curve that the counts at the thresholds give."""

    def __init__(
        self,
        thresholds: list[float],
        label_weights: tuple[float, ...] | None = None,
        clipped: bool = False,
        labels: bool = False,
    ) -> None:
        super().__init__(thresholds, clipped=clipped, labels=labels)
        self.label_weights = label_weights

{update}    def compute(self) -> Tensor:
        tp, fp = self.true_positives, self.false_positives
        tn, fn = self.true_negatives, self.false_negatives
{areas}
        areas = areas.sum(dim=0)
        if self.labels and self.label_weights is not None:
            weights = areas.new_tensor(self.label_weights)
            return divided((areas * weights).sum(), weights.sum())
        return areas.mean()
'''
AREA_UPDATE = """
    def update(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
{lines}
        super().update(y_true, y_pred, sample_weight)

"""
