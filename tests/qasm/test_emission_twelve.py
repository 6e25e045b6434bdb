"""Twelve sites with channels: one program, every profile, every consumer, one distribution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.expression import evaluate
from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from qgl.qasm import PROFILES
from qgl.source import Source
from tests.qasm.consumers import CONSUMERS, Consumer, consumers_of, written
from tests.qasm.exact import Mixture
from tests.reference.density import lookup, operators_of

CHAIN = """
const n = 12;
lattice sites = line(n);
visible v on sites;
local v within 1, channel <= 2;
channel mix(a: angle[15], b: angle, q: qubit, r: qubit) { fresh e; su4(a) q, e; crx(b) e, r; }
model {
    ry(?) v;
    for (q, r) in brick(sites, 0) { rzz(?) q, r; }
    for t in 0..3 { mix(?, ?) v[3 * t + 1], v[3 * t + 2]; }
    for (q, r) in brick(sites, 1) { cx q, r; ry(?) r; }
}
"""
EXAMPLE = (Path(__file__).parents[2] / "examples" / "channel.qgl").read_text(encoding="utf-8")


def program_and_inputs(text: str, **constants: int) -> tuple[Program, NDArray[np.float64]]:
    environment = FolderEnvironment(Path(__file__).parents[2] / "examples")
    program = analyse(Source("chain.qgl", text), environment, constants).program
    return program, np.random.default_rng(12).uniform(-2.0, 2.0, sum(p.size for p in program.parameters))


def distribution_of(program: Program, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a program of gates on visible and fresh qubits, operation after operation."""
    atoms = lookup(program.parameters, inputs)
    mixture = Mixture()
    for operation in program.operations:
        if operation.name == "discard":
            mixture.reset(operation.wires[0])
        elif operation.name != "fresh":
            (matrix,) = operators_of(operation, lambda number: evaluate(number, atoms))
            mixture.gate(matrix, operation.wires)
    for wire in program.visible:
        mixture.measure(wire, wire)
    return mixture.distribution(program.visible)


@pytest.fixture(scope="module")
def chain() -> tuple[Circuit, NDArray[np.float64], NDArray[np.float64]]:
    program, inputs = program_and_inputs(CHAIN)
    return Circuit.of(program), inputs, distribution_of(program, inputs)


def takes_twelve(consumer: Consumer) -> bool:
    """A density matrix of twelve sites does not fit anywhere."""
    return consumer.largest >= 12


@pytest.mark.parametrize("profile", PROFILES)
def test_twelve_sites_have_the_same_distribution_in_every_consumer(
    profile: str, chain: tuple[Circuit, NDArray[np.float64], NDArray[np.float64]]
) -> None:
    circuit, inputs, expected = chain
    text = written(circuit, inputs, profile, optimise=True)
    for consumer in consumers_of(profile):
        if takes_twelve(consumer):
            np.testing.assert_allclose(consumer.distribution(text, {}), expected, atol=1e-9, err_msg=str(consumer))


@pytest.mark.slow
def test_the_example_on_twelve_sites_has_the_same_distribution_in_every_consumer() -> None:
    program, inputs = program_and_inputs(EXAMPLE, n=12, depth=1)  # a second layer would take minutes
    expected = distribution_of(program, inputs)
    for consumer in CONSUMERS:
        if takes_twelve(consumer):
            text = written(Circuit.of(program), inputs, consumer.profile, optimise=True)
            np.testing.assert_allclose(consumer.distribution(text, {}), expected, atol=1e-9, err_msg=str(consumer))
