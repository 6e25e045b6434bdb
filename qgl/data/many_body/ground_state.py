"""Ground states of Hamiltonians on qubits, as what a measurement of all of them in one basis gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.data import DataTooLarge
from qgl.diagnostics.many_body import DegenerateGroundState
from qgl.diagnostics.model import QglError, plural
from qgl.program.calls.data_sources import GroundState
from qgl.program.calls.operators import SpinTerms

MOST = 14  # qubits
_DENSE = 256  # states up to which all levels are found
_BLOCK = 2  # vectors that the Krylov space grows by: a level that is twice there is found twice
_ROUNDS = 240
_LOOK = 10  # rounds after which the levels are looked at
_CONVERGED = 1e-10  # residual, and SPLIT the distance of levels that are told apart, in units of the norm bound
SPLIT = 1e-9

_ROTATIONS = {
    "z": np.eye(2),
    "x": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2),
}

State = NDArray[np.complex128]


def ground_state(call: GroundState) -> State:
    """Amplitudes of the ground state in the basis that the call asks for, shape (2^n,), first qubit most significant.

    The largest amplitude in the computational basis is real and positive.

    Raises:
        QglError: QGL0750, there are several ground states; QGL0610, there are too many qubits.
    """
    spins = call.hamiltonian
    if spins.width > MOST:
        extent = f"a state of {plural(spins.width, 'qubit')}"
        raise QglError([DataTooLarge(call.span, "`ground_state`", extent, f"{MOST} qubits")])
    levels, states, scale = _lowest(spins)
    if len(levels) > 1 and levels[1] - levels[0] < SPLIT * scale:
        count = int(np.sum(levels - levels[0] < SPLIT * scale))
        raise QglError([DegenerateGroundState(call.span, float(levels[0]), count if len(levels) > _BLOCK else None)])
    state = states[:, 0]
    largest = state[np.argmax(np.abs(state))]
    return rotated(state * (largest.conj() / abs(largest)), call.basis)


def lowest_level(spins: SpinTerms) -> float | None:
    """The least energy there is; None where there are too many qubits."""
    return float(_lowest(spins)[0][0]) if spins.width <= MOST else None


def rotated(state: State, basis: str) -> State:
    """The state with each qubit rotated such that a measurement of Z is one of the basis' matrix before."""
    qubits = len(state).bit_length() - 1
    for _ in range(qubits):  # each qubit in turn is first, and goes last
        state = (_ROTATIONS[basis] @ state.reshape(2, -1)).T.reshape(-1)
    return state.astype(np.complex128)


def _lowest(spins: SpinTerms) -> tuple[NDArray[np.float64], State, float]:
    """The lowest levels, ascending, at least two; their states as columns; and a bound of the norm."""
    size = 2**spins.width
    scale = max(sum(abs(coefficient) for coefficient, _ in spins.terms), 1e-300)
    if size <= _DENSE:
        levels, states = np.linalg.eigh(applied(spins, np.eye(size, dtype=np.complex128)))
        return levels, states, scale
    return (*_krylov(spins, size, scale), scale)


def _krylov(spins: SpinTerms, size: int, scale: float) -> tuple[NDArray[np.float64], State]:
    """Block Lanczos with full orthogonalisation, from vectors that are always the same."""
    generator = np.random.default_rng(0)
    block = np.linalg.qr(generator.normal(size=(size, _BLOCK)) + 0j)[0]
    basis = images = block[:, :0]
    for number in range(1, _ROUNDS + 1):
        image = applied(spins, block)
        basis, images = np.hstack([basis, block]), np.hstack([images, image])
        if number % _LOOK == 0:
            levels, mixed = np.linalg.eigh(basis.conj().T @ images)
            levels, mixed = levels[:_BLOCK], mixed[:, :_BLOCK]
            states = basis @ mixed
            if np.linalg.norm(images @ mixed - states * levels, axis=0).max() < _CONVERGED * scale:
                break
        for _ in range(2):  # once leaves what rounding makes
            image = image - basis @ (basis.conj().T @ image)
        block = np.linalg.qr(image)[0]
    return levels, states


def applied(spins: SpinTerms, columns: State) -> State:
    """The Hamiltonian times each column. (P v)[b] = i^ys (-1)^|(b ^ x) & z| v[b ^ x] for a Pauli word P."""
    index = np.arange(len(columns))
    by_flip: dict[int, NDArray[np.complex128]] = {}
    for coefficient, pauli_word in spins.terms:
        x, z = _mask(pauli_word, "XY", spins.width), _mask(pauli_word, "YZ", spins.width)
        phase = coefficient * 1j ** sum(letter == "Y" for _, letter in pauli_word)
        signs = 1.0 - 2.0 * (np.bitwise_count((index ^ x) & z) & 1)
        by_flip[x] = by_flip.get(x, 0) + phase * signs
    total = np.zeros_like(columns)
    for x, factors in by_flip.items():
        total += factors[:, None] * columns[index ^ x]
    return total


def _mask(pauli_word: tuple[tuple[int, str], ...], letters: str, width: int) -> Any:
    return sum(1 << (width - 1 - position) for position, letter in pauli_word if letter in letters)
