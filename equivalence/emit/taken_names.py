"""The names of an emitted file: what it imports, its helpers and classes, and the parameters of its forwards.

Whatever makes a name asks here, so that no two things of one file share one. A helper cannot change its name,
as others call it: what a user's model is called yields to it, in a second emission (`Again`).
"""

from __future__ import annotations

from equivalence.emit.again import Again
from equivalence.emit.guard import BUILTINS
from equivalence.translation.python_text import class_name, identifier

#: What the head of an emitted file, its functions that load it and the calls of a tap name.
IMPORTED = frozenset(
    """torch nn F math Tensor Callable Path load_file annotations load WEIGHTS KERAS_NAMES tap load_for_inference FOLDED
    fuse_conv_bn_eval fuse_linear_bn_eval""".split()
)


class TakenNames:
    """One table for a file. `reserved`: names of helpers that an earlier emission of the same file ran into."""

    def __init__(self, reserved: frozenset[str] = frozenset()) -> None:
        self.reserved = reserved
        self.helpers: dict[str, str] = {}  # name -> source
        self.classes: set[str] = set()
        self._parameters: set[str] = set()

    @property
    def globals(self) -> set[str]:
        """Names of the file that a variable would hide."""
        return {*IMPORTED, *BUILTINS, *self.reserved, *self.helpers, *self.classes}

    @property
    def defined(self) -> set[str]:
        """Names that the file itself defines."""
        return {*self.helpers, *self.classes}

    def parameter(self, name: str, taken: set[str]) -> str:
        """The name of a forward's parameter; `taken` are those of the same forward."""
        made = "x" if name == "x" and "x" not in taken else identifier(name, taken | self.globals)
        self._parameters.add(made)
        return made

    def class_name(self, name: str) -> str:
        """The name of a class, which is kept."""
        made = class_name(name, self.globals)
        self.classes.add(made)
        return made

    def helper(self, name: str, source: str) -> bool:
        """Keeps a helper; returns whether it is new. Raises Again where something of the user's has its name.

        Raises ValueError where another helper has it.
        """
        if name in self.helpers:
            if self.helpers[name] != source:
                raise ValueError(f"two helpers are called {name}")
            return False
        if name in self._parameters | self.classes:
            raise Again(reserved=self.reserved | {name})
        self.helpers[name] = source
        return True
