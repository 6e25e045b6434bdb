"""marginals against a target state: reduced states and distances by eigenvalues, gradients by differences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.objectives.states import DISTANCES, StateDistance, reduced_states

RNG = np.random.default_rng(1)


def mixed(size: int, rank: int) -> NDArray[np.complex128]:
    root = RNG.normal(size=(size, rank)) + 1j * RNG.normal(size=(size, rank))
    rho: NDArray[np.complex128] = root @ root.conj().T
    rho /= np.trace(rho).real
    return rho


def logarithm(rho: NDArray[np.complex128]) -> NDArray[np.complex128]:
    values, vectors = np.linalg.eigh(rho)
    result: NDArray[np.complex128] = (vectors * np.log(values)) @ vectors.conj().T
    return result


def test_reduced_states_of_vectors_and_matrices() -> None:
    psi = RNG.normal(size=8) + 1j * RNG.normal(size=8)
    psi /= np.linalg.norm(psi)
    rho = np.outer(psi, psi.conj())
    regions = ((0, 2), (1, 2), (2, 0))
    np.testing.assert_allclose(reduced_states(psi, regions), reduced_states(rho, regions), atol=1e-12)
    expected = np.einsum("abcdbf->acdf", rho.reshape([2] * 6)).reshape(4, 4)
    np.testing.assert_allclose(reduced_states(rho, regions)[0], expected, atol=1e-12)
    np.testing.assert_allclose(reduced_states(rho, ((0, 1, 2),))[0], rho, atol=1e-12)


@pytest.mark.parametrize("kind", ["random", "coinciding"])
@pytest.mark.parametrize("distance", list(DISTANCES))
def test_distances_and_their_gradients(distance: str, kind: str) -> None:
    sigma = mixed(4, 4)
    rho = mixed(4, 4) if kind == "random" else np.diag([0.3, 0.3, 0.2, 0.2]).astype(complex)
    values = np.linalg.eigvalsh(rho - sigma)
    expected = {
        "tv": np.abs(values).sum() / 2,
        "kl": np.trace(sigma @ (logarithm(sigma) - logarithm(rho))).real,
        "hilbert_schmidt": (values**2).sum(),
    }[distance]
    step = mixed(4, 4) - mixed(4, 4)
    with jax.enable_x64(True):
        target = jnp.asarray(sigma)[None]

        def at(t: jax.Array) -> jax.Array:
            return DISTANCES[distance]((jnp.asarray(rho) + t * jnp.asarray(step))[None], target)[0]

        value, derivative = jax.value_and_grad(at)(jnp.asarray(0.0))
        difference = (at(jnp.asarray(1e-5)) - at(jnp.asarray(-1e-5))) / 2e-5
    assert value == pytest.approx(expected, rel=1e-9)
    assert derivative == pytest.approx(float(difference), rel=1e-5)


def test_a_program_learns_a_state_that_its_bits_do_not_tell(tmp_path: Path) -> None:
    """|+i>|+i> and |+>|+> have the same bits; the reduced states tell them apart."""
    one = np.array([1, 1j]) / np.sqrt(2)
    np.savez(tmp_path / "plus.npz", x=np.kron(np.kron(one, one), one))
    (tmp_path / "plus.qgl").write_text(
        """data target = state("plus.npz"); visible v[3]; model { ry(?) v; rz(?) v; }
        objective marginals(target, size = 2, distance = kl) + nll(target);
        train { optimizer adam(rate = 0.1); steps 150; }"""
    )
    model = qgl.load(tmp_path / "plus.qgl")
    distance = model.objectives[0].objective
    assert isinstance(distance, StateDistance) and distance.states.shape == (2, 4, 4)
    run = model.train(out=tmp_path / "run", display="quiet", pictures=False)
    assert run.terms["marginals"][0] < 1e-3
    assert run.terms["nll"][0] == pytest.approx(3 * np.log(2), abs=1e-3)
    np.testing.assert_allclose(run.model.marginals(run.params, [(1,)])[0], np.outer(one, one.conj()), atol=0.05)


@pytest.mark.parametrize("source", ['state("ghz.npz")', 'strings(["000", "111", "011"])'])
@pytest.mark.parametrize("distance", list(DISTANCES))
def test_gradients_where_states_have_not_full_rank(distance: str, source: str, tmp_path: Path) -> None:
    """By `value_and_grad` of the model: targets and circuits of low rank, their eigenvalues 0, and two of one half."""
    np.savez(tmp_path / "ghz.npz", np.sqrt(np.array([1, 0, 0, 0, 0, 0, 0, 1]) / 2))
    path = tmp_path / "program.qgl"
    for noise in ("", "depolarizing(0.1) v;") if source.startswith("state") else ("",):
        path.write_text(
            f"""visible v[3]; data target = {source}; param a[3];
            model {{ ry(a) v; cx v[0], v[1]; cx v[1], v[2]; {noise} }}
            objective marginals(target, size = 2, distance = {distance});"""
        )
        exact, single = qgl.load(path, precision="double"), qgl.load(path)
        for point in ([np.pi / 2, 0.0, 0.0], [1.3, 0.4, -0.2], [0.0, 0.0, 0.0]):
            a: Any = np.array(point)
            value, derivative = exact.value_and_grad({"a": a})
            assert np.isfinite(value) and np.isfinite(derivative["a"]).all()
            found, gradient = single.value_and_grad({"a": jnp.asarray(a, jnp.float32)})
            assert np.isfinite(found) and np.isfinite(gradient["a"]).all()
            if point[1] == 0 and distance != "hilbert_schmidt":
                continue  # on an edge: a distance with a kink, or zeros that become large
            steps = 1e-6 * np.eye(3)
            pairs = [[float(exact.value_and_grad({"a": a + way * step})[0]) for way in (1, -1)] for step in steps]
            wanted = [(after - before) / 2e-6 for after, before in pairs]
            assert np.asarray(derivative["a"]) == pytest.approx(wanted, rel=1e-6, abs=1e-6)
            if noise or distance != "kl":  # else the logarithm of zero is that of rounding, another in each precision
                assert np.asarray(gradient["a"]) == pytest.approx(wanted, rel=1e-3, abs=1e-4)
