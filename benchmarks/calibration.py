"""What the planner predicts beside what is measured.

python -m benchmarks.calibration                  # all programs
python -m benchmarks.calibration chain IQP        # those whose name has one of these in it
python -m benchmarks.calibration --keep [...]     # and keeps what was measured in docs/calibration.json

Every method that can answer a query is run, after compilation: value and gradient, or samples. The time of a call is
the least wall time of several calls, or the least processor time of this process, whichever is less. On a quiet machine
that is the wall time, as cores that work side by side take more processor time than wall time; on a busy one waiting
for the processor is not counted, and the figure is too high by the number of cores at the most. Memory is
what XLA sets aside for a call: temporaries, arguments and results; and the most that arrays take on the host meanwhile.
"""

from __future__ import annotations

import datetime
import json
import math
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qgl
from benchmarks import workloads
from benchmarks.results import machine
from qgl.diagnostics.model import QglError
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.iqp.method import EXPECTED_WEIGHT
from qgl.plan.model import Method
from qgl.plan.planner import METHODS, Planner
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.pattern import Layout, tables_of
from qgl.plan.propagation.program import PropagationProgram
from qgl.plan.propagation.propagate import Limits
from qgl.plan.sweep.method import TruncatedSweep
from qgl.query import Expectation, GivenPauliWords, LogProb, Probabilities, Query, Samples

STORE = Path(__file__).resolve().parent.parent / "docs" / "calibration.json"
CALLS, LEAST_SECONDS = 5, 1.0
BLOCK_SECONDS = 0.1  # of calls whose processor time is taken together, as the system's clock of it is coarse
LONGEST, LARGEST = 2.0, 10**9  # predicted seconds and bytes from which on a method is not run
MEMORY = 8 * 10**9  # that may be used
ON_HOST = ("gate by gate", "sweep")  # methods whose arrays XLA knows nothing of


@dataclass(frozen=True)
class Case:
    """A program, with a query that several methods can answer."""

    name: str
    text: str
    query: Query
    constants: Mapping[str, int] = field(default_factory=dict)
    also: tuple[str, ...] = ()  # methods that the planner does not ask where others are quick
    truncated: Method | None = None  # the only method that is asked then

    @property
    def methods(self) -> tuple[Method, ...]:
        """What may be chosen from."""
        return METHODS if self.truncated is None else (self.truncated,)


@dataclass(frozen=True)
class Predicted:
    """What the planner says of a method; `chosen`: whether it takes it."""

    chosen: bool
    seconds: float
    memory: int


@dataclass(frozen=True)
class Measured:
    """Seconds and bytes of one call of a method."""

    seconds: float
    memory: int


def strings(width: int, count: int) -> LogProb:
    return LogProb.of(np.random.default_rng(0).integers(0, 2, (count, width), dtype=np.uint8))


def neighbours(width: int) -> Expectation:
    return Expectation.sparse(np.stack([np.arange(width - 1), np.arange(1, width)], axis=1).astype(np.int32))


