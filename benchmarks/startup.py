"""W5: how long the command line takes to start; no peer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.workloads import CHANNELS, DENSE, NLL

TRIES = 5
LIMITS = {
    "qglc --version": 0.3,
    "qglc check, 100 lines": 0.5,
    "qglc explain, chain of 1000 channel sites": 3.0,
    "qglc train, second start, 20 steps of 12 qubits": 0.6,  # the first start fills the cache of compiled programs
}


def program_of_100_lines() -> str:
    """A program whose model has 96 statements, one a line."""
    body = [f"    rx(?) v[{k % 8}]; cx v[{k % 8}], v[{(k + 1) % 8}];" for k in range(96)]
    return "\n".join(["visible v[8];", "", "model {", *body, "}", ""])


def measure() -> dict[str, float]:
    """The best wall-clock seconds of a few runs, each in its own process."""
    beside = Path(sys.executable).parent / "qglc"
    command = str(beside) if beside.exists() else shutil.which("qglc") or "qglc"
    with tempfile.TemporaryDirectory() as folder:
        hundred, chain, dense = (Path(folder) / f"{name}.qgl" for name in ("hundred", "chain", "dense"))
        hundred.write_text(program_of_100_lines(), encoding="utf-8")
        chain.write_text(CHANNELS + NLL, encoding="utf-8")
        (Path(folder) / "rows.csv").write_text("\n".join(["01" * 500, "10" * 500]), encoding="utf-8")
        trained = "data rows = cardinality(n, 2); objective nll(rows); train { optimizer adam(rate = 0.05); steps 20; }"
        dense.write_text(DENSE + trained, encoding="utf-8")
        tasks = (
            [command, "--version"],
            [command, "check", str(hundred)],
            [command, "explain", str(chain), "--set", "n=1000"],
            [command, "train", str(dense), "--quiet", "--no-pictures", "--set", "n=12", "--out"],
        )
        return {name: _best(task, Path(folder)) for name, task in zip(LIMITS, tasks, strict=True)}


def _best(command: list[str], folder: Path) -> float:
    """`command` that ends in `--out` gets a folder of its own each time. Python's bytecode is kept, as where a package
    is installed: compiling all modules anew would be longer than starting.
    """
    kept = {"QGL_CACHE_DIR": str(folder / "cache"), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    times, cached = [], {**os.environ, **kept, "PYTHONDONTWRITEBYTECODE": ""}
    for number in range(TRIES):
        out = [str(folder / f"run{number}")] if command[-1] == "--out" else []
        start = time.perf_counter()
        subprocess.run([*command, *out], check=True, capture_output=True, env=cached)
        times.append(time.perf_counter() - start)
    return min(times)
