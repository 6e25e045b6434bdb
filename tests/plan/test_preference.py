"""Exact answers are taken up to the time that a program says, and else what is quicker: one rule for all truncation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

import qgl
from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Cost, Lowered, Prepared
from qgl.plan.planner import Planner
from qgl.plan.preference import Allowed, Weighing, allowed_by, weighing
from qgl.plan.sweep.method import TruncatedSweep
from qgl.program.calls.gradients import Propagation, Sweep
from qgl.query import Expectation, GivenStrings, LogProb, Query, Samples
from tests.kernels.sweep.test_truncated_sweeps import grid
from tests.reference.programs import HERE


@dataclass
class Fake:
    """A method of which all is known; a string takes a thousandth of `seconds`."""

    name: str
    seconds: float
    asked: bool = False

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return self

    def cost(self, query: Query, precision: str) -> Cost:
        self.asked = True
        count = query.shots if isinstance(query, Samples) else query.count if isinstance(query, GivenStrings) else 1000
        return Cost(self.seconds * count / 1000, 1, 1.0, 1) if self.seconds < math.inf else Cost.refused("never")

    def lower(self, queries: tuple[Query, ...], precision: str) -> Lowered:
        raise NotImplementedError


def weighed(query: Query, within: float, **seconds: float) -> tuple[Weighing, dict[str, Fake]]:
    """The rule for methods of these times, `own` being what is allowed."""
    fakes = {name.replace("_", " "): Fake(name.replace("_", " "), each) for name, each in seconds.items()}
    allowed = Allowed(fakes["own"], within)

    def cost(name: str, query: Query) -> Cost:
        return fakes[name].cost(query, "single")

    return weighing(query, fakes, allowed, cost, lambda cost: not cost.refusal), fakes


@pytest.mark.parametrize("count", [1, 10_000])
@pytest.mark.parametrize(
    ("exact", "own", "taken"), [(59.0, 1.0, False), (61.0, 1.0, True), (61.0, 62.0, False), (math.inf, 1e6, True)]
)
def test_exact_strings_are_taken_up_to_the_time_of_a_thousand(
    count: int, exact: float, own: float, taken: bool
) -> None:
    found, fakes = weighed(Samples(count), 60.0, gate_by_gate=exact, own=own)
    assert bool(found.because) is taken
    assert fakes["own"].asked is (exact > 60)
    if taken and exact < math.inf:
        assert found.because == "gate by gate would take 61 s for 1,000 strings"
        assert found.reasons == {"gate by gate": "61 s for 1,000 strings"}
    elif not taken and exact > 60:
        assert "own" in found.reasons and "is exact" in found.reasons["own"]


def test_what_needs_minutes_to_plan_is_asked_first_only_where_answers_may_take_as_long() -> None:
    words = Expectation.of(["ZZ"])
    for within, first in ((1.0, False), (60.0, True)):
        found, fakes = weighed(words, within, state_vector=100.0, cones=50.0, own=2.0)
        assert fakes["cones"].asked is first and fakes["own"].asked is not first
        assert found.because == ("" if first else "state vector would take 100 s")
    found, fakes = weighed(words, 1.0, state_vector=0.9, cones=0.1, own=0.01)
    assert not found.because and not fakes["own"].asked, "exact and quick enough"
    found, _ = weighed(words, 1.0, state_vector=math.inf, cones=0.5, own=100.0)
    assert not found.because, "an exact method that is found last is taken all the same"


def test_an_objective_that_is_differentiated_keeps_its_exact_likelihoods() -> None:
    by_sweep = allowed_by(Sweep(8, span=HERE), differentiates=True)
    assert by_sweep is not None
    assert by_sweep.patience(GivenStrings(5)) == by_sweep.patience(LogProb(b"\0\0", 2)) == math.inf
    assert by_sweep.patience(Samples(5)) == 60.0
    words = allowed_by(Propagation(span=HERE), differentiates=True)
    assert words is not None and words.patience(GivenStrings(5)) == 1.0, "which has a gradient"


TEXT = """
lattice field = grid(8, 12);
visible v on field;
data d = cardinality(96, 1);
model {{ repeat 3 {{ rx(0.3) v; for (a, b) in edges(field) {{ rzz(0.4) a, b; }} }} rx(0.3) v; }}
train {{ approximate sweep(bond = 4{within}); {strategy} }}
objective {objective};
"""
NLL, MMD = "nll(d)", "mmd(d, hamming(sigma = 2), weight = 1)"


@pytest.mark.parametrize(
    ("objective", "strategy", "expected"),
    [(NLL, "", True), (MMD, "", False), (NLL, "strategy cma(population = 4);", False)],
)
def test_which_programs_differentiate_strings(objective: str, strategy: str, expected: bool) -> None:
    model = qgl.loads(TEXT.format(within="", objective=objective, strategy=strategy))
    assert model.differentiates_strings is expected


@pytest.mark.parametrize(("within", "taken"), [("", True), (", exact_within = 1000000", False)])
def test_a_grid_is_swept_where_gate_by_gate_takes_hours(within: str, taken: bool) -> None:
    model = qgl.loads(TEXT.format(within=within, objective=MMD, strategy=""))
    planner = model.readings.planner
    planner.memory_limit = 4 * 10**9
    for shots in (1, 1000):
        (row,) = planner.weigh([Samples(shots)]).rows
        assert row.chosen == ("sweep" if taken else "gate by gate")
        assert row.to_json()["because"] == (row.because or None)
        assert ("gate by gate would take" in row.because) is taken


def test_planners_without_anything_allowed_are_as_before() -> None:
    program = grid(2, 3, 2)
    alone = Planner(Circuit.of(program), methods=(TruncatedSweep(4),)).weigh([Samples(10)]).rows[0]
    assert alone.chosen == "sweep" and not alone.because
    assert allowed_by(None) is None


def test_finer_truncations_keep_the_rule() -> None:
    for call in (Sweep(4, exact_within=7.0, span=HERE), Propagation(smallest=1e-3, exact_within=7.0, span=HERE)):
        assert call.finer.exact_within == 7.0
