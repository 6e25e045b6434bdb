"""Isometries that begin as maps of a state: Petz maps against their formula, distributions, shots, and faults."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import logm
from scipy.optimize import minimize

import qgl
from qgl.bits.regions import map_regions
from qgl.data.local_maps.maps import nearest_state, purified, recovery
from qgl.report.report import measure
from tests.check.checking import pointed

RNG = np.random.default_rng(5)
LEARNER = """
visible v[5];
data rho = SOURCE;
param piece[0..1] : isometry(0, 3) ~ marginal(rho);
param fill : isometry(2, ENDS) ~ recovered(rho);
channel start(a: isometry(0, 3), q: qubit[2]) { fresh e; isometry(a) q, e; }
channel bridge(a: isometry(2, ENDS), b: qubit[2], g: qubit) { fresh e[ENDS - 3]; isometry(a) b, e, g; }
model { start(piece[0]) v[0..1]; start(piece[1]) [v[4], v[3]]; bridge(fill) [v[1], v[3]], v[2]; }
"""


def mixed(size: int, rank: int) -> NDArray[np.complex128]:
    root = RNG.normal(size=(size, rank)) + 1j * RNG.normal(size=(size, rank))
    rho: NDArray[np.complex128] = root @ root.conj().T
    rho /= np.trace(rho).real
    return rho


def reduced(rho: NDArray[Any], kept: list[int]) -> NDArray[Any]:
    """The state of some qubits, in their order."""
    width = len(rho).bit_length() - 1
    rest = [place for place in range(width) if place not in kept]
    axes = [*kept, *rest, *(width + place for place in (*kept, *rest))]
    shape = 2 ** len(kept), 2 ** len(rest)
    result: NDArray[Any] = np.einsum("arbr->ab", rho.reshape([2] * 2 * width).transpose(axes).reshape(shape * 2))
    return result


def power(matrix: NDArray[Any], exponent: float) -> NDArray[Any]:
    values, vectors = np.linalg.eigh(matrix)
    result: NDArray[Any] = (vectors * np.maximum(values, 1e-15) ** exponent) @ vectors.conj().T
    return result


def learnt(folder: Path, source: str, ends: int) -> NDArray[Any]:
    """The state of the learner at its start."""
    text = LEARNER.replace("SOURCE", source).replace("ENDS", str(ends))
    (folder / "p.qgl").write_text(text)
    model = qgl.load(folder / "p.qgl", precision="double")
    return np.asarray(model.state(model.init(jax.random.key(0))))


def test_the_start_is_the_petz_map_of_marginals(tmp_path: Path) -> None:
    """Two pairs cut to rank two, and a qubit between them recovered from both sides."""
    rho = mixed(32, 5)
    np.savez(tmp_path / "rho.npz", rho=rho)
    out = learnt(tmp_path, 'state("rho.npz")', 4)
    ends = [nearest(reduced(rho, kept), 2) for kept in ([0, 1], [4, 3])]
    whole, part = reduced(rho, [1, 3, 2]), reduced(rho, [1, 3])
    start = np.kron(ends[0], ends[1]).reshape([2] * 8).transpose(1, 3, 0, 2, 5, 7, 4, 6).reshape(16, 16)
    root, inverse = power(whole, 0.5), power(part, -0.5)
    kraus = [root @ np.kron(inverse, np.eye(2)[:, [k]]) for k in (0, 1)]
    both = sum(np.kron(k, np.eye(4)) @ start @ np.kron(k, np.eye(4)).conj().T for k in kraus)  # of 1, 3, 2, 0, 4
    order = [3, 0, 2, 1, 4]
    expected = np.asarray(both).reshape([2] * 10).transpose(*order, *(5 + k for k in order)).reshape(32, 32)
    np.testing.assert_allclose(out, expected, atol=1e-9)


def nearest(rho: NDArray[Any], rank: int) -> NDArray[Any]:
    """A state cut to its largest eigenvalues, which share what is left out."""
    values, vectors = np.linalg.eigh(rho)
    rest = values[:-rank].sum() / rank
    kept = np.where(np.arange(len(values)) >= len(values) - rank, values + rest, 0)
    result: NDArray[Any] = (vectors * kept) @ vectors.conj().T
    return result


def test_a_markov_chain_is_met_exactly(tmp_path: Path) -> None:
    """Bits whose middle depends on its neighbours only, and pairs at the ends that are independent."""
    ends, middle = RNG.dirichlet(np.ones(4), 2), RNG.dirichlet(np.ones(2), (2, 2))
    strings = list(itertools.product((0, 1), repeat=5))
    weights = [ends[0][2 * a + b] * ends[1][2 * d + e] * middle[b, d, c] for a, b, c, d, e in strings]
    listed = ", ".join(f'"{"".join(map(str, each))}"' for each in strings)
    source = f"strings([{listed}], weights = [{', '.join(f'{each:.12g}' for each in weights)}])"
    text = LEARNER.replace("isometry(0, 3)", "isometry(0, 4)").replace("fresh e;", "fresh e[2];")
    (tmp_path / "p.qgl").write_text(text.replace("SOURCE", source).replace("ENDS", "4"))
    model = qgl.load(tmp_path / "p.qgl", precision="double")
    np.testing.assert_allclose(model.probabilities(model.init(jax.random.key(0))), weights, atol=1e-9)


def test_errors_of_the_regions_of_maps(tmp_path: Path) -> None:
    """What fills the middle joins both pairs: one region of five qubits, whose error is the trace distance of all."""
    rho = mixed(32, 5)
    np.savez(tmp_path / "rho.npz", rho=rho)
    text = LEARNER.replace("SOURCE", 'state("rho.npz")').replace("ENDS", "4")
    reports = "report local_errors(rho, maps = true), local_errors(rho, maps = true, distance = hilbert_schmidt)"
    (tmp_path / "p.qgl").write_text(f"{text}objective marginals(rho);\n{reports};\n")
    model = qgl.load(tmp_path / "p.qgl", precision="double")
    params = model.init(jax.random.key(0))
    values = np.linalg.eigvalsh(np.asarray(model.state(params)) - rho)
    rows = measure(model, params, model.program.reports)
    assert [row.name.split("), ")[1] for row in rows[:4]] == [
        "sum of 1",
        "mean of 1",
        "largest of 1",
        "on 0, 1, 2, 3, 4",
    ]
    assert [row.value for row in rows[:4]] == [pytest.approx(np.abs(values).sum() / 2, abs=1e-9)] * 4
    assert [row.value for row in rows[4:]] == [pytest.approx(np.sum(values**2), abs=1e-9)] * 4


DIVERGENCES = """visible v[2];
data d = SOURCE;
model { ry(0.8) v; depolarizing(0.1) v; }
objective marginals(d, size = 2, distance = hilbert_schmidt);
train { stop early(local_errors(d, size = 1, distance = kl)); }
report local_errors(d, size = 1, distance = kl);
"""


def test_relative_entropies_of_regions(tmp_path: Path) -> None:
    """Of single qubits: of their bits, half of which are 1 in the data, and of their states."""
    ones, totals = [mixed(2, 2) for _ in range(2)], []
    np.savez(tmp_path / "rho.npz", rho=np.kron(*ones))
    for source in ('strings(["01", "10"])', 'state("rho.npz")'):
        (tmp_path / "p.qgl").write_text(DIVERGENCES.replace("SOURCE", source))
        model = qgl.load(tmp_path / "p.qgl", precision="double")
        totals.append(next(row.value for row in measure(model, {}, model.program.reports)))
    x, z = 0.9 * np.sin(0.8), 0.9 * np.cos(0.8)
    own = np.array([[1 + z, x], [x, 1 - z]]) / 2
    of_states = sum(np.trace(rho @ (logm(rho) - logm(own))).real for rho in ones)
    assert totals == pytest.approx([-np.log(1 - z**2), of_states], abs=1e-9)


def test_regions_of_maps() -> None:
    """Chains of intervals and gaps; an interval that no gap joins is a region of its own."""
    text = """visible v[9];
    model {
        for j in 0..1 { isometry(?) v[3 * j..3 * j + 1]; }
        isometry(ACROSS) v[1], v[3], v[2];
        isometry(ACROSS) v[4], v[6], v[5];
        isometry(?) v[7..8];
    }"""
    declared = "param pair : isometry(0, 2);\nparam across : isometry(2, 3);\n"
    model = qgl.loads(declared + text.replace("ACROSS", "across").replace("?", "pair"))
    assert map_regions(model.program) == ((0, 1, 2, 3, 4), (3, 4, 5, 6), (7, 8))


def test_shots_are_projected_to_a_state(tmp_path: Path) -> None:
    """Shots of five qubits in |0>: Z says so, X and Y are by chance; the maps are near those that keep zeros."""
    bases = RNG.integers(1, 4, (4000, 5)).astype(np.uint8)
    rows = np.where(bases == 3, 0, RNG.integers(0, 2, bases.shape)).astype(np.uint8)
    np.savez(tmp_path / "shots.npz", strings=rows, bases=bases)
    out = learnt(tmp_path, 'pauli_shots("shots.npz")', 4)
    assert np.trace(out).real == pytest.approx(1) and np.linalg.eigvalsh(out)[0] > -1e-12
    assert out[0, 0].real > 0.7


def test_parts_of_maps() -> None:
    assert np.allclose(nearest_state(np.diag([1.2, 0.1, -0.3, 0]).astype(complex)), np.diag([1, 0, 0, 0]))
    state = mixed(8, 3)
    np.testing.assert_allclose(nearest_state(state), state, atol=1e-12)
    vector = purified(state, 4)[..., 0]
    np.testing.assert_allclose(vector @ vector.conj().T, state, atol=1e-12)
    for environment in (1, 2, 4):
        isometry = recovery(state, 4, environment).reshape(-1, 4)
        np.testing.assert_allclose(isometry.conj().T @ isometry, np.eye(4), atol=1e-12)


def test_a_cut_state_is_the_nearest_of_its_rank() -> None:
    """By the Hilbert-Schmidt distance, among many that are moved from it."""
    state = mixed(8, 8)
    cut = purified(state, 2)[..., 0]
    best = np.linalg.norm(cut @ cut.conj().T - state)
    for size in (1e-3, 1e-1, 1):
        moved = cut + size * (RNG.normal(size=cut.shape) + 1j * RNG.normal(size=cut.shape))
        moved /= np.linalg.norm(moved)
        assert np.linalg.norm(moved @ moved.conj().T - state) > best


@pytest.mark.parametrize("environment", [1, 2])
def test_maps_that_are_cut_are_polished(environment: int) -> None:
    """As near to the state of the region as SciPy comes from the Petz map that is cut, by quotients of differences."""
    state = mixed(16, 5)
    part = np.einsum("agbg->ab", state.reshape(4, 4, 4, 4))

    def distance(isometry: NDArray[Any]) -> float:
        made = sum(isometry[:, k] @ part @ isometry[:, k].conj().T for k in range(environment))
        return float(np.sum(np.abs(made - state) ** 2))

    def cost(numbers: NDArray[Any]) -> float:
        real, imaginary = numbers.reshape(2, -1, 4)
        left, _, right = np.linalg.svd(real + 1j * imaginary, full_matrices=False)
        return distance((left @ right).reshape(16, environment, 4))

    plain = recovery(state, 4, 4)  # its Kraus operators, those that carry most first
    cut = plain[:, :environment].reshape(-1, 4)
    begin = np.stack([cut.real, cut.imag]).ravel()
    polished = recovery(state, 4, environment)
    least = minimize(cost, begin, method="L-BFGS-B", options={"maxfun": 40_000, "maxiter": 500})
    assert distance(polished) < 0.9 * cost(begin)
    assert distance(polished) == pytest.approx(least.fun, rel=0.02, abs=1e-7)


@pytest.mark.parametrize(
    "body",
    [
        "model { h v; }",
        "param a : isometry(0, 6);\nparam b : isometry(2, 3);\n"
        "model { isometry(a) v[0..5]; isometry(a) v[6..11]; isometry(b) v[5], v[6], e; }",
    ],
)
def test_regions_of_maps_that_are_none_or_wide(body: str) -> None:
    data = f'data d = strings(["{"0" * 12}"]);'
    report = "report local_errors(d, maps = true);"
    text = f"{data}\nvisible v[12];\nhidden e;\n{body}\nobjective nll(d);\n{report}\n"
    assert ("QGL0702", "local_errors(d, maps = true)") in [(code, spot) for code, spot, *_ in pointed(text)]


@pytest.mark.parametrize(
    ("declared", "body", "place"),
    [
        ("param a : isometry(1, 2) ~ marginal(d);", "isometry(a) v[0..1];", "marginal(d)"),
        ("param a : isometry(0, 2) ~ recovered(d);", "isometry(a) v[0..1];", "recovered(d)"),
        ("param a : angle[3] ~ marginal(d);", "rx(a[0]) v;", "marginal(d)"),
        ("param a[2] : isometry(0, 1) ~ marginal(d);", "isometry(a[0]) v[0];", "a"),
        ("param a : isometry(0, 1) ~ marginal(d);", "isometry(a) v[0]; isometry(a) v[1];", "a"),
        ("param a : isometry(1, 2) ~ recovered(d);", "fresh e; isometry(a) e, v[0];", "a"),
        ("param a : isometry(0, 1) ~ marginal(d, 1, 2);", "isometry(a) v[0];", "marginal(d, 1, 2)"),
        ("param a : isometry(0, 1) ~ marginal(d, deviation = -1);", "isometry(a) v[0];", "marginal(d, deviation = -1)"),
    ],
)
def test_what_cannot_start_so_is_refused(declared: str, body: str, place: str) -> None:
    text = f'data d = strings(["00", "11"]);\nvisible v[2];\n{declared}\nmodel {{ {body} h v; }}\nobjective nll(d);\n'
    assert ("QGL0316", place) in [(code, spot) for code, spot, *_ in pointed(text)], pointed(text)
