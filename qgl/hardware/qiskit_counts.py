"""Qiskit's answers as strings in the program's order. Qiskit counts by numbers in which bit k has the value 2^k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.hardware.engine import Strings


def strings_of(counts: Mapping[str, int], places: Sequence[int], rng: np.random.Generator) -> Strings:
    """Counts by hexadecimal numbers as strings in random order.

    Args:
        counts: how often each number came, by its name such as "0x1f".
        places: for bit k of a string its place in the number.
        rng: what the order is drawn from.

    Returns:
        uint8, shape (sum of the counts, len(places)).
    """
    size = max(places, default=0) // 8 + 1
    numbers = b"".join(int(name, 16).to_bytes(max(size, (len(name) - 1) // 2), "little")[:size] for name in counts)
    table = np.frombuffer(numbers, np.uint8).reshape(len(counts), size)
    bits = np.unpackbits(table, axis=1, bitorder="little")[:, list(places)]
    return rng.permutation(np.repeat(bits, list(counts.values()), axis=0))


def places_of(circuit_bits: Sequence[object], output: Sequence[object]) -> tuple[int, ...]:
    """For each bit of the output its place among all bits of a Qiskit circuit."""
    index = {bit: k for k, bit in enumerate(circuit_bits)}
    return tuple(index[bit] for bit in output)


def unpacked(array: NDArray[np.uint8], width: int) -> Strings:
    """The packed bytes of a `BitArray` of SamplerV2, shape (shots, bytes), as strings of `width` bits."""
    return np.unpackbits(array, axis=1, bitorder="big")[:, ::-1][:, :width]
