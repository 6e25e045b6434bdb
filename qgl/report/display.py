"""What a user sees while a model trains: a live panel on a terminal, a line in a notebook, plain
lines elsewhere, or nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.terminal import console as safe_console
from qgl.diagnostics.terminal import visible
from qgl.runs.seed_status import RUNNING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_BAR = 48  # characters
_TICKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run after `step` of `goal` steps. Arrays of shape (seeds,) are those of the last step."""

    step: int
    goal: int
    loss: NDArray[np.float64]
    terms: dict[str, NDArray[np.float64]]
    gradient_norm: NDArray[np.float64]
    status: NDArray[np.int32]
    rate: float  # steps a second
    trace: tuple[float, ...] = ()  # best loss at evenly spread steps so far
    watched: dict[str, NDArray[np.float64]] = field(default_factory=dict)  # measured last
    impossible: dict[str, NDArray[np.float64]] = field(default_factory=dict)  # of those, rows that cannot be given

    def cannot_give(self, name: str, seed: int) -> str:
        """What stands behind a likelihood that was watched, if rows cannot be given."""
        count = self.impossible[name][seed] if name in self.impossible else 0
        return f" ({count:,.0f} row{'s' * (count != 1)} impossible)" if count > 0 else ""

    @property
    def best(self) -> int:
        """The seed of the lowest loss."""
        return int(np.argmin(np.where(np.isfinite(self.loss), self.loss, np.inf)))

    @property
    def median(self) -> float:
        return _median(self.loss)

    @property
    def seconds_left(self) -> float:
        return (self.goal - self.step) / self.rate if self.rate > 0 else float("inf")


def _median(values: NDArray[np.float64]) -> float:
    """Of the finite ones."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else float("nan")


class Display(Protocol):
    """Receives events in order: `start`, `compiled`, any number of `update` and `note`, `stop`."""

    def start(self, title: str) -> None: ...
    def compiled(self, seconds: float) -> None: ...
    def update(self, progress: Progress) -> None: ...
    def note(self, text: str) -> None: ...
    def stop(self) -> None: ...


class Silent:
    """Shows nothing."""

    def start(self, title: str) -> None:
        pass

    def compiled(self, seconds: float) -> None:
        pass

    def update(self, progress: Progress) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def stop(self) -> None:
        pass


class Plain:
    """One line now and then: at the start, each tenth of the way or every `every` seconds, and at the end."""

    def __init__(self, console: Console, every: float = 10.0) -> None:
        self._console, self._every = console, every
        self._shown_step, self._shown_at = 0, 0.0
        self._last: Progress | None = None

    def start(self, title: str) -> None:
        self._line(title)

    def compiled(self, seconds: float) -> None:
        self._line(f"compiled in {seconds:.1f} s")
        self._shown_at = time.monotonic()

    def update(self, progress: Progress) -> None:
        self._last = progress
        tenth = 10 * progress.step // progress.goal > 10 * self._shown_step // progress.goal
        if tenth or time.monotonic() - self._shown_at >= self._every:
            self._show(progress)

    def note(self, text: str) -> None:
        self._line(text)

    def stop(self) -> None:
        if self._last is not None and self._last.step != self._shown_step:
            self._show(self._last)

    def _show(self, progress: Progress) -> None:
        self._shown_step, self._shown_at = progress.step, time.monotonic()
        seed = progress.best
        shown = {**progress.terms, **progress.watched}
        terms = "".join(
            f"  {name} {number(values[seed])}{progress.cannot_give(name, seed)}" for name, values in shown.items()
        )
        median = f"  median {number(progress.median)}" if progress.loss.size > 1 else ""
        norm = progress.gradient_norm[seed]
        gradient = "" if np.isnan(norm) else f"|grad| {number(norm)}  "  # there is none without a gradient
        self._line(
            f"step {progress.step}/{progress.goal}  loss {number(progress.loss[seed])}{median}{terms}  "
            f"{gradient}{progress.rate:.3g} steps/s  "
            f"{duration(progress.seconds_left)} left"
        )

    def _line(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


class Live:
    """A panel that is redrawn in place."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live as RichLive

        self._console = console
        self._title, self._begun = "", 0.0
        self._compiled: float | None = None
        self._progress: Progress | None = None
        self._live = RichLive(get_renderable=self._panel, console=console, refresh_per_second=8)

    def start(self, title: str) -> None:
        self._title, self._begun = title, time.monotonic()
        self._live.start(refresh=True)

    def compiled(self, seconds: float) -> None:
        self._compiled = seconds

    def update(self, progress: Progress) -> None:
        self._progress = progress

    def note(self, text: str) -> None:
        self._console.print(text, highlight=False)

    def stop(self) -> None:
        self._live.stop()

    def _panel(self) -> RenderableType:
        from rich.box import ROUNDED
        from rich.panel import Panel
        from rich.text import Text

        if self._compiled is None:
            body: Any = Text(f"compiling ... {time.monotonic() - self._begun:.1f} s", style="yellow")
        elif self._progress is None:
            body = Text(f"compiled in {self._compiled:.1f} s; first steps ...", style="yellow")
        else:
            body = _figures(self._progress, self._compiled)
        return Panel(body, title=Text(self._title, "bold"), title_align="left", box=ROUNDED, padding=(0, 1))


