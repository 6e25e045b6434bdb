"""The report `deployment`: a discrepancy as it was trained beside that of drawn strings, against all pairs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import Attempt, TooLarge
from qgl.evaluate import Row, evaluate, evaluate_samples
from qgl.objectives import Setting
from qgl.program.calls.kernels import Hamming
from qgl.program.calls.reports import MMD, Deployment
from qgl.program.program import DataSet
from qgl.query import Probabilities, Query, Samples
from qgl.source import Source, Span
from tests.check.checking import faults

SPAN = Span(Source("test", "report"), 0, 6)
KERNEL = Hamming((1.0,), span=SPAN)
N = 4
STRINGS = np.array(list(itertools.product([0, 1], repeat=N)), dtype=np.uint8)
RNG = np.random.default_rng(5)
P, Q = RNG.dirichlet(np.ones(16)), RNG.dirichlet(np.ones(16))
SETTING = Setting.in_a_row({"d": DataSet("d", STRINGS, Q, None, True, "", "")}, N)
GRAM = np.exp(-(STRINGS[:, None] != STRINGS[None]).sum(axis=2) / 2)
SHOTS = 4000
DRAWN = STRINGS[RNG.choice(16, SHOTS, p=P)]


def rows(call: Deployment, can_draw: bool = True) -> tuple[Row, ...]:
    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        if isinstance(query, Samples):
            if not can_draw:
                raise QglError(
                    (TooLarge(None, "Samples", (Attempt("state vector", 60, 2**64, ""),), 2**30, "60", "", ()),)
                )
            assert query.shots == SHOTS
            return DRAWN
        assert query == Probabilities()
        return P

    return evaluate([call], SETTING, answer)


def test_both_are_those_of_all_pairs() -> None:
    trained, drawn = rows(Deployment(data="d", kernel=KERNEL, shots=SHOTS, span=SPAN))
    assert trained.value == pytest.approx((P - Q) @ GRAM @ (P - Q))
    counts = np.array([(x == DRAWN).all(axis=1).sum() for x in STRINGS])
    pairs = (counts @ GRAM @ counts - SHOTS) / (SHOTS * (SHOTS - 1))  # no string with itself
    assert drawn.value == pytest.approx(pairs - 2 * counts / SHOTS @ GRAM @ Q + Q @ GRAM @ Q)
    assert trained.value is not None and drawn.value is not None
    assert drawn.error is not None and 0 < drawn.error < 0.02
    assert abs(drawn.value - trained.value) < 5 * drawn.error
    assert trained.name.endswith("as trained") and drawn.name.endswith("from 4,000 strings")
    assert "standard errors from what was trained" in drawn.note


def test_a_machine_gives_the_discrepancy_of_its_own_strings() -> None:
    call = Deployment(data="d", kernel=KERNEL, shots=SHOTS, span=SPAN)
    (of_machine,) = evaluate_samples([call], SETTING, DRAWN)
    (other,) = evaluate_samples([MMD(data="d", kernel=KERNEL, span=SPAN)], SETTING, DRAWN)
    assert (of_machine.value, of_machine.error) == (other.value, other.error)


def test_where_no_strings_can_be_drawn_it_says_so() -> None:
    trained, drawn = rows(Deployment(data="d", kernel=KERNEL, shots=SHOTS, span=SPAN), can_draw=False)
    assert trained.value is not None and drawn.value is None
    assert "too wide to simulate" in drawn.note and "qglc run" in drawn.note


def test_states_have_no_strings() -> None:
    text = """
visible v[1];
latent z : state(1) ~ haar() draws 4;
data d = states_near("0", width = 0.1, count = 4);
model { ry(?) v; }
objective mmd(d, fidelity());
report deployment;
"""
    assert "is measured from strings" in str([each.message for each in faults(text)])
