"""Pictures of runs: what they are made of, and that they are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qgl.bits.neighbourhood import Neighbourhood
from qgl.evaluate.pairs import Moments
from qgl.program.program import DataSet, Geometry, Program, Wire
from qgl.report import pictures
from qgl.report.figures import picture
from qgl.runs.history import History
from tests.train.softmax_model import SPAN, SoftmaxModel


def distribution(seed: int, width: int = 4) -> pictures.Distribution:
    random = np.random.default_rng(seed)
    return pictures.empirical((random.random((300, width)) < random.random(width)).astype(np.uint8))


def placed(sites: list[int], positions: list[tuple[float, float]]) -> Program:
    """A program whose visible qubits sit on sites of a lattice."""
    wires = tuple(Wire("visible", "v", k, ("board", site), SPAN) for k, site in enumerate(sites))
    board = Geometry("board", len(positions), (), tuple(positions))
    return replace(SoftmaxModel().program, wires=wires, visible=tuple(range(len(sites))), geometries=(board,))


GRID = [(float(column), float(row)) for row in range(2) for column in range(3)]
DATA = DataSet("d", np.zeros((1, 6), np.uint8), np.ones(1), None, True, "", "")


def test_bits_on_a_grid_are_a_picture() -> None:
    assert picture(placed([0, 1, 2, 3, 4, 5], GRID), DATA) == ((2, 3), [0, 1, 2, 3, 4, 5])
    assert picture(placed([5, 0], GRID), DATA) == ((2, 3), [5, 0])


def test_bits_on_a_line_or_ring_are_none_unless_the_data_say_so() -> None:
    line = placed([0, 1, 2], [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)])
    ring = placed([0, 1, 2], [(0.0, -1.0), (0.87, 0.5), (-0.87, 0.5)])
    for program in (line, ring):
        assert picture(program, DATA) == (None, [])
        assert picture(program, replace(DATA, picture=(3, 2))) == ((3, 2), list(range(6)))


def test_joined_distributions_keep_their_probabilities() -> None:
    one, other = distribution(1), distribution(2)
    strings, both = pictures.joined(one, other)
    for row, probabilities in zip((one, other), both, strict=True):
        table = {tuple(string): weight for string, weight in zip(row[0], row[1], strict=True)}
        np.testing.assert_allclose(probabilities, [table.get(tuple(string), 0.0) for string in strings])


@pytest.mark.parametrize(("seeds", "terms", "steps"), [(1, 1, 1), (3, 2, 40), (2, 7, 5)])
def test_loss_curves_are_drawn(seeds: int, terms: int, steps: int) -> None:
    loss = np.geomspace(1, 1e-4, steps)[:, None] * np.ones(seeds)
    loss[-1, -1] = np.nan
    norm, status = np.nan_to_num(loss), np.zeros((steps, seeds), np.int32)
    history = History(loss, {f"term {k}": loss for k in range(terms)}, norm, status)
    figure = pictures.loss_curves(history, 0, title="x", unit="nats", floor=1e-5)
    assert figure.axes[0].get_ylabel() == "loss (nats)"
    assert len(figure.axes) == (3 if terms > 1 else 2)
    without = pictures.loss_curves(replace(history, gradient_norm=norm * np.nan), 0, title="x")
    assert len(without.axes) == len(figure.axes) - 1  # no gradient, and nothing to draw of it
    data = pictures.png(figure)
    assert data.startswith(b"\x89PNG") and data == pictures.png(figure)


def test_samples_and_moments_are_drawn() -> None:
    rows = np.eye(4, dtype=np.uint8)
    for figure in (
        pictures.histogram(distribution(3), distribution(4)),
        pictures.histogram(distribution(3, 30), distribution(4, 30), sampled=300),
        pictures.images(rows, rows[:1], (2, 2), [0, 1, 2, 3]),
        pictures.moments(distribution(3), distribution(4), Moments.of(Neighbourhood.row(4))),
        pictures.moments(distribution(3, 130), distribution(4, 130), Moments.of(Neighbourhood.row(130))),
        pictures.strings(distribution(3, 1200)[0], distribution(4, 1200)[0]),
    ):
        assert pictures.png(figure).startswith(b"\x89PNG")
