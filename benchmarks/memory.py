"""What a process takes that trains, samples or evaluates, predicted and measured.

python -m benchmarks.memory                # all programs
python -m benchmarks.memory density IQP    # those whose name has one of the words
python -m benchmarks.memory --keep [...]   # and keeps what was measured in docs/memory.json

Each program is trained for two steps by `qglc train` in a process of its own, one after another; where sampling or
evaluating is measured, another process does that with the run. What a process takes is the largest resident set that
the system has seen of it. The programs take half a gigabyte to four.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax

import qgl
from benchmarks.results import machine
from qgl.diagnostics.size import amount
from qgl.report.planned_queries import SAMPLE
from qgl.report.weighing import process, weigh, weigh_objective

STORE = Path(__file__).resolve().parent.parent / "docs" / "memory.json"
LONGEST = 900  # seconds of a process
RUN = "from qgl.cli.main import run; run()"


@dataclass(frozen=True)
class Case:
    """A program that wants much memory; `verb` says what for, with options of its own after it."""

    name: str
    text: str
    constants: Mapping[str, int] = field(default_factory=dict)
    verb: tuple[str, ...] = ("train",)


HEAD = "visible v[n]; data d = cardinality(n, 1);"
PURE = (
    f"const n = 24; {HEAD} model {{ repeat 2 {{ ry(?) v; for k in 0..n-2 {{ rzz(?) v[k], v[k+1]; }} rx(?) v; "
    "for k in 0..n/2-1 { cz v[k], v[n-1-k]; } } } objective mmd(d, gaussian(sigma = [1]));"
)
MIXED = (
    f"const n = 11; {HEAD} model {{ repeat 2 {{ ry(?) v; rx(?) v; for (a, b) in pairs(v) {{ rzz(?) a, b; }} "
    "depolarizing(0.01) v; amplitude_damping(0.1) v; } } objective kl(d);"
)
CHAIN = (
    f"const n = 60, depth = 9; {HEAD} model {{ repeat depth {{ ry(?) v; for k in 0..n-2 {{ cz v[k], v[k+1]; }} "
    "rx(?) v; } } objective nll(d);"
)
PHASES = (
    f"const n = 26, w = 100, s = 120000; {HEAD} model {{ h v; for (a, b) in pairs(v) {{ rzz(?) a, b; }} rz(?) v; h v; "
    "} objective mmd(d, hamming(sigma = 2), words = w, samples = s);"
)
CONES = (
    f"const n = 1000, depth = 4; {HEAD.replace('v[n]', 'v on sites')} lattice sites = line(n); local v within 1; "
    "channel mix(a: angle[15], b: angle[15], q: qubit, r: qubit) { fresh e; su4(a) q, e; su4(b) e, r; } "
    "model { repeat depth as l { for (q, r) in brick(sites, l) { mix(?, ?) q, r; } } } "
    "objective mmd(d, hamming(sigma = 8), weight = 2);"
)
GRID = (
    "const n = 64; lattice sites = grid(8, 8); visible v on sites; data d = cardinality(n, 1); "
    "model { rx(?) v; rz(?) v; for (q, r) in edges(sites) { rzz(?) q, r; } rx(?) v; "
    "for k in 0..n/2-1 { rxx(?) v[2*k], v[2*k+1]; } } objective mmd(d, hamming(sigma = 8), weight = 2);"
)
NOISY = (
    f"const n = 19; {HEAD} model {{ ry(?) v; for (a, b) in pairs(v) {{ rzz(?) a, b; }} depolarizing(0.01) v; rx(?) v; "
    "} objective mmd(d, hamming(sigma = 2), words = 100, samples = 2);"
)
HALF_FILLED = (
    f"const n = 24; {HEAD.replace('v[n]', 'v on sites = neel')} lattice sites = line(n); param field[sites] : real; "
    "hamiltonian quench = sum((a, b) in edges(sites): 0.25 * (X[a] * X[b] + Y[a] * Y[b] + Z[a] * Z[b])) + "
    "sum(a in sites: 0.5 * field[a] * Z[a]); model { evolve quench for 0.3; } objective nll(d);"
)
NETWORK = (
    "lattice sites = grid(5, 8); visible v on sites; data d = cardinality(40, 1); model { ry(?) v; "
    "for (q, r) in edges(sites) { rzz(?) q, r; } rx(?) v; for (q, r) in edges(sites) { rzz(?) q, r; } rx(?) v; } "
    "objective nll(d);"
)
WIDE = (
    f"const n = 24; {HEAD} model {{ ry(?) v; for (a, b) in pairs(v) {{ rzz(?) a, b; }} rx(?) v; }} "
    "objective mmd(d, gaussian(sigma = [1]));"
)
ROWS = WIDE.replace("cardinality(n, 1)", "cardinality(n, 5)").replace("mmd(d, gaussian(sigma = [1]))", "nll(d)")
SETTINGS = " train { optimizer adam(rate = 0.01); steps 2; seeds %d; }"

CASES = (
    Case("state vector of 24", PURE + SETTINGS % 1),
    Case("density matrix of 11", MIXED + SETTINGS % 1),
    Case("density matrix of 9, 16 seeds", MIXED + SETTINGS % 16, {"n": 9}),
    Case("boundary of 60 columns, bond 512", CHAIN + SETTINGS % 1),
    Case("boundary of 500 columns, bond 256", CHAIN + SETTINGS % 1, {"n": 500, "depth": 8}),
    Case("IQP of 26, 100 words of 120,000 strings", PHASES + SETTINGS % 1),
    Case("cones, channels on a chain of 1,000", CONES + SETTINGS % 1),
    Case("cones, grid of 8 x 8", GRID + SETTINGS % 1),
    Case("trajectories of 19", NOISY + SETTINGS % 1),
    Case("sector of 24", HALF_FILLED + SETTINGS % 1),
    Case("contraction, grid of 5 x 8", NETWORK + SETTINGS % 1),
    Case("sample of 24, 1,000,000 strings", WIDE + SETTINGS % 1, verb=("sample", "-n", "1000000", "-o", "drawn.npz")),
    Case("evaluate of 24, 42,504 rows", ROWS + SETTINGS % 1, verb=("evaluate", "--no-pictures")),
)


def predicted(case: Case) -> tuple[str, int]:
    """The method, and bytes of the process."""
    constants: dict[str, Any] = dict(case.constants)
    model = qgl.loads(case.text, **constants)
    verb = case.verb[0]
    answers = weigh_objective(model) if verb == "train" else weigh(model.program)
    if verb == "sample":
        answers = [answer for answer in answers if answer.planned.kind == SAMPLE]
    return answers[0].weighed.rows[0].chosen, process(answers, model.program, model.program.train)


def measured(case: Case) -> int:
    """Bytes of the process at its largest; compiled anew, as compilation takes memory too."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "model.qgl").write_text(case.text, encoding="utf-8")
        settings = [word for pair in case.constants.items() for word in ("--set", "{}={}".format(*pair))]
        taken = _taken(folder, ["train", "model.qgl", *settings, "--out", "run", "--no-pictures", "-q"])
        if case.verb[0] != "train":
            taken = _taken(folder, [case.verb[0], "run", *case.verb[1:]])
    return taken


