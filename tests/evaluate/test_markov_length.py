"""The Markov length of data against informations by loops over dense distributions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.evaluate import evaluate, evaluate_samples
from qgl.objectives import Setting
from qgl.program.calls.reports import MarkovLength
from qgl.program.program import DataSet
from qgl.query import Query
from qgl.source import Source, Span
from tests.check.checking import faults

SPAN = Span(Source("test", "report"), 0, 6)
N = 7


def hidden_chain() -> NDArray[np.float64]:
    """All bits are readings, of which a fifth is wrong, of a chain of two states that stays with probability 0.9."""
    moves, seen = np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([[0.8, 0.2], [0.2, 0.8]])
    p = np.empty(2**N)
    for index, row in enumerate(strings(np.arange(2**N), N)):
        forward = np.array([0.5, 0.5]) * seen[:, row[0]]
        for bit in row[1:]:
            forward = (forward @ moves) * seen[:, bit]
        p[index] = forward.sum()
    return p


def entropy(p: NDArray[np.float64], kept: list[int]) -> float:
    q = p.reshape((2,) * N).sum(tuple(k for k in range(N) if k not in kept)).ravel()
    return float(-q @ np.log(q))


def informations(p: NDArray[np.float64], buffer: int) -> float:
    values = []
    for a in range(N - buffer - 1):
        c, between = a + buffer + 1, list(range(a + 1, a + buffer + 1))
        values.append(
            entropy(p, [a, *between]) + entropy(p, [*between, c]) - entropy(p, between) - entropy(p, [a, *between, c])
        )
    return float(np.mean(values))


def silent(query: Query, condition: object = None, given: object = None) -> object:
    raise AssertionError("the model is not asked")


def test_of_a_distribution_and_of_rows() -> None:
    p, rng = hidden_chain(), np.random.default_rng(0)
    every = strings(np.arange(2**N), N)
    rows = every[rng.choice(2**N, 50_000, p=p)]
    fair = rng.integers(0, 2, (500, N), np.uint8)
    data = {
        "whole": DataSet("whole", every, p, None, True, "", ""),
        "rows": DataSet("rows", rows, np.full(len(rows), 1 / len(rows)), None, False, "", ""),
        "fair": DataSet("fair", fair, np.full(500, 0.002), None, False, "", ""),
    }
    calls = [MarkovLength(name, (2, 0, 1), span=SPAN) for name in data]
    setting = Setting.in_a_row(data, N)
    whole, drawn, none = evaluate(calls, setting, silent)
    values = [informations(p, buffer) for buffer in range(3)]
    expected = -1 / np.polyfit(range(3), np.log(values), 1)[0]
    assert whole.value == pytest.approx(expected, rel=1e-9) and whole.error is None
    assert f"{values[1]:.3g} at 1" in whole.note
    assert drawn.value is not None and drawn.error is not None
    assert abs(drawn.value - expected) < 4 * drawn.error < 1
    assert "Miller and Madow" in drawn.note
    assert none.value is None and "no decay is told" in none.note
    (again, *_) = evaluate_samples(calls, setting, rows[:100])
    assert again.value == whole.value


@pytest.mark.parametrize(
    ("report", "part"),
    [("markov_length(of = d, buffers = [1])", "two `buffers`"), ("markov_length(of = d, buffers = 1..5)", "4 bits")],
)
def test_buffers_that_do_not_fit(report: str, part: str) -> None:
    text = f"data d = parity(4);\nvisible v[4];\nmodel {{ ry(?) v; }}\nreport {report};"
    (fault,) = faults(text)
    assert fault.code == "QGL0702" and part in fault.message
