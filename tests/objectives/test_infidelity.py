"""Infidelity of pairs of states: what the model makes of each given state, and the state that it should be."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.report.planned_queries import planned_queries
from tests.check.checking import pointed
from tests.reference.states import uhlmann

PAIRS = """
data clean = states_near("00", width = 0.4, count = 5);
latent f[2] ~ uniform(-1, 1);
layer kick(q: qubit[2]) {{ rx(f[0]) q[0]; ry(f[1]) q[1]; }}
data noisy = through(clean, kick);
data both = pairs(noisy, clean);
condition x : state(2);
visible v[2] = x;
param a[3] : angle;
model {{ fresh e; ry(a[0]) e; rx(a[1]) v[0]; cz v[0], e; ry(a[2]) v[1]; cx v[1], e; rx(0.3) e; {end} }}
objective infidelity(both);
{train}
"""


def columns(state: NDArray[np.complex128]) -> NDArray[np.float64]:
    return np.stack([state.real, state.imag], axis=1).reshape(-1)


@pytest.mark.parametrize("end", ["measure e keep;", "postselect(0) e;", "", "measure e keep; dephasing(0.2) v;"])
def test_it_is_the_mean_over_pairs(end: str) -> None:
    """<t|rho|t> of the model's state for each given one, from the mean state; its gradient by differences."""
    model = qgl.loads(PAIRS.format(end=end, train=""), precision="double")
    data = model.program.data
    given, targets = data["noisy"].states, data["clean"].states
    assert given is not None and targets is not None
    with jax.enable_x64(True):
        params = model.init(jax.random.key(1))
        fidelities = []
        for row, target in zip(given, targets, strict=True):
            rho = np.asarray(model.state(params, columns(row)))
            fidelities.append((target.conj() @ rho @ target).real)
        loss, gradient = model.value_and_grad(params)
        assert float(loss) == pytest.approx(1 - np.mean(fidelities), abs=1e-12)
        direction, step = np.array([0.5, -0.3, 0.8]), 1e-5
        ahead, behind = (float(model.loss({"a": params["a"] + s * step * direction})) for s in (1, -1))
    assert float(np.asarray(gradient["a"]) @ direction) == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


def test_rows_may_be_drawn() -> None:
    model = qgl.loads(PAIRS.format(end="measure e keep;", train="train { batch 2; }"), precision="double")
    whole = qgl.loads(PAIRS.format(end="measure e keep;", train=""), precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(1))
        losses = [float(model.loss(params, jax.random.key(k))) for k in range(400)]
        assert np.mean(losses) == pytest.approx(float(whole.loss(params)), abs=float(5 * np.std(losses) / 20))
        assert np.std(losses) > 0


def test_an_unconditional_model_is_held_against_each_state() -> None:
    text = 'data near = states_near("0", width = 0.5, count = 7);\nvisible v;\nmodel { rx(?) v; ry(?) v; }\n'
    model = qgl.loads(text + "objective infidelity(near);\n", precision="double")
    mean: Any = model.program.data["near"].state
    with jax.enable_x64(True):
        params = model.init(jax.random.key(0))
        state = np.asarray(model.ensemble(params))[0]
        assert float(model.loss(params)) == pytest.approx(1 - (state.conj() @ mean @ state).real, abs=1e-12)


MIXED = """
data clean = states_near("00", width = 0.4, depolarised = [0.1, 0.5], count = 5);
data pure = states_near("01", width = 0.3, count = 5);
data both = pairs(pure, clean);
condition x : state(2);
visible v[2] = x;
param a[3] : angle;
model {{ fresh e; ry(a[0]) e; rx(a[1]) v[0]; cz v[0], e; ry(a[2]) v[1]; cx v[1], e; rx(0.3) e; {end} }}
objective infidelity(both);
"""


@pytest.mark.parametrize("end", ["measure e keep;", "depolarizing(0.2) v; postselect(0) e;"])
def test_mixed_targets(end: str) -> None:
    """Against roots of matrices, where the model's states are of rank 2 and of rank 4; the gradient by differences."""
    model = qgl.loads(MIXED.format(end=end), precision="double")
    given, targets = (model.program.data[name].states for name in ("pure", "clean"))
    assert given is not None and targets is not None and targets.ndim == 3
    with jax.enable_x64(True):
        params = model.init(jax.random.key(1))
        found = [
            uhlmann(np.asarray(model.state(params, columns(row))), target)
            for row, target in zip(given, targets, strict=True)
        ]
        loss, gradient = model.value_and_grad(params)
        assert float(loss) == pytest.approx(1 - np.mean(found), abs=1e-7)  # roots of what is rounding
        direction, step = np.array([0.5, -0.3, 0.8]), 1e-5
        ahead, behind = (float(model.loss({"a": params["a"] + s * step * direction})) for s in (1, -1))
    assert float(np.asarray(gradient["a"]) @ direction) == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


def test_a_thermal_state_is_a_target() -> None:
    """Of any rank: cold it is nearly pure."""
    text = (
        "param p : probability;\nvisible v[2];\nhamiltonian one = Z[v[0]] + 0.3 * Z[v[1]] * X[v[0]];\n"
        "data warm = gibbs(one, beta = %s);\nmodel { rx(0.4) v[0]; rx(?) v[1]; cx v[0], v[1]; depolarizing(p) v; }\n"
        "objective infidelity(warm);\n"
    )
    for beta in (0.7, 30):
        model = qgl.loads(text % beta, precision="double")
        target = model.program.data["warm"].state
        assert target is not None and target.ndim == 2
        with jax.enable_x64(True):
            params = model.init(jax.random.key(3))
            wanted = uhlmann(np.asarray(model.state(params)), target)
            assert float(model.loss(params)) == pytest.approx(1 - wanted, abs=1e-7)


@pytest.mark.parametrize(
    ("data", "settings", "expected"),
    [
        ("parity(2)", "", ("QGL0624", "infidelity(d)")),
        ('states_near("0", width = 0.1)', "", ("QGL0611", "infidelity(d)")),
        ('states_near("00", width = 0.1)', "train { gradient spsa(shots = 9); }", ("QGL1160", "infidelity(d)")),
        ('states_near("00", width = 0.1)', "train { optimizer lbfgs(); batch 3; }", ("QGL0908", "lbfgs()")),
    ],
)
def test_refused(data: str, settings: str, expected: tuple[str, str]) -> None:
    text = f"data d = {data};\nvisible v[2];\nmodel {{ ry(?) v; }}\nobjective infidelity(d);\n{settings}\n"
    assert expected in pointed(text)


def test_pairs_of_states_are_no_rows_of_strings() -> None:
    """They have no likelihood, and `qglc explain` and reports ask for none."""
    text = PAIRS.format(end="", train="")
    assert planned_queries(qgl.loads(text).program)
    for call in ("report nll(both)", "report accuracy(both)"):
        assert pointed(f"{text}{call};\n") == [("QGL0702", call.split()[1])]
