"""Programs with states as inputs, kept outcomes and post-selection, against instruments as lists of Kraus operators."""

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
from qgl.evaluate.exact import evaluate
from qgl.objectives.model import Setting
from qgl.query import Elements, Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Success, impossible
from tests.reference.density import density_matrix, elements

Numbers = NDArray[np.float64]
GATES = ["rx({a}) {p};", "ry({a}) {p};", "rz({a}) {p};", "h {p};", "cx {p}, {q};", "cz {p}, {q};", "rzz({a}) {p}, {q};"]
NOISE = ["amplitude_damping(0.3) {p};", "depolarizing(0.2) {p};", "reset {p};"]


def random_program(seed: int, *, noise: bool, keep: int = 2, require: int = 1) -> str:
    """Two visible and three fresh qubits that start in states of their own, gates, outcomes, gates behind them."""
    rng = np.random.default_rng(seed)
    qubits = ["v[0]", "v[1]", "e[0]", "e[1]", "f"]
    angles = itertools.count()

    def layer(count: int) -> list[str]:
        lines = []
        for _ in range(count):
            p, q = rng.choice(len(qubits), 2, replace=False)
            some = [*GATES, *NOISE] if noise else GATES
            text = some[rng.integers(len(some))]
            lines.append(text.format(a=f"a[{next(angles)}]", p=qubits[p], q=qubits[q]))
        return lines

    order = rng.permutation(5)
    turns = [f"ry(0.8) {qubit};" for qubit in qubits]  # so that no outcome is impossible
    kept = [f"measure {qubits[k]} -> m{k} keep;" for k in order[:keep]]
    required = [f"postselect({rng.integers(2)}) {qubits[k]};" for k in order[keep : keep + require]]
    body = [*layer(8), *kept[:1], *layer(4), *turns, *required, *layer(2), *kept[1:]]
    if keep:
        body.append(f"if m{order[0]} {{ x v[0]; }}")
    return "\n".join(
        [
            "latent z : state(2) ~ haar() draws 3;",
            "latent s : state(1) ~ haar() draws 3;",
            "param a[20] : angle;",
            "visible v[2] = z;",
            "model {",
            "fresh e[2] = [s, 1]; fresh f = plus;",
            *body,
            "}",
        ]
    )


def labelled(model: qgl.Model, params: dict[str, Any]) -> list[NDArray[np.complex128]]:
    """The reference: for each draw the states of all kept outcomes, times their weights under post-selection."""
    with jax.enable_x64(True):
        rows = np.asarray(model.parameters.inputs(params, None, jnp.float64))
    found = []
    for row, weight in zip(rows, model.parameters.weights, strict=True):
        table = elements(model.program, row)
        labels = sorted(itertools.product((False, True), repeat=model.readings.labels))
        found += [weight * table.get(label, np.zeros((4, 4))) for label in labels]
    return found


def made(seed: int, **options: Any) -> tuple[qgl.Model, dict[str, Any]]:
    model = qgl.loads(random_program(seed, **options), precision="double")
    with jax.enable_x64(True):
        return model, model.init(jax.random.key(seed))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [False, True])
def test_ensembles(seed: int, noise: bool) -> None:
    model, params = made(seed, noise=noise)
    wanted = np.array(labelled(model, params))
    success = np.trace(wanted.sum(axis=0)).real
    found = np.asarray(model.ensemble(params))
    if found.ndim == 2:
        found = np.einsum("li,lj->lij", found, found.conj())
    np.testing.assert_allclose(found, wanted / success, atol=1e-12)
    np.testing.assert_allclose(model.success(params), success, rtol=1e-12)
    state = wanted.sum(axis=0) / success
    np.testing.assert_allclose(model.state(params), state, atol=1e-12)
    np.testing.assert_allclose(model.probabilities(params), np.diag(state).real, atol=1e-12)


