"""One contender on one case, in this process: `python -m benchmarks.one W1 8 4 qgl` prints a line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

STEPS = 7
LEAST_SECONDS = 1.0
MOST_STEPS = 200


def measure(workload: str, qubits: int, layers: int, contender: str) -> dict[str, float]:
    """Seconds of the first call (compilation included, imports not) and of the best later one; loss; gradient norm."""
    from benchmarks.contenders import CONTENDERS
    from benchmarks.workloads import Case

    step, read = CONTENDERS[contender](Case(workload, qubits, layers))
    start = time.perf_counter()
    result = step()
    first = time.perf_counter() - start
    loss, gradient = read(result)
    times: list[float] = []
    while len(times) < STEPS or (sum(times) < LEAST_SECONDS and len(times) < MOST_STEPS):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {
        "first": first,
        "step": min(times),
        "median": float(np.median(times)),
        "loss": loss,
        "gradient": float(np.linalg.norm(gradient)),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    name, qubits, layers, contender = sys.argv[1:]
    print(json.dumps(measure(name, int(qubits), int(layers), contender)))
