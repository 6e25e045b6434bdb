"""Which of the numbers that outputs hand out an objective is about."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.program.outputs import Outputs

Array = jax.Array


def columns_of(outputs: Outputs, names: Sequence[str]) -> NDArray[np.int64]:
    """The columns of the named outputs, one after another, in the answer to `Numbers`; of all of them without names."""
    places = outputs.named(np.arange(outputs.size)[None])
    return np.concatenate([places[name].reshape(-1) for name in names or places])
