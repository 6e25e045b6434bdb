"""Makes what `planner.md` shows: the outputs of `qglc explain` for its programs, and its pictures.

python docs/planner_page.py           # writes
python docs/planner_page.py --check   # says whether the outputs are out of step, figures aside, and writes nothing
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import qgl
from qgl.cli.explain import show
from qgl.diagnostics.render import to_text
from qgl.diagnostics.size import amount, duration
from qgl.draw import cone
from qgl.plan.boundary.method import BoundaryContraction, PreparedBoundary
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.method import LightCones, PreparedCones
from qgl.plan.model import Method
from qgl.plan.planner import Planner
from qgl.plan.state.methods import StateVector
from qgl.query import Expectation, GivenStrings, Query
from qgl.report.weighing import refusals, weigh
from qgl.source import Source

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))  # for the benchmarks
PAGE, PICTURES = DOCS / "planner.md", DOCS / "pictures"
MEMORY = 16 * 10**9
COLUMNS = 110
INK, BLUE, RED, GREEN = "#1a1a1a", "#0072b2", "#d55e00", "#009e73"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a", "#5b3fa0")
PART = re.compile(r"(```qgl\n(.*?)```\n\n<!-- explain -->\n).*?(<!-- end -->)", re.DOTALL)
TIMES = re.compile(r"(<!-- times -->).*?(<!-- end of times -->)", re.DOTALL)
COMPILING = re.compile(r"(<!-- compiling -->).*?(<!-- end of compiling -->)", re.DOTALL)
PROCESSES = re.compile(r"(<!-- processes -->).*?(<!-- end of processes -->)", re.DOTALL)

CHAIN = (
    "const n = {n}, depth = {depth}; lattice chain = line(n); visible v on chain; model {{ repeat depth as l {{ "
    "rx(?) v; rz(?) v; for (q, r) in brick(chain, l) {{ rzz(?) q, r; }} }} rx(?) v; }}"
)


def explained(text: str) -> str:
    """What `qglc explain` says of a program, refusals included."""
    from rich.console import Console

    model = qgl.loads(Source("model.qgl", text))
    answers = weigh(model.program, MEMORY)
    stream = io.StringIO()
    show(Console(file=stream, width=COLUMNS, highlight=False), model.program, answers)
    lines = [
        line.rstrip() for line in f"{stream.getvalue()}\n{to_text(refusals(answers, model.program.train))}".splitlines()
    ]
    return "\n".join(lines).strip() + "\n"


def filled(page: str) -> str:
    """The page with the outputs of its programs, and the tables of what was measured, renewed."""
    page = TIMES.sub(lambda match: f"{match[1]}\n\n{times()}\n\n{match[2]}", page)
    page = COMPILING.sub(lambda match: f"{match[1]}\n\n{compiling_times()}\n\n{match[2]}", page)
    page = PROCESSES.sub(lambda match: f"{match[1]}\n\n{processes()}\n\n{match[2]}", page)
    return PART.sub(lambda match: f"{match[1]}\n```text\n{explained(match[2])}```\n\n{match[3]}", page)


def times() -> str:
    """The table of what is predicted now and what was measured, of every method that can answer."""
    from benchmarks import calibration

    lines = [
        "| program | method | time | measured | ratio | memory | measured | ratio |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    kept = calibration.read()
    for case in calibration.CASES:
        said, found = calibration.predictions(case), kept.get(case.name, {})
        for method in (method for method in said if method in found):
            one, other = said[method], found[method]
            name = f"**{method}**" if one.chosen else method
            seconds = [duration(one.seconds), duration(other.seconds), f"{one.seconds / other.seconds:.2g}"]
            memory = [amount(one.memory), amount(other.memory), f"{one.memory / other.memory:.2g}"]
            lines.append(f"| {case.name} | {name} | {' | '.join([*seconds, *memory])} |")
    return "\n".join([*lines, "", f"Measured {calibration.note()}."])


def compiling_times() -> str:
    """The table of what compiling is predicted to take now and what was measured."""
    from benchmarks import compiling

    taken = compiling.read()
    said = {compiling.name_of(case): case for case in compiling.CASES}
    shown = compiling.table({name: compiling.predicted(case) for name, case in said.items() if name in taken}, taken)
    return f"{shown}\n\nMeasured {compiling.note()}."


def processes() -> str:
    """The table of what processes take, of the cases that were measured."""
    from benchmarks import memory

    lines = ["| program | method | predicted | taken | ratio |", "|---|---|--:|--:|--:|"]
    kept = memory.read()
    lines += [memory.row(case, kept[case.name]) for case in memory.CASES if case.name in kept]
    return "\n".join([*lines, "", f"Measured {memory.note()}."])


def without_figures(page: str) -> str:
    """The page without numbers, line ends and the order of methods' figures, which differ between machines."""
    return re.sub(r"[\d.,^]+( (us|ms|s|kB|MB|GB|TB|EB|bytes|times as long)\b)?|\s+", "", page)


