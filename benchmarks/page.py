"""The page of the documentation, made from the results that are kept."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import startup
from benchmarks.results import Result, Session
from benchmarks.workloads import CASES, Case

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
HEADER = (
    "",
    "contender",
    "first",
    "busy",
    "step",
    "best step",
    "x peer",
    "to reach",
    "memory",
    "loss",
    "gradient norm",
)
GROWTH_HEADER = ("program", "n", "check", "graph", "plan", "first", "step", "step per site", "memory")
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
    "W1": "-sum_x t(x) log(p(x) + 1e-10) of n qubits and L layers on a ring.",
    "W1b": "<sum_i Z_i Z_(i+1) + sum_i X_i> of the same circuit.",
    "W2": "mean_i (<Z_i Z_(i+1)> - t_i)^2 after d brick layers. The peer takes each Pauli word on its light cone.",
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
    "W6": "Both outcomes of the ancilla with their weights, kernel |<x|y>|^4 of all pairs. The "
    "peers run a circuit for each state, as published codes of diffusion models do.",
    "W7": "<Z_62> after L layers; Pauli words of at most w letters, with coefficients of at least 10^-e, where these "
    "are not 0. pauli-prop truncates by coefficients only, and at ten layers differs in the third digit, why is not "
    "known; tencirpauli truncates by letters only. Where words do not depend on angles (e = 0) we find them at the "
    "first call, and a step runs their table; where they do, each step of `qgl` finds them anew, as the peers do, and "
    "`qgl, words kept` is a step between two refreshes.",
    "W7g": "The same with the gradient by all 127 L angles; pauli-prop has none.",
    "W7b": "sum_i <Z_i Z_(i+1)> of the circuit of W2 on n sites after d layers. The peers take all words as one sum, "
    "so that pauli-prop truncates by coefficients of the sum, we by those of each word.",
    "W7bg": "The same with the gradient by all angles.",
    "growth": "The programs of W2, W2c, W4 and W4c at d = 4, B = 64, each stage by itself: text to checked program, "
    "the whole graph of the circuit, the plan, then the first call (with the plan) and the step. At 10,000 "
    "sites the plan, which is plain Python, is a large part of the first call.",
}
HALF_PEER = ("W1", "W1b", "W3", "W7", "W7g", "W7b", "W7bg")  # a step of half the time of the best peer at most
FIRST = {"W1": 2.0, "W2": 3.0, "W3": 2.0, "W4": 3.0}  # seconds of the first call
STEP = {("W2", (1000, 4)): 0.030, ("W4", (1000, 4, 256)): 0.150}  # seconds

INTRODUCTION = """\
This page is written by `python -m benchmarks.run` from `docs/benchmarks.json`, where the results are kept. Every
contender runs in a process of its own, one after the other on the same machine. *first* is the time of the first
value-and-gradient call, planning and compilation included, imports and reading of the program excluded; *busy* is the
processor time of the same, which others on the machine do not lengthen (no figure: not measured then); *step* is the
median of the calls that follow; *x peer* says how many times faster our step is than that of the best peer. All
contenders report the same loss and gradient. Only ratios carry over to other machines. The workloads are in
`benchmarks/workloads.py`."""


def page(sessions: dict[str, Session]) -> str:
    """The whole page."""
    lines = ["# Benchmarks", "", *INTRODUCTION.splitlines()]
    for workload in CASES:
        if workload in sessions:
            session = sessions[workload]
            lines += ["", f"## {TITLES[workload][0]}", "", *wrapped(REMARKS[workload]), ""]
            lines += table(header(workload), rows(workload, session.results))
            for fault in missed(session.results):
                lines += ["", *wrapped(fault)]
            lines += ["", *wrapped(session.note)]
    if "W5" in sessions:
        found = sessions["W5"]
        lines += ["", "## W5: start-up", ""]
        cells = [(name, f"{time:.2f} s", f"{startup.LIMITS[name]:.1f} s") for name, time in found.seconds.items()]
        lines += [*table(("command", "time", "limit"), cells), "", *wrapped(found.note)]
    return "\n".join(lines) + "\n"


def wrapped(text: str) -> list[str]:
    """Lines of at most 120 characters."""
    return textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False)


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> list[str]:
    """A table of Markdown, line by line."""
    head = tuple(head)
    return [_line(head), _line(["---"] * len(head)), *map(_line, body)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def header(workload: str) -> tuple[str, ...]:
    """Titles of the columns."""
    return GROWTH_HEADER if workload == "growth" else (TITLES[workload][1], *HEADER[1:])


def rows(workload: str, results: Iterable[Result]) -> list[list[str]]:
    """Cells of all results of a workload."""
    if workload == "growth":
        return [_growth(result) for result in results]
    cases: dict[Case, list[Result]] = {}
    for result in results:
        cases.setdefault(result.case, []).append(result)
    return [row for found in cases.values() for row in rows_of(found)]


def rows_of(results: list[Result]) -> list[list[str]]:
    """Cells of one case, ours first, as `HEADER` names them."""
    peers = [result.figures["median"] for result in results if result.figures and is_peer(result)]
    cells = []
    for result in results:
        label = ", ".join(map(str, result.case.sizes))
        if result.figures is None:
            cells.append([label, result.contender, result.failure, *[""] * (len(HEADER) - 3)])
            continue
        figures = result.figures
        ours = result.contender == "qgl"
        cells.append(
            [
                label,
                result.contender,
                f"{figures['first']:.2f} s",
                f"{figures['busy']:.2f} s" if "busy" in figures else "",
                milliseconds(figures["median"]),
                milliseconds(figures["step"]),
                f"{min(peers) / figures['median']:.1f}" if ours and peers else "",
                goal(result.case) if ours else "",
                f"{figures['memory'] / 1e9:.2f} GB",
                f"{figures['loss']:.5f}",
                f"{figures['gradient']:.5f}",
            ]
        )
    return cells


def is_peer(result: Result) -> bool:
    """Whether it is another's."""
    return not result.contender.startswith("qgl")


