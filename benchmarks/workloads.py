"""The workloads: one circuit, two losses, and the numbers that go in. Every contender computes the same.

n qubits; `layers` times RX(a_i), RZ(b_i) on every qubit, then RXX(c_i) on the ring (i, i + 1 mod n). The angles have
shape (layers, 3, n) and the law N(0, 1).

W1   -sum_x t(x) log(p(x) + 1e-10) for a law t proportional to u^8, u uniform: exact likelihood
W1b  <sum_i Z_i Z_(i+1) + sum_i X_i> on the ring: energy
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

PROGRAM = """\
const n = 8, layers = 4;
param a[layers, n] ~ normal(0, 1);
param b[layers, n] ~ normal(0, 1);
param c[layers, n] ~ normal(0, 1);
visible v[n];
model {
    repeat layers as l {
        for k in 0..n - 1 { rx(a[l, k]) v[k]; }
        for k in 0..n - 1 { rz(b[l, k]) v[k]; }
        for k in 0..n - 1 { rxx(c[l, k]) v[k], v[(k + 1) % n]; }
    }
}
"""


@dataclass(frozen=True, slots=True)
class Case:
    workload: str
    qubits: int
    layers: int

    @property
    def angles(self) -> Numbers:
        """Shape (layers, 3, n)."""
        return np.random.default_rng(0).normal(size=(self.layers, 3, self.qubits))

    @property
    def target(self) -> Numbers:
        """The law of W1, shape (2^n,)."""
        powers = np.random.default_rng(1).uniform(size=2**self.qubits) ** 8
        return np.asarray(powers / powers.sum())

    @property
    def words(self) -> list[str]:
        """The Pauli words of W1b, each with coefficient 1."""
        n = self.qubits
        bonds = ["".join("Z" if q in (k, (k + 1) % n) else "I" for q in range(n)) for k in range(n)]
        return bonds + ["".join("X" if q == k else "I" for q in range(n)) for k in range(n)]


CASES: dict[str, tuple[Case, ...]] = {
    "W1": tuple(Case("W1", n, layers) for n, layers in ((8, 4), (8, 20), (12, 4), (12, 20))),
    "W1b": tuple(Case("W1b", n, 10) for n in (8, 12, 16, 20)),
}
QUICK: dict[str, tuple[Case, ...]] = {"W1": CASES["W1"][:1], "W1b": CASES["W1b"][:2]}
