"""Words that were this project's own, and are the field's now, do not come back: see docs/glossary.md."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What is said now, by what was said; a word is looked for in its plural too, and as a part of an identifier.
RETIRED = {
    "law": "distribution",
    "strand": "wire segment",
    "coin": "stochastic Pauli flip; fair coins are the uniform distribution",
    "birth": "allocation; the end of a wire is its release",
    "slope": "gradient, cotangent or derivative",
    "parcel": "payload",
    "standing": "status",
    "waist": "query interface",
}

# Names as they were written, each for a name that is the field's.
RETIRED_NAMES = {
    "FrontProgram": "BoundaryProgram",
    "FrontRunner": "BoundaryRunner",
    "PreparedFront": "PreparedBoundary",
    "Subject": "CircuitVariants",
    "PreparedWhole": "PreparedFullState",
    "MOST_CLOSINGS": "MOST_PROJECTIONS",
}

# Parts of identifiers. In prose they are ordinary English, so that names alone are held.
RETIRED_PARTS = {
    "word": "pauli_word; `identifier`, `keyword`, `wording` or `text` for words of a language",
    "met": "anticommuting",
    "hop": "off_diagonal",
    "doubled": "pauli_transfer",
    "verdict": "results",
    "settle": "reevaluated",
    "sweeper": "ColumnContraction",
    "unlike": "NotIqpError",
    "relation": "dependency",
}
OTHER_PARTS = {
    ("word", "qgl/diagnostics/syntax.py"): "reserved words of the language",
    ("word", "qgl/jobs/record.py"): "a key of the records of jobs, which are stored",
    ("word", "qgl/jobs/draft.py"): "a key of the records of jobs, which are stored",
    ("word", "qgl/jobs/compare.py"): "a key of the records of jobs, which are stored",
    ("word", "qgl/cli/run.py"): "a key of the records of jobs, which are stored",
}

# Names as they were written, each for a name that is the field's; held wherever a reader meets them.
FORMER_NAMES = {
    "GivenWords": "GivenPauliWords",
    "PhaseWords": "Iqp",
    "WordSet": "PauliWordSet",
    "UnlikeError": "NotIqpError",
    "UnlikeConesError": "TooManyClassesError",
    "PhaseProgram": "IqpProgram",
    "PhaseRunner": "IqpRunner",
    "WideGates": "MultiQubitGates",
    "not_listed": "unlisted_error",
    "asked_of": "planned_queries",
    "dense_places": "state_axes",
    "density_places": "density_axes",
    "verdict_of_state": "results_of_state",
    "HOP_SECONDS": "ENTRY_SECONDS",
    "place_bytes": "position_bytes",
    "stirred": "perturbed",
    "fair coins": "the uniform distribution",
}

# Where a retired word has another meaning.
EXCEPTIONS = {
    **{
        ("coin", name): "the coin of a quantum walk is the field's word"
        for name in (
            *(
                "docs/design/systems.md",
                "docs/systems/walks.md",
                "docs/systems.md",
                "tests/examples/test_walks_example.py",
            ),
            *(f"examples/walks/{file}" for file in ("shift.qgl", "normal.qgl", "lognormal.qgl", "investors.qgl")),
        )
    },
    ("coin", "tests/good/smallest.qgl"): "a name of a program",
    ("slope", "qgl/evaluate/correlations.py"): "of the line of a least-squares fit",
    ("standing", "qgl/diagnostics/model.py"): "to stand for",
    ("standing", "qgl/check/settings/stages.py"): "to stand one after another",
    ("standing", "qgl/evaluate/table/floors.py"): "to stand for",
}

ENDINGS = {".py", ".md", ".qgl", ".lark"}
LEFT_OUT = ("CHANGELOG.md", "docs/glossary.md", "tests/architecture/test_words.py")  # what was, and what it is now


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Path and text of every file that a reader meets."""
    return tuple(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for folder in ("qgl", "tests", "docs", "examples", "benchmarks", "grammar"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in ENDINGS and name not in LEFT_OUT:
                yield name, path.read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md"):
        yield name, (ROOT / name).read_text(encoding="utf-8")


@cache
def as_a_part(word: str) -> re.Pattern[str]:
    """`law`, `laws`, `data_laws`, `ModelLaw` and `LAWS`, but not `lawn` and `claw`."""
    lower, head, upper = word, word.capitalize(), word.upper()
    return re.compile(
        rf"(?<![A-Za-z]){lower}s?(?![a-z])|(?<![A-Z]){head}s?(?![a-z])|(?<![A-Za-z]){upper}S?(?![A-Za-z])"
    )


@pytest.mark.parametrize(("text", "found"), [("data_laws ModelLaw LAWS law", 4), ("lawn claw outlaw Lawson", 0)])
def test_a_word_is_found_as_a_part_of_a_name(text: str, found: int) -> None:
    assert len(as_a_part("law").findall(text)) == found


def test_retired_words_do_not_come_back() -> None:
    names = RETIRED_NAMES | FORMER_NAMES
    patterns = {word: as_a_part(word) for word in RETIRED} | {name: re.compile(rf"\b{name}\b") for name in names}
    instead = RETIRED | names
    back = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: `{match[0]}`: say {instead[word]}"
        for name, text, lower in ((name, text, text.lower()) for name, text in texts())
        for word, pattern in patterns.items()
        if word.lower() in lower and (word, name) not in EXCEPTIONS  # a plain search first: most words are in no text
        for match in pattern.finditer(text)
    ]
    assert not back, "\n".join(back)


def test_exceptions_are_needed() -> None:
    read = dict(texts())
    assert [key for key in EXCEPTIONS if not as_a_part(key[0]).search(read[key[1]])] == []


def test_no_file_bears_a_retired_word() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in (ROOT / "qgl").rglob("*.py")]
    assert [name for name in names for word in RETIRED if as_a_part(word).search(name)] == []


