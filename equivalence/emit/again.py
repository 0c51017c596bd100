"""Why an emission starts over."""

from __future__ import annotations

from typing import Any


class Again(Exception):
    """What was learnt on the way has to be known from the start: `options` are `Emission`'s, to emit with."""

    def __init__(self, **options: Any) -> None:
        super().__init__(str(options))
        self.options = options
