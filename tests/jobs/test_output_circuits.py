"""Outputs of a program as circuits: emitted, read by Qiskit, and put together on the host."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.jobs.output_circuits import OutputCircuits
from tests.command import qglc
from tests.qasm.readers import qiskit_distribution

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