# ---------------------------------------------------------------- pictures


def pictures() -> Iterator[tuple[str, Figure]]:
    yield "planner-cone", cone(qgl.loads(CHAIN.format(n=14, depth=3)).circuit, (6, 7))
    yield "planner-classes", classes()
    yield "planner-growth", growth()
    yield "planner-bonds", bonds()
    yield "planner-boundary", boundary()


def classes(sites: int = 30) -> Figure:
    """The sites of a chain, coloured by the class of the cone of each pair of neighbours."""
    figure, axes = plt.subplots(figsize=(8, 1.5))
    circuit = qgl.loads(CHAIN.format(n=sites, depth=4)).circuit
    pauli_words = np.stack([np.arange(sites - 1), np.arange(1, sites)], axis=1).astype(np.int32)
    query = Expectation.sparse(pauli_words)
    survey = PreparedCones("cones", CircuitVariants(circuit, True)).design((query,), "single").survey
    kinds = [survey.values[int(row[0])][0] for row in survey.factors[query]]
    names = {kind: k for k, kind in enumerate(dict.fromkeys(kinds))}
    for site in range(sites):
        axes.plot([site], [0], "o", ms=7, color=INK, zorder=3)
    for site, kind in enumerate(kinds):
        axes.plot([site, site + 1], [0, 0], lw=7, color=PALETTE[names[kind] % len(PALETTE)], solid_capstyle="butt")
    axes.text(0, 0.55, f"{len(kinds)} cones of neighbours at depth 4, {len(names)} classes", fontsize=10, color=INK)
    axes.set(xlim=(-1, sites), ylim=(-0.6, 1.0))
    axes.axis("off")
    return figure


