"""When the planner takes a sector, and what is made of it."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

import qgl
from qgl.ir.circuit import Circuit
from qgl.passes.charges.transitions import Transition
from qgl.plan.planner import Planner
from qgl.plan.sectors.basis import reachable
from qgl.plan.sectors.method import MOST_STATES, Sector
from qgl.plan.sectors.tables import Evolutions, SectorProgram
from qgl.query import Expectation, LogProb, Probabilities, State

CHAIN = """
const n = {n};
lattice chain = line(n);
visible v on chain = {start};
param field[{layers}, chain] : real;
hamiltonian quench(k) = sum((a, b) in edges(chain): 0.25 * (X[a] * X[b] + Y[a] * Y[b] + Z[a] * Z[b]))
    + sum(a in chain: 0.5 * field[k, a] * Z[a]);
model {{ repeat {layers} as k {{ evolve quench(k) for 1.0; }} }}
"""


def circuit(n: int, layers: int = 2, start: str = "neel") -> Circuit:
    return qgl.loads(CHAIN.format(n=n, layers=layers, start=start)).circuit


def reason(circuit: Circuit, query: Probabilities | State | Expectation | LogProb) -> str:
    row = Planner(circuit).weigh([query]).rows[0]
    return next(candidate.reason for candidate in row.candidates if candidate.method == "sectors")


def test_it_is_taken_where_evolutions_conserve_a_charge() -> None:
    for n in (8, 14, 18):
        assert Planner(circuit(n)).weigh([Probabilities()]).rows[0].chosen == "sectors"


def test_why_it_is_not() -> None:
    free = qgl.loads("visible v[4]; model { ry(?) v; for (a, b) in chain(v) { cz a, b; } }").circuit
    assert reason(free, Probabilities()) == "no charge is conserved"
    assert reason(circuit(6), State()) == "answers measurements in the computational basis only"
    assert "basis states" in reason(circuit(40), LogProb.of(np.zeros((1, 40), np.uint8)))
    assert "qubits" in reason(circuit(70), LogProb.of(np.zeros((1, 70), np.uint8)))


def test_few_excitations_on_many_sites() -> None:
    """Two walkers on forty sites: 780 states, where a state of all qubits cannot be held."""
    walk = circuit(40, start=f'"{"01" + "0" * 37 + "1"}"')
    row = Planner(walk).weigh([LogProb.of(np.eye(40, dtype=np.uint8))]).rows[0]
    assert row.chosen == "sectors"
    assert dict(row.candidates[0].cost.facts)["states"] == comb(40, 2)


def test_layers_of_one_form_share_a_structure() -> None:
    program = Sector(circuit(8, 5)).program("sectors")
    (group,) = program.tables.groups
    assert isinstance(group, Evolutions)
    assert group.gather.shape == (1, 7, comb(8, 4))
    assert group.off_diagonal.shape == (5, 1)
    assert isinstance(program, SectorProgram)
    assert program.sizes() == {"states": 70, "strings": 70, "steps": 5, "structures": 1}


def test_states_that_are_reached() -> None:
    transitions = [Transition((k, k + 1), bits, bits[::-1]) for k in range(4) for bits in ((0, 1), (1, 0))]
    place_of = {wire: wire for wire in range(5)}
    basis = reachable(transitions, {0: 1, 1: 1, 2: 0, 3: 0, 4: 0}, place_of, MOST_STATES)
    assert basis is not None
    wanted = sorted(sum(1 << (4 - k) for k in chosen) for chosen in combinations(range(5), 2))
    assert basis.codes.tolist() == wanted
    assert basis.find(np.array([0b11000, 0b00111], np.uint64)).tolist() == [len(wanted) - 1, -1]
    assert reachable(transitions, {0: 1, 1: 1, 2: 0, 3: 0, 4: 0}, place_of, 5) is None
    # nothing leads over the middle: fewer states than the charge alone would leave
    cut = [transition for transition in transitions if transition.wires != (1, 2)]
    basis = reachable(cut, {0: 1, 1: 0, 2: 0, 3: 0, 4: 1}, place_of, MOST_STATES)
    assert basis is not None
    assert basis.size == 2 * 3
