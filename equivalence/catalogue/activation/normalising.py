"""Functions of a whole axis: softmax and its relatives, and the gated linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.catalogue.activation.activation_parts import activation, along_axis, torch_names, unflattened
from equivalence.catalogue.axes import held_dim
from equivalence.schema import Argument, Case, Difference
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site, Value

SPARSEMAX = '''
def sparsemax(x: Tensor, dim: int) -> Tensor:
    """max(x - tau, 0), where Keras has tau = (sum of the support's running sums - 1) / its size."""
    ordered = x.sort(dim=dim, descending=True).values
    sums = ordered.cumsum(dim)
    ranks = torch.ones_like(x).cumsum(dim)
    support = ordered - (sums - 1) / ranks > 0
    tau = (sums.where(support, 0).sum(dim, keepdim=True) - 1) / support.sum(dim, keepdim=True)
    return F.relu(x - tau)
'''

TEXTBOOK = '''
def sparsemax(x: Tensor, dim: int) -> Tensor:
    """The sparsemax of Martins and Astudillo (2016): it sums to 1."""
    ordered = x.sort(dim=dim, descending=True).values
    sums = ordered.cumsum(dim)
    ranks = torch.ones_like(x).cumsum(dim)
    count = (ordered - (sums - 1) / ranks > 0).sum(dim, keepdim=True)
    return F.relu(x - (sums.gather(dim, count - 1) - 1) / count)
'''


def emit_sparsemax(site: Site) -> Value:
    """A helper that sums like Keras's."""
    return _helped(site, SPARSEMAX)


def emit_textbook_sparsemax(site: Site) -> Value:
    """The naive form: sparsemax as its authors define it."""
    return _helped(site, TEXTBOOK)


def _helped(site: Site, source: str) -> Value:
    x = site.x
    return site.new(call(site.helper(source), f"{x}", held_dim(site, x, site.config.value("axis"))), x.order)


def emit_glu(site: Site) -> Value:
    """F.glu; the halves lie where Keras has them, so a channels-first flattening is undone before."""
    x = unflattened(site)
    dim = held_dim(site, x, site.config.value("axis"))
    return site.new(call("F.glu", f"{x}", dim=dim, omit={"dim": -1}), x.order)


AXIS = Argument("axis", "dim", -1, note="moved with the axes where the port holds the input channels first")

LAST_AXIS = Difference(
    "softmax-axis",
    "Keras normalises the last axis. nn.Softmax() and F.softmax without dim take the first one of a tensor with 1 or "
    "3 axes: the batch of a sequence.",
    case="sequence",
    swap=(("dim=-1", "dim=0"),),
)
CASES = (
    Case("defaults", {}, x=(3, 7)),
    Case("sequence", {}, x=(3, 5, 7)),
    Case("axis", {"axis": 1}, x=(3, 5, 4, 7)),
)

softmax = activation(
    "softmax",
    "exp(x) / sum(exp(x)) along an axis.",
    along_axis("F.softmax"),
    torch_names("softmax", "Softmax"),
    arguments=(AXIS,),
    differences=(LAST_AXIS,),
    cases=CASES,
)
log_softmax = activation(
    "log_softmax",
    "The logarithm of the softmax along an axis.",
    along_axis("F.log_softmax"),
    torch_names("log_softmax", "LogSoftmax"),
    arguments=(AXIS,),
    differences=(
        LAST_AXIS._replace(
            id="log-softmax-axis",
            says="Keras normalises the last axis. nn.LogSoftmax() and F.log_softmax without dim take the first one of "
            "a tensor with 1 or 3 axes: the batch of a sequence.",
        ),
    ),
    cases=CASES,
)
sparsemax = activation(
    "sparsemax",
    "A softmax with zeros, as Keras computes it: its results do not sum to 1.",
    emit_sparsemax,
    ("torch.sort", "torch.cumsum"),
    arguments=(AXIS,),
    differences=(
        Difference(
            "sparsemax-threshold",
            "Keras subtracts (the sum of all running sums of the support - 1) / k where the published sparsemax takes "
            "the last running sum alone; the two agree only where one element is left.",
            case="defaults",
            naive=emit_textbook_sparsemax,
        ),
    ),
    cases=(Case("defaults", {}, x=(23, 4)), *CASES[1:]),
)
glu = activation(
    "glu",
    "The first half of an axis times the sigmoid of its second half.",
    emit_glu,
    torch_names("glu", "GLU"),
    arguments=(AXIS,),
    cases=(Case("defaults", {}, x=(3, 8)), Case("axis", {"axis": 1}, x=(3, 6, 5))),
)
