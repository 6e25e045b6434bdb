"""One contender on one case, in this process: `python -m benchmarks.one W1 qgl 8 4` prints a line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import numpy as np

STEPS = 7
LEAST_SECONDS = 1.0
MOST_STEPS = 200


def measure(workload: str, contender: str, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Figures in seconds and bytes.

    first     the first call, with planning and compilation, without imports and the reading of the program
    busy      processor time of the same, summed over cores: what others do on the machine does not enter
    median    of the calls that follow, and `step`, the best of them
    loss      and `gradient`, the norm of the gradient: means over all calls, which draw anew where anything is drawn
    memory    the most that the process ever held, and `planned`, what it held of it after planning
    stages    of what comes before the first call, where the contender tells it
    """
    from benchmarks.contenders import CONTENDERS
    from benchmarks.workloads import Case

    made = CONTENDERS[contender](Case(workload, sizes))
    times: list[float] = []
    losses: list[float] = []
    gradient: Any = 0.0
    busy = 0.0
    while len(times) < STEPS + 1 or (sum(times[1:]) < LEAST_SECONDS and len(times) <= MOST_STEPS):
        start, start_busy = time.perf_counter(), time.process_time()
        result = made.step(len(times))
        times.append(time.perf_counter() - start)
        busy = busy or time.process_time() - start_busy + made.busy
        loss, derivative = made.read(result)
        losses.append(loss)
        gradient = gradient + derivative
    first, *later = times
    return {
        "busy": busy,
        "first": first + made.stages.get("plan", 0.0),
        "step": min(later),
        "median": float(np.median(later)),
        "loss": float(np.mean(losses)),
        "gradient": float(np.linalg.norm(gradient) / len(losses)),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "planned": made.planned,
        "stages": made.stages,
    }


if __name__ == "__main__":
    name, contender, *sizes = sys.argv[1:]
    print(json.dumps(measure(name, contender, tuple(map(int, sizes)))))
