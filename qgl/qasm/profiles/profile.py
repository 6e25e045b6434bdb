"""What a reader of OpenQASM 3 takes: one record per reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_PLAIN = ("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "p", "swap")
_CONTROLLED = {
    "cx": ("x", 1),
    "cy": ("y", 1),
    "cz": ("z", 1),
    "ch": ("h", 1),
    "cp": ("p", 1),
    "crx": ("rx", 1),
    "cry": ("ry", 1),
    "crz": ("rz", 1),
    "ccx": ("x", 2),
    "cswap": ("swap", 1),
}
# (gate, controls) -> its name in stdgates.inc
STDGATES = {**{(name, 0): name for name in _PLAIN}, **{key: name for name, key in _CONTROLLED.items()}}


@dataclass(frozen=True)
class Profile:
    """A dialect of OpenQASM 3. Every text starts with exactly `OPENQASM 3.0;`, since Cirq takes no other version.

    native        (gate, controls) -> its name in the text
    modifiers     whether `p` under more controls can be written as `ctrl @ ctrl @ p`
    readers       how the readers show the output bits, for the head of the text
    definitions   names in the text -> their definitions from built-in gates; those that are used are written
    composites    gates that get a definition made from their decomposition; all others are decomposed in place
    include       a file that the text includes
    measures      whether the text may measure single qubits before the end (`m[0] = measure q[0];`, `c[k] = ...`)
    resets        whether the text may `reset` a qubit that has been used
    branches      whether the text may branch on an outcome (`if (m[0]) { ... }`); needs `measures`
    gphase        whether the text may hold a global phase; otherwise states are right up to one
    inputs        the type of an input that is left open; None: the text has no inputs
    functions     functions of inputs that the text may hold, by our names -> by the text's; `power` is an operator
    own_register  whether a qubit that is not read out is a register of its own, since only registers can be reset
    machine       whether the text is made for one machine, by `qgl.hardware.machines.machine.fit`, and not by
                  `qgl.qasm.emit`
    reuse         whether a qubit whose wire has ended serves again after a `reset`, if the caller does not say
    """

    name: str
    summary: str
    native: Mapping[tuple[str, int], str]
    readers: tuple[str, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)
    composites: frozenset[str] = frozenset()
    include: str | None = None
    measures: bool = False
    resets: bool = False
    branches: bool = False
    gphase: bool = True
    inputs: str | None = "float[64]"
    functions: Mapping[str, str] = field(default_factory=dict)
    own_register: bool = False
    modifiers: bool = False
    machine: bool = False
    reuse: bool = True

    def takes(self, gate: str, controls: int) -> bool:
        """Whether a gate under so many controls needs no decomposition."""
        if gate == "gphase":
            return controls == 0
        if (gate, controls) in self.native or (gate == "p" and self.modifiers):
            return True
        return controls == 0 and gate in self.composites
