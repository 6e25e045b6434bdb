"""A graphics card in one call: `python -m benchmarks.gpu [--small] [--seconds 570] [--out FOLDER]`.

The kernels' tests on it, what it copies and multiplies in a second, W1 to W4 in single precision beside double
precision on the processor, their steps beside what its rates allow, batches that fill it, and 28 qubits dense. Every
part is a process of its own with what is left of the time, so that one that fails costs no other. Without a card it
runs on the processor, with `--small` at sizes that are soon done. `gpu.json` and `gpu.md` in the folder have what was
found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders.model import waited
from benchmarks.workloads import Case

Row = dict[str, Any]
PART_SECONDS, TESTS_SECONDS = 120.0, 240.0  # that a part may take at most
CALLS, LEAST_SECONDS = 3, 0.5
AGREEMENT = {"W3": 0.1}  # relative; Pauli words and samples are drawn there
USUAL_AGREEMENT = 1e-3
DENSE = ("W1 12 4", "W1 20 4", "W1b 20 10", "W1b 24 10", "W1b 28 4")
WIDE = ("W2 1000 4", "W2 10000 4", "W3 1000", "W4 1000 4 256", "W4 10000 4 64")
SMALL = ("W1 8 4", "W1b 12 4", "W2 20 2", "W3 100", "W4 100 4 64")
AGREED = ("W1 8 4", "W1b 8 4", "W2 20 2", "W3 20", "W4 20 4 16")
INTRODUCTION = (
    "This page is written by `python -m benchmarks.gpu` (`make gpu`), one call of at most ten minutes: what the device "
    "copies and multiplies, W1 to W4 ([the workloads](benchmarks.md)) in single precision beside double precision on "
    "the processor, their steps beside what the device's rates allow, batches of seeds that fill it, 28 qubits dense, "
    "and, in what time is left, the kernels' tests. With `--out docs` it renews this page; `--small` runs small cases."
)
BATCHED = ("W1b 16 10", "W1b 8 4")  # large and small


def case_of(text: str) -> Case:
    """A case by its workload and sizes, as in `W2 1000 4`."""
    workload, *sizes = text.split()
    return Case(workload, tuple(map(int, sizes)))


# ---------------------------------------------------------------- parts, each in a process of its own


def rates() -> Row:
    """The device, and what it copies and multiplies: arrays of 256 MB, matrices of 4096; less on a processor."""
    import jax
    import jax.numpy as jnp

    device = jax.devices()[0]
    large = device.platform != "cpu"
    numbers, size = (1 << 26, 4096) if large else (1 << 22, 1024)
    vector, matrix = jnp.ones(numbers, jnp.float32), jnp.ones((size, size), jnp.float32)
    copied = seconds_of(jax.jit(lambda x: x + 1), vector)[1]
    multiplied = seconds_of(jax.jit(lambda x: jnp.matmul(x, x, precision="highest")), matrix)[1]
    when = time.strftime("%d %B %Y, %H:%M UTC", time.gmtime())
    row = {"device": device.device_kind, "platform": device.platform, "jax": jax.__version__, "when": when}
    return {**row, "bytes": 8 * numbers / copied, "operations": 2 * size**3 / multiplied}


def kernels() -> Row:
    """The kernels' tests on the device that JAX takes by itself, as many as there is time for."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", "tests/kernels"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TESTS_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode() if isinstance(late.stdout, bytes) else str(late.stdout or "")
        return {"passed": False, "said": f"not done in {TESTS_SECONDS:.0f} s; {text.count('F')} failed so far"}
    return {"passed": done.returncode == 0, "said": (done.stdout.strip().splitlines() or ["nothing"])[-1]}


def agreement(text: str) -> Row:
    """Loss and gradient in single precision on the device, and in double precision on the processor."""
    import jax

    case = case_of(text)
    here = _values(case, "single")
    with jax.default_device(jax.devices("cpu")[0]), jax.enable_x64(True):
        there = _values(case, "double")
    tolerance = AGREEMENT.get(case.workload, USUAL_AGREEMENT)
    apart = max(abs(a - b) / (1 + abs(b)) for a, b in zip(here, there, strict=True))
    return {"apart": apart, "passed": bool(apart <= tolerance)}