def goal(case: Case) -> str:
    """What we set out to reach."""
    goals = []
    if case.workload in FIRST:
        goals.append(f"first {FIRST[case.workload]:.0f} s")
    step = STEP.get((case.workload, case.sizes))
    if step is not None:
        goals.append(f"step {milliseconds(step)}")
    if case.workload in HALF_PEER:
        goals.append("2 x peer")
    return ", ".join(goals)


def missed(results: Iterable[Result]) -> Iterator[str]:
    """What of ours took longer than we set out to reach, and where the time goes."""
    peers: dict[Case, list[float]] = {}
    for result in results:
        if result.figures is not None and is_peer(result):
            peers.setdefault(result.case, []).append(result.figures["median"])
    for result in results:
        if result.figures is None or result.contender != "qgl":
            continue
        case, figures = result.case, result.figures
        where = f"Missed at {', '.join(map(str, case.sizes))}:"
        first, step = FIRST.get(case.workload), STEP.get((case.workload, case.sizes))
        if first is not None and figures["first"] > first:
            plan = figures.get("stages", {}).get("plan")
            share = ""
            if plan:
                share = f"; {plan:.2f} s of it are the plan, most of the rest is the tracing and compiling of JAX"
            yield f"{where} a first call of {figures['first']:.2f} s where {first:.0f} s were to be reached{share}."
        if step is not None and figures["median"] > step:
            yield f"{where} a step of {milliseconds(figures['median'])} where {milliseconds(step)} were to be reached."
        if case.workload in HALF_PEER and case in peers and 2 * figures["median"] > min(peers[case]):
            times = min(peers[case]) / figures["median"]
            yield f"{where} a step {times:.2f} times as fast as the best peer's, where 2 were to be reached."


def _growth(result: Result) -> list[str]:
    label, sites = result.case.workload, result.case.width
    if result.figures is None:
        return [label, str(sites), result.failure, *[""] * (len(GROWTH_HEADER) - 3)]
    figures = result.figures
    stages = [f"{figures['stages'][name]:.2f} s" for name in ("check", "graph", "plan")]
    per_site = f"{figures['median'] / sites * 1e6:.3g} us"
    times = [f"{figures['first']:.2f} s", milliseconds(figures["median"]), per_site]
    return [label, str(sites), *stages, *times, f"{figures['memory'] / 1e9:.2f} GB"]


def milliseconds(seconds: float) -> str:
    """Three digits, and no powers of ten."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds * 1e3:.0f} ms"
