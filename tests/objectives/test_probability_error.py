"""`mse` of the probabilities of strings against dense NumPy, with its gradient; what is reported of it, and refused."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.distribution import strings
from qgl.evaluate.exact import evaluate
from qgl.evaluate.table import floors
from qgl.ir.circuit import Circuit
from qgl.objectives.model import Setting
from qgl.program.program import DataSet
from qgl.report.report import answerer
from tests.reference.density import density_matrix

PROGRAM = """
data target = strings(["000", "011", "101"], weights = [1, 2, 1]);
visible v[3];
hidden h;
model {
    ry(?) v; ry(?) h;
    cx h, v[1];
    for (a, b) in chain(v) { rxx(?) a, b; }
    amplitude_damping(0.3) v;
}
objective OBJECTIVE;
report OBJECTIVE;
"""
Q = np.array([0.25, 0, 0, 0.5, 0, 0.25, 0, 0]).reshape(2, 2, 2)


def of_all(p: NDArray[np.float64]) -> float:
    return float(np.mean((p - Q) ** 2))


def of_two(p: NDArray[np.float64]) -> float:
    return float(np.mean((p.sum(axis=1) - Q.sum(axis=1)) ** 2))


@pytest.mark.parametrize(
    ("text", "reference"),
    [("mse(target)", of_all), ("mse(target, region = [v[2], v[0]])", of_two)],
)
def test_value_gradient_and_report(text: str, reference: Any) -> None:
    model = qgl.loads(PROGRAM.replace("OBJECTIVE", text), precision="double")
    ((term,),) = (model.objectives,)
    sizes = [parameter.size for parameter in model.program.parameters]
    point, line = np.random.default_rng(0).normal(size=(2, sum(sizes)))

    def params(flat: Any) -> Any:
        parts = jnp.split(flat, np.cumsum(sizes)[:-1])
        return {p.name: x.reshape(p.shape) for p, x in zip(model.program.parameters, parts, strict=True)}

    def loss(flat: Any) -> Any:
        return term.objective.loss(model.answers(params(flat), term.objective.queries), None)

    def dense(flat: NDArray[np.float64]) -> float:
        rho = density_matrix(Circuit.of(model.program), flat)
        return float(reference(np.diag(rho).real.reshape(2, 2, 2)))

    with jax.enable_x64(True):
        value, gradient = jax.jit(jax.value_and_grad(loss))(jnp.asarray(point, jnp.float64))
        differences = (dense(point + 1e-4 * line) - dense(point - 1e-4 * line)) / 2e-4
        assert float(value) == pytest.approx(dense(point), rel=1e-10)
        assert float(gradient @ line) == pytest.approx(differences, rel=1e-6)
        (row,) = evaluate(model.program.reports, Setting.of(model.program), answerer(model, params(point)))
    assert row.value == pytest.approx(dense(point), rel=1e-10)
    assert row.floor == 0 and row.uniform == pytest.approx(reference(np.full((2, 2, 2), 0.125)))


def test_the_floor_of_rows_is_the_error_of_as_many_draws() -> None:
    q = np.array([0.1, 0.2, 0.3, 0.4])
    random = np.random.default_rng(3)
    true = float(np.mean((random.multinomial(50, q, 20_000) / 50 - q) ** 2))
    estimated = []
    for numbers in random.choice(4, size=(400, 50), p=q):
        rows = strings(numbers, 2)
        estimated.append(floors.mse(DataSet("d", rows, np.full(50, 1 / 50), None, False, "", ""), None))
    assert np.mean(estimated) == pytest.approx(true, rel=0.03)


BITS = "data bits = parity(2);\nvisible v[2];\noutput y[4] = prob(v);\nmodel { ry(?) v; }\n"
GREY = "data grey = digits(grey = true, size = 2);\nvisible v[2];\noutput y[4] = prob(v);\nmodel { ry(?) v; }\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BITS + "objective mse(bits, of = [y]);", "QGL0702"),
        (BITS + "objective mse(bits, region = [v[0], v[0]]);", "QGL0711"),
        (BITS + "objective mse(bits);\ntrain { batch 1; }", "QGL0713"),
        (BITS + "objective mse(bits);\ntrain { gradient parameter_shift(shots = 100); }", "QGL1160"),
        (BITS + "objective kl(bits);\nreport mse(bits, of = [y]);", "QGL0702"),
        (GREY + "objective mse(grey, region = v);", "QGL0702"),
        (GREY + "objective mse(grey);\nreport mse(grey, region = v);", "QGL0702"),
        ('data d = strings(["' + 25 * "0" + '"]);\nvisible v[25];\nmodel { ry(?) v; }\nobjective mse(d);', "QGL0709"),
        (
            'data d = strings(["' + 25 * "0" + '"]);\nvisible v[25];\nmodel { ry(?) v; }\n'
            "objective mse(d, region = v[0..12]);",
            "QGL0702",
        ),
    ],
)
def test_faults(text: str, code: str) -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(text)
    assert [each.code for each in caught.value.diagnostics if each.code != "QGL0211"] == [code]


def test_a_region_of_a_wide_register_is_answered_by_itself() -> None:
    model = qgl.loads(
        'data d = strings(["' + 40 * "01" + '"]);\nvisible v[80];\nmodel { ry(?) v; }\n'
        "objective mse(d, region = v[2..3]);\nreport mse(d, region = v[2..3]);"
    )
    params = {name: jnp.zeros_like(value) for name, value in model.init(jax.random.key(0)).items()}
    (row,) = evaluate(model.program.reports, Setting.of(model.program), answerer(model, params))
    assert float(model.loss(params)) == pytest.approx(0.5) and row.value == pytest.approx(0.5)
