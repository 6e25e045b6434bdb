"""The workloads: programs, and the numbers that go in. Every contender computes the same.

W1      n, L     exact likelihood: RX(a), RZ(b) on every qubit, RXX(c) on the ring, L times;
                 -sum_x t(x) log(p(x) + 1e-10)
W1b     n, L     energy: the same circuit; <sum_i Z_i Z_(i+1) + sum_i X_i>
W2      n, d     a chain: RX(a), RZ(b) on every site, RZZ(c) on (i, i + 1) for i = l mod 2, d times;
                 mean_i (<Z_i Z_(i+1)> - t_i)^2
W2grid  s, d     the same on an s x s grid, RZZ on every edge in every layer; the Pauli words are the edges
W2g     s, d     the circuit of W2grid; squared maximum mean discrepancy on all Z words of weight 1 and 2
W2c     n, d     W2 with the channel `mix` as brick: two general two-qubit gates, one discarded qubit
W3      n        IQP: generators i; i, i + 1; i, i + 2 on the ring; squared maximum mean discrepancy from 1000 Z words
        and
                 1000 samples, sigma = sqrt(n) / 2
W4      n, d, B  the circuit of W2; mean negative log-likelihood of B strings
W4c     n, d, B  the circuit of W2c; the same
W6      n, L, N  a step of a diffusion model: N random states of n qubits and an ancilla; RX(a), RY(b) on all, CZ on the
                 chain, L times; the ancilla is measured; squared maximum mean discrepancy by |<x|y>|^4 of all 2 N
                 weighted states from N others
W7      L, w, e  Pauli propagation: <Z_62> of the kicked Ising model on 127 qubits of a heavy-hexagon machine, L layers
                 of RX(0.4) on all and RZZ(-pi / 2) on all couplings; Pauli words of at most w letters (0: of any
                 number), with coefficients of at least 10^-e (0: of any size); the value alone
W7g     L, w, e  the same, value and gradient by the angle of each RX
W7b     n, d, w, e  Pauli propagation: sum_i <Z_i Z_(i+1)> of the circuit of W2, words as in W7; the value alone
W7bg    n, d, w, e  the same, value and gradient by all angles

Angles have the distribution N(0, 1), in W3 N(0, 0.1); data rows are 1000 uniform strings; targets t are uniform on (-1,
1).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
DATA_ROWS = 1000

DENSE = """\
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
CHAIN = """\
const n = 20, depth = 4;
lattice sites = line(n);
visible v on sites;
local v within 1;
param a[depth, v] ~ normal(0, 1);
param b[depth, v] ~ normal(0, 1);
param c[depth, v] ~ normal(0, 1);
model {
    repeat depth as l {
        rx(a[l]) v;
        rz(b[l]) v;
        for (q, r) in brick(sites, l) { rzz(c[l, q]) q, r; }
    }
}
"""
GRID = """\
const side = 32, depth = 2;
lattice sites = grid(side, side);
visible v on sites;
local v within 1;
param a[depth, v] ~ normal(0, 1);
param b[depth, v] ~ normal(0, 1);
param c[depth, edges(sites)] ~ normal(0, 1);
model {
    repeat depth as l {
        rx(a[l]) v;
        rz(b[l]) v;
        for (q, r) in edges(sites) { rzz(c[l, q, r]) q, r; }
    }
}
"""
CHANNELS = """\
const n = 20, depth = 4;
lattice sites = line(n);
visible v on sites;
local v within 1;
channel mix(a: angle[15], b: angle[15], q: qubit, r: qubit) {
    fresh e;
    su4(a) q, e;
    su4(b) e, r;
}
param a[depth, v, 15] : angle ~ normal(0, 1);
param b[depth, v, 15] : angle ~ normal(0, 1);
model {
    repeat depth as l {
        for (q, r) in brick(sites, l) { mix(a[l, q], b[l, q]) q, r; }
    }
}
"""
IQP = """\
const n = 100;
visible s[n];
data rows = npz("rows.npz");
param one[n] ~ normal(0, 0.1);
param next[n] ~ normal(0, 0.1);
param skip[n] ~ normal(0, 0.1);
model {
    h s;
    for k in 0..n - 1 {
        exp(i * one[k] * Z[s[k]]);
        exp(i * next[k] * Z[s[k]] * Z[s[(k + 1) % n]]);
        exp(i * skip[k] * Z[s[k]] * Z[s[(k + 2) % n]]);
    }
    h s;
}
objective mmd(rows, hamming(sigma = sqrt(n) / 2), pauli_words = 1000, samples = 1000);
"""
DIFFUSION = """\
const n = 2, layers = 6, count = 1000;
data near = ensemble("states.npz");
latent start : state(n) ~ haar() draws count;
visible system[n] = start;
param a[layers, n + 1] ~ normal(0, 1);
param b[layers, n + 1] ~ normal(0, 1);
model {
    fresh e;
    repeat layers as l {
        rx(a[l, 0]) e;
        ry(b[l, 0]) e;
        for k in 0..n - 1 { rx(a[l, k + 1]) system[k]; ry(b[l, k + 1]) system[k]; }
        cz e, system[0];
        for (q, r) in chain(system) { cz q, r; }
    }
    measure e keep drawn;
}
objective mmd(near, fidelity(power = 2));
"""
KICKED = """\
const layers = 20;
lattice eagle = graph([{couplings}]);
visible v on eagle;
param kick[layers, v] ~ constant(0.4);
model {{ repeat layers as l {{ rx(kick[l]) v; for (a, b) in edges(eagle) {{ rzz(-pi / 2) a, b; }} }} }}
train {{ approximate propagation({limits}); }}
"""
KICK, SEEN = 0.4, 62
PAULI_WORDS = """
data rows = npz("rows.npz");
objective mmd(rows, hamming(sigma = side / 2), weight = 2);
"""
NLL = """
data rows = csv("rows.csv");
objective nll(rows);
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A workload and its sizes, in the order of the table at the head of this module."""

    workload: str
    sizes: tuple[int, ...]

    @property
    def width(self) -> int:
        """Number of sites."""
        return self.sizes[0] ** 2 if self.workload in ("W2grid", "W2g") else self.sizes[0]

    @property
    def layers(self) -> int:
        return self.sizes[1] if len(self.sizes) > 1 else 1

    @property
    def program(self) -> tuple[str, dict[str, int]]:
        """The text and its constants."""
        first, layers = self.sizes[0], self.layers
        match self.workload:
            case "W1" | "W1b":
                return DENSE, {"n": first, "layers": layers}
            case "W2grid":
                return GRID, {"side": first, "depth": layers}
            case "W2g":
                return GRID + PAULI_WORDS, {"side": first, "depth": layers}
            case "W2c" | "W4c":
                return CHANNELS, {"n": first, "depth": layers}
            case "W6":
                return DIFFUSION, {"n": first, "layers": layers, "count": self.sizes[2]}
            case "W7" | "W7g":
                edges = ", ".join(f"({a}, {b})" for a, b in couplings())
                return KICKED.format(couplings=edges, limits=", ".join(self._limits())), {"layers": first}
            case "W3":
                return IQP, {"n": first}
            case _:
                return CHAIN, {"n": first, "depth": layers}

    def _limits(self) -> list[str]:
        weight = [f"weight = {self.weight}"] if self.weight else []
        return [*weight, *([f"smallest = {self.smallest:g}"] if self.smallest else [])]

    @property
    def weight(self) -> int:
        """The most letters of a Pauli word that is kept in W7; 0: any number."""
        return self.sizes[-2]

    @property
    def smallest(self) -> float:
        """The least coefficient of a Pauli word that is kept in W7; 0: any."""
        return 10.0 ** -self.sizes[-1] if self.sizes[-1] else 0.0

    @property
    def angles(self) -> Numbers:
        """Angles of the circuits with a peer, shape (layers, 3, n); of W6 (layers, 2, n + 1), the ancilla first."""
        if self.workload == "W6":
            return np.random.default_rng(0).normal(size=(self.layers, 2, self.width + 1))
        scale = 0.1 if self.workload == "W3" else 1.0
        return np.random.default_rng(0).normal(scale=scale, size=(self.layers, 3, self.width))

    @property
    def distribution(self) -> Numbers:
        """The distribution of W1, proportional to u^8 with u uniform; shape (2^n,)."""
        powers = np.random.default_rng(1).uniform(size=2**self.width) ** 8
        return np.asarray(powers / powers.sum())

    @property
    def pauli_words(self) -> list[str]:
        """The Pauli words of W1b, each with coefficient 1."""
        n = self.width
        bonds = ["".join("Z" if q in (k, (k + 1) % n) else "I" for q in range(n)) for k in range(n)]
        return bonds + ["".join("X" if q == k else "I" for q in range(n)) for k in range(n)]

    @property
    def pairs(self) -> NDArray[np.int32]:
        """The places of the Pauli words of W2: (i, i + 1) on the chain, the edges on the grid. Shape (pauli_words,
        2).
        """
        if self.workload != "W2grid":
            return np.stack([np.arange(self.width - 1), np.arange(1, self.width)], axis=1).astype(np.int32)
        site = np.arange(self.width).reshape(self.sizes[0], -1)
        right = np.stack([site[:, :-1].ravel(), site[:, 1:].ravel()], axis=1)
        down = np.stack([site[:-1].ravel(), site[1:].ravel()], axis=1)
        return np.concatenate([right, down]).astype(np.int32)

    @property
    def targets(self) -> Numbers:
        """The t_i of W2, shape (pauli_words,)."""
        return np.random.default_rng(1).uniform(-1, 1, size=len(self.pairs))

    @property
    def rows(self) -> NDArray[np.uint8]:
        """Data of W2g, W3 and W4, shape (1000 or B, n)."""
        count = self.sizes[2] if self.workload in ("W4", "W4c") else DATA_ROWS
        return np.random.default_rng(2).integers(0, 2, size=(count, self.width), dtype=np.uint8)

    def states(self, seed: int) -> NDArray[np.complex128]:
        """Random states of W6, shape (N, 2^n)."""
        rng, shape = np.random.default_rng(seed), (self.sizes[2], 2**self.width)
        drawn = rng.normal(size=shape) + 1j * rng.normal(size=shape)
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def couplings() -> list[tuple[int, int]]:
    """The couplings of the machine of W7."""
    path = Path(__file__).resolve().parent.parent / "tests" / "kernels" / "propagation" / "eagle.json"
    return [(a, b) for a, b in json.loads(path.read_text(encoding="utf-8"))["couplings"]]


