"""The arguments of the recurrent layers."""

from __future__ import annotations

from equivalence.catalogue.weight_arguments import initialised
from equivalence.schema import LAYER_ARGUMENTS, Argument

ONE_LAYER = "torch's dropout acts between stacked layers: here a nn.Dropout draws one mask for all steps"

CALLED_BY_ITSELF = "as in the recurrent layer around it; refused where the cell is called by itself"

LOOP_ARGUMENTS = (
    Argument("return_sequences", None, False, note="torch always returns all outputs: the last one is taken"),
    Argument(
        "return_state",
        None,
        False,
        note="torch always returns the state, with an axis for layers and directions",
        since="2.1.6",
    ),
    Argument("go_backwards", None, False, note="the input is flipped; the outputs stay in reversed order"),
    Argument("stateful", None, False, note="torch keeps no state: a module of the file's does, until reset_states()"),
    Argument("unroll", None, False, inert=True, note="how Keras computes it, not what"),
)

#: Accepted by Keras through **kwargs, and so in no signature; the last stands in files of Keras 2 alone.
UNNAMED_ARGUMENTS = (
    Argument("zero_output_for_mask", None, False, note="masked steps give zeros, not the output before them"),
    Argument("implementation", None, 2, inert=True, note="how Keras computes it, not what"),
    Argument("time_major", None, False),
)


def arguments(recurrent_activation: bool, own: tuple[Argument, ...] = (), cudnn: bool = True) -> tuple[Argument, ...]:
    """The arguments of LSTM, GRU and SimpleRNN; `own` are those that one of them alone has."""
    gate = Argument("recurrent_activation", None, "sigmoid", note="torch has sigmoid; another needs a cell of its own")
    return (
        Argument("units", "hidden_size"),
        Argument("activation", None, "tanh", note="torch has tanh; another needs a cell of its own"),
        *((gate,) if recurrent_activation else ()),
        Argument("use_bias", "bias", True),
        *initialised("kernel"),
        Argument("recurrent_initializer", None, "orthogonal", inert=True),
        Argument("recurrent_regularizer", None, None, inert=True, note="adds to the loss, not to the output"),
        Argument("recurrent_constraint", None, None, inert=True, note="acts in Keras's training step"),
        *initialised("bias"),
        Argument("dropout", None, 0.0, note=ONE_LAYER),
        Argument(
            "recurrent_dropout",
            None,
            0.0,
            note="torch has none: a cell of its own draws a mask for each gate and all steps",
        ),
        Argument("seed", None, None, inert=True, since=None),
        *own,
        *LOOP_ARGUMENTS,
        *((Argument("use_cudnn", None, "auto", inert=True, since=None),) if cudnn else ()),
        *LAYER_ARGUMENTS,
    )


def cell_arguments(recurrent_activation: bool, own: tuple[Argument, ...] = ()) -> tuple[Argument, ...]:
    """The arguments of a cell: those of its layer but for the loop."""
    of_the_loop = {argument.keras for argument in LOOP_ARGUMENTS}
    taken = arguments(recurrent_activation, own, cudnn=False)
    return tuple(
        argument._replace(note=CALLED_BY_ITSELF) if argument.keras in ("dropout", "recurrent_dropout") else argument
        for argument in taken
        if argument.keras not in of_the_loop
    )
