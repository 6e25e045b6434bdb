"""Every named channel: Kraus operators against closed formulas, and the dilation against the Kraus operators."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.gates import CHANNELS
from qgl.gates.model import Channel
from tests.gates.test_gate_records import matrix_of_steps

Matrix = NDArray[np.complex128]
ALL = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS.keys())

FLOATS = SimpleNamespace(asin=np.arcsin, sqrt=np.sqrt, ratio=lambda x, y: 0.0 if x == 0 else x / y)

X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])


def strengths(channel: Channel) -> list[list[float]]:
    """Parameters inside their range and on its corners."""
    count = len(channel.parameters)
    inside = list(np.random.default_rng(len(channel.name)).dirichlet(np.ones(count + 1))[:count])
    corners = [[0.0] * count, [1.0] + [0.0] * (count - 1), [0.0] * (count - 1) + [1.0]]
    return [inside, [1e-9] * count, *corners]


def random_state(size: int) -> Matrix:
    rng = np.random.default_rng(size)
    factor = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    state = factor @ factor.conj().T
    return np.asarray(state / np.trace(state))


def apply_kraus(channel: Channel, state: Matrix, *values: float) -> Matrix:
    operators = channel.kraus(np, *(np.asarray(value) for value in values))
    return np.asarray(sum(k @ state @ k.conj().T for k in operators))


@ALL
def test_trace_is_kept(channel: Channel) -> None:
    for values in strengths(channel):
        operators = channel.kraus(np, *map(np.asarray, values))
        total = sum(k.conj().T @ k for k in operators)
        assert np.allclose(total, np.eye(2**channel.qubits), atol=1e-12)


@ALL
def test_dilation_is_the_same_map(channel: Channel) -> None:
    size, rest = 2**channel.qubits, 2**channel.ancillas
    state = random_state(size)
    for values in strengths(channel):
        unitary = matrix_of_steps(channel.dilation(FLOATS, *values), channel.qubits + channel.ancillas)
        fresh = np.zeros((rest, rest))
        fresh[0, 0] = 1
        whole = unitary @ np.kron(state, fresh) @ unitary.conj().T
        reduced = np.trace(whole.reshape(size, rest, size, rest), axis1=1, axis2=3)
        assert np.allclose(reduced, apply_kraus(channel, state, *values), atol=1e-12)


@ALL
def test_arrays_of_strengths(channel: Channel) -> None:
    values = np.array(strengths(channel)).T
    batch = channel.kraus(np, *values)
    for k in range(values.shape[1]):
        assert np.allclose(batch[k], channel.kraus(np, *map(np.asarray, values[:, k])))


def _damped(rho: Matrix, gamma: float) -> Matrix:
    decayed = rho[1, 1] * gamma
    off = np.sqrt(1 - gamma)
    return np.array([[rho[0, 0] + decayed, off * rho[0, 1]], [off * rho[1, 0], rho[1, 1] - decayed]])


FORMULAS: dict[str, Callable[..., Matrix]] = {
    "depolarizing": lambda rho, p: (1 - p) * rho + p * np.eye(2) / 2,
    "depolarizing2": lambda rho, p: (1 - p) * rho + p * np.eye(4) / 4,
    "dephasing": lambda rho, p: (1 - p) * rho + p * Z @ rho @ Z,
    "bit_flip": lambda rho, p: (1 - p) * rho + p * X @ rho @ X,
    "bit_phase_flip": lambda rho, p: (1 - p) * rho + p * Y @ rho @ Y,
    "amplitude_damping": _damped,
    "phase_damping": lambda rho, p: np.array(
        [[rho[0, 0], np.sqrt(1 - p) * rho[0, 1]], [np.sqrt(1 - p) * rho[1, 0], rho[1, 1]]]
    ),
    "reset": lambda rho, p: (1 - p) * rho + p * np.diag([1, 0]),
    "thermal": lambda rho, g, n: (1 - n) * _damped(rho, g) + n * X @ _damped(X @ rho @ X, g) @ X,
    "pauli_channel": lambda rho, x, y, z: (1 - x - y - z) * rho + x * X @ rho @ X + y * Y @ rho @ Y + z * Z @ rho @ Z,
}


@ALL
def test_closed_formula(channel: Channel) -> None:
    state = random_state(2**channel.qubits)
    for values in strengths(channel):
        assert np.allclose(apply_kraus(channel, state, *values), FORMULAS[channel.name](state, *values), atol=1e-12)


def test_thermal_state_is_fixed() -> None:
    state = np.diag([0.7, 0.3]).astype(np.complex128)
    assert np.allclose(apply_kraus(CHANNELS["thermal"], state, 0.4, 0.3), state)


@ALL
def test_derivatives_are_finite_on_the_edge(channel: Channel) -> None:
    jax = pytest.importorskip("jax")
    for values in strengths(channel):

        def size(*strength: object) -> object:
            return jax.numpy.sum(jax.numpy.abs(channel.kraus(jax.numpy, *strength)) ** 2)

        derivatives = jax.grad(size, argnums=tuple(range(len(values))))(*map(jax.numpy.float32, values))
        assert np.isfinite(derivatives).all()


def test_probabilities_that_sum_to_one_by_rounding_only() -> None:
    jax = pytest.importorskip("jax")
    for values in [(0.1, 0.2, 0.7), (0.3, 0.3, 0.4), (0.7, 0.1, 0.2)]:
        operators = CHANNELS["pauli_channel"].kraus(jax.numpy, *map(jax.numpy.float32, values))
        assert np.allclose(np.einsum("kji,kjl->il", operators.conj(), operators), np.eye(2), atol=1e-6)
