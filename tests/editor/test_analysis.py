"""Names and their places, in all programs that there are; what is kept between two keys."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from qgl.data.environment import FolderEnvironment
from qgl.editor.analysis import Analysis, analyse
from qgl.editor.context import context_at
from qgl.editor.project import Project
from qgl.editor.references import CannotRenameError, in_all, renamed
from qgl.program.program import DataSet
from qgl.source import Source

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted((ROOT / "tests" / "good").glob("*.qgl"))


def read(path: Path) -> Analysis:
    return analyse(path, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_place_of_a_name_has_that_name(path: Path) -> None:
    analysis = read(path)
    assert analysis.index.uses
    for use, declared in analysis.index.uses:
        assert use.text == declared.text and analysis.declared(declared) is not None
    for span, declared in analysis.names():
        assert span.text == declared.text
        assert analysis.name_at(span.start) == analysis.name_at(span.end) == (span, declared)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_with_all_names_changed_is_the_same_program(path: Path) -> None:
    """Rename every declared name, one after the other: nothing is left out and nothing else is changed."""
    text, folder = path.read_text(encoding="utf-8"), path.parent
    before = [each.code for each in read(path).diagnostics]
    count = 0
    while True:
        analysis = analyse(path, text)
        own = [symbol for symbol in analysis.symbols.values() if symbol.span.source is analysis.source]
        left = [symbol for symbol in own if not symbol.name.endswith("_new")]
        if not left or count > 60:
            break
        count += 1
        place = analysis.location(left[0].span)
        assert place is not None
        for each in sorted(renamed([analysis], place, f"{left[0].name}_new"), key=lambda each: -each.start):
            assert each.path == path.resolve()
            text = text[: each.start] + f"{left[0].name}_new" + text[each.end :]
    after = analyse(folder / path.name, text)
    assert [each.code for each in after.diagnostics] == before
    assert after.inspected.program is None or len(after.inspected.program.operations) == len(
        read(path).inspected.program.operations  # type: ignore[union-attr]  # it has one, too
    )


def test_what_is_not_the_name_is_left_alone(tmp_path: Path) -> None:
    text = (
        "const steps = 3, rate = 0.1;\nvisible v[2];\ndata d = parity(2);\nmodel { repeat steps { h v; } }\n"
        "objective nll(d);\ntrain { optimizer adam(rate = rate); steps steps; }\n"
    )
    analysis = analyse(tmp_path / "a.qgl", text)
    places = {symbol.name: analysis.location(symbol.span) for symbol in analysis.symbols.values()}
    assert places["rate"] is not None and places["steps"] is not None
    lines = [text[: each.start].count("\n") for each in in_all([analysis], places["steps"])]
    assert lines == [0, 3, 5]
    starts = [each.start for each in in_all([analysis], places["rate"])]
    assert starts[1] == text.index("= rate)") + 2
    with pytest.raises(CannotRenameError, match="already"):
        renamed([analysis], places["rate"], "v")


def test_a_data_set_is_made_once_until_its_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    load = FolderEnvironment.load_data

    def counted(environment: FolderEnvironment, name: str, *given: Any) -> DataSet:
        made.append(name)
        return load(environment, name, *given)

    monkeypatch.setattr(FolderEnvironment, "load_data", counted)
    rows, project = tmp_path / "rows.csv", Project()
    rows.write_text("0,1\n")
    text = 'visible v[2];\ndata d = csv("rows.csv");\ndata e = parity(2);\nmodel { h v; }\nreport kl(d), tv(e);\n'
    counts = []
    for version in (text, text + "// more", text.replace("parity(2)", "cardinality(2, 1)"), text):
        counts.append(project.analyse(tmp_path / "a.qgl", version).diagnostics)
    assert made == ["d", "e", "e"] and counts[0] == counts[1] == counts[3]
    rows.write_text("0,1\n1,1\n")
    os.utime(rows, ns=(1, 1))
    assert not project.analyse(tmp_path / "a.qgl", text).diagnostics
    assert made == ["d", "e", "e", "d", "e"]


def test_what_is_open_takes_the_place_of_what_is_saved(tmp_path: Path) -> None:
    (tmp_path / "b.qgl").write_text("layer f(q: qubit) { h q; }\n")
    project = Project()
    text = 'import "b.qgl";\nvisible v[2];\nmodel { g v; }\n'
    assert [d.code for d in project.analyse(tmp_path / "a.qgl", text).diagnostics] == ["QGL0202"]
    project.texts[(tmp_path / "b.qgl").resolve()] = "layer g(q: qubit) { h q; }\n"
    assert not project.analyse(tmp_path / "a.qgl", text).diagnostics


@pytest.mark.parametrize(
    ("text", "block", "call", "statement"),
    [
        ("model { repeat 2 { h v; } |", "model", "", ""),
        ("train { optimizer adam(rate = 0.1|", "train", "adam", "optimizer adam ( rate = 0.1"),
        ("objective nll(d)\ntrain { st|", "train", "", ""),
        ("const a = [1, 2|", "", "", "const a = [ 1 , 2"),
        ("layer f(q: qubit) { if m { h q; } else { x |", "else", "", "x"),
    ],
)
def test_where_the_cursor_is(text: str, block: str, call: str, statement: str) -> None:
    text = text.removesuffix("|")
    context = context_at(Source("a", text), len(text))
    assert context.block == block
    assert (context.call.head if context.call else "") == call
    assert " ".join(map(str, context.written)) == re.sub(r"\s+", " ", statement)
