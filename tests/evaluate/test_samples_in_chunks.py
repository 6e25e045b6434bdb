"""Strings that are drawn in many chunks come from one run of the circuit where that is the cheaper way."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
import pytest

import qgl
from qgl.bits.distribution import indices
from qgl.evaluate import in_chunks

TEXT = "visible v[3]; param a[3] ~ normal(0, 1); model { ry(a) v; cx v[0], v[1]; cx v[1], v[2]; }"


def test_many_chunks_run_the_circuit_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_chunks, "_DRAWN_BITS", 3 * 1000)
    model = qgl.loads(TEXT)
    params = model.init(jax.random.key(0))
    asked: list[str] = []
    for name in ("sample", "probabilities"):
        method = getattr(type(model), name)

        def counted(self: object, *given: object, name: str = name, method: Callable[..., object] = method) -> object:
            asked.append(name)
            return method(self, *given)

        monkeypatch.setattr(type(model), name, counted)
    strings = in_chunks.sample(model, params, 20_500, seed=4)
    assert asked == ["probabilities"] and strings.shape == (20_500, 3) and strings.dtype == np.uint8
    assert np.array_equal(strings, in_chunks.sample(model, params, 20_500, seed=4))
    p = np.asarray(model.probabilities(params))
    assert np.abs(np.bincount(indices(strings), minlength=8) / len(strings) - p).max() < 0.02
    asked.clear()
    assert in_chunks.sample(model, params, 900, seed=4).shape == (900, 3) and asked == ["sample"]
