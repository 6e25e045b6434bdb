"""A circuit with channels as elements on a density matrix, seen as a state of twice as many axes.

Wire at axis p of the density matrix: its ket is axis 2p of the state, its bra axis 2p + 1. A gate U acts as U on
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
from qgl.plan.state.elements import Diagonal, Element, Evolve, PauliExponential, Small, Start
from qgl.plan.state.state_vector import prepares, unitary_elements
from qgl.program.operations import LIFETIME, ChannelApplication, KrausChannel, Measurement, Operation, Reset

RESET = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=np.complex128)
DEPHASE = np.diag([1, 0, 0, 1]).astype(np.complex128)


def density_elements(circuit: Circuit, allocation: Allocation) -> tuple[list[Element], list[Start]]:
    """Elements of a circuit whose measurements, if any, are of outcomes that are not kept; and what axes begin in."""
    elements: list[Element] = []
    starts: list[Start] = []
    touched: set[int] = set()
    for position, operation in enumerate(circuit.operations):
        if not isinstance(operation, LIFETIME):
            axes = tuple(allocation.axis_of[wire] for wire in operation.wires)
            if touched.isdisjoint(axes) and prepares(operation):
                kets = tuple(2 * axis for axis in axes)
                starts += [Start(kets, operation.numbers), Start(tuple(k + 1 for k in kets), operation.numbers, True)]
            else:
                elements += _on_both_sides(operation, axes)
            touched.update(axes)
        for wire in allocation.ends.get(position, ()):
            elements.append(_constant(RESET, (allocation.axis_of[wire],)))
    return elements, starts


def _on_both_sides(operation: Operation, axes: tuple[int, ...]) -> list[Element]:
    match operation:
        case Reset():
            return [_constant(RESET, axes)]
        case Measurement():
            return [_constant(DEPHASE, axes)]
        case KrausChannel():
            return [_constant(superoperator(operation.operators), axes)]
        case ChannelApplication(channel=channel):
            return [_both(Recipe("channel", channel.name, 4**channel.qubits, operation.strengths), axes)]
    kets = unitary_elements(operation, tuple(2 * axis for axis in axes))
    return [*kets, *(conjugate(ket) for ket in kets)]


def _constant(matrix: NDArray[np.complex128], axes: tuple[int, ...]) -> Small:
    return _both(Recipe("constant", "", len(matrix), constant=matrix), axes)


def _both(recipe: Recipe, axes: tuple[int, ...]) -> Small:
    both = (*(2 * axis for axis in axes), *(2 * axis + 1 for axis in axes))
    return Small(both, "*" * len(both), recipe)


def superoperator(kraus: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """sum K x K*, shape (4^k, 4^k)."""
    return np.asarray(sum(np.kron(operator, operator.conj()) for operator in kraus), dtype=np.complex128)


def conjugate(ket: Element) -> Element:
    """The complex conjugate of an element, one axis further on."""

    def shift(axes: Sequence[int]) -> tuple[int, ...]:
        return tuple(axis + 1 for axis in axes)

    def phases(terms: tuple[DiagonalTerm, ...] | None) -> tuple[DiagonalTerm, ...] | None:
        return None if terms is None else tuple(DiagonalTerm(shift(t.wires), -t.angle) for t in terms)

    match ket:
        case Small():
            recipe = replace(ket.recipe, conjugate=True)
            return Small(shift(ket.axes), ket.bases, recipe, shift(ket.controls), phases(ket.phases))
        case PauliExponential():
            angle = ket.angle * -_sign(ket.pauli_word)
            return PauliExponential(shift(ket.axes), ket.pauli_word, angle, shift(ket.controls), phases(ket.phases))
        case Evolve():
            terms = tuple((coefficient * _sign(pauli_word), pauli_word) for coefficient, pauli_word in ket.terms)
            return Evolve(shift(ket.axes), terms, -ket.time, shift(ket.controls))
        case Diagonal():
            return Diagonal(shift(ket.axes), phases(ket.terms) or ())


def _sign(pauli_word: str) -> float:
    """Transposing a Pauli word changes its sign for every Y."""
    return -1.0 if pauli_word.count("Y") % 2 else 1.0
