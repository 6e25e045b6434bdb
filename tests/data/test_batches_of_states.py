"""Batches of states under operations, held against the slow reference element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.data.processes.batch import Batch, keeps_pure
from qgl.expression import Real
from qgl.program.operations import Discard
from qgl.program.program import Program
from tests.reference.density import density_matrix, elements, lookup
from tests.reference.expressions import value_of
from tests.reference.programs import EVERYTHING, HERE, UNITARY, op, program_of, random_inputs, random_program

ELEMENTS = 3


def batch_of(program: Program, inputs: list[NDArray[np.float64]], mixed: bool, seed: int = 0) -> Batch:
    """A batch in |0...0>, an element for each vector of inputs, after the operations of a program."""
    atoms = [lookup(program.parameters, each) for each in inputs]

    def values(number: Real) -> NDArray[np.float64]:
        if number.is_constant:
            return np.asarray(number.constant)
        return np.asarray([value_of(number, each) for each in atoms])

    known = len(program.visible) + len(program.hidden)
    shape = (len(inputs), *(2**known,) * (1 + mixed))
    states = np.zeros(shape, dtype=np.complex128)
    states.reshape(len(inputs), -1)[:, 0] = 1
    batch = Batch(states, mixed, np.random.default_rng(seed), values)
    ended = {operation.wires[0] for operation in program.operations if isinstance(operation, Discard)}
    rest = [wire for wire in range(len(program.visible), len(program.wires)) if wire not in ended]
    batch.run((*program.operations, *(Discard((wire,), HERE) for wire in (rest if mixed else ()))))
    return batch


@pytest.mark.parametrize("seed", range(24))
def test_density_matrices_are_those_of_the_reference(seed: int) -> None:
    program = random_program(seed, EVERYTHING)
    inputs = [random_inputs(100 * seed + k) for k in range(ELEMENTS)]
    found = batch_of(program, inputs, mixed=True).states()
    np.testing.assert_allclose(found, [density_matrix(program, each) for each in inputs], atol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_vectors_are_those_of_the_reference(seed: int) -> None:
    program = random_program(seed, UNITARY, hidden=(0, 0))
    assert keeps_pure(program.operations)
    inputs = [random_inputs(100 * seed + k) for k in range(ELEMENTS)]
    found = batch_of(program, inputs, mixed=False).states()
    expected = [density_matrix(program, each) for each in inputs]
    np.testing.assert_allclose(found[:, :, None] * found[:, None, :].conj(), expected, atol=1e-12)


KEPT = (
    op("ry", 0, args=[1.1]),
    op("fresh", 2),
    op("rx", 2, args=[0.7]),
    op("cx", 0, 2),
    op("cx", 2, 1),
    op("measure", 2, bit=0, label="m"),
    op("discard", 2),
    op("ry", 1, args=[0.4], condition=((0, True),)),
    op("measure", 0, label="n"),
)
LOST = (op("depolarizing", 0, args=[0.2]), op("measure", 1, bit=1), op("x", 0, condition=((1, True), (0, False))))
REQUIRED = (op("rx", 1, args=[0.9]), op("measure", 1, required=True))


@pytest.mark.parametrize(
    ("operations", "mixed"),
    [(KEPT, False), ((*KEPT, *REQUIRED), False), ((*KEPT, *LOST), True), ((*KEPT, *LOST, *REQUIRED), True)],
)
def test_kept_and_required_outcomes_are_drawn(operations: Any, mixed: bool) -> None:
    """Each element is one of the reference's, as often as its probability says."""
    program = program_of(2, 0, *operations)
    assert keeps_pure(program.operations) is not mixed
    count = 10_000
    batch = batch_of(program, [np.zeros(0)] * count, mixed)
    success = float(np.mean(batch.alive))
    known = elements(program)
    assert success == pytest.approx(sum(np.trace(rho).real for rho in known.values()), abs=0.02)
    states = batch.states()
    states = states if mixed else states[:, :, None] * states[:, None, :].conj()
    expected: list[NDArray[np.complex128]] = []
    likely: list[float] = []
    for rho in known.values():  # outcomes may come with the same state
        weight = float(np.trace(rho).real)
        same = next((k for k, each in enumerate(expected) if np.allclose(rho, weight * each, atol=1e-12)), None)
        if weight > 1e-9 and same is None:
            expected.append(rho / weight)
            likely.append(weight)
        elif same is not None:
            likely[same] += weight
    distances = np.abs(states[:, None] - np.asarray(expected)[None]).max(axis=(2, 3))
    assert distances.min(axis=1).max() < 1e-12
    shares = np.bincount(distances.argmin(axis=1), minlength=len(expected)) / len(states)
    np.testing.assert_allclose(shares, np.asarray(likely) / sum(likely), atol=0.025)


def test_what_ends_unmeasured_is_mixed() -> None:
    assert not keeps_pure((op("fresh", 1), op("cx", 0, 1), op("discard", 1)))
    assert not keeps_pure((op("reset", 0),))
    assert not keeps_pure((op("measure", 0),))
    assert not keeps_pure((op("fresh", 1), op("measure", 1, label="m"), op("h", 1), op("discard", 1)))
