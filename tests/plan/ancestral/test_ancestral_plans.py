"""Which circuits are Bayesian networks of single qubits, and what is asked of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.workloads import CHAIN as SITES
from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.expression import real
from qgl.ir.circuit import Circuit
from qgl.plan.ancestral.method import Ancestral
from qgl.plan.ancestral.tables import levels_of
from qgl.plan.ancestral.turns import turns_of
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Cost
from qgl.program.operations import Operation
from qgl.program.rolled import Lane
from qgl.query import Expectation, GivenStrings, Probabilities, Query, Samples
from qgl.source import Source
from tests.reference.programs import op, program_of

STRINGS = GivenStrings(3)
CHAIN = [op("ry", 0, args=[0.3]), *(op("cry", k, k + 1, args=[0.4]) for k in range(4))]


def cost(*gates: Operation, query: Query = STRINGS, hidden: int = 0) -> Cost:
    circuit = Circuit.of(program_of(5 - hidden, hidden, *gates))
    return Ancestral().prepare(CircuitVariants(circuit, True)).cost(query, "single")


def test_a_bit_comes_after_those_that_control_it() -> None:
    assert levels_of(turns_of(CHAIN), range(5)) == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}
    assert dict(cost(*CHAIN).facts) == {"cells": 5, "rounds": 1, "levels": 5, "together": 3}


@pytest.mark.parametrize(
    ("gates", "word"),
    [
        pytest.param([*CHAIN, op("h", 0)], "`cry` joins", id="a control that is turned later"),
        pytest.param([op("rxx", 0, 1, args=[0.3])], "`rxx` joins", id="a gate that turns two"),
        pytest.param([op("h", 0), op("h", 1), op("cz", 0, 1), op("h", 0), op("h", 1)], "`cz` joins", id="a phase"),
        pytest.param(
            [op("evolve", 0, args=[0.3], terms=((real(1), "X"), (real(1), "Z")))], "do not commute", id="an evolution"
        ),
    ],
)
def test_other_circuits_are_refused(gates: list[Operation], word: str) -> None:
    assert word in cost(*gates).refusal


@pytest.mark.parametrize("query", [Probabilities(), Expectation.of(["ZIIII"])])
def test_it_answers_strings_only(query: Query) -> None:
    assert "strings only" in cost(*CHAIN, query=query).refusal


def test_of_hidden_bits_there_are_samples_and_no_likelihoods() -> None:
    gates = [op("ry", 4, args=[0.3]), op("cx", 4, 0)]
    assert "hidden" in cost(*gates, hidden=1).refusal
    assert not cost(*gates, hidden=1, query=Samples(10)).refusal


UNITARIES = SITES.replace("rzz(c[l, q]) q, r;", "unitary(?) q, r;").replace("param c[depth, v] ~ normal(0, 1);", "")


@pytest.mark.parametrize(("text", "gate"), [(SITES, "rzz"), (UNITARIES, "su4")], ids=["chain", "unitary"])
def test_loops_are_refused_before_a_gate_of_them_is_made(text: str, gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = FolderEnvironment(Path())
    circuit, other = (
        circuit_of(analyse(Source("x.qgl", text), environment, {"n": 80, "depth": 2}).program) for _ in range(2)
    )
    one_by_one = replace(other, operations=tuple(other.operations))
    assert f"`{gate}` joins" in Ancestral().prepare(CircuitVariants(one_by_one, True)).cost(STRINGS, "single").refusal
    monkeypatch.setattr(Lane, "unrolled", lambda self: pytest.fail("a loop was unrolled"))
    assert f"`{gate}` joins" in Ancestral().prepare(CircuitVariants(circuit, True)).cost(STRINGS, "single").refusal
