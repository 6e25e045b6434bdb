"""Reading: the tree, exact places, every fault with its code, and no traceback whatever comes in."""

from __future__ import annotations

import logging
import random
import re
from pathlib import Path

import lark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgl.source import Source
from qgl.syntax import grammar, tree
from qgl.syntax.parser import MAX_CHARACTERS, MAX_TOKENS, Parsed, parse
from tests.syntax.syntax_trees import bare

ROOT = Path(__file__).parents[2]
GOOD = sorted(ROOT.glob("tests/good/*.qgl"))
PROGRAMS = [*GOOD, *sorted(ROOT.glob("examples/**/*.qgl"))]
TOKEN = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?\*/|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+|\*\*|\.\.|->|[=!<>]=|\S', re.DOTALL)


def read(text: str) -> Parsed:
    return parse(Source("test.qgl", text))


def value_of(text: str) -> tree.Expression:
    parsed = read(f"const a = {text};")
    assert not parsed.diagnostics, parsed.diagnostics
    (const,) = parsed.file.declarations
    assert isinstance(const, tree.Const)
    return const.bindings[0][1]


def shape(node: tree.Expression) -> str:
    """An expression with every parenthesis written."""
    match node:
        case tree.Binary(operator=operator, left=left, right=right):
            return f"({shape(left)} {operator} {shape(right)})"
        case tree.Unary(operator=operator, operand=operand):
            return f"({operator} {shape(operand)})"
        case tree.Range(first=first, last=last):
            return f"({shape(first)} .. {shape(last)})"
        case tree.Name(name=name):
            return name
        case tree.Number(value=value):
            return str(value)
    return type(node).__name__


def found(text: str) -> list[tuple[str, str]]:
    """Codes of faults with the text under the carets."""
    return [(d.code, d.span.text if d.span else "") for d in read(text).diagnostics]


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("lark")
    level = logger.level
    logger.addHandler(caplog.handler)
    logger.setLevel(logging.DEBUG)
    try:
        lark.Lark(grammar.grammar_text(), parser="lalr", lexer="basic", start=["file", "noise"], debug=True)
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
    assert [r.getMessage() for r in caplog.records if "onflict" in r.getMessage()] == []


def test_every_terminal_has_a_name_of_its_own() -> None:
    assert [t.name for t in grammar.tables().terminals if t.name.startswith("__")] == []


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("-a**2", "(- (a ** 2))"),
        ("2**-a**b", "(2 ** (- (a ** b)))"),
        ("2**3**4", "(2 ** (3 ** 4))"),
        ("a or b and not c == d", "(a or (b and (not (c == d))))"),
        ("0..n - 1", "(0 .. (n - 1))"),
        ("1..4", "(1 .. 4)"),
        ("a < b + 1", "(a < (b + 1))"),
        ("a / b % c", "((a / b) % c)"),
        ("- - 1", "(- (- 1))"),
    ],
)
def test_precedence(text: str, shaped: str) -> None:
    assert shape(value_of(text)) == shaped


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("1_000", 1000),
        ("007", 7),
        ("0.5", 0.5),
        ("2.5e-3", 0.0025),
        ("1e5", 1e5),
        ("1E+2", 100.0),
        ("1_0.2_5", 10.25),
    ],
)
def test_numbers(text: str, value: float) -> None:
    node = value_of(text)
    assert isinstance(node, tree.Number)
    assert node.value == value
    assert type(node.value) is type(value)


@pytest.mark.parametrize(
    "text", [".5", "1.", "1e", "2theta", "1__0", "1_", "1.2.3", "0x10", "9" * 19, "1e999", "1..2..3"]
)
def test_what_is_no_number(text: str) -> None:
    assert read(f"const a = {text};").diagnostics


def test_a_keyword_is_a_whole_word() -> None:
    assert found("visiblex[4];")
    assert not found("visible visiblex[4]; model { formula visiblex; }")


def test_names_that_look_alike_are_the_same() -> None:
    composed, decomposed = "const caf\u00e9 = 1;", "const cafe\u0301 = 1;"
    assert bare(read(composed).file) == bare(read(decomposed).file)
    assert bare(read("const \u2126 = 1;").file) == bare(read("const \u03a9 = 1;").file)  # ohm sign, omega


def test_byte_order_mark_and_line_ends() -> None:
    text = "\ufeffconst n = 1;\r\nvisible v[n];\rmodel { }\n"
    parsed = read(text)
    assert not parsed.diagnostics
    assert [d.span.line for d in parsed.file.declarations] == [1, 2, 3]


def test_spans_cover_exactly_what_was_written() -> None:
    text = "// θθθ\nmodel { rx((a + b) * 2) v[0]; }"
    (model,) = read(text).file.declarations
    assert isinstance(model, tree.Model)
    (apply,) = model.body
    assert isinstance(apply, tree.Apply)
    assert apply.span.text == "rx((a + b) * 2) v[0];"
    (angle,) = apply.arguments
    assert angle.span.text == "(a + b) * 2"
    assert isinstance(angle, tree.Binary)
    assert angle.left.span.text == "a + b"
    assert apply.operands[0].span.text == "v[0]"
    assert (apply.span.line, apply.span.column) == (2, 9)


