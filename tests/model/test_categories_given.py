"""Conditions that are categories, and what is indexed by them: against a program for each category."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from tests.check.checking import pointed
from tests.command import qglc
from tests.qasm.readers import qiskit_distribution

PROGRAM = """
condition label : category(3);
condition x;
condition other[2] : category(2);
param a[label, v] : angle;
param p[3] : probability;
param cell[3] : unitary(2);
visible v[2];
layer turn(w: angle[2], q: qubit, r: qubit) { rx(w[0]) q; rx(w[1]) r; cz q, r; }
model {
    ry(a[label]) v;
    turn([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]][label]) v[0], v[1];
    rx(label * x + a[2, 1]) v[0];
    depolarizing(p[label]) v[1];
    unitary(cell[label]) v[0], v[1];
    ry([[0.1, 0.7], [1.1, 2.1]][other[0], other[1]]) v[0];
}
output shift = [0.5, 1.5, 2.5][label] * expect(Z[v[0]]);
"""


def of(label: int, x: float, other: tuple[int, int]) -> str:
    """The same with the conditions written out."""
    text = PROGRAM.split("param a", 1)[1].replace("other[0], other[1]", f"{other[0]}, {other[1]}")
    text = text.replace("[label, v]", "[3, v]").replace("label * x", f"{label * x}").replace("[label]", f"[{label}]")
    return f"param a{text}"


@pytest.mark.parametrize(("label", "x", "other"), [(0, 0.7, (0, 1)), (2, -0.4, (1, 1))])
def test_a_category_picks(label: int, x: float, other: tuple[int, int]) -> None:
    """Values and gradients; those of other categories are 0."""
    model = qgl.loads(PROGRAM, precision="double")
    alone = qgl.loads(of(label, x, other), precision="double")
    assert "label" not in alone.program.source.text
    condition = np.array([label, x, *other])
    with jax.enable_x64(True):
        params = model.init(jax.random.key(1))
        np.testing.assert_allclose(model.state(params, condition), alone.state(params), atol=1e-12)
        np.testing.assert_allclose(model.outputs(params, condition)["shift"], alone.outputs(params)["shift"])
        found = jax.grad(lambda each: model.probabilities(each, condition)[1])(params)
        wanted = jax.grad(lambda each: alone.probabilities(each)[1])(params)
    for name in params:
        np.testing.assert_allclose(found[name], wanted[name], atol=1e-12)
    assert np.abs(found["cell"][label]).max() > 1e-3
    assert not np.any(np.delete(np.asarray(found["cell"]), label, axis=0))


def test_a_conditional_model_learns_a_distribution_for_each_category(tmp_path: Path) -> None:
    rows = [[0, 0, 0], [1, 0, 1], [1, 0, 1], [1, 1, 0], [1, 1, 0], [1, 1, 0]]
    (tmp_path / "rows.csv").write_text("label,a,b\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    path = tmp_path / "labelled.qgl"
    path.write_text(
        'data d = csv("rows.csv", columns = ["a", "b"], condition = ["label"]);\ncondition label : category(2);\n'
        "param w[label, 3] : angle;\nvisible v[2];\nmodel { ry(w[label, 0]) v[0]; ry(w[label, 1]) v[1]; cx v[0], v[1];"
        " ry(w[label, 2]) v[1]; }\nobjective nll(d);\ntrain { optimizer adam(rate = 0.1); steps 150; }\nreport nll;\n"
    )
    status, _, errors = qglc("train", path, "-o", tmp_path / "run")
    assert status == 0, errors
    run = qgl.open_run(tmp_path / "run")
    model = qgl.load(path)
    np.testing.assert_allclose(model.probabilities(run.params, np.array([1])), [0, 0.4, 0.6, 0], atol=0.02)
    assert np.asarray(model.probabilities(run.params, np.array([0])))[0] > 0.98
    for given in (["--condition", "label=1"], ["--condition", "1"]):
        status, text, errors = qglc("sample", tmp_path / "run", "-n", "200", *given)
        assert status == 0, errors
        assert set(text.split()) <= {"0,1", "1,0", "0,0", "1,1"} and text.count("1,0") > 80
    status, text, _ = qglc("emit", tmp_path / "run", "--profile", "qiskit", "--condition", "label=1")
    assert status == 0 and "Of the condition label=1." in text
    np.testing.assert_allclose(qiskit_distribution(text), model.probabilities(run.params, np.array([1])), atol=1e-5)
    assert qglc("emit", tmp_path / "run", "--profile", "qiskit")[0] != 0  # no text can choose
    status, text, errors = qglc("run", tmp_path / "run", "--on", "aer", "--shots", "500", "--condition", "label=0")
    assert status == 0, errors
    for wrong in ("label=2", "label=0.5", "other=1", "label=", "2", "label=x"):
        assert qglc("sample", tmp_path / "run", "--condition", wrong)[0] == 2


def test_numbers_that_are_no_category() -> None:
    model = qgl.loads("condition c : category(3);\nvisible v;\nmodel { rx([1, 2, 3][c]) v; }\n")
    with pytest.raises(ValueError, match="`c` is a category, a whole number from 0 to 2"):
        model.probabilities({}, np.array([3]))
    traced: Any = jax.jit(lambda c: model.probabilities({}, c))
    assert np.isnan(traced(jnp.array([1.5]))).any() and np.isnan(traced(jnp.array([-1.0]))).any()
    np.testing.assert_allclose(traced(jnp.array([1.0])), model.probabilities({}, np.array([1])), atol=1e-6)


def test_what_is_rounding_is_told_under_a_category() -> None:
    """Rare strings are looked at again with all inputs moved a little, categories too."""
    model = qgl.loads("condition c : category(3);\nvisible v;\nmodel { rx([0.3, 3.1405, pi][c]) v; }\n")
    rare = float(np.cos(3.1405 / 2) ** 2)
    for label, wanted in ((1, np.log(rare)), (2, -87.3)):
        found = np.asarray(model.log_prob({}, ["0", "1"], np.array([label])))
        np.testing.assert_allclose(found, [wanted, 0], atol=0.1)
    assert np.isfinite(model.log_prob({}, ["0"], np.array([0]))).all()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("latent c : category(3) ~ uniform(0, 1);", ("QGL0318", "category(3)")),
        ("condition c : category(3) ~ uniform(0, 1);", ("QGL0318", "category(3)")),
        ("param c : category(3);", ("QGL0318", "category(3)")),
        ("condition c : category(1);", ("QGL0420", "1")),
        (
            "condition c : category(2);\nmodel { h v; rx(c) v; }\noutput z = expect(Z[v[0]]);\nagain 2 { c = z; }",
            ("QGL0334", "c"),
        ),
        ("condition c : category(3);\nparam a[2] : angle;\nmodel { rx(a[c]) v; }", ("QGL0307", "c")),
        ("condition c : category(2);\nparam a[2] : angle;\nmodel { rx(a[c + 1]) v; }", ("QGL0303", "c + 1")),
        ("condition c;\nparam a[2] : angle;\nmodel { rx(a[c]) v; }", ("QGL0303", "c")),
        ("condition c : category(2);\nmodel { h v; h v[c]; }", ("QGL0303", "v[c]")),
        ("condition c : category(2);\nmodel { h v; if c == 1 { x v; } }", ("QGL0414", "c")),
        ("condition c : category(2);\nmodel { h v; rx([[1, 2], [1]][c][0]) v; }", ("QGL0303", "[[1, 2], [1]][c]")),
    ],
)
def test_faults(text: str, found: tuple[str, str]) -> None:
    body = text if "model" in text else f"{text}\nmodel {{ h v; }}"
    assert found in pointed(f"visible v[2];\n{body}\n")
