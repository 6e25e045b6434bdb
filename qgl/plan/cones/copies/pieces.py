"""Independent pieces of many Pauli words at once, and which pieces are read off the cones of larger ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distinct import distinct_rows
from qgl.plan.cones.copies.pattern import Links, walked

Ints = NDArray[np.int64]

MOST_SUBSETS = 6  # letters of a piece all of whose parts are looked for


def joined(links: Links, wires: Sequence[int], seen: Sequence[int]) -> list[list[int]] | None:
    """Which of some wires hang together, as their cones have wires in common: lists of their places, ascending.

    None where a cone is too large.
    """
    parts: list[tuple[list[int], set[int]]] = []
    for place, (wire, level) in enumerate(zip(wires, seen, strict=True)):
        cone = walked(links, (wire,), (level,))
        if cone is None:
            return None
        near = [part for part in parts if not part[1].isdisjoint(cone.reached)]
        parts = [part for part in parts if part[1].isdisjoint(cone.reached)]
        places = sorted([place, *(other for part in near for other in part[0])])
        parts.append((places, set(cone.reached).union(*(part[1] for part in near))))
    return sorted(places for places, _ in parts)


def homes_of(starts: Ints) -> Ints:
    """For each piece the number of one that holds it and is run, its own or a larger one's, as `factors.absorb` has it.

    starts: of each piece ascending, shape (pieces, starts), padded with -1; no two pieces are equal.
    """
    lengths, width = (starts >= 0).sum(axis=1), starts.shape[1]
    padded = np.where(starts < 0, np.iinfo(np.int64).max, starts)
    order = np.lexsort((*padded.T[::-1], -lengths))
    homes = np.arange(len(starts))
    only_bits = ((starts & 1) == 0) | (starts < 0)
    bits = only_bits.all(axis=1)
    keys: Ints = np.zeros((0, width + 1), np.int64)  # parts of homes
    owners: Ints = np.zeros(0, np.int64)  # and where these are in the order
    for length in sorted(set(lengths.tolist()), reverse=True):
        ranks = np.flatnonzero(lengths[order] == length)
        own = order[ranks]
        key = np.concatenate([starts[own], bits[own, None]], axis=1)
        first, number = distinct_rows(np.concatenate([key, keys]))
        latest = np.full(len(first), -1)
        np.maximum.at(latest, number[len(key) :], owners)
        held = latest[number[: len(key)]]
        homes[own] = np.where(held >= 0, order[held], own)
        alone = held < 0
        keys = np.concatenate([keys, *_parts(key[alone], length)])
        owners = np.concatenate([owners, *[ranks[alone]] * ((len(keys) - len(owners)) // max(1, int(alone.sum())))])
    return homes


def _parts(keys: Ints, length: int) -> list[Ints]:
    """All smaller parts of pieces of one length that have only bits, or not only bits, as the whole has."""
    parts = []
    for count in range(1, length) if length <= MOST_SUBSETS else ():
        for chosen in combinations(range(length), count):
            part = np.full_like(keys, -1)
            part[:, :count] = keys[:, chosen]
            bits = ((part[:, :count] & 1) == 0).all(axis=1)
            part[:, -1] = np.where(bits == keys[:, -1].astype(bool), keys[:, -1], -2)  # -2: no piece has it
            parts.append(part)
    return parts
