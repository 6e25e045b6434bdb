"""Expectation maximisation against the same by hand, and against hmmlearn."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import qgl
from qgl.train.strategies.em import Counts
from tests.check.checking import pointed

TIED = """
data words = strings(["0011", "0111", "1100", "1111", "0000", "0101"], weights = [3, 2, 4, 1, 2, 2]);
visible x[2] : category(4);
hidden z[2] : category(2);
param start : table(2);
param move : table(2, 2);
param seen : table(2, 4);
model {
    prepare(start) z[0];
    prepare(move) z[0], z[1];
    prepare(seen) z[0], x[0];
    prepare(seen) z[1], x[1];
}
objective nll(words);
train { strategy em(); steps 30; seeds 2; precision double; }
"""


def row(angles: Any) -> np.ndarray[Any, Any]:
    """The distribution of two or four values."""
    one = np.sin(np.ravel(angles) / 2) ** 2
    if len(one) == 1:
        return np.array([1 - one[0], one[0]])
    first, second, third = one
    return np.array([(1 - first) * (1 - second), (1 - first) * second, first * (1 - third), first * third])


def tables(params: Any) -> list[np.ndarray[Any, Any]]:
    move, seen = np.reshape(params["move"], (2, 1)), np.reshape(params["seen"], (2, 3))
    return [row(params["start"]), np.array([row(r) for r in move]), np.array([row(r) for r in seen])]


@pytest.fixture(scope="module")
def model() -> qgl.Model:
    return qgl.loads(TIED)


def test_steps_are_those_by_hand_and_of_hmmlearn(model: qgl.Model) -> None:
    hmmlearn = pytest.importorskip("hmmlearn.hmm")
    data = model.program.data["words"]
    seen_pairs = [(2 * r[0] + r[1], 2 * r[2] + r[3]) for r in data.rows]
    with jax.enable_x64(True):
        counts = Counts(model.program, "double")
        step = jax.jit(counts.improved)
        params = model.init(jax.random.key(1))
        start, move, seen = tables(params)
        other = hmmlearn.CategoricalHMM(2, n_iter=1, tol=0, init_params="", params="ste", n_features=4)
        other.startprob_, other.transmat_, other.emissionprob_ = start, move, seen
        repeated = [
            pair for pair, weight in zip(seen_pairs, data.weights, strict=True) for _ in range(round(14 * weight))
        ]
        for turn in range(3):
            new = [np.zeros(2), np.zeros((2, 2)), np.zeros((2, 4))]
            for (a, b), weight in zip(seen_pairs, data.weights, strict=True):
                joint = start[:, None] * move * seen[:, a, None] * seen[None, :, b]
                joint *= weight / joint.sum()
                new[0] += joint.sum(1)
                new[1] += joint
                new[2][:, a] += joint.sum(1)
                new[2][:, b] += joint.sum(0)
            start, move, seen = (table / table.sum(-1, keepdims=True) for table in new)
            params = step(params)
            for ours, expected in zip(tables(params), (start, move, seen), strict=True):
                np.testing.assert_allclose(ours, expected, atol=1e-10)
            if turn == 0:
                other.fit(np.ravel(repeated)[:, None], [2] * len(repeated))
                for ours, theirs in zip((start, move, seen), tables(params), strict=True):
                    np.testing.assert_allclose(ours, theirs, atol=1e-10)
                np.testing.assert_allclose(other.emissionprob_, seen, atol=1e-6)
                np.testing.assert_allclose(other.transmat_, move, atol=1e-6)


def test_the_likelihood_never_falls(model: qgl.Model) -> None:
    run = model.train()
    losses = run.history.loss
    assert losses.shape[1] == 2
    assert np.diff(losses, axis=0).max() < 1e-9
    assert losses[-1].min() < losses[0].min() - 0.1


REFUSED = [
    ("h v[2];", "h v[2];"),
    ("prepare(?) v[0], v[2];", "prepare(?) v[0], v[2];"),
    ("ry(2 * a) q;", "ry(2 * a) q;"),
    ("measure v[0] -> m; if m { x q; }", "measure v[0] -> m;"),
]


@pytest.mark.parametrize("line, place", REFUSED)
def test_no_classical_network(line: str, place: str) -> None:
    text = f"""
data words = parity(3);
visible v[3];
hidden q;
param a : angle;
model {{ prepare(?) v[0]; prepare(?) v[0], v[1]; prepare(?) v[1], v[2]; {line} ry(a) q; }}
objective nll(words);
train {{ strategy em(); }}
"""
    assert pointed(text) == [("QGL0425", place)]


def test_refusals_of_settings() -> None:
    assert [code for code, _ in pointed(TIED.replace("steps 30;", "steps 30; batch 3;"))] == ["QGL0425"]
    assert "QGL0425" in [code for code, _ in pointed(TIED.replace("nll(words)", "2 * nll(words) - kl(words)"))]
