"""Quantum states and ensembles of them."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from qgl.program.calls.arguments import (
    NOT_NEGATIVE,
    POSITIVE,
    BitString,
    Choice,
    Data,
    Integer,
    Interval,
    Many,
    Number,
    Text,
)
from qgl.program.calls.call import argument, call
from qgl.program.calls.data_sources.source import ARRAY, DataCall
from qgl.program.calls.operators import AppliedChannel, Channels, DrawnSpins, DrawnTerms, Spins, SpinTerms

if TYPE_CHECKING:
    from qgl.program.process import Process
    from qgl.program.program import Parameter


@call("state")
class State(DataCall):
    """A quantum state from a NumPy archive, amplitudes or a density matrix: a target of `marginals`, else its bits."""

    path: str = argument(Text(), "the file, relative to the program's folder")
    array: str | None = argument(Text(), ARRAY, default=None)


@call("states_near")
class StatesNear(DataCall):
    """An ensemble of states about a basis state: normalised (|center> + width times complex normal numbers), pure, or
    each depolarised by a strength of its own.
    """

    center: str = argument(BitString(), "the basis state")
    width: float = argument(NOT_NEGATIVE, "deviation of the real and of the imaginary part of the other amplitudes")
    depolarised: tuple[float, ...] = argument(
        Many(Number(Interval(0.0, 1.0))),
        "how much of each state is replaced by I/2^n: a number, or the least and the most, uniform between them",
        default=(0.0,),
    )
    count: int = argument(Integer(1, 10**6), "how many states", default=1000)
    seed: int = argument(Integer(0), "of the draw", default=0)


@call("ensemble")
class Ensemble(DataCall):
    """An ensemble of states from a NumPy archive: amplitudes, shape (states, 2^n), or density matrices, shape (states,
    2^n, 2^n).
    """

    path: str = argument(Text(), "the file, relative to the program's folder")
    array: str | None = argument(Text(), ARRAY, default=None)


@call("ground_state")
class GroundState(DataCall):
    """The ground state of a Hamiltonian on the visible qubits, as `state`: a target of `marginals`, else its bits."""

    hamiltonian: SpinTerms = argument(Spins(), "the Hamiltonian, which depends on no input")
    basis: str = argument(Choice(("x", "y", "z")), "the Pauli matrix that is measured on every qubit", default="z")


@call("ground_states")
class GroundStates(DataCall):
    """The ground states of a Hamiltonian on the visible qubits, whose latent inputs are drawn for each."""

    hamiltonian: DrawnTerms = argument(DrawnSpins(), "the Hamiltonian, with latent inputs")
    count: int = argument(Integer(1, 10**6), "how many states", default=1000)
    seed: int = argument(Integer(0), "of the draws", default=0)
    latents: tuple[tuple[int, Parameter], ...] = field(default=(), kw_only=True, compare=False)


@call("through")
class Through(DataCall):
    """The states of a data set, each after a layer or channel of the program, whose latent inputs and kept outcomes are
    drawn for each element.
    """

    data: str = argument(Data(), "states, or strings as basis states")
    channel: AppliedChannel = argument(Channels(), "what acts on each state")
    count: int | None = argument(
        Integer(1, 10**6),
        "how many elements: of an ensemble some, or all in turn; as many as the data have by default",
        default=None,
    )
    seed: int = argument(Integer(0), "of the draws, which differ for other arguments of the channel too", default=0)
    process: Process | None = field(default=None, kw_only=True, compare=False)


@call("gibbs")
class Gibbs(DataCall):
    """The thermal state exp(-beta H) / Z on the visible qubits, as `state`: a target of `marginals`, else its bits."""

    hamiltonian: SpinTerms = argument(Spins(), "the Hamiltonian H, which depends on no input")
    beta: float = argument(POSITIVE, "the inverse temperature")
