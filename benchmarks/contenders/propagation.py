"""Libraries of Pauli propagation on the kicked Ising model; the mean of Z on one qubit, truncated as the case says."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.contenders.model import Contender
from benchmarks.workloads import KICK, SEEN, Case, Numbers, couplings

WIDTH, MOST_TERMS = 127, 1_000_000  # `pauli-prop` sets its memory aside for so many


def _read(result: tuple[float, Numbers]) -> tuple[float, Numbers]:
    return result


def ours(case: Case) -> Contender:
    """Our method of that name, whatever the planner would choose; on the host, in double precision, as it always is."""
    import qgl
    from qgl.plan.circuit_variants import CircuitVariants
    from qgl.plan.propagation.method import PauliPropagation
    from qgl.plan.propagation.program import PropagationProgram
    from qgl.plan.propagation.propagate import Limits
    from qgl.query import Expectation

    text, constants = case.program
    limits = Limits(weight=case.weight or None, smallest=case.smallest)
    prepared = PauliPropagation(limits).prepare(
        CircuitVariants(qgl.loads(text, environment=None, precision=None, **constants).circuit, bits_only=True)
    )
    lowered = prepared.lower((Expectation.sparse(np.array([[SEEN]], np.int32)),), "double")
    assert isinstance(lowered, PropagationProgram)
    angles = np.full(lowered.count, KICK)

    def step(number: int) -> tuple[float, Numbers]:
        value = float(lowered.means(angles)[0])
        return value, lowered.gradient(angles, np.ones(1)) if case.workload == "W7g" else np.zeros(1)

    return Contender(step, _read)


def pauli_prop(case: Case) -> Contender:
    """IBM's pauli-prop: Heisenberg picture, truncated by coefficients; values only."""
    import pauli_prop as library
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    if case.weight:
        raise SystemExit("truncates by coefficients only")
    circuit = QuantumCircuit(WIDTH)
    for _ in range(case.sizes[0]):
        for qubit in range(WIDTH):
            circuit.rx(KICK, qubit)
        for a, b in couplings():
            circuit.rzz(-np.pi / 2, a, b)
    seen = SparsePauliOp.from_sparse_list([("Z", [SEEN], 1.0)], num_qubits=WIDTH)

    def step(number: int) -> tuple[float, Numbers]:
        operator, _ = library.propagate_through_circuit(seen, circuit, MOST_TERMS, case.smallest, "h")
        diagonal = ~operator.paulis.x.any(axis=1)
        return float(operator.coeffs[diagonal].real.sum()), np.zeros(1)

    return Contender(step, _read)


def tencirpauli(case: Case) -> Contender:
    """tencirpauli's propagation: truncated by letters, with gradients."""
    from tencirpauli import PauliOperator, PropagationCircuit

    if case.smallest:
        raise SystemExit("truncates by letters only")
    circuit: Any = PropagationCircuit(WIDTH)
    kicks = []
    for _ in range(case.sizes[0]):
        for qubit in range(WIDTH):
            kicks.append(circuit.angle_count)
            circuit.rx(qubit, KICK)
        for a, b in couplings():
            circuit.rzz(a, b, -np.pi / 2)
    seen = PauliOperator(WIDTH, [("".join("Z" if qubit == SEEN else "I" for qubit in range(WIDTH)), 1.0)])
    weight = case.weight or None

    def step(number: int) -> tuple[float, Numbers]:
        if case.workload == "W7":
            return float(circuit.expectation(seen, max_weight=weight)), np.zeros(1)
        both = circuit.value_and_grad(seen, max_weight=weight)
        return float(both.value), np.asarray(both.angle_gradient)[kicks]

    return Contender(step, _read)
