"""The layers that come with qgl are those of PennyLane and Qiskit, at every width; a run keeps a copy of the file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
import pytest
from numpy.typing import NDArray
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.quantum_info import Statevector

import qgl
from qgl.check.environment import NONE
from qgl.compiler import analyse
from qgl.data.environment import LIBRARY, FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.editor import references
from qgl.editor.analysis import analyse as editor
from qgl.source import Source
from tests.command import qglc
from tests.reference.density import density_matrix

DEPTH, TURNS = 3, (0.3, -0.8, 1.1, 0.5, -1.7)
RNG = np.random.default_rng(15)


def ours(n: int, parameters: str, body: str, *values: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The density matrix of n qubits that were turned and then met `body`."""
    start = " ".join(f"ry({TURNS[k]}) v[{k}]; rx({TURNS[-k]}) v[{k}];" for k in range(n))
    text = f"""import "qgl:layers"; visible v[{n}]; {parameters} model {{ {start} {body} }}"""
    program = analyse(Source("p.qgl", text), FolderEnvironment(Path()), dict(NONE)).program
    return density_matrix(program, np.concatenate([value.ravel() for value in values]))


def pure(state: NDArray[np.complex128]) -> NDArray[np.complex128]:
    return np.asarray(np.outer(state, state.conj()))


def theirs(n: int, *operations: Any) -> NDArray[np.complex128]:
    """By PennyLane, of functions that queue."""

    def state() -> Any:
        for k in range(n):
            qml.RY(TURNS[k], wires=k)
            qml.RX(TURNS[-k], wires=k)
        for operation in operations:
            operation()
        return qml.state()

    device = qml.device("default.qubit", wires=n)
    return pure(np.asarray(qml.QNode(state, device)()))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_strongly_entangling_and_basic_entangler(n: int) -> None:
    w = RNG.normal(size=(DEPTH, n, 3))
    body = f"repeat {DEPTH} as l {{ strongly_entangling(w[l], l % max({n} - 1, 1) + 1) v; }}"
    found = ours(n, f"param w[{DEPTH}, v, 3] : angle;", body, w)
    np.testing.assert_allclose(found, theirs(n, lambda: qml.StronglyEntanglingLayers(w, range(n))), atol=1e-9)
    found = ours(n, f"param w[{DEPTH}, v] : angle;", f"repeat {DEPTH} as l {{ basic_entangler(w[l]) v; }}", w[..., 0])
    np.testing.assert_allclose(found, theirs(n, lambda: qml.BasicEntanglerLayers(w[..., 0], range(n))), atol=1e-9)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_simplified_two_design(n: int) -> None:
    a, w = RNG.normal(size=n), RNG.normal(size=(DEPTH, n - 1, 2))
    body = f"ry(a) v; repeat {DEPTH} as l {{ simplified_two_design(w[l]) v; }}"
    found = ours(n, f"param a[v] : angle; param w[{DEPTH}, {n - 1}, 2] : angle;", body, a, w)
    np.testing.assert_allclose(found, theirs(n, lambda: qml.SimplifiedTwoDesign(a, w, range(n))), atol=1e-9)


def test_embedding_and_fourier() -> None:
    x = RNG.normal(size=3)
    found = ours(3, "param x[v] : real;", "iqp_embedding(x) v; fourier v;", x)
    expected = theirs(3, lambda: qml.IQPEmbedding(x, range(3)), lambda: qml.QFT(range(3)))
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "make", "each"), [("real_amplitudes", real_amplitudes, 1), ("efficient_su2", efficient_su2, 2)]
)
def test_ladders_of_qiskit(name: str, make: Any, each: int) -> None:
    n, turns = 3, RNG.normal(size=(DEPTH, each, 3))
    last = "ry(w[2, 0]) v;" + " rz(w[2, 1]) v;" * (each == 2)
    layer = f"{name}(w[l])" if each == 2 else f"{name}(w[l, 0])"
    body = f"repeat 2 as l {{ {layer} v; }} {last}"
    circuit = make(n, reps=2, entanglement="reverse_linear").assign_parameters(turns.ravel())
    text = f"""import "qgl:layers"; visible v[3]; param w[3, {each}, 3] : angle; model {{ {body} }}"""
    program = analyse(Source("p.qgl", text), FolderEnvironment(Path()), dict(NONE)).program
    expected = pure(Statevector(circuit).reverse_qargs().data)
    np.testing.assert_allclose(density_matrix(program, turns.ravel()), expected, atol=1e-9)


PROGRAM = """import "qgl:layers";
data d = strings(["00", "11"]);
visible v[2];
param w[v] : angle;
model { basic_entangler(w) v; }
objective nll(d);
train { optimizer adam(rate = 0.1); steps 2; }
"""


def test_a_run_keeps_its_copy_which_goes_before_the_file_that_comes_with_qgl(tmp_path: Path) -> None:
    (tmp_path / "p.qgl").write_text(PROGRAM)
    run = qgl.load(tmp_path / "p.qgl").train(out=tmp_path / "run", display="quiet", pictures=False)
    copy = tmp_path / "run" / "program" / ".qgl" / "layers.qgl"
    assert copy.read_text(encoding="utf-8") == (LIBRARY / "layers.qgl").read_text(encoding="utf-8")
    again = qgl.open_run(tmp_path / "run")
    np.testing.assert_array_equal(again.params["w"], run.params["w"])
    own = tmp_path / "own"
    (own / ".qgl").mkdir(parents=True)
    shutil.copy(tmp_path / "p.qgl", own)
    (own / ".qgl" / "layers.qgl").write_text("layer basic_entangler(w: angle[n], q: qubit[n]) { x q; }")
    assert qgl.load(own / "p.qgl").program.operations[0].name == "x"


def test_only_what_comes_with_qgl_has_such_a_name(tmp_path: Path) -> None:
    for name in ("qgl:layer", "qgl:../../api", "qgl:", "qgl:/etc/passwd"):
        (tmp_path / "p.qgl").write_text(PROGRAM.replace("qgl:layers", name))
        with pytest.raises(QglError) as error:
            qgl.load(tmp_path / "p.qgl")
        (fault,) = error.value.diagnostics
        assert fault.code == "QGL0601" and ('"qgl:layers"' in (fault.help or "")) == (name == "qgl:layer")


def test_the_file_is_in_canonical_form() -> None:
    status, _, errors = qglc("fmt", "--check", LIBRARY / "layers.qgl")
    assert status == 0, errors


def test_an_editor_leads_to_the_file_and_does_not_rename_in_it(tmp_path: Path) -> None:
    text = 'import "qgl:layers";\nvisible v[2];\nmodel { fourier v; }\n'
    known = editor(tmp_path / "p.qgl", text)
    assert known.diagnostics == ()
    named = known.name_at(text.index("fourier"))
    assert named is not None
    declared = known.location(named[1])
    assert declared is not None and declared.path == LIBRARY / "layers.qgl"
    with pytest.raises(references.CannotRenameError, match="comes with qgl"):
        references.renamed([known], declared, "tilt")
