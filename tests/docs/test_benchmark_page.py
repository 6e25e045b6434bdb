"""The page of the benchmarks says what the kept results say, what is missed included, and fits 80 columns."""

from __future__ import annotations

from benchmarks import growth, page, results
from benchmarks.goals import Goal, goal, missed
from benchmarks.results import Result, Session
from benchmarks.workloads import Case

SLOW = {"first": 4.0, "median": 0.2, "memory": 5e8, "stages": {"plan": 1.5}}
QUICK = {"first": 0.1, "median": 0.5, "memory": 1e8, "stages": {}}


def test_page_is_in_step_with_its_results_and_fits_80_columns() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.page(results.read())
    assert max(map(len, text.splitlines())) <= page.WIDTH


def test_goals_are_those_of_the_size() -> None:
    assert goal(Case("W1b", (16, 10))) == Goal(first=1.0, peer=2.0)
    assert goal(Case("W1b", (20, 10))) == Goal(peer=5.0)
    assert goal(Case("W2", (1000, 4))) == Goal(first=1.5, step=0.03)
    assert goal(Case("W2", (10_000, 4))) == Goal(first=3.0)
    assert goal(Case("W6", (2, 6, 100))) == Goal()


def test_what_is_missed_and_who_gave_nothing_is_said() -> None:
    large, small = Case("W1b", (20, 10)), Case("W1b", (8, 10))
    found = (
        Result(small, "qgl", SLOW),
        Result(small, "qulacs", None, "none in 9 s"),
        Result(large, "qgl", SLOW),
        Result(large, "qulacs", QUICK),
        Result(Case("W1b", (24, 10)), "qgl", None, "none in 9 s"),
    )
    assert list(missed(found)) == [
        "Missed at (8, 10): a first call of 4.00 s (to reach 1 s), 1.50 s of it the plan.",
        "Missed at (20, 10): 2.50 times the best peer (to reach 5).",
        "Missed at (24, 10): no figures (none in 9 s).",
    ]
    text = "\n".join(page.section("W1b", Session(found, {}, "Today.")))
    assert (
        "| 20, 10 | qgl       | 4.00 s | 200 ms | 0.50 GB |    2.5 |\n|        | qulacs    | 0.10 s | 500 ms |" in text
    )
    assert "Without figures: qulacs at (8, 10): none in 9 s;" in text
    assert "To reach: first call 1 s, 2 x peer (at (8, 10)); 5 x peer (at (20, 10)" in text


def test_growth_says_how_steps_grow_and_what_is_missed() -> None:
    def result(sites: int, step: float, check: float) -> Result:
        figures = {"first": 3.0, "median": step, "memory": 3e9, "planned": 2e9 if sites > 10_000 else 5e8}
        return Result(Case("W2", (sites, 4)), "qgl by stages", figures | {"stages": {"check": check, "plan": 0.5}})

    found = (result(1000, 0.01, 0.1), result(10_000, 0.1, 0.1), result(100_000, 1.4, 2.5))
    assert list(growth.notes(found))[1:] == [
        "W2: a step of 100,000 sites is 1.40 times ten of 10,000; to reach 1.3.",
        "Missed by W2 at 100,000: check in 2.50 s (to reach 2 s).",
        "Missed by W2 at 100,000: 2.00 GB when planned (to reach 1 GB).",
    ]
    lines = page.section("growth", Session(found, {}, "Today."))
    assert "| W2      | 10,000  | 0.10 s | 0.50 s | 3.00 s |  100 ms | 0.50 GB | 3.00 GB |" in lines
    assert max(map(len, lines)) <= page.WIDTH
