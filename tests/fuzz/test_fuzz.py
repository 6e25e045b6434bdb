"""The corpus of what fell once, and a few examples of each part of the fuzzer; `make fuzz` runs more of them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.fuzz import emission, methods
from tests.fuzz.found import FOUND, Fallen
from tests.fuzz.mutation import mutated
from tests.fuzz.texts import answered, shrunk, small_corpus

CORPUS = Path(__file__).with_name("corpus")
EXPECTED = dict(
    line.split(maxsplit=2)[:2] for line in (CORPUS / "EXPECTED").read_text(encoding="utf-8").splitlines() if line
)


def test_every_program_of_the_corpus_has_a_line() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in CORPUS.glob("*.qgl"))


@pytest.mark.parametrize("name", EXPECTED)
def test_corpus(name: str) -> None:
    text = (CORPUS / name).read_text(encoding="utf-8")
    assert answered(text, CORPUS) == set(EXPECTED[name].split(",")) - {"checks"}


def test_mutated_texts_are_answered() -> None:
    programs, random = small_corpus(1_500), Random(0)
    for _ in range(40):
        path, text = random.choice(programs)
        damaged = mutated(text, random, [random.choice(programs)[1]])
        answered(damaged, path.parent)


def test_what_falls_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.texts.fault_of", lambda text, _: "Fault: of x" if "x" in text else "")
    assert shrunk(Fallen("a b; x c d e f; g h i;", "tests", "Fault: of x")).text == "x"


def test_make_test_draws_the_same_examples_and_make_fuzz_new_ones_that_it_keeps() -> None:
    same, new = settings.get_profile("qgl"), settings.get_profile("new")
    assert (same.derandomize, same.database) == (True, None)
    assert isinstance(new.database, DirectoryBasedExampleDatabase)
    assert new.database.path == FOUND / "properties"
    assert not new.derandomize and {Phase.reuse, Phase.shrink} <= set(new.phases)


@settings(max_examples=2)
@given(methods.cases(points=methods.POINTS[:3]))
def test_methods_agree_with_the_judge(case: methods.Case) -> None:
    assert any(count for name, count in methods.compare(case).items() if name.startswith("answers by"))


@settings(max_examples=4)
@given(emission.cases())
def test_emitted_texts_keep_their_distribution(case: emission.Case) -> None:
    emission.compare(case)
