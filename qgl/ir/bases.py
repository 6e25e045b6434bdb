"""The circuit whose visible qubits are read in Pauli bases that are inputs: turned at its end by two angles each.

Measuring X is turning its eigenstate of eigenvalue 1 to |0> and reading the bit, and so with Y; so every method that
knows the strings of a circuit knows them in any basis.
"""

from __future__ import annotations

import numpy as np

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.program.operations import Operation, gate
from qgl.program.program import GIVEN, Parameter

_QUARTER = -np.pi / 2
ANGLES = np.array([(0, 0), (0, _QUARTER), (_QUARTER, _QUARTER), (0, 0)])  # of rz and then ry, for I, X, Y, Z


def with_bases_read(circuit: Circuit) -> Circuit:
    """The same circuit with two more inputs for each visible qubit, those of `ANGLES` in order."""
    number, operations = len(circuit.parameters), list[Operation](circuit.operations)
    for place, wire in enumerate(circuit.visible):
        for k, name in enumerate(("rz", "ry")):
            angle = Real(0.0, ((1.0, Input(number, 2 * place + k)),))
            operations.append(gate(name, (wire,), circuit.wires[wire].span, (angle,)))
    visible = circuit.visible
    inputs = Parameter("condition", "basis", (len(visible), 2), "angle", GIVEN, None, circuit.wires[visible[0]].span)
    return Circuit(circuit.wires, visible, tuple(operations), circuit.bits, (*circuit.parameters, inputs))
