"""set_random_seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.schema import Argument, Case, Entry
from equivalence.translation.python_text import call

if TYPE_CHECKING:
    from equivalence.translation.call_site import Site

SET_RANDOM_SEED = '''
def set_random_seed(seed: int) -> None:
    """Seeds the generators of Python, NumPy and torch, on all devices."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
'''


def emit_seed(site: Site) -> str:
    """The three generators, one after the other.

    Behaviour: keras/src/utils/rng_utils.py.
    """
    return call(site.helper(SET_RANDOM_SEED), site.config.integer("seed", 0))


SetRandomSeed = Entry(
    keras="keras.utils.set_random_seed",
    torch=("torch.manual_seed", "torch.use_deterministic_algorithms", "torch.utils.data.get_worker_info"),
    related=("torch.use_deterministic_algorithms", "torch.utils.data.get_worker_info"),
    says="Seeds what draws. The same seed gives other numbers in torch, of the same distributions. For equal results "
    "on a GPU, torch.use_deterministic_algorithms(True) besides; workers of a DataLoader want worker_init_fn.",
    emit=emit_seed,
    kind="tool",
    arguments=(Argument("seed", "seed"),),
    cases=(Case("plain", {"seed": 812}, x=(), trial={"as": "seeded"}),),
    aliases=("set_random_seed", "random seed", "tf.random.set_seed", "reproducible", "enable_op_determinism"),
)