def growth() -> Figure:
    """Predicted time and memory against the length of a chain, as the planner sees it."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    lines: list[tuple[str, str, Method, list[int]]] = [
        ("state vector, Pauli words", RED, StateVector(), [8, 12, 16, 20, 24, 28]),
        ("cones, Pauli words", GREEN, LightCones(), [8, 16, 32, 100, 300, 1000, 3000]),
        ("boundary, strings", BLUE, BoundaryContraction(), [8, 16, 32, 100, 300, 1000, 3000]),
    ]
    for name, colour, method, sizes in lines:
        costs = [_cost(method, n) for n in sizes]
        left.plot(sizes, [cost[0] for cost in costs], "o-", ms=4, color=colour, label=name)
        right.plot(sizes, [cost[1] for cost in costs], "o-", ms=4, color=colour, label=name)
    for axes, title in ((left, "seconds"), (right, "bytes")):
        axes.set(xscale="log", yscale="log", xlabel="sites", title=title)
        axes.spines[["top", "right"]].set_visible(False)
    right.axhline(MEMORY, color=INK, lw=0.8, ls=":")
    right.text(2900, MEMORY * 1.3, "16 GB", fontsize=8, ha="right")
    left.legend(frameon=False, fontsize=8)
    return figure


def _cost(method: Method, n: int) -> tuple[float, float]:
    circuit = qgl.loads(CHAIN.format(n=n, depth=4)).circuit
    pauli_words = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1).astype(np.int32)
    query: Query = GivenStrings(64) if isinstance(method, BoundaryContraction) else Expectation.sparse(pauli_words)
    (row,) = Planner(circuit, memory_limit=10**14, methods=(method,)).weigh([query]).rows
    return row.candidates[0].cost.seconds, row.candidates[0].cost.memory


BONDED = (
    ("chain, depth 4, rzz", BLUE, CHAIN.format(n=24, depth=4)),
    ("chain, depth 6, rzz", GREEN, CHAIN.format(n=24, depth=6)),
    (
        "ring, depth 4, rzz",
        RED,
        "lattice loop = ring(24); visible v on loop; "
        "model { repeat 4 as l { rx(?) v; for (q, r) in brick(loop, l) { rzz(?) q, r; } } rx(?) v; }",
    ),
    (
        "grid 3 x 8, depth 4, rzz",
        "#cc79a7",
        "lattice board = grid(3, 8); visible v on board; "
        "model { repeat 4 as l { rx(?) v; for (q, r) in brick(board, l) { rzz(?) q, r; } } rx(?) v; }",
    ),
)


def bonds() -> Figure:
    """log2 of the bond before each column, for circuits on 24 qubits."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for name, colour, text in BONDED:
        columns = PreparedBoundary(CircuitVariants(qgl.loads(text).circuit, True)).columns("amplitude")
        axes.step(np.arange(len(columns.bits)), columns.bits, where="mid", color=colour, label=name)
    axes.set(xlabel="cut between columns", ylabel="log2 of the bond", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def boundary() -> Figure:
    """A network of columns with the cut on its way, and the same in Pauli-transfer form at a discarded qubit."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.0))
    _network(left, [0.0, 1.0, 2.0], BLUE)
    left.set_title("amplitude of a string: 2 legs at this cut", fontsize=10)
    _network(right, [0.0, 1.0, 2.0], BLUE)
    _network(right, [5.6, 4.6, 3.6], RED)
    for column in range(6):
        right.plot([column, column], [2.0, 3.6], color=GREEN if column == 3 else "#c8c8c8", lw=2 if column == 3 else 1)
    right.text(3.12, 2.75, "discarded", fontsize=8, color=GREEN)
    right.set_title("probability: ket and bra, 4 legs", fontsize=10)
    for axes in (left, right):
        axes.axvline(2.5, color=INK, lw=1, ls="--")
        axes.annotate("", (3.3, -0.85), (2.5, -0.85), arrowprops={"arrowstyle": "->", "color": INK})
        axes.set(xlim=(-0.6, 5.6), ylim=(-1.1, 6.2 if axes is right else 2.9))
        axes.axis("off")
    return figure


def _network(axes: Axes, rows: list[float], colour: str) -> None:
    for column in range(6):
        axes.plot([column, column], [rows[0], rows[-1]], color=colour, lw=1)
        axes.plot([column] * 3, rows, "s", ms=9, color=colour, zorder=3)
    for layer, row in enumerate(rows):
        for column in range(layer % 2, 5, 2):
            axes.plot([column, column + 1], [row, row], color=colour, lw=2)


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    new = filled(page)
    if "--check" in sys.argv:
        same = without_figures(new) == without_figures(page)
        print("in step" if same else "out of step: python docs/planner_page.py")
        return 0 if same else 1
    PAGE.write_text(new, encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    for name, figure in pictures():
        figure.savefig(
            PICTURES / f"{name}.png", dpi=110, bbox_inches="tight", facecolor="white", metadata={"Software": "qgl"}
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
