"""Libraries of Pauli propagation; truncated as the case says.

W7 is the mean of Z on one qubit of the kicked Ising model, W7b the sum of those of neighbours on a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.contenders.model import Contender, waited
from benchmarks.workloads import KICK, SEEN, Case, Numbers, couplings

WIDTH, MOST_TERMS = 127, 1_000_000  # `pauli-prop` sets its memory aside for so many


def _read(result: tuple[float, Numbers]) -> tuple[float, Numbers]:
    return result


def _gates(case: Case) -> Iterator[tuple[str, tuple[int, ...], float]]:
    """Name, qubits and angle of each gate in order; of the Ising model the kicks have derivatives, of a chain all."""
    if case.workload in ("W7", "W7g"):
        for _ in range(case.sizes[0]):
            yield from (("rx", (qubit,), KICK) for qubit in range(WIDTH))
            yield from (("rzz", pair, -np.pi / 2) for pair in couplings())
        return
    for layer, (a, b, c) in enumerate(case.angles):
        yield from (("rx", (k,), float(a[k])) for k in range(case.width))
        yield from (("rz", (k,), float(b[k])) for k in range(case.width))
        yield from (("rzz", (k, k + 1), float(c[k])) for k in range(layer % 2, case.width - 1, 2))


def _pauli_words(case: Case) -> list[tuple[int, ...]]:
    """The qubits that each Z word is on."""
    return [(SEEN,)] if case.workload in ("W7", "W7g") else [(k, k + 1) for k in range(case.width - 1)]


def _width(case: Case) -> int:
    return WIDTH if case.workload in ("W7", "W7g") else case.width


def ours(case: Case, kept: bool = False) -> Contender:
    """Our method of that name, whatever the planner would choose, in double precision.

    kept: with the words that were kept at the first step, as `refresh` does between two refreshes.
    """
    import jax
    import jax.numpy as jnp

    import qgl
    from qgl.kernels.propagation.runner import PropagationRunner
    from qgl.plan.circuit_variants import CircuitVariants
    from qgl.plan.propagation.method import PauliPropagation
    from qgl.plan.propagation.pattern import Layout, tables_of
    from qgl.plan.propagation.program import PropagationProgram
    from qgl.plan.propagation.propagate import Limits
    from qgl.query import Expectation

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]  # JAX has no types here
    text, constants = case.program
    limits = Limits(weight=case.weight or None, smallest=case.smallest)
    circuit = qgl.loads(text, environment=None, precision=None, **constants).circuit
    query = Expectation.sparse(np.array(_pauli_words(case), np.int32))
    lowered = PauliPropagation(limits).prepare(CircuitVariants(circuit, bits_only=True)).lower((query,), "double")
    assert isinstance(lowered, PropagationProgram)
    run, angles = PropagationRunner(lowered), jnp.asarray(_inputs(case))
    graded = case.workload in ("W7g", "W7bg")

    def made() -> Callable[[], Any]:
        pattern = run.pattern(angles) if kept else None
        tables = {} if pattern is None else tables_of(pattern, Layout.of([pattern]))

        def total(values: Any, tables: Any) -> Any:
            following = run.following(tables) if kept else run
            return jnp.sum(following.answers(values, {query: None}, None)[query])

        compiled = jax.jit(jax.value_and_grad(total) if graded else total)
        return lambda: waited(lambda: compiled(angles, tables))

    ready: list[Callable[[], Any]] = []

    def step(number: int) -> tuple[float, Numbers]:
        if not ready:
            ready.append(made())
        result = ready[0]()
        value, gradient = result if graded else (result, np.zeros(1))
        return float(value), np.asarray(gradient)

    return Contender(step, _read)


def ours_kept(case: Case) -> Contender:
    """The same with the words of the first step, where these depend on the angles; elsewhere it is the same."""
    return ours(case, kept=case.smallest > 0)


def _inputs(case: Case) -> Numbers:
    """The inputs of our program, shape (inputs,)."""
    if case.workload in ("W7", "W7g"):
        return np.full(case.sizes[0] * WIDTH, KICK)
    return np.concatenate([case.angles[:, k].ravel() for k in range(3)])


def pauli_prop(case: Case) -> Contender:
    """IBM's pauli-prop: Heisenberg picture, truncated by coefficients; values only."""
    import pauli_prop as library
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    if case.weight:
        raise SystemExit("truncates by coefficients only")
    width = _width(case)
    circuit = QuantumCircuit(width)
    for name, qubits, angle in _gates(case):
        getattr(circuit, name)(angle, *qubits)
    seen = SparsePauliOp.from_sparse_list(
        [("Z" * len(qubits), qubits, 1.0) for qubits in _pauli_words(case)], num_qubits=width
    )

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
    width = _width(case)
    circuit: Any = PropagationCircuit(width)
    moved = []
    for name, qubits, angle in _gates(case):
        if name == "rx" or width != WIDTH:
            moved.append(circuit.angle_count)
        getattr(circuit, name)(*qubits, angle)
    seen = PauliOperator(
        width, [("".join("Z" if k in qubits else "I" for k in range(width)), 1.0) for qubits in _pauli_words(case)]
    )
    weight = case.weight or None

    def step(number: int) -> tuple[float, Numbers]:
        if case.workload in ("W7", "W7b"):
            return float(circuit.expectation(seen, max_weight=weight)), np.zeros(1)
        both = circuit.value_and_grad(seen, max_weight=weight)
        return float(both.value), np.asarray(both.angle_gradient)[moved]

    return Contender(step, _read)