@pytest.mark.parametrize("seed", range(2))
def test_all_questions_under_post_selection(seed: int) -> None:
    model, params = made(seed, noise=seed % 2 == 1, keep=1, require=2)
    joint = np.sum(labelled(model, params), axis=0)
    state = joint / np.trace(joint)
    p = np.diag(state).real
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    words = ["XY", "ZZ", "IZ", "YI"]
    given, z = GivenStrings(4), GivenPauliWords(3)
    found = model.answers(
        params,
        [LogProb.of(rows), given, Expectation.of(words), z, Marginals(((1,), (1, 0))), Marginals(((0,),), bits=True)],
        given={given: rows, z: rows[1:]},
    )
    paulis = {
        "I": np.eye(2),
        "X": np.array([[0, 1], [1, 0]]),
        "Y": np.array([[0, -1j], [1j, 0]]),
        "Z": np.diag([1, -1]),
    }
    means = [np.trace(state @ np.kron(paulis[word[0]], paulis[word[1]])).real for word in words]
    possible = p > 1e-14
    logs = np.where(possible, np.log(np.where(possible, p, 1)), impossible(2))
    np.testing.assert_allclose(found[LogProb.of(rows)], logs, atol=1e-10)
    np.testing.assert_allclose(found[given], logs, atol=1e-10)
    np.testing.assert_allclose(found[Expectation.of(words)], means, atol=1e-12)
    signs = np.array([[1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    np.testing.assert_allclose(found[z], [signs @ p, (signs @ p) ** 2], atol=1e-12)
    one, both = found[Marginals(((1,), (1, 0)))]
    tensor = state.reshape(2, 2, 2, 2)
    np.testing.assert_allclose(one, np.einsum("iaib->ab", tensor), atol=1e-12)
    np.testing.assert_allclose(both, tensor.transpose(1, 0, 3, 2).reshape(4, 4), atol=1e-12)
    np.testing.assert_allclose(found[Marginals(((0,),), bits=True)][0], p.reshape(2, 2).sum(axis=1), atol=1e-12)


def test_samples_under_post_selection() -> None:
    model, params = made(3, noise=False)
    p = np.asarray(model.probabilities(params))
    strings = np.asarray(model.sample(params, jax.random.key(5), 4000))
    counts = np.bincount(strings @ [2, 1], minlength=4)
    assert (((counts - 4000 * p) ** 2 / (4000 * p)).sum()) < 16.3  # 3 degrees of freedom, one in a thousand


def test_gradients_include_those_of_the_probabilities() -> None:
    model, params = made(1, noise=False)
    weights = np.random.default_rng(1).normal(size=4)

    def function(angles: Any) -> Any:
        here = {**params, "a": angles}
        found = model.ensemble(here)
        fidelity = jnp.sum(jnp.abs(found[:, 0]) ** 4 / jnp.maximum(jnp.sum(jnp.abs(found) ** 2, axis=1), 1e-30))
        return fidelity + jnp.dot(model.probabilities(here), weights) + model.success(here)

    with jax.enable_x64(True):
        gradient = np.asarray(jax.grad(function)(params["a"]))
        direction = np.random.default_rng(2).normal(size=20)
        step = 1e-5
        ahead, behind = (float(function(params["a"] + sign * step * direction)) for sign in (1, -1))
    np.testing.assert_allclose(gradient @ direction, (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-9)


def test_impossible_outcomes_are_no_numbers() -> None:
    model = qgl.loads("visible v[2];\nmodel { h v[0]; postselect(1) v[1]; }")
    assert model.success({}) == 0
    assert np.isnan(model.probabilities({})).all()
    assert np.isnan(model.answer({}, Expectation.of(["ZI"]))).all()


def test_outcomes_that_nobody_requires_change_nothing() -> None:
    text = "param a[3] : angle;\nvisible v;\nmodel {{ fresh e; ry(a[0]) e; cx e, v; measure e {} rx(a[1]) v; }}"
    kept, plain = (qgl.loads(text.format(ending)) for ending in ("keep;", ";"))
    params = plain.init(jax.random.key(0))
    np.testing.assert_allclose(kept.state(params), plain.state(params), atol=1e-7)
    assert kept.success(params) == 1
    assert kept.answer(params, Elements(1)).shape == (2, 2)


def test_post_selection_in_light_cones_and_by_boundary_contraction() -> None:
    """Forty qubits, two of them required: what the methods for many qubits answer is that of the cones alone."""
    text = (
        "param a[40] : angle;\nvisible v[40];\nmodel {{ for k in 0..39 {{ ry(a[k]) v[k]; }}"
        " for (p, q) in chain(v) {{ cz p, q; }} for k in 0..39 {{ rx(0.3) v[k]; }} {} }}"
    )
    model = qgl.loads(text.format("postselect(1) v[20], v[21];"), precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(2))
    small = qgl.loads(
        "param a[40] : angle;\nvisible v[8];\nmodel { for k in 0..7 { ry(a[k + 17]) v[k]; }"
        " for (p, q) in chain(v) { cz p, q; } for k in 0..7 { rx(0.3) v[k]; } postselect(1) v[3], v[4]; }",
        precision="double",
    )
    word, inside = "I" * 19 + "Z" + "I" * 20, "IIZIIIII"
    np.testing.assert_allclose(model.expectation(params, [word]), small.expectation(params, [inside]), atol=1e-12)
    np.testing.assert_allclose(model.success(params), small.success(params), atol=1e-12)
    plain = qgl.loads(text.format(""), precision="double")
    rows = np.zeros((1, 40), np.uint8)
    rows[0, 20:22] = 1
    found = np.asarray(model.log_prob(params, rows)) + np.log(float(model.success(params)))
    np.testing.assert_allclose(found, plain.log_prob(params, rows), atol=1e-10)


def test_reference_of_a_required_outcome() -> None:
    program = qgl.loads("visible v[2];\nmodel { h v[0]; cx v[0], v[1]; postselect(1) v[1]; }").program
    np.testing.assert_allclose(density_matrix(program), np.diag([0, 0, 0, 1]), atol=1e-15)


PURIFICATION = """
const F = 0.7;
visible kept[2];
channel pair(a: qubit, b: qubit) { h a; cx a, b; depolarizing2(4 * (1 - F) / 3) a, b; }
model {
    fresh spent[2];
    pair kept[0], kept[1];
    pair spent[0], spent[1];
    cx kept[0], spent[0];
    cx kept[1], spent[1];
    cx spent[0], spent[1];
    postselect(0) spent[1];
}
report success, purity;
"""


@pytest.mark.parametrize("fidelity", [0.6, 0.9])
def test_entanglement_purification(fidelity: float) -> None:
    """Two Werner pairs, one kept if the halves of the other agree: C. Bennett et al., PRL 76, 722, 1996."""
    model = qgl.loads(PURIFICATION, precision="double", F=fidelity)
    other = (1 - fidelity) / 3
    success = fidelity**2 + 2 * fidelity * other + 5 * other**2
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    state = np.asarray(model.state({}))
    assert float(model.success({})) == pytest.approx(success, abs=1e-14)
    assert float((bell @ state @ bell).real) == pytest.approx((fidelity**2 + other**2) / success, abs=1e-14)
    rows = evaluate(model.program.reports, Setting.of(model.program), lambda query, *_: model.answer({}, query))
    assert rows[0].name == "success()" and rows[0].value == pytest.approx(success, abs=1e-14)


def test_success_of_a_conditional_model_is_a_mean_over_the_conditions_of_data(tmp_path: Path) -> None:
    """A qubit that was turned by x is found in zero with probability cos(x / 2)^2."""
    (tmp_path / "x.csv").write_text("0.3,0\n1.2,0\n1.2,1\n")
    text = 'data d = csv("x.csv", columns = [1], condition = [0]);\ncondition x[1];\nvisible v;\n'
    text += "model { fresh e; rx(x[0]) e; postselect(0) e; }\nreport success(d);"
    (tmp_path / "m.qgl").write_text(text)
    model = qgl.load(tmp_path / "m.qgl", precision="double")
    rows = evaluate(model.program.reports, Setting.of(model.program), lambda query, *c: model.answer({}, query, *c))
    assert rows[0].value == pytest.approx(np.mean(np.cos(np.array([0.3, 1.2, 1.2]) / 2) ** 2), abs=1e-14)


def test_success_is_reported_of_programs_that_require_something() -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads("visible v[2];\nmodel { h v; }\nreport success;")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["QGL0417"]


def test_outcomes_that_there_are_not_cannot_be_asked_about() -> None:
    model = qgl.loads("visible v[2];\nmodel { h v; }")
    for query in (Elements(1), Success()):
        with pytest.raises(ValueError, match="the program"):
            model.answer({}, query)
