"""What the readers make of one construct each; `python -m tests.qasm.reader_facts` prints a table for the documents.

Every text has a law that is plain to see, so that a reader that takes it and computes something else is found out.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
from braket.default_simulator import DensityMatrixSimulator, StateVectorSimulator
from braket.ir.openqasm import Program as BraketProgram
from numpy.typing import NDArray

from tests.qasm.readers import braket_law, parse, pennylane_law, qiskit_law

INCLUDE = 'include "stdgates.inc";\n'
X = "gate x a { U(pi, 0.0, pi) a; }\n"
H = "gate h a { U(pi/2.0, 0.0, pi) a; }\n"
RX = "gate rx(t) a { U(t, -pi/2.0, pi/2.0) a; }\n"
CX = "gate cx a, b { U(pi/2.0, 0.0, pi) b; ctrl @ U(0.0, 0.0, pi) a, b; U(pi/2.0, 0.0, pi) b; }\n"
BELL = f"{H}{CX}qubit[1] q;\nbit[1] c;\nqubit[1] w;\nh q[0];\ncx q[0], w[0];\n"
BOTH = "x q[0];\nx q[1];\nm[0] = measure q[0];\nm[1] = measure q[1];\n"


@dataclass(frozen=True)
class Fact:
    """A construct, a text of it without the first line and the final measurement, and the equally likely outcomes."""

    construct: str
    text: str
    outcomes: str
    inputs: dict[str, float] = field(default_factory=dict)
    measure: str = "c = measure q;"

    @property
    def source(self) -> str:
        return f"OPENQASM 3.0;\n{self.text}\n{self.measure}\n"

    @property
    def width(self) -> int:
        return len(self.outcomes.split()[0])

    @property
    def law(self) -> NDArray[np.float64]:
        law = np.zeros(2**self.width)
        for outcome in self.outcomes.split():
            law[int(outcome, 2)] = 1.0 / len(self.outcomes.split())
        return law


def _q(size: int) -> str:
    return f"qubit[{size}] q;\nbit[{size}] c;\n"


def _angle(expression: str) -> str:
    return f"input float[64] a;\ninput float[64] b;\n{RX}{_q(1)}rx({expression}) q[0];"


PI = {"a": np.pi / 2, "b": np.pi / 4}
FACTS = (
    Fact('`include "stdgates.inc"`', f"{INCLUDE}{_q(1)}x q[0];", "1"),
    Fact("built-in `U`, undefined otherwise", f"{_q(1)}U(pi, 0.0, pi) q[0];", "1"),
    Fact("a standard gate, defined in the text", f"{X}{_q(1)}x q[0];", "1"),
    Fact("another gate, defined in the text", f"{X}gate flip a {{ x a; }}\n{_q(2)}flip q[1];", "01"),
    Fact(
        "a definition that calls one with exchanged formals",
        f"{CX}gate swap a, b {{ cx a, b; cx b, a; cx a, b; }}\n{X}{_q(2)}x q[0];\nswap q[0], q[1];",
        "01",
    ),
    Fact(
        "formal angles that are not in alphabetical order",
        f"{RX}gate turn(z, y) a {{ rx(z) a; rx(2.0*y) a; }}\n{_q(1)}turn(pi, 0.0) q[0];",
        "1",
    ),
    Fact("`ctrl @` of neighbours", f"{X}{CX}{_q(2)}x q[0];\ncx q[0], q[1];", "11"),
    Fact("`ctrl @` of qubits 2 and 0 of four", f"{X}{CX}{_q(4)}x q[2];\ncx q[2], q[0];", "1010"),
    Fact("`ctrl @ ctrl @` on a standard gate", f"{X}{_q(3)}x q[0];\nx q[1];\nctrl @ ctrl @ x q[0], q[1], q[2];", "111"),
    Fact("`ctrl(2) @` on a standard gate", f"{X}{_q(3)}x q[0];\nx q[1];\nctrl(2) @ x q[0], q[1], q[2];", "111"),
    Fact("`gphase`", f"{X}{_q(1)}gphase(0.3);\nx q[0];", "1"),
    Fact("`input float[64]`, sum and multiple", _angle("2.0*a + 4.0*b - pi"), "1", PI),
    Fact("product of inputs", _angle("8.0*a*b/pi"), "1", PI),
    Fact("quotient of inputs", _angle("a/b*pi/2.0"), "1", PI),
    Fact("`sin` of an input", _angle("pi*sin(a) + 0.0*b"), "1", PI),
    Fact("power of an input", _angle("4.0*a**2.0/pi + 0.0*b"), "1", PI),
    Fact("`reset` of a register", f"{BELL}reset w;\nh q[0];", "0 1"),
    Fact("`reset` of an element", f"{BELL}reset w[0];\nh q[0];", "0 1"),
    Fact("`c[0] = measure q[0]`", f"{X}{_q(1)}x q[0];", "1", measure="c[0] = measure q[0];"),
    Fact("`if (m[0])`", f"{X}{_q(2)}bit[1] m;\nx q[0];\nm[0] = measure q[0];\nif (m[0]) {{ x q[1]; }}", "11"),
    Fact("`if (!m[0])`", f"{X}{_q(2)}bit[1] m;\nm[0] = measure q[0];\nif (!m[0]) {{ x q[1]; }}", "01"),
    Fact(
        "`if (m[0] && m[1])`",
        f"{X}{_q(3)}bit[2] m;\n{BOTH}if (m[0] && m[1]) {{ x q[2]; }}",
        "111",
    ),
    Fact("a single qubit, `qubit a;`, beside a register", f"{X}{CX}{_q(2)}qubit a;\nx a;\ncx a, q[1];", "01"),
)


def _simulator(device: Any) -> Callable[[Fact], NDArray[np.float64]]:
    def law(fact: Fact) -> NDArray[np.float64]:
        source = fact.source.replace(fact.measure, "#pragma braket result probability q")
        return np.asarray(device().run(BraketProgram(source=source, inputs=fact.inputs), shots=0).resultTypes[0].value)

    return law


READERS: dict[str, Callable[[Fact], NDArray[np.float64]]] = {
    f"Qiskit {version('qiskit')}, qasm3-import {version('qiskit-qasm3-import')}": lambda fact: qiskit_law(
        fact.source, fact.inputs
    ),
    f"PennyLane {version('pennylane')}": lambda fact: pennylane_law(fact.source, fact.width, fact.inputs),
    f"Braket {version('amazon-braket-default-simulator')}, read": lambda fact: braket_law(fact.source, fact.inputs),
    "its state-vector simulator": _simulator(StateVectorSimulator),
    "its density-matrix simulator": _simulator(DensityMatrixSimulator),
}


def verdict(fact: Fact, reader: str) -> str:
    """ "right", "wrong" (taken, and something else computed) or "refused"."""
    logging.getLogger("braket").setLevel(logging.ERROR)
    logging.getLogger("braket.default_simulator").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            law = READERS[reader](fact)
        except Exception:
            return "refused"
    return "right" if law.shape == fact.law.shape and np.allclose(law, fact.law, atol=1e-6) else "wrong"


def table() -> str:
    """The table in Markdown."""
    lines = [f"| construct | {' | '.join(READERS)} |", "|---" * (len(READERS) + 1) + "|"]
    for fact in FACTS:
        parse(fact.source)
        cells = [verdict(fact, reader) for reader in READERS]
        lines.append("| " + " | ".join([fact.construct, *(c if c == "right" else f"**{c}**" for c in cells)]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
