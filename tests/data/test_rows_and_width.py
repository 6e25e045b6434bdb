"""Some rows of a table, and strings that are shorter or longer than its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.data_calls import fault, load

BITS = np.random.default_rng(0).integers(0, 2, size=(7, 4))


@pytest.fixture(params=["npz", "csv"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """A source and the arguments that name its file."""
    np.savez(tmp_path / "a.npz", x=BITS)
    (tmp_path / "a.csv").write_text("\n".join(["a,b,c,d", *(",".join(map(str, row)) for row in BITS)]))
    return str(request.param), {"folder": tmp_path, "path": f"a.{request.param}"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"rows": (2, 4)}, BITS[2:5]),
        ({"rows": (6, 6)}, BITS[6:]),
        ({"width": 4}, BITS),
        ({"width": 3}, BITS[:, :3]),
        ({"width": 8}, BITS[:6].reshape(3, 8)),  # the seventh row fills no string
        ({"rows": (1, 6), "width": 12}, BITS[1:].reshape(2, 12)),
        ({"rows": (0, 3), "columns": (3, 1), "width": 4}, BITS[:4, [3, 1]].reshape(2, 4)),
    ],
)
def test_rows_and_width(table: tuple[str, dict[str, Any]], arguments: dict[str, Any], expected: Any) -> None:
    source, named = table
    data = load(source, **named, **arguments)
    np.testing.assert_array_equal(data.rows, expected)
    np.testing.assert_allclose(data.weights, 1 / len(expected))


@pytest.mark.parametrize(
    ("arguments", "wording"),
    [
        ({"rows": (0, 7)}, "rows 0..7 of a table of 7 rows"),
        ({"width": 6}, "no whole number of rows of 4 bits"),
        ({"width": 32}, "8 rows together, but there are 7"),
        ({"columns": (0, 1), "condition": (2,), "width": 4}, "each row has conditions of its own"),
    ],
)
def test_what_does_not_fit(table: tuple[str, dict[str, Any]], arguments: dict[str, Any], wording: str) -> None:
    source, named = table
    diagnostic = fault(source, **named, **arguments)
    assert diagnostic.code == "QGL0613"
    assert wording in diagnostic.message


def test_conditions_go_with_their_rows(table: tuple[str, dict[str, Any]]) -> None:
    source, named = table
    data = load(source, **named, columns=(0, 1, 2), condition=(3,), rows=(1, 5), width=2)
    np.testing.assert_array_equal(data.rows, BITS[1:6, :2])
    np.testing.assert_array_equal(data.conditions, BITS[1:6, 3:])
