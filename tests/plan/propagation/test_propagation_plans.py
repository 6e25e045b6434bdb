"""Propagation is asked only where a program allows it, and answers Pauli words alone."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.expression import real
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.network.tensors import UnsuitableError
from qgl.plan.planner import Planner
from qgl.plan.preference import allowed_by
from qgl.plan.propagation.factors import factors_of
from qgl.plan.propagation.local_steps import Batch, Letters, batch_of
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.program import PropagationProgram
from qgl.plan.propagation.propagate import Limits
from qgl.plan.propagation.steps import Clifford, Rotation, Step, Transfer, steps_of
from qgl.plan.state.methods import StateVector
from qgl.program.calls.gradients import Propagation
from qgl.query import Expectation, LogProb, Marginals, Query, Samples
from tests.check.checking import program
from tests.reference.programs import HERE, op, program_of

GRID = """
lattice field = grid(6, 6);
visible v on field;
model { repeat 5 { rx(0.2) v; for (a, b) in edges(field) { rzz(0.3) a, b; } } rx(0.2) v; }
"""


def test_truncated_methods_are_there_only_where_allowed() -> None:
    assert allowed_by(None) is None
    allowed = allowed_by(Propagation(weight=4, smallest=1e-3, span=HERE))
    assert allowed is not None and allowed.method == PauliPropagation(Limits(weight=4, smallest=1e-3))
    pauli_words = Expectation.of(["I" * 14 + "Z" + "I" * 21])
    (row,) = Planner(Circuit.of(program(GRID)), allowed=allowed).weigh([pauli_words]).rows
    assert row.chosen == "propagation"


@pytest.mark.parametrize("query", [Samples(10), LogProb(b"\0" * 36, 36), Marginals((tuple(range(5)),))], ids=repr)
def test_what_is_no_mean_of_few_words_is_refused(query: Query) -> None:
    methods = (PauliPropagation(Limits(smallest=1e-3)),)
    (row,) = Planner(Circuit.of(program(GRID)), methods=methods).weigh([query]).rows
    assert not row.chosen and row.candidates[0].reason


def test_steps() -> None:
    circuit = Circuit.of(
        program_of(
            3,
            0,
            op("rx", 0, args=[0.3]),
            op("rzz", 0, 1, args=[0.5]),
            op("cx", 0, 1),
            op("t", 2),
            op("amplitude_damping", 1, args=[0.1]),
            op("pauli", 0, 1, 2, args=[0.2], pauli_word="XYZ"),
        )
    )
    kinds = [type(step) for step in steps_of(circuit).steps]
    assert kinds == [Rotation, Transfer, Rotation, Clifford, Rotation, Rotation]


def test_evolution_that_has_no_small_matrix_is_refused() -> None:
    terms = ((real(1.0), "XXXXX"), (real(1.0), "ZIIII"))
    circuit = Circuit.of(program_of(5, 0, op("evolve", *range(5), args=[0.3], terms=terms)))
    with pytest.raises(UnsuitableError, match="no small transfer matrix"):
        steps_of(circuit)


def test_words_of_parts_that_never_meet_are_products() -> None:
    steps = steps_of(Circuit.of(program_of(4, 0, op("rxx", 0, 1, args=[0.3]), op("rxx", 2, 3, args=[0.4]))))
    pauli_words = Expectation.of(["ZIZI", "ZZII", "IIII"])
    factors, tables = factors_of(steps, (pauli_words,))
    assert factors == (((0, 3),), ((2, 3),), ((0, 3), (1, 3)))
    assert tables[pauli_words].tolist() == [[0, 1], [2, 3], [3, 3]]


CLIFFORDS = """
lattice field = grid(8, 8);
visible v on field;
param turn[8, 8] : angle;
model {
    ry(0.7) v;
    repeat 6 as l { h v; for (a, b) in edges(field) { cz a, b; } for k in 0..7 { rx(turn[l, k]) v[9 * k]; } }
    h v;
}
"""


def test_exact_propagation_is_chosen_where_it_is_quickest() -> None:
    circuit = Circuit.of(program(CLIFFORDS))
    pauli_words = Expectation.sparse(np.array([[27, 28], [36, 44]], np.int32))
    planner = Planner(circuit)
    (row,) = planner.weigh([pauli_words]).rows
    assert row.chosen == "exact propagation"
    cones = next(each for each in row.candidates if each.method == "cones")
    assert cones.refused or cones.cost.seconds > row.candidates[0].cost.seconds
    lowered = planner.plan([pauli_words]).lowered["exact propagation"]
    assert isinstance(lowered, PropagationProgram) and lowered.pattern_of_all() is not None
    shallow = "visible v[64]; model { rx(?) v; for (a, b) in chain(v) { rzz(?) a, b; } rx(?) v; }"
    (row,) = Planner(Circuit.of(program(shallow))).weigh([pauli_words]).rows
    tried = {each.method: each.reason for each in row.candidates}
    assert row.chosen != "exact propagation" and tried["exact propagation"] == "not tried, as others are quick"


def test_exact_propagation_agrees_with_the_state_vector() -> None:
    text = CLIFFORDS.replace("grid(8, 8)", "grid(3, 4)").replace("turn[8, 8]", "turn[8, 2]").replace("0..7", "0..1")
    text = text.replace("repeat 6", "repeat 8")
    circuit, pauli_words = Circuit.of(program(text)), Expectation.sparse(np.array([[4, 5], [7, 11]], np.int32))
    inputs, answers = np.random.default_rng(0).normal(size=16), []
    with jax.enable_x64(True):
        for method in (StateVector(), PauliPropagation(name="exact propagation")):
            run = Simulator(Planner(circuit, "double", methods=(method,)).plan([pauli_words]))
            answers.append(jax.jit(jax.jacrev(run.answer), static_argnums=1)(jnp.asarray(inputs), pauli_words))
    assert np.abs(answers[0]).max() > 0.01
    assert np.allclose(answers[1], answers[0], atol=1e-10)


def test_a_pattern_that_is_too_large_is_given_up_at_its_first_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(steps: Sequence[Step], numbers: NDArray[np.int64], letters: Sequence[Letters], seed: int) -> Batch:
        made.append(len(numbers))
        return batch_of(steps, numbers, letters, seed)

    monkeypatch.setattr("qgl.plan.propagation.program.batch_of", counted)
    every_pair = Expectation.of(
        ["".join("Z" if k in (a, b) else "I" for k in range(36)) for b in range(36) for a in range(b)]
    )
    prepared = PauliPropagation().prepare(CircuitVariants(Circuit.of(program(GRID)), True))
    assert "coefficients" in prepared.cost(every_pair, "single").refusal
    assert sum(made) < every_pair.count / 4
