"""`python -m benchmarks.run [--quick] [--workloads W1,W1b,W5] [--timeout 200] [--no-write]`.

Every contender runs in a process of its own, one after the other, each case side by side. Prints a table with ratios
and writes `docs/benchmarks.md`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import startup
from benchmarks.contenders import ENTRANTS
from benchmarks.workloads import CASES, QUICK, Case

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PACKAGES = ("jax", "numpy", "pennylane", "pennylane-lightning", "qulacs", "tensorcircuit-ng")
TITLES = {
    "W1": "W1: exact likelihood, value and gradient",
    "W1b": "W1b: energy, value and gradient",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender did, or why there are no figures."""

    contender: str
    figures: dict[str, float] | None
    failure: str


def run_one(case: Case, contender: str, timeout: float) -> Result:
    """One contender in its own process; JAX's persistent cache is off, so that `first` has the whole compilation."""
    arguments = [case.workload, str(case.qubits), str(case.layers), contender]
    environment = {k: v for k, v in os.environ.items() if k not in ("JAX_COMPILATION_CACHE_DIR", "QGL_CACHE_DIR")}
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.one", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment, check=False)
    except subprocess.TimeoutExpired:
        return Result(contender, None, f"none in {timeout:.0f} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Result(contender, None, f"failed: {last[:60]}")
    return Result(contender, json.loads(done.stdout.strip().splitlines()[-1]), "")


def rows_of(case: Case, results: list[Result]) -> list[list[str]]:
    """Cells of a case, as `HEADER` names them."""
    peers = [r.figures["median"] for r in results[1:] if r.figures]
    rows = []
    for result in results:
        label = f"{case.qubits}, {case.layers}"
        if result.figures is None:
            rows.append([label, result.contender, result.failure, *[""] * (len(HEADER) - 3)])
            continue
        figures = result.figures
        ours = result.contender == "qgl"
        ratio = f"{min(peers) / figures['median']:.1f}" if ours and peers else ""
        rows.append(
            [
                label,
                result.contender,
                f"{figures['first']:.2f} s",
                milliseconds(figures["median"]),
                milliseconds(figures["step"]),
                ratio,
                f"{figures['memory'] / 1e9:.2f} GB",
                f"{figures['loss']:.5f}",
                f"{figures['gradient']:.5f}",
            ]
        )
    return rows


def milliseconds(seconds: float) -> str:
    """Three digits, and no powers of ten."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds * 1e3:.0f} ms"


def agree(results: list[Result]) -> bool:
    """Whether all who finished report the same loss and gradient norm, to single precision."""
    done = [r.figures for r in results if r.figures]
    return all(
        abs(figures[name] - done[0][name]) <= 2e-3 * (1 + abs(done[0][name]))
        for figures in done
        for name in ("loss", "gradient")
    )


INTRODUCTION = """\
This page is written by `python -m benchmarks.run`. Every contender runs in a process of its own, one after the other on
the same machine. *first* is the time of the first value-and-gradient call, compilation included, imports and reading of
the program excluded; *step* is the median of the calls that follow; *x peer* says how many times faster our step is
than that of the best peer. All contenders report the same loss and gradient. Only ratios carry over to other machines.
The workloads are in `benchmarks/workloads.py`."""
HEADER = ("n, L", "contender", "first", "step", "best step", "x peer", "memory", "loss", "gradient norm")


def machine() -> str:
    """The processor and the number of cores this process may use."""
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores"


def versions() -> str:
    """Versions of what was measured."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def page(tables: dict[str, list[list[str]]], starts: dict[str, float]) -> str:
    """The page of the documentation."""
    lines = [
        "# Benchmarks",
        "",
        *INTRODUCTION.splitlines(),
        "",
        f"{datetime.date.today():%d %B %Y}; {machine()}; Python {platform.python_version()};",
        f"{versions()}.",
    ]
    for workload, rows in tables.items():
        lines += ["", f"## {TITLES[workload]}", "", _line(HEADER), _line(["---"] * len(HEADER)), *map(_line, rows)]
    if starts:
        lines += ["", "## W5: start-up", "", _line(("command", "time", "limit")), _line(["---"] * 3)]
        lines += [_line((name, f"{time:.2f} s", f"{startup.LIMITS[name]:.1f} s")) for name, time in starts.items()]
    return "\n".join(lines) + "\n"


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only small cases")
    parser.add_argument("--workloads", default="W1,W1b,W5")
    parser.add_argument("--timeout", type=float, default=200.0, help="seconds for each contender")
    parser.add_argument("--no-write", action="store_true", help="leave the page of the documentation as it is")
    options = parser.parse_args()
    wanted = options.workloads.split(",")
    console = Console()
    tables: dict[str, list[list[str]]] = {}
    disagreed = False
    for workload in (name for name in wanted if name in CASES):
        table = Table(*HEADER, title=TITLES[workload])
        tables[workload] = []
        for case in (QUICK if options.quick else CASES)[workload]:
            results = [run_one(case, contender, options.timeout) for contender in ENTRANTS[workload]]
            if not agree(results):
                console.print(f"{case}: the contenders do not agree")
                disagreed = True
            for row in rows_of(case, results):
                table.add_row(*row)
                tables[workload].append(row)
            table.add_section()
        console.print(table)
    starts = startup.measure() if "W5" in wanted else {}
    for name, seconds in starts.items():
        console.print(f"{name}: {seconds:.2f} s (limit {startup.LIMITS[name]:.1f} s)")
    if not options.no_write:
        PAGE.write_text(page(tables, starts), encoding="utf-8")
        console.print(f"written: docs/{PAGE.name}")
    return 1 if disagreed else 0


if __name__ == "__main__":
    raise SystemExit(main())
