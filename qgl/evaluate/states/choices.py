"""The probabilities of the values of choices: hidden variables whose measured values decide what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qgl.evaluate.row import Row
from qgl.objectives.model import Setting
from qgl.query import Marginals, Query


def probabilities(name: str, setting: Setting, answer: Callable[[Query], Any]) -> Iterator[Row]:
    """A row for each value of each choice; `name`: that of the report."""
    states = answer(Marginals(tuple(positions for _, positions, _ in setting.choices)))
    for (choice, _, count), state in zip(setting.choices, states, strict=True):
        for value, share in enumerate(np.diagonal(np.asarray(state)).real[:count]):
            yield Row(f"{name}, {choice} = {value}", max(0.0, float(share)), uniform=1 / count)
