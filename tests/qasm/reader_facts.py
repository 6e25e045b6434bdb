"""What the readers make of one construct each, and what each consumer of a profile is held to.

`python -m tests.qasm.reader_facts` writes both tables into docs/openqasm.md. Every text of a construct has a
distribution that is plain to see, so that a reader that takes it and computes something else is found out.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from braket.default_simulator import DensityMatrixSimulator, StateVectorSimulator
from braket.ir.openqasm import Program as BraketProgram
from numpy.typing import NDArray

from qgl.qasm import PROFILES
from tests.qasm.cirq_reader import cirq_distribution
from tests.qasm.consumers import CONSUMERS
from tests.qasm.ionq_clients import pyqasm_distribution
from tests.qasm.readers import braket_distribution, parse, pennylane_distribution, qiskit_distribution
from tests.qasm.survival import FATES, kept, text_of
from tests.qasm.test_emission_examples import SMALL, TOO_WIDE
from tests.qasm.test_emission_twelve import takes_twelve

PAGE = Path(__file__).parents[2] / "docs" / "openqasm.md"

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
    defines: bool = False  # it is about definitions: a reader that has its own gates gets these nevertheless

    @property
    def source(self) -> str:
        return f"OPENQASM 3.0;\n{self.text}\n{self.measure}\n"

    @property
    def included(self) -> str:
        """The text with the standard gates of an include instead of definitions."""
        if self.defines:
            return self.source
        text = self.text.replace(INCLUDE, "")
        for definition in (X, H, RX, CX):
            text = text.replace(definition, "")
        return f"OPENQASM 3.0;\n{INCLUDE}{text}\n{self.measure}\n"

    @property
    def distribution(self) -> NDArray[np.float64]:
        distribution = np.zeros(2 ** len(self.outcomes.split()[0]))
        for outcome in self.outcomes.split():
            distribution[int(outcome, 2)] = 1.0 / len(self.outcomes.split())
        return distribution


def _q(size: int) -> str:
    return f"qubit[{size}] q;\nbit[{size}] c;\n"


def _angle(expression: str) -> str:
    return f"input float[64] a;\ninput float[64] b;\n{RX}{_q(1)}rx({expression}) q[0];"


PI = {"a": np.pi / 2, "b": np.pi / 4}
FACTS = (
    Fact('`include "stdgates.inc"`', f"{INCLUDE}{_q(1)}x q[0];", "1"),
    Fact("built-in `U`, undefined otherwise", f"{_q(1)}U(pi, 0.0, pi) q[0];", "1"),
    Fact("a standard gate, defined in the text", f"{X}{_q(1)}x q[0];", "1", defines=True),
    Fact("another gate, defined in the text", f"{X}gate flip a {{ x a; }}\n{_q(2)}flip q[1];", "01", defines=True),
    Fact(
        "a definition that calls one with exchanged formals",
        f"{CX}gate swap a, b {{ cx a, b; cx b, a; cx a, b; }}\n{X}{_q(2)}x q[0];\nswap q[0], q[1];",
        "01",
        defines=True,
    ),
    Fact(
        "formal angles that are not in alphabetical order",
        f"{RX}gate turn(z, y) a {{ rx(z) a; rx(2.0*y) a; }}\n{_q(1)}turn(pi, 0.0) q[0];",
        "1",
        defines=True,
    ),
    Fact("`ctrl @` of neighbours", f"{X}{CX}{_q(2)}x q[0];\ncx q[0], q[1];", "11", defines=True),
    Fact("`ctrl @` of qubits 2 and 0 of four", f"{X}{CX}{_q(4)}x q[2];\ncx q[2], q[0];", "1010", defines=True),
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
    Fact(
        "`if (m[0] == 1) x q[1];`, without braces",
        f"{X}{_q(2)}bit[1] m;\nx q[0];\nm[0] = measure q[0];\nif (m[0] == 1) x q[1];",
        "11",
    ),
    Fact(
        "`if (c[2])`, all bits in one register",
        f"{X}qubit[2] q;\nbit[3] c;\nx q[0];\nc[2] = measure q[0];\nif (c[2]) {{ x q[1]; }}",
        "111",
        measure="c[0] = measure q[0];\nc[1] = measure q[1];",
    ),
    Fact(
        "measured, reset, used again",
        f"{X}qubit[1] q;\nbit[2] c;\nx q[0];\nc[0] = measure q[0];\nreset q[0];",
        "10",
        measure="c[1] = measure q[0];",
    ),
    Fact("a single qubit, `qubit a;`, beside a register", f"{X}{CX}{_q(2)}qubit a;\nx a;\ncx a, q[1];", "01"),
)


def _simulator(device: Any) -> Callable[[Fact], NDArray[np.float64]]:
    def distribution(fact: Fact) -> NDArray[np.float64]:
        source = fact.source.replace(fact.measure, "#pragma braket result probability q")
        return np.asarray(device().run(BraketProgram(source=source, inputs=fact.inputs), shots=0).resultTypes[0].value)

    return distribution


def _shots(fact: Fact) -> NDArray[np.float64]:
    """Braket's state-vector simulator, 1000 shots: the distribution, if the frequencies are within five standard
    errors.
    """
    result = StateVectorSimulator().run(BraketProgram(source=fact.source, inputs=fact.inputs), shots=1000)
    outcomes = [int("".join(str(bit) for bit in row), 2) for row in result.measurements]
    found = np.bincount(outcomes, minlength=len(fact.distribution)) / 1000
    near = np.allclose(found, fact.distribution, atol=0.08) and not found[fact.distribution == 0].any()
    return fact.distribution if near else found


READERS: dict[str, Callable[[Fact], NDArray[np.float64]]] = {
    f"Qiskit {version('qiskit')}, qasm3-import {version('qiskit-qasm3-import')}": lambda fact: qiskit_distribution(
        fact.source, fact.inputs
    ),
    f"PennyLane {version('pennylane')}": lambda fact: pennylane_distribution(fact.source, fact.inputs),
    f"Braket {version('amazon-braket-default-simulator')}, read": lambda fact: braket_distribution(
        fact.source, fact.inputs
    ),
    "its state-vector simulator": _simulator(StateVectorSimulator),
    "its density-matrix simulator": _simulator(DensityMatrixSimulator),
    "with shots": _shots,
    f"Cirq {version('cirq-core')}": lambda fact: cirq_distribution(fact.included, fact.inputs),
    f"pyqasm {version('pyqasm')}": lambda fact: pyqasm_distribution(fact.included, fact.inputs),
}


def answer(fact: Fact, reader: str) -> str:
    """ "right", "wrong" (taken, and something else computed) or "refused"."""
    loggers = [logging.getLogger(name) for name in ("braket", "braket.default_simulator", "pyqasm")]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            distribution = READERS[reader](fact)
        except Exception:
            return "refused"
    return (
        "right"
        if distribution.shape == fact.distribution.shape and np.allclose(distribution, fact.distribution, atol=1e-6)
        else "wrong"
    )


def _rows(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def readers_table() -> str:
    """What the readers make of every construct."""
    rows = []
    for fact in FACTS:
        parse(fact.source)
        cells = [answer(fact, reader) for reader in READERS]
        rows.append([fact.construct, *(cell if cell == "right" else f"**{cell}**" for cell in cells)])
    return _rows(["construct", *READERS], rows)


def consumers_table() -> str:
    """What the texts of each profile are held to; the tests of the folder assert every cell."""
    rows = []
    for consumer in CONSUMERS:
        profile = PROFILES[consumer.profile]
        missing = sum(consumer.name.endswith(name) for name, _ in TOO_WIDE)
        phases = "with their phases" if consumer.phases else "up to a global phase"
        open_inputs = "bound" if consumer.inputs else "refused"
        rows.append(
            [
                f"`{consumer.profile}`",
                consumer.name,
                f"{len(SMALL) - missing} of {len(SMALL)}",
                "the same distribution" if takes_twelve(consumer) else "too wide",
                phases if consumer.unitary else "by their distributions",
                "none in a text" if profile.inputs is None else open_inputs,
                *(kept(fate, text_of(fate, consumer.profile)) for fate in FATES),
            ]
        )
    head = ["profile", "held by", "examples", "12 sites with channels", "unitaries", "open inputs", *FATES]
    return _rows(head, rows)


def renewed(text: str) -> str:
    """A page with both tables as they are now."""
    for mark, table in (("consumers", consumers_table()), ("readers", readers_table())):
        pattern = f"<!-- {mark} -->.*?<!-- end -->"
        text, count = re.subn(pattern, f"<!-- {mark} -->\n\n{table}\n\n<!-- end -->", text, flags=re.DOTALL)
        assert count == 1, f"the page has lost its mark {mark}"
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
