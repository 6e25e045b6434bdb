"""Small programs whose resets, early measurements and branches have to survive; what a profile makes of each."""

from __future__ import annotations

import re

import numpy as np

from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from tests.qasm.consumers import written
from tests.reference.programs import op, program_of

# A fresh qubit is entangled, discarded, and the next one takes its place: without the reset the distribution is another
# one.
RESET = program_of(
    1,
    0,
    *(
        step
        for wire, angle in ((1, 0.8), (2, 1.9), (3, 0.4))
        for step in (op("fresh", wire), op("ry", wire, args=(angle,)), op("cx", wire, 0), op("discard", wire))
    ),
)
# A memory meets one output after the other: each can be measured before the next one begins.
EARLY = program_of(
    3,
    1,
    *(
        step
        for wire, angle in ((0, 0.8), (1, 1.9), (2, 0.4))
        for step in (op("ry", 3, args=(angle,)), op("cx", 3, wire), op("ry", wire, args=(2.0 * angle,)))
    ),
)
# The program measures, and acts on one outcome and on two.
BRANCH = program_of(
    2,
    1,
    op("ry", 0, args=(0.9,)),
    op("measure", 0, bit=0),
    op("rx", 1, args=(0.7,), condition=((0, True),)),
    op("ry", 2, args=(1.1,)),
    op("measure", 2, bit=1),
    op("h", 1, condition=((0, False), (1, True))),
    op("h", 0),
)
FATES: dict[str, tuple[Program, bool | None, str, str]] = {
    "`reset`": (RESET, None, r"^ *reset ", "own qubits"),
    "measured early": (EARLY, True, r"^ *c\[0\] = measure", "at the end"),
    "`if`": (BRANCH, None, r"^ *if \(", "deferred"),
}


def text_of(fate: str, profile: str) -> str:
    program, reuse, _, _ = FATES[fate]
    return written(Circuit.of(program), np.zeros(0), profile, reuse=reuse)


def kept(fate: str, text: str) -> str:
    """ "kept", or what became of it."""
    _, _, pattern, otherwise = FATES[fate]
    before = text.rpartition("c[1] = measure")[0] if "c[1] = measure" in text else text
    return "kept" if re.search(pattern, before, re.MULTILINE) else otherwise
