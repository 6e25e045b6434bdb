"""`qglc explain` of states as inputs and of post-selection: what hardware needs for them, and what is thrown away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import qglc

STATES = "latent z : state(2) ~ haar() draws 3;\nvisible v[2] = z;\n{more}model {{ ry(pi / 3) v; {last} }}\n"


def told(tmp_path: Path, last: str, more: str = "") -> list[str]:
    path = tmp_path / "m.qgl"
    path.write_text(STATES.format(last=last, more=more), encoding="utf-8")
    status, output, error = qglc("explain", path, "--format", "json")
    assert status == 0, error
    lines: list[str] = json.loads(output)["ensemble"]
    return lines


def test_a_state_is_told_with_its_preparation_and_outcomes_with_their_probability(tmp_path: Path) -> None:
    last = "fresh e; ry(2 * asin(sqrt(0.2))) e; postselect(1) e; fresh f = plus; postselect(0) f;"
    states, outcomes = told(tmp_path, last)
    assert states == (
        "inputs that are states of 2 qubits are prepared on hardware in 9 layers with 4 gates on two qubits"
    )
    assert outcomes == (
        "post-selection: the probability of 2 required outcomes is 0.1 at initial parameters; "
        "other runs are thrown away"
    )


@pytest.mark.parametrize(("last", "count"), [("", 1), ("rx(c) v; fresh e; postselect(0) e;", 2)])
def test_nothing_is_estimated_without_need_or_under_conditions(tmp_path: Path, last: str, count: int) -> None:
    lines = told(tmp_path, last, "condition c;\n" if count == 2 else "")
    assert len(lines) == count
    assert count == 1 or "is not estimated" in lines[1]


def test_of_conditions_that_are_drawn_the_mean_is_told(tmp_path: Path) -> None:
    _, outcomes = told(
        tmp_path, "fresh e; ry(2 * asin(sqrt(c))) e; postselect(1) e;", "condition c ~ uniform(0.2, 0.3);\n"
    )
    assert 0.2 <= float(outcomes.split(" is ")[1].split()[0]) <= 0.3
