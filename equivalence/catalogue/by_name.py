"""Modules of Keras that find and write their objects by name: what torch has for none of them."""

from __future__ import annotations

from equivalence.schema import Argument, Entry, refuse_without_counterpart


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
        _entry(f"keras.{module}.get", f"Finds {thing} by its name.", found, Argument("identifier")),
        _entry(f"keras.{module}.serialize", f"Writes {thing} as a configuration.", kept, Argument(serialize)),
        _entry(f"keras.{module}.deserialize", made, kept, Argument(deserialize), objects),
    )


def _entry(keras: str, says: str, because: str, *arguments: Argument) -> Entry:
    return Entry(
        keras=keras, torch=(), says=says, emit=refuse_without_counterpart, kind="tool", arguments=arguments,
        no_counterpart=because,
    )  # fmt: skip
