"""Which strings are run again: a remainder that one or two perturbed runs leave as it is by chance is still found."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels import rounding
from qgl.kernels.rounding import LogLikelihood

LOG_PROB = jnp.asarray([-19.4, -19.4])


@pytest.mark.parametrize(("changes_at", "expected"), [(1, [1, 0]), (3, [1, 0]), (8, [1, 0]), (100, [0, 0])])
def test_a_doubtful_string_is_run_again_until_it_changes(changes_at: int, expected: list[int]) -> None:
    """The second string is in no doubt, and one that never changes has digits."""

    def again(known: Any, rows: jax.Array) -> LogLikelihood:
        salt = rounding._salt.get()
        return LogLikelihood(jnp.where(salt < changes_at, LOG_PROB, -50.0), jnp.zeros(len(rows), bool))

    doubtful = jnp.asarray([True, False])
    told = rounding._remainders(again, LOG_PROB, doubtful, None, jnp.zeros((2, 3), jnp.uint8))
    np.testing.assert_array_equal(told, expected)
