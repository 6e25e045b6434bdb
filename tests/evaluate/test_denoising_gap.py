"""The denoising gap, against posteriors of a distribution that is known."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import xlogy

from qgl import loads
from qgl.bits.distribution import distribution, strings
from qgl.bits.neighbourhood import Neighbourhood
from qgl.evaluate.of_data.denoising import middle
from qgl.report.report import measure
from tests.check.checking import faults

ONE, OTHER = "000000", "111111"
PROGRAM = f"""
data d = flipped(pair, 0.1);
data pair = strings(["{ONE}", "{OTHER}"], weights = [1, 3]);
visible v[6];
model {{ h v; }}
report denoising_gap(d, p = 0.3, around = [0, 1, 5], bits = v[0], draws = 3);
"""


def left(p: NDArray[np.float64], noise: float, bit: int, seen: list[int]) -> float:
    """H(clean bit | noisy bits of `seen`), by all pairs of strings."""
    every = strings(np.arange(64), 6)
    wrong = (every[:, None] != every[None]).sum(axis=2)
    joint = p[:, None] * noise**wrong * (1 - noise) ** (6 - wrong)  # of clean and noisy strings
    codes = every[:, seen] @ (1 << np.arange(len(seen)))
    table = np.zeros((2, 1 << len(seen)))
    np.add.at(table, (every[:, bit][:, None], codes[None]), joint)
    return float(xlogy(table.sum(axis=0), table.sum(axis=0)).sum() - xlogy(table, table).sum())


def test_of_a_known_distribution() -> None:
    model = loads(PROGRAM)
    p = distribution(model.program.data["d"])
    rows = measure(model, {}, model.program.reports)
    assert [row.name.rsplit(", ", 1)[1] for row in rows] == ["around 0", "around 1", "around 5"]
    for row, seen in zip(rows, ([0], [0, 1], [*range(6)]), strict=True):
        wanted = left(p, 0.3, 0, seen) - left(p, 0.3, 0, [*range(6)])
        assert row.value is not None and row.error is not None
        assert abs(row.value - wanted) < 4 * row.error + 0.004, row
    assert rows[0].value is not None and rows[0].value > 0.07 and rows[2].value == 0
    told = re.search(r"all noisy bits (\S+) nats a bit; boosted trees", rows[0].note)
    assert told is not None and float(told[1]) == pytest.approx(left(p, 0.3, 0, [*range(6)]), abs=0.02)


def test_the_gap_of_a_label() -> None:
    """Three bits that are the label, each wrong with probability 0.1: it tells what noise hides."""
    text = """
    data seen = digits(classes = [0, 1], size = 2, labels = true);
    visible v[4];
    model { h v; }
    report denoising_gap(seen, p = [0.1, 0.4], draws = 2);
    """
    rows = measure(loads(text), {}, loads(text).program.reports)
    parts = [(row.name.split(", ")[1], row.name.rsplit(", ", 1)[1]) for row in rows]
    assert parts == [(p, part) for p in ("p = 0.1", "p = 0.4") for part in ("around 1", "of the label")]
    assert rows[3].value is not None and rows[1].value is not None and rows[3].value > max(0.05, rows[1].value)


def test_the_middle_of_a_lattice_and_of_a_row() -> None:
    grid = tuple((k, k + step) for k in range(16) for step in (1, 4) if k + step < 16 and (step == 4 or k % 4 < 3))
    assert middle(Neighbourhood(tuple(range(16)), grid), 4) == (5, 6, 9, 10)
    assert middle(Neighbourhood.row(7), 3) == (2, 3, 4)


def test_without_the_library_there_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    model = loads(PROGRAM)
    (row,) = measure(model, {}, model.program.reports)
    assert row.value is None and "qglc[baselines]" in row.note


@pytest.mark.parametrize(
    ("report", "code", "part"),
    [
        ("denoising_gap(narrow, p = 0.1)", "QGL0611", "3 bits per row"),
        ("denoising_gap(d, p = 1.5)", "QGL0703", "at most 1"),
        ("denoising_gap(d, p = 0.1, fit = marked)", "QGL0702", "other labels"),
        ("denoising_gap(d, p = 0.1, draws = 1000, fit = large)", "QGL0702", "fewer `draws`"),
    ],
)
def test_what_cannot_be_asked(report: str, code: str, part: str) -> None:
    declared = """
    data d = parity(4);
    data narrow = parity(3);
    data ink = digits(size = 2);
    data large = flipped(ink, 0.1, draws = 20);
    data marked = digits(size = 2, labels = true);
    visible v[4];
    model { ry(?) v; }
    """
    (fault,) = (each for each in faults(f"{declared}report {report};") if each.code != "QGL0211")
    assert fault.code == code and part in f"{fault.message} {fault.help}"
    (watched,) = (
        each
        for each in faults(f"{declared}objective nll(d);\ntrain {{ watch denoising_gap(d, p = 0.1); }}")
        if each.code != "QGL0211"
    )
    assert "training does not change" in watched.message
