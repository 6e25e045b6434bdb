"""Kept outcomes that are drawn, where nothing that is trained stands before them, against lists of Kraus operators."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.drawn import STATES
from qgl.ir.cut import cut_of
from qgl.query import Elements
from qgl.report.weighing import weigh
from qgl.source import Source
from tests.reference.density import elements

Numbers = NDArray[np.complex128]
OBJECTIVE = "objective mmd(near, fidelity(power = 2));"
HEAD = """\
latent z : state(2) ~ haar() draws 3;
random g[9] ~ uniform(0, 6);
param a[5] : angle ~ normal(0, 1);
data near = states_near("01", width = 0.4, count = 4);
visible v[2] = z;
objective mmd(near, fidelity(power = 2));
"""
BEFORE = """
    fresh e;
    rx(g[0]) e; cx e, v[0]; ry(g[1]) v; cz v[0], v[1]; rx(g[2]) v[1]; cx v[1], e; ry(g[3]) e;
    measure e -> m keep drawn;
"""
NOISE = "if m { ry(g[4]) v[0]; }\n amplitude_damping(0.3) v[1];"
AFTER = "fresh f = plus; rx(a[0]) f; cx f, v[1]; ry(a[1]) v; cz v[0], f; rx(a[2]) f; measure f keep drawn;"


def made(text: str, precision: str = "double") -> tuple[qgl.Model, dict[str, Any]]:
    model = qgl.loads(text, precision=precision)
    with jax.enable_x64(precision == "double"):
        return model, model.init(jax.random.key(4))


def body(*parts: str) -> str:
    return HEAD + "model {\n" + "\n".join(parts) + "\n}\n"


def reference(model: qgl.Model, params: dict[str, Any]) -> Numbers:
    """For each draw and value of the outcome before the cut, the elements behind it: (draws, 2, labels, 4, 4)."""
    with jax.enable_x64(True):
        rows = np.asarray(model.parameters.inputs(params, None, jnp.float64))
    found = []
    for row in rows:
        table = elements(model.program, row)  # of labels in order of their measurement
        labels = itertools.product((False, True), repeat=1 + model.readings.labels)
        states = np.array([table.get(label, np.zeros((4, 4))) for label in labels]).reshape(2, -1, 4, 4)
        found.append(states / np.einsum("klxx->k", states)[:, None, None, None] / len(rows))
    return np.array(found)


def densities(ensemble: Any, draws: int) -> Numbers:
    """The elements of a model as density matrices: (draws, labels, 4, 4)."""
    table = np.asarray(ensemble)
    mixed = np.einsum("bx,by->bxy", table, table.conj()) if table.ndim == 2 else table
    return mixed.reshape(draws, -1, 4, 4)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("noisy_end", [False, True])
def test_what_is_drawn_is_one_of_the_values_and_goes_on_as_it_would(noise: bool, noisy_end: bool) -> None:
    end = "depolarizing(0.2) v[0];" if noisy_end else ""
    model, params = made(body(BEFORE, NOISE if noise else "", AFTER, end))
    ours, theirs = densities(model.ensemble(params), 3), reference(model, params)
    near = np.abs(ours[:, None] - theirs).max(axis=(2, 3, 4))
    assert (near.min(axis=1) < 1e-12).all() and near.max() > 1e-3
    assert model.readings.labels == 1 and model.ensemble(params).ndim == (3 if noise or noisy_end else 2)
    mean = np.einsum("bkij->ij", every(model, params)) / 3
    np.testing.assert_allclose(np.asarray(model.state(params)), mean, atol=1e-12)  # linear in the state: summed


def every(model: qgl.Model, params: dict[str, Any]) -> Numbers:
    """The states of all labels of each draw, not normalised, the mean over which the model is."""
    with jax.enable_x64(True):
        rows = np.asarray(model.parameters.inputs(params, None, jnp.float64))
    return np.array([np.array(list(elements(model.program, row).values())).reshape(-1, 4, 4) for row in rows])


def test_the_gradient_is_that_of_the_elements_that_were_drawn() -> None:
    model, params = made(body(BEFORE, AFTER, "rz(g[4] * a[3]) v[0]; ry(a[4]) v[0];"))
    chosen = np.abs(densities(model.ensemble(params), 3)[:, None] - reference(model, params)).max((2, 3, 4)).argmin(1)
    states = model.program.data["near"].states
    assert states is not None
    target = np.einsum("sx,sy,sz,sw->xyzw", states, states.conj(), states, states.conj()) / len(states)

    def loss(a: Any) -> float:
        rho = reference(model, {**params, "a": a})[np.arange(3), chosen].reshape(-1, 4, 4)
        weights = np.einsum("lxx->l", rho).real
        apart = np.einsum("lxy,lzw,l->xyzw", rho, rho, 1 / weights) - target
        return float(np.sum(np.abs(apart) ** 2))

    value, gradient = model.value_and_grad(params)
    steps = np.eye(5) * 1e-5
    a = np.asarray(params["a"])
    numeric = [(loss(a + step) - loss(a - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(float(value), loss(a), rtol=1e-10)
    np.testing.assert_allclose(gradient["a"], numeric, atol=1e-8)
    assert set(gradient) == {"z", "g", "a"} and not np.any(gradient["z"])


def test_outcomes_come_as_often_as_their_probabilities_say() -> None:
    text = """