def package() -> Iterator[tuple[str, str]]:
    yield from ((name, text) for name, text in texts() if name.startswith("qgl/") and name.endswith(".py"))


def identifiers(text: str) -> Iterator[tokenize.TokenInfo]:
    return (token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME)


@cache
def parts_of(identifier: str) -> list[str]:
    rest = re.sub(r"(?i)pauli_?words?", "", identifier)
    return [part for part in RETIRED_PARTS if as_a_part(part).search(rest)]


def parts_in(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Retired parts of identifiers, and where: `word`, but not `pauli_word`, `PauliWords` and `PAULI_WORDS`."""
    for token in identifiers(text):
        for part in parts_of(token.string):
            yield part, f"{name}:{token.start[0]}: `{token.string}`: say {RETIRED_PARTS[part]}"


def test_retired_parts_of_names_do_not_come_back() -> None:
    back = [
        where for name, text in package() for part, where in parts_in(name, text) if (part, name) not in OTHER_PARTS
    ]
    assert not back, "\n".join(back)


def test_other_meanings_are_needed() -> None:
    read = dict(package())
    assert [key for key in OTHER_PARTS if key[0] not in {part for part, _ in parts_in(key[1], read[key[1]])}] == []


MOST_VAGUE = 10  # of 270; lower it, and do not raise it


def test_variables_say_what_was_found() -> None:
    """`found` stood 270 times. A parameter or a field that stands beside what was wanted may be called so."""
    vague = []
    for name, text in package():
        if not re.search(r"\bfound\b[^=\n]*=", text):
            continue
        nodes = [
            inner for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)
        ]
        if any(isinstance(node, ast.arg) and node.arg == "found" for node in nodes):
            continue
        assigned = [node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)]
        targets = [
            each for node in assigned for each in (node.targets if isinstance(node, ast.Assign) else [node.target])
        ]
        vague += [f"{name}:{each.lineno}" for each in targets if isinstance(each, ast.Name) and each.id == "found"]
    assert len(vague) <= MOST_VAGUE, vague
