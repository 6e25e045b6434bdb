"""MMD by expectations of words: fixed sets, words drawn at each step, and what the checker says of them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl import compiler, loads
from qgl.bits.neighbourhood import Neighbourhood
from qgl.bits.pauli_words import data_means, near_pauli_words
from qgl.data.environment import FolderEnvironment
from qgl.objectives import Objective, Setting, build
from qgl.objectives.kernel import Kernel
from qgl.objectives.pauli_words import DrawnPauliWords, FixedPauliWords
from qgl.plan.trajectories.method import Trajectories
from qgl.program.calls.kernels import Hamming, KernelCall
from qgl.program.calls.objectives import MMD
from qgl.program.program import DataSet
from qgl.query import GivenPauliWords
from qgl.source import Source, Span

SPAN = Span(Source("test", "mmd"), 0, 3)
HAMMING = Hamming((0.6, 1.3), span=SPAN)


def data_set(seed: int, width: int, count: int, equal: bool = True) -> DataSet:
    rng = np.random.default_rng(seed)
    weights = np.ones(count) if equal else rng.random(count)
    rows = rng.integers(0, 2, (count, width)).astype(np.uint8)
    return DataSet("d", rows, weights / weights.sum(), None, False, "", "")


def objective(data: DataSet, kernel: KernelCall = HAMMING, **given: Any) -> Objective:
    call = MMD("d", kernel, **given, span=SPAN)
    return build(call, Setting.in_a_row({"d": data}, data.width))


def slow_means(data: DataSet, pauli_words: NDArray[np.uint8]) -> NDArray[np.float64]:
    signs = np.where((data.rows.astype(int) @ pauli_words.T) % 2 == 1, -1.0, 1.0)
    result: NDArray[np.float64] = data.weights @ signs
    return result


def as_rows(positions: NDArray[np.int32], width: int) -> NDArray[np.uint8]:
    rows = np.zeros((len(positions), width + 1), np.uint8)
    np.put_along_axis(rows, positions.astype(np.int64), 1, axis=1)
    return rows[:, :width]


# ---------------------------------------------------------------- sets of words


@pytest.mark.parametrize("weight", [1, 2, 3, 4])
@pytest.mark.parametrize("reach", [None, 0, 1, 2, 4, 20])
def test_near_words_in_a_row(weight: int, reach: int | None) -> None:
    row = Neighbourhood.row(9)
    wanted = {
        positions
        for size in range(1, weight + 1)
        for positions in itertools.combinations(range(9), size)
        if reach is None or positions[-1] - positions[0] <= reach
    }
    found = near_pauli_words(row, weight, reach)
    assert found is not None and len(found) == len(wanted)
    assert {tuple(p for p in positions if p >= 0) for positions in found.tolist()} == wanted
    assert near_pauli_words(row, weight, reach, most=len(wanted)) is not None
    assert near_pauli_words(row, weight, reach, most=len(wanted) - 1) is None


def test_near_words_on_a_lattice_are_near_each_other_all() -> None:
    """On a 3 x 3 grid with its sites in another order than its bits."""
    sites = (4, 0, 8, 2, 6, 1, 3, 5, 7)
    edges = tuple((a, b) for a in range(9) for b in range(9) if b in (a + 3, a + 1 if a % 3 < 2 else -1))
    found = near_pauli_words(Neighbourhood(sites, edges), 3, 2)

    def distance(a: int, b: int) -> int:
        one, other = sites[a], sites[b]
        return abs(one // 3 - other // 3) + abs(one % 3 - other % 3)

    wanted = {
        positions
        for size in (1, 2, 3)
        for positions in itertools.combinations(range(9), size)
        if all(distance(a, b) <= 2 for a, b in itertools.combinations(positions, 2))
    }
    assert found is not None
    assert {tuple(p for p in positions if p >= 0) for positions in found.tolist()} == wanted


@pytest.mark.parametrize("equal", [True, False])
def test_data_means(equal: bool) -> None:
    data = data_set(0, 11, 77, equal)
    positions = near_pauli_words(Neighbourhood.row(11), 3, None)
    assert positions is not None
    means = data_means(data.rows, data.weights, positions)
    np.testing.assert_allclose(means, slow_means(data, as_rows(positions, 11)), atol=1e-12)


# ---------------------------------------------------------------- fixed words


def test_all_words_make_the_whole_discrepancy() -> None:
    """With every word but the empty one, up to the weight of the empty one in the spectrum."""
    data, p = data_set(1, 5, 9), np.random.default_rng(2).dirichlet(np.ones(32))
    fixed, whole = objective(data, weight=5), objective(data)
    assert isinstance(fixed, FixedPauliWords) and not fixed.stochastic
    pauli_words = as_rows(fixed.query.positions, 5)
    signs = (-1.0) ** (pauli_words.astype(int) @ np.array(list(itertools.product((0, 1), repeat=5))).T)
    with jax.enable_x64(True):
        exact = whole.loss({whole.queries[0]: jnp.asarray(p)}, None)
        value = fixed.loss({fixed.query: jnp.asarray(signs @ p)}, None)
        empty = float(Kernel.of(HAMMING).spectrum(5, jnp.dtype(jnp.float64))[0])
    assert value == pytest.approx(float(exact) / (1 - empty), rel=1e-12)


def test_the_spectrum_over_a_set_does_not_vanish_at_a_thousand_bits() -> None:
    weights = Kernel.of(HAMMING).over(np.array([1, 2, 2]), 1000)
    assert weights.sum() == pytest.approx(1) and np.all(weights > 0)
    rate = (1 - np.exp(-1 / (2 * 1.3**2))) / 2  # that of the wider kernel, all that counts at few ones
    assert weights[0] / weights[1] == pytest.approx((1 - rate) / rate)


# ---------------------------------------------------------------- drawn words


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("samples", [None, 3])
def test_drawn_words_are_unbiased(samples: int | None, equal: bool) -> None:
    """Over keys, with model draws of +1 and -1 of known means, within five standard errors of the exact value."""
    width, keys = 5, 4000
    data, p = data_set(3, width, 40, equal), np.random.default_rng(4).dirichlet(np.ones(32))
    whole = objective(data)
    exact = float(whole.loss({whole.queries[0]: jnp.asarray(p)}, None))
    drawn = DrawnPauliWords(Kernel.of(HAMMING), GivenPauliWords(6, samples), *_columns(data), equal=equal)
    strings = jnp.asarray(list(itertools.product((0, 1), repeat=width)))
    distribution = jnp.asarray(p, jnp.float32)

    def loss(key: jax.Array) -> jax.Array:
        pauli_words = drawn.given(key)[drawn.query].astype(jnp.int32)
        signs = 1.0 - 2.0 * (pauli_words @ strings.T % 2)
        if samples is None:
            means = signs @ distribution
            return drawn.loss({drawn.query: jnp.stack([means, means**2])}, key)
        values = signs[:, jax.random.choice(jax.random.fold_in(key, 1), 32, (samples,), p=distribution)]
        return drawn.loss({drawn.query: jnp.stack([values.mean(axis=1), (values**2).mean(axis=1)])}, key)

    values = np.asarray(jax.jit(jax.vmap(loss))(jax.random.split(jax.random.key(5), keys)))
    assert abs(values.mean() - exact) < 5 * values.std() / np.sqrt(keys)


def _columns(data: DataSet) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    built = objective(data, pauli_words=6, samples=3)
    assert isinstance(built, DrawnPauliWords)
    return built.columns, built.distribution


@pytest.mark.parametrize("equal", [True, False])
def test_data_means_of_drawn_words(equal: bool) -> None:
    data = data_set(6, 70, 45, equal)
    drawn = objective(data, pauli_words=50, samples=2)
    assert isinstance(drawn, DrawnPauliWords)
    pauli_words = drawn.given(jax.random.key(7))[drawn.query]
    assert np.asarray(pauli_words).any(axis=1).sum() > 40
    means = drawn._data_means(pauli_words, jnp.dtype(jnp.float32))
    np.testing.assert_allclose(means, slow_means(data, np.asarray(pauli_words)), atol=1e-6)


# ---------------------------------------------------------------- whole programs

IQP = """
lattice sites = ring({n});
visible v on sites;
data target = strings({strings});
param a: angle[{n}]; param b: angle[{n}];
model {{ h v; for k in 0..{n}-1 {{ rz(a[k]) v[k]; rzz(b[k]) v[k], v[(k + 1) % {n}]; }} h v; }}
objective mmd(target, hamming(sigma = 2){how});
"""


def iqp_program(n: int, how: str) -> str:
    rng = np.random.default_rng(0)
    strings = ["".join(map(str, row)) for row in rng.integers(0, 2, (6, n))]
    return IQP.format(n=n, how=f", {how}" if how else "", strings=str(strings).replace("'", '"'))


def test_a_wide_model_has_the_loss_of_its_words() -> None:
    """Bits 0 and 29 are neighbours on the ring."""
    model = loads(iqp_program(30, "weight = 2, reach = 1"))
    (term,) = model.objectives
    assert isinstance(term.objective, FixedPauliWords)
    positions = term.objective.query.positions
    assert len(positions) == 60 and [0, 29] in positions.tolist()
    params = model.init(jax.random.key(0))
    pauli_words = ["".join("Z" if k in row else "I" for k in range(30)) for row in positions.tolist()]
    values = model.expectation(params, pauli_words)
    wanted = np.sum(term.objective.weights * (np.asarray(values) - term.objective.means) ** 2)
    value, gradient = model.value_and_grad(params)
    np.testing.assert_allclose(value, wanted, rtol=1e-4)
    assert np.abs(np.asarray(gradient["b"])).max() > 0


def test_words_and_samples_have_the_loss_and_the_gradient_in_the_mean() -> None:
    exact, sampled = loads(iqp_program(7, "")), loads(iqp_program(7, "pauli_words = 50, samples = 40"))
    params = exact.init(jax.random.key(0))
    value, gradient = exact.value_and_grad(params)
    keys = jax.random.split(jax.random.key(1), 400)
    values, gradients = jax.jit(jax.vmap(sampled.value_and_grad, (None, 0)))(params, keys)
    assert abs(values.mean() - value) < 5 * values.std() / 20
    for name in ("a", "b"):
        assert np.all(np.abs(gradients[name].mean(axis=0) - gradient[name]) < 5 * gradients[name].std(axis=0) / 20)


def test_words_and_the_runs_that_estimate_them_are_drawn_apart() -> None:
    """With two words from two runs each, a run that had the key of the words would be far off in the mean."""
    text = """visible v[3]; param t[3]; data d = strings(["010", "111", "100", "001"]);
        model {
            for k in 0 .. 2 { ry(t[k]) v[k]; }
            for k in 0 .. 1 { cx v[k], v[k + 1]; }
            for k in 0 .. 2 { amplitude_damping(0.5) v[k]; }
            ry(0.5) v[0]; rzx(0.7) v[1], v[2];
        }
        objective mmd(d, hamming(sigma = 0.9)HOW);"""
    exact, sampled = loads(text.replace("HOW", "")), loads(text.replace("HOW", ", pauli_words = 2, samples = 2"))
    sampled.readings.planner.methods = (Trajectories(),)
    params = {"t": jnp.asarray([0.7, 1.2, -0.4])}
    value, gradient = exact.value_and_grad(params)
    keys = jax.random.split(jax.random.key(3), 3600)
    values, gradients = jax.jit(jax.vmap(sampled.value_and_grad, (None, 0)))(params, keys)
    assert abs(values.mean() - value) < 4 * values.std() / 60
    assert np.all(np.abs(gradients["t"].mean(axis=0) - gradient["t"]) < 4 * gradients["t"].std(axis=0) / 60)


def test_words_and_samples_train_a_wide_model() -> None:
    model = loads(iqp_program(40, "pauli_words = 30, samples = 64"))
    params = model.init(jax.random.key(0))
    value, gradient = model.value_and_grad(params, jax.random.key(1))
    assert np.isfinite(value) and np.abs(np.asarray(gradient["a"])).max() > 0


# ---------------------------------------------------------------- diagnostics


@pytest.mark.parametrize(
    ("how", "code", "text"),
    [
        ("samples = 100", "QGL0709", "`weight = 2, reach = 3`"),
        ("reach = 2", "QGL0702", "no `weight`"),
        ("weight = 2, pauli_words = 100", "QGL0702", "fixed set"),
        ("weight = 9", "QGL0803", "1,000,000 Z words"),
    ],
)
def test_forms_that_cannot_be(how: str, code: str, text: str) -> None:
    environment = FolderEnvironment(Path())
    program, diagnostics = compiler.diagnose(Source("t", iqp_program(30, how)), environment)
    assert program is None
    (found,) = [each for each in diagnostics if each.code == code]
    assert text in f"{found.message} {found.help}"


def test_weight_is_the_discrepancy_on_a_scale_of_its_own() -> None:
    """With all words it is 1 / (1 - (1 - r)^n) times `mmd`, whose spectrum the empty word has a part of."""
    text = 'visible v[3]; data d = strings(["011", "110", "000", "011"]); param t[3];'
    text += "model { ry(t) v; cx v[0], v[1]; rx(0.4) v[2]; } objective mmd(d, hamming(sigma = 1)WEIGHT);"
    t: Any = np.array([0.3, -0.9, 1.4])
    plain, scaled = loads(text.replace("WEIGHT", "")), loads(text.replace("WEIGHT", ", weight = 3"))
    p = np.asarray(plain.probabilities({"t": t}), np.float64)
    q = np.array([1, 0, 0, 2, 0, 0, 1, 0], np.float64) / 4
    kernel = np.exp(-0.5 * np.bitwise_count(np.arange(8)[:, None] ^ np.arange(8)))
    assert float(plain.loss({"t": t})) == pytest.approx((p - q) @ kernel @ (p - q), rel=1e-5)
    empty = ((1 + np.exp(-0.5)) / 2) ** 3
    assert 1 / (1 - empty) == pytest.approx(2.08, abs=5e-3)  # as the reference of the language says
    assert float(scaled.loss({"t": t})) == pytest.approx(float(plain.loss({"t": t})) / (1 - empty), rel=1e-5)
