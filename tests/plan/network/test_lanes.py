"""Networks of circuits that are rolled up: the same tensors in the same columns as gate by gate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.workloads import CHAIN, CHANNELS
from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.ir import lanes
from qgl.ir.circuit import Circuit
from qgl.plan.network.columns import columns_of
from qgl.plan.network.tensors import network_of, traced_wires
from qgl.plan.planner import Planner
from qgl.program.rolled import Lane, Operations, pieces_of
from qgl.query import Expectation, LogProb
from qgl.source import Source
from tests.plan.network.test_network import contracted
from tests.reference.loops import random_loops, unrolled


def of_few_wires(rng: np.random.Generator, noisy: bool) -> Circuit:
    """Some of the wires may be traced out, `fresh` ones always are, and those that are read are in any order."""
    while len((circuit := random_loops(rng, noisy)).wires) > 6:
        pass
    register = len(circuit.visible)
    count = int(rng.integers(1, register + 1)) if rng.integers(0, 2) else register
    return replace(circuit, visible=tuple(rng.permutation(register)[:count].tolist()))


@pytest.mark.parametrize("bits_known", [False, True])
@pytest.mark.parametrize(
    ("algebra", "noisy"), [("amplitude", False), ("pauli_transfer", False), ("pauli_transfer", True)]
)
def test_random_loops(algebra: str, noisy: bool, bits_known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FEWEST", 1)
    rng, compared = np.random.default_rng(11), 0
    while compared < 4:
        circuit, inputs = of_few_wires(rng, noisy), rng.normal(size=40)
        assert circuit.lanes is not None
        if algebra == "amplitude" and traced_wires(circuit):
            continue
        made, reference = (network_of(each, algebra, bits_known) for each in (circuit, unrolled(circuit)))
        np.testing.assert_allclose(contracted(made, inputs), contracted(reference, inputs), atol=1e-10)
        assert len(made.tensors) == len(reference.tensors)
        own, other = columns_of(made), columns_of(reference)
        for one, two in ((own.bits, other.bits), (own.order, other.order), (own.kinds, other.kinds)):
            np.testing.assert_array_equal(one, two)
        compared += 1


RING = CHAIN.replace("line(n)", "ring(n)")
HIDDEN = """
const n = 20, depth = 4;
lattice sites = line(n);
visible v on sites;
hidden h on sites;
param a[depth, v] ~ normal(0, 1);
param b[depth, v] ~ normal(0, 1);
model {
    repeat depth as l {
        rx(a[l]) v;
        for (q, r) in brick(sites, l) { rzz(a[l, q]) h[q], h[r]; }
        for q in sites { rxx(b[l, q]) v[q], h[q]; }
    }
}
"""
EXPONENTIALS = """
const n = 20, depth = 4;
lattice sites = line(n);
visible v on sites;
param a[depth, v] ~ normal(0, 1);
model {
    repeat depth as l {
        for k in 0..n - 1 { let b = 2 * a[l, k]; exp(i * b * X[v[k]]); }
        for (q, r) in brick(sites, l) { ctrl rx(a[l, q]) v[q], v[r]; exp(i * a[l, r] * Z[v[q]] * Z[v[r]] / 2); }
    }
}
"""


NOISY = """
const n = 20, depth = 4;
lattice sites = line(n);
visible v on sites;
param a[depth, v] ~ normal(0, 1);
param p[depth, v] : probability ~ uniform(0, 0.1);
param u[v] : unitary(2) ~ normal(0, 1);
model {
    repeat depth as l {
        depolarizing(0.01) v;
        dephasing(p[l]) v;
        for (q, r) in brick(sites, l) { unitary(u[q]) q, r; amplitude_damping(p[l, q]) q, r; rx(a[l, q]) q; }
        kraus([[0.8, 0], [0, 0.8]], [[0.6, 0], [0, -0.6]]) v;
    }
}
"""
TEXTS = {"ring": RING, "hidden": HIDDEN, "exp": EXPONENTIALS, "channels": CHANNELS, "noisy": NOISY}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_plans_make_no_gate_of_a_loop(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And are as dear, in the same order of columns, as plans gate by gate."""
    program = analyse(Source("program.qgl", text), FolderEnvironment(Path()), {"n": 100, "depth": 2}).program
    rows = np.random.default_rng(2).integers(0, 2, size=(3, 100), dtype=np.uint8)
    pairs = np.stack([np.arange(99), np.arange(1, 100)], axis=1).astype(np.int32)
    queries = LogProb.of(rows), Expectation.sparse(pairs)
    expected = [Planner(unrolled(circuit_of(program))).plan([query]).rows[0].candidates[0] for query in queries]
    with monkeypatch.context() as patched:
        patched.setattr(Lane, "unrolled", lambda self: pytest.fail("a loop was unrolled"))
        circuit = replace(circuit_of(program), operations=Operations(pieces_of(program.operations)))
        made = [Planner(circuit).plan([query]).rows[0].candidates[0] for query in queries]
    for one, other in zip(made, expected, strict=True):
        assert (one.method, one.cost.flops, one.cost.facts) == (other.method, other.cost.flops, other.cost.facts)
