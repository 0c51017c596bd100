"""What a query finds, and how. Annotations are no texts here, for the reason that `equivalence.schema` gives."""

from typing import Any, NamedTuple

from equivalence.json_forms import stated


class Found(NamedTuple):
    """What a query finds: `match` says how. Where that is None there are no results, but names that are near."""

    match: str | None  # "exact", "alias", "similar", "words"
    results: list[dict[str, Any]]
    nearest: list[str]  # full Keras names
    said: str = ""  # the call that is answered, where it is not what was asked as a whole

    def to_json(self, query: str) -> dict[str, Any]:
        """As plain JSON values: what `lookup --json` prints."""
        return stated({"query": query, "match": self.match, "results": self.results, "nearest": self.nearest})
