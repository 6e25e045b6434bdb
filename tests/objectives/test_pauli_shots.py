"""Measurements in Pauli bases: likelihoods against the density matrix, reduced states without bias, gradients."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.shadows import Shadows, least_measured
from qgl.compiler import diagnose
from qgl.data.environment import open_program
from qgl.model import Model
from qgl.report.report import measure
from qgl.runs import data as run_data

PAULIS = np.array([np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], np.diag([1, -1])])
TWO = np.array(list(itertools.product((1, 2, 3), (0, 1), (1, 2, 3), (0, 1)))).reshape(-1, 2, 2)  # bases and bits
MIXED = """
visible v[2];
hidden h;
latent z ~ bernoulli(0.3);
param p : probability;
model {
    rx(?) v; ry(?) h; cx v[0], h; crx(?) h, v[1];
    rx(0.3 * z) v[0]; rz(?) v; depolarizing(p) v[0];
    fresh e; ry(?) e; cx v[1], e; postselect(0) e;
}
"""


def chance(rho: NDArray[Any], row: NDArray[Any]) -> float:
    """The probability of bits in given bases, by projectors."""
    projector = np.eye(1)
    for basis, bit in row:
        projector = np.kron(projector, (np.eye(2) + (-1.0) ** bit * PAULIS[basis]) / 2)
    return float(np.trace(projector @ rho).real)


def save(folder: Path, rows: NDArray[Any], bases: NDArray[Any]) -> None:
    np.savez_compressed(folder / "shots.npz", strings=rows, bases=bases)


def loaded(folder: Path, text: str, **options: Any) -> Model:
    (folder / "p.qgl").write_text(text)
    return qgl.load(folder / "p.qgl", **options)


def test_bits_in_bases_are_those_of_the_state() -> None:
    """Of a mixture with hidden and required qubits, all bases and bits; and drawn."""
    model = qgl.loads(MIXED)
    params = model.init(jax.random.key(1))
    rho = np.asarray(model.state(params))
    logs = model.log_prob(params, TWO[..., 1], bases=TWO[..., 0])
    np.testing.assert_allclose(np.exp(np.asarray(logs)), [chance(rho, row) for row in TWO], atol=1e-6)
    drawn = np.asarray(model.sample(params, jax.random.key(0), 2000, bases=np.tile([1, 2], (2000, 1))))
    shares = np.bincount(drawn @ [2, 1], minlength=4) / 2000
    expected = [chance(rho, np.array([(1, a), (2, b)])) for a in (0, 1) for b in (0, 1)]
    np.testing.assert_allclose(shares, expected, atol=0.05)


def test_wide_registers_are_contracted() -> None:
    """Twenty pairs of qubits that nothing joins: log p is the sum over the pairs."""
    body = "model { rx(0.7) v; ry(0.4) v; for k in 0..PAIRS { cx v[2 * k], v[2 * k + 1]; } depolarizing(0.2) v; }"
    wide, pair = (qgl.loads(f"visible v[{2 * n}];\n{body.replace('PAIRS', str(n - 1))}") for n in (20, 1))
    random = np.random.default_rng(0)
    rows, bases = random.integers(0, 2, (3, 40)), random.integers(1, 4, (3, 40))
    each = pair.log_prob({}, rows.reshape(-1, 2), bases=bases.reshape(-1, 2))
    np.testing.assert_allclose(wide.log_prob({}, rows, bases=bases), np.asarray(each).reshape(3, 20).sum(1), rtol=1e-4)


def test_what_is_no_basis_is_refused() -> None:
    model = qgl.loads("visible v[2];\nmodel { h v; }")
    for bases, said in (([[0, 1]], "1, 2 and 3"), ([[1.0, 2.0]], "whole numbers"), ([[1, 2, 3]], "shape")):
        with pytest.raises(ValueError, match=said):
            model.log_prob({}, np.array([[0, 1]]), bases=np.array(bases))


BELL = np.array(  # a fair share of all outcomes in all bases: XX and ZZ are 1, YY is -1, others are 0
    [
        (a, x, b, y)
        for a, b, x, y in itertools.product((1, 2, 3), (1, 2, 3), (0, 1), (0, 1))
        for _ in range(2 if a == b else 1)
        if a != b or (x ^ y) == (a == 2)
    ]
).reshape(-1, 2, 2)


def test_reduced_states_of_shots() -> None:
    """Shots that show every outcome as often as it is likely give the state itself."""
    shadows = Shadows.of(BELL[..., 1].astype(np.uint8), BELL[..., 0].astype(np.uint8), ((0, 1),))
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    np.testing.assert_allclose(shadows.states[0], bell, atol=1e-12)
    assert least_measured(BELL[..., 0].astype(np.uint8), ((0, 1),))[2] == 4
    (one,) = Shadows.of(BELL[..., 1].astype(np.uint8), BELL[..., 0].astype(np.uint8), ((1,),)).states
    np.testing.assert_allclose(one, np.eye(2) / 2, atol=1e-12)


def test_noise_of_shots_is_what_it_adds() -> None:
    """Sixty shots of one qubit, two thousand times: the squared distance less the noise is 0 on average."""
    random = np.random.default_rng(3)
    means = np.array([0, 0.5, 0.1, -0.6])
    rho = np.tensordot(np.array([1, *means[1:]]), PAULIS, 1) / 2
    left = []
    for _ in range(2000):
        bases = random.integers(1, 4, (60, 1))
        rows = random.random((60, 1)) > (1 + means[bases]) / 2
        shadows = Shadows.of(rows.astype(np.uint8), bases.astype(np.uint8), ((0,),))
        left.append(np.sum(np.abs(shadows.states[0] - rho) ** 2) - shadows.noise[0])
    assert abs(np.mean(left)) < 4 * np.std(left) / np.sqrt(len(left))
    assert np.std(left) / np.sqrt(len(left)) < 0.05 * np.mean(shadows.noise)


TRAINED = """
visible v[2];
data shots = pauli_shots("shots.npz");
model { ry(?) v; rx(0.4) v; cx v[0], v[1]; rz(?) v; ry(?) v; depolarizing(?) v; }
objective OBJECTIVE;
report nll(shots), local_errors(shots, size = 1, distance = hilbert_schmidt);
"""


HILBERT_SCHMIDT, LIKELY = (f"marginals(shots, size = 2, distance = {each})" for each in ("hilbert_schmidt", "kl"))


@pytest.mark.parametrize("objective", ["nll(shots)", HILBERT_SCHMIDT, LIKELY])
def test_values_and_gradients(tmp_path: Path, objective: str) -> None:
    save(tmp_path, BELL[..., 1], BELL[..., 0])
    model = loaded(tmp_path, TRAINED.replace("OBJECTIVE", objective), precision="double")
    params = model.init(jax.random.key(2))
    rho = np.asarray(model.state(params))
    shadows = Shadows.of(BELL[..., 1].astype(np.uint8), BELL[..., 0].astype(np.uint8), ((0, 1),))
    if objective.startswith("nll"):
        expected = -np.mean([np.log(chance(rho, row)) for row in BELL])
    elif objective == LIKELY:
        same = (BELL[:, None] == BELL).all(axis=(2, 3)).sum(axis=1)
        of_bases = (BELL[:, None, :, 0] == BELL[:, :, 0]).all(axis=2).sum(axis=1)
        expected = np.mean(np.log(same / of_bases) - [np.log(chance(rho, row)) for row in BELL])
    else:
        expected = np.sum(np.abs(rho - shadows.states[0]) ** 2) - shadows.noise[0]
    value, gradient = model.value_and_grad(params)
    assert float(value) == pytest.approx(expected, abs=1e-9)
    for name, derivative in gradient.items():
        step = np.zeros(np.shape(derivative))
        step[(0,) * step.ndim] = 1e-5
        moved: list[Any] = [np.asarray(params[name]) + sign * step for sign in (1, -1)]
        up, down = (float(model.loss({**params, name: each})) for each in moved)
        assert float(np.asarray(derivative)[(0,) * step.ndim]) == pytest.approx((up - down) / 2e-5, abs=1e-6)
    rows = {row.name: row.value for row in measure(model, params, model.program.reports)}
    assert rows["nll(shots)"] == pytest.approx(-np.mean([np.log(chance(rho, row)) for row in BELL]), abs=1e-6)
    single = Shadows.of(BELL[..., 1].astype(np.uint8), BELL[..., 0].astype(np.uint8), ((0,), (1,)))
    reduced = np.stack([np.einsum("abcb->ac", rho.reshape(2, 2, 2, 2)), np.einsum("abac->bc", rho.reshape(2, 2, 2, 2))])
    errors = np.sum(np.abs(reduced - single.states) ** 2, axis=(1, 2)) - single.noise
    assert rows["local_errors(shots, size = 1, hilbert_schmidt), sum of 2"] == pytest.approx(errors.sum(), abs=1e-6)


def test_likelihoods_of_small_regions(tmp_path: Path) -> None:
    """Of regions of two in three qubits: the mean over regions, against projectors."""
    rows = np.random.default_rng(6).integers(0, 2, (40, 3))
    bases = np.random.default_rng(7).integers(1, 4, (40, 3))
    save(tmp_path, rows, bases)
    text = 'visible v[3];\ndata shots = pauli_shots("shots.npz");\nmodel { rx(0.4) v; cx v[0], v[2]; ry(0.9) v; }\n'
    report = "report local_errors(shots, size = 2, distance = kl);\n"
    model = loaded(tmp_path, text + f"objective {LIKELY};\n{report}", precision="double")
    rho = np.asarray(model.state({})).reshape([2] * 6)
    total = 0.0
    for region, other in ((slice(0, 2), 2), (slice(1, 3), 0)):
        part = np.trace(rho, axis1=other, axis2=3 + other).reshape(4, 4)
        shots = np.stack([bases[:, region], rows[:, region]], -1)
        same = (shots[:, None] == shots).all(axis=(2, 3)).sum(axis=1)
        of_bases = (shots[:, None, :, 0] == shots[:, :, 0]).all(axis=2).sum(axis=1)
        total += float(np.mean(np.log(same / of_bases) - [np.log(chance(part, row)) for row in shots])) / 2
    assert float(model.loss({})) == pytest.approx(total, abs=1e-9)
    rows_told = {row.name: row for row in measure(model, {}, model.program.reports)}
    mean = rows_told["local_errors(shots, kl), mean of 2"]
    assert mean.value == pytest.approx(total, abs=1e-9)
    assert mean.unit == "nats"


def test_batches_are_unbiased(tmp_path: Path) -> None:
    save(tmp_path, BELL[..., 1], BELL[..., 0])
    text = TRAINED.replace("OBJECTIVE", "nll(shots)")
    whole, part = loaded(tmp_path, text), loaded(tmp_path, text + "train { batch 9; }")
    params = whole.init(jax.random.key(2))
    draws = [float(part.loss(params, jax.random.key(seed))) for seed in range(60)]
    assert np.mean(draws) == pytest.approx(float(whole.loss(params)), abs=4 * np.std(draws) / np.sqrt(60))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("objective kl(shots);", "QGL0617"),
        ("objective nll(shots);\nbaseline markov(order = 1);", "QGL0742"),
        ("objective marginals(shots, size = 1, distance = tv);", "QGL0702"),
        ("objective marginals(shots, size = 2, distance = hilbert_schmidt);", "QGL1165"),
        ("objective nll(shots);\nreport local_errors(shots, size = 1);", "QGL0702"),
        ("objective nll(shots);\nreport tv;", "QGL0708"),
        ("objective nll(shots);\ntrain { strategy em(); }", "QGL0425"),
    ],
)
def test_what_shots_do_not_tell_is_refused(tmp_path: Path, text: str, code: str) -> None:
    save(tmp_path, BELL[:20, :, 1], np.ones((20, 2), np.uint8) + (np.arange(20) % 3)[:, None])
    model = "model { ry(?) v; }"
    (tmp_path / "p.qgl").write_text(f'visible v[2];\ndata shots = pauli_shots("shots.npz");\n{model}\n{text}\n')
    source, environment = open_program(tmp_path / "p.qgl")
    _, faults = diagnose(source, environment)
    assert code in [fault.code for fault in faults], [str(fault.message) for fault in faults]


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"strings": np.zeros((3, 2))}, "QGL0609"),
        ({"strings": np.zeros((3, 2)), "bases": np.ones((3, 3))}, "QGL0609"),
        ({"strings": np.zeros((3, 2)), "bases": np.zeros((3, 2))}, "QGL0605"),
        ({"strings": np.full((3, 2), 2), "bases": np.ones((3, 2))}, "QGL0605"),
    ],
)
def test_bad_archives(tmp_path: Path, arrays: dict[str, Any], code: str) -> None:
    np.savez(tmp_path / "shots.npz", **arrays)
    text = 'visible v[2];\ndata shots = pauli_shots("shots.npz");\nmodel { h v; }\nobjective nll(shots);\n'
    (tmp_path / "p.qgl").write_text(text)
    _, faults = diagnose(*open_program(tmp_path / "p.qgl"))
    assert [fault.code for fault in faults] == [code]


def test_rows_and_the_folder_of_a_run(tmp_path: Path) -> None:
    save(tmp_path, BELL[..., 1], BELL[..., 0])
    text = TRAINED.replace('"shots.npz"', '"shots.npz", rows = 4..9').replace("OBJECTIVE", "nll(shots)")
    text = text.replace(", local_errors(shots, size = 1, distance = hilbert_schmidt)", "")
    data = loaded(tmp_path, text).program.data
    file = tmp_path / "data.safetensors"
    file.write_bytes(run_data.encode(data))
    (kept,) = run_data.decode(file).values()
    assert kept.bases is not None and kept.holds == "shots"
    np.testing.assert_array_equal(kept.bases, BELL[4:10, :, 0])
    np.testing.assert_array_equal(kept.rows, BELL[4:10, :, 1])
