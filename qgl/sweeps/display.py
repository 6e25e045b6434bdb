"""What a user sees while a sweep runs: a line a point, redrawn in place on a terminal, printed at its end elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qgl.diagnostics.terminal import console as safe_console
from qgl.report.display import duration, number
from qgl.sweeps.pool import FAILED, FINISHED, Outcome

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_BAR = 24  # characters
_EVERY = 30.0  # seconds between two lines about the points that are running, where they are printed


class Lines:
    """A line as a point ends, and one now and then about those that are running."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._console, self._names = console, names
        self._begun: dict[int, float] = {}
        self._last: dict[int, Mapping[str, Any]] = {}
        self._done, self._spoken = 0, time.monotonic()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def started(self, number: int) -> None:
        self._begun[number] = time.monotonic()

    def heard(self, number: int, event: Mapping[str, Any]) -> None:
        if event["event"] == "update":
            self._last[number] = event
        elif event["event"] == "note":
            self.note(f"{self._names[number]}: {event['text']}")

    def ended(self, number: int, outcome: Outcome) -> None:
        self._done += 1
        seconds = duration(time.monotonic() - self._begun.pop(number))
        self.note(f"{self._names[number]}: {_ending(outcome, self._last.get(number))}, {seconds}")

    def turn(self) -> None:
        if self._begun and time.monotonic() - self._spoken > _EVERY:
            self.note("; ".join(f"{self._names[n]} {_course(self._last.get(n))}" for n in sorted(self._begun)))

    def note(self, text: str) -> None:
        self._spoken = time.monotonic()
        self._console.print(text, highlight=False, soft_wrap=True)


class Live(Lines):
    """A table of the points that are redrawn in place; of many, those that run and those that ended last."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        from rich.live import Live as RichLive

        super().__init__(console, names)
        self._ended: dict[int, tuple[Outcome, float]] = {}
        self._live = RichLive(get_renderable=self._table, console=console, refresh_per_second=4)

    def __enter__(self) -> Live:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def ended(self, number: int, outcome: Outcome) -> None:
        self._done += 1
        self._ended[number] = (outcome, time.monotonic() - self._begun.pop(number))

    def turn(self) -> None:
        pass

    def _table(self) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for _ in range(3):
            table.add_column(no_wrap=True)
        room = max(4, self._console.size.height - 4 - len(self._begun))
        for point in list(self._ended)[-room:]:
            outcome, seconds = self._ended[point]
            wording = f"{_ending(outcome, self._last.get(point))}, {duration(seconds)}"
            style = {FINISHED: "green", FAILED: "red"}.get(outcome.status, "yellow")
            table.add_row(self._names[point], Text(outcome.status, style), wording)
        for point in sorted(self._begun):
            last = self._last.get(point, {"step": 0, "goal": 1})
            bar = ProgressBar(total=last["goal"], completed=last["step"], width=_BAR)
            table.add_row(self._names[point], bar, _course(self._last.get(point)))
        left = len(self._names) - self._done - len(self._begun)
        table.add_row("", "", Text(f"{self._done} of {len(self._names)} points done, {left} waiting", "dim"))
        return table


def choose(kind: str, names: Sequence[str]) -> Lines:
    """The display of a kind: "live", "plain", "quiet", or "auto" (live on a terminal, else plain). On stderr."""
    console = safe_console(stderr=True, quiet=kind == "quiet")
    if kind not in ("live", "plain", "quiet", "auto"):
        raise ValueError(f"display is live, plain, quiet or auto, not {kind!r}")
    live = kind == "live" or (kind == "auto" and console.is_terminal and not console.is_dumb_terminal)
    return Live(console, names) if live else Lines(console, names)


def _course(last: Mapping[str, Any] | None) -> str:
    if last is None:
        return "compiling"
    wording = f"step {last['step']}/{last['goal']}  loss {number(last['best'])}"
    return f"{wording}  median {number(last['median'])}  {duration(last['left'])} left"


def _ending(outcome: Outcome, last: Mapping[str, Any] | None) -> str:
    if outcome.status != FINISHED:
        return f"{outcome.status}: {first}" if (first := outcome.message.partition("\n")[0]) else outcome.status
    return "done" if last is None else f"loss {number(last['best'])}, median {number(last['median'])}"
