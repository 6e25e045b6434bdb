"""A circuit with channels as elements on a density matrix, seen as a state of twice as many places.

Wire at place p of the density matrix: its ket is place 2p of the state, its bra place 2p + 1. A gate U acts as U on
the kets and as its conjugate on the bras; a channel is one matrix on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.passes.diagonal import DiagonalTerm
from qgl.plan.axes import Allocation
from qgl.plan.matrix_pool import Recipe
from qgl.plan.state.elements import Diagonal, Element, Evolve, PauliExponential, Small
from qgl.plan.state.state_vector import unitary_elements
from qgl.program.operations import LIFETIME, ChannelApplication, KrausChannel, Measurement, Operation, Reset

RESET = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=np.complex128)
DEPHASE = np.diag([1, 0, 0, 1]).astype(np.complex128)


def density_elements(circuit: Circuit, allocation: Allocation) -> list[Element]:
    """Elements of a circuit whose measurements, if any, are of outcomes that are not kept."""
    elements: list[Element] = []
    for position, operation in enumerate(circuit.operations):
        if not isinstance(operation, LIFETIME):
            places = tuple(allocation.place_of[wire] for wire in operation.wires)
            elements += _on_both_sides(operation, places)
        for wire in allocation.ends.get(position, ()):
            elements.append(_constant(RESET, (allocation.place_of[wire],)))
    return elements


def _on_both_sides(operation: Operation, places: tuple[int, ...]) -> list[Element]:
    match operation:
        case Reset():
            return [_constant(RESET, places)]
        case Measurement():
            return [_constant(DEPHASE, places)]
        case KrausChannel():
            return [_constant(superoperator(operation.operators), places)]
        case ChannelApplication(channel=channel):
            return [_both(Recipe("channel", channel.name, 4**channel.qubits, operation.strengths), places)]
    kets = unitary_elements(operation, tuple(2 * place for place in places))
    return [*kets, *(conjugate(ket) for ket in kets)]


def _constant(matrix: NDArray[np.complex128], places: tuple[int, ...]) -> Small:
    return _both(Recipe("constant", "", len(matrix), constant=matrix), places)


def _both(recipe: Recipe, places: tuple[int, ...]) -> Small:
    both = (*(2 * place for place in places), *(2 * place + 1 for place in places))
    return Small(both, "*" * len(both), recipe)


def superoperator(kraus: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """sum K x K*, shape (4^k, 4^k)."""
    return np.asarray(sum(np.kron(operator, operator.conj()) for operator in kraus), dtype=np.complex128)


def conjugate(ket: Element) -> Element:
    """The complex conjugate of an element, one place further on."""

    def shift(places: Sequence[int]) -> tuple[int, ...]:
        return tuple(place + 1 for place in places)

    def phases(terms: tuple[DiagonalTerm, ...] | None) -> tuple[DiagonalTerm, ...] | None:
        return None if terms is None else tuple(DiagonalTerm(shift(t.wires), -t.angle) for t in terms)

    match ket:
        case Small():
            recipe = replace(ket.recipe, conjugate=True)
            return Small(shift(ket.places), ket.axes, recipe, shift(ket.controls), phases(ket.phases))
        case PauliExponential():
            angle = ket.angle * -_sign(ket.pauli_word)
            return PauliExponential(shift(ket.places), ket.pauli_word, angle, shift(ket.controls), phases(ket.phases))
        case Evolve():
            terms = tuple((coefficient * _sign(pauli_word), pauli_word) for coefficient, pauli_word in ket.terms)
            return Evolve(shift(ket.places), terms, -ket.time, shift(ket.controls))
        case Diagonal():
            return Diagonal(shift(ket.places), phases(ket.terms) or ())


def _sign(pauli_word: str) -> float:
    """Transposing a Pauli word changes its sign for every Y."""
    return -1.0 if pauli_word.count("Y") % 2 else 1.0
