"""Sums of Pauli words as arrays, many sums side by side.

A word is two rows of bits, x for X and Y, z for Z and Y, in limbs of 64. Words lie in slots and keep them; slot 0 is
nobody's and has the coefficient 0. Equal words are found by a hash that is linear over XOR, so that the hash of a
product is the XOR of hashes; that equal hashes are equal words is looked at each time.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.uint64]
Slots = NDArray[np.int64]
Reals = NDArray[np.float64]

_ROOM = 1024
_ARRAYS = ("x", "z", "hash", "owner", "coefficient", "sign", "alive")
ONE = np.uint64(1)


class CollisionError(Exception):
    """Two different words have one hash."""


@dataclass(frozen=True, eq=False)
class Hashes:
    """Random hashes of X and Z on each wire, shape (wires,), and of each sum."""

    x: Masks
    z: Masks
    sums: Masks

    @classmethod
    def of(cls, wires: int, sums: int, seed: int) -> Hashes:
        draw = np.random.default_rng(seed)
        x, z, own = (draw.integers(1, 2**64, count, np.uint64) for count in (wires, wires, sums))
        return cls(x, z, own)

    def local(self, wires: tuple[int, ...]) -> Masks:
        """Hashes of all words on some wires in the order IXYZ, first wire most significant, shape (4^w,)."""
        table = np.zeros(1, np.uint64)
        for wire in wires:
            x, z = self.x[wire], self.z[wire]
            table = (table[:, None] ^ np.array([0, x, x ^ z, z], np.uint64)).reshape(-1)
        return table


class PauliSums:
    """The words of several sums, in slots 1 to `size - 1`.

    x, z         (limbs, room) bits
    hashes       (room,)
    coefficient  (room,) that of the word is this times `sign`
    owner        (room,) number of the sum
    alive        (room,) whether a word is there
    """

    def __init__(self, x: Masks, z: Masks, hashes: Hashes) -> None:
        """`x` and `z` of the one word that each sum begins with, shape (limbs, sums)."""
        limbs, count = x.shape
        self.size, self.living = count + 1, count
        room = max(_ROOM, 2 * count)
        self.x: Masks = np.zeros((limbs, room), np.uint64)
        self.z: Masks = np.zeros((limbs, room), np.uint64)
        self.hash: Masks = np.zeros(room, np.uint64)
        self.owner: Slots = np.zeros(room, np.int64)
        self.coefficient: Reals = np.zeros(room)
        self.sign: Reals = np.ones(room)
        self.alive: NDArray[np.bool_] = np.zeros(room, bool)
        own = slice(1, self.size)
        self.x[:, own], self.z[:, own] = x, z
        self.owner[own], self.alive[own], self.coefficient[own] = np.arange(count), True, 1.0
        self.hash[own] = hashes.sums
        for wire in range(len(hashes.x)):
            limb, bit = wire // 64, np.uint64(wire % 64)
            self.hash[own] ^= np.where(x[limb] >> bit & ONE, hashes.x[wire], np.uint64(0))
            self.hash[own] ^= np.where(z[limb] >> bit & ONE, hashes.z[wire], np.uint64(0))

    def append(self, x: Masks, z: Masks, hashes: Masks, owner: Slots) -> Slots:
        """The slots of new words with coefficient 0, x and z of shape (limbs, count)."""
        first, self.size = self.size, self.size + len(owner)
        if self.size > len(self.hash):
            self._grow(max(self.size, 2 * len(self.hash)))
        own = slice(first, self.size)
        self.x[:, own], self.z[:, own], self.hash[own], self.owner[own] = x, z, hashes, owner
        self.coefficient[own], self.sign[own], self.alive[own] = 0.0, 1.0, True
        self.living += len(owner)
        return np.arange(first, self.size)

    def _grow(self, room: int) -> None:
        more = room - len(self.hash)
        self.x, self.z = (np.pad(each, ((0, 0), (0, more))) for each in (self.x, self.z))
        self.hash, self.owner = np.pad(self.hash, (0, more)), np.pad(self.owner, (0, more))
        self.coefficient, self.alive = np.pad(self.coefficient, (0, more)), np.pad(self.alive, (0, more))
        self.sign = np.pad(self.sign, (0, more), constant_values=1.0)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(getattr(self, name).nbytes for name in _ARRAYS)

    def copied(self) -> PauliSums:
        """The same words in the same slots, in arrays of their own without room for more."""
        other = copy(self)
        for name in _ARRAYS:
            setattr(other, name, getattr(self, name)[..., : self.size].copy())
        return other

    def drop(self, slots: Slots) -> None:
        """Takes words away. What is left in their slots is the identity times 0, which no step looks at."""
        self.x[:, slots] = 0
        self.z[:, slots] = 0
        self.coefficient[slots], self.alive[slots] = 0.0, False
        self.living -= len(slots)

    def compacted(self) -> Slots:
        """Moves the words together; gives the slots where they were, slot 0 first."""
        kept = np.concatenate([[0], np.flatnonzero(self.alive[: self.size])])
        own = slice(0, len(kept))
        for each in (self.x, self.z):
            each[:, own] = each[:, kept]
            each[:, len(kept) : self.size] = 0
        for array in (self.hash, self.owner, self.coefficient, self.sign, self.alive):
            array[own] = array[kept]
            array[len(kept) : self.size] = array[0]
        self.size = len(kept)
        return kept

    def weights(self, slots: Slots) -> Slots:
        """Letters of words, shape (slots,)."""
        return weights_of(self.x[:, slots] | self.z[:, slots])


def weights_of(masks: Masks) -> Slots:
    """Ones of masks of shape (limbs, count), shape (count,)."""
    counts: Slots = np.bitwise_count(masks).sum(axis=0, dtype=np.int64)
    return counts


def classes(keys: Masks) -> tuple[Slots, Slots]:
    """The order that sorts keys, and where in it the first of each class of equal keys stands."""
    order = np.argsort(keys)
    ordered = keys[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
