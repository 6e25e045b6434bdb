"""Jobs and what is sent for them, in words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qgl.jobs.record import Job
from qgl.jobs.store import JobFolder
from qgl.report.display import number

if TYPE_CHECKING:
    from rich.table import Table

_FIGURES = {
    "width": "qubits",
    "depth": "depth",
    "two_qubit_gates": "two-qubit gates",
    "duration": "duration",
    "fidelity": "fidelity (estimate)",
}
WIDE = 100  # columns of a terminal from which on jobs are shown as a table
_UNITS = (("s", 1.0), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9))


def figures(values: Mapping[str, float | int | None]) -> str:
    """`qubits 5, depth 34, two-qubit gates 17, duration 3.2 µs, fidelity (estimate) 0.87`."""
    known = {name: values[name] for name in [*_FIGURES, *values] if values.get(name) is not None}
    return ", ".join(f"{_FIGURES.get(name, name)} {figure(name, value)}" for name, value in known.items())


def figure(name: str, value: Any) -> str:
    """A figure with its unit."""
    if value is None:
        return ""
    if name == "duration":
        unit, factor = next((each for each in _UNITS if value * each[1] >= 1), _UNITS[-1])
        return f"{value * factor:.3g} {unit}"
    return str(value) if isinstance(value, int) else number(value)


def circuits(job: Job) -> Iterator[str]:
    """What a job is made of: `4096 strings`, `readout of 0 and 1: 2 circuits`."""
    roles = [item.role for item in job.items]
    if job.request.outputs:
        elements = 1 + max(item.row for item in job.items)
        of_each = f" for each of {elements} elements" if elements > 1 else ""
        circuits = _count(len(job.items) // elements, "circuit")
        yield f"outputs: {circuits}{of_each}, {job.request.shots} shots each"
        return
    distribution = sum(item.shots for item in job.items if item.role == "samples")
    many = f" of {roles.count('samples')} circuits" if roles.count("samples") > 1 else ""
    yield f"{distribution} strings{many}"
    if "readout" in roles:
        yield f"calibration of readout: {_count(roles.count('readout'), 'circuit')}"
    if "word" in roles:
        scales = sorted({item.scale for item in job.items if item.role == "word"} | {1})
        noise = f", noise x {', '.join(map(str, scales))}" if len(scales) > 1 else ""
        yield f"Pauli words: {_count(roles.count('word'), 'circuit')}{noise}"


def status(folder: JobFolder) -> str:
    """How far a job is, in words."""
    job = folder.job
    if job.state == "running":
        kept = f"{folder.parts_kept} of {job.parts} parts"
        return f"running, {kept}" if folder.is_held else f"broken off, {kept}; go on with `fetch`"
    if job.state == "planned":
        return "planned, nothing sent; go on with `fetch`"
    if job.state == "sending":
        return "being sent" if folder.is_held else "lost while being sent; go on with `fetch`"
    return f"{job.state}: {job.said}" if job.said else job.state


def facts(folder: JobFolder) -> dict[str, Any]:
    """A job for programs."""
    job = folder.job
    return {
        "id": job.id,
        "engine": job.request.engine,
        "shots": job.request.shots,
        "seed": job.request.seed,
        "repeat": job.request.repeat,
        "state": job.state,
        "said": job.said,
        "service_job": job.service,
        "tag": job.tag,
        "step": job.model.get("step"),
        "parts": [folder.parts_kept if job.state != "done" else job.parts, job.parts],
        "times": dict(job.times),
        "circuits": len(job.items),
        "figures": dict(job.figures),
        "samples": str(folder.path / "samples.npz") if folder.has_samples() else None,
    }


def table(name: str, folders: Sequence[JobFolder]) -> Table:
    """The jobs of a run for a terminal of `WIDE` columns or more; a narrower table would lose some of its own."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(box=SIMPLE_HEAD, title=f"Jobs of {name}", title_justify="left", title_style="bold")
    for head in ("job", "shots", "when", "what it takes", "state"):
        whole = head in ("shots", "when")  # the others may take several lines
        least = 14 if head == "state" else None
        shown.add_column(
            head, justify="right" if head == "shots" else "left", overflow="fold", no_wrap=whole, min_width=least
        )
    for folder in folders:
        job = folder.job
        shown.add_row(job.id, str(job.request.shots), when(job), figures(job.figures), status(folder))
    return shown


def lines(folders: Sequence[JobFolder]) -> Iterator[str]:
    """The same line by line."""
    for folder in folders:
        job = folder.job
        yield f"job {job.id}: {status(folder)}"
        yield f"  {', '.join(part for part in (f'{job.request.shots} shots', when(job)) if part)}"
        if takes := figures(job.figures):
            yield f"  {takes}"


def when(job: Job) -> str:
    """When a job was planned, to the minute."""
    return job.times.get("planned", "")[:16].replace("T", " ")


def _count(number_: int, what: str) -> str:
    return f"{number_} {what}{'s' * (number_ != 1)}"
