"""Comparisons of jobs with data and model, as tables and for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qgl.jobs.compare import Comparison, Gap, Measured, PauliWordSide
from qgl.report.display import number

if TYPE_CHECKING:
    from rich.table import Table

_SIDES = """data: what a perfect model shows, with as many strings where the machine has a value, else exactly
model: exact; strings: as many strings of the model; machine: what came back"""
_GAPS = "shots alone: what as many strings of the model itself have; beyond: what these do not explain"


def tables(found: Comparison) -> Iterator[Table]:
    """The sides, the gap, and the Pauli words of a job, for a terminal."""
    job, mitigated = found.job, found.job.request.readout
    if found.sides:
        baselines = list(dict.fromkeys(label for side in found.sides for label in side.baselines))
        own = ["data", "model", "strings", "machine", *(["mitigated"] if mitigated else [])]
        heads = [*own, *(label.replace("(", "\n(", 1) for label in baselines)]
        shown = blank(f"{job.id}: {job.request.engine}, {found.strings} strings", heads)
        for side in found.sides:
            cells = [_plain(side.data), _plain(side.model), *map(_figure, (side.sampled, side.machine, side.mitigated))]
            beside = [_plain(side.baselines.get(label)) for label in baselines]
            shown.add_row(_named(side.name, side.unit), *cells[: len(own)], *beside)
        shown.caption = "\n".join(
            [_SIDES, *dict.fromkeys(side.data_is for side in found.sides if side.data_is), *found.notes]
        )
        yield shown
    heads = ["machine", "shots alone", "beyond", *(["mitigated"] if mitigated else [])]
    shown = blank("deployment gap: from the model to the machine", heads)
    for gap in found.gaps:
        cells = [_figure(each) for each in (gap.machine, gap.shots_alone, gap.beyond, gap.mitigated)]
        shown.add_row(_named(gap.name, gap.unit), *cells[: len(heads)])
    shown.caption = "\n".join([_GAPS, conclusion(found.gap)])
    yield shown
    if found.pauli_words:
        yield _pauli_word_table(found)


def _pauli_word_table(found: Comparison) -> Table:
    scales = [scale for scale, _ in found.pauli_words[0].scaled]
    extrapolated = ["noise x 0"] if scales else []
    shown = blank("Pauli words", ["data", "model", "machine", *(f"noise x {scale}" for scale in scales), *extrapolated])
    for pauli_word in found.pauli_words:
        values = [_figure(each) for each in (pauli_word.machine, *(value for _, value in pauli_word.scaled))]
        last = [_figure(pauli_word.extrapolated)] if scales else []
        shown.add_row(pauli_word.pauli_word, _plain(pauli_word.data), _plain(pauli_word.model), *values, *last)
    return shown


def conclusion(gap: Gap) -> str:
    """The gap in a sentence."""
    beyond = gap.beyond
    value, alone = _figure(gap.machine), _figure(gap.shots_alone)
    if gap.unit:
        text = f"{gap.name} of the machine's strings is {value} {gap.unit}, of the model's own {alone}"
        far = abs(beyond.value) > 3 * (beyond.error or 0.0)
        return f"{text}: {'the difference is the machine' if far else 'no fault of the machine is seen'}"
    if beyond.value > 3 * (beyond.error or 0.0):
        return f"{gap.name} is {value}, of which shots alone explain {alone}: the machine adds {_figure(beyond)}"
    return f"{gap.name} is {value}, and shots alone explain {alone}: no fault of the machine is seen"


def facts(found: Comparison) -> dict[str, Any]:
    """A comparison for programs."""
    job = found.job
    return {
        "id": job.id,
        "engine": job.request.engine,
        "shots": job.request.shots,
        "step": job.model.get("step"),
        "figures": dict(job.figures),
        "metrics": [asdict(side) for side in found.sides],
        "deployment_gap": [{**asdict(gap), "beyond": asdict(gap.beyond)} for gap in found.gaps],
        "words": [_pauli_word_facts(side) for side in found.pauli_words],
        "notes": list(found.notes),
    }


def _pauli_word_facts(side: PauliWordSide) -> dict[str, Any]:
    """Under the names that scripts read since the first version."""
    known = asdict(side)
    scaled = [{"scale": scale, **asdict(value)} for scale, value in side.scaled]
    return {"word": known.pop("pauli_word"), **known, "scaled": scaled}


def blank(title: str, heads: list[str]) -> Table:
    """A table without rows, whose first column names what they are."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(
        box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", caption_justify="left", min_width=64
    )
    for name in ("", *heads):
        shown.add_column(name, justify="right" if name else "left", no_wrap=bool(name), overflow="fold")
    return shown


def _named(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _plain(value: float | None) -> str:
    return "-" if value is None else number(value)


def _figure(value: Measured | None) -> str:
    if value is None:
        return "-"
    if not value.error:
        return number(value.value)
    places = max(0, -math.floor(math.log10(value.error)))
    if places > 4:
        return f"{number(value.value)} ± {value.error:.0e}"
    return f"{value.value:.{places}f} ± {value.error:.{places}f}"


def figure_of(value: float | None, error: float | None) -> str:
    """A number with its standard error, as far as they are known."""
    return _figure(None if value is None else Measured(value, error))