def _values(case: Case, precision: str) -> tuple[float, float]:
    import jax

    from benchmarks.contenders import ours

    model = ours.model_of(case, precision)
    number = np.float64 if precision == "double" else np.float32
    params = {name: jax.numpy.asarray(np.asarray(part, number)) for name, part in ours.params_of(case, model).items()}
    key = jax.random.key(3)
    if case.workload == "W3":
        value, gradient = model.value_and_grad(params, key)
    else:
        value, gradient = jax.jit(jax.value_and_grad(ours.loss_of(case, model, ours.queries_of(case, model)[0])))(
            params
        )
    norm = np.sqrt(sum(float(np.sum(np.asarray(part, np.float64) ** 2)) for part in gradient.values()))
    return float(value), float(norm)


def step(text: str) -> Row:
    """A first call, a step, and what is predicted of it: operations, and for a state the bytes that pass memory."""
    import jax

    from benchmarks.contenders import ours

    case = case_of(text)
    start = time.perf_counter()
    model = ours.model_of(case)
    queries, params = ours.queries_of(case, model), ours.params_of(case, model)
    plan = model.plan(*queries)
    row = plan.rows[0].candidates[0]
    drawn: Callable[[Any], Any] = partial(model.value_and_grad, key=jax.random.key(3))
    made = drawn if case.workload == "W3" else jax.jit(jax.value_and_grad(ours.loss_of(case, model, queries[0])))
    planned = time.perf_counter() - start
    called, steady = seconds_of(made, params)
    facts = dict(row.cost.facts)
    passes = 6 * 8 * 2.0**row.cost.width * float(facts.get("steps", 0)) if row.method == "state vector" else 0.0
    found = {"method": row.method, "first": planned + called, "step": steady}
    return {**found, "operations": row.cost.flops, "bytes": passes, "memory": _peak()}


