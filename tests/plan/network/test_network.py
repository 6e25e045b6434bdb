"""Circuits as tensor networks, contracted whole, against the reference."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import opt_einsum
import pytest

from qgl.ir.circuit import Circuit
from qgl.kernels.network.tensors import tensor_tables
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.network.bases import pauli_basis
from qgl.plan.network.tensors import Network, UnsuitableError, network_of, traced_wires
from tests.reference.density import density_matrix
from tests.reference.programs import EVERYTHING, UNITARY, op, program_of, random_inputs, random_program, random_unitary


def contracted(network: Network, inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """All tensors of a network with its open legs left, flat."""
    with jax.enable_x64(True):
        tables = [np.asarray(table) for table in tensor_tables(network, jnp.asarray(inputs))]
    arguments: list[Any] = []
    for tensor in network.tensors:
        arguments += [tables[tensor.table][tensor.row], list(tensor.labels)]
    return np.asarray(opt_einsum.contract(*arguments, list(network.open), optimize="greedy")).ravel()


def check(program: Any, inputs: np.ndarray[Any, Any]) -> None:
    circuit = CircuitVariants(Circuit.of(program), False).mixed
    rho, n = density_matrix(program, inputs), len(program.visible)
    pauli_words = contracted(network_of(circuit, "pauli_transfer"), inputs)
    np.testing.assert_allclose(np.einsum("w,wij->ij", pauli_words, pauli_basis(n)) / 2**n, rho, atol=1e-10)
    if not traced_wires(circuit):
        psi = contracted(network_of(circuit, "amplitude"), inputs)
        np.testing.assert_allclose(np.outer(psi, psi.conj()), rho, atol=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_random_programs_in_both_algebras(seed: int) -> None:
    features = EVERYTHING if seed % 2 else UNITARY
    program = random_program(seed, features, visible=(1, 3), operations=(6, 18), live=3, evolve=False, kraus=False)
    check(program, random_inputs(seed))


def test_controls_words_and_swaps_of_many_qubits() -> None:
    gates = [op("ry", wire, args=[0.3 + wire]) for wire in range(5)]
    gates += [
        op("pauli", 4, 0, 2, 1, args=[0.4], pauli_word="XYZY"),
        op("pauli", 3, 0, 1, 2, 4, args=[0.9], pauli_word="ZZXY", controls=1),
        op("x", 0, 1, 2, 3, 4, controls=4),
        op("ry", 4, 2, 1, 0, args=[1.3], controls=3),
        op("swap", 2, 4),
        op("cswap", 1, 2, 3),
        op("unitary", 0, 4, 2, 1, matrices=random_unitary(5, 2)[None], controls=2),
        op("p", 0, 1, 2, 3, 4, args=[0.7], controls=4),
    ]
    check(program_of(5, 0, *gates), np.zeros(0))


def test_wide_gates_have_no_legs_where_wires_begin_and_end() -> None:
    """Three wires begin in one, one of them at a time later; three end, under a control that is cut."""
    program = program_of(
        2,
        3,
        op("ry", 0, args=[0.4]),
        op("unitary", 0, 2, 1, 3, matrices=random_unitary(6, 4)[None]),
        op("rx", 3, args=[0.9]),
        op("unitary", 0, 2, 3, 1, 4, matrices=random_unitary(7, 4)[None], controls=1),
    )
    check(program, np.zeros(0))
    legs = [len(tensor.labels) for tensor in network_of(Circuit.of(program), "pauli_transfer").tensors]
    assert max(legs) == 5  # the first has one leg in and four out; the second a control, three in and one out
    five = [op("h", 0), op("unitary", 0, 1, 2, 3, 4, matrices=random_unitary(3, 5)[None])]
    check(program_of(1, 4, *five), np.zeros(0))  # of ten legs two are left


def test_every_label_but_the_open_ones_is_on_two_tensors() -> None:
    network = network_of(
        CircuitVariants(Circuit.of(random_program(5, EVERYTHING, evolve=False)), False).mixed, "pauli_transfer"
    )
    labels = [label for tensor in network.tensors for label in tensor.labels] + list(network.open)
    assert sorted(labels) == sorted(2 * list(range(len(network.sizes))))


def test_what_has_no_small_tensors_is_refused() -> None:
    gates = [op("h", wire) for wire in range(5)]
    wide = program_of(5, 0, *gates, op("unitary", 0, 1, 2, 3, 4, matrices=random_unitary(3, 5)[None]))
    with pytest.raises(UnsuitableError, match="5 qubits is too large"):
        network_of(Circuit.of(wide), "pauli_transfer")
