"""Drawing many strings from a trained model, in batches of bounded memory."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.model import Model
from qgl.parameters import Params

_BATCH = 1 << 18  # strings drawn in one call of the device


def draw(model: Model, params: Params, number: int, seed: int, condition: Any = None) -> NDArray[np.uint8]:
    """`number` strings, shape (number, n); the same for the same seed."""
    key = jax.random.key(seed, impl="threefry2x32")
    batches = [
        np.asarray(model.sample(params, jax.random.fold_in(key, batch), min(_BATCH, number - start), condition))
        for batch, start in enumerate(range(0, number, _BATCH))
    ]
    return np.concatenate(batches).astype(np.uint8)
