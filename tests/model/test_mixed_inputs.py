"""Inputs that are mixed states: rho = A A* / Tr(A A*), from the entries of A."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from tests.check.checking import pointed
from tests.command import qglc
from tests.qasm.readers import qiskit_distribution
from tests.reference.states import uhlmann

LATENT = """
latent rho : density(1) ~ hilbert_schmidt() draws 3;
random sigma : density(2) ~ hilbert_schmidt();
param a[2] : angle;
visible v[2] = [rho, 1];
model {
    fresh e[2] = sigma;
    ry(a[0]) v[0];
    cx e[1], v[1];
    ry(a[1]) e[0];
    cz e[0], v[0];
    cx v[0], v[1];
}
"""


def state_of(numbers: Any) -> NDArray[np.complex128]:
    """The state of the numbers of an input."""
    pairs = np.asarray(numbers, np.float64).reshape(-1, 2)
    size = int(np.sqrt(len(pairs)))
    root = (pairs[:, 0] + 1j * pairs[:, 1]).reshape(size, size)
    made = root @ root.conj().T
    return np.asarray(made / np.trace(made))


def numbers_of(root: NDArray[Any]) -> NDArray[np.float64]:
    return np.stack([root.real, root.imag], axis=-1).ravel()


def turned(state: Any, a: Any) -> NDArray[Any]:
    """What `LATENT` makes of a state of v[0], v[1], e[0], e[1], traced over the last two."""
    ry = [np.array([[np.cos(t / 2), -np.sin(t / 2)], [np.sin(t / 2), np.cos(t / 2)]]) for t in np.asarray(a)]
    bits = np.arange(16)[:, None] >> np.arange(3, -1, -1) & 1

    def flip(control: int, target: int) -> NDArray[Any]:
        moved = np.arange(16) ^ (bits[:, control] << (3 - target))
        matrix: NDArray[Any] = np.eye(16)[moved].T
        return matrix

    steps = [
        np.kron(ry[0], np.eye(8)),
        flip(3, 1),
        np.kron(np.eye(4), np.kron(ry[1], np.eye(2))),
        np.diag((-1.0) ** (bits[:, 2] * bits[:, 0])),
        flip(0, 1),
    ]
    for step in steps:
        state = step @ state @ step.conj().T
    traced: NDArray[Any] = np.einsum("xeye->xy", state.reshape(4, 4, 4, 4))
    return traced


def test_against_density_matrices() -> None:
    """A mixture over draws; the gradient by differences, with none for what is drawn."""
    model = qgl.loads(LATENT, precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(2))
        assert params["rho"].shape == (3, 8) and params["sigma"].shape == (32,)
        one = np.diag([0.0, 1.0])
        wanted = np.mean(
            [
                turned(np.kron(np.kron(state_of(draw), one), state_of(params["sigma"])), params["a"])
                for draw in params["rho"]
            ],
            axis=0,
        )
        np.testing.assert_allclose(model.state(params), wanted, atol=1e-12)
        assert np.trace(wanted @ wanted).real < 0.9

        def chance(a: Any) -> Any:
            return model.probabilities({**params, "a": a})[1]

        gradient = jax.grad(chance)(params["a"])
        for k in range(2):
            step = 1e-5 * jnp.eye(2)[k]
            difference = (chance(params["a"] + step) - chance(params["a"] - step)) / 2e-5
            assert float(gradient[k]) == pytest.approx(float(difference), abs=1e-8)


def test_random_states_are_of_the_hilbert_schmidt_measure() -> None:
    """The mean purity is 2 d / (d^2 + 1): Zyczkowski and Sommers, J. Phys. A 34, 7111 (2001)."""
    model = qgl.loads("latent rho : density(1) ~ hilbert_schmidt() draws 4000;\nvisible v = rho;\nmodel { id v; }\n")
    draws = model.init(jax.random.key(0))["rho"]
    purities = [float(np.trace(rho @ rho).real) for rho in map(state_of, draws)]
    assert np.mean(purities) == pytest.approx(4 / 5, abs=4 * np.std(purities) / np.sqrt(4000))


PAIRS = """
data target = states_near("0", width = 0.5, count = 3);
channel spoil(p: real, q: qubit) { depolarizing(p) q; }
data noisy = through(target, spoil(0.6));
data cleaner = through(target, spoil(0.3));
data both = pairs(noisy, cleaner);
condition rho : density(1) ~ mixed();
param a[3] : angle;
visible v = rho;
model { fresh e; ry(a[0]) e; cx v, e; cry(a[1]) e, v; rx(a[2]) v; }
objective infidelity(both);
"""


def test_a_condition_from_data() -> None:
    """Mixed states in, mixed targets: each pair by itself against Uhlmann's fidelity; without data it is I / 2."""
    model = qgl.loads(PAIRS, precision="double")
    given, targets = (model.program.data[name].states for name in ("noisy", "cleaner"))
    rows = model.program.data["both"].conditions
    assert given is not None and targets is not None and rows is not None
    with jax.enable_x64(True):
        params = model.init(jax.random.key(0))
        found = []
        for row, state, target in zip(rows, given, targets, strict=True):
            np.testing.assert_allclose(state_of(row), state, atol=1e-12)
            found.append(uhlmann(np.asarray(model.state(params, row)), target))
            other = numbers_of(np.linalg.cholesky(state)) * 3  # any root of it, of any norm
            np.testing.assert_allclose(model.state(params, other), model.state(params, row), atol=1e-12)
        assert float(model.loss(params)) == pytest.approx(1 - np.mean(found), abs=1e-10)
        (drawn,) = np.asarray(model.parameters.drawn_conditions(jax.random.key(0), 1))
    np.testing.assert_allclose(state_of(drawn), np.eye(2) / 2, atol=1e-7)


