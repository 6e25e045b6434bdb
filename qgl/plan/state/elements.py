"""Operations of a circuit as elements on places of a state: what the kernels can apply.

A place is one bit of a state's index. A small element is a matrix on a few places; a Pauli word, a diagonal run and an
evolution act on any number of them. An action is an element, or the one thing that is not linear: a drawn outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real
from qgl.gates import GATES
from qgl.gates.algebra import PAULI
from qgl.passes.diagonal import DiagonalTerm
from qgl.plan.matrix_pool import Recipe

SMALL = 3  # operations on more places than this are never expanded to a matrix, unless they come as one
_SAMPLES = np.array([0.7297, 1.3183, 2.1031, 0.3379, 1.9337])


@dataclass(frozen=True, eq=False, slots=True)
class Small:
    """A matrix on `places`; `controls` are further places that must be one. `phases`: the same as a diagonal sum."""

    places: tuple[int, ...]
    axes: str
    recipe: Recipe
    controls: tuple[int, ...] = ()
    phases: tuple[DiagonalTerm, ...] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class PauliExponential:
    """exp(i * angle * P) on `places` where all `controls` are one."""

    places: tuple[int, ...]
    pauli_word: str
    angle: Real
    controls: tuple[int, ...]
    phases: tuple[DiagonalTerm, ...] | None = None


@dataclass(frozen=True, slots=True)
class Diagonal:
    """exp(i * sum of terms), all diagonal."""

    places: tuple[int, ...]
    terms: tuple[DiagonalTerm, ...]


@dataclass(frozen=True, slots=True)
class Evolve:
    """exp(-i * time * sum(coefficient * Pauli word)) on `places` where all `controls` are one."""

    places: tuple[int, ...]
    terms: tuple[tuple[Real, str], ...]
    time: Real
    controls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StochasticReset:
    """A place is measured, the outcome forgotten, and the place put to |0>: one outcome is drawn at each run."""

    place: int


Element = Small | PauliExponential | Diagonal | Evolve
Action = Element | StochasticReset


def axes_of(element: Action) -> str:
    """A letter per place, controls first: X, Y or Z if the element commutes with it there, else `*`."""
    match element:
        case StochasticReset():
            return "*"
        case Small():
            return "Z" * len(element.controls) + element.axes
        case PauliExponential():
            return "Z" * len(element.controls) + element.pauli_word
        case Diagonal():
            return "Z" * len(element.places)
        case Evolve():
            return "Z" * len(element.controls) + "".join(
                _common({pauli_word[k] for _, pauli_word in element.terms}) for k in range(len(element.places))
            )


def places_of(element: Action) -> tuple[int, ...]:
    """All places, controls first."""
    if isinstance(element, StochasticReset):
        return (element.place,)
    return element.places if isinstance(element, Diagonal) else (*element.controls, *element.places)


def _common(letters: set[str]) -> str:
    letters = letters - {"I"}
    return letters.pop() if len(letters) == 1 else "*"


@cache
def gate_axes(name: str) -> str:
    gate = GATES[name]
    angles = [np.asarray(_SAMPLES[k % 5] + k // 5) for k in range(len(gate.parameters))]
    return matrix_axes(np.asarray(gate.matrix(np, *angles)))


def matrix_axes(matrix: NDArray[np.complex128]) -> str:
    """For each qubit of a matrix the Pauli letter it commutes with on that qubit, or `*`."""
    qubits = matrix.shape[0].bit_length() - 1
    axes = ""
    for qubit in range(qubits):
        for letter in "ZXY":
            full = np.kron(np.kron(np.eye(2**qubit), PAULI[letter]), np.eye(2 ** (qubits - qubit - 1)))
            if np.allclose(full @ matrix, matrix @ full, atol=1e-12):
                axes += letter
                break
        else:
            axes += "*"
    return axes
