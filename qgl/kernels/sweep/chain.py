"""The chain of open qubits of many strings at once, on arrays of NumPy.

A matrix product state for each string, all of the same bonds, so that one call of LAPACK's serves all strings. One site
is the *centre*: those left of it are isometries from the left, those right of it from the right, so that what is cut
off there is known: of a normalised state, singular values whose squares sum up to w.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sites = NDArray[np.complex128]  # shape (strings or 1, left, 2, right)
Bits = NDArray[np.bool_]
Choose = Callable[[NDArray[np.float64]], Bits]  # from the probabilities of 1, shape (strings or 1,), to bits (strings,)
LEAST = 1e-14  # of the largest singular value of a gate, those that count as zero


class Chain:
    """Qubits that are open.

    lost  of each string the sum of sqrt(w) over all cuts, shape (strings or 1,)

    Args:
        bond: the largest one.
        tolerance: the sum of sqrt(w) that each string may come to, as far as `bond` allows; bonds are no larger than
            that takes. Each cut has an equal share of what is left of it. None: bonds are cut down to `bond` alone.
        cuts: how many there will be, of all gates.
    """

    def __init__(self, bond: int, tolerance: float | None = None, cuts: int = 0) -> None:
        self.bond, self.lost = bond, np.zeros(1)
        self._tolerance, self._cuts = tolerance, cuts
        self._sites: list[Sites] = []
        self._centre = 0

    def open(self, place: int, start: NDArray[np.complex128]) -> None:
        """Puts a qubit in a state of shape (2,), which no other one knows of, at a place."""
        bond = self._sites[place].shape[1] if place < len(self._sites) else 1
        self._sites.insert(place, (np.eye(bond)[:, None, :] * start[:, None])[None])
        if len(self._sites) > 1 and place <= self._centre:
            self._centre += 1

    def act(self, places: Sequence[int], parts: Sequence[Sites]) -> None:
        """Applies a gate at ascending places, as `parts_of` splits it."""
        first, last = places[0], places[-1]
        if first == last:
            self._sites[first] = np.einsum("xuvy,slvr->slur", parts[0], self._sites[first])
            return
        self._move(first)
        number = -1
        for place in range(first, last + 1):
            site = self._sites[place]
            if place in places:
                number += 1
                site = np.einsum("xuvy,slvr->slxury", parts[number], site)
            else:
                site = np.einsum("xy,slur->slxury", np.eye(parts[number].shape[-1]), site)
            count, left, one, _, right, other = site.shape
            self._sites[place] = site.reshape(count, left * one, 2, right * other)
        self._move(last)
        for place in range(last, first, -1):
            self._cut(place)

    def take(self, place: int, choose: Choose) -> tuple[Bits, NDArray[np.float64]]:
        """Makes the bit of a qubit known, which is gone then: the bit and its probability, shapes (strings,)."""
        self._move(place)
        site = self._sites.pop(place)
        weights = np.square(np.abs(site)).sum(axis=(1, 3))
        total = weights.sum(axis=1)
        ones = np.divide(weights[:, 1], total, out=np.full(len(total), 0.5), where=total > 0)
        bits = choose(ones)
        left = np.where(bits[:, None, None], site[:, :, 1], site[:, :, 0])
        p = np.where(bits, ones, 1 - ones)
        size = np.sqrt(np.square(np.abs(left)).sum(axis=(1, 2), keepdims=True))
        left = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
        if place:
            self._sites[place - 1] = _joined(self._sites[place - 1], left)
        elif self._sites:
            self._sites[0] = _before(left, self._sites[0])
        self._centre = max(place - 1, 0)
        return bits, p

    def _move(self, place: int) -> None:
        """Makes a place the centre."""
        while self._centre < place:
            site = self._sites[self._centre]
            count, left, _, right = site.shape
            whole, rest = np.linalg.qr(site.reshape(count, 2 * left, right))
            self._sites[self._centre] = whole.reshape(count, left, 2, -1)
            self._centre += 1
            self._sites[self._centre] = _before(rest, self._sites[self._centre])
        while self._centre > place:
            site = self._sites[self._centre]
            count, left, _, right = site.shape
            whole, rest = np.linalg.qr(site.reshape(count, left, 2 * right).conj().swapaxes(1, 2))
            self._sites[self._centre] = whole.conj().swapaxes(1, 2).reshape(count, -1, 2, right)
            self._centre -= 1
            self._sites[self._centre] = _joined(self._sites[self._centre], rest.conj().swapaxes(1, 2))

    def _cut(self, place: int) -> None:
        """Cuts the bond on the left of the centre, `place`, down, and makes the site there the centre."""
        site = self._sites[place]
        count, left, _, right = site.shape
        if self._tolerance is None and min(left, 2 * right) <= self.bond:
            self._move(place - 1)
            return
        u, s, v = np.linalg.svd(site.reshape(count, left, 2 * right), full_matrices=False)
        squares = np.square(s)
        total = squares.sum(axis=1, keepdims=True)
        squares = np.divide(squares, total, out=np.zeros_like(squares), where=total > 0)
        tails = np.concatenate([np.cumsum(squares[:, ::-1], axis=1)[:, ::-1], np.zeros((count, 1))], axis=1)
        ranks = self._ranks(np.sqrt(tails))
        lost = np.take_along_axis(tails, ranks[:, None], axis=1)
        self.lost = self.lost + np.sqrt(lost[:, 0])
        width = int(ranks.max())
        s = np.where(np.arange(width) < ranks[:, None], s[:, :width], 0) / np.sqrt(1 - lost)
        self._sites[place] = v[:, :width].reshape(count, -1, 2, right)
        self._sites[place - 1] = _joined(self._sites[place - 1], u[:, :, :width] * s[:, None])
        self._centre = place - 1

    def _ranks(self, roots: NDArray[np.float64]) -> NDArray[np.intp]:
        """How many singular values of each string are kept, shape (count,), from the roots of the weights that each
        number would cut off, shape (count, numbers + 1).

        A string has its own, so that its likelihood does not depend on the strings beside it.
        """
        most = min(self.bond, roots.shape[1] - 1)
        if self._tolerance is None:
            return np.full(len(roots), most)
        allowed = np.maximum(self._tolerance - self.lost, 0.0) / max(self._cuts, 1)
        self._cuts -= 1
        ranks: NDArray[np.intp] = np.clip((roots > allowed[:, None]).sum(axis=1), 1, most)
        return ranks


def _joined(site: Sites, matrix: NDArray[Any]) -> Sites:
    """A site times a matrix on its right, shapes (strings, left, 2, right) and (strings, right, new)."""
    count, left, _, right = site.shape
    product: Sites = (site.reshape(count, 2 * left, right) @ matrix).reshape(-1, left, 2, matrix.shape[2])
    return product


def _before(matrix: NDArray[Any], site: Sites) -> Sites:
    """A matrix times a site on its right, shapes (strings, new, left) and (strings, left, 2, right)."""
    count, left, _, right = site.shape
    product: Sites = (matrix @ site.reshape(count, left, 2 * right)).reshape(-1, matrix.shape[1], 2, right)
    return product


def parts_of(matrix: NDArray[np.complex128], qubits: int) -> list[Sites]:
    """A gate as a product of parts of shape (left, out, in, right), one for each qubit.

    matrix: shape (2,) * 2 qubits, what goes out first.
    """
    order = [axis for k in range(qubits) for axis in (k, qubits + k)]
    rest = matrix.transpose(order).reshape(1, -1)
    parts = []
    for _ in range(qubits - 1):
        left = len(rest)
        u, s, v = np.linalg.svd(rest.reshape(left * 4, -1), full_matrices=False)
        rank = max(1, int((s > LEAST * s[0]).sum()))
        root = np.sqrt(s[:rank])
        parts.append((u[:, :rank] * root).reshape(left, 2, 2, rank))
        rest = root[:, None] * v[:rank]
    return [*parts, rest.reshape(-1, 2, 2, 1)]
