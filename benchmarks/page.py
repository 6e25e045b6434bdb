"""The page of the documentation, made from the results that are kept."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import growth, roofline, startup
from benchmarks.goals import best_peer, goal, label, milliseconds, missed
from benchmarks.results import Result, Session
from benchmarks.workloads import CASES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
WIDTH = 80  # of lines and tables, in characters
WORDS = 2  # the columns before it are words, those from it on numbers
HEADER = ("", "contender", "first", "step", "memory", "x peer")
TITLES = {
    "W1": ("W1: exact likelihood, dense", "n, L"),
    "W1b": ("W1b: energy, dense", "n, L"),
    "W2": ("W2: local objective, long chain", "n, d"),
    "W2grid": ("W2, grid: local objective on a square lattice", "side, d"),
    "W2g": ("W2g: all Z words of weight 1 and 2 on a grid", "side, d"),
    "W2c": ("W2c: local objective, chain of channels", "n, d"),
    "W3": ("W3: maximum mean discrepancy of an IQP circuit", "n"),
    "W4": ("W4: exact likelihood of long strings", "n, d, B"),
    "W4c": ("W4c: exact likelihood of long strings, chain of channels", "n, d, B"),
    "W6": ("W6: a step of a diffusion model on an ensemble of states", "n, L, N"),
    "W7": ("W7: Pauli propagation, kicked Ising model on 127 qubits", "L, w, e"),
    "W7g": ("W7g: Pauli propagation, value and gradient", "L, w, e"),
    "W7b": ("W7b: Pauli propagation, a chain", "n, d, w, e"),
    "W7bg": ("W7bg: Pauli propagation on a chain, value and gradient", "n, d, w, e"),
    "growth": ("Growth with the number of sites", ""),
}
REMARKS = {
    "W1": "`-sum_x t(x) log(p(x) + 1e-10)` of n qubits and L layers on a ring.",
    "W1b": "The expectation of `sum_i Z_i Z_(i+1) + sum_i X_i` in the same circuit.",
    "W2": "`mean_i (<Z_i Z_(i+1)> - t_i)^2` after d brick layers. The peer takes each Pauli word on its light cone.",
    "W2grid": "The same with an RZZ on every edge in every layer, Pauli words on all edges.",
    "W2g": "Squared maximum mean discrepancy from 1000 rows, over all Pauli words of one or two sites at any distance.",
    "W2c": "W2 with the channel `mix` as brick: two general two-qubit gates (30 angles) and a qubit that is discarded. "
    "No peer has light cones of channels.",
    "W3": "3n generators on a ring, 1000 Pauli words and 1000 samples drawn at each step, 1000 rows, sigma = sqrt(n) "
    "/ 2. "
    "Loss and gradient are means over the steps, and agree up to sampling noise. IQPopt is not among the contenders: "
    "the package index at hand does not have it.",
    "W4": "Mean negative log-likelihood of B strings, the circuit of W2. No peer does it at these sizes.",
    "W4c": "The same with the channel `mix` as brick, where every peer needs 4^n numbers.",
    "W6": "Both outcomes of the ancilla with their weights, kernel `|<x|y>|^4` of all pairs. The "
    "peers run a circuit for each state, as published codes of diffusion models do.",
    "W7": "`<Z_62>` after L layers; Pauli words of at most w letters, with coefficients of at least 10^-e, where these "
    "are not 0. pauli-prop truncates by coefficients only, and by two other rules: what a gate adds to a word is "
    "dropped where it is small by itself, before equal words are added; and letters on qubits on which nothing acts "
    "before stay to the end, where we drop them at once. By these rules our words give its values to all digits "
    "(`tests/kernels/propagation/test_rules_of_truncation.py`), and with smaller coefficients both go to the same one. "
    "tencirpauli truncates by letters only. Where words do not depend on angles (e = 0) we find them at the "
    "first call, and a step runs their table; where they do, each step of `qgl` finds them anew, as the peers do, and "
    "`qgl, words kept` is a step between two refreshes.",
    "W7g": "The same with the gradient by all 127 L angles; pauli-prop has none.",
    "W7b": "`sum_i <Z_i Z_(i+1)>` of the circuit of W2 on n sites after d layers. The peers take all words as one sum, "
    "so that pauli-prop truncates by coefficients of the sum, we by those of each word.",
    "W7bg": "The same with the gradient by all angles.",
    "growth": "The programs of W2, W4, W2c and W4c at d = 4, B = 64, each stage by itself: text to checked program, "
    "the plan, then the first value and gradient (with the plan) and a step; the memory of the process when it has "
    "planned and at the end. Loops stay rolled up until there are tables.",
}
INTRODUCTION = """\
This page is written by `python -m benchmarks.run` from `docs/benchmarks.json`,
where the results are kept. Every contender runs in a process of its own, one
after the other on the same machine. *first* is the time of the first
value-and-gradient call, planning and compilation included, imports and reading
of the program excluded; *step* is the median of the calls that follow; *x peer*
says how many times faster our step is than that of the best peer; *memory* is
the most that the process ever held. The JSON also has the processor time of the
first call, the best step, the loss and the norm of the gradient, in which all
contenders agree. Only ratios carry over to other machines. The workloads are in
`benchmarks/workloads.py`, what is to be reached in `benchmarks/goals.py`."""


def page(sessions: dict[str, Session]) -> str:
    """The whole page."""
    lines = ["# Benchmarks", "", *INTRODUCTION.splitlines()]
    for workload in CASES:
        if workload in sessions:
            lines += section(workload, sessions[workload])
    lines += roofline.section(table, wrapped)
    if "W5" in sessions:
        found = sessions["W5"]
        lines += ["", "## W5: start-up", ""]
        cells = [(name, f"{time:.2f} s", f"{startup.LIMITS[name]:.1f} s") for name, time in found.seconds.items()]
        lines += [*table(("command", "time", "to reach"), cells), "", *wrapped(found.note)]
    return "\n".join(lines) + "\n"


def section(workload: str, session: Session) -> list[str]:
    """A workload: what it is, what is to be reached, the table, what is missing from it, what is missed, and when."""
    results = session.results
    notes = growth.notes(results) if workload == "growth" else chain(to_reach(results), missed(results))
    lines = ["", f"## {TITLES[workload][0]}", "", *wrapped(REMARKS[workload]), ""]
    lines += table(header(workload), rows(workload, results))
    for note in (*without_figures(results), *notes, session.note):
        lines += ["", *wrapped(note)]
    return lines


def to_reach(results: Iterable[Result]) -> Iterator[str]:
    """What was set out to be reached, cases with the same goal together; nothing if nothing was."""
    cases: dict[str, list[str]] = {}
    for result in results:
        words = goal(result.case).words()
        if words and label(result.case) not in cases.setdefault(words, []):
            cases[words].append(label(result.case))
    if cases:
        goals = (f"{words} (at {' and '.join(labels)})" for words, labels in cases.items())
        yield f"To reach: {'; '.join(goals)}."


def without_figures(results: Iterable[Result]) -> Iterator[str]:
    """Who gave no figures on which case, and why; nothing if all did."""
    found = [
        f"{result.contender} at {label(result.case)}: {result.failure}" for result in results if result.figures is None
    ]
    if found:
        yield f"Without figures: {'; '.join(found)}."


def wrapped(text: str) -> list[str]:
    """Lines of at most 80 characters."""
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> list[str]:
    """A table of Markdown, line by line, its columns aligned so that it can be read as it is; numbers to the right."""
    cells = [tuple(head), *map(tuple, body)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    marks = ["-" * width if k < WORDS else "-" * (width - 1) + ":" for k, width in enumerate(widths)]
    return [_line(row, widths) for row in (cells[0], tuple(marks), *cells[1:])]


def _line(cells: Iterable[str], widths: list[int]) -> str:
    padded = [
        cell.ljust(width) if k < WORDS else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def header(workload: str) -> tuple[str, ...]:
    """Titles of the columns."""
    return growth.HEADER if workload == "growth" else (TITLES[workload][1], *HEADER[1:])


def rows(workload: str, results: tuple[Result, ...]) -> list[list[str]]:
    """Cells of all results of a workload that have figures; the sizes stand in the first row of a case only."""
    if workload == "growth":
        return growth.rows(results)
    found, labelled = [], set()
    for result in results:
        if result.figures is not None:
            sizes = "" if result.case in labelled else ", ".join(map(str, result.case.sizes))
            labelled.add(result.case)
            found.append([sizes, result.contender, *_cells(result, result.figures, best_peer(results, result.case))])
    return found


def _cells(result: Result, figures: dict[str, Any], peer: float | None) -> list[str]:
    return [
        f"{figures['first']:.2f} s",
        milliseconds(figures["median"]),
        f"{figures['memory'] / 1e9:.2f} GB",
        f"{peer / figures['median']:.1f}" if result.contender == "qgl" and peer is not None else "",
    ]
