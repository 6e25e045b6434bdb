"""`python -m benchmarks.roofline [n ...]`: how far the dense program is from what this machine can do.

Operations and bytes are counted from the tables that the program is lowered to. Over the rates at which the machine
multiplies matrices and copies, measured in the same process, they give two times; the larger is what the program would
take if nothing else did. Value alone and value with gradient of W1b are measured beside it. The figures are kept in
`docs/roofline.json` and are a section of `docs/benchmarks.md`. Two minutes of processor time on two cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders.model import waited
from benchmarks.goals import milliseconds
from benchmarks.results import load_average, now
from benchmarks.workloads import Case
from qgl.plan.model import StateProgram
from qgl.plan.state.tables import BLOCK

STORE = Path(__file__).resolve().parent.parent / "docs" / "roofline.json"
SIZES, LAYERS = (16, 20, 22, 24), 10
GOAL = 2.5  # times the larger of both times
STATES, LARGE = 6.0, 24  # states of memory at most, from so many qubits on
GEMM = 2048  # rows of the matrices
COMPLEX = 8  # bytes of an amplitude in single precision
MULTIPLY_ADD = 8  # real operations of a complex one
EXPLANATION = (
    "W1b with ten layers. Operations (*op*) and bytes are those of the fused program, counted from its tables: each "
    "block is a matrix product with the state, which is read and written once, each transposition a copy; a gradient "
    "takes three products for a block, of the state, of its cotangent and of both. Making the blocks and reading the "
    "Pauli words is not counted. The machine's rates are the best of "
    "matrix products of NumPy and JAX, real and complex, in single precision, and that of a state being read and "
    "written, in the same process. The *bound* is the larger of the two times that follow; *ratio* is the measured "
    "time over it; *states* is what XLA sets aside, in states of the circuit. `python -m benchmarks.roofline` measures "
    "this section by itself."
)
LEAST_SECONDS, FEWEST_CALLS, MOST_CALLS, PASSES = 1.0, 2, 50, 20


@dataclass(frozen=True)
class Work:
    """Real operations of matrix products, and bytes that are read and written."""

    operations: float = 0.0
    bytes: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(self.operations + other.operations, self.bytes + other.bytes)


def counted(program: StateProgram) -> dict[str, Work]:
    """The work of a value and of a value with gradient: blocks and transpositions.

    Making the blocks, and reading Pauli words from the state, are not counted.

    Raises:
        ValueError: the program has steps that are no blocks.
    """
    tables = program.tables
    if (tables.steps.kind != BLOCK).any():
        raise ValueError("only programs of blocks are counted")
    blocks, moves = len(tables.steps.kind), int(np.count_nonzero(tables.steps.move))
    size = 2**tables.axes
    product = Work(MULTIPLY_ADD * size * 2**tables.products.width, 2 * COMPLEX * size)
    copied = Work(0, 2 * COMPLEX * size)
    value = _times(blocks, product) + _times(moves, copied)
    # The state goes back through each block with its cotangent; their product is the gradient of the block.
    back = _times(blocks, product + product + Work(product.operations, 0)) + _times(2 * moves, copied)
    return {"value": value, "value and gradient": value + back}


def _times(count: int, work: Work) -> Work:
    return Work(count * work.operations, count * work.bytes)


# ---------------------------------------------------------------- measuring


def measure(qubits: int) -> dict[str, Any]:
    """Rates of the machine, work and seconds of W1b on so many qubits, in this process."""
    import jax

    from benchmarks.contenders import ours

    case = Case("W1b", (qubits, LAYERS))
    model = ours.model_of(case)
    (asked,) = ours.queries_of(case, model)
    (program,) = model.plan(asked).lowered.values()
    if not isinstance(program, StateProgram):
        raise TypeError(f"W1b is planned as {program.method}")
    work, params, loss = counted(program), ours.params_of(case, model), ours.loss_of(case, model, asked)
    made = {
        name: jax.jit(function).lower(params).compile()
        for name, function in (("value", loss), ("value and gradient", jax.value_and_grad(loss)))
    }
    rates = _rates(2**qubits)
    answers = [
        {
            "question": name,
            **asdict(work[name]),
            "seconds": float(np.median(_seconds(partial(compiled, params)))),
            "states": _set_aside(compiled) / (COMPLEX * 2**qubits),
        }
        for name, compiled in made.items()
    ]
    return {"qubits": qubits, "width": program.tables.products.width, "rates": rates, "answers": answers}


def _set_aside(compiled: Any) -> int:
    """Bytes of temporaries of a compiled program.

    Raises:
        RuntimeError: XLA does not say on this device.
    """
    memory = compiled.memory_analysis()
    if memory is None:
        raise RuntimeError("XLA does not say what memory it sets aside")
    return int(memory.temp_size_in_bytes)


def _rates(amplitudes: int) -> dict[str, float]:
    """Real operations a second of matrix products, the best of single real and complex precision by JAX and NumPy, and
    bytes a second of a copy of so many amplitudes.
    """
    import jax
    import jax.numpy as jnp

    random = np.random.default_rng(0)
    real = random.normal(size=(GEMM, GEMM)).astype(np.float32)
    best = 0.0
    for matrix, each in ((real, 2), (real[: GEMM // 2, : GEMM // 2].astype(np.complex64), MULTIPLY_ADD)):
        held, compiled = jnp.asarray(matrix), jax.jit(partial(jnp.matmul, precision="highest"))
        for call in (partial(np.matmul, matrix, matrix), partial(compiled, held, held)):
            best = max(best, each * len(matrix) ** 3 / min(_seconds(call)))
    # One call passes over one array again and again: a new one would be memory that the system has to hand out first.
    passes = jax.jit(lambda state: jax.lax.fori_loop(0, PASSES, lambda _, each: 1j * each, state))
    copied = min(_seconds(partial(passes, jnp.ones(amplitudes, jnp.complex64)))) / PASSES
    return {"operations": best, "bytes": 2 * COMPLEX * amplitudes / copied}


def _seconds(call: Callable[[], Any]) -> list[float]:
    """Of calls, the first of which, with what is compiled, does not count."""
    waited(call)
    times: list[float] = []
    while len(times) < FEWEST_CALLS or (sum(times) < LEAST_SECONDS and len(times) < MOST_CALLS):
        start = time.perf_counter()
        waited(call)
        times.append(time.perf_counter() - start)
    return times


# ---------------------------------------------------------------- the section


COLUMNS = ("n", "question", "10^9 op", "10^9 B", "bound", "step", "ratio", "states")
Tabled = Callable[[tuple[str, ...], list[list[str]]], list[str]]


def section(table: Tabled, wrapped: Callable[[str], list[str]]) -> list[str]:
    """Lines of the page, from what is kept, by its ways to set tables and text; none where nothing is kept."""
    if not STORE.exists():
        return []
    kept = json.loads(STORE.read_text(encoding="utf-8"))
    every = [(case, answer) for case in kept["cases"] for answer in case["answers"]]
    far = [f"{answer['question']} at {case['qubits']}" for case, answer in every if distance(case, answer)[1] > GOAL]
    rates = (
        f"{case['qubits']}: {case['rates']['operations'] / 1e9:.0f} and {case['rates']['bytes'] / 1e9:.0f}"
        for case in kept["cases"]
    )
    most = max((answer["states"] for case, answer in every if case["qubits"] >= LARGE), default=0.0)
    notes = [
        f"To reach: {GOAL} times the bound, and {STATES:g} states from {LARGE} qubits on. "
        + (f"Farther: {', '.join(far)}." if far else "All are nearer.")
        + (f" States: {most:.2f}." if most > STATES else ""),
        f"Rates, in 10^9 operations and bytes a second, at {'; '.join(rates)}.",
        kept["note"],
    ]
    lines = ["", "## How far the dense program is from the machine", "", *wrapped(EXPLANATION), ""]
    lines += table(COLUMNS, [_row(*each) for each in every])
    return lines + [line for note in notes for line in ("", *wrapped(note))]


def _row(case: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    bound, ratio = distance(case, answer)
    work = [f"{answer[name] / 1e9:.2f}" for name in ("operations", "bytes")]
    times = [milliseconds(bound), milliseconds(answer["seconds"])]
    asked = "value" if answer["question"] == "value" else "with gradient"
    return [str(case["qubits"]), asked, *work, *times, f"{ratio:.1f}", f"{answer['states']:.2f}"]


def distance(case: dict[str, Any], answer: dict[str, Any]) -> tuple[float, float]:
    """The larger of the times that operations and bytes would take by themselves, in seconds, and the measured time
    over it.
    """
    bound: float = max(answer[name] / case["rates"][name] for name in ("operations", "bytes"))
    return bound, answer["seconds"] / bound


def main(wanted: list[str]) -> None:
    load, cases = load_average(), []
    for qubits in map(int, wanted or map(str, SIZES)):
        command = [sys.executable, "-m", "benchmarks.roofline", "--one", str(qubits)]
        case = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        cases.append(case)
        for answer in case["answers"]:
            bound, ratio = distance(case, answer)
            print(f"{qubits} {answer['question']}: {bound:.3g} s, {answer['seconds']:.3g} s, {ratio:.2f}", flush=True)
    if not wanted:
        STORE.write_text(json.dumps({"note": now(load), "cases": cases}, indent=1) + "\n", encoding="utf-8")
        from benchmarks import page, results

        page.PAGE.write_text(page.page(results.read()), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main(sys.argv[1:])
