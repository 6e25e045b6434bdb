"""Programs of systems without a test of emission of their own: Qiskit reads their distribution from the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from tests.qasm.readers import qiskit_distribution

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL: dict[str, tuple[dict[str, Any], NDArray[np.float64] | None]] = {
    "mps/bars": ({"rows": 2, "cols": 2, "order": [2, 0, 1, 3]}, None),
    "tokens/hmm": ({"length": 2}, None),
    "trees/chain": ({"length": 3}, None),
    "trees/digits": ({"side": 2, "depth": 2}, np.array([0.2, 0.9, 0.4, 0.7])),
    "trees/leaves": ({"depth": 2}, None),
}


@pytest.mark.parametrize("name", SMALL)
def test_is_read_back(name: str) -> None:
    constants, condition = SMALL[name]
    model = qgl.load(EXAMPLES / f"{name}.qgl", **constants)
    params = model.init(jax.random.key(1))
    text = model.qasm(params, profile="qiskit", condition=condition, reuse=True)
    found = np.asarray(model.probabilities(params, condition))
    np.testing.assert_allclose(qiskit_distribution(text), found, atol=1e-5)