RING = (
    "const n = 10; visible v[n]; model { repeat 4 { rx(?) v; rz(?) v; for k in 0..n - 1 { rxx(?) v[k], v[(k + 1) % n]; "
    "} } }"
)
NOISY = (
    "const n = 5, depth = 4; visible v[n]; model { repeat depth { ry(?) v; for k in 0..n - 2 { cx v[k], v[k + 1]; } "
    "depolarizing(0.05) v; amplitude_damping(0.1) v; } }"
)
BRICKS = (
    "const n = 12, depth = 4; lattice chain = line(n); visible v on chain; model { repeat depth as l { rx(?) v; "
    "rz(?) v; for (q, r) in brick(chain, l) { rzz(?) q, r; } } rx(?) v; }"
)
FAR = "visible v[40]; model { ry(?) v; for k in 0..39 { rzz(?) v[k], v[(7 * k + 1) % 40]; } rx(?) v; }"
GRID = (
    "lattice board = grid(5, 8); visible v on board; model { ry(?) v; for (q, r) in edges(board) { rzz(?) q, r; } "
    "rx(?) v; for (q, r) in edges(board) { rzz(?) q, r; } rx(?) v; }"
)
WIDE = (
    "const rows = 6, columns = 20, depth = 2; lattice board = grid(rows, columns); visible v on board; model { "
    "repeat depth as l { rx(?) v; rz(?) v; for (q, r) in edges(board) { rzz(?) q, r; } EACH } rx(?) v; }"
)
LAYERS = WIDE.replace("edges(board)", "brick(board, l)").replace("EACH", "")
SHALLOW = WIDE.replace("columns = 20", "columns = 8").replace("rows = 6", "rows = 8").replace("EACH", "")
PATH = (
    "const side = 6, steps = 4, n = side * side; visible x[(steps + 1) * n]; model { h x[0..n-1]; for s in 1..steps { "
    "for q in 0..n-1 { ry(?) x[s * n + q]; for k in 0..8 { cry(?) x[(s - 1) * n + (q + k) % n], x[s * n + q]; } } } }"
)
PAIRS = "const n = 12; visible s[n]; model { h s; for g in subsets(s, 1..2) { exp(i * ? * prod(a in g: Z[a])); } h s; }"
BY_SIZE, BY_LETTERS = PauliPropagation(Limits(smallest=1e-3)), PauliPropagation(Limits(weight=4))


def benchmark(workload: str, *sizes: int) -> Case:
    """A workload of `benchmarks.workloads`, with the query of its objective."""
    one = workloads.Case(workload, sizes)
    text, constants = one.program
    queries: dict[str, Query] = {
        "W1": Probabilities(),
        "W1b": Expectation.of(one.pauli_words) if workload == "W1b" else Probabilities(),
        "W3": GivenPauliWords(1000, 1000),
    }
    if workload in ("W4", "W4c"):
        query: Query = LogProb.of(one.rows)
    else:
        query = queries.get(workload) or Expectation.sparse(one.pairs)
    circuit = "\n".join(line for line in text.splitlines() if not line.startswith(("data", "objective")))
    return Case(f"{workload} {', '.join(map(str, sizes))}", circuit, query, constants)


CASES = (
    *(benchmark("W1", *sizes) for sizes in ((8, 4), (8, 20), (12, 4), (12, 20))),
    *(benchmark("W1b", n, 10) for n in (8, 12, 16, 20)),
    *(benchmark("W2", *sizes) for sizes in ((20, 2), (20, 4), (100, 4), (1000, 4))),
    benchmark("W2grid", 32, 2),
    *(benchmark("W2c", n, 4) for n in (20, 100, 1000)),
    *(benchmark("W3", n) for n in (12, 100, 1000)),
    *(benchmark("W4", *sizes) for sizes in ((16, 4, 256), (100, 4, 256), (1000, 4, 256), (1000, 8, 256))),
    *(benchmark("W4c", n, 4, 256) for n in (6, 100, 1000)),
    Case("ring of 10, probabilities", RING, Probabilities()),
    Case("ring of 10, strings", RING, strings(10, 64)),
    Case("ring of 18, strings", RING, strings(18, 64), {"n": 18}),
    Case("noise on 5, probabilities", NOISY, Probabilities()),
    Case("noise on 5, strings", NOISY, strings(5, 32)),
    Case("noise on 9, Pauli words", NOISY, neighbours(9), {"n": 9, "depth": 2}),
    Case("noise on 10, sampled Pauli words", NOISY, GivenPauliWords(50, 100), {"n": 10, "depth": 2}),
    Case("bricks on 12, Pauli words", BRICKS, neighbours(12)),
    Case("bricks on 16, strings", BRICKS, strings(16, 64), {"n": 16}),
    Case("bricks on 200, Pauli words", BRICKS, neighbours(200), {"n": 200}),
    Case("bricks on 200, strings", BRICKS, strings(200, 64), {"n": 200}),
    Case("bricks on 200, samples", BRICKS, Samples(1000), {"n": 200}),
    Case("far gates on 40, strings", FAR, strings(40, 64), also=("contraction",)),
    Case("far gates on 40, Pauli words", FAR, neighbours(40), also=("contraction",)),
    Case("grid of 5 x 8, strings", GRID, strings(40, 16), also=("contraction",)),
    Case("grid of 5 x 8, Pauli words", GRID, neighbours(40), also=("contraction",)),
    Case("grid of 6 x 20, 20 samples", WIDE.replace("EACH", ""), Samples(20)),
    Case("grid of 6 x 20 with damping, 10 samples", WIDE.replace("EACH", "amplitude_damping(0.1) v;"), Samples(10)),
    Case("grid of 5 x 20, bricks, 10 samples", LAYERS, Samples(10), {"rows": 5, "depth": 5}),
    Case("path of 180, strings", PATH, strings(180, 64)),
    Case("path of 180, samples", PATH, Samples(1000)),
    Case("bricks on 12, dropped by size", BRICKS, neighbours(12), {"depth": 8}, truncated=BY_SIZE),
    Case("bricks on 12, dropped by letters", BRICKS, neighbours(12), truncated=BY_LETTERS),
    Case("grid of 5 x 8, dropped by size", GRID, neighbours(40), truncated=BY_SIZE),
    Case("grid of 4 x 8, 300 samples, bond 4", SHALLOW, Samples(300), {"rows": 4}, truncated=TruncatedSweep(4)),
    Case("grid of 4 x 8, 30 strings, bond 32", SHALLOW, strings(32, 30), {"rows": 4}, truncated=TruncatedSweep(32)),
    Case("grid of 8 x 8, 50 samples, bond 8", SHALLOW, Samples(50), truncated=TruncatedSweep(8)),
    Case("grid of 8 x 8, 20 strings, bond 16", SHALLOW, strings(64, 20), truncated=TruncatedSweep(16)),
    Case("IQP of 12, sampled Pauli words", PAIRS, GivenPauliWords(200, 200)),
    Case("IQP of 12, Pauli words", PAIRS, neighbours(12)),
    Case("IQP of 40, sampled Pauli words", PAIRS, GivenPauliWords(200, 200), {"n": 40}),
)


