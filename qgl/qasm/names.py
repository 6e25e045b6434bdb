"""Names of inputs that every reader of OpenQASM takes, whatever the program calls its parameters.

A name is one ASCII letter and then ASCII letters, digits and underscores, which all grammars of identifiers have in
common. It is none of the words below, which some reader keeps for itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from keyword import kwlist, softkwlist

import numpy as np

from qgl.expression import Input
from qgl.program.program import Parameter

_OPENQASM = """
OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end return for while in switch
case default nop pragma input output const readonly mutable qreg qubit creg bool bit int uint float angle complex array
void duration stretch gphase inv pow ctrl negctrl durationof delay reset measure barrier true false im pi tau euler
sin cos tan arcsin arccos arctan exp log ln sqrt mod floor ceiling popcount rotl rotr real imag sizeof dim opaque ceil
"""
_GATES = """
U CX id x y z h s sdg t tdg sx sxdg rx ry rz p u u0 u1 u2 u3 phase cphase cx cy cz ch cp cu crx cry crz ccx ccz cswap
swap iswap rxx ryy rzz rzx su2 su4 cnot i v vi si ti xx yy zz xy unitary noise ecr pswap phaseshift cphaseshift ccnot
rot siswap xx_plus_yy xx_minus_yy csx cv cs csdg cu1 cu3
"""
_TIMES = "dt ns us ms"
_REGISTERS = "q c m w"
# Braket's circuits keep `b` and `q`, and OpenPulse the next four; then the names of arguments of functions that
# bind inputs by keyword: `Circuit.__call__` of Braket and the interpreter of PennyLane.
_BINDING = "b waveform port frame self arg node context"
RESERVED = frozenset(
    [*f"{_OPENQASM} {_GATES} {_TIMES} {_REGISTERS} {_BINDING}".split(), *kwlist, *softkwlist]
)  # Python's own words cannot be written before `=` in a call
_OWN = re.compile(r"(w|q|arg)[0-9]+")  # registers and formal names that are written


class Names:
    """Names of inputs: `theta[2, 0]` is `theta_2_0`. Letters outside ASCII are written out (`θ` is `theta`)."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self._parameters = parameters
        self._names: dict[Input, str] = {}
        self._taken = set(RESERVED)

    def of(self, atom: Input) -> str:
        """The name of an input, the same each time it is asked for."""
        if atom not in self._names:
            parameter = self._parameters[atom.parameter]
            index = np.unravel_index(atom.element, parameter.shape) if parameter.shape else ()
            self._names[atom] = self.new("_".join([_ascii(parameter.name), *(str(int(i)) for i in index)]))
        return self._names[atom]

    def new(self, name: str) -> str:
        """`name`, with underscores appended until it is not taken."""
        while name in self._taken or _OWN.fullmatch(name):
            name += "_"
        self._taken.add(name)
        return name


def _ascii(name: str) -> str:
    """The name in ASCII, from its first letter on; one that has digits there is put behind `u_`."""
    letters = []
    for letter in name:
        parts = unicodedata.name(letter, "").split()
        if letter.isascii():
            letters.append(letter)
        elif parts[:1] == ["GREEK"] and parts[2:3] == ["LETTER"]:
            spelt = parts[-1] if len(parts) == 4 else parts[3]
            letters.append(spelt.lower() if parts[1] == "SMALL" else spelt.capitalize())
        else:
            letters.append(f"u{ord(letter):x}")
    written = "".join(letters).lstrip("_") or "input"
    return written if written[0].isalpha() else f"u_{written}"
