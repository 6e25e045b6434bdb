"""How many states value and gradient hold at once, as XLA sets them aside; nothing is run.

Compiled as users do it, an energy takes six states and 2 MB: these are the products that blocks are made of, which do
not grow with the state. The flags that the tests compile with take half a state more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import jax
import jax.numpy as jnp
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.planner import plan
from qgl.query import Expectation, Probabilities
from tests.reference.programs import op, parameter, program_of

QUBITS = 22
RING = [(k, (k + 1) % QUBITS) for k in range(QUBITS)]
WORDS = [
    *("".join("Z" if q in pair else "I" for q in range(QUBITS)) for pair in RING),
    *("".join("X" if q == k else "I" for q in range(QUBITS)) for k in range(QUBITS)),
]


@pytest.mark.parametrize(
    ("query", "loss", "most"),
    [
        (Probabilities(), lambda p: -jnp.sum(jnp.log(p + 1e-10)), 4.1),
        (Expectation.of(WORDS), jnp.sum, 6.6),
    ],
    ids=["likelihood", "energy"],
)
def test_value_and_gradient_of_a_wide_state(
    query: Probabilities | Expectation, loss: Callable[[jax.Array], jax.Array], most: float
) -> None:
    angles = [Real(0.0, ((1.0, Input(0, k)),)) for k in range(3 * QUBITS)]
    gates = []
    for _ in range(8):
        gates += [op("rx", k, args=[angles[k]]) for k in range(QUBITS)]
        gates += [op("rz", k, args=[angles[QUBITS + k]]) for k in range(QUBITS)]
        gates += [op("rxx", *pair, args=[angles[2 * QUBITS + k]]) for k, pair in enumerate(RING)]
    program = program_of(QUBITS, 0, *gates, parameters=(parameter("theta", 3 * QUBITS),))
    planned = plan(Circuit.of(program), [query])
    assert planned.rows[0].chosen == "state vector"
    run = Simulator(planned)
    step = jax.jit(jax.value_and_grad(lambda values: loss(run.answer(values, query))))
    compiled = step.lower(jax.ShapeDtypeStruct((3 * QUBITS,), jnp.float32)).compile()  # type: ignore[no-untyped-call]
    taken = compiled.memory_analysis()
    assert taken is not None and taken.temp_size_in_bytes < most * 8 * 2**QUBITS
    constants = re.findall(r"\[([\d,]*)\]\S* constant\(", compiled.as_text() or "")
    sizes = [math.prod(int(size) for size in shape.split(",") if size) for shape in constants]
    assert sizes and max(sizes) < 2**QUBITS, "a constant as large as a state is held beside what XLA sets aside"
