"""Kernels of several variables against sums over all pairs, with gradients; and where there are no variables."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.distribution import strings
from qgl.objectives.integer_kernel import VariableKernel

VARIANCES, BITS, WIDTH = (0.5, 6.0), (2, 1, 3), 6
KERNEL = VariableKernel(VARIANCES, 0.5, BITS)
PROGRAM = """
data d = strings(["000100", "010111", "101001", "111010"], weights = [1, 2, 3, 4]);
visible a : category(4);
visible b;
visible c : category(8);
model { ry(?) a; ry(?) b; ry(?) c; }
objective mmd(d, gaussian(variance = [0.5, 6], of = variable));
report mmd;
"""


def slow() -> NDArray[np.float64]:
    """k(x, y) of all pairs of strings, from the definition."""
    rows = strings(np.arange(2**WIDTH), WIDTH)
    numbers = np.stack([rows[:, :2] @ [2, 1], rows[:, 2], rows[:, 3:] @ [4, 2, 1]], axis=1).astype(float)
    squares = ((numbers[:, None] - numbers[None]) ** 2).sum(axis=2)
    return np.asarray(np.mean([np.exp(-squares / (2 * variance)) for variance in VARIANCES], axis=0))


def test_all_forms_are_the_kernel() -> None:
    vector = np.random.default_rng(0).normal(size=2**WIDTH)
    rows = strings(np.arange(2**WIDTH), WIDTH).astype(np.uint8)
    np.testing.assert_allclose(KERNEL.between(rows[:5], rows), slow()[:5], atol=1e-14)
    np.testing.assert_allclose(KERNEL.smoothed(vector), slow() @ vector, atol=1e-12)
    with jax.enable_x64(True):
        spectrum = KERNEL.spectrum(WIDTH, jnp.dtype(jnp.float64))
        transformed = KERNEL.forward(jnp.asarray(vector))
        assert float(jnp.sum(spectrum * transformed**2)) == pytest.approx(vector @ slow() @ vector, rel=1e-12)
        np.testing.assert_allclose(KERNEL.apply(transformed, spectrum), slow() @ vector, atol=1e-12)
    assert KERNEL.total == slow()[0, 0]


def test_a_program_has_its_value_gradient_and_report() -> None:
    model = qgl.loads(PROGRAM, precision="double")
    params = model.init(jax.random.key(3))
    q = np.zeros(2**WIDTH)
    q[[0b000100, 0b010111, 0b101001, 0b111010]] = [0.1, 0.2, 0.3, 0.4]

    def wanted(p: NDArray[np.float64]) -> float:
        return float((p - q) @ slow() @ (p - q))

    value, gradient = model.value_and_grad(params)
    assert float(value) == pytest.approx(wanted(np.asarray(model.probabilities(params))), rel=1e-10)
    name = next(iter(params))
    values = []
    for step in (1e-4, -1e-4):
        moved = np.array(params[name])
        moved.flat[0] += step
        with jax.enable_x64(True):
            there = {**params, name: jnp.asarray(moved)}
        values.append(wanted(np.asarray(model.probabilities(there))))
    assert float(np.ravel(gradient[name])[0]) == pytest.approx((values[0] - values[1]) / 2e-4, abs=1e-7)
    run = model.train(steps=1, display="quiet", pictures=False, out=None)
    (row,) = run.report["metrics"]
    assert "of = variable" in row["name"] or row["name"].startswith("mmd")
    assert row["value"] == pytest.approx(wanted(np.asarray(model.probabilities(run.params))), rel=1e-6)


def test_bits_that_belong_to_no_variable_are_refused() -> None:
    program = (
        "data d = parity(2);\nvisible v[2];\nmodel { ry(?) v; }\n"
        "objective nll(d);\nreport mmd(d, gaussian(sigma = 1, of = variable));\n"
    )
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(program)
    assert [each.code for each in caught.value.diagnostics] == ["QGL0629"]
