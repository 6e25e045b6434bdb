"""Pauli words and sums of them as people and other libraries write them, as letters for the visible qubits.

A word is `"ZZII"` (a letter for each qubit), `"Z3 Z4"` or `"Z3*Z4"`, `{"Z": [3, 4]}`, or `{3: "Z", 4: "Z"}`, which a
word of PennyLane is too. A sum is an operator of PennyLane or Qiskit's `SparsePauliOp`, whose last letter is qubit 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LETTERS = "IXYZ"
_FACTOR = re.compile(r"([IXYZ])(\d+)")


def pauli_word(given: Any, width: int) -> str | None:
    """The letters of a word on `width` qubits; None if it is none."""
    match given:
        case str() if len(given) == width and not set(given) - set(LETTERS):
            return given
        case str():
            parts = [_FACTOR.fullmatch(part) for part in re.split(r"[\s*@]+", given.strip())]
            factors = [(int(part[2]), part[1]) for part in parts if part is not None]
            return _letters(factors, width) if len(factors) == len(parts) else None
        case Mapping():
            return _letters(list(_factors(given)), width)
    return None


def pauli_sum(given: Any, width: int) -> tuple[tuple[str, ...], NDArray[np.float64]] | None:
    """Words and their coefficients, shape (pauli_words,), of an operator of Qiskit or PennyLane; None if it is neither.

    Raises:
        ValueError: it acts on other qubits than those, or is not Hermitian.
    """
    if hasattr(given, "paulis") and hasattr(given, "to_list"):
        terms = [(label[::-1], coefficient) for label, coefficient in given.to_list()]
    elif hasattr(given, "pauli_rep"):
        if given.pauli_rep is None:
            raise ValueError("this operator is no sum of Pauli words")
        terms = list(given.pauli_rep.items())
    else:
        return None
    spelt = [pauli_word(each, width) for each, _ in terms]
    coefficients = np.asarray([coefficient for _, coefficient in terms], np.complex128)
    wrong = [each for (each, _), letters in zip(terms, spelt, strict=True) if letters is None]
    if wrong:
        raise ValueError(f"{wrong[0]} is not a Pauli word on the {width} visible qubits")
    if np.abs(coefficients.imag).max(initial=0) > 1e-12 * np.abs(coefficients).max(initial=0):
        raise ValueError("this operator is not Hermitian: its coefficients are not real")
    return tuple(each for each in spelt if each is not None), coefficients.real


def _factors(given: Mapping[Any, Any]) -> Iterator[tuple[int, str]]:
    """Positions and letters of `{3: "Z"}` or `{"Z": [3]}`."""
    for key, value in given.items():
        if isinstance(key, str) and key in LETTERS and not isinstance(value, str):
            yield from ((int(position), key) for position in value)
        else:
            yield (int(key) if isinstance(key, int | np.integer) else -1, str(value))


def _letters(factors: list[tuple[int, str]], width: int) -> str | None:
    positions = [position for position, _ in factors]
    if len(set(positions)) < len(positions) or not all(0 <= position < width for position in positions):
        return None
    if any(letter not in LETTERS or len(letter) != 1 for _, letter in factors):
        return None
    letters = ["I"] * width
    for position, letter in factors:
        letters[position] = letter
    return "".join(letters)