def _taken(folder: str, command: list[str]) -> int:
    """The largest resident set of `qglc` with a command, run in `folder`."""
    own = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, timeout=%d);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    watched = [sys.executable, "-c", code % LONGEST, sys.executable, "-c", RUN, *command]
    said = subprocess.run(watched, env=own, cwd=folder, capture_output=True, text=True, check=True).stdout
    return 1024 * int(said.splitlines()[-1])


def note() -> str:
    """When and where what is kept was measured."""
    return str(json.loads(STORE.read_text(encoding="utf-8"))["note"])


def read() -> dict[str, int]:
    """What is kept: bytes by the name of a case."""
    found: dict[str, int] = json.loads(STORE.read_text(encoding="utf-8"))["cases"] if STORE.exists() else {}
    return found


def write(cases: Mapping[str, int]) -> None:
    """Keeps figures, in the order of `CASES`."""
    head = f"{datetime.datetime.now(datetime.UTC):%d %B %Y}; {machine()}; jax {jax.__version__}"
    kept = {case.name: cases[case.name] for case in CASES if case.name in cases}
    STORE.write_text(json.dumps({"note": head, "cases": kept}, indent=1) + "\n", encoding="utf-8")


def row(case: Case, taken: int) -> str:
    """A line of the table in `docs/planner.md`."""
    method, said = predicted(case)
    return f"| {case.name} | {method} | {amount(said)} | {amount(taken)} | {said / taken:.2f} |"


def main(wanted: list[str]) -> None:
    words = [word for word in wanted if word != "--keep"]
    kept = read()
    for case in CASES:
        if not words or any(word in case.name for word in words):
            kept[case.name] = measured(case)
            print(row(case, kept[case.name]), flush=True)
            if "--keep" in wanted:
                write(kept)


if __name__ == "__main__":
    main(sys.argv[1:])
