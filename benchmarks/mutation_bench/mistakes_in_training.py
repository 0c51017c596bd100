"""Mistakes that inference does not show: two modules that agree until they are trained."""

from __future__ import annotations

from torch import nn

from benchmarks.mutation_bench.injected_mistakes import Mistake, edit

_KEPT = "_KeepsBiased(7, eps=1e-3, momentum=0.25)"
_TABLE = "nn.Linear(5, 12)"


def _unfrozen(path: str) -> Mistake:
    def change(module: nn.Module) -> None:
        module.get_submodule(path).requires_grad_(True)

    return Mistake("frozen-trained", "finetuned", (path,), change=change)


MISTAKES: tuple[Mistake, ...] = (
    edit("finetuned", "bn-momentum", "head1_norm", _KEPT, _KEPT.replace("0.25", "0.75"), place="head1_norm-verbatim"),
    edit("finetuned", "bn-momentum", "head1_norm", _KEPT, _KEPT.replace(", momentum=0.25", "")),
    edit("finetuned", "bn-momentum", "head2_norm", "momentum=0.125)", "momentum=0.875)"),
    edit("finetuned", "bn-momentum", "head2_norm", "momentum=0.125)", "momentum=0.1)", place="head2_norm-default"),
    edit("finetuned", "bn-unbiased", "head1_norm", _KEPT, "nn.BatchNorm2d(7, eps=1e-3, momentum=0.25)"),
    edit("finetuned", "bn-unbiased", "head2_norm", "_KeepsBiased(9, eps", "nn.BatchNorm1d(9, eps"),
    edit("finetuned", "dropout-rate", "head_dropout", "nn.Dropout(0.25)", "nn.Dropout(0.75)"),
    edit("finetuned", "dropout-rate", "head_dropout", "nn.Dropout(0.25)", "nn.Identity()", place="no-dropout"),
    edit("finetuned", "dropout-rate", "head_dropout", "nn.Dropout(0.25)", "nn.Dropout(0.5)", place="half"),
    _unfrozen("trunk1"),
    _unfrozen("trunk2"),
    _unfrozen("trunk1_norm"),
    edit("finetuned", "frozen-statistics", "trunk1_norm", "        self.trunk1_norm.eval()\n", ""),
    edit("finetuned", "gradient-stopped", "head2 head1_norm pool", "x.mean((2, 3))", "x.mean((2, 3)).detach()"),
    edit("finetuned", "gradient-stopped", "head2_tanh head2_norm", "self.head2_norm(self.head2(x))", "self.head2_norm(self.head2(x)).detach()", place="whole-head"),
)  # fmt: skip
