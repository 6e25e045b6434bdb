"""Data sets with arguments: one for each list of them, made once; what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from qgl.runs import data as folder
from qgl.source import Source
from qgl.syntax.formatter import format_file
from qgl.syntax.parser import parse
from tests.check.checking import faults, pointed, program

BASE = "data base = parity(3);\ndata some(k, s: int) = subset(base, count = k, seed = s);\n"
REST = "visible v[3];\nmodel { ry(?) v; }\n"


def test_each_list_of_arguments_is_a_data_set(tmp_path: Path) -> None:
    text = (
        f"{BASE}data fewer(k) = subset(some(k + 1, 0), count = k);\ndata half(p: real) = subset(base, fraction = p);\n"
        f"{REST}objective nll(some(2, 1)) + nll(fewer(2)) + nll(half(1));\nreport kl(some(2, 1)), kl(half(1.0));\n"
    )
    found = program(text)
    assert set(found.data) == {"base", "some(2, 1)", "some(3, 0)", "fewer(2)", "half(1.0)"}
    assert [len(found.data[name].rows) for name in ("some(2, 1)", "some(3, 0)", "fewer(2)")] == [2, 3, 2]
    assert [term.call.data_sets[0] for term in found.objective] == ["some(2, 1)", "fewer(2)", "half(1.0)"]
    larger = {tuple(row) for row in found.data["some(3, 0)"].rows}
    assert {tuple(row) for row in found.data["fewer(2)"].rows} < larger
    path = tmp_path / folder.FILE
    path.write_bytes(folder.encode(found.data, "here"))
    assert {name: data.sha256 for name, data in folder.decode(path, "here").items()} == {
        name: data.sha256 for name, data in found.data.items()
    }


def test_they_are_made_once() -> None:
    text = f"{BASE}{REST}objective nll(some(2, 1)) + 0.5 * nll(some(1 + 1, 3 - 2));\n"
    assert [*program(text).data] == ["base", "some(2, 1)"]


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("nll(some(2))", ("QGL0301", "some(2)")),
        ("nll(base(2))", ("QGL0301", "base(2)")),
        ("nll(some(2, s = 1))", ("QGL0301", "some(2, s = 1)")),
        ("nll(some)", ("QGL0703", "some")),
        ("nll(some(2, 0.5))", ("QGL0303", "0.5")),
        ('nll(some("a", 1))', ("QGL0303", '"a"')),
        ("nll(some(true, 1))", ("QGL0303", "true")),
        ("nll(sme(2, 1))", ("QGL0203", "sme")),
        ("nll(some(9, 1))", ("QGL0613", "subset(base, count = k, seed = s)")),
    ],
)
def test_wrong_calls(objective: str, expected: tuple[str, str]) -> None:
    assert pointed(f"{BASE}{REST}objective {objective};\n") == [expected]


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("data d(k) = subset(d(k - 1), count = k);", [("QGL0208", "d")]),
        ("data d(k) = subset(e(k), count = k);\ndata e(k) = subset(d(k), count = k);", [("QGL0208", "d")]),
        ("data d(k: angle) = subset(base, count = k);", [("QGL0318", "angle")]),
        ("data d(i) = subset(base, count = 2);", [("QGL0205", "i")]),
    ],
)
def test_wrong_declarations(declaration: str, expected: list[tuple[str, str]]) -> None:
    assert pointed(f"data base = parity(3);\n{declaration}\n{REST}objective nll(d(2));\n") == expected


def test_what_nothing_calls_is_looked_at() -> None:
    text = f"{BASE}data never(k) = subset(bse, count = j + k);\n{REST}objective nll(some(2, 1));\n"
    assert [(d.code, d.span.text) for d in faults(text) if d.span and d.code == "QGL0201"] == [
        ("QGL0201", "bse"),
        ("QGL0201", "j"),
    ]
    assert pointed(f"{BASE}{REST}objective nll(base);\n") == [("QGL0211", "some")]


def test_the_memory_of_all_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.check.declarations.data_sets.MOST_BYTES", 90)
    text = f"{BASE}{REST}objective nll(some(2, 1)) + nll(some(3, 1)) + nll(some(4, 1));\n"
    assert pointed(text) == [("QGL0803", "some(4, 1)")]


def test_a_broken_one_tells_no_argument_as_unknown() -> None:
    text = f"data base = parity(3);\ndata d(k) = subset(base, count = k;\n{REST}objective nll(base);\n"
    assert [diagnostic.code for diagnostic in faults(text)] == ["QGL0103"]


def test_layout() -> None:
    text = "data some( k,s:int )=subset( base , count=k );\n"
    assert format_file(parse(Source("p.qgl", text)).file) == "data some(k, s: int) = subset(base, count = k);\n"
