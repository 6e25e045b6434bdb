"""Results as they are kept in `docs/benchmarks.json`: the page is made from them, and they are renewed in parts."""

from __future__ import annotations

import datetime
import json
import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.workloads import Case

STORE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.json"
PACKAGES = (
    *("jax", "numpy", "pennylane", "pennylane-lightning", "qulacs", "tensorcircuit-ng"),
    *("pauli-prop", "tencirpauli"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender did on a case, or why there are no figures."""

    case: Case
    contender: str
    figures: dict[str, Any] | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """The results of one workload, and when and where they were taken."""

    results: tuple[Result, ...]
    seconds: dict[str, float]  # of commands
    note: str


def now(load_before: float) -> str:
    """Day, machine, load and versions, in one line each."""
    load = f"load average {load_before:.1f} before and {load_average():.1f} after"
    return (
        f"{datetime.datetime.now(datetime.UTC):%d %B %Y, %H:%M} UTC; {machine()}; {load}; "
        f"Python {platform.python_version()}, {versions()}."
    )


def load_average() -> float:
    """Processes that ran or waited in the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def machine() -> str:
    """The processor and the number of cores this process may use."""
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores"


def versions() -> str:
    """Versions of what was measured."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def read() -> dict[str, Session]:
    """The sessions that are kept, by workload."""
    if not STORE.exists():
        return {}
    kept = json.loads(STORE.read_text(encoding="utf-8"))
    return {workload: _session(entry) for workload, entry in kept.items()}


def _session(entry: dict[str, Any]) -> Session:
    results = tuple(
        Result(Case(each["workload"], tuple(each["sizes"])), each["contender"], each["figures"], each["failure"])
        for each in entry["results"]
    )
    return Session(results, entry["seconds"], entry["note"])


def write(sessions: dict[str, Session]) -> None:
    """Keeps the sessions."""
    content = {
        workload: {
            "note": session.note,
            "results": [
                {
                    "workload": result.case.workload,
                    "sizes": list(result.case.sizes),
                    "contender": result.contender,
                    "figures": result.figures,
                    "failure": result.failure,
                }
                for result in session.results
            ],
            "seconds": session.seconds,
        }
        for workload, session in sessions.items()
    }
    STORE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
