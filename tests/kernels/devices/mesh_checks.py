"""Checks on four devices; `test_mesh.py` runs them in a process that has as many."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels.devices.mesh import SEEDS, WORK, agreed, grid, mapped, shared, sharers, spread

THETA = np.linspace(-1.0, 1.3, 6, dtype=np.float32)


def value(theta: jax.Array, key: jax.Array, rows: int = 10, batch_size: int | None = None) -> tuple[jax.Array, Any]:
    """A loss with all that a kernel may do: keys, integers, complex numbers, scans, tables that depend on theta."""
    keys, numbers, tables = jax.random.split(key, rows), jnp.arange(rows), jnp.outer(jnp.ones(rows), theta)
    offset = numbers[0] + 1

    def one(row: tuple[jax.Array, jax.Array], key: jax.Array) -> tuple[jax.Array, jax.Array]:
        number, table = row

        def turn(carry: jax.Array, angle: jax.Array) -> tuple[jax.Array, None]:
            return jnp.tanh(carry * jnp.exp(1j * angle) + 0.1 * number + table.sum()), None

        last, _ = jax.lax.scan(turn, jax.random.uniform(key) * jnp.exp(1j * theta[1]), theta[2:])
        return jnp.abs(last) ** 2, number + offset

    reals, numbers = mapped(one, (numbers, tables), keys, batch_size=batch_size)
    return jnp.sum(reals**2), (reals, numbers)


def of_devices(count: int) -> jax.sharding.Mesh:
    return grid(jax.devices()[:count])


@pytest.mark.parametrize("devices", [1, 2, 4])
@pytest.mark.parametrize(("rows", "batch_size"), [(10, None), (10, 2), (3, 1), (1, None)])
def test_values_and_gradients_are_those_of_one_device(devices: int, rows: int, batch_size: int | None) -> None:
    def evaluate(theta: jax.Array, key: jax.Array) -> Any:
        return jax.value_and_grad(value, has_aux=True)(theta, key, rows, batch_size)

    key = jax.random.key(3)
    (loss, (reals, numbers)), gradient = jax.jit(evaluate)(THETA, key)
    found = jax.jit(spread(evaluate, of_devices(devices)))(THETA, key)
    np.testing.assert_allclose(found[0][0], loss, rtol=1e-6)
    np.testing.assert_allclose(found[0][1][0], reals, rtol=1e-6)
    np.testing.assert_array_equal(found[0][1][1], numbers)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-5, atol=1e-6)


def test_seeds_beside_it_and_loops_around_it() -> None:
    thetas, keys = np.stack([THETA, THETA[::-1], 0.3 * THETA]), jax.random.split(jax.random.key(4), 3)

    def descend(thetas: jax.Array, keys: jax.Array) -> jax.Array:
        derivative = jax.vmap(jax.grad(lambda theta, key: value(theta, key)[0]))
        last: jax.Array = jax.lax.fori_loop(0, 3, lambda _, thetas: thetas - 0.02 * derivative(thetas, keys), thetas)
        return last

    alone = jax.jit(descend)(thetas, keys)
    for devices in (2, 4):
        np.testing.assert_allclose(jax.jit(spread(descend, of_devices(devices)))(thetas, keys), alone, atol=1e-5)


def test_each_device_does_its_share_only() -> None:
    seen: list[int] = []

    def look(row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        seen.append(int(row))
        return row + 1

    def one(row: jax.Array) -> jax.Array:
        answer: jax.Array = jax.pure_callback(look, row, row, vmap_method="sequential")
        return answer

    for devices, rows in ((1, 8), (4, 8), (4, 6)):
        seen.clear()
        found = jax.jit(spread(lambda rows: mapped(one, rows), of_devices(devices)))(jnp.arange(rows))
        np.testing.assert_array_equal(found, np.arange(rows) + 1)
        share = -(-rows // devices)
        assert sorted(seen) == sorted([*range(rows), *[0] * (share * devices - rows)])


def test_a_row_is_not_split_again() -> None:
    def table(x: jax.Array) -> jax.Array:
        def row(a: jax.Array) -> jax.Array:
            assert sharers() == 1
            inner: jax.Array = mapped(lambda b: a * b * x, jnp.arange(5.0))
            return inner

        answer: jax.Array = mapped(row, jnp.arange(1.0, 7.0), batch_size=2)
        return answer

    expected = 2.0 * np.outer(np.arange(1.0, 7.0), np.arange(5.0))
    np.testing.assert_allclose(table(jnp.asarray(2.0)), expected)
    np.testing.assert_allclose(jax.jit(spread(table, of_devices(4)))(jnp.asarray(2.0)), expected)


def test_a_function_of_many_rows() -> None:
    def evaluate(theta: jax.Array) -> Any:
        sizes = []

        def many(rows: jax.Array) -> jax.Array:
            sizes.append(len(rows))
            assert sharers() == 1
            return jnp.sin(rows @ jnp.outer(theta, theta * jnp.exp(1j * theta[0]))).real

        return shared(many, jnp.arange(42.0).reshape(7, 6), multiple=3).sum(), sizes[0]

    alone, size = jax.grad(lambda theta: evaluate(theta)[0])(THETA), evaluate(jnp.asarray(THETA))[1]
    found = jax.jit(spread(jax.grad(lambda theta: evaluate(theta)[0]), of_devices(2)))(THETA)
    np.testing.assert_allclose(found, alone, rtol=1e-4, atol=1e-3)
    share = jax.jit(spread(lambda theta: evaluate(theta)[1], of_devices(2)))(THETA)
    assert (size, int(share)) == (7, 6)


def test_what_is_agreed_on_is_what_the_first_device_has() -> None:
    def here() -> Any:
        place = jax.lax.axis_index(WORK)
        return agreed((place, place == 0, jnp.where(place == 0, 0.5, jnp.nan)))

    place, leads, number = jax.jit(spread(here, of_devices(4)))()
    assert (int(place), bool(leads), float(number)) == (0, True, 0.5)
    assert agreed(3) == 3


@pytest.mark.parametrize(
    ("devices", "seeds", "shape"),
    [(4, 1, (1, 4)), (4, 2, (2, 2)), (4, 3, (4, 1)), (4, 9, (4, 1)), (2, 3, (2, 1)), (1, 5, (1, 1))],
)
def test_seeds_first_then_work(devices: int, seeds: int, shape: tuple[int, int]) -> None:
    mesh = grid(jax.devices()[:devices], seeds)
    assert (mesh.shape[SEEDS], mesh.shape[WORK]) == shape
