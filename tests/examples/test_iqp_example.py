"""IQP circuits (arXiv 2503.02934): the formulas, and a small version of every figure."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from examples.iqp import reproduce
from examples.published import Ours, published

WIDTH = 6
PAULI_WORDS = np.array(list(itertools.product((0, 1), repeat=WIDTH)))
SETS = [members for size in (1, 2, 3) for members in itertools.combinations(range(WIDTH), size)]
GENERATORS = np.array([np.bincount(members, minlength=WIDTH) for members in SETS])
THETAS = np.random.default_rng(5).normal(0, 0.4, len(SETS))
ODD = PAULI_WORDS @ GENERATORS.T % 2  # [Pauli word, generator]

HEAD = f"visible s[{WIDTH}];\nparam theta[subsets(s, 1..3)];\n"
PHASES = "model { h s; for g in subsets(s, 1..3) { exp(i * theta[g] * prod(a in g: Z[a])); } h s; }"
FLIPS = """model {
    for g in subsets(s, 1..3) { fresh flip; ry(2 * theta[g]) flip; for a in g { cx flip, a; } }
}"""


def dense_phases() -> NDArray[np.float64]:
    """The distribution of the IQP circuit by its state vector."""
    signs = (-1.0) ** (PAULI_WORDS @ PAULI_WORDS.T)
    hadamard = signs / 2 ** (WIDTH / 2)
    state = np.exp(1j * (-1.0) ** (PAULI_WORDS @ GENERATORS.T) @ THETAS) * hadamard[:, 0]
    return np.asarray(np.abs(hadamard @ state) ** 2)


def dense_flips() -> NDArray[np.float64]:
    """The distribution of the flips, one flip after another."""
    distribution = np.zeros((2,) * WIDTH)
    distribution[(0,) * WIDTH] = 1
    for members, theta in zip(SETS, THETAS, strict=True):
        distribution = np.cos(theta) ** 2 * distribution + np.sin(theta) ** 2 * np.flip(distribution, members)
    return distribution.reshape(-1)


def by_phases() -> NDArray[np.float64]:
    """<Z_a> = E_z cos(2 sum_j theta_j (g_j.a mod 2) (-1)^(g_j.z))."""
    return np.asarray(np.cos(2 * (ODD * THETAS) @ (-1.0) ** (GENERATORS @ PAULI_WORDS.T)).mean(axis=1))


def by_flips() -> NDArray[np.float64]:
    """<Z_a> = product over j with g_j.a odd of cos(2 theta_j)."""
    return np.asarray(np.where(ODD == 1, np.cos(2 * THETAS), 1).prod(axis=1))


@pytest.mark.parametrize(
    ("body", "dense", "formula"), [(PHASES, dense_phases, by_phases), (FLIPS, dense_flips, by_flips)]
)
def test_formulas_state_vector_and_program_agree(body: str, dense: object, formula: object) -> None:
    assert callable(dense) and callable(formula)
    distribution = dense()
    np.testing.assert_allclose((-1.0) ** (PAULI_WORDS @ PAULI_WORDS.T) @ distribution, formula(), atol=1e-12)
    model = qgl.loads(HEAD + body)
    found = model.probabilities({"theta": jnp.asarray(THETAS)})
    np.testing.assert_allclose(found, distribution, atol=1e-6)


@pytest.fixture(scope="module")
def quick() -> dict[str, Ours]:
    return dict(reproduce.measure(quick=True))


def value(found: Ours) -> float:
    assert found.value is not None
    return found.value


@pytest.mark.slow
def test_every_published_figure_is_measured_but_those_of_the_energy_model(quick: dict[str, Ours]) -> None:
    _, figures = published("iqp")
    assert {figure.key for figure in figures} - quick.keys() == {"ebm_0.6", "ebm_1.52", "ebm_2.83"}


@pytest.mark.slow
def test_the_circuit_learns_what_flips_cannot(quick: dict[str, Ours]) -> None:
    for sigma in ("1.52", "2.83"):
        assert value(quick[f"iqp_{sigma}"]) < 0.1 * value(quick[f"flips_{sigma}"])
        assert value(quick[f"iqp_{sigma}"]) < 0.1 * value(quick[f"random_{sigma}"])
    assert value(quick["iqp_kl"]) < 0.5 * value(quick["flips_kl"])
    assert value(quick["rbm_1.52"]) < value(quick["random_1.52"])


@pytest.mark.slow
def test_the_estimator_of_the_paper_is_unbiased(quick: dict[str, Ours]) -> None:
    found = quick["iqp_estimate"]
    assert found.low is not None and found.high is not None
    assert abs(value(found) - value(quick["iqp_1.52"])) < 4 * (found.high - found.low) / 2


@pytest.mark.slow
def test_what_all_words_give_is_what_the_report_says(quick: dict[str, Ours]) -> None:
    assert value(quick["iqp_exact"]) > value(quick["iqp_1.52"])  # the finite test rows count as distance
    assert value(quick["iqp_exact"]) - value(quick["iqp_1.52"]) < 1 / 50_000


@pytest.mark.slow
def test_a_thousand_sites_learn_the_words_of_a_hidden_circuit(quick: dict[str, Ours]) -> None:
    assert value(quick["strip_words"]) < 0.06
    assert value(quick["strip_mmd"]) < 0.01
    assert 0 < value(quick["strip_step"]) < value(quick["strip_start"])