def _figures(progress: Progress, compiled: float) -> RenderableType:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    seed, count = progress.best, progress.loss.size
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_row("", ProgressBar(total=progress.goal, completed=progress.step, width=_BAR))
    table.add_row("step", f"{progress.step} of {progress.goal}")
    others = "" if count == 1 else f" (seed {seed}), median of {count}: {number(progress.median)}"
    table.add_row("loss", Text.assemble((number(progress.loss[seed]), "bold"), others))
    if len(progress.terms) > 1:
        terms = ", ".join(f"{name} {number(values[seed])}" for name, values in progress.terms.items())
        table.add_row("terms", terms)
    for name, values in progress.watched.items():
        figures = f"{number(values[seed])}{progress.cannot_give(name, seed)}"
        figures += f", median {number(_median(values))}" if count > 1 else ""
        table.add_row("watched", f"{name} {figures}")
    if not np.isnan(progress.gradient_norm[seed]):
        table.add_row("gradient", f"norm {number(progress.gradient_norm[seed])}")
    table.add_row("course", sparkline(progress.trace))
    finished = int(np.sum(progress.status != RUNNING))
    if finished:
        table.add_row("finished", f"{finished} of {count} seeds")
    left = duration(progress.seconds_left)
    table.add_row("time", f"{progress.rate:.3g} steps/s, {left} left (compiled in {compiled:.1f} s)")
    return table


class NotebookLine:
    """One line in a notebook that is written anew, and stays as it was at the end."""

    EVERY = 0.25  # seconds

    def __init__(self) -> None:
        self._title = ""
        self._notes: list[str] = []
        self._handle: Any = None
        self._line, self._shown_at = "", 0.0

    def start(self, title: str) -> None:
        from IPython.display import HTML, display

        self._title = title
        self._handle = display(HTML(self._html("compiling ...")), display_id=True)  # type: ignore[no-untyped-call]

    def compiled(self, seconds: float) -> None:
        self._show(f"compiled in {seconds:.1f} s; first steps ...", always=True)

    def update(self, progress: Progress) -> None:
        seed = progress.best
        shown = {**(progress.terms if len(progress.terms) > 1 else {}), **progress.watched}
        parts = [
            f"step {progress.step} of {progress.goal}",
            f"loss {number(progress.loss[seed])}",
            *(f"median {number(progress.median)}" for _ in range(progress.loss.size > 1)),
            *(f"{name} {number(values[seed])}{progress.cannot_give(name, seed)}" for name, values in shown.items()),
            sparkline(progress.trace),
            f"{progress.rate:.3g} steps/s",
        ]
        if progress.step < progress.goal:
            parts.append(f"{duration(progress.seconds_left)} left")
        self._show(" &nbsp; ".join(escape(visible(part)) for part in parts))

    def note(self, text: str) -> None:
        self._notes.append(text)
        self._show(self._line, always=True)

    def stop(self) -> None:
        self._show(self._line, always=True)

    def _show(self, line: str, always: bool = False) -> None:
        self._line = line
        now = time.monotonic()
        if self._handle is not None and (always or now - self._shown_at >= self.EVERY):
            from IPython.display import HTML

            self._shown_at = now
            self._handle.update(HTML(self._html(line)))  # type: ignore[no-untyped-call]

    def _html(self, line: str) -> str:
        notes = "".join(f"<br>{escape(visible(note))}" for note in self._notes)
        return f"<code><b>{escape(visible(self._title))}</b> &nbsp; {line}{notes}</code>"


def choose(kind: str) -> Display:
    """The display of a kind: "live", "plain", "quiet", or "auto" (a line in a notebook, live on a terminal, else
    plain). On stderr."""
    if kind == "quiet":
        return Silent()
    console = safe_console(stderr=True)
    match kind:
        case "plain":
            return Plain(console)
        case "live":
            return Live(console)
        case "auto" if console.is_jupyter:
            return NotebookLine()
        case "auto":
            return Live(console) if console.is_terminal and not console.is_dumb_terminal else Plain(console)
    raise ValueError(f"display is live, plain, quiet or auto, not {kind!r}")


def number(value: float) -> str:
    """A figure of four digits: `0.01235`, `1.2e-07`."""
    return f"{float(value):.4g}"


def duration(seconds: float) -> str:
    """`45 s`, `3 min 20 s`, `2 h 5 min`."""
    if not np.isfinite(seconds):
        return "?"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def sparkline(values: tuple[float, ...]) -> str:
    """A row of blocks of the heights of `values`; logarithmic where all are positive and far apart."""
    finite = np.asarray([value for value in values if np.isfinite(value)])
    if finite.size == 0:
        return ""
    if finite.min() > 0 and finite.max() > 20 * finite.min():
        finite = np.log(finite)
    spread = finite.max() - finite.min()
    heights = np.zeros(finite.size) if spread == 0 else (finite - finite.min()) / spread
    return "".join(_TICKS[round(height * (len(_TICKS) - 1))] for height in heights)
