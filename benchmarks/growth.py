"""The section of the page on growth with the number of sites: stages apart, and what of them was to be reached."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.goals import milliseconds
from benchmarks.results import Result

HEADER = ("program", "sites", "check", "plan", "first", "step", "planned", "memory")
STAGES = {("check", 10_000): 0.5, ("check", 100_000): 2.0, ("plan", 10_000): 1.0, ("plan", 100_000): 5.0}  # seconds
PLANNED = 1e9  # bytes of the process when it has planned
LINEAR = 1.3  # times the step that ten times fewer sites let expect
PROGRAMS = ("W2", "W4")  # for which goals were set
GOALS = (
    "To reach by W2 and W4: check 0.5 s and plan 1 s at 10,000 sites, 2 s and 5 s at 100,000, 1 GB when planned, and a "
    "step of at most 1.3 times ten times that of 10,000 sites."
)


def rows(results: tuple[Result, ...]) -> list[list[str]]:
    """Cells of all results that have figures."""
    found = []
    for result in results:
        if figures := result.figures:
            stages = [f"{figures['stages'][name]:.2f} s" for name in ("check", "plan")]
            times = [f"{figures['first']:.2f} s", milliseconds(figures["median"])]
            memory = [f"{figures[name] / 1e9:.2f} GB" for name in ("planned", "memory")]
            found.append([result.case.workload, f"{result.case.width:,}", *stages, *times, *memory])
    return found


def notes(results: tuple[Result, ...]) -> Iterator[str]:
    """What was to be reached, how a step grows, and what is missed, a sentence each."""
    yield GOALS
    steps = {(each.case.workload, each.case.width): each.figures["median"] for each in results if each.figures}
    for (program, sites), step in steps.items():
        if (program, sites // 10) in steps and sites == max(width for name, width in steps if name == program):
            ratio = step / (10 * steps[program, sites // 10])
            missed = f"; to reach {LINEAR}" if program in PROGRAMS and ratio > LINEAR else ""
            yield f"{program}: a step of {sites:,} sites is {ratio:.2f} times ten of {sites // 10:,}{missed}."
    for result in results:
        if result.figures and result.case.workload in PROGRAMS:
            yield from _missed(result.case.workload, result.case.width, result.figures)


def _missed(program: str, sites: int, figures: dict[str, float | dict[str, float]]) -> Iterator[str]:
    stages, planned = figures["stages"], figures["planned"]
    assert isinstance(stages, dict) and isinstance(planned, float | int)
    for (stage, size), limit in STAGES.items():
        if size == sites and stages[stage] > limit:
            yield f"Missed by {program} at {sites:,}: {stage} in {stages[stage]:.2f} s (to reach {limit:g} s)."
    if planned > PLANNED:
        yield f"Missed by {program} at {sites:,}: {planned / 1e9:.2f} GB when planned (to reach 1 GB)."
