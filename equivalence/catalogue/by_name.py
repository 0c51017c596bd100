"""Modules of Keras that find and write their objects by name: what torch has for none of them."""

from __future__ import annotations

from equivalence.schema import Argument, Entry, without_counterpart


def by_name(
    module: str, thing: str, example: str, *, deserialize: str = "config", serialize: str = ""
) -> tuple[Entry, ...]:
    """The entries of `get`, `serialize` and `deserialize` of `keras.<module>`.

    `thing`: what they give ("a loss"); `example`: what a PyTorch program names instead. `deserialize` and `serialize`
    are the names of their first arguments.
    """
    found = f"torch (2.13) finds {thing} by no text; name what you mean in code, as in {example}"
    kept = f"a state_dict of torch (2.13) holds numbers alone, and no {thing.partition(' ')[2]}; keep that in code"
    objects = Argument("custom_objects", None, None)
    made = f"Makes {thing} from its configuration."
    return (
        without_counterpart(
            "tool", f"keras.{module}.get", f"Finds {thing} by its name.", found, Argument("identifier")
        ),
        without_counterpart(
            "tool", f"keras.{module}.serialize", f"Writes {thing} as a configuration.", kept, Argument(serialize)
        ),
        without_counterpart("tool", f"keras.{module}.deserialize", made, kept, Argument(deserialize), objects),
    )
