"""Networks of circuits that are rolled up: the same tensors in the same columns as gate by gate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qgl.ir import lanes
from qgl.ir.circuit import Circuit
from qgl.plan.network.columns import columns_of
from qgl.plan.network.tensors import network_of, traced_wires
from tests.plan.network.test_network import contracted
from tests.reference.loops import random_loops, unrolled


def of_few_wires(rng: np.random.Generator) -> Circuit:
    """Some of the wires may be traced out, `fresh` ones always are, and those that are read are in any order."""
    while len((circuit := random_loops(rng)).wires) > 6:
        pass
    register = len(circuit.visible)
    count = int(rng.integers(1, register + 1)) if rng.integers(0, 2) else register
    return replace(circuit, visible=tuple(rng.permutation(register)[:count].tolist()))


@pytest.mark.parametrize("bits_known", [False, True])
@pytest.mark.parametrize("algebra", ["amplitude", "pauli_transfer"])
def test_random_loops(algebra: str, bits_known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FEWEST", 1)
    rng, compared = np.random.default_rng(11), 0
    while compared < 5:
        circuit, inputs = of_few_wires(rng), rng.normal(size=40)
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
