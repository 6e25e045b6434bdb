"""OpenQASM in: a program has the distribution that Qiskit reads from the text; what cannot be said is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qgl.cli.fmt import formatted
from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from qgl.qasm.reading import program_of
from qgl.source import Source
from tests.command import qglc
from tests.fuzz import emission
from tests.qasm.consumers import dumped, written
from tests.qasm.readers import as_bit_strings, qiskit_distribution
from tests.reference.density import probabilities

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
VALUES = {"a": 0.7, "θ": -1.3}
TEXTS = {
    "gates": """qubit[3] q; bit[3] c;
        h q; t q[1]; sdg q[2]; u2(0.3, pi/4) q[0]; u3(0.1, 0.2, -0.3) q[1]; sx q[2]; cx q[0], q[1];
        cu(0.4, 0.3, -0.2, 0.7) q[1], q[2]; cphase(1.1) q[0], q[2]; ccx q[0], q[1], q[2]; ry(0.3) q;
        cswap q[2], q[0], q[1]; ch q[0], q[2]; crx(0.2) q[0], q[1]; cy q[1], q[2]; p(0.4) q;
        U(0.5, 0.1, 0.2) q[0]; h q; c = measure q;""",
    "controlled names": """qubit[3] q; bit[3] c;
        h q; ry(0.3) q[1]; ctrl @ cu(0.4, 0.3, -0.2, 0.7) q[0], q[1], q[2]; inv @ cu(0.5, 0.1, 0.2, 0.3) q[2], q[0];
        rx(0.7) q; c = measure q;""",
    "inputs": """input float[64] a; input angle[32] θ; qubit[2] q; bit[2] c;
        ry(2*a - θ/2) q[0]; cx q[0], q[1]; rx(-(a + θ) * 3) q[1]; c = measure q;""",
    "definitions": """gate turn(x, y) p0, p1 { rx(x / 2) p0; cx p0, p1; rz(y * 3) p1; h p1; gphase(x); }
        qubit[3] q; bit[3] c;
        h q; turn(0.3, 0.7) q[0], q[2]; ctrl @ turn(1.1, -0.2) q[1], q[0], q[2];
        inv @ turn(0.5, 0.2) q[2], q[1]; h q; c = measure q;""",
    "modifiers": """qubit[4] q; bit[4] c;
        h q; ctrl(2) @ x q[0], q[1], q[2]; negctrl @ ry(0.8) q[3], q[0]; ctrl @ negctrl @ s q[0], q[1], q[3];
        inv @ pow(3) @ t q[1]; pow(2) @ sx q[2]; pow(-1) @ s q[3]; h q; c = measure q;""",
    "a qubit goes on": """qubit[2] q; bit[3] c;
        h q[0]; cx q[0], q[1]; c[0] = measure q[0]; ry(0.7) q[0]; c[1] = measure q[0];
        reset q[0]; rx(0.4) q[0]; cx q[1], q[0]; c[2] = measure q[0];""",
    "feed-forward": """qubit[3] q; bit[3] c;
        ry(1.1) q[0]; c[0] = measure q[0]; if (c[0]) { rx(0.4) q[1]; x q[2]; }
        c[1] = measure q[1]; if (!c[1]) { ry(0.3) q[2]; } c[2] = measure q[2];""",
    "a register is compared": """bit[2] c; qubit[3] q;
        ry(1.1) q[0]; h q[1]; c[0] = measure q[0]; c[1] = measure q[1];
        if (c == 2) { x q[0]; } c[0] = measure q[0];""",
    "hidden qubits, other order": """qubit[3] q; qubit r; bit[2] c;
        ry(0.4) q; cx q[2], r; cx r, q[0]; ry(0.9) r; cx r, q[0]; c[0] = measure q[2]; c[1] = measure q[0];""",
    "measured twice": "qubit q; bit[2] c; h q; c[0] = measure q; c[1] = measure q;",
    "aliases and barriers": """qubit[4] q; bit[4] c; let low = q[0:1]; let both = low ++ q[3:3];
        ry(0.4) low; barrier q; cx low[1], q[2]; h both[2]; c = measure q;""",
}
LOOPS = """const int n = 4; qubit[n] q; bit[n] c;
    for int i in [0:n-2] { ry(0.3 * i + pi/8) q[i]; cx q[i], q[i + 1]; }
    for int i in [3:-2:1] { rx(0.2 * i) q[i]; }
    for uint j in {0, 2} { h q[j]; }
    for int i in [0:3] { c[i] = measure q[i]; }"""
UNROLLED = """qubit[4] q; bit[4] c;
    ry(pi/8) q[0]; cx q[0], q[1]; ry(0.3 + pi/8) q[1]; cx q[1], q[2]; ry(0.6 + pi/8) q[2]; cx q[2], q[3];
    rx(0.6) q[3]; rx(0.2) q[1]; h q[0]; h q[2]; c = measure q;"""


def compiled(text: str, registers: Sequence[str] = ()) -> Program:
    program = formatted(Source("imported.qgl", program_of(Source("circuit.qasm", text), None, registers)))
    assert program == formatted(Source("imported.qgl", program)), "what is written is in the canonical form"
    return analyse(Source("imported.qgl", program), FolderEnvironment(Path()), {}).program


def inputs_of(program: Program) -> NDArray[np.float64]:
    return np.array([VALUES[parameter.name] for parameter in program.parameters])


@pytest.mark.parametrize("name", TEXTS)
def test_the_distribution_is_that_which_qiskit_reads(name: str) -> None:
    text = HEAD + TEXTS[name]
    program = compiled(text)
    known = {parameter.name: VALUES[parameter.name] for parameter in program.parameters}
    np.testing.assert_allclose(
        probabilities(program, inputs_of(program)), qiskit_distribution(text, known), atol=1e-9, rtol=0
    )


def test_loops_are_what_they_unroll_to() -> None:
    found = probabilities(compiled(HEAD + LOOPS), np.zeros(0))
    np.testing.assert_allclose(found, qiskit_distribution(HEAD + UNROLLED), atol=1e-9, rtol=0)


def test_else_and_arrays_of_inputs() -> None:
    both = "input array[float[64], 2] w; qubit[2] q; bit[2] c; ry(w[1]) q[0]; c[0] = measure q[0];"
    program = compiled(HEAD + both + "if (c[0] == true) { x q[1]; } else { ry(w[0]) q[1]; } c[1] = measure q[1];")
    one, turned = np.sin(0.35) ** 2, np.sin(0.15) ** 2
    found = probabilities(program, np.array([0.3, 0.7]))
    np.testing.assert_allclose(found, [(1 - one) * (1 - turned), (1 - one) * turned, 0, one], atol=1e-12)


def test_openqasm_2_is_read_as_far_as_its_words_are_kept() -> None:
    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n'
    text += "u3(0.3,0.1,0.2) q[0];\ncx q[0],q[1];\nmeasure q -> c;\n"
    np.testing.assert_allclose(probabilities(compiled(text), np.zeros(0)), [np.cos(0.15) ** 2, 0, 0, np.sin(0.15) ** 2])


def test_gates_of_qelib1_are_those_that_qiskit_reads() -> None:
    head = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[5];\ncreg c[5];\nh q;\nry(0.4) q;\n'
    gates = "csx q[0],q[1];\ncu3(0.3,0.2,0.1) q[1],q[2];\nc3x q[0],q[2],q[3],q[1];\nc3sqrtx q[3],q[1],q[0],q[2];\n"
    gates += "cu1(0.4) q[2],q[3];\nc4x q[4],q[2],q[3],q[1],q[0];\nu2(0.2,0.7) q[4];\nrzz(0.3) q[3],q[4];\nh q;\n"
    counted = QuantumCircuit.from_qasm_str(head + gates)
    expected = Statevector(counted.reverse_bits()).probabilities()  # q[0] is the most significant bit
    found = probabilities(compiled(head + gates + "measure q -> c;\n"), np.zeros(0))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_registers_loops_and_definitions_keep_their_form() -> None:
    program = program_of(Source("circuit.qasm", HEAD + LOOPS))
    assert "visible q[4];" in program and "for i_ in 0..n - 2 {" in program  # `i` is the imaginary unit, `x` a gate
    assert "layer turn(x_: real, y_: real, p0: qubit, p1: qubit)" in program_of(
        Source("c", HEAD + TEXTS["definitions"])
    )


@settings(max_examples=30, deadline=None)
@given(emission.cases())
def test_what_is_emitted_comes_back(case: emission.Case) -> None:
    profile = "qiskit" if case.profile in ("ibm", "qiskit", "cirq") else "portable"
    text = dumped(written(Circuit.of(case.program), case.inputs, profile, optimise=case.optimise))
    expected = probabilities(as_bit_strings(case.program), case.inputs)
    np.testing.assert_allclose(probabilities(compiled(text, ["c"]), np.zeros(0)), expected, atol=1e-7, rtol=0)


def test_bits_are_chosen_by_register() -> None:
    text = HEAD + "qubit[2] q; bit a; bit b; x q[0]; a = measure q[0]; b = measure q[1];"
    np.testing.assert_allclose(probabilities(compiled(text, ["b"]), np.zeros(0)), [1, 0])
    np.testing.assert_allclose(probabilities(compiled(text, ["b", "a"]), np.zeros(0)), [0, 1, 0, 0])
    with pytest.raises(QglError, match=r"no register of bits named `d`"):
        compiled(text, ["d"])


REFUSED = {
    "qubit q; frobnicate q;": "the gate `frobnicate`",
    "qubit q; float[64] x = 0.1; ry(x) q;": "a variable that changes",
    "qubit q; while (true) { h q; }": "`while`",
    "qubit[2] q; ctrl @ U(0.3, 0, 0) q[0], q[1];": "`U` under a control",
    "gate g q { U(0.3, 0, 0) q; } qubit[2] q; ctrl @ g q[0], q[1];": "`g` under a control",
    "qubit q; rx(1/2) q;": "1/2, which is an integer",
    "qubit q; pow(0.5) @ x q;": "a power that is no constant integer",
    "qubit[2] q; cx q[0], q[0];": "a qubit twice",
    "qubit[2] q; h q[2];": "index 2 of 2",
    "qubit q; bit c; if (c) { x q; }": "nothing was measured into",
    "qubit q; bit c; c = measure q; if (c) { c = measure q; }": "a measurement under `if`",
    "qubit q; input int n; rx(n) q;": "neither `float` nor `angle`",
    "qubit q; rx(sqrt(-1)) q;": "without a value",
    "qubit q; rx(0.1, 0.2) q;": "`rx` with 2 arguments",
    "qubit q; for int i in [0:1000000] { h q; }": "more than 200,000 statements",
    "qubit q; def f(qubit x) { h x; } f(q);": "`def`",
    'include "mine.inc"; qubit q;': 'the file "mine.inc"',
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_said_is_refused_at_its_line(text: str) -> None:
    with pytest.raises(QglError) as caught:
        program_of(Source("circuit.qasm", HEAD + text))
    (fault,) = caught.value.diagnostics
    assert fault.code == "QGL1012" and REFUSED[text] in fault.message
    assert fault.span is not None and fault.span.source.line_of(fault.span.start) == 2


@pytest.mark.parametrize("text", ["qubit q;\nh h q;\n", "}", "qubit[", "\x00", "gate {"])
def test_what_is_no_openqasm_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(QglError) as caught:
        program_of(Source("circuit.qasm", HEAD + text))
    assert caught.value.diagnostics[0].code in ("QGL1011", "QGL1012")


def test_mutated_texts_are_read_or_refused() -> None:
    random = Random(0)
    texts = [HEAD + text for text in TEXTS.values()]
    for _ in range(150):
        text = random.choice(texts)
        at, length = random.randrange(len(text)), random.randrange(12)
        piece = random.choice(texts)[at : at + random.randrange(12)]
        try:
            program_of(Source("circuit.qasm", text[:at] + piece + text[at + length :]))
        except QglError as error:
            assert all(fault.code in ("QGL1011", "QGL1012") for fault in error.diagnostics)


def test_the_command_writes_a_program_that_trains(tmp_path: Path) -> None:
    (tmp_path / "ansatz.qasm").write_text(HEAD + "input float[64] a; qubit[2] q; ry(a) q[0]; cx q[0], q[1];")
    (tmp_path / "rows.csv").write_text("0,0\n1,1\n1,1\n")
    model = tmp_path / "model.qgl"
    assert qglc("import", tmp_path / "ansatz.qasm", "--data", "rows.csv", "-o", model)[0] == 0
    status, _, said = qglc("train", model, "--steps", "3", "--out", tmp_path / "run")
    assert status == 0, said
    status, shown, _ = qglc("import", tmp_path / "ansatz.qasm")
    assert status == 0 and "param a : angle;" in shown
    (tmp_path / "bad.qasm").write_text(HEAD + "qubit q;\nwhile (true) { h q; }\n")
    status, _, said = qglc("import", tmp_path / "bad.qasm", "-o", tmp_path / "bad.qgl")
    assert status == 1 and "QGL1012" in said and not (tmp_path / "bad.qgl").exists()