def test_on_hardware(tmp_path: Path) -> None:
    """A mixed state is half of a pure one of twice as many qubits."""
    path = tmp_path / "mixed.qgl"
    path.write_text(LATENT.replace("draws 3", "draws 1"))
    status, text, errors = qglc("emit", path, "--seed", "4", "--profile", "qiskit")
    assert status == 0, errors
    model = qgl.load(path)
    np.testing.assert_allclose(qiskit_distribution(text), model.probabilities(model.init(jax.random.key(4))), atol=1e-6)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("param r : density(1);\nvisible v = r;", ("QGL0318", "r")),
        ("random r : density(1);\nvisible v = r;", ("QGL0318", "r")),
        ("random r : density(1) ~ haar();\nvisible v = r;", ("QGL0316", "haar()")),
        ("random r : state(1) ~ mixed();\nvisible v = r;", ("QGL0316", "mixed()")),
        ("random r ~ hilbert_schmidt();\nvisible v = plus;", ("QGL0316", "hilbert_schmidt()")),
        ("random r : density(6) ~ mixed();\nvisible v = r;", ("QGL0803", "6")),
        ("random r : density(2) ~ mixed();\nvisible v = r;", ("QGL0412", "r")),
        ("layer f(r: density(1), q: qubit) { h q; }\nvisible v;", ("QGL0318", "density(1)")),
    ],
)
def test_refused(declared: str, found: tuple[str, str]) -> None:
    assert found in pointed(f"{declared}\nmodel {{ h v; }}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("condition rho : density(1) ~ mixed();", "condition rho : state(2);"),
        ("pairs(noisy, cleaner)", "pairs(target, cleaner)"),
    ],
)
def test_states_of_another_type_are_refused(before: str, after: str) -> None:
    text = PAIRS.replace(before, after).replace(
        "visible v = rho;", "visible v[2] = rho;" if "(2)" in after else "visible v = rho;"
    )
    assert ("QGL0612", "infidelity(both)") in pointed(text)
