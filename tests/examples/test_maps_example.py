"""Mixed states by local maps: the classical limit against conditional frequencies, and every figure at a small size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from examples.maps import chain, reproduce
from examples.maps.exact import errors, filled, reduced
from examples.published import published
from qgl.bits.regions import map_regions
from qgl.data.local_maps.maps import recovery

_, FIGURES = published("maps")


def entropy(columns: NDArray[np.uint8]) -> float:
    """Of the frequencies of the rows of some columns, in nats."""
    counts = np.unique(columns, axis=0, return_counts=True)[1] / len(columns)
    return -float(np.sum(counts * np.log(counts)))


def parents() -> list[list[int]]:
    """Of each of ten bits: those of its interval before it, or, in the gap, those on both sides and the first."""
    intervals = [list(range(start, k)) for start, end in ((0, 4), (6, 10)) for k in range(start, end)]
    gap = [[2, 3, 6, 7], [2, 3, 4, 6, 7]]
    return [*intervals[:4], *gap, *intervals[4:]]


def test_two_layers_are_conditional_frequencies() -> None:

    model, run = reproduce.two_layers(True, smoothing=0.0, n=10)
    rows = model.program.data["samples"].rows
    expected = sum(entropy(rows[:, [*given, k]]) - entropy(rows[:, given]) for k, given in enumerate(parents()))
    assert reproduce.likelihood(model, run, "samples") == pytest.approx(expected, abs=1e-3)


def test_the_chain_is_checked_at_sixteen_qubits(tmp_path: Path) -> None:
    """Its measurements are not shipped: these are uniformly random. The last gap has an interval on one side alone."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / chain.FILE, strings=random.integers(0, 2, (800, 16)), bases=random.integers(1, 4, (800, 16)))
    text = (chain.HERE / "chain.qgl").read_text(encoding="utf-8")
    (tmp_path / "chain.qgl").write_text(text, encoding="utf-8")
    model = qgl.load(tmp_path / "chain.qgl", n=16, count=400)
    assert not model.warnings
    assert map_regions(model.program) == (*(tuple(range(k, k + 6)) for k in (0, 4, 8)), (12, 13, 14, 15))


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    ours = {**reproduce.classical(True), **reproduce.rows(True), **reproduce.exact(True)}
    ours |= {**reproduce.ten(True), **reproduce.alone(True), **reproduce.shots(True)}
    assert set(ours) <= {figure.key for figure in FIGURES}
    assert ours["total_1_0_1"].value == pytest.approx(0, abs=1e-6)  # a layer of pairs is met exactly
    for case in ((2, 0.15, 1), (2, 0.15, 2)):
        own = errors(*case)
        assert 0 < own.total <= own.telescoped + 1e-9 and own.total <= own.local


def test_states_behind_maps() -> None:
    """What fills a gap, against Kraus operators on all qubits; the Petz map of what it is of gives that back."""
    random = np.random.default_rng(4)
    root = random.normal(size=(16, 5)) + 1j * random.normal(size=(16, 5))
    rho = root @ root.conj().T
    rho /= np.trace(rho).real
    isometry = recovery(reduced(rho, [3, 1, 2]), 4, 2)
    kraus = [isometry[:, k].reshape(2, 2, 2, 2, 2) for k in (0, 1)]  # qubits 3, 1, 2 from 3, 1
    before = reduced(rho, [0, 1, 3]).reshape([2] * 6)
    expected = sum(np.einsum("dbcyx,axyAXY,DBCYX->abdcABDC", k, before, k.conj()) for k in kraus)
    np.testing.assert_allclose(
        filled(before.reshape(8, 8), [0, 1, 3], [3, 1], isometry), np.reshape(expected, (16, 16))
    )
    np.testing.assert_allclose(reduced(np.reshape(expected, (16, 16)), [2, 1, 3]), reduced(rho, [3, 1, 2]), atol=1e-12)
