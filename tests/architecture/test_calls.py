"""Arguments of named calls are fields of records, which the type checker knows; they are not looked up by strings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qgl.program.calls.call import Call
from qgl.program.calls.table import KINDS

ROOT = Path(__file__).resolve().parents[2]
LOOKED_UP = re.compile(r"\.arguments(\[[\"']|\.get\()|\bCallSpec\b")


@pytest.mark.parametrize("folder", ["qgl", "tests", "docs", "benchmarks", "examples"])
def test_no_argument_is_looked_up_by_a_string(folder: str) -> None:
    paths = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md") and path != Path(__file__)]
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in paths
        for match in LOOKED_UP.finditer(path.read_text(encoding="utf-8"))
    ]
    assert paths and not found


def test_every_record_that_a_program_can_call_is_in_the_table_of_its_kind() -> None:
    known = {(callee.__module__, callee.called) for kind in KINDS.values() for callee in kind.classes}

    def below(kind: type[Call]) -> set[type[Call]]:
        return {kind, *(each for sub in kind.__subclasses__() for each in below(sub))}

    called = {(each.__module__, each.called) for each in below(Call) if "called" in vars(each)}
    assert {each for each in called if each[0].startswith("qgl.")} == known