def _cases(workload: str, *sizes: tuple[int, ...]) -> tuple[Case, ...]:
    return tuple(Case(workload, each) for each in sizes)


CASES: dict[str, tuple[Case, ...]] = {
    "W1": _cases("W1", (8, 4), (8, 20), (12, 4), (12, 20)),
    "W1b": _cases("W1b", (8, 10), (12, 10), (16, 10), (20, 10)),
    "W2": _cases("W2", (20, 2), (20, 4), (100, 4), (1000, 4), (10_000, 4)),
    "W2grid": _cases("W2grid", (32, 2)),
    "W2g": _cases("W2g", (32, 2)),
    "W2c": _cases("W2c", (20, 4), (100, 4), (1000, 4), (10_000, 4)),
    "W3": _cases("W3", (100,), (1000,)),
    "W4": _cases("W4", (100, 4, 256), (1000, 4, 256), (1000, 8, 256), (10_000, 4, 64)),
    "W4c": _cases("W4c", (100, 4, 256), (1000, 4, 256), (10_000, 4, 64)),
    "W6": _cases("W6", (2, 6, 100), (2, 6, 1000), (4, 12, 100)),
    "W7": _cases("W7", (3, 0, 0), (5, 4, 0), (10, 4, 0), (5, 0, 4), (10, 0, 4), (20, 0, 4)),
    "W7g": _cases("W7g", (3, 0, 0), (5, 4, 0), (10, 4, 0)),
    "W7b": _cases("W7b", (1000, 2, 0, 0), (1000, 4, 4, 0)),
    "W7bg": _cases("W7bg", (1000, 2, 0, 0), (1000, 4, 4, 0)),
}
CASES["growth"] = tuple(
    Case(workload, (n, 4, 64) if workload in ("W4", "W4c") else (n, 4))
    for workload in ("W2", "W4", "W2c", "W4c")
    for n in (1000, 10_000, 100_000)
)
QUICK: dict[str, tuple[Case, ...]] = {name: cases[:1] for name, cases in CASES.items()}
