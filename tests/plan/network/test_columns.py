"""Where a boundary contraction puts what lies on hidden wires: the bond of ladders and memories does not grow with
their length.
"""

from __future__ import annotations

import pytest

import qgl
from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.network.columns import columns_of
from qgl.plan.network.tensors import network_of

LADDER = """
const n = {n};
visible v[n];
hidden h[n];
model {{
    repeat 2 {{
        su2(?) v; su2(?) h;
        for k in 0..n - 1 {{ rzz(?) v[k], h[k]; }}
        for j in 0..n - 2 {{ let k = {k}; rzz(?) h[k], h[k + 1]; rzz(?) v[k], v[k + 1]; }}
    }}
    su2(?) v;
}}
"""
MEMORY = """
const n = {n};
visible v[n];
hidden memory[2];
model {{ for k in 0..n - 1 {{ let t = {k}; unitary(?) v[t], memory[0], memory[1]; }} }}
"""


def bond(text: str) -> float:
    """log2 of the largest bond."""
    circuit = CircuitVariants(Circuit.of(qgl.loads(text).program), True).mixed
    return float(columns_of(network_of(circuit, "pauli_transfer")).bits.max())


@pytest.mark.parametrize("k", ["j", "n - 2 - j"])
def test_a_hidden_rail_lies_beside_the_visible_one(k: str) -> None:
    assert bond(LADDER.format(n=12, k=k)) == bond(LADDER.format(n=24, k=k)) <= 8


@pytest.mark.parametrize("k", ["k", "n - 1 - k"])
def test_a_memory_goes_along_with_the_bits(k: str) -> None:
    assert bond(MEMORY.format(n=8, k=k)) == bond(MEMORY.format(n=16, k=k)) <= 8
