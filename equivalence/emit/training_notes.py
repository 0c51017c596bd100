"""What a training script says of where the training in Keras was another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from equivalence.catalogue.named_objects import named_object
from equivalence.emit.compiled_parts import Output, by_output
from equivalence.emit.trained_parts import Trained
from equivalence.schema import Entry

_CLIPPED = (
    "Keras on TensorFlow looks for the logits behind a softmax or sigmoid and computes the loss from them; here it is "
    "computed from the probabilities, those within 1e-07 of 0 and 1 being clipped."
)
#: keras/src/backend/tensorflow/sparse.py: what is done to the gradient of a gather is done to each of its slices.
_BY_OCCURRENCE = (
    "Keras on TensorFlow squares and clips the gradient of an embedding index by index: where one occurs several times "
    "in a batch, it takes the sum of their squares, and here the square of their sum is taken, as Keras does on "
    "PyTorch. An embeddings_regularizer, be it of 0, has it do so on TensorFlow too."
)
#: Optimizers that are linear in the gradient, or go by its sign after the slices were added.
_LINEAR = ("SGD", "Lion")


def training_notes(
    compiled: Mapping[str, Any],
    outputs: Sequence[Output],
    source: str,
    optimizer: tuple[Entry, Mapping[str, Any]],
    trained: Trained,
) -> list[str]:
    """A sentence or two for each."""
    what, clipped, unsaved = f"{source}: the loss", False, list[str]()
    for loss in by_output(compiled.get("loss"), outputs, what):
        if loss is None:
            continue
        entry, config = named_object(loss, "keras.losses", what)
        clipped |= "Crossentropy" in entry.name and not config.get("from_logits")
        for argument in entry.arguments if config else ():
            # a loss along another axis than the last is seldom meant
            if not argument.inert and argument.keras not in ("axis", *config):
                unsaved.append(
                    f"The file does not say which {argument.keras} its {entry.name} has, which Keras does not save: it "
                    f"is {argument.default} here, as in Keras after load_model."
                )
    notes = [_CLIPPED] * clipped + [*dict.fromkeys(unsaved)]
    return notes + [_BY_OCCURRENCE] * _squares_slices(*optimizer, trained)


def _squares_slices(entry: Entry, config: Mapping[str, Any], trained: Trained) -> bool:
    """Whether an embedding that is trained has its gradient squared or clipped in slices."""
    clips = any(config.get(name) for name in ("clipnorm", "global_clipnorm", "clipvalue"))
    if config.get("gradient_accumulation_steps") or (entry.name in _LINEAR and not clips):
        return False
    penalised = " ".join(trained.penalties)
    return any(
        place.rule.keras == "embeddings" and f"model.{name}" not in penalised for name, place in trained.places.items()
    )
