"""Mitigation where there is nothing to mitigate: calibrations and folds, on every kind of machine, change no
distribution.

Texts are followed exactly, without noise. Those for a machine hold its own gates only, on its own pairs of qubits.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.hardware.calibration import calibration
from qgl.hardware.engines.engine import Engine
from qgl.hardware.engines.table import open_engine
from qgl.hardware.folding import folded
from qgl.hardware.machines.isa import load_isa
from qgl.hardware.machines.machine import fit
from qgl.hardware.machines.stray import stray
from qgl.hardware.machines.target import Machine, fake_machines, resolve
from qgl.ir.circuit import Circuit
from qgl.jobs.compare import Compared
from qgl.jobs.dispatch import begin, carry_on
from qgl.jobs.draft import draft, weights_hash
from qgl.jobs.record import Request
from qgl.program.program import Program
from qgl.qasm import emission
from qgl.source import Source
from tests.qasm.readers import as_bit_strings, qiskit_distribution
from tests.reference.density import probabilities

FOLDED = """
visible v[3];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } rzz(?) v[0], v[2]; ry(?) v; }
"""
BRANCHING = """
visible v[3];
model {
    ry(?) v;
    measure v[0] -> a;
    if a { ry(?) v[1]; } else { ry(?) v[2]; }
    cx v[1], v[2];
    ry(?) v[2];
}
"""
PAIRS = ["cx", "cz", "ecr", "iswap", "rxx", "ryy", "rzz", "rzx", "cp", "crx", "cry", "crz"]  # that Qiskit fits to


@lru_cache
def program(text: str) -> Program:
    return analyse(Source("test.qgl", text), FolderEnvironment(Path.cwd()), {}).program


def values(text: str, seed: int) -> NDArray[np.float64]:
    size = sum(parameter.size for parameter in program(text).parameters)
    return np.random.default_rng(seed).uniform(-7.0, 7.0, size)


def on(machine: Machine, text: str) -> Any:
    """The circuit of a text that stands on a machine."""
    circuit = load_isa(text)
    assert stray(circuit, machine.target) is None, text
    return circuit


def two_qubit_gates(circuit: Any) -> int:
    return sum(len(step.qubits) == 2 for step in circuit.data if step.operation.name != "barrier")


def check_folds(machine: Machine) -> None:
    """Of numbers, and of a row that was bound after fitting."""
    inputs = values(FOLDED, 1)
    circuit = Circuit.of(program(FOLDED))
    for text in (fit(circuit, inputs, machine).text(), fit(circuit, None, machine).text(inputs)):
        distribution = probabilities(as_bit_strings(program(FOLDED)), inputs)
        np.testing.assert_allclose(qiskit_distribution(text), distribution, atol=1e-7)
        gates = two_qubit_gates(on(machine, text))
        for scale in (3, 5):
            again = folded(text, scale, machine)
            assert two_qubit_gates(on(machine, again)) == scale * gates > 0
            np.testing.assert_allclose(qiskit_distribution(again), distribution, atol=1e-7)


def check_calibrations(machine: Machine, reuse: bool | None) -> None:
    inputs = values(BRANCHING, 2)
    text = fit(Circuit.of(program(BRANCHING)), inputs, machine, reuse=reuse).text()
    on(machine, text)
    np.testing.assert_allclose(qiskit_distribution(text), probabilities(program(BRANCHING), inputs), atol=1e-7)
    for bit in (0, 1):
        prepared = calibration(text, bit, machine)
        on(machine, prepared)
        assert qiskit_distribution(prepared)[-bit] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "name",
    ["fake_torino", "fake_brisbane", "fake_fractional", "fake_london", "fake_boston", "fake_manila", "fake_washington"],
)
def test_machines_of_each_kind(name: str) -> None:
    machine = resolve(name)
    check_folds(machine)
    check_calibrations(machine, None)
    check_calibrations(machine, True)


@pytest.mark.slow
def test_every_fake_machine() -> None:
    for name in fake_machines():
        machine = resolve(name)
        if name == "fake_cairo":  # some of its pairs have cx and some ecr, in one direction, which Qiskit does not turn
            with pytest.raises(QglError, match="QGL1128"):
                check_folds(machine)
        elif machine.qubits >= 3:
            check_folds(machine)
            check_calibrations(machine, True if machine.has("reset") else None)


def file_machine(folder: Path, *gates: str, directed: bool = False) -> Machine:
    path = folder / "machine.json"
    facts = {"qubits": 4, "basis": [*gates, "measure"], "coupling": [[0, 1], [1, 2], [2, 3]], "directed": directed}
    path.write_text(json.dumps(facts))
    return resolve(str(path))


@pytest.mark.parametrize("pair", PAIRS)
def test_machines_with_each_gate_on_two_qubits(pair: str, tmp_path: Path) -> None:
    check_folds(file_machine(tmp_path, "rz", "sx", "x", pair))


def test_every_gate_on_two_qubits_is_undone_by_one_of_the_same(tmp_path: Path) -> None:
    """Also where a machine does it in one direction, and takes no negative angles of it."""
    from qiskit import QuantumCircuit, qasm3
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.quantum_info import Operator
    from qiskit.transpiler import Target

    gates = get_standard_gate_name_mapping()
    pairs = {name: gate for name, gate in gates.items() if gate.num_qubits == 2}
    assert len(pairs) > 20
    for name, gate in pairs.items():
        target = Target(num_qubits=2)
        for single in ("rz", "sx"):
            target.add_instruction(gates[single], {(0,): None, (1,): None})
        bounds = [(0.0, 1.6)] if len(gate.params) == 1 else None
        target.add_instruction(gate, {(1, 0): None}, angle_bounds=bounds)
        circuit = QuantumCircuit(2)
        circuit.sx(0)
        circuit.append(type(gate)(*(0.3 + 0.4 * k for k in range(len(gate.params)))), [1, 0])
        circuit.rz(0.7, 1)
        again = load_isa(folded(qasm3.dumps(circuit), 5, Machine("one pair", target)))
        assert stray(again, target) is None, name
        assert two_qubit_gates(again) == 5
        assert Operator(again).equiv(Operator(circuit), atol=1e-7), name


@pytest.mark.parametrize("singles", [["u3", "u1"], ["u"], ["rx", "rz"], ["h", "rz"], ["r"], ["ry", "rx"]], ids=str)
def test_gates_on_one_qubit_are_those_of_the_machine(singles: list[str], tmp_path: Path) -> None:
    machine = file_machine(tmp_path, *singles, "iswap")
    check_folds(machine)
    check_calibrations(machine, None)


def test_gates_that_a_text_defines_keep_their_names_on_a_machine(tmp_path: Path) -> None:
    """Two of a name and of different angles are one gate of the machine, not one of the text beside it."""
    text = """visible v[3];
    model { h v; repeat 2 { rzz(?) v[0], v[1]; rxx(?) v[1], v[2]; ryy(?) v[0], v[2]; rzx(?) v[2], v[1];
                            iswap v[0], v[1]; inverse sx v; rx(?) v; } }"""
    every = file_machine(tmp_path, "rz", "sx", "x", "sxdg", "rx", "rzz", "rxx", "ryy", "rzx", "iswap")
    for machine in (every, resolve("fake_fractional")):
        for inputs in (values(text, 3), None):
            written = fit(Circuit.of(program(text)), inputs, machine).text(values(text, 3))
            on(machine, written)
            assert "_0(" not in written
            np.testing.assert_allclose(
                qiskit_distribution(written), probabilities(as_bit_strings(program(text)), values(text, 3)), atol=1e-7
            )


@pytest.mark.parametrize("pair", [(4, 3), (3, 4)])
def test_a_gate_under_two_counts_of_controls_is_laid_out(pair: tuple[int, int]) -> None:
    gates = [f"ctrl({count}) x v[0..{count - 1}], v[{count}];" for count in pair]
    text = f"visible v[5]; model {{ h v; {' '.join(gates)} rx(0.3) v; }}"
    written = fit(Circuit.of(program(text)), np.zeros(0), resolve("fake_torino"), reuse=False).text()
    np.testing.assert_allclose(qiskit_distribution(written), probabilities(program(text), np.zeros(0)), atol=1e-7)


@pytest.mark.parametrize("most", [None, 3, 2])
@pytest.mark.parametrize("text", [BRANCHING, FOLDED], ids=["branching", "folded"])
def test_calibrations_of_texts_for_no_machine(text: str, most: int | None) -> None:
    if most == 2 and text is FOLDED:
        most = 3
    found = emission(Circuit.of(program(text)), values(text, 4), "qiskit", optimise=True, max_qubits=most)
    for bit in (0, 1):
        assert qiskit_distribution(calibration(found.text, bit))[-bit] == pytest.approx(1.0)


def test_mitigated_figures_of_an_ideal_engine_are_the_raw_ones(tmp_path: Path) -> None:
    """The whole way: a job with qubits that are measured, reset and used again, and what `evaluate` makes of it."""
    text = f'data d = strings(["011", "110"]);\n{BRANCHING}objective nll(d);\ntrain {{ steps 2; }}\nreport tv;\n'
    trained = qgl.loads(text).train(out=tmp_path / "run", display="quiet", pictures=False)
    engine = open_engine("aer")
    assert isinstance(engine, Engine)
    request = Request("aer", 2000, readout=True, max_qubits=8)
    folder = begin(tmp_path / "run", draft(trained, trained.model, request, engine))
    carry_on(folder, engine)
    found = Compared(folder, trained.model).compared(weights_hash(trained.params))
    gap = next(gap for gap in found.gaps if gap.name.startswith("tv"))
    assert gap.mitigated is not None
    assert gap.mitigated.value == pytest.approx(gap.machine.value, abs=1e-6)
    assert gap.machine.value < 0.06
