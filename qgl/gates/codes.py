"""Codes of variables: the value in binary, most significant bit first, in as many qubits as it needs, at least one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product


def code_bits(values: int) -> int:
    """Qubits of a variable of so many values."""
    return max(1, (values - 1).bit_length())


def codes_of(sizes: Sequence[int]) -> list[int]:
    """The basis state, first variable most significant, of every combination of values, in order."""
    bits = [code_bits(size) for size in sizes]
    codes = []
    for values in product(*map(range, sizes)):
        code = 0
        for value, width in zip(values, bits, strict=True):
            code = code << width | value
        codes.append(code)
    return codes
