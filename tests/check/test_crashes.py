"""Small programs that once ended in "qglc failed": each has a diagnostic of its own now, or a figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from qgl.data.environment import FolderEnvironment
from tests.check.checking import checked, faults
from tests.command import qglc


def codes(text: str) -> list[str]:
    return [fault.code for fault in faults(text)]


@pytest.mark.parametrize("index", ["d", "[d, d]", "h", '"00"', "true"])
def test_what_is_no_index_is_no_index(index: str) -> None:
    text = f"""visible v[2];
        data d = strings(["01", "10"]);
        hamiltonian h = Z[v[0]];
        param t[v] : angle;
        model {{ rx(t[{index}]) v; evolve h for 1; }}
        objective nll(d);"""
    assert codes(text) and set(codes(text)) <= {"QGL0303", "QGL0307", "QGL0207"}


def test_numbers_of_strings_that_no_float_holds(tmp_path: Path) -> None:
    path = tmp_path / "amount.qgl"
    path.write_text(
        "visible v[1100];\ndata d = cardinality(1100, 550);\ndata few = subset(d, count = 5);\n"
        "model { x v; }\nobjective nll(few);\n"
    )
    status, output, error = qglc("check", path)
    assert status == 0 and "QGL0758" in output + error
    status, output, error = qglc("explain", path)
    assert "1.4e+331" in output, error


@pytest.mark.parametrize("statement", ["evolve h for 0.3", "measure v[0] -> m", "fresh e", "let k = 1"])
@pytest.mark.parametrize("modifier", ["ctrl", "ctrl(2)", "inverse", "inverse ctrl"])
def test_a_modifier_before_a_statement_is_one_fault(statement: str, modifier: str) -> None:
    text = f"""visible v[3];
        hamiltonian h = Z[v[0]] * Z[v[1]];
        model {{ evolve h for 1; {modifier} {statement}; x v; }}"""
    assert codes(text) == ["QGL0125"]


def test_what_such_a_statement_declares_is_known() -> None:
    text = "visible v[2];\nmodel { ctrl(1) measure v[0] -> m; if m { x v[1]; } inverse for k in 0..1 { x v[k]; } y v; }"
    found = checked(text).diagnostics
    assert [fault.code for fault in found] == ["QGL0125", "QGL0125"]


def test_archives_of_booleans_are_read(tmp_path: Path) -> None:
    rows = np.array([[0, 1, 1], [1, 0, 1]], bool)
    np.savez(tmp_path / "rows.npz", rows=rows)
    np.savez(tmp_path / "state.npz", state=np.array([0, 1, 0, 0], bool))
    environment = FolderEnvironment(tmp_path)
    model = qgl.loads('visible v[3];\ndata d = npz("rows.npz");\nmodel { h v; }\nobjective nll(d);', environment)
    np.testing.assert_array_equal(model.program.data["d"].rows, rows[::1])
    conditional = 'condition c[1];\nvisible v[2];\ndata d = npz("rows.npz", condition = [0]);\nmodel { ry(c[0]) v; }\n'
    data = qgl.loads(conditional + "objective nll(d);", environment).program.data["d"]
    np.testing.assert_array_equal(data.conditions, [[0.0], [1.0]])
    state = 'visible v[2];\ndata d = state("state.npz");\nmodel { h v; }\nobjective marginals(d);'
    np.testing.assert_array_equal(qgl.loads(state, environment).program.data["d"].rows, [[0, 1]])
