"""Arguments of named calls can be written as the reference writes them."""

from __future__ import annotations

import pytest

from qgl.program.calls.call import Call, parameters
from qgl.program.calls.table import KINDS
from qgl.source import Source
from qgl.syntax.parser import parse
from tests.check.checking import program

EVERY = [pytest.param(callee, id=f"{kind.name} {callee.called}") for kind in KINDS.values() for callee in kind.classes]


@pytest.mark.parametrize("callee", EVERY)
def test_every_argument_can_be_typed_by_its_name(callee: type[Call]) -> None:
    """Some names, such as `data`, are words of the language elsewhere."""
    given = ", ".join(f"{parameter.name} = 1" for parameter in parameters(callee))
    assert not parse(Source("a.qgl", f"objective {callee.called}({given});")).diagnostics


def test_a_data_set_by_name_is_the_one_in_its_place() -> None:
    text = "data d = cardinality(4, 2);\nvisible v[4];\nmodel {{ ry(?) v; }}\nobjective {0};\nreport {1}, {2};"
    named = program(text.format("nll(data = d)", "kl(data = d)", "tv(data = d)"))
    placed = program(text.format("nll(d)", "kl(d)", "tv(d)"))
    assert named.reports == placed.reports
    assert named.objective == placed.objective
