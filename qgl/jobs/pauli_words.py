"""Pauli words, a letter of IXYZ for each visible qubit: how they are measured and estimated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.hardware.engines.engine import Strings
from qgl.ir.circuit import Circuit
from qgl.program.operations import Operation, gate
from qgl.program.program import Program


def show_pauli_word(program: Program, pauli_word: str) -> str:
    """`Z[v[3]]*Z[v[4]]`, as a user writes it."""
    names = [str(program.wires[wire]) for wire in program.visible]
    return "*".join(f"{letter}[{name}]" for letter, name in zip(pauli_word, names, strict=True) if letter != "I") or "I"


def bases_of(pauli_words: Sequence[str]) -> dict[str, str]:
    """For each Pauli word a basis, a letter of XYZ for each qubit, in which it is measured together with others.

    Pauli words go together where they agree on the qubits that they share (qubit-wise commuting), greedily in their
    order.
    """
    bases: list[str] = []
    basis_of: dict[str, int] = {}
    for pauli_word in pauli_words:
        fitting = (number for number, basis in enumerate(bases) if _agree(pauli_word, basis))
        number = next(fitting, len(bases))
        if number == len(bases):
            bases.append("I" * len(pauli_word))
        bases[number] = "".join(a if a != "I" else b for a, b in zip(pauli_word, bases[number], strict=True))
        basis_of[pauli_word] = number
    return {pauli_word: bases[number].replace("I", "Z") for pauli_word, number in basis_of.items()}


def _agree(pauli_word: str, basis: str) -> bool:
    return all("I" in pair or pair[0] == pair[1] for pair in zip(pauli_word, basis, strict=True))


def turned(circuit: Circuit, basis: str) -> Circuit:
    """The circuit with rotations at its end, so that bits are outcomes of the letters of `basis`; "" is all Z."""
    added: list[Operation] = []
    for wire, letter in zip(circuit.visible, basis or "Z" * len(circuit.visible), strict=True):
        span = circuit.wires[wire].span
        if letter == "Y":
            added.append(gate("sdg", (wire,), span))
        if letter in "XY":
            added.append(gate("h", (wire,), span))
    return circuit.with_operations((*circuit.operations, *added)) if added else circuit


def signs(pauli_word: str, strings: Strings) -> NDArray[np.float64]:
    """The outcome of a Pauli word, 1 or -1, in each string, shape (shots,)."""
    places = [place for place, letter in enumerate(pauli_word) if letter != "I"]
    outcome: NDArray[np.float64] = 1.0 - 2.0 * (strings[:, places].sum(axis=1) % 2)
    return outcome


def mean_and_error(values: NDArray[np.float64]) -> tuple[float, float]:
    """Of outcomes 1 and -1: their mean and its standard error; one outcome alone has an error of 1."""
    mean, shots = float(values.mean()), len(values)
    return mean, float(np.sqrt(max(1 - mean**2, 0.0) / (shots - 1))) if shots > 1 else 1.0
