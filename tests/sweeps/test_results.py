"""Tables and pictures of results that are made up."""

from __future__ import annotations

import csv
import io

import pytest
from rich.console import Console

from qgl.report.pictures import png
from qgl.sweeps import picture
from qgl.sweeps.forecast import table as forecast
from qgl.sweeps.forecast import total
from qgl.sweeps.grid import Grid, Point
from qgl.sweeps.machine import Machine
from qgl.sweeps.results import Result, Spread, as_csv, best, markdown, table
from qgl.sweeps.survey import Surveyed


def result(point: Point, loss: float) -> Result:
    figures = {"loss": Spread(loss, loss / 2, 2 * loss), "kl(d)": Spread(0.25)}
    return Result(point, "finished", "", 100, 2.0, 3, figures, {"kl(d)": "nats"})


GRID = Grid.of({"depth": range(1, 4), "rate": [0.1, 0.01], "n": 4})
RESULTS = tuple(
    Result(point, "failed", "error: no\nindeed") if number == 3 else result(point, 10.0**-number)
    for number, point in enumerate(GRID.points)
)


def test_spread() -> None:
    assert Spread.of([3.0, None, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert Spread.of([3.0]) == Spread(3.0)
    assert Spread.of([None]) is None
    assert str(Spread.of([1.0, 2.0])) == "1.5 [1, 2]"


def test_tables_have_every_point() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(table("t", RESULTS, GRID.swept))
    text = console.export_text()
    assert "0.1 [0.05, 0.2]" in text and "kl(d) (nats)" in text and "failed" in text and "[least, largest]" in text
    assert text.count(" *") == 2 and "1e-05 [5e-06, 2e-05] *" in text and "* the lowest median loss" in text
    page = markdown("t", RESULTS, GRID.swept, "sweep.png")
    assert "| 1 | 0.01 | 100 | 2 s | 0.1 [0.05, 0.2] | 0.25 |" in page
    assert "depth=2,rate=0.01 failed:" in page and "    indeed" in page and "(sweep.png)" in page
    lines = list(csv.DictReader(io.StringIO(as_csv(RESULTS, ["depth", "rate", "n"]))))
    assert len(lines) == 6
    assert lines[1]["loss min"] == "0.05" and lines[1]["rate"] == "0.01" and lines[1]["kl(d) max"] == ""
    assert lines[3]["status"] == "failed" and lines[3]["loss median"] == ""


def test_the_best_point_is_the_finished_one_of_the_lowest_median_loss() -> None:
    lowest = best(RESULTS)
    assert lowest is not None and lowest.point == GRID.points[5]
    assert best([each for each in RESULTS if each.status == "failed"]) is None


def test_picture_takes_the_first_number_across_and_colours_for_the_rest() -> None:
    figure = picture.draw("t", RESULTS, GRID.swept)
    assert figure is not None
    loss, divergence = figure.axes
    assert [line.get_label() for line in loss.lines] == ["rate=0.1", "rate=0.01"]
    assert list(loss.lines[0].get_xdata()) == [1, 2, 3]  # type: ignore[arg-type]
    assert loss.get_yscale() == "log" and divergence.get_yscale() == "linear"
    assert divergence.get_xlabel() == "depth" and divergence.get_xscale() == "linear"
    assert png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("values", "scale", "across"),
    [
        ([0.1, 0.01, 0.001], "log", [0.001, 0.01, 0.1]),
        (["b", "a", 3], "linear", [0, 1, 2]),
        ([True, False], "linear", [0, 1]),
    ],
)
def test_picture_of_other_values(values: list[float | str], scale: str, across: list[float]) -> None:
    grid = Grid.of({"rate": values})
    figure = picture.draw("t", [result(point, 0.1) for point in grid.points], grid.swept)
    assert figure is not None
    assert figure.axes[-1].get_xscale() == scale
    assert list(figure.axes[0].lines[0].get_xdata()) == across  # type: ignore[arg-type]


def test_no_picture_of_one_point() -> None:
    assert picture.is_worth(RESULTS, GRID.swept)
    assert not picture.is_worth(RESULTS[:1], GRID.swept)
    assert not picture.is_worth(RESULTS, ())


def test_forecast() -> None:
    first, second = GRID.points[:2]
    found = [
        Surveyed(first, qubits=4, trained=8, method="state vector", steps=10, seeds=2, seconds=30.0, memory=10**6),
        Surveyed(second, qubits=4, trained=8, method="state vector", steps=10, seeds=2, seconds=50.0, memory=10**6),
    ]
    assert total(found, 2) == "2 points, 2 at a time: about 50 s, compilation not counted"
    assert total([*found, Surveyed(first, method="aer")], 2).endswith("up to the engine")
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(forecast(found, GRID.swept))
    assert "state vector" in console.export_text()


def test_jobs_by_what_the_machine_has() -> None:
    point = GRID.points[0]
    assert Machine((), 8, 10**10).jobs([Surveyed(point, memory=2 * 10**9)], None, 20) == 5  # of whole processes
    assert Machine((), 8, 10**11).jobs([Surveyed(point, memory=10**9)], None, 20) == 8
    assert Machine((), 8, 10**8).jobs([], None, 20) == 1
    assert Machine((), 8, 10**11).jobs([], 30, 3) == 3
    several = Machine(("0", "3"), 8, 10**11)
    assert several.jobs([], None, 20) == 2
    assert [several.environment(slot)["CUDA_VISIBLE_DEVICES"] for slot in range(3)] == ["0", "3", "0"]
    assert Machine((), 8, 1).environment(0) == {}
