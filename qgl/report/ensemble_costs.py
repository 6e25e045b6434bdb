"""What states as inputs and post-selection cost: the circuit of a preparation, and the runs that are thrown away."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np

from qgl.gates.states import state_numbers, state_qubits
from qgl.ir.circuit import Circuit
from qgl.loading import loads
from qgl.model import Model
from qgl.program.operations import GateApplication, is_required
from qgl.program.program import Program
from qgl.program.rolled import patterns
from qgl.qasm.emit import emission
from qgl.query import Success

_CONDITIONS = 8  # that are drawn of a conditional model
_QUICK = 2.0  # seconds, predicted, up to which a probability of success is measured


def preparations(program: Program) -> dict[int, tuple[int, int]]:
    """Gates on two qubits, and layers, of the circuit that prepares a state which is an input, by its qubits."""
    gates = (
        operation.gate.name for operation in patterns(program.operations) if isinstance(operation, GateApplication)
    )
    sizes = sorted({size for name in gates if (size := state_qubits(name)) is not None})
    return {size: _preparation(size) for size in sizes}


def _preparation(qubits: int) -> tuple[int, int]:
    model = loads(f"random z : state({qubits}) ~ haar();\nvisible v[{qubits}] = z;\nmodel {{ }}\n")
    circuit: Circuit = model.circuit
    found = emission(circuit, np.random.default_rng(0).normal(size=state_numbers(qubits)))
    return found.two_qubit_gates, found.depth - 1  # the last layer measures


def success_at_start(program: Program) -> tuple[int, float | None]:
    """How many outcomes are required, and their probability at initial parameters; None where that is not quick.

    Of a conditional model it is the mean over conditions that are drawn, None where they have no distribution.
    """
    count = sum(map(is_required, patterns(program.operations)))
    if not count:
        return 0, None
    model = Model(replace(program, objective=(), reports=()))
    conditional = any(parameter.kind == "condition" for parameter in program.parameters)
    if conditional and not model.parameters.draws_conditions:
        return count, None
    rows = [row for weighed in model.readings.weigh((Success(),)) for row in weighed.rows]
    elements = len(model.parameters.weights) * (_CONDITIONS if conditional else 1)
    if not all(row.chosen and elements * row.candidates[0].cost.seconds < _QUICK for row in rows):
        return count, None
    key = jax.random.key(program.train.seed)
    params, given = model.init(key), model.parameters.drawn_conditions(key, _CONDITIONS) if conditional else [None]
    return count, float(np.mean([model.success(params, condition) for condition in given]))
