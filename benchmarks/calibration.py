"""What the planner predicts beside what is measured: python -m benchmarks.calibration [PROGRAM ...]

Every method that can answer a query of a small program is run: value and gradient, the least time of several calls
after compilation, and the memory that XLA sets aside for a call (temporaries, arguments and results).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qgl
from qgl.diagnostics.model import QglError
from qgl.kernels.simulator import Simulator
from qgl.plan.planner import METHODS, Planner
from qgl.query import Expectation, GivenWords, LogProb, Probabilities, Query

CALLS = 7
LONGEST = 2.0  # predicted seconds from which on a method is not run


@dataclass(frozen=True)
class Case:
    """A program, with a query that several methods can answer."""

    name: str
    text: str
    query: Query


@dataclass(frozen=True)
class Figures:
    """Predicted and measured, of one method; `chosen` is what the planner takes."""

    method: str
    chosen: bool
    seconds: float
    memory: int
    seconds_measured: float
    memory_measured: int


def strings(width: int, count: int) -> LogProb:
    return LogProb.of(np.random.default_rng(0).integers(0, 2, (count, width), dtype=np.uint8))


def neighbours(width: int) -> Expectation:
    return Expectation.sparse(np.stack([np.arange(width - 1), np.arange(1, width)], axis=1).astype(np.int32))


RING = "visible v[10]; model { repeat 4 { rx(?) v; rz(?) v; for k in 0..9 { rxx(?) v[k], v[(k + 1) % 10]; } } }"
NOISY = (
    "visible v[5]; model { repeat 4 { ry(?) v; for k in 0..3 { cx v[k], v[k + 1]; } depolarizing(0.05) v; "
    "amplitude_damping(0.1) v; } }"
)
CHAIN = (
    "const n = {n}, depth = {d}; lattice chain = line(n); visible v on chain; model {{ repeat depth as l {{ rx(?) v; "
    "rz(?) v; for (q, r) in brick(chain, l) {{ rzz(?) q, r; }} }} rx(?) v; }}"
)
CHANNELS = (
    "const n = {n}, depth = {d}; lattice chain = line(n); visible v on chain; "
    "channel mix(a: angle[15], b: angle[15], q: qubit, r: qubit) {{ fresh e; su4(a) q, e; su4(b) e, r; }} "
    "model {{ repeat depth as l {{ for (q, r) in brick(chain, l) {{ mix(?, ?) q, r; }} }} }}"
)
IQP = "visible s[{n}]; model {{ h s; for g in subsets(s, 1..2) {{ exp(i * ? * prod(a in g: Z[a])); }} h s; }}"

CASES = (
    Case("ring, all probabilities", RING, Probabilities()),
    Case("ring, strings", RING, strings(10, 64)),
    Case("noisy, all probabilities", NOISY, Probabilities()),
    Case("noisy, strings", NOISY, strings(5, 32)),
    Case("chain of 12, words", CHAIN.format(n=12, d=4), neighbours(12)),
    Case("chain of 16, strings", CHAIN.format(n=16, d=4), strings(16, 64)),
    Case("chain of 200, words", CHAIN.format(n=200, d=4), neighbours(200)),
    Case("chain of 200, strings", CHAIN.format(n=200, d=4), strings(200, 64)),
    Case("channels on 6, strings", CHANNELS.format(n=6, d=2), strings(6, 64)),
    Case("channels on 100, strings", CHANNELS.format(n=100, d=4), strings(100, 64)),
    Case("channels on 100, words", CHANNELS.format(n=100, d=4), neighbours(100)),
    Case("IQP of 12, sampled words", IQP.format(n=12), GivenWords(200, 200)),
    Case("IQP of 40, sampled words", IQP.format(n=40), GivenWords(200, 200)),
)


def figures(case: Case, timed: bool = True, only: str = "") -> Iterator[Figures]:
    """Of every method that can answer, or of one; without `timed` nothing is run, and the time measured is 0."""
    circuit = qgl.loads(case.text).circuit
    row = Planner(circuit).weigh([case.query]).rows[0]
    for candidate in row.candidates:
        if candidate.refused or candidate.cost.seconds > LONGEST or only not in ("", candidate.method):
            continue
        method = next(method for method in METHODS if method.name == candidate.method)
        seconds, memory = measured(Planner(circuit, methods=(method,)), case.query, timed)
        cost = candidate.cost
        yield Figures(candidate.method, candidate.method == row.chosen, cost.seconds, cost.memory, seconds, memory)


def measured(planner: Planner, query: Query, timed: bool) -> tuple[float, int]:
    """Seconds and bytes of one value and gradient."""
    plan = planner.plan([query])
    simulator, key = Simulator(plan), jax.random.key(0)
    arrays: dict[Query, jax.Array] = {}
    if isinstance(query, GivenWords):
        width = len(planner.circuit.visible)
        arrays[query] = jnp.asarray(np.random.default_rng(1).integers(0, 2, (query.count, width)), jnp.uint8)

    def loss(inputs: Any) -> Any:
        return jnp.sum(simulator.answers(inputs, [query], key, arrays)[query] ** 2)

    inputs = jnp.asarray(np.random.default_rng(2).normal(size=plan.inputs), jnp.float32)
    compiled: Any = jax.jit(jax.value_and_grad(loss)).lower(inputs).compile()
    sizes = compiled.memory_analysis()
    memory = sizes.temp_size_in_bytes + sizes.argument_size_in_bytes + sizes.output_size_in_bytes
    if not timed:
        return 0.0, memory
    _wait(compiled(inputs))
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        _wait(compiled(inputs))
        times.append(time.perf_counter() - start)
    return min(times), memory


def _wait(answers: Any) -> None:
    for array in jax.tree.leaves(answers):
        array.block_until_ready()


def main(wanted: list[str]) -> None:
    from qgl.cli.explain import duration
    from qgl.diagnostics.size import amount

    print(" " * 42 + "".join(f"{word:>10}" for word in ("time", "measured", "ratio", "memory", "measured", "ratio")))
    chosen = [case for case in CASES if not wanted or any(word in case.name for word in wanted)]
    for case in chosen:
        for one in figures(case):
            times, sizes = (one.seconds, one.seconds_measured), (one.memory, one.memory_measured)
            cells = [
                *map(duration, times),
                f"{times[0] / times[1]:.2f}",
                *map(amount, sizes),
                f"{sizes[0] / sizes[1]:.2f}",
            ]
            head = f"{case.name:28}{'> ' if one.chosen else '  '}{one.method:12}"
            print(head + "".join(f"{cell:>10}" for cell in cells), flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except QglError as error:
        sys.exit(str(error))
