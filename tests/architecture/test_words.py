"""Words that were this project's own, and are the field's now, do not come back: see docs/glossary.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    "SweepProgram": "BoundaryProgram",
    "SweepRunner": "BoundaryRunner",
    "PreparedSweep": "PreparedBoundary",
    "Subject": "CircuitVariants",
    "PreparedWhole": "PreparedFullState",
    "MOST_CLOSINGS": "MOST_PROJECTIONS",
}

# Where a retired word has another meaning.
EXCEPTIONS = {
    ("coin", "docs/design/systems.md"): "the coin of a quantum walk is the field's word",
    ("coin", "tests/good/smallest.qgl"): "a name of a program",
    ("slope", "qgl/evaluate/correlations.py"): "of the line of a least-squares fit",
    ("standing", "qgl/diagnostics/model.py"): "to stand for",
    ("standing", "qgl/check/settings/stages.py"): "to stand one after another",
    ("standing", "qgl/evaluate/table/floors.py"): "to stand for",
}

ENDINGS = {".py", ".md", ".qgl", ".lark"}
LEFT_OUT = ("CHANGELOG.md", "docs/glossary.md", "tests/architecture/test_words.py")  # what was, and what it is now


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file that a reader meets."""
    for folder in ("qgl", "tests", "docs", "examples", "benchmarks", "grammar"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in ENDINGS and name not in LEFT_OUT:
                yield name, path.read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md"):
        yield name, (ROOT / name).read_text(encoding="utf-8")


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
    patterns = {word: as_a_part(word) for word in RETIRED} | {
        name: re.compile(rf"\b{name}\b") for name in RETIRED_NAMES
    }
    instead = RETIRED | RETIRED_NAMES
    back = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: `{match[0]}`: say {instead[word]}"
        for name, text in texts()
        for word, pattern in patterns.items()
        if (word, name) not in EXCEPTIONS
        for match in pattern.finditer(text)
    ]
    assert not back, "\n".join(back)


def test_exceptions_are_needed() -> None:
    read = dict(texts())
    assert [key for key in EXCEPTIONS if not as_a_part(key[0]).search(read[key[1]])] == []


def test_no_file_bears_a_retired_word() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in (ROOT / "qgl").rglob("*.py")]
    assert [name for name in names for word in RETIRED if as_a_part(word).search(name)] == []
