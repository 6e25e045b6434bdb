"""`python -m benchmarks.run [--quick] [--workloads W1,W2,W5] [--timeout 200] [--no-write]`.

Every contender runs in a process of its own, one after the other, each case side by side. Prints a table with ratios,
keeps the results in `docs/benchmarks.json` and writes `docs/benchmarks.md`; results of workloads that are not run stay.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

from benchmarks import page, results, startup
from benchmarks.contenders import ENTRANTS
from benchmarks.results import Result, Session
from benchmarks.workloads import CASES, QUICK, Case

AGREEMENT = {"W3": 0.1}  # relative; Pauli words and samples are drawn there
USUAL_AGREEMENT = 2e-3


def run_one(case: Case, contender: str, timeout: float) -> Result:
    """One contender in its own process; JAX's persistent cache is off, so that `first` has the whole compilation."""
    environment = {k: v for k, v in os.environ.items() if k not in ("JAX_COMPILATION_CACHE_DIR", "QGL_CACHE_DIR")}
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.one", case.workload, contender, *map(str, case.sizes)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment, check=False)
    except subprocess.TimeoutExpired:
        return Result(case, contender, None, f"none in {timeout:.0f} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Result(case, contender, None, f"failed: {last[:60]}")
    return Result(case, contender, json.loads(done.stdout.strip().splitlines()[-1]))


def run_case(case: Case, workload: str, found: list[Result], timeout: float) -> list[Result]:
    """All contenders, one after the other; who gave nothing on a case that is no larger is not asked again."""
    results_of_case = []
    for contender in ENTRANTS[workload]:
        beaten_by = [
            result.case
            for result in found
            if result.contender == contender and result.figures is None and result.case.workload == case.workload
            if all(failed <= size for failed, size in zip(result.case.sizes, case.sizes, strict=True))
        ]
        if beaten_by:
            failure = f"not tried after {', '.join(map(str, beaten_by[0].sizes))}"
            results_of_case.append(Result(case, contender, None, failure))
        else:
            results_of_case.append(run_one(case, contender, timeout))
    return results_of_case


def agree(found: list[Result]) -> bool:
    """Whether all who finished report the same loss and gradient norm."""
    done = [result.figures for result in found if result.figures]
    tolerance = AGREEMENT.get(found[0].case.workload, USUAL_AGREEMENT)
    return all(
        abs(figures[name] - done[0][name]) <= tolerance * (1 + abs(done[0][name]))
        for figures in done
        for name in ("loss", "gradient")
    )


def main() -> int:
    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only the smallest cases; nothing is written")
    parser.add_argument("--workloads", default=",".join((*CASES, "W5")))
    parser.add_argument("--timeout", type=float, default=200.0, help="seconds for each contender")
    parser.add_argument("--no-write", action="store_true", help="leave the page of the documentation as it is")
    parser.add_argument("--page-only", action="store_true", help="run nothing; write the page from what is kept")
    options = parser.parse_args()
    console = Console()
    sessions = results.read()
    disagreed = False
    for workload in () if options.page_only else options.workloads.split(","):
        load = results.load_average()
        found: list[Result] = []
        seconds = startup.measure() if workload == "W5" else {}
        for name, time in seconds.items():
            console.print(f"{name}: {time:.2f} s (limit {startup.LIMITS[name]:.1f} s)")
        for case in (QUICK if options.quick else CASES).get(workload, ()):
            of_case = run_case(case, workload, found, options.timeout)
            if not agree(of_case):
                console.print(f"{case}: the contenders do not agree")
                disagreed = True
            found += of_case
        sessions[workload] = Session(tuple(found), seconds, results.now(load))
        if found:
            table = Table(*page.header(workload), title=page.TITLES[workload][0])
            for row in page.rows(workload, tuple(found)):
                table.add_row(*row)
            console.print(table)
        if not (options.no_write or options.quick):
            results.write(sessions)
    if not (options.no_write or options.quick):
        page.PAGE.write_text(page.page(sessions), encoding="utf-8")
        console.print(f"written: docs/{page.PAGE.name}")
    return 1 if disagreed else 0


if __name__ == "__main__":
    raise SystemExit(main())
