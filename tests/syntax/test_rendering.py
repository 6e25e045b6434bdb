"""Diagnostics as shown: a few whole ones as snapshots, and carets under the very characters.

`make golden` renews the snapshots after a wanted change.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from qgl.diagnostics.model import Diagnostic, Note, Severity
from qgl.diagnostics.render import in_order, show, summary, to_json, to_text
from qgl.diagnostics.terminal import visible
from qgl.source import Source, Span
from qgl.syntax.parser import parse
from tests.golden import assert_golden

SNAPSHOTS = Path(__file__).parent / "snapshots"

PROGRAMS = {
    "missing_semicolon": "const n = 3\nvisible v[n];\n",
    "unclosed": "visible v[2];\nmodel {\n    for q in v {\n        h q;\n}\nreport kl;\n",
    "several": "const a = ;\nvisible v[2];\nmodel { h v }\nstage t in 1..2 { h v; }\n",
    "tabs": "model {\n\th q;\n\t\tcx a\tb;\n}\n",
    "wide": 'const 量子 = "你好" # x;\nconst θ̂ = 1 2;\n',
    "crlf": "const n = 1;\r\nvisible v[n]\r\nmodel { }\r\n",
    "end_of_file": "visible v[2];\nmodel { h v; }\nconst n =",
    "comment": "visible v;\n/* never\nclosed\n",
    "long_line": f"const a = [{', '.join(map(str, range(100)))} 7 {', '.join(map(str, range(100)))}];",
    "controls": "const a = \x1b[31m1;\nconst b = 1; // \u202e\nconst c = \u00a01;\n",
    "brackets": "model { rx(0.5] v[0); }\n}\nconst a = f(1, (2;\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_snapshots(name: str) -> None:
    text = to_text(parse(Source(f"{name}.qgl", PROGRAMS[name])).diagnostics)
    assert_golden(SNAPSHOTS / f"{name}.txt", text)


class Example(Diagnostic):
    """Only for these tests; it has no code, so that it is in no register."""

    wording: str = "something is wrong"
    others: tuple[Note, ...] = ()
    severity = Severity.ERROR

    @property
    def message(self) -> str:
        return self.wording

    @property
    def notes(self) -> tuple[Note, ...]:
        return self.others


class Warned(Example):
    severity = Severity.WARNING


def carets(text: str, start: int, end: int) -> tuple[str, str]:
    """The line of the program and the line of carets, without the margin."""
    lines = to_text([Example(Span(Source("t", text), start, end))]).split("\n")
    return lines[3].partition("| ")[2], lines[4].partition("| ")[2]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("const abc = 1;", "abc"),
        ("// θθθ\nconst abc = 1;", "abc"),
        ("const α = abc;", "abc"),
        ("\u4f60\u597d abc", "abc"),
        ("e\u0301e\u0301 abc", "abc"),
        ("\tabc", "abc"),
        ("x\tabc", "abc"),
        ("a\x00b abc", "abc"),
        ("abc", "abc"),
    ],
)
def test_carets_stand_under_the_characters(text: str, mark: str) -> None:
    from rich.cells import cell_len

    at = text.index(mark)
    shown, marks = carets(text, at, at + len(mark))
    before = shown[: shown.index(mark)]
    assert marks == " " * cell_len(before) + "^" * len(mark)


def test_an_empty_span_has_one_caret() -> None:
    assert carets("ab", 2, 2) == ("ab", "  ^")
    assert carets("ab\n", 3, 3) == ("", "^")
    assert carets("", 0, 0) == ("", "^")


def test_a_span_of_many_lines_shows_its_first_and_its_last() -> None:
    text = "ab {\n  c\n  d\n} e"
    lines = to_text([Example(Span(Source("t", text), 3, 14))]).split("\n")
    assert lines[2:8] == ["  |", "1 | ab {", "  |    ^", ". |", "4 | } e", "  | ^"]


def test_order_count_and_summary() -> None:
    one, two = Source("one", "abc"), Source("two", "abc")
    found = [Example(None), Example(Span(two, 2, 3)), Warned(Span(one, 1, 2)), Example(Span(two, 0, 1))]
    assert [(d.span and str(d.span)) for d in in_order(found)] == ["two:1:1", "two:1:3", "one:1:2", None]
    assert summary(found) == "3 errors, 1 warning"
    assert summary([]) == ""
    many = to_text([Example(Span(one, 0, 1))] * 60)
    assert "and 10 more" in many
    assert many.endswith("60 errors; `qglc code ` explains\n")
    assert to_text([]) == ""


def test_json_counts_characters_from_one() -> None:
    source = Source("t.qgl", "// θ\r\nabc\n")
    note = Note("see here", Span(source, 0, 2))
    (item,) = json.loads(to_json([Example(Span(source, 7, 9), others=(note,))]))
    assert item["file"] == "t.qgl"
    assert item["range"] == {
        "start": {"line": 2, "column": 2, "offset": 7},
        "end": {"line": 2, "column": 4, "offset": 9},
    }
    assert item["severity"] == "error"
    assert item["notes"][0]["range"]["end"] == {"line": 1, "column": 3, "offset": 2}
    (placeless,) = json.loads(to_json([Example(None)]))
    assert placeless["file"] is None
    assert placeless["range"] is None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = [Example(Span(Source("t", "abc"), 0, 1))]
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain, file = Terminal(), Terminal(), io.StringIO()
    show(fault, coloured)
    assert "\x1b[" in coloured.getvalue()
    show(fault, file)
    assert file.getvalue() == to_text(fault)
    monkeypatch.setenv("NO_COLOR", "1")
    show(fault, plain)
    assert "\x1b[3" not in plain.getvalue()
    assert "^" in plain.getvalue()


def test_nothing_steers_the_terminal() -> None:
    for character in map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0), 0x200E, 0x202E, 0x2066, 0xFEFF]):
        shown = visible(character)
        assert shown.isprintable() or character in "\n\t"
        assert len(shown) == 1
    text = to_text([Example(Span(Source("evil\x1b[2J", "a\x1b[31mb"), 0, 3), wording="\x1b]0;title\x07")])
    assert "\x1b" not in text
    assert "\x07" not in text


def test_of_a_very_long_line_only_what_is_near_is_looked_at() -> None:
    """A line of a megabyte with many faults is shown as quickly as a short one: by what lies around each place."""
    text = "θ;" * 500_000
    far = to_text([Example(Span(Source("t", text), 600_000, 600_001))])
    near = to_text([Example(Span(Source("t", text[:2_000]), 600, 601))])
    assert far.split("\n")[3:] == near.split("\n")[3:]
    assert "… " in far
    assert " …" in far


def test_lines_end_at_every_kind_of_end() -> None:
    assert Source("t", "a\r\nb\rc\n\n\r\n\rd").line_starts == (0, 3, 5, 7, 8, 10, 11)
    assert Source("t", "").line_starts == (0,)
