"""Operations of a circuit as elements on axes of a state: what the kernels can apply.

An axis is one bit of a state's index. A small element is a matrix on a few axes; a Pauli word, a diagonal run and an
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

SMALL = 3  # operations on more axes than this are never expanded to a matrix, unless they come as one
_SAMPLES = np.array([0.7297, 1.3183, 2.1031, 0.3379, 1.9337])


@dataclass(frozen=True, eq=False, slots=True)
class Small:
    """A matrix on `axes`; `controls` are further axes that must be one. `phases`: the same as a diagonal sum."""

    axes: tuple[int, ...]
    bases: str
    recipe: Recipe
    controls: tuple[int, ...] = ()
    phases: tuple[DiagonalTerm, ...] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class PauliExponential:
    """exp(i * angle * P), the angle in radians, on `axes` where all `controls` are one."""

    axes: tuple[int, ...]
    pauli_word: str
    angle: Real
    controls: tuple[int, ...]
    phases: tuple[DiagonalTerm, ...] | None = None


@dataclass(frozen=True, slots=True)
class Diagonal:
    """exp(i * sum of terms), all diagonal."""

    axes: tuple[int, ...]
    terms: tuple[DiagonalTerm, ...]


@dataclass(frozen=True, slots=True)
class Evolve:
    """exp(-i * time * sum(coefficient * Pauli word)) on `axes` where all `controls` are one."""

    axes: tuple[int, ...]
    terms: tuple[tuple[Real, str], ...]
    time: Real
    controls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StochasticReset:
    """An axis is measured, the outcome forgotten, and the axis put to |0>: one outcome is drawn at each run."""

    axis: int


@dataclass(frozen=True, slots=True)
class Start:
    """A state that `axes` begin in, up to its norm: real and imaginary part of each amplitude; or its conjugate."""

    axes: tuple[int, ...]
    numbers: tuple[Real, ...]
    conjugate: bool = False


Element = Small | PauliExponential | Diagonal | Evolve
Action = Element | StochasticReset


def bases_of(element: Action) -> str:
    """A letter per axis, controls first: X, Y or Z if the element commutes with it there, else `*`."""
    match element:
        case StochasticReset():
            return "*"
        case Small():
            return "Z" * len(element.controls) + element.bases
        case PauliExponential():
            return "Z" * len(element.controls) + element.pauli_word
        case Diagonal():
            return "Z" * len(element.axes)
        case Evolve():
            return "Z" * len(element.controls) + "".join(
                _common({pauli_word[k] for _, pauli_word in element.terms}) for k in range(len(element.axes))
            )


def axes_of(element: Action) -> tuple[int, ...]:
    """All axes, controls first."""
    if isinstance(element, StochasticReset):
        return (element.axis,)
    return element.axes if isinstance(element, Diagonal) else (*element.controls, *element.axes)


def _common(letters: set[str]) -> str:
    letters = letters - {"I"}
    return letters.pop() if len(letters) == 1 else "*"


@cache
def gate_bases(name: str) -> str:
    """`matrix_bases` of a gate's matrix for angles of no special value."""
    gate = GATES[name]
    angles = [np.asarray(_SAMPLES[k % 5] + k // 5) for k in range(len(gate.parameters))]
    return matrix_bases(np.asarray(gate.matrix(np, *angles)))


def matrix_bases(matrix: NDArray[np.complex128]) -> str:
    """For each qubit of a matrix, shape (2^k, 2^k), the Pauli letter it commutes with on that qubit, or `*`."""
    qubits = matrix.shape[0].bit_length() - 1
    bases = ""
    for qubit in range(qubits):
        for letter in "ZXY":
            full = np.kron(np.kron(np.eye(2**qubit), PAULI[letter]), np.eye(2 ** (qubits - qubit - 1)))
            if np.allclose(full @ matrix, matrix @ full, atol=1e-12):
                bases += letter
                break
        else:
            bases += "*"
    return bases
