"""`qglc emit --target`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.command import qglc
from tests.hardware.machines.test_target import RING
from tests.qasm.readers import parse, qiskit_distribution

PROGRAM = """
lattice chain = line(3);
visible v on chain;
channel mix(a: angle[2], q: qubit, r: qubit) { fresh e; cry(a[0]) q, e; cry(a[1]) e, r; }
model { ry(?) v; for (q, r) in edges(v) { mix(?) q, r; } h v[0]; }
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "little.qgl"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def test_the_text_and_what_it_takes(program: Path, tmp_path: Path) -> None:
    status, text, told = qglc("emit", program, "--seed", "3", "--target", "torino")
    assert status == 0
    parse(text)
    assert "\nqubit" not in text
    assert "c[k] is bit k of a string: v[0] to v[2]." in text
    lines = [line for line in told.splitlines() if not line.startswith("fitting to the machine (")]  # after a second
    assert lines[0].startswith("On fake_torino, best first")
    assert all(f"// {line}" in text for line in lines)
    plain = qglc("emit", program, "--seed", "3", "--profile", "qiskit")[1]
    np.testing.assert_allclose(qiskit_distribution(text), qiskit_distribution(plain), atol=1e-7)
    again = ("emit", program, "--seed", "3", "--profile", "ibm", "--target", "fake_torino", "-o", tmp_path / "a.qasm")
    assert qglc(*again)[0] == 0
    assert (tmp_path / "a.qasm").read_text(encoding="utf-8") == text


def test_a_machine_of_a_file(program: Path, tmp_path: Path) -> None:
    (tmp_path / "ring.json").write_text(json.dumps(RING), encoding="utf-8")
    status, text, told = qglc("emit", program, "--seed", "3", "--target", tmp_path / "ring.json", "--reuse")
    assert status == 0
    assert "On ring of four" in told
    assert "$4" not in text


def test_faults_are_told(program: Path, tmp_path: Path) -> None:
    assert "QGL1007" in qglc("emit", program, "--seed", "3", "--profile", "ibm")[2]
    assert "QGL1006" in qglc("emit", program, "--free", "--target", "torino")[2]
    (tmp_path / "bad.json").write_text('{"qubits": 3,\n "basis": "sx"}', encoding="utf-8")
    status, text, told = qglc("emit", program, "--seed", "3", "--target", tmp_path / "bad.json")
    assert (status, text) == (1, "")
    assert "QGL1124" in told
    assert "bad.json:1:1" in told
