"""Arguments of named calls can be written as the reference writes them."""

from __future__ import annotations

import pytest

from qgl.check.calls.callables import SIGNATURES
from qgl.check.calls.signature_types import Signature
from qgl.source import Source
from qgl.syntax.parser import parse
from tests.check.checking import program

EVERY = [signature for table in SIGNATURES.values() for signature in table.values()]


@pytest.mark.parametrize("signature", EVERY, ids=lambda each: f"{each.kind} {each.name}")
def test_every_argument_can_be_typed_by_its_name(signature: Signature) -> None:
    """Some names, such as `data`, are words of the language elsewhere."""
    given = ", ".join(f"{parameter.name} = 1" for parameter in signature.parameters)
    assert not parse(Source("a.qgl", f"objective {signature.name}({given});")).diagnostics


def test_a_data_set_by_name_is_the_one_in_its_place() -> None:
    text = "data d = cardinality(4, 2);\nvisible v[4];\nmodel {{ ry(?) v; }}\nobjective {0};\nreport {1}, {2};"
    named = program(text.format("nll(data = d)", "kl(data = d)", "tv(data = d)"))
    placed = program(text.format("nll(d)", "kl(d)", "tv(d)"))
    assert [each.arguments for each in named.reports] == [each.arguments for each in placed.reports]
    assert [each.call.arguments for each in named.objective] == [each.call.arguments for each in placed.objective]
