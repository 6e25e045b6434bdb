"""Trainable token embedding: its rows, its first measurement, and every figure at a small size."""

from __future__ import annotations

import itertools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from examples.published import published
from examples.tokens import reproduce, vocabulary

FOLDER = Path(reproduce.__file__).parent
_, FIGURES = published("tokens")


def test_the_rows_are_those_that_the_script_draws() -> None:
    np.testing.assert_array_equal(np.load(vocabulary.FILE)["rows"], vocabulary.draw())


def test_the_likelihood_of_letters_by_all_paths() -> None:
    """Of all rows of three letters it is a distribution, and by the sum over states of one of them."""
    rows = np.array(list(itertools.product(range(4), repeat=3)), np.uint8)
    p = np.array([np.exp(-vocabulary.negative_log_likelihood(row[None])) for row in rows])
    assert p.sum() == pytest.approx(1)
    a, e, row = vocabulary.MOVES, vocabulary.LETTERS, (2, 0, 3)
    by_paths = sum(
        vocabulary.START[i] * e[i, row[0]] * a[i, j] * e[j, row[1]] * a[j, k] * e[k, row[2]]
        for i, j, k in itertools.product(range(2), repeat=3)
    )
    assert p[2 * 16 + 0 + 3] == pytest.approx(by_paths)


def test_a_copy_measures_the_site() -> None:
    """With an embedding that copies exactly, letters have the distribution that they have without."""
    whole, plain = (qgl.load(FOLDER / "hmm.qgl", length=2, embedded=embedded) for embedded in (True, False))
    params = dict(whole.init(jax.random.key(0)))
    copy: NDArray[np.float64] = np.zeros((16, 4, 2))
    copy[5 * np.arange(4), np.arange(4), 0] = 1  # |x> to |x, x>
    params["embed"] = jnp.asarray(copy.ravel())
    found = whole.probabilities(params)
    np.testing.assert_allclose(found, plain.probabilities(params), atol=1e-5)


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    parts = (reproduce.vocabulary, reproduce.machine, reproduce.rna, reproduce.wide, reproduce.chains)
    ours = {key: found for part in parts for key, found in part(True).items()}
    assert set(ours) == {figure.key for figure in FIGURES}
    assert ours["qubits"].value == 6
