"""Steps as masks of the words of some sums, whose wires are numbered anew: those that their light cones hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.plan.propagation.pauli_sum import ONE, Hashes, Masks, PauliSums, Slots
from qgl.plan.propagation.steps import Clifford, Rotation, Start, Step, Transfer

Letters = tuple[tuple[int, int], ...]  # of a Pauli word: wires, ascending, and 1 to 3 for X, Y, Z
_DIGIT = np.array([0, 1, 3, 2], np.int64)  # from these bits to the place in IXYZ
_X_OF, _Z_OF = np.array([0, 1, 1, 0], np.uint64), np.array([0, 0, 1, 1], np.uint64)


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Where a step acts: limbs with masks of its wires, and each wire as limb and bit."""

    limbs: tuple[int, ...]
    masks: tuple[np.uint64, ...]
    bits: tuple[tuple[int, np.uint64], ...]

    @classmethod
    def of(cls, wires: Sequence[int]) -> Places:
        masks: dict[int, int] = {}
        for wire in wires:
            masks[wire // 64] = masks.get(wire // 64, 0) | 1 << wire % 64
        bits = tuple((wire // 64, np.uint64(wire % 64)) for wire in wires)
        return cls(tuple(masks), tuple(map(np.uint64, masks.values())), bits)

    def touched(self, sums: PauliSums) -> Slots:
        """Slots of the words that have a letter here."""
        letters: Masks = np.zeros(sums.size, np.uint64)
        for limb, mask in zip(self.limbs, self.masks, strict=True):
            letters |= (sums.x[limb, : sums.size] | sums.z[limb, : sums.size]) & mask
        return np.flatnonzero(letters)

    def digits(self, sums: PauliSums, slots: Slots) -> Slots:
        """The letters of words here as one number, in the order IXYZ, first wire most significant."""
        number = np.zeros(len(slots), np.int64)
        for limb, bit in self.bits:
            x, z = sums.x[limb, slots] >> bit & ONE, sums.z[limb, slots] >> bit & ONE
            number = 4 * number + _DIGIT[(x | z << ONE).astype(np.int64)]
        return number

    def put(self, x: Masks, z: Masks, digits: Slots) -> None:
        """Puts letters here into words of shape (limbs, count)."""
        for k, (limb, bit) in enumerate(self.bits):
            letter = digits >> 2 * (len(self.bits) - 1 - k) & 3
            clear = ~(ONE << bit)
            x[limb] = x[limb] & clear | _X_OF[letter] << bit
            z[limb] = z[limb] & clear | _Z_OF[letter] << bit


@dataclass(frozen=True, eq=False, slots=True)
class LocalRotation:
    """A Pauli word by its masks in `limbs`, its hash, and how many Y it has."""

    limbs: tuple[int, ...]
    x: tuple[np.uint64, ...]
    z: tuple[np.uint64, ...]
    hash: np.uint64
    ys: int
    angle: int

    def anticommuting(self, sums: PauliSums) -> Slots:
        """Slots of the words that anticommute with it."""
        size = sums.size
        odd = np.zeros(size, np.uint8)
        for limb, x, z in zip(self.limbs, self.x, self.z, strict=True):
            overlap: Masks = np.zeros(size, np.uint64)
            if z:
                overlap = sums.x[limb, :size] & z
            if x:
                overlap = overlap ^ (sums.z[limb, :size] & x)
            odd ^= np.bitwise_count(overlap)
        return np.flatnonzero(odd & 1)

    def signs(self, sums: PauliSums, slots: Slots) -> NDArray[np.float64]:
        """Of words W, the s in i P W = s W', shape (slots,); W' is their product without a phase."""
        power = np.full(len(slots), 1 + self.ys, np.int64)
        for limb, px, pz in zip(self.limbs, self.x, self.z, strict=True):
            x, z = sums.x[limb, slots], sums.z[limb, slots]
            power += np.bitwise_count(x & z)
            power -= np.bitwise_count((x ^ px) & (z ^ pz))
            power += 2 * np.bitwise_count(x & pz).astype(np.int64)
        signs: NDArray[np.float64] = 1.0 - (power & 3).astype(np.float64)
        return signs

    def times(self, x: Masks, z: Masks) -> None:
        """Words of shape (limbs, count) become their products with it."""
        for limb, px, pz in zip(self.limbs, self.x, self.z, strict=True):
            x[limb] ^= px
            z[limb] ^= pz


@dataclass(frozen=True, eq=False, slots=True)
class LocalTable:
    """A Clifford gate or a transfer matrix, where it acts, and the hashes of all words there."""

    places: Places
    step: Clifford | Transfer
    hashes: Masks


@dataclass(frozen=True, eq=False, slots=True)
class LocalStart:
    """Wires in |0>, with the hash of Z on each."""

    places: Places
    hashes: Masks


LocalStep = LocalRotation | LocalTable | LocalStart


@dataclass(frozen=True, eq=False)
class Batch:
    """Some sums, each of which begins with one word.

    numbers  of the words in the query
    x, z     (limbs, sums) these words
    """

    numbers: Slots
    x: Masks
    z: Masks
    steps: tuple[LocalStep, ...]
    hashes: Hashes


def batch_of(steps: Sequence[Step], numbers: Slots, letters: Sequence[Letters], seed: int) -> Batch:
    """The sums that begin with words given by (wire, letter 1 to 3), with what `steps` lie in their light cones."""
    reached = {wire for pauli_word in letters for wire, _ in pauli_word}
    cone: list[Step] = []
    for step in steps:
        if not reached.isdisjoint(step.wires):
            cone.append(step)
            if not isinstance(step, Start):
                reached.update(step.wires)
    place = {wire: k for k, wire in enumerate(sorted(reached))}
    hashes = Hashes.of(len(place), len(letters), seed)
    x, z = (np.zeros((len(place) // 64 + 1, len(letters)), np.uint64) for _ in range(2))
    for number, pauli_word in enumerate(letters):
        for wire, letter in pauli_word:
            limb, bit = divmod(place[wire], 64)
            x[limb, number] |= _X_OF[letter] << np.uint64(bit)
            z[limb, number] |= _Z_OF[letter] << np.uint64(bit)
    local = tuple(_local(step, place, hashes) for step in cone)
    return Batch(numbers, x, z, local, hashes)


def _local(step: Step, place: dict[int, int], hashes: Hashes) -> LocalStep:
    wires = tuple(place[wire] for wire in step.wires if wire in place)
    match step:
        case Rotation():
            return _rotation(step, wires, hashes)
        case Start():
            return LocalStart(Places.of(wires), hashes.z[list(wires)])
        case _:
            return LocalTable(Places.of(wires), step, hashes.local(wires))


def _rotation(step: Rotation, wires: tuple[int, ...], hashes: Hashes) -> LocalRotation:
    masks: dict[int, list[int]] = {}
    own = 0
    for wire, letter in zip(wires, step.letters, strict=True):
        pair = masks.setdefault(wire // 64, [0, 0])
        pair[0] |= int(_X_OF[letter]) << wire % 64
        pair[1] |= int(_Z_OF[letter]) << wire % 64
        own ^= (int(hashes.x[wire]) if _X_OF[letter] else 0) ^ (int(hashes.z[wire]) if _Z_OF[letter] else 0)
    x, z = (tuple(np.uint64(pair[k]) for pair in masks.values()) for k in range(2))
    return LocalRotation(tuple(masks), x, z, np.uint64(own), step.letters.count(2), step.angle)
