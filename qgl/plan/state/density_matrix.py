"""A circuit with channels as elements on a density matrix, seen as a state of twice as many axes.

A gate U acts as U on the kets and as its conjugate on the bras; a channel is one matrix on both. Of a wire that is a
classical mixture ket and bra are one axis (`qgl.plan.state.places`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.passes.diagonal import DiagonalTerm
from qgl.plan.matrix_pool import Recipe
from qgl.plan.state.elements import Diagonal, Element, Evolve, PauliExponential, Small, Start
from qgl.plan.state.places import Places
from qgl.plan.state.state_vector import prepares, unitary_elements
from qgl.program.operations import LIFETIME, ChannelApplication, KrausChannel, Measurement, Operation, Reset

RESET = np.array([[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=np.complex128)
DEPHASE = np.diag([1, 0, 0, 1]).astype(np.complex128)
FORGET = np.array([[1, 1], [0, 0]], dtype=np.complex128)  # of a classical bit


def density_elements(circuit: Circuit, places: Places) -> tuple[list[Element], list[Start]]:
    """Elements of a circuit whose measurements, if any, are of outcomes that are not kept; and what axes begin in."""
    elements: list[Element] = []
    starts: list[Start] = []
    touched: set[int] = set()
    for position, operation in enumerate(circuit.operations):
        if not isinstance(operation, LIFETIME):
            kets = tuple(places.ket[wire] for wire in operation.wires)
            bras = tuple(places.bra[wire] for wire in operation.wires)
            if position in places.mixing:
                (chances,) = unitary_elements(operation, kets)
                assert isinstance(chances, Small)
                bases = "".join(letter if letter == "Z" else "*" for letter in chances.bases)
                elements.append(Small(kets, bases, replace(chances.recipe, kind="chances")))
            elif touched.isdisjoint({*kets, *bras}) and prepares(operation):
                starts += [Start(kets, operation.numbers), Start(bras, operation.numbers, True)]
            else:
                elements += _on_both_sides(operation, kets, bras)
            touched.update({*kets, *bras})
        for wire in places.ends.get(position, ()):
            ket, bra = places.ket[wire], places.bra[wire]
            elements.append(_constant(FORGET, (ket,)) if ket == bra else _constant(RESET, (ket, bra)))
    return elements, starts


def _on_both_sides(operation: Operation, kets: tuple[int, ...], bras: tuple[int, ...]) -> list[Element]:
    both = (*kets, *bras)
    match operation:
        case Reset():
            return [_constant(RESET, both)]
        case Measurement():
            return [] if kets == bras else [_constant(DEPHASE, both)]
        case KrausChannel():
            return [_constant(superoperator(operation.operators), both)]
        case ChannelApplication(channel=channel):
            return [_small(Recipe("channel", channel.name, 4**channel.qubits, operation.strengths), both)]
    bra_of = dict(zip(kets, bras, strict=True))
    elements = unitary_elements(operation, kets)
    return [*elements, *(conjugate(element, bra_of) for element in elements)]


def _constant(matrix: NDArray[np.complex128], axes: tuple[int, ...]) -> Small:
    return _small(Recipe("constant", "", len(matrix), constant=matrix), axes)


def _small(recipe: Recipe, axes: tuple[int, ...]) -> Small:
    return Small(axes, "*" * len(axes), recipe)


def superoperator(kraus: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """sum K x K*, shape (4^k, 4^k)."""
    return np.asarray(sum(np.kron(operator, operator.conj()) for operator in kraus), dtype=np.complex128)


def conjugate(ket: Element, bra_of: Mapping[int, int]) -> Element:
    """The complex conjugate of an element, on the bras of its axes."""

    def shift(axes: Sequence[int]) -> tuple[int, ...]:
        return tuple(bra_of[axis] for axis in axes)

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
