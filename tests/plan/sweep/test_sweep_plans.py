"""Truncated sweeps are asked where a program allows them and nothing else answers; chains run across the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Real
from qgl.ir.circuit import Circuit
from qgl.kernels.sweep.chain import Chain
from qgl.kernels.sweep.runner import TruncatedRunner
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Cost
from qgl.plan.planner import Planner
from qgl.plan.preference import allowed_by
from qgl.plan.sweep.method import PreparedTruncated, TruncatedSweep
from qgl.plan.sweep.work import Shapes, work_of
from qgl.program.calls.gradients import Sweep
from qgl.program.operations import Evolution
from qgl.program.program import Program
from qgl.query import Expectation, LogProb, Query, Samples
from tests.kernels.sweep.test_truncated_sweeps import grid
from tests.reference.programs import HERE, op, program_of


def cost(program: Program, query: Query, bond: int = 8) -> Cost:
    return TruncatedSweep(bond).prepare(CircuitVariants(Circuit.of(program), True)).cost(query, "single")


def test_it_is_asked_only_where_it_is_allowed_and_no_exact_method_answers() -> None:
    allowed = allowed_by(Sweep(8, span=HERE))
    for program, wanted in ((grid(2, 3, 2), False), (grid(8, 10, 5), True)):
        row = Planner(Circuit.of(program), allowed=allowed, memory_limit=10**9).weigh([Samples(10)]).rows[0]
        assert (row.chosen == "sweep") is wanted
        (candidate,) = [one for one in row.candidates if one.method == "sweep"]
        assert wanted or "an exact method takes 60 s at most" in candidate.reason


@pytest.mark.parametrize(("rows", "columns"), [(6, 14), (14, 6), (7, 7)])
def test_the_chain_runs_across_the_line_whatever_the_declaration(rows: int, columns: int) -> None:
    found = cost(grid(rows, columns, 2), Samples(10))
    assert not found.refusal
    assert int(str(dict(found.facts)["exact bond"]).removeprefix("2^")) <= 8, "two columns are open, and one opens"
    assert found.seconds < cost(grid(rows, columns, 2), Samples(10), 32).seconds


def test_independent_parts_are_no_wider_than_one_of_them() -> None:
    layer = [op("rx", k, args=[0.3]) for k in range(27)]
    layer += [op("rzz", k, k + 3, args=[0.4]) for k in range(24)]
    found = cost(program_of(27, 0, *layer * 3, *(op("h", k) for k in range(27))), Samples(1))
    assert dict(found.facts)["exact bond"] in ("2^1", "2^2")


def test_what_it_does_not_answer_is_refused() -> None:
    assert "samples and likelihoods" in cost(grid(2, 2, 1), Expectation.of(["ZZII"])).refusal
    wide = program_of(8, 0, *(op("h", k) for k in range(8)), op("pauli", *range(8), args=[0.3], pauli_word="X" * 8))
    assert not cost(wide, Samples(1)).refusal or "a gate on 8 qubits" in cost(wide, Samples(1)).refusal
    evolution = program_of(2, 0, op("h", 0), Evolution((0, 1), HERE, Real(1.0), ((Real(0.5), "XX"), (Real(0.3), "ZI"))))
    assert "do not commute" in cost(evolution, Samples(1)).refusal
    noisy = program_of(2, 0, op("h", 0), op("cx", 0, 1), op("amplitude_damping", 1, args=[0.3]), op("h", 1))
    assert not cost(noisy, Samples(1)).refusal
    assert "no likelihoods" in cost(noisy, LogProb(b"\0\0", 2)).refusal


@pytest.mark.parametrize("bond", [2, 6, 64])
def test_costs_are_of_a_chain_with_the_shapes_of_the_one_that_is_run(
    bond: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = grid(3, 4, 3)
    lowered = PreparedTruncated("sweep", CircuitVariants(Circuit.of(program), True), bond).lower((), "double")
    taken: dict[type, list[list[int]]] = {Chain: [], Shapes: []}
    bonds_of: dict[type, Callable[[Any], list[int]]] = {
        Chain: lambda chain: [*(site.shape[1] for site in chain._sites), 1],
        Shapes: lambda shapes: list(shapes._bonds),
    }

    def watched(kind: Any) -> None:
        take = kind.take

        def also_noted(self: Any, *args: Any) -> Any:
            answer = take(self, *args)
            taken[kind].append(bonds_of[kind](self))
            return answer

        monkeypatch.setattr(kind, "take", also_noted)

    watched(Chain)
    watched(Shapes)
    work_of(lowered.nodes, lowered.design.steps, bond)
    runner = TruncatedRunner(lowered)
    runner._swept(np.asarray(runner._flat(jnp.zeros(0))), np.zeros((2, 12), np.uint8))
    assert taken[Chain] == taken[Shapes]
    assert max(map(max, taken[Chain])) == min(bond, 2 ** int(lowered.design.work.exact))
