"""Sums of Pauli words with coefficients, and the imaginary unit: what Hamiltonians and exponents are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qgl.expression import Real, real
from qgl.record import record

PauliWord = tuple[tuple[int, str], ...]  # (wire, letter) in order of wires, each wire once


@record
class Complex:
    """re + i im of two real expressions."""

    re: Real
    im: Real


Coefficient = complex | Complex

_PRODUCTS: dict[str, tuple[complex, str]] = {
    "XY": (1j, "Z"),
    "YZ": (1j, "X"),
    "ZX": (1j, "Y"),
    "YX": (-1j, "Z"),
    "ZY": (-1j, "X"),
    "XZ": (-1j, "Y"),
}


def _parts(c: Coefficient) -> tuple[Real, Real]:
    return (Real(c.real), Real(c.imag)) if isinstance(c, complex) else (c.re, c.im)


def _times(x: Coefficient, y: Coefficient) -> Coefficient:
    if isinstance(x, complex) and isinstance(y, complex):
        return x * y
    (a, b), (c, d) = _parts(x), _parts(y)
    return Complex(a * c - b * d, a * d + b * c)


def _plus(x: Coefficient, y: Coefficient) -> Coefficient:
    if isinstance(x, complex) and isinstance(y, complex):
        return x + y
    (a, b), (c, d) = _parts(x), _parts(y)
    return Complex(a + c, b + d)


@dataclass(frozen=True, eq=False)
class Operator:
    """A sum of coefficient * Pauli word; Pauli words are distinct."""

    terms: dict[PauliWord, Coefficient]

    @property
    def is_number(self) -> bool:
        return all(not pauli_word for pauli_word in self.terms)

    def __iter__(self) -> Iterator[tuple[PauliWord, Real, Real]]:
        """(Pauli word, real part, imaginary part) of every term whose coefficient is not zero."""
        for pauli_word, coefficient in self.terms.items():
            re, im = _parts(coefficient)
            if not (re.is_constant and im.is_constant and re.constant == 0 == im.constant):
                yield pauli_word, re, im

    def __mul__(self, other: Operator) -> Operator:
        terms: dict[PauliWord, Coefficient] = {}
        for left, x in self.terms.items():
            for right, y in other.terms.items():
                phase, pauli_word = _multiply(left, right)
                product = _times(_times(x, y), phase) if phase != 1 else _times(x, y)
                terms[pauli_word] = _plus(terms[pauli_word], product) if pauli_word in terms else product
        return Operator(terms)

    @property
    def constant(self) -> complex | None:
        """The number that this is, if it is one and depends on no input."""
        total = 0j
        for pauli_word, re, im in self:
            if pauli_word or not (re.is_constant and im.is_constant):
                return None
            total += complex(re.constant, im.constant)
        return total


IMAGINARY_UNIT = Operator({(): 1j})


def number(value: Real | float) -> Operator:
    """A plain number as an operator."""
    if isinstance(value, Real):
        return Operator({(): complex(value.constant) if value.is_constant else Complex(value, Real(0.0))})
    return Operator({(): complex(value)})


def pauli(letter: str, wire: int) -> Operator:
    return Operator({((wire, letter),): 1 + 0j})


def total(operators: Iterable[Operator]) -> Operator:
    """The sum, in time proportional to the number of terms."""
    terms: dict[PauliWord, Coefficient] = {}
    for operator in operators:
        for pauli_word, coefficient in operator.terms.items():
            terms[pauli_word] = _plus(terms[pauli_word], coefficient) if pauli_word in terms else coefficient
    return Operator(terms)


def scale(operator: Operator, factor: Real | float) -> Operator:
    by = _parts(complex(factor))[0] if not isinstance(factor, Real) else real(factor)
    coefficient: Coefficient = complex(by.constant) if by.is_constant else Complex(by, Real(0.0))
    return Operator({pauli_word: _times(each, coefficient) for pauli_word, each in operator.terms.items()})


def _multiply(left: PauliWord, right: PauliWord) -> tuple[complex, PauliWord]:
    """phase and Pauli word of the product of two Pauli words."""
    if not left or not right:
        return 1, left or right
    if left[-1][0] < right[0][0]:
        return 1, left + right
    letters, phase = dict(left), 1 + 0j
    for wire, letter in right:
        before = letters.get(wire)
        if before is None:
            letters[wire] = letter
        elif before == letter:
            del letters[wire]
        else:
            factor, letters[wire] = _PRODUCTS[before + letter]
            phase *= factor
    return phase, tuple(sorted(letters.items()))