def batch(text: str) -> Row:
    """Value and gradient for several seeds at once, in seconds for each: until one more gains little."""
    import jax
    import jax.numpy as jnp

    from benchmarks.contenders import ours

    case = case_of(text)
    model = ours.model_of(case)
    params = ours.params_of(case, model)
    graded = jax.jit(jax.vmap(jax.value_and_grad(ours.loss_of(case, model, ours.queries_of(case, model)[0]))))
    each: dict[int, float] = {}
    for seeds in (1, 4, 16, 64, 256):
        stacked = {name: jnp.broadcast_to(part, (seeds, *part.shape)) for name, part in params.items()}
        each[seeds] = seconds_of(graded, stacked)[1] / seeds
        if seeds > 1 and each[seeds] > 0.9 * each[seeds // 4]:
            break
    return {
        "seconds": {str(seeds): seconds for seeds, seconds in each.items()},
        "fills": min(each, key=each.__getitem__),
    }


def seconds_of(made: Callable[[Any], Any], given: Any) -> tuple[float, float]:
    """The first call, and the best of those that follow."""
    times: list[float] = []
    while len(times) <= CALLS or (sum(times[1:]) < LEAST_SECONDS and len(times) < 100):
        start = time.perf_counter()
        waited(partial(made, given))
        times.append(time.perf_counter() - start)
    return times[0], min(times[1:])


def _peak() -> int:
    """Bytes that the device held at most; of the process where it does not tell."""
    import resource

    import jax

    told = jax.devices()[0].memory_stats() or {}
    return int(told.get("peak_bytes_in_use", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


PARTS: dict[str, Callable[..., Row]] = {
    "rates": rates,
    "kernels": kernels,
    "agreement": agreement,
    "step": step,
    "batch": batch,
}


# ---------------------------------------------------------------- all of them, and the page


def tasks(small: bool) -> list[tuple[str, ...]]:
    """What is run, in order: what is short first, the tests last, as they take what time is left."""
    steps = [("step", text) for text in (SMALL if small else (*DENSE, *WIDE))]
    agreed = [("agreement", text) for text in AGREED]
    return [("rates",), *agreed, *steps, ("batch", BATCHED[small]), *([] if small else [("kernels",)])]


def run_all(small: bool, seconds: float) -> list[Row]:
    """A row for each task, with why there are no figures where there are none."""
    ends = time.monotonic() + seconds
    rows: list[Row] = []
    for task in tasks(small):
        left = min(ends - time.monotonic(), TESTS_SECONDS + 20 if task[0] == "kernels" else PART_SECONDS)
        row: Row = {"part": task[0], "case": " ".join(task[1:])}
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.gpu", "--one", *task]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=max(left, 1), check=False)
            lines = done.stdout.strip().splitlines()
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            row |= {"failure": last[:100]} if done.returncode or not lines else json.loads(lines[-1])
        except subprocess.TimeoutExpired:
            row["failure"] = f"none in {max(left, 1):.0f} s"
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def page(rows: list[Row]) -> str:
    """The figures as a page: what is right, what is reached of what the rates allow, which batches fill the device."""
    first = next((row for row in rows if row["part"] == "rates"), {})
    lines = ["# On a graphics card", "", *textwrap.wrap(INTRODUCTION, 120), ""]
    if "failure" in first:
        return "\n".join([*lines, f"The device could not be measured: {first['failure']}.", ""])
    moved, made = first["bytes"], first["operations"]
    if first["platform"] == "cpu":
        lines += ["No card was there: these are figures of a busy processor, which show that the call works.", ""]
    device = (
        f"{first['when']}: {first['device']}, jax {first['jax']}. It copies {moved / 1e9:,.0f} GB/s and makes "
        f"{made / 1e12:,.2f} TFLOP/s in matrix products of single precision. *Allowed* is the longer of the operations "
        "and, of states, the bytes that a step is predicted to take, by these rates."
    )
    lines += [*textwrap.wrap(device, 120), ""]
    lines += ["| case | method | first | step | allowed | ratio | memory |", "|---|---|---|---|---|---|---|"]
    lines += [_step_line(row, moved, made) for row in rows if row["part"] == "step"]
    lines += ["", "| loss and gradient | apart, relative | agree |", "|---|---|---|"]
    lines += [_agreement_line(row) for row in rows if row["part"] == "agreement"]
    for row in rows:
        if row["part"] == "batch" and "failure" not in row:
            times = ", ".join(f"{1000 * seconds:.3g} ms of {seeds}" for seeds, seconds in row["seconds"].items())
            lines += ["", f"Seeds side by side, {row['case']}: for each {times}; {row['fills']} fill it."]
    tested = next((row for row in rows if row["part"] == "kernels"), None)
    said = "were not run" if tested is None else tested.get("failure") or tested["said"]
    return "\n".join([*lines, "", f"The kernels' tests: {said}.", ""])


def _agreement_line(row: Row) -> str:
    if "failure" in row:
        return f"| {row['case']} | {row['failure']} | no |"
    return f"| {row['case']} | {row['apart']:.1e} | {'yes' if row['passed'] else 'no'} |"


def _step_line(row: Row, moved: float, made: float) -> str:
    if "failure" in row:
        return f"| {row['case']} | {row['failure']} | | | | | |"
    allowed = max(row["operations"] / made, row["bytes"] / moved)
    cells = (f"{row['first']:.2f} s", f"{1000 * row['step']:.3g} ms", f"{1000 * allowed:.3g} ms")
    ratio, memory = f"{row['step'] / allowed:.1f}" if allowed else "", f"{row['memory'] / 1e9:.2f} GB"
    return f"| {row['case']} | {row['method']} | {' | '.join(cells)} | {ratio} | {memory} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="small cases and no tests")
    parser.add_argument("--seconds", type=float, default=570.0, help="for all of it")
    parser.add_argument("--out", type=Path, default=Path("build/gpu"), help="the folder of gpu.json and gpu.md")
    parser.add_argument("--page-only", action="store_true", help="run nothing; write the page from what is kept")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, *rest = options.one
        print(json.dumps(PARTS[name](*rest)))
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "gpu.json"
    rows = json.loads(kept.read_text("utf-8")) if options.page_only else run_all(options.small, options.seconds)
    kept.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (options.out / "gpu.md").write_text(page(rows), encoding="utf-8")
    return int(any("failure" in row or row.get("passed") is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
