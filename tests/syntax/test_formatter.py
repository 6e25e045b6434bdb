"""The canonical form keeps the tree and the comments, and is its own canonical form."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgl.diagnostics.model import QglError
from qgl.source import Source
from qgl.syntax import tree
from qgl.syntax.formatter import format_file
from qgl.syntax.layout import WIDTH
from qgl.syntax.parser import parse
from tests.syntax.syntax_trees import FILES, bare

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted([*ROOT.glob("tests/good/*.qgl"), *ROOT.glob("examples/**/*.qgl")])


def read(text: str) -> tree.File:
    parsed = parse(Source("test.qgl", text))
    assert not parsed.diagnostics, (text, [d.message for d in parsed.diagnostics])
    return parsed.file


@settings(max_examples=60)
@given(FILES)
def test_reading_what_is_written_gives_the_same_tree(file: tree.File) -> None:
    text = format_file(file)
    again = read(text)
    assert bare(again) == bare(file)
    assert format_file(again) == text


def tokens_of(text: str) -> list[tuple[int, int]]:
    """Places of tokens, found without the lexer of the compiler: between them a comment may stand."""
    pattern = r'\d+(?:\.\d+)?(?:e[+-]?\d+)?|"(?:[^"\\]|\\.)*"|\w+|\*\*|\.\.|->|[=!<>]=|\S'
    return [match.span() for match in re.finditer(pattern, text)]


@settings(max_examples=40)
@given(FILES, st.randoms(use_true_random=False))
def test_comments_at_any_place_are_kept_in_order(file: tree.File, source: random.Random) -> None:
    text = format_file(file)
    places = tokens_of(text)
    chosen = sorted(source.sample(range(len(places)), min(len(places), 4)))
    pieces, last = [], 0
    for number, k in enumerate(chosen):
        at = places[k][source.randrange(2)]
        if at < last:
            continue
        comment = source.choice(
            [f" /* {number} */ ", f" // {number}\n", f"\n// {number}\n", f"\n\n/* {number}\n   more */"]
        )
        pieces += [text[last:at], comment]
        last = at
    commented = "".join([*pieces, text[last:]])
    before = read(commented)
    assert bare(before) == bare(file)
    once = format_file(before)
    after = read(once)
    assert bare(after) == bare(before)
    assert [c.text.split() for c in after.comments] == [c.text.split() for c in before.comments]
    assert format_file(after) == once


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_of_the_repository_are_canonical(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_file(read(text)) == text


COMMENTS = (" /* c */ ", " // c\n", "\n// c\n", "\n/* c\n   d */\n", " /* c */\n", "\n/* c */ ")


def places_of(text: str) -> list[tuple[int, bool, bool]]:
    """Of each comment how many tokens stand before it, and whether a line ends between it and its two neighbours."""
    spans = [comment.span for comment in read(text).comments]
    tokens = [(a, b) for a, b in tokens_of(text) if not any(s.start <= a < s.end for s in spans)]
    places = []
    for span in spans:
        count = sum(b <= span.start for _, b in tokens)
        before = text[tokens[count - 1][1] if count else 0 : span.start]
        after = text[span.end : tokens[count][0] if count < len(tokens) else len(text)]
        places.append((count, "\n" in before, "\n" in after))
    return places


def forms(path: Path, place: int) -> list[object]:
    """Of each program one form of comment, another one in the next program; in the long tests all of them."""
    return [
        pytest.param(
            path, k, id=f"{path.stem}-{k}", marks=[] if (place + k) % len(COMMENTS) == 0 else [pytest.mark.slow]
        )
        for k in range(len(COMMENTS))
    ]


@pytest.mark.parametrize(("path", "number"), [each for k, path in enumerate(PROGRAMS) for each in forms(path, k)])
def test_comments_between_any_two_tokens_of_our_programs(path: Path, number: int) -> None:
    """Every fifth gap at a time, from another one on for each form of comment: each comment stays in its gap, and one
    that has a line of its own, or ends one, still does."""
    comment = COMMENTS[number]
    text = path.read_text(encoding="utf-8")
    spans = [each.span for each in read(text).comments]
    outside = [end for start, end in tokens_of(text) if not any(s.start <= start < s.end for s in spans)]
    gaps = outside[number % 5 :: 5]
    commented = "".join(text[a:b] + comment for a, b in pairwise([0, *gaps])) + text[gaps[-1] :]
    before = read(commented)
    once = format_file(before)
    after = read(once)
    assert bare(after) == bare(before)
    assert [c.text.split() for c in after.comments] == [c.text.split() for c in before.comments]
    assert format_file(after) == once
    if comment.endswith("\n"):
        assert places_of(once) == places_of(commented)
    else:
        assert [place[0] for place in places_of(once)] == [place[0] for place in places_of(commented)]


COMMENTED = {
    "in the brackets of a size": (
        "layer a(q: qubit[3 // three\n]) { h q; }",
        "layer a(\n    q: qubit[\n        3  // three\n    ]\n) {\n    h q;\n}",
    ),
    "in the parentheses of a type": ("param t : unitary(2 /* k */);", "param t : unitary(2 /* k */);"),
    "in a bound": ("local v cone(2 /* k */) <= 4;", "local v cone(2 /* k */) <= 4;"),
    "on either side of a comma": (
        "model { cx a /* 1 */, /* 2 */ b; cx a // 3\n, b; cx a, // 4\n b; }",
        "model {\n    cx a /* 1 */, /* 2 */ b;\n    cx a  // 3\n        ,\n        b;\n    cx a,  // 4\n        b;\n}",
    ),
    "on either side of an operator": (
        "const a = 1 /* 1 */ + /* 2 */ 2 /* 3 */ ** /* 4 */ 3;",
        "const a = 1 /* 1 */ + /* 2 */ 2 /* 3 */ ** /* 4 */ 3;",
    ),
    "behind an opening brace": (
        "model { // what it does\n h q; }\ntrain { /* nothing */ }\nmodel { // empty\n}",
        "model {  // what it does\n    h q;\n}\ntrain { /* nothing */ }\nmodel {  // empty\n}",
    ),
    "beside brackets that go": (
        "const a = f(((1 /* 1 */)) /* 2 */), b = [1, /* 3 */] /* 4 */;",
        "const a = f(1 /* 1 */ /* 2 */), b = [1 /* 3 */] /* 4 */;",
    ),
    "in braces that go": (
        "model { if a { h q; } else { /* 1 */ if b { x q; } /* 2 */ } /* 3 */ }",
        "model { if a { h q; } else /* 1 */ if b { x q; } /* 2 */ /* 3 */ }",
    ),
    "beside brackets that come": ("model { f /* 1 */; }", "model { f() /* 1 */; }"),
    "on a line of its own": (
        "const a = f(\n// 1\n1, 2\n// 2\n), b = [\n/* 3 */\n];",
        "const a = f(\n        // 1\n        1,\n        2\n        // 2\n    ),\n    b = [\n    /* 3 */\n    ];",
    ),
    "in a number of controls": ("model { ctrl(2 /* k */) x a, b, c; }", "model { ctrl(2 /* k */) x a, b, c; }"),
}


@pytest.mark.parametrize("name", COMMENTED)
def test_comments_in_brackets_stay_in_them(name: str) -> None:
    written, canonical = COMMENTED[name]
    assert format_file(read(written)) == canonical + "\n"
    assert format_file(read(canonical)) == canonical + "\n"


@pytest.mark.parametrize("spoilt", ["// const a = 1;\n", "const a = 2; // c\n", "const a = 1;\n", "const a = ;\n"])
def test_what_would_mean_something_else_is_never_given_out(spoilt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = read("const a = 1; // c\n")
    monkeypatch.setattr("qgl.syntax.formatter.lay_out", lambda _: spoilt.rstrip())
    with pytest.raises(QglError) as raised:
        format_file(file)
    assert [d.code for d in raised.value.diagnostics] == ["QGL0121"]


CASES = {
    "parentheses that change nothing go": (
        "const a = ((1 + (2 * 3))), b = (1) ** (2);",
        "const a = 1 + 2 * 3, b = 1**2;",
    ),
    "parentheses that matter stay": (
        "const a = (1 + 2) * 3, b = 1 - (2 - 3), c = (-1)**2, d = -1**2, e = (2**3)**4, f = 2**3**4;",
        "const a = (1 + 2) * 3, b = 1 - (2 - 3), c = (-1)**2, d = -1**2, e = (2**3)**4, f = 2**3**4;",
    ),
    "ranges are tight": ("const a = [0 .. n - 1];", "const a = [0..n-1];"),
    "digits stay as written": ("const a = 1_000, b = 2.50, c = 1E-3;", "const a = 1_000, b = 2.50, c = 1E-3;"),
    "line ends become one kind": ("const a = 1;\r\n// x\r\nconst b = 2;\r", "const a = 1;\n// x\nconst b = 2;"),
    "one empty line at most": ("\n\nconst a = 1;\n\n\n\nconst b = 2;\n\n", "const a = 1;\n\nconst b = 2;"),
    "a block on one line stays there": ("model{h q;x q;}", "model { h q; x q; }"),
    "a broken block is one statement a line": ("model {h q; x q;\n}", "model {\n    h q;\n    x q;\n}"),
    "else if is one construct": (
        "model { if a { h q; } else { if b { x q; } } }",
        "model { if a { h q; } else if b { x q; } }",
    ),
    "trailing commas go": ("const a = [1, 2,], b = f(x,);", "const a = [1, 2], b = f(x);"),
    "a byte order mark goes": ("\ufeffconst a = 1;", "const a = 1;"),
}


@pytest.mark.parametrize("name", CASES)
def test_canonical_forms(name: str) -> None:
    written, canonical = CASES[name]
    assert format_file(read(written)) == canonical + "\n"


def test_an_empty_file_is_canonical() -> None:
    assert format_file(read("")) == ""
    assert format_file(read("\n \n")) == ""
    assert format_file(read("// only a comment")) == "// only a comment\n"


def test_long_lines_are_broken_at_the_outermost_places() -> None:
    terms = " + ".join(f"f(number_{k}, [1, 2, 3])" for k in range(12))
    text = format_file(read(f"objective {terms};"))
    assert text.count("\n    + ") == 11
    assert max(map(len, text.split("\n"))) <= WIDTH
    numbers = ", ".join(str(k / 7) for k in range(100))
    text = format_file(read(f"const w = [{numbers}];"))
    assert max(map(len, text.split("\n"))) <= WIDTH
    assert text.count("\n") < 30


def test_deep_expressions_are_formatted() -> None:
    for text in ("-" * 199 + "1", "2**" * 199 + "1", "1 + " * 199 + "1", "(1 + " * 60 + "1" + ")" * 60):
        file = read(f"const a = {text};")
        assert bare(read(format_file(file))) == bare(file)
