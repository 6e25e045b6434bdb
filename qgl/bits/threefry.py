"""Threefry-2x32 with 20 rounds, the generator behind the keys of JAX, for NumPy and JAX alike.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Integers = Any  # an array of NumPy or JAX, of uint32

NAME = "threefry2x32"
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)


class Operations(Protocol):
    """What is done with arrays of uint32 that have one shape; sums leave out what is above 32 bits."""

    def add(self, left: Integers, right: Integers) -> Integers:
        """The sum."""

    def bitwise_xor(self, left: Integers, right: Integers) -> Integers:
        """The exclusive or."""

    def bitwise_or(self, left: Integers, right: Integers) -> Integers:
        """The inclusive or."""

    def left_shift(self, numbers: Integers, places: np.uint32) -> Integers:
        """Bits moved to higher places."""

    def right_shift(self, numbers: Integers, places: np.uint32) -> Integers:
        """Bits moved to lower places, with 0 behind them."""


def hashed(
    operations: Operations, key: tuple[Integers, Integers], counters: tuple[Integers, Integers]
) -> tuple[Integers, Integers]:
    """The hashes of pairs of words by keys, all of one shape or of shapes that the operations broadcast."""
    add, xor = operations.add, operations.bitwise_xor
    parity = xor(xor(key[0], key[1]), _PARITY)
    keys = (*key, parity)
    x, y = add(counters[0], keys[0]), add(counters[1], keys[1])
    for turn in range(5):
        for by in _ROTATIONS[turn % 2]:
            x = add(x, y)
            higher = operations.left_shift(y, np.uint32(by))
            y = xor(operations.bitwise_or(higher, operations.right_shift(y, np.uint32(32 - by))), x)
        x = add(x, keys[(turn + 1) % 3])
        y = add(add(y, keys[(turn + 2) % 3]), np.uint32(turn + 1))
    return x, y
