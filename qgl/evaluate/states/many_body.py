"""Probes of many-body states: how far the bits have moved from where they started, and the free energy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from qgl.check.settings.fit import EXACT_ENTROPY
from qgl.data.many_body.ground_state import lowest_level
from qgl.data.many_body.thermal import thermal
from qgl.evaluate.row import Row
from qgl.evaluate.states.quantum import von_neumann
from qgl.objectives.many_body.free_energy import Energy as MeanOfTerms
from qgl.objectives.many_body.free_energy import FreeEnergy as Objective
from qgl.objectives.many_body.free_energy import free_energy as objective_of
from qgl.program.calls.operators import SpinTerms
from qgl.program.calls.reports import Energy, FreeEnergy
from qgl.program.calls.reports import Expectation as Observed
from qgl.query import Expectation, Query

_MIXED = "uniform: the maximally mixed state"
_NOT_KNOWN = (
    "the thermal state is not known: beyond 10 qubits it is where H has free fermions in the order of the qubits"
)
_TOO_LARGE = "an entropy by `markov` is at least that of the state, and the free energy at most that of the state"


def free_energy(call: FreeEnergy, name: str, answer: Callable[[Query], Any]) -> Iterator[Row]:
    """Free energy, energy and entropy; of a Markov entropy the exact ones too, where they can be had."""
    asked, spins, beta = objective_of(call), call.hamiltonian, call.beta
    assert spins is not None and beta is not None  # the checker has seen to it
    means = np.asarray(answer(asked.energy.query), np.float64)
    energy = float(asked.energy.coefficients @ means) + asked.energy.constant
    entropy = _entropy(asked, answer(asked.states))
    exact = thermal(spins, beta)
    floors = (None,) * 3 if exact is None else (exact.free_energy, exact.energy, exact.entropy)
    mixed = spins.width * float(np.log(2))
    uniform = asked.energy.constant - mixed / beta, asked.energy.constant, mixed
    says = _NOT_KNOWN if exact is None else "that of the thermal state"
    markov = asked.radius is not None
    parts = ("", energy - entropy / beta), (", energy", energy), (", entropy", entropy)
    for (part, value), floor, even in zip(parts, floors, uniform, strict=True):
        note = _TOO_LARGE if markov and part != ", energy" else ""
        unit = "nats" if part == ", entropy" else ""
        yield Row(name + part, value, floor=floor, uniform=even, unit=unit, floor_is=says, uniform_is=_MIXED, note=note)
    if markov and spins.width <= EXACT_ENTROPY:
        whole = replace(asked, radius=None)
        own = _entropy(whole, answer(whole.states))
        yield Row(f"{name}, exact", energy - own / beta, floor=floors[0], uniform=uniform[0], floor_is=says)
        yield Row(f"{name}, exact entropy", own, floor=floors[2], uniform=uniform[2], unit="nats", floor_is=says)


def energy(call: Energy, name: str, answer: Callable[[Query], Any], bare: bool) -> Row:
    """Tr(rho H), beside the least one and that of the maximally mixed state; `bare`: without these."""
    spins = call.hamiltonian
    assert spins is not None  # the checker has seen to it
    value, trace = _mean(spins, answer)
    if bare:
        return Row(name, value)
    least = lowest_level(spins)
    says = "beyond 14 qubits the ground state is not looked for" if least is None else "that of the ground state"
    return Row(name, value, floor=least, uniform=trace, floor_is=says, uniform_is=_MIXED)


def expectation(call: Observed, name: str, answer: Callable[[Query], Any]) -> Row:
    """Tr(rho A), beside that of the maximally mixed state."""
    value, trace = _mean(call.observable, answer)
    return Row(name, value, uniform=trace, uniform_is=_MIXED)


def _mean(spins: SpinTerms, answer: Callable[[Query], Any]) -> tuple[float, float]:
    """Tr(rho A) in double precision, and Tr(A) / 2^n."""
    asked = MeanOfTerms.of(spins)
    means = np.asarray(answer(asked.query), np.float64)
    return float(asked.coefficients @ means) + asked.constant, asked.constant


def _entropy(asked: Objective, answer: Any) -> float:
    """S in nats of the answer to `asked.states`, in double precision."""
    if asked.radius is None:
        return von_neumann(answer)
    states = [np.asarray(state, np.complex128) for state in answer]
    size = len(states[0]) // 2
    before = [np.einsum("asbs->ab", state.reshape(size, 2, size, 2)) for state in states[1:]]
    return sum(map(von_neumann, states)) - sum(map(von_neumann, before))


def magnetisation(region: Sequence[int]) -> Expectation:
    """Asks for <Z> of each qubit of a region."""
    return Expectation.sparse(np.array(region, np.int32)[:, None])


def hamming_distance(z: Sequence[float], start: Sequence[int]) -> float:
    """1/2 - (1/2N) sum of <Z_i(t) Z_i(0)> over N qubits with <Z_i(t)> = `z` and bits `start`: 0 at the start.

    It is the mean fraction of bits that differ from the start, and 1/2 where the start is forgotten.
    """
    signs = 1 - 2 * np.asarray(start, np.float64)
    return float(0.5 - np.mean(np.asarray(z, np.float64) * signs) / 2)