def predictions(case: Case) -> dict[str, Predicted]:
    """What the planner says of every method that can answer."""
    circuit = _circuit(case)
    row = Planner(circuit, memory_limit=MEMORY, methods=case.methods).weigh([case.query]).rows[0]
    found = list(row.candidates)
    for name in case.also:
        alone = tuple(method for method in METHODS if method.name == name)
        found += Planner(circuit, memory_limit=MEMORY, methods=alone).weigh([case.query]).rows[0].candidates
    return {
        each.method: Predicted(each.method == row.chosen, each.cost.seconds, each.cost.memory)
        for each in found
        if not each.refused
    }


def measured(case: Case, name: str, timed: bool = True) -> Measured:
    """One method; without `timed` it is only compiled, and its seconds are 0."""
    planner = Planner(_circuit(case), methods=tuple(method for method in case.methods if method.name == name))
    plan = planner.plan([case.query])
    simulator, key = Simulator(plan), jax.random.key(0)
    arrays: dict[Query, jax.Array] = {}
    if isinstance(case.query, GivenPauliWords):
        width = len(planner.circuit.visible)
        sparse = np.random.default_rng(1).random((case.query.count, width)) < min(0.5, EXPECTED_WEIGHT / width)
        arrays[case.query] = jnp.asarray(sparse, jnp.uint8)

    def answer(inputs: Any, arrays: Any) -> Any:
        return simulator.answers(inputs, [case.query], key, arrays)[case.query]

    def loss(inputs: Any, arrays: Any) -> Any:
        return jnp.sum(answer(inputs, arrays) ** 2)

    spread = 1.0 if case.truncated is None else 0.5  # angles as those that a trial takes
    inputs = jnp.asarray(np.random.default_rng(2).normal(scale=spread, size=plan.inputs), jnp.float32)
    values_only = isinstance(case.query, Samples) or isinstance(case.truncated, TruncatedSweep)
    asked: Any = answer if values_only else jax.value_and_grad(loss)
    compiled: Any = jax.jit(asked).lower(inputs, arrays).compile()
    sizes = compiled.memory_analysis()
    memory = sizes.temp_size_in_bytes + sizes.argument_size_in_bytes + sizes.output_size_in_bytes
    if name in ON_HOST:
        memory += _peak(lambda: _wait(compiled(inputs, arrays)))
    for lowered in plan.lowered.values():
        if isinstance(lowered, PropagationProgram):
            memory += _beside(lowered)
    return Measured(_seconds(lambda: _wait(compiled(inputs, arrays))) if timed else 0.0, memory)


