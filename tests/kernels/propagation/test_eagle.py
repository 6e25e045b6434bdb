"""The kicked Ising model on 127 qubits of a heavy-hexagon machine, against light cones and published values.

The couplings and <Z_62> after 20 layers are facts, with their source in `eagle.json`.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.method import LightCones
from qgl.plan.planner import Planner
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.program import PropagationProgram
from qgl.plan.propagation.propagate import Limits
from qgl.query import Expectation
from tests.check.checking import program

EAGLE = json.loads((Path(__file__).parent / "eagle.json").read_text(encoding="utf-8"))
TEXT = f"""
const layers = 20;
const couplings = [{", ".join(f"({a}, {b})" for a, b in EAGLE["couplings"])}];
lattice eagle = graph(couplings);
visible v on eagle;
param kick : angle;
model {{ repeat layers {{ rx(kick) v; for (a, b) in edges(eagle) {{ rzz(-pi / 2) a, b; }} }} }}
"""
PAULI_WORD = Expectation.sparse(np.array([[62]], np.int32))


def lowered_to(circuit: Circuit, limits: Limits) -> PropagationProgram:
    prepared = PauliPropagation(limits).prepare(CircuitVariants(circuit, bits_only=True))
    lowered = prepared.lower((PAULI_WORD,), "double")
    assert isinstance(lowered, PropagationProgram)
    return lowered


def propagated(circuit: Circuit, kick: float, limits: Limits) -> float:
    lowered = lowered_to(circuit, limits)
    return float(lowered.means(np.full(lowered.count, kick))[0])


def most_bytes(call: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_a_gradient_takes_at_most_three_times_the_memory_of_a_value() -> None:
    lowered = lowered_to(Circuit.of(program(TEXT)), Limits(weight=8, smallest=2e-5))
    kicks = np.full(lowered.count, 0.4)
    value = most_bytes(lambda: lowered.means(kicks))
    assert most_bytes(lambda: lowered.gradient(kicks, np.ones(1))) <= 3 * value


@pytest.mark.slow
def test_five_layers_equal_light_cones() -> None:
    circuit = Circuit.of(program(TEXT, layers=5))
    run = Simulator(Planner(circuit, methods=(LightCones(),)).plan([PAULI_WORD]))
    exact = jax.jit(lambda kick: run.answer(kick, PAULI_WORD)[0])
    for kick in (0.2, 0.3, 0.5, 0.7, 1.0):
        assert propagated(circuit, kick, Limits()) == pytest.approx(float(exact(jnp.array([kick]))), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kick", EAGLE["z62"])
def test_twenty_layers_are_near_the_published_values(kick: str) -> None:
    mean = propagated(Circuit.of(program(TEXT)), float(kick), Limits(weight=8, smallest=1e-4))
    assert mean == pytest.approx(EAGLE["z62"][kick], abs=0.02)
