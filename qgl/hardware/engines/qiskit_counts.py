"""Qiskit's answers as strings in the program's order. Qiskit counts by numbers in which bit k has the value 2^k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.hardware.engines.engine import Strings

OUTPUT = "c"  # the register of a text whose bit k is bit k of a string


def outputs_of(circuit: Any) -> list[int]:
    """For each bit of the output register of a `QuantumCircuit` its place among all bits."""
    index = {bit: k for k, bit in enumerate(circuit.clbits)}
    return [index[bit] for register in circuit.cregs if register.name == OUTPUT for bit in register]


def strings_of(counts: Mapping[str, int], places: Sequence[int], rng: np.random.Generator) -> Strings:
    """Counts by hexadecimal numbers as strings in random order.

    Args:
        counts: how often each number came, by its name such as "0x1f".
        places: for bit k of a string its place in the number.
        rng: what the order is drawn from.

    Returns:
        uint8, shape (sum of the counts, len(places)).
    """
    size = max(max(places) // 8 + 1, *(len(name) // 2 for name in counts))
    numbers = b"".join(int(name, 16).to_bytes(size, "little") for name in counts)
    table = np.frombuffer(numbers, np.uint8).reshape(len(counts), size)
    bits = np.unpackbits(table, axis=1, bitorder="little")[:, list(places)]
    return rng.permutation(np.repeat(bits, list(counts.values()), axis=0))


def strings_of_bytes(packed: NDArray[np.uint8], width: int) -> Strings:
    """The bytes of a `BitArray`, shape (shots, bytes), most significant first, as strings of `width` bits."""
    return np.ascontiguousarray(np.unpackbits(packed, axis=1, bitorder="big")[:, ::-1][:, :width])
