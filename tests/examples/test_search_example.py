"""Architecture search: circuits that the pools hold, and every figure at a small size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from examples.published import published
from examples.search import reproduce
from qgl.program.choices import Bits
from qgl.program.picking import choices_of, picked
from tests.reference.density import probabilities

FOLDER = Path(reproduce.__file__).parent
_, FIGURES = published("search")


@pytest.mark.parametrize(
    ("name", "values", "counts"),
    [("ghz2", (1, 2, 6), (8, 8, 8)), ("ghz3", (1, 9, 10), (15, 15, 15))],
)
def test_a_circuit_of_the_pool_is_exact(name: str, values: tuple[int, ...], counts: tuple[int, ...]) -> None:
    """`ry` and what copies it, picked by hand, by the dense reference."""
    program = qgl.load(FOLDER / f"{name}.qgl").program
    choices = choices_of(program)
    assert tuple(choice.count for choice in choices) == counts
    bits: Bits = {}
    for choice, value in zip(choices, values, strict=True):
        bits |= {wire: bool(value >> k & 1) for k, wire in enumerate(reversed(choice.wires))}
    left = picked(program, choices, bits)
    assert [operation.name for operation in left.operations] == (
        ["ry", "rz", "cx"] if name == "ghz2" else ["ry", "cx", "cx"]
    )
    size = sum(parameter.size for parameter in program.parameters)
    p = probabilities(left, np.full(size, np.pi / 2))
    assert p[0] == pytest.approx(0.5) and p[-1] == pytest.approx(0.5)


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    parts = (reproduce.ghz2, reproduce.ghz3, reproduce.bas)
    ours = {key: found for part in parts for key, found in part(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
    assert 0 <= (ours["ghz2_exact"].value or 0) <= 8 and (ours["bas_best"].value or 0) > 0
