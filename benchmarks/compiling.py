"""What compiling is predicted to take beside what it takes.

python -m benchmarks.compiling              # all cases, beside what was kept
python -m benchmarks.compiling W2 W4c       # those whose name begins so
python -m benchmarks.compiling --keep       # and keeps what was measured in docs/compiling.json

Each case is traced, lowered and compiled, value and gradient, in a process of its own that has loaded all modules and
keeps no compiled program; the figure is the least processor time of `TRIES` such processes. Machines differ, so what
is predicted is held to the order of what is measured: of the ratios of both, the median is the scale of a machine,
and each is to be within a factor of two of it.
"""

from __future__ import annotations

import datetime
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.workloads import Case

STORE = Path(__file__).resolve().parent.parent / "docs" / "compiling.json"
TRIES = 2
CASES = tuple(
    Case(workload, sizes)
    for workload, *cases in (
        ("W1", (8, 4), (12, 20)),
        ("W1b", (8, 10), (16, 10)),
        ("W2", (100, 4), (1000, 4), (10000, 4)),
        ("W2grid", (32, 2)),
        ("W2c", (100, 4), (1000, 4)),
        ("W2g", (32, 2)),
        ("W3", (100,), (1000,)),
        ("W4", (100, 4, 256), (1000, 4, 256)),
        ("W4c", (100, 4, 256), (1000, 4, 256)),
    )
    for sizes in cases
)


def name_of(case: Case) -> str:
    return " ".join([case.workload, ", ".join(map(str, case.sizes))])


def predicted(case: Case) -> tuple[str, float]:
    """The methods that are chosen for a case, and the processor seconds that the planner says of compiling them."""
    from benchmarks.contenders.ours import model_of, queries_of

    model = model_of(case)
    rows = model.plan(*queries_of(case, model)).rows
    costs = {row.chosen: next(each.cost for each in row.candidates if each.method == row.chosen) for row in rows}
    return ", ".join(costs), sum(cost.compiled for cost in costs.values())


def measured(case: Case) -> float:
    """The least processor seconds of a few processes."""
    kept = ("JAX_COMPILATION_CACHE_DIR", "QGL_CACHE_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in kept}
    command = [sys.executable, "-m", "benchmarks.compiling", "--child", case.workload, *map(str, case.sizes)]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True, env=environment) for _ in range(TRIES)]
    return min(float(run.stdout.split()[-1]) for run in runs)


def child(case: Case) -> float:
    """The processor seconds of this process, which compiles nothing else of the kind."""
    import jax

    from benchmarks.contenders.ours import loss_of, model_of, params_of, queries_of

    model = model_of(case)
    queries, key = queries_of(case, model), jax.random.key(3)
    model.plan(*queries)
    params = params_of(case, model)
    jax.jit(lambda number: 2 * number)(1.0)  # starts the compiler
    stochastic = case.workload in ("W2g", "W3")
    loss = (lambda params: model.terms(params, key)[0]) if stochastic else loss_of(case, model, queries[0])
    start = time.process_time()
    jax.jit(jax.value_and_grad(loss)).lower(params).compile()
    return time.process_time() - start


# ---------------------------------------------------------------- what is kept


def read() -> dict[str, float]:
    """The processor seconds that are kept, by case."""
    kept: dict[str, float] = json.loads(STORE.read_text(encoding="utf-8"))["cases"] if STORE.exists() else {}
    return kept


def note() -> str:
    """When and where what is kept was measured."""
    return str(json.loads(STORE.read_text(encoding="utf-8"))["note"])


def write(cases: Mapping[str, float]) -> None:
    """Keeps figures, in the order of `CASES`."""
    import jax

    from benchmarks.results import machine

    head = f"{datetime.datetime.now(datetime.UTC):%d %B %Y}; {machine()}; jax {jax.__version__}"
    ordered = {name_of(case): cases[name_of(case)] for case in CASES if name_of(case) in cases}
    STORE.write_text(json.dumps({"note": head, "cases": ordered}, indent=1) + "\n", encoding="utf-8")


def scale(said: Mapping[str, float], taken: Mapping[str, float]) -> float:
    """How many times as long as predicted compiling takes: the median of the cases that both have."""
    return statistics.median(taken[name] / said[name] for name in said if name in taken)


def table(said: Mapping[str, tuple[str, float]], taken: Mapping[str, float]) -> str:
    """A row for each case that was measured; the ratio is of what is predicted on the scale of the machine."""
    by = scale({name: seconds for name, (_, seconds) in said.items()}, taken)
    lines = ["| case | method | predicted | taken | ratio |", "|---|---|--:|--:|--:|"]
    for name, (method, seconds) in said.items():
        if name in taken:
            ratio = by * seconds / taken[name]
            lines.append(f"| {name} | {method} | {seconds:.1f} s | {taken[name]:.1f} s | {ratio:.2f} |")
    return "\n".join([*lines, "", f"The ratio is of {by:.2g} times what is predicted, the median of all cases."])


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--child"]:
        print(child(Case(arguments[1], tuple(map(int, arguments[2:])))))
        return
    wanted = [name for name in arguments if name != "--keep"]
    said, taken = {}, {}
    for case in CASES:
        name = name_of(case)
        if not wanted or any(name.startswith(each) for each in wanted):
            said[name], taken[name] = predicted(case), measured(case)
            print(f"{name:20}{said[name][0]:16}{said[name][1]:8.2f} s {taken[name]:8.2f} s", flush=True)
            if "--keep" in arguments:
                write({**read(), name: float(f"{taken[name]:.3g}")})
    print(table(said, taken))


if __name__ == "__main__":
    main(sys.argv[1:])