latent element ~ uniform(0, 1) draws 4000;
visible v = plus;
param a;
model { fresh e; cx v, e; ry(0.7) e; measure e keep drawn; fresh f; cx v, f; ry(1.9) f; measure f keep drawn; rx(a) v; }
"""
    model, params = made(text, "single")
    states = np.asarray(model.held(params)[STATES])
    row = np.zeros(4001)
    table = elements(analyse(Source("x", text), FolderEnvironment(Path())).program, row)
    for label, rho in table.items():
        weight = float(np.trace(rho).real)
        own = np.linalg.eigh(rho)[1][:, -1]
        share = np.mean(np.abs((states[..., 0] + 1j * states[..., 1]) @ own.conj()) ** 2 > 1 - 1e-9)
        assert abs(share - weight) < 4 * np.sqrt(weight / 4000), label
    assert not np.array_equal(model.ensemble(params, key=jax.random.key(1)), model.ensemble(params))
    np.testing.assert_array_equal(model.ensemble(params), model.ensemble(params))


@pytest.mark.parametrize(
    ("text", "drawn", "summed"),
    [
        (body(BEFORE, AFTER), 1, 1),
        (body("ry(a[0]) v[0];", BEFORE, AFTER), 0, 2),  # something trained stands before it
        (body("fresh f;", BEFORE, "cx f, v[0]; ry(a[0]) f; measure f keep;"), 0, 2),  # f goes on across it
        (body(BEFORE, AFTER, "if m { x v[0]; }"), 0, 2),  # and here the bit
        (body(BEFORE.replace("keep drawn", "keep"), AFTER), 0, 2),
        (body(BEFORE, AFTER).replace("draws 3", "draws 3 anew"), 0, 2),
        (
            body(BEFORE, AFTER).replace("g[1]", "c").replace("param a[5]", "condition c ~ normal(0, 1); param a[5]"),
            0,
            2,
        ),
        (body(BEFORE, AFTER.replace("a[", "g[")), 2, 0),  # nothing is trained
    ],
)
def test_what_is_drawn_and_what_is_summed(text: str, drawn: int, summed: int) -> None:
    program = analyse(Source("x", text.replace(OBJECTIVE, "")), FolderEnvironment(Path())).program
    cut = cut_of(program)
    found = (0, sum(operation.name == "measure" for operation in program.operations)) if cut is None else ()
    assert (found or (cut and cut.drawn, cut and cut.labels)) == (drawn, summed)


def test_what_is_traced_has_no_outcomes_to_draw() -> None:
    model, params = made(body(BEFORE, AFTER))
    with pytest.raises(ValueError, match="value_and_grad"):
        jax.grad(model.loss)(params)
    assert float(model.loss(params)) == pytest.approx(float(model.value_and_grad(params)[0]), abs=1e-15)
    (row,) = [row for answer in weigh(model.program) for row in answer.weighed.rows if row.query == Elements(1)]
    assert row.candidates[0].cost.width == 2 + 2 + 1  # the register, its reference, the fresh qubit


@pytest.mark.parametrize(
    "text",
    [
        body(BEFORE, AFTER, "fresh p; cx v[0], p; postselect(0) p;"),
        body(BEFORE, AFTER) + "output y = expect(Z[v[0]]);\n",
        body(BEFORE, AFTER) + "train { strategy cma; }\n",
    ],
)
def test_what_does_not_know_of_draws_is_refused(text: str) -> None:
    with pytest.raises(QglError) as error:
        qgl.loads(text)
    assert "QGL0418" in [each.code for each in error.value.diagnostics]