def _beside(program: PropagationProgram) -> int:
    """Bytes that a propagation takes and XLA does not know of: those of its tables, or of a gradient on the host."""
    pattern = program.pattern_of_all()
    if pattern is not None:
        return sum(table.nbytes for table in tables_of(pattern, Layout.of([pattern])).values())
    numbers = np.random.default_rng(2).normal(scale=0.5, size=program.count)
    tracemalloc.start()
    program.gradient(numbers, np.ones(len(program.pauli_words)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def _wait(answers: Any) -> None:
    for array in jax.tree.leaves(answers):
        array.block_until_ready()


def _peak(call: Callable[[], object]) -> int:
    """The most that Python and NumPy hold at once during a call, in bytes."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _seconds(call: Callable[[], object]) -> float:
    """The time of a call after one that does not count; see the head of this module."""
    call()
    calls = 0
    least = math.inf
    first = time.perf_counter()
    while calls < CALLS or time.perf_counter() - first < LEAST_SECONDS:
        start, busy, block = time.perf_counter(), time.process_time(), 0
        while block < 1 or time.perf_counter() - start < BLOCK_SECONDS:
            wall = time.perf_counter()
            call()
            least = min(least, time.perf_counter() - wall)
            block += 1
        least = min(least, (time.process_time() - busy) / block)
        calls += block
    return least


def _circuit(case: Case) -> Circuit:
    constants: dict[str, Any] = dict(case.constants)
    return qgl.loads(case.text, **constants).circuit


# ---------------------------------------------------------------- what is kept


def note() -> str:
    """When and where what is kept was measured."""
    return str(json.loads(STORE.read_text(encoding="utf-8"))["note"])


def read() -> dict[str, dict[str, Measured]]:
    """What is kept, by case and method."""
    kept = json.loads(STORE.read_text(encoding="utf-8"))["cases"] if STORE.exists() else {}
    return {name: {method: Measured(*pair) for method, pair in found.items()} for name, found in kept.items()}


def write(cases: Mapping[str, Mapping[str, Measured]]) -> None:
    """Keeps figures, in the order of `CASES`."""
    head = f"{datetime.datetime.now(datetime.UTC):%d %B %Y}; {machine()}; jax {jax.__version__}"
    lists = {
        case.name: {method: [float(f"{one.seconds:.3g}"), one.memory] for method, one in cases[case.name].items()}
        for case in CASES
        if case.name in cases
    }
    STORE.write_text(json.dumps({"note": head, "cases": lists}, indent=1) + "\n", encoding="utf-8")


def main(wanted: list[str]) -> None:
    from qgl.diagnostics.size import amount, duration

    names = [name for name in wanted if name != "--keep"]
    kept = read()
    print(" " * 44 + "".join(f"{name:>10}" for name in ("time", "measured", "ratio", "memory", "measured", "ratio")))
    for case in CASES:
        if names and not any(name in case.name for name in names):
            continue
        found: dict[str, Measured] = {}
        for method, said in predictions(case).items():
            if said.seconds > LONGEST or said.memory > LARGEST:
                continue
            one = found[method] = measured(case, method)
            cells = [
                *map(duration, (said.seconds, one.seconds)),
                f"{said.seconds / one.seconds:.2f}",
                *map(amount, (said.memory, one.memory)),
                f"{said.memory / one.memory:.2f}",
            ]
            head = f"{case.name:30}{'> ' if said.chosen else '  '}{method:12}"
            print(head + "".join(f"{cell:>10}" for cell in cells), flush=True)
        if "--keep" in wanted:
            kept[case.name] = found
            write(kept)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except QglError as error:
        sys.exit(str(error))
