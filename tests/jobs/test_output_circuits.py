"""Outputs of a program as circuits: emitted, read by Qiskit, and put together on the host."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.jobs.output_circuits import Estimates, OutputCircuits
from tests.command import qglc
from tests.qasm.readers import qiskit_distribution
from tests.reference.density import probabilities

PROGRAM = """
param a[5] : angle;
visible v[3];
hidden h;
model {
    for k in 0..2 { ry(a[k]) v[k]; }
    ry(a[3]) h;
    rz(0.7) v;
    rx(0.5) h;
    cx v[0], v[1];
    cz v[1], h;
    fresh e[2];
    ry(a[4]) e[0];
    cx e[0], v[2];
    rx(0.4) v;
    cx v[1], e[1];
    ry(0.6) v;
    rz(0.4) v;
    measure e[0] keep;
    postselect(0) e[1];
}
output words[4] = [expect(X[v[0]] * Y[v[1]]), expect(Z[v[2]]), expect(Z[v[0]] - X[v[2]]), expect(Y[v[1]] * X[h])];
output bits[4] = 2 * prob(v[2], v[1]) + a[0];
output under[4] = prob(v[0], given = v[2]);
"""


def test_circuits_of_commuting_groups(tmp_path: Path) -> None:
    path = tmp_path / "numbers.qgl"
    path.write_text(PROGRAM)
    status, _, errors = qglc("emit", path, "--seed", "4", "--outputs", "-o", tmp_path / "texts", "--profile", "qiskit")
    assert status == 0, errors
    model = qgl.load(path)
    params = model.init(jax.random.key(4))
    circuits = OutputCircuits.of(model.program)
    assert circuits.bases == ("XYZX", "ZZXZ", "ZZZZ")
    texts = [(tmp_path / "texts" / f"{k}.qasm").read_text(encoding="utf-8") for k in range(3)]
    assert "qubits are measured in XYZX" in texts[0] and "Throw away every shot" in texts[0]
    strings = []
    for text in texts:  # as often as they come in a million shots
        counts = np.round(1e6 * qiskit_distribution(text)).astype(int)
        codes = np.repeat(np.arange(len(counts)), counts)
        strings.append((codes[:, None] >> np.arange(5, -1, -1) & 1).astype(np.uint8))
    inputs = np.asarray(model.parameters.inputs(params, None, jnp.float32)[0])
    found = circuits.numbers(strings, inputs)
    for name, wanted in model.outputs(params).items():
        assert np.abs(wanted).min() > 1e-3
        np.testing.assert_allclose(found[name], wanted, atol=2e-4)
    with pytest.raises(ValueError, match="strings of 3 circuits"):
        circuits.numbers(strings[:2], inputs)


def test_outputs_that_cannot_be_emitted(tmp_path: Path) -> None:
    path = tmp_path / "plain.qgl"
    path.write_text("visible v;\nmodel { h v; }\n")
    assert qglc("emit", path, "--free", "--outputs", "-o", tmp_path / "texts")[0] == 2
    path.write_text("visible v;\nmodel { h v; }\noutput y = expect(X[v]);\n")
    assert qglc("emit", path, "--free", "--outputs")[0] == 2
    assert qglc("emit", path, "--free", "--outputs", "-o", tmp_path / "texts", "--observable", "X0")[0] == 2


RUN = """
data given = npz("given.npz", numbers = true);
latent z ~ uniform(0, 3) draws 2;
param a[2] : angle ~ constant(0.7);
hidden h;
visible v[2];
model {
    ry(z + a[0]) v[0]; rx(0.9) v[1]; cx v[0], h; ry(0.4) h;
    fresh e; cx v[1], e; ry(1) e; postselect(0) e;
    fresh f; ry(a[1]) f; cx v[0], f; measure f keep; rx(0.4) v;
}
output y = expect(Y[v[0]]);
output p[2, 2] = prob(v[0], given = v[1]);
output m = expect(0.5 * Z[v[0]] * Y[v[1]] - a[1] * X[v[0]] + 2 * Z[h]) ** 2;
objective mse(given);
train { steps 1; }
"""


def test_a_machine_gives_numbers_with_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Circuits of commuting groups for each element of a mixture; numbers of each label are those that are exact."""
    monkeypatch.chdir(tmp_path)
    np.savez("given.npz", np.zeros((2, 6)))
    Path("numbers.qgl").write_text(RUN)
    qgl.load("numbers.qgl").train(out="run", display="quiet", pictures=False)
    status, told, errors = qglc("run", "run", "--on", "statevector", "--outputs", "--shots", "3000")
    assert status == 0 and "outputs: 4 circuits for each of 2 elements, 3000 shots each" in told, errors
    assert "asked already" in qglc("run", "run", "--on", "statevector", "--outputs", "--shots", "3000")[2]
    status, told, errors = qglc("evaluate", "run", "--format", "json", "--no-pictures")
    assert status == 0, errors
    (job,) = json.loads(told)["jobs"]
    assert job["outputs"]["names"] == ["y", "p[0, 0]", "p[0, 1]", "p[1, 0]", "p[1, 1]", "m"]
    rows = job["outputs"]["rows"]
    assert [row["label"] for row in rows] == ["0, 0", "0, 1", "1, 0", "1, 1"]
    for row in rows:
        exact, machine, error = (np.array(row[name], float) for name in ("model", "machine", "errors"))
        told_of = np.isfinite(machine)  # no shot may have a label under a condition
        assert told_of[[0, 5]].all() and np.array_equal(told_of, np.isfinite(error))
        assert (np.abs(machine - exact)[told_of] < 5 * error[told_of]).all()
        assert (error[[0, 5]] > 1e-3).all() and (error[told_of] <= 1).all()
        assert row["weight"]["machine"] == pytest.approx(row["weight"]["model"], abs=0.05)
    shown = qglc("evaluate", "run", "--no-pictures")[1]
    assert "outputs, 3000 shots of each circuit" in shown and "±" in shown
    for more in (["--observable", "Z[v[0]]"], ["--mitigate", "readout"]):
        assert qglc("run", "run", "--on", "statevector", "--outputs", *more)[0] == 2


def test_errors_are_those_of_many_experiments() -> None:
    """Standard errors by the delta method are the deviations of numbers that are measured again and again."""
    program = qgl.loads(PROGRAM).program
    inputs, circuits = np.array([0.3, 1.1, 0.8, 0.5, 0.9]), OutputCircuits.of(program)
    chances = [probabilities(circuit, inputs) for circuit, _ in circuits.circuits()]
    random = np.random.default_rng(0)

    def measured() -> Estimates:
        codes = [random.choice(len(p), 10_000, p=p / p.sum()) for p in chances]
        return circuits.estimates([(c[:, None] >> np.arange(5, -1, -1) & 1).astype(np.uint8) for c in codes], inputs)

    every = [measured() for _ in range(40)]
    spread = np.std([each.numbers for each in every], axis=0, ddof=1)
    told = np.mean([each.errors for each in every], axis=0)
    assert np.isfinite(spread).mean() > 0.9  # a condition that hardly ever comes may not come in one of them
    told, spread = told[np.isfinite(spread)], spread[np.isfinite(spread)]
    assert spread.min() > 1e-3
    assert (np.abs(np.log(told / spread)) < 0.5).all()  # four deviations of an estimate from 40
