"""What is shown while a model trains."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from qgl.diagnostics import terminal as terminals
from qgl.report import display
from qgl.report.display import Live, Plain, Progress


def progress(step: int = 50, seeds: int = 3) -> Progress:
    loss = np.linspace(0.5, 0.2, seeds, dtype=np.float64)
    return Progress(
        step=step,
        goal=100,
        loss=loss,
        terms={"nll": loss + 1, "mmd": loss / 7},
        gradient_norm=loss / 10,
        status=np.asarray([1] + [0] * (seeds - 1)),
        rate=25.0,
        trace=tuple(np.geomspace(10, 0.2, 30)),
    )


def console(terminal: bool = False) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return terminals.console(file=text, force_terminal=terminal, width=100), text


def test_plain_lines() -> None:
    where, text = console()
    shown = Plain(where)
    shown.start("bars [x]: adam")
    shown.compiled(1.25)
    for step in (1, 5, 50, 51, 99):
        shown.update(progress(step))
    shown.note("a note")
    shown.stop()
    lines = text.getvalue().splitlines()
    assert lines[0] == "bars [x]: adam" and lines[1] == "compiled in 1.2 s" and lines[-1] == "a note"
    steps = [line for line in lines if line.startswith("step")]
    assert [line.split()[1] for line in steps] == ["50/100", "99/100"]
    assert "loss 0.2 " in steps[0] and "median 0.35" in steps[0] and "2 s left" in steps[0] and "\x1b" not in steps[0]


def test_live_panel() -> None:
    where, text = console(terminal=True)
    shown = Live(where)
    shown.start("bars [x]: adam")
    shown.compiled(1.25)
    shown.update(progress())
    shown.note("careful [here]")
    shown.stop()
    out = text.getvalue()
    for wording in (
        "bars [x]: adam",
        "50 of 100",
        "median of 3",
        "steps/s",
        "compiled in 1.2 s",
        "careful [here]",
        "nll",
    ):
        assert wording in out


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    where, text = console(terminal=True)
    shown = Live(where)
    shown.start("x")
    shown.compiled(1.0)
    shown.update(progress())
    shown.stop()
    assert "\x1b[36m" not in text.getvalue()


def test_losses_that_are_not_numbers_are_no_trouble() -> None:
    failed = Progress(
        step=1,
        goal=2,
        loss=np.asarray([np.nan]),
        terms={"nll": np.asarray([np.nan])},
        gradient_norm=np.asarray([np.inf]),
        status=np.asarray([3]),
        rate=0.0,
        trace=(np.inf,),
    )
    where, text = console()
    shown = Plain(where)
    shown.update(failed)
    shown.stop()
    assert "nan" in text.getvalue() and "? left" in text.getvalue()


@pytest.mark.parametrize(
    ("seconds", "wording"),
    [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (float("inf"), "?")],
)
def test_durations(seconds: float, wording: str) -> None:
    assert display.duration(seconds) == wording


def test_sparkline() -> None:
    assert display.sparkline((1.0, 2.0, 3.0)) == "▁▅█"
    assert display.sparkline((1e-6, 1e-3, 1.0)) == "▁▅█"
    assert display.sparkline((1.0, 1.0)) == "▁▁" and display.sparkline((float("nan"),)) == ""


def test_unknown_kind() -> None:
    with pytest.raises(ValueError, match="auto"):
        display.choose("loud")
