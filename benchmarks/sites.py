"""`python -m benchmarks.sites`: W4, W2 and the same of channels with ten thousand and a hundred thousand sites, in
processor time.

Prints the table of `docs/planner.md`: seconds of processor time to check the text, to plan, for the first value and
gradient, and for a further one (the least of several); and the memory of the process, when it has planned and at the
end. Each case has a process of its own. The last column is the step over ten times that of ten thousand sites.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import pairwise

from benchmarks.workloads import Case

CASES = (("W4", 4, 64), ("W2", 4), ("W4c", 4, 64), ("W2c", 4))
SITES = (10_000, 100_000)
STEPS = 6


def measure(case: Case) -> dict[str, float]:
    """Seconds of processor time, and bytes."""
    import jax

    from benchmarks.contenders import ours

    ours.model_of(Case(case.workload, (4, *case.sizes[1:])))  # imports what the stages need
    times = [time.process_time()]

    def lap() -> None:
        times.append(time.process_time())

    model = ours.model_of(case)
    lap()
    queries = ours.queries_of(case, model)
    model.plan(*queries)
    lap()
    planned = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    params = ours.params_of(case, model)
    compiled = jax.jit(jax.value_and_grad(ours.loss_of(case, model, queries[0])))
    for _ in range(1 + STEPS):
        jax.block_until_ready(compiled(params))  # type: ignore[no-untyped-call]
        lap()
    check, plan, first, *steps = (later - earlier for earlier, later in pairwise(times))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"check": check, "plan": plan, "first": first, "step": min(steps), "planned": planned, "held": held}


def table() -> None:
    """All cases, a row each."""
    print("| program | sites | check | plan | first | step | when planned | at the end | ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for workload, *sizes in CASES:
        least = 0.0
        for sites in SITES:
            asked = [sys.executable, "-m", "benchmarks.sites", workload, *map(str, (sites, *sizes))]
            told = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
            seconds = " | ".join(f"{told[name]:.2f} s" for name in ("check", "plan", "first", "step"))
            memory = " | ".join(f"{told[name] / 1e9:.2f} GB" for name in ("planned", "held"))
            ratio = f"{told['step'] / (10 * least):.2f}" if least else ""
            least = told["step"]
            print(f"| {workload} | {sites:,} | {seconds} | {memory} | {ratio} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(Case(sys.argv[1], tuple(map(int, sys.argv[2:]))))))
    else:
        table()
