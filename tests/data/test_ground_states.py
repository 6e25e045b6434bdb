"""Ensembles of ground states of a Hamiltonian whose latent inputs are drawn for each of them."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.data.processes.draws import Draws
from qgl.expression import Input, Real
from tests.check.checking import pointed, program

ISING = """
latent g ~ uniform({low}, {high});
{more}
visible v[4];
hamiltonian ising(j) = sum((a, b) in chain(v): -j * Z[a] * Z[b]) - sum(a in v: {field} * X[a]);
data cold = ground_states(ising({coupling}), count = {count}, seed = 2);
model {{ ry(?) v; }}
objective mmd(cold, fidelity(power = 2));
"""
GIVEN = {"low": 0.2, "high": 0.4, "field": "g", "coupling": 1, "count": 200, "more": ""}
X, Z = np.array([[0.0, 1], [1, 0]]), np.diag([1.0, -1])


def on(matrix: np.ndarray, *places: int) -> np.ndarray:  # type: ignore[type-arg]
    total = np.eye(1)
    for k in range(4):
        total = np.kron(total, matrix if k in places else np.eye(2))
    return total


def test_each_is_the_ground_state_of_its_own_field() -> None:
    """Of the chain with open ends, as in arXiv 2310.05866: <H> is its lowest level for the field that was drawn."""
    found = program(ISING.format(**GIVEN))
    states = found.data["cold"].states
    assert states is not None and states.shape == (200, 16) and not [p for p in found.parameters if p.kind == "latent"]
    couplings = -sum(on(Z, k, k + 1) for k in range(3))
    fields = -sum(on(X, k) for k in range(4))
    overlaps = np.einsum("sx,xy,sy->s", states.conj(), fields, states).real
    strengths = []
    for state in states:  # (C + g F) s = E s, solved for g
        parts = np.stack([fields @ state, -state], axis=1)
        (g, energy), *_ = np.linalg.lstsq(parts, -couplings @ state, rcond=None)
        assert energy.real == pytest.approx(np.linalg.eigvalsh(couplings + g.real * fields)[0], abs=1e-10)
        strengths.append(g.real)
    assert min(strengths) >= 0.2 and max(strengths) <= 0.4
    assert np.mean(strengths) == pytest.approx(0.3, abs=5 * 0.2 / 12**0.5 / 200**0.5)
    assert np.corrcoef(strengths, overlaps)[0, 1] < -0.99
    magnetisation = np.abs(states) ** 2 @ np.abs(sum(np.diag(on(Z, k)) for k in range(4))) / 4
    assert magnetisation.mean() == pytest.approx(0.962, abs=0.01)  # of the published data


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"field": "0.3"}, ("QGL0703", "ising(1)")),
        (
            {"field": "g", "more": "param a : real;", "coupling": "1 + a"},
            ("QGL0615", "ground_states(ising(1 + a), count = 200, seed = 2)"),
        ),
        ({"field": "0 * g", "coupling": "g"}, ("QGL0750", "ground_states(ising(g), count = 200, seed = 2)")),
        ({"count": 1000000}, ("QGL0610", "ground_states(ising(1), count = 1000000, seed = 2)")),
        ({"low": -1, "field": "sqrt(g)"}, ("QGL0613", "ground_states(ising(1), count = 200, seed = 2)")),
    ],
)
def test_refused(changes: dict[str, object], expected: tuple[str, str]) -> None:
    assert expected in pointed(ISING.format(**(GIVEN | changes)))


def test_one_with_inputs_is_no_target_of_its_own() -> None:
    text = ISING.format(**GIVEN).replace("ground_states(ising(1), count = 200, seed = 2)", "ground_state(ising(1))")
    assert ("QGL0703", "ising(1)") in pointed(text)


def test_draws_are_of_the_declared_distributions() -> None:
    parameters = program(
        "latent a[2] ~ normal(1, 2) draws 2;\nlatent z : state(1) ~ haar() draws 2;\n"
        "latent b ~ bernoulli(0.3);\nvisible v = z;\nmodel { rx(a[0] + a[1] * b) v; }\n"
    ).parameters
    value = Draws(list(enumerate(parameters)), np.random.default_rng(1)).of(20_000)
    normal, bits = value(Real(0.0, ((1.0, Input(0, 1)),))), value(Real(0.0, ((1.0, Input(2, 0)),)))
    assert normal.mean() == pytest.approx(1, abs=0.08) and normal.std() == pytest.approx(2, abs=0.06)
    assert set(bits) == {0.0, 1.0} and bits.mean() == pytest.approx(0.3, abs=0.02)
    haar = np.stack([value(Real(0.0, ((1.0, Input(1, k)),))) for k in range(4)])
    np.testing.assert_allclose(np.sum(haar**2, axis=0), 1)
    assert np.mean(haar**4) == pytest.approx(3 / 24, abs=0.005)  # of a uniform point of the 3-sphere
    assert value(Real(0.5)).shape == ()
