"""Matrices of gates and Kraus operators of channels, written down once more, without qgl.gates.

First operand most significant, NumPy complex128, plain numbers as arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from math import cos, pi, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm, sqrtm

Matrix = NDArray[np.complex128]

LETTERS: dict[str, Matrix] = {
    "I": np.array([[1, 0], [0, 1]], dtype=np.complex128),
    "X": np.array([[0, 1], [1, 0]], dtype=np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=np.complex128),
    "Z": np.array([[1, 0], [0, -1]], dtype=np.complex128),
}


@cache
def pauli_matrix(pauli_word: str) -> Matrix:
    matrix = np.eye(1, dtype=np.complex128)
    for letter in pauli_word:
        matrix = np.kron(matrix, LETTERS[letter]).astype(np.complex128)
    return matrix


def exponential(hamiltonian: Matrix, time: float) -> Matrix:
    """exp(-i * time * hamiltonian) through the eigenvectors."""
    values, vectors = np.linalg.eigh(hamiltonian)
    return np.asarray((vectors * np.exp(-1j * time * values)) @ vectors.conj().T, dtype=np.complex128)


def controlled(matrix: Matrix, controls: int = 1) -> Matrix:
    size = len(matrix) * 2**controls
    result = np.eye(size, dtype=np.complex128)
    result[size - len(matrix) :, size - len(matrix) :] = matrix
    return result


def _u(a: float, b: float, c: float) -> Matrix:
    return np.array(
        [
            [cos(a / 2), -np.exp(1j * c) * sin(a / 2)],
            [np.exp(1j * b) * sin(a / 2), np.exp(1j * (b + c)) * cos(a / 2)],
        ]
    )


def _rotation(pauli_word: str, a: float) -> Matrix:
    return exponential(pauli_matrix(pauli_word), a / 2)


def _su2(a: float, b: float, c: float) -> Matrix:
    return _rotation("Z", c) @ _rotation("Y", b) @ _rotation("Z", a)


def _su4(*a: float) -> Matrix:
    before = np.kron(_su2(*a[0:3]), _su2(*a[3:6]))
    after = np.kron(_su2(*a[9:12]), _su2(*a[12:15]))
    return np.asarray(after @ _rotation("ZZ", a[8]) @ _rotation("YY", a[7]) @ _rotation("XX", a[6]) @ before)


def _shannon(qubits: int, angles: list[float]) -> Matrix:
    """Unitaries of all qubits but the first, and between them exponentials of Z or Y there with Z on subsets."""
    if qubits == 2:
        return _su4(*angles)
    whole = np.eye(2**qubits, dtype=np.complex128)
    inner = (len(angles) - 3 * 2 ** (qubits - 1)) // 4
    for letter in ("Z", "Y", "Z", ""):
        unitary, angles = _shannon(qubits - 1, angles[:inner]), angles[inner:]
        whole = np.kron(np.eye(2), unitary) @ whole
        for subset in range(2 ** (qubits - 1) if letter else 0):
            others = ("Z" if subset >> k & 1 else "I" for k in range(qubits - 1))
            whole = _rotation(letter + "".join(others), angles.pop(0)) @ whole
    return whole


def _isometry(shape: str, flat: Matrix) -> Matrix:
    """A (A* A)^(-1/2) from the codes of what goes in to those of what comes out."""
    ingoing, values = shape.split("_")
    sizes = [int(each) for each in values.split("x")]
    matrix = flat.reshape(-1, int(ingoing))
    isometry = matrix @ np.linalg.inv(sqrtm(matrix.conj().T @ matrix))
    widths = [max(1, (size - 1).bit_length()) for size in sizes]
    codes = [
        int("".join(f"{value:0{width}b}" for value, width in zip(each, widths, strict=True)), 2)
        for each in product(*map(range, sizes))
    ]
    whole = np.zeros((2 ** sum(widths), 2 ** sum(widths)), dtype=np.complex128)
    whole[np.ix_(codes, codes[:: len(codes) // int(ingoing)])] = isometry
    return whole


_ROOT = (1 + 1j) / 2 * np.array([[1, -1j], [-1j, 1]])
_FIXED: dict[str, Matrix] = {
    "id": np.eye(2, dtype=np.complex128),
    "x": LETTERS["X"],
    "y": LETTERS["Y"],
    "z": LETTERS["Z"],
    "h": np.array([[sqrt(0.5), sqrt(0.5)], [sqrt(0.5), -sqrt(0.5)]], dtype=np.complex128),
    "s": np.array([[1, 0], [0, 1j]]),
    "sdg": np.array([[1, 0], [0, -1j]]),
    "t": np.array([[1, 0], [0, np.exp(1j * pi / 4)]]),
    "tdg": np.array([[1, 0], [0, np.exp(-1j * pi / 4)]]),
    "sx": _ROOT,
    "sxdg": _ROOT.conj().T,
    "swap": np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=np.complex128),
    "iswap": np.array([[1, 0, 0, 0], [0, 0, 1j, 0], [0, 1j, 0, 0], [0, 0, 0, 1]], dtype=np.complex128),
}
_CONTROLLED = {"cx": "x", "cy": "y", "cz": "z", "ch": "h", "cp": "p", "crx": "rx", "cry": "ry", "crz": "rz"}
_CONTROLLED |= {"ccx": "cx", "ccz": "cz", "cswap": "swap"}


_COMPOSED = ("rot", "u2", "cu", "ecr", "siswap", "pswap", "xx_plus_yy", "xx_minus_yy")


def _on_middle(block: NDArray[Any]) -> Matrix:
    """A matrix on the states 01 and 10."""
    matrix = np.eye(4, dtype=np.complex128)
    matrix[1:3, 1:3] = block
    return matrix


def _exchange(name: str, a: float, b: float) -> Matrix:
    """Of the states with one excitation, or of those with none and two."""
    turn = -1j * np.sin(a / 2) * np.exp(1j * b if name == "xx_plus_yy" else -1j * b)
    down = np.array([[np.cos(a / 2), turn], [-turn.conjugate(), np.cos(a / 2)]])
    if name == "xx_plus_yy":
        return _on_middle(down)
    matrix = np.eye(4, dtype=np.complex128)
    matrix[np.ix_([0, 3], [0, 3])] = down
    return matrix


def _composed(name: str, angles: Sequence[float]) -> Matrix:
    match name:
        case "rot":
            return _su2(*angles)
        case "u2":
            return _u(pi / 2, *angles)
        case "cu":
            return controlled(np.exp(1j * angles[3]) * _u(*angles[:3]))
        case "ecr":
            return sqrt(0.5) * (pauli_matrix("XI") - pauli_matrix("YX"))
        case "siswap":
            return _on_middle(sqrt(0.5) * (LETTERS["I"] + 1j * LETTERS["X"]))
        case "pswap":
            return _on_middle(np.exp(1j * np.array(angles[0])) * LETTERS["X"])
        case _:
            return _exchange(name, *angles)


def gate_matrix(name: str, angles: Sequence[float]) -> Matrix:
    """The matrix of a gate by its name."""
    if name in _FIXED:
        return _FIXED[name]
    if name in _CONTROLLED:
        return controlled(gate_matrix(_CONTROLLED[name], angles))
    return _composed(name, angles) if name in _COMPOSED else _by_angles(name, angles)


def _by_angles(name: str, angles: Sequence[float]) -> Matrix:
    match name:
        case "rx" | "ry" | "rz" | "rxx" | "ryy" | "rzz" | "rzx":
            return _rotation(name[1:].upper(), angles[0])
        case "p":
            return np.array([[1, 0], [0, np.exp(1j * angles[0])]])
        case "u":
            return _u(*angles)
        case "su2":
            return _su2(*angles)
        case "su4":
            return _su4(*angles)
        case _ if name.startswith("uniform_phase"):
            return np.diag(np.exp(1j * np.array(angles)))
        case _ if name.startswith("uniform_r"):
            blocks = np.zeros((2 * len(angles), 2 * len(angles)), dtype=np.complex128)
            for k, angle in enumerate(angles):
                blocks[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = _rotation(name[9].upper(), angle)
            return blocks
        case _ if name.startswith("state"):  # any unitary will do that takes |0...0> there
            state: Matrix = np.array(angles[0::2]) + 1j * np.array(angles[1::2])
            state /= np.linalg.norm(state)
            basis, triangle = np.linalg.qr(np.column_stack([state, np.eye(len(state))]).astype(np.complex128))
            basis[:, 0] *= triangle[0, 0]
            return np.asarray(basis)
        case _ if name.startswith("unitary"):
            return _shannon(int(name[7:]), list(angles))
        case _ if name.startswith("un"):
            return gate_matrix(name[2:], angles).conj().T
        case _ if name.startswith("isometry"):
            return _isometry(name[8:], np.array(angles[0::2]) + 1j * np.array(angles[1::2]))
        case _ if name.startswith("generator"):
            pauli_words = ["".join(letters) for letters in product("IXYZ", repeat=int(name[9:]))][1:]
            exponent = sum(a * pauli_matrix(pauli_word) for a, pauli_word in zip(angles, pauli_words, strict=True))
            return np.asarray(expm(-1j / 2 ** int(name[9:]) * exponent))
    raise KeyError(name)


def _mixture(weights: dict[str, float]) -> list[Matrix]:
    return [sqrt(max(weight, 0.0)) * pauli_matrix(pauli_word) for pauli_word, weight in weights.items()]


def _depolarizing(qubits: int, p: float) -> list[Matrix]:
    pauli_words = ["".join(letters) for letters in product("IXYZ", repeat=qubits)]
    return _mixture(
        {pauli_word: p / len(pauli_words) + (1 - p if set(pauli_word) == {"I"} else 0) for pauli_word in pauli_words}
    )


def _damping(gamma: float) -> list[Matrix]:
    return [
        np.array([[1, 0], [0, sqrt(1 - gamma)]], dtype=np.complex128),
        np.array([[0, sqrt(gamma)], [0, 0]], dtype=np.complex128),
    ]


def kraus_operators(name: str, values: Sequence[float]) -> list[Matrix]:
    """Kraus operators of a named channel."""
    p = values[0]
    flip = LETTERS["X"]
    match name:
        case "depolarizing":
            return _depolarizing(1, p)
        case "depolarizing2":
            return _depolarizing(2, p)
        case "dephasing":
            return _mixture({"I": 1 - p, "Z": p})
        case "bit_flip":
            return _mixture({"I": 1 - p, "X": p})
        case "bit_phase_flip":
            return _mixture({"I": 1 - p, "Y": p})
        case "pauli_channel":
            return _mixture({"I": 1 - sum(values), "X": values[0], "Y": values[1], "Z": values[2]})
        case "amplitude_damping":
            return _damping(p)
        case "phase_damping":
            half = (1 - sqrt(1 - p)) / 2  # Z with this probability shrinks coherences by sqrt(1 - p)
            return _mixture({"I": 1 - half, "Z": half})
        case "reset":
            return [sqrt(1 - p) * LETTERS["I"], *(sqrt(p) * k for k in _damping(1.0))]
        case "thermal":
            cold, hot = sqrt(1 - values[1]), sqrt(values[1])
            return [cold * k for k in _damping(p)] + [hot * flip @ k @ flip for k in _damping(p)]
    raise KeyError(name)
