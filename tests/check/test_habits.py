"""Programs of people who come from Qiskit, Python or OpenQASM: the message says what to write here."""

from __future__ import annotations

from pathlib import Path

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.render import to_text
from qgl.source import Source

HEAD = "visible v[4];\n"
CASES = {
    "qreg q[2];\nmodel { }\n": "help: qubits are declared by `visible v[4];`",
    "qubit[2] q;\nmodel { }\n": "help: qubits are declared by `visible v[4];`",
    f"{HEAD}gate foo a {{ h a; }}\nmodel {{ h v; }}\n": "help: a gate of your own is a layer: `layer name(",
    f"{HEAD}model {{ h v; }}\ntrian {{ steps 10; }}\n": "help: did you mean `train`?",
    f"{HEAD}model {{ rx(PI) v; }}\n": "help: write `pi`\n",
    f"{HEAD}model {{ rx(theta) v; }}\n": "help: declare it by `param theta : angle;`, or write `?`",
    f"param t = 0.1;\n{HEAD}model {{ rx(t) v; }}\n": "help: a `param` is trained and has no value",
    "visible v(4);\nmodel { h v; }\n": "help: the size of a register stands in square brackets: `visible v[4];`",
    f"const a = 7 // 2;\n{HEAD}model {{ h v[a]; }}\n": "the quotient of whole numbers is `div(a, b)`",
    f"{HEAD}model {{ inv s v[0]; }}\n": "help: a gate is inverted by `inverse`: `inverse s v[0];`",
    f"{HEAD}model {{ for k in range(4) {{ h v[k]; }} }}\n": "help: a range is written `0..3`, both ends included",
    f"{HEAD}model {{ cphase(0.1) v[0], v[1]; }}\n": "did you mean `cp`?",
    f"{HEAD}model {{ h v; }}\ntrain {{ epochs 10; }}\n": "did you mean `steps`?",
    f"{HEAD}model {{ h v; }}\ntrain {{ batch_size 10; }}\n": "did you mean `batch`?",
    f"{HEAD}model {{ h v; }}\ntrain {{ optimizer adam(learning_rate = 0.1); }}\n": "did you mean `rate`?",
}


@pytest.mark.parametrize("text", CASES)
def test_the_message_helps(text: str, tmp_path: Path) -> None:
    said = to_text(diagnose(Source("new.qgl", text), FolderEnvironment(tmp_path))[1])
    assert CASES[text] in said, said
