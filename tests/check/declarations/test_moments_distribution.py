"""The distribution `moments`: where training starts, from data."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qgl
from tests.check.checking import faults, program

DATA = 'data d = strings(["000", "011", "111"], weights = [1, 2, 5]);\n'
MODEL = "visible v[3];\nmodel { h v; }\n"
ROWS = np.array([[0, 0, 0], [0, 1, 1], [1, 1, 1]])
WEIGHTS = np.array([1, 2, 5]) / 8


def test_angles_are_those_of_the_moments() -> None:
    gates = "for g in subsets(v, 1..3) { exp(i * t[g] * prod(q in g: Z[q])); }"
    distribution = "param t[subsets(v, 1..3)] ~ moments(d, scale = 0.5);"
    (found,) = program(f"{DATA}{distribution}visible v[3];\nmodel {{ h v; {gates} }}").parameters
    signs = 1 - 2 * ROWS
    covariance = (signs * WEIGHTS[:, None]).T @ signs - np.outer(WEIGHTS @ signs, WEIGHTS @ signs)
    ones = np.arcsin(np.sqrt(WEIGHTS @ ROWS))
    pairs = 0.5 * covariance[[0, 0, 1], [1, 2, 2]]
    np.testing.assert_allclose(found.distribution.centres, [*ones, *pairs, 0])


def test_iqp_bits_start_as_frequent_as_in_the_data() -> None:
    text = f"""{DATA}
    visible v[3];
    param t[v] ~ moments(d);
    param u[edges(l)] ~ moments(d, 0, 0.1);
    lattice l = line(3);
    visible w on l;
    """
    assert [d.code for d in faults(f"{text} model {{ h v; }}")] == ["QGL0316", "QGL0316"]  # six qubits, three columns
    model = qgl.loads(
        f"{DATA}visible v[3];\nparam t[v] ~ moments(d);\nmodel {{ h v; for q in v {{ exp(i * t[q] * Z[q]); }} h v; }}"
    )
    distribution = np.asarray(model.probabilities(model.init(jax.random.key(0)))).reshape(2, 2, 2)
    np.testing.assert_allclose(
        [distribution[1].sum(), distribution[:, 1].sum(), distribution[:, :, 1].sum()], WEIGHTS @ ROWS, atol=1e-6
    )


def test_elements_scatter_about_their_centres() -> None:
    model = qgl.loads(f"{DATA}{MODEL.replace('h v;', 'rx(t) v;')}param t[v] ~ moments(d, deviation = 0.1);")
    centres = np.array(model.program.parameters[0].distribution.centres)
    drawn = np.stack([np.asarray(model.init(jax.random.key(k))["t"]) for k in range(30)])
    assert np.abs(drawn.mean(axis=0) - centres).max() < 0.1
    assert 0.05 < (drawn - centres).std() < 0.2


@pytest.mark.parametrize(
    "declared",
    [
        "param t[v] ~ moments();",
        "param t[v] ~ moments(1);",
        "param t[v] ~ moments(d, 1, scale = 2);",
        "param t[v] ~ moments(d, deviation = -1);",
        "param t[v] ~ moments(d, width = 2);",
        "param t ~ moments(d);",
        "param t[2] ~ moments(d);",
        "param t[3, v] ~ moments(d);",
        "param t[v] : angle[3] ~ moments(d);",
        "param t[v] : probability ~ moments(d);",
        "hidden e[2]; param t[e] ~ moments(d);",
        "random t[v] ~ moments(d);",
    ],
)
def test_what_it_does_not_suit_is_refused(declared: str) -> None:
    assert [d.code for d in faults(f"{DATA}{MODEL}{declared}")] == ["QGL0316"]
