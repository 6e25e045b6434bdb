"""The table `returns.csv`: a formula, no market. `python examples/returns/make_returns.py` writes it again.

A thousand days of returns of three funds, in percent: normal numbers with correlations 0.5, -0.4 and -0.2.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NAMES = ("shares", "growth", "bonds")
CORRELATIONS = np.array([[1.0, 0.5, -0.4], [0.5, 1.0, -0.2], [-0.4, -0.2, 1.0]])
DEVIATIONS, MEANS = np.array([1.0, 1.6, 0.4]), np.array([0.03, 0.04, 0.01])
DAYS = 1000


def returns() -> NDArray[np.float64]:
    """The returns, shape (days, funds)."""
    random = np.random.default_rng(2026)
    normal = random.standard_normal((DAYS, 3)) @ np.linalg.cholesky(CORRELATIONS).T
    made: NDArray[np.float64] = MEANS + DEVIATIONS * normal
    return made


def table() -> str:
    """The text of the table, a day a line."""
    lines = [",".join(("day", *NAMES))]
    for k, row in enumerate(returns()):
        day = date(2020, 1, 1) + timedelta(days=k)
        lines.append(",".join((day.isoformat(), *(f"{number:.4f}" for number in row))))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("returns.csv").write_text(table())
