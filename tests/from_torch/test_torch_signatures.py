"""The signatures that the rows state are those of the installed torch."""

from __future__ import annotations

import pytest
from stubs import agrees, found, signatures

from equivalence.catalogue.from_torch import torch_index
from equivalence.catalogue.from_torch.torch_rows import FromTorch
from equivalence.translation.torch_calls import signature

#: Why a signature is stated otherwise than torch's own code has it.
JOINED = {
    "several": "torch takes any number, and its stubs say one sequence",
    "overloads": "two overloads are one row, which a call of either fits",
    "none": "None stands for what the documentation says",
    "hidden": "torch writes *args, or says nothing that could be read",
    "named": "torch has another name for what is given by its place alone",
}
WHY = {
    "torch.cross": "none", "torch.linalg.multi_dot": "hidden", "torch.cholesky_solve": "named",
    "torch.triangular_solve": "named", "torch.linalg.norm": "named", "torch.nn.Sequential": "hidden",
    "torch.nn.functional.conv_tbc": "hidden", "torch.nn.functional.scaled_dot_product_attention": "hidden",
    "torch.Tensor.copy_": "named", "torch.nn.NLLLoss2d": "hidden", "torch.nn.RNN": "hidden", "torch.nn.LSTM": "hidden",
    "torch.nn.GRU": "hidden", "torch.std": "none", "torch.var": "none", "torch.std_mean": "none",
    "torch.var_mean": "none", "torch.sort": "overloads", "torch.argsort": "overloads", "torch.trapezoid": "overloads",
    "torch.cumulative_trapezoid": "overloads", "torch.unique_consecutive": "hidden", "torch.Tensor.view": "several",
    "torch.Tensor.expand": "several", "torch.tensor_split": "overloads", "torch.hsplit": "overloads",
    "torch.nn.init.sparse": "hidden", "torch.nn.init.dirac": "hidden", "torch.utils.data.StackDataset": "hidden",
    "torch.vsplit": "overloads", "torch.dsplit": "overloads", "torch.roll": "none", "torch.meshgrid": "none",
}  # fmt: skip

ROWS = [row for row, _ in torch_index.rows() if signature(row.torch).parameters]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.torch.partition("(")[0])
def test_a_stated_signature_is_torchs(row: FromTorch) -> None:
    stated = signature(row.torch)
    assert callable(found(stated.name))
    if stated.name in WHY:
        assert WHY[stated.name] in JOINED
        return
    overloads = signatures(stated.name)
    named = [[each.name for each in overload] for overload in overloads]
    assert any(agrees(stated, overload) for overload in overloads), named


@pytest.mark.parametrize("name", WHY)
def test_no_exception_is_left_over(name: str) -> None:
    rows = [row for row in ROWS if signature(row.torch).name == name]
    fitting = [any(agrees(signature(row.torch), overload) for overload in signatures(name)) for row in rows]
    assert rows and not all(fitting)
