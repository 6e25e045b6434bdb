"""Names of inputs: whatever the language lets a parameter be called, every reader takes the text and binds it."""

from __future__ import annotations

import re
import sys
from keyword import kwlist
from pathlib import Path

import numpy as np
import pytest

from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.qasm import PROFILES, emission
from qgl.qasm.names import RESERVED, Names
from qgl.source import Source
from tests.qasm.consumers import CONSUMERS, Consumer
from tests.qasm.readers import parse
from tests.reference.density import probabilities
from tests.reference.programs import op, parameter, program_of

SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # what all grammars of identifiers have in common
_WRITTEN = """
_1 __2pi _0x1F _0b1 _1e5 _1ns _ __ _theta theta θ ϑ ϴ ς é вес Ω 中 ª ٱ ǅ 𝛼 x̂ u_1 u_2pi flip_0 e1 E5 im1
b q c m w q0 w1 arg0 q_0 _gate_q_0 p0 self arg node context cls lambda None True async await yield global match
pi tau euler ℇ τ E I S N O Q beta gamma zeta sympify Symbol eval abs max int_ float_ ns us ms dt s
x rx U u0 CX gphase cphaseshift phaseshift ecr pragma waveform port frame dim opaque qreg creg include OPENQASM gate
"""
NAMES = _WRITTEN.split()
WITH_INPUTS = [consumer for consumer in CONSUMERS if consumer.inputs and PROFILES[consumer.profile].inputs]


@pytest.mark.parametrize("consumer", WITH_INPUTS, ids=str)
def test_every_reader_takes_and_binds_every_name(consumer: Consumer) -> None:
    turns = [op(("rx", "ry", "rz")[k % 3], 0, args=(Real(0.0, ((1.0, Input(k, 0)),)),)) for k in range(len(NAMES))]
    program = program_of(1, 0, *turns, parameters=[parameter(name) for name in NAMES])
    emitted = emission(Circuit.of(program), None, consumer.profile)
    parse(emitted.text)
    assert len(emitted.inputs) == len(NAMES)
    assert all(SAFE.fullmatch(name) and name not in RESERVED for name in emitted.inputs)
    values = np.random.default_rng(1).uniform(0.1, 3.0, len(NAMES))
    found = consumer.distribution(emitted.text, emitted.bindings(values))
    np.testing.assert_allclose(found, probabilities(program, values), atol=1e-7)


def test_every_letter_is_written_in_ascii() -> None:
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        name = f"_{letter}"
        if re.fullmatch(r"[^\W\d][\w\u0300-\u036f]*", name):  # as the grammar of the language has it
            written = Names([parameter(name)]).of(Input(0, 0))
            assert SAFE.fullmatch(written), name


def test_words_of_every_reader_are_left_to_it() -> None:
    assert set(kwlist) | {"b", "q", "self", "arg", "waveform", "gphase", "im"} <= RESERVED
    names = Names([parameter(name) for name in ("_1", "u_1", "__1", "θ", "theta", "_theta", "theta_")])
    written = [names.of(Input(k, 0)) for k in range(7)]
    assert written == ["u_1", "u_1_", "u_1__", "theta", "theta_", "theta__", "theta___"]


@pytest.mark.parametrize("profile", [name for name, record in PROFILES.items() if not record.machine])
def test_a_comment_of_the_program_stays_in_its_comment(profile: str) -> None:
    ends = "\x0b x v[0];\x0c x v[0];\x1c x v[0];\x85 x v[0];\u2028 x v[0];\u2029 x v[0];\t x v[0];"
    text = f"visible v[1];\nmodel {{ h v; /* {ends} */ h v; }}\n"
    program = analyse(Source("ends.qgl", text), FolderEnvironment(Path.cwd()), {}).program
    written = emission(Circuit.of(program), np.zeros(0), profile).text
    assert written.split("\n") == [*written.splitlines(), ""]
    assert all(line.isprintable() for line in written.split("\n"))
