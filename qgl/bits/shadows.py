"""Reduced states of small regions from measurements in Pauli bases, without bias.

The mean of a Pauli word is that of the products of bits in the shots that measure all of its letters; so whatever the
bases are, chosen or drawn, it is unbiased. With bases drawn at random these are classical shadows (Huang, Kueng,
Preskill, Nature Physics 16, 1050 (2020)) with fewer zeros in the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Regions = tuple[tuple[int, ...], ...]
Real = NDArray[np.float64]

_AT_ONCE = 1 << 24  # entries of products that are held together
_PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]) / 2


@dataclass(frozen=True, eq=False)
class Shadows:
    """What shots say of regions of k qubits each, word by word; words are numbers of base 4, their letters I, X, Y, Z.

    means   of the Pauli words, shape (regions, 4^k)
    counts  shots behind each, shape (regions, 4^k); where there are none the mean is 0
    """

    means: Real
    counts: Real

    @classmethod
    def of(cls, rows: NDArray[np.uint8], bases: NDArray[np.uint8], regions: Regions) -> Shadows:
        """From bits and their bases, 1 to 3 for X, Y and Z, both of shape (shots, n)."""
        pairs = [_counted(rows[:, list(region)], bases[:, list(region)]) for region in regions]
        sums, counts = (np.stack(each) for each in zip(*pairs, strict=True))
        return cls(np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0), counts)

    @property
    def states(self) -> NDArray[np.complex128]:
        """The reduced states, shape (regions, 2^k, 2^k): Hermitian, of trace 1, with eigenvalues below 0 by chance."""
        size = (self.means.shape[1].bit_length() - 1) // 2
        result: NDArray[Any] = self.means.astype(np.complex128).reshape(-1, *[4] * size)
        for _ in range(size):  # a letter becomes a row and a column, behind those of the letters before
            result = np.tensordot(result, _PAULIS, axes=([1], [0]))
        rows, columns = (range(1 + k, 2 * size + 1, 2) for k in range(2))
        return result.transpose(0, *rows, *columns).reshape(-1, 2**size, 2**size)

    @property
    def noise(self) -> Real:
        """What chance adds on average to Tr(rho - sigma)^2, sigma being these states, shape (regions,)."""
        variances = (1 - self.means**2) / np.maximum(self.counts - 1, 1)
        total: Real = variances.sum(axis=1) / np.sqrt(self.means.shape[1])
        return total


def outcome_shares(rows: NDArray[np.uint8], bases: NDArray[np.uint8], regions: Regions) -> Real:
    """How often each outcome of the qubits of a region comes, shape (regions, 6^k), from bits and their bases.

    Outcomes are numbers of base 6, their digits X = +1, X = -1, Y = +1, Y = -1, Z = +1, Z = -1.
    """
    digits = 2 * (bases.astype(np.int64) - 1) + rows
    size = len(regions[0])
    weights = 6 ** np.arange(size)[::-1]
    counts = [np.bincount(digits[:, list(region)] @ weights, minlength=6**size) for region in regions]
    shares: Real = np.stack(counts) / len(rows)
    return shares


def least_measured(bases: NDArray[np.uint8], regions: Regions) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """The Pauli word that the fewest shots measure, among those that touch all of a region: region, letters, shots."""
    size = len(regions[0])
    weights = 3 ** np.arange(size)[::-1]
    fewest = None
    for region in regions:
        counts = np.bincount((bases[:, list(region)].astype(np.int64) - 1) @ weights, minlength=3**size)
        code = int(np.argmin(counts))
        if fewest is None or counts[code] < fewest[2]:
            letters = tuple(int(each) for each in code // weights % 3 + 1)
            fewest = region, letters, int(counts[code])
    assert fewest is not None  # there is a region
    return fewest


def _counted(rows: NDArray[np.uint8], bases: NDArray[np.uint8]) -> tuple[Real, Real]:
    """For every word on k qubits the sum of the products of its bits, and the shots that measure it, shape (4^k,)."""
    size = rows.shape[1]
    sums, counts, step = np.zeros(4**size), np.zeros(4**size), max(1, _AT_ONCE >> 2 * size)
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        measured = np.eye(4)[bases[part]]
        measured[..., 0] = 1  # every shot measures the identity
        signed = measured * np.where(np.arange(4) == 0, 1, 1 - 2.0 * rows[part, :, None])
        sums += _products(signed)
        counts += _products(measured)
    return sums, counts


def _products(table: Real) -> Real:
    """The products of the entries of all qubits, summed over the shots: shape (shots, k, 4) -> (4^k,)."""
    product = np.ones((len(table), 1))
    for place in range(table.shape[1] - 1):
        product = (product[:, :, None] * table[:, place, None, :]).reshape(len(table), -1)
    total: Real = (product.T @ table[:, -1]).reshape(-1)
    return total
