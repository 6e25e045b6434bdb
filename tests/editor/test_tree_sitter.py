"""The parser for tree-sitter takes the texts that the real parser takes, and no others. Needs a C compiler."""

from __future__ import annotations

import ctypes
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import tree_sitter

from qgl.diagnostics import registry
from qgl.source import Source
from qgl.syntax.grammar import tokens_of
from qgl.syntax.parser import parse

ROOT = Path(__file__).resolve().parents[2]
GRAMMAR = ROOT / "editors" / "tree-sitter-qgl"
GOOD = sorted([*(ROOT / "tests" / "good").glob("*.qgl"), *(ROOT / "examples").glob("**/*.qgl")])
BAD = sorted((ROOT / "tests" / "bad").glob("*.qgl"))
WRONG = {code: kind.wrong for code, kind in registry().items() if kind.wrong}
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
# What the reader tells that the grammar allows: numbers that are too large, order and names of arguments, bounds.
BEHIND_THE_GRAMMAR = {
    *("QGL0113", "QGL0114", "QGL0115", "QGL0117", "QGL0118", "QGL0119", "QGL0120", "QGL0123"),
}

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> tree_sitter.Language:
    library = tmp_path_factory.mktemp("parser") / "parser.so"
    source = GRAMMAR / "src" / "parser.c"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run([str(COMPILER), *flags], check=True)
    made = ctypes.CDLL(str(library)).tree_sitter_qgl
    made.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return tree_sitter.Language(capsule(made(), b"tree_sitter.Language", None))


@pytest.fixture(scope="module")
def parser(language: tree_sitter.Language) -> tree_sitter.Parser:
    return tree_sitter.Parser(language)


def taken(text: str) -> bool:
    """Whether the real parser has nothing to say of the grammar of a text."""
    return not {each.code for each in parse(Source("a.qgl", text)).diagnostics} - BEHIND_THE_GRAMMAR


def root(parser: tree_sitter.Parser, text: str) -> tree_sitter.Node:
    return parser.parse(text.encode()).root_node


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_programs_are_taken(parser: tree_sitter.Parser, path: Path) -> None:
    assert not root(parser, path.read_text(encoding="utf-8")).has_error


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_programs_are_taken_if_their_grammar_is_right(parser: tree_sitter.Parser, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert root(parser, text).has_error == (not taken(text))


@pytest.mark.parametrize("code", WRONG)
def test_faults_of_the_grammar_are_refused(parser: tree_sitter.Parser, code: str) -> None:
    assert root(parser, WRONG[code]).has_error == (not taken(WRONG[code]))


@pytest.mark.parametrize("path", GOOD[:24], ids=lambda path: path.stem)
def test_damaged_programs_are_refused_by_both_or_by_none(parser: tree_sitter.Parser, path: Path) -> None:
    """A token is left out, doubled or exchanged with another one."""
    text, chance = path.read_text(encoding="utf-8"), random.Random(path.stem)
    tokens = [token for token in tokens_of(text) if not token.type.endswith("COMMENT")]
    for _ in range(12):
        token, other = chance.choice(tokens), chance.choice(tokens)
        put = chance.choice(["", f"{token} {token}", str(other)])
        damaged = f"{text[: token.start_pos]} {put} {text[token.end_pos :]}"
        assert root(parser, damaged).has_error == (not taken(damaged)), damaged


@pytest.mark.parametrize(
    "text",
    [
        *("", "// only a comment", "/* open", '"', "const a = 1_000.5e-3;", "const a = 1__0;", "const a = .5;"),
        *("const a = 5.;", "const a = 0..3;", "const a = 2pi;", "const a = 0x1;", "const a = 1e;", "const \u03b8 = 1;"),
        *("const a = 1 \u2212 2;", 'const a = "\\"";', "const a = b.c;", "const a\u0301 = 1;", "const a = 1e+;"),
        *("const a = 1.2.3;", "const a = 1...3;", "const a = /* c */ 1; /**/ /***/", "\ufeffconst a = 1;"),
    ],
)
def test_texts_are_cut_into_the_same_tokens(parser: tree_sitter.Parser, text: str) -> None:
    assert root(parser, text).has_error == (not taken(text))


CORPUS = re.findall(
    r"=+\n(.*)\n=+\n\n([\s\S]*?)\n---\n\n([\s\S]*?)(?=\n=+\n|\Z)", (GRAMMAR / "test/corpus/programs.txt").read_text()
)


@pytest.mark.parametrize(("text", "tree"), [case[1:] for case in CORPUS], ids=[case[0] for case in CORPUS])
def test_corpus(parser: tree_sitter.Parser, text: str, tree: str) -> None:
    written = re.sub(r"\s+", " ", tree).replace("( ", "(").replace(" )", ")").strip()
    assert str(root(parser, text)) == written


def test_highlights_name_nodes_that_there_are(language: tree_sitter.Language, parser: tree_sitter.Parser) -> None:
    query = tree_sitter.Query(language, (GRAMMAR / "queries" / "highlights.scm").read_text(encoding="utf-8"))
    text = (ROOT / "examples" / "hidden.qgl").read_text(encoding="utf-8")
    found = tree_sitter.QueryCursor(query).captures(root(parser, text))
    names = {name: {node.text.decode() for node in nodes if node.text is not None} for name, nodes in found.items()}
    assert {"model", "train", "const"} <= names["keyword"] and {"repeat", "for", "in"} <= names["keyword.control"]
    assert {"rz", "rzz", "turn"} <= names["function"] and {"angle", "qubit"} <= names["type"]
    assert {"rate", "optimizer", "columns"} <= names["property"] and names["constant.builtin"] == {"?"}
