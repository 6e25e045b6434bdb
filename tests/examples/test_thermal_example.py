"""Thermal states at a small size: every figure is measured, the exact ones are met."""

from __future__ import annotations

from functools import reduce
from itertools import combinations

import numpy as np
import pytest

import qgl
from examples.published import published
from examples.thermal.reproduce import HERE, chain, infinite, majoranas, six_sites

_, FIGURES = published("thermal")


@pytest.mark.slow
def test_every_figure_is_measured_and_the_exact_ones_are_met() -> None:
    ours = {**six_sites(True), **majoranas(True), **chain(True)}
    assert set(ours) == {figure.key for figure in FIGURES}
    values = {key: found.value for key, found in ours.items() if found.value is not None}
    assert values["exact_6"] == pytest.approx(-8.189775, abs=1e-6)
    assert values["kl_6"] > 0
    assert values["markov_1"] == pytest.approx(2.7e-2, rel=0.03)
    assert values["markov_2"] == pytest.approx(7.4e-4, rel=0.03)
    assert values["markov_3"] == pytest.approx(2.2e-5, rel=0.03)
    assert 0 < values["syk_kl"] < values["syk_mixed"]
    assert values["site_few"] > 0
    assert values["site_wider"] >= values["site"] - 1e-6  # a larger radius, a smaller entropy
    assert infinite(0, 1) == pytest.approx(-np.log(2 * np.cosh(1)))


def test_the_majoranas_are_those_of_jordan_and_wigner() -> None:
    """Held against products of dense matrices; the program leaves their signs to the compiler."""
    x, y, z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
    operators = [reduce(np.kron, [z] * (m // 2) + [(x, y)[m % 2]] + [np.eye(2)] * (2 - m // 2)) for m in range(6)]
    mixed = 43758.5453 * np.sin(12.9898 * np.arange(1, 31))
    uniform = mixed - np.floor(mixed)
    couplings = np.sqrt(-2 * np.log(uniform[:15])) * np.cos(2 * np.pi * uniform[15:])
    fours = sorted(combinations(range(6), 4), key=lambda four: four[::-1])
    products = [reduce(np.matmul, [operators[m] / np.sqrt(2) for m in four]) for four in fours]
    levels, vectors = np.linalg.eigh(np.sqrt(6 / 6**3) * np.tensordot(couplings, products, 1))
    weights = np.exp(-4 * levels)
    expected = (vectors * weights / weights.sum()) @ vectors.conj().T
    found = qgl.load(HERE / "syk6.qgl", n=3).program.data["hot"].state
    assert found is not None
    np.testing.assert_allclose(found, expected, atol=1e-12)