FAULTS = {
    "const n = 3\nvisible v;": [("QGL0102", "")],
    "model { h q }": [("QGL0102", "")],
    "model { cx a b; }": [("QGL0102", "")],
    "const n 3;": [("QGL0102", "")],
    "model { for q of v { } }": [("QGL0101", "of")],
    "model { if a = 1 { } }": [("QGL0109", "=")],
    "const n == 1;": [("QGL0109", "==")],
    "visible data;": [("QGL0110", "data")],
    "const stage = 3;": [("QGL0110", "stage")],
    "stage t in 1..2 { model { } }": [("QGL0101", "model")],
    "stage t { set a = ; objective f(x); }\nreport kl;": [("QGL0101", ";")],
    "stage t {\n    objective f(x);\n    train { steps 3;\n    report kl;\n}\nmodel { }": [("QGL0103", "{")],
    "model { stage t in 3..1 { h q; } x q; }": [("QGL0110", "stage"), ("QGL0101", "in")],
    "train { stage 1 { steps 3; } baseline x; }": [("QGL0110", "stage"), ("QGL0101", "{"), ("QGL0110", "baseline")],
    "model {\nconst baseline = 1;": [("QGL0103", "{"), ("QGL0110", "baseline")],
    "const a = f(1;": [("QGL0103", "(")],
    "const a = f(1];": [("QGL0105", "]")],
    "const a = 1);": [("QGL0104", ")")],
    "model { } }": [("QGL0104", "}")],
    "model { for q in v { h q; \nreport kl;": [("QGL0103", "{")],
    'import "x;\nmodel { }': [("QGL0106", '"x;')],
    "model { } /* x": [("QGL0107", "/* x")],
    "const a = 1 # 2;": [("QGL0108", "#")],
    "const a = \u201c0\u201d;": [("QGL0108", "\u201c"), ("QGL0108", "\u201d")],
    'const a = "a\\n";': [("QGL0113", "\\n")],
    "const a = f(b = 1, 2);": [("QGL0117", "2")],
    "model { rx(a = 1) q; }": [("QGL0118", "a")],
    "local v width <= 1;": [("QGL0119", "width")],
    "local v cone <= 1;": [("QGL0120", "cone <= 1")],
    "const = 1, b = 2;\nmodel { h ; let = 3; x q; }": [("QGL0101", "="), ("QGL0101", "=")],
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults(text: str) -> None:
    assert found(text) == FAULTS[text]


def test_a_fault_spoils_its_own_statement_only() -> None:
    text = """
const n = 2, m = ;
visible v[n];
model {
    let k = + ;
    h v;
    for q on v { x q; }
    rx(0.5 v;
    measure v -> ;
    z v;
}
layer f(q: qubit {
    h q;
}
train { steps ; seeds 2; }
report kl;
"""
    parsed = read(text)
    assert [d.code for d in parsed.diagnostics] == [
        "QGL0101",
        "QGL0101",
        "QGL0101",
        "QGL0103",
        "QGL0101",
        "QGL0103",
        "QGL0101",
    ]
    kinds = [type(d).__name__ for d in parsed.file.declarations]
    assert kinds == ["Broken", "Register", "Model", "Routine", "Train", "Report"]
    broken, _, model, _, train, _ = parsed.file.declarations
    assert isinstance(broken, tree.Broken)
    assert broken.names == ("n", "m")
    assert isinstance(model, tree.Model)
    assert [type(s).__name__ for s in model.body] == ["Broken", "Apply", "Broken", "Broken", "Broken", "Apply"]
    assert isinstance(model.body[0], tree.Broken)
    assert model.body[0].names == ("k",)
    assert isinstance(train, tree.Train)
    assert [s.name.name for s in train.settings] == ["seeds"]


@pytest.mark.parametrize("most", [4_000, pytest.param(MAX_TOKENS, marks=pytest.mark.slow)])
def test_too_many_tokens(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("qgl.syntax.parser.MAX_TOKENS", most)
    assert found("model { " + "h v;" * (most // 3 + 1) + " }") == [("QGL0116", ";")]
    assert found("const a = " + "1+" * (most // 2) + "1;") == [("QGL0116", "+")]


def test_too_large_too_nested_too_deep() -> None:
    assert found("/" * (MAX_CHARACTERS + 1)) == [("QGL0116", "")]
    assert found("(" * 65) == [("QGL0114", "(")]
    assert [code for code, _ in found("const a = " + "{" * 100000)] == ["QGL0114"]
    for deep in ("1 + " * 5000 + "1", "-" * 50000 + "1", "2**" * 5000 + "1", "a or " * 5000 + "b", "not " * 5000 + "a"):
        assert [code for code, _ in found(f"const a = {deep};")] == ["QGL0115"]
    assert not found(f"const a = {'1 + ' * 199}1;")
    chain = "if a { } else " * 5000 + "{ }"
    assert [code for code, _ in found(f"model {{ {chain} }}")] == ["QGL0115"]


def is_explained(text: str) -> None:
    parsed = read(text)
    for diagnostic in parsed.diagnostics:
        assert diagnostic.message
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
    starts = [d.span.start for d in parsed.diagnostics if d.span]
    assert starts == sorted(starts)


# Damaged programs of one file: every so many-th token, and each in the long tests; test_damaged_programs.py of
# tests/check reads more of them
MOST = pytest.mark.parametrize("most", [20, pytest.param(1_000_000, id="all", marks=pytest.mark.slow)])


def places(text: str, most: int) -> list[tuple[int, int]]:
    spans = [match.span() for match in TOKEN.finditer(text)]
    return spans[:: max(1, len(spans) // most)]


@MOST
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_prefix_is_read(path: Path, most: int) -> None:
    text = path.read_text(encoding="utf-8")
    assert not read(text).diagnostics
    for _, end in places(text, most):
        is_explained(text[:end])


@MOST
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_deletion_of_a_token_is_read(path: Path, most: int) -> None:
    text = path.read_text(encoding="utf-8")
    for start, end in places(text, most):
        is_explained(text[:start] + text[end:])


KEYWORDS = [
    *(
        "const",
        "n",
        "=",
        "1",
        ";",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        "model",
        "for",
        "q",
        "in",
        "v",
        "h",
        "if",
        "else",
    ),
    *(
        "let",
        "visible",
        "data",
        '"',
        "/*",
        "//",
        "\n",
        "?",
        "..",
        "*",
        "**",
        "-",
        "1.5",
        "0x",
        "θ",
        "#",
        "\ufeff",
        "\x00",
    ),
    *("stage", "train", "steps", "~", "channel", "measure", "->", "and", "!=", ":"),
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(KEYWORDS), max_size=40).map(" ".join))
def test_any_heap_of_tokens_is_read(text: str) -> None:
    is_explained(text)


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    is_explained(text)


@settings(max_examples=30)
@given(st.sampled_from(PROGRAMS), st.randoms(use_true_random=False))
def test_any_mutation_of_a_program_is_read(path: Path, source: random.Random) -> None:
    text = path.read_text(encoding="utf-8")
    for _ in range(source.randrange(1, 4)):
        a, b = sorted((source.randrange(len(text)), source.randrange(len(text))))
        text = source.choice([text[:a] + text[b:], text[:a] + source.choice(KEYWORDS) + text[a:], text[:b] + text[a:]])
    is_explained(text)


class TestKeptTables:
    def test_they_read_as_new_ones(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QGL_CACHE_DIR", str(tmp_path))
        text = PROGRAMS[0].read_text(encoding="utf-8")
        trees = []
        for _ in range(2):
            grammar.tables.cache_clear()
            trees.append(bare(read(text).file))
        assert trees[0] == trees[1]
        (kept,) = tmp_path.iterdir()
        made = lark.Lark(grammar.grammar_text(), **grammar._OPTIONS)
        loaded = grammar._load(kept)
        assert loaded is not None
        assert sorted(map(str, loaded.rules)) == sorted(map(str, made.rules))

    def test_damaged_ones_are_made_anew(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QGL_CACHE_DIR", str(tmp_path))
        grammar.tables.cache_clear()
        grammar.tables()
        (kept,) = tmp_path.iterdir()
        for damage in ("", "{}", "[1, 2]", '[{"parser": {}}, {}]', "\x00"):
            kept.write_text(damage, encoding="utf-8")
            grammar.tables.cache_clear()
            assert not read("visible v;").diagnostics
            assert len(kept.read_text(encoding="utf-8")) > 1000

    def test_nothing_is_kept_where_nothing_can_be(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        blocked = tmp_path / "file"
        blocked.write_text("", encoding="utf-8")
        monkeypatch.setenv("QGL_CACHE_DIR", str(blocked / "below"))
        grammar.tables.cache_clear()
        assert not read("visible v;").diagnostics


@pytest.mark.parametrize(
    "text", ["again 3 {", "again 3 { }", "again n { } model { h v; }", "again 3 { ; }", "again { }"]
)
def test_a_block_that_may_not_be_empty_ends(text: str) -> None:
    """It is told once, and reading goes on behind it."""
    parsed = parse(Source("a.qgl", text))
    assert 1 <= len(parsed.diagnostics) <= 2
    assert len({(each.code, str(each.span)) for each in parsed.diagnostics}) == len(parsed.diagnostics)
    if "model" in text:
        assert isinstance(parsed.file.declarations[-1], tree.Model)
