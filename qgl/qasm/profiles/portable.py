"""The profile `portable`: one text for Qiskit, PennyLane and Amazon Braket.

PennyLane knows the standard gates by name and does not run definitions; Braket and Qiskit need the definitions. So
the text defines the standard gates that it uses, exactly as PennyLane knows them, and applies no other gate.

Readers may differ on the global phase of the built-in `U`, so a control is only ever put on `U(0, 0, a)`, which all
agree on. Modifiers stand in definitions only, since PennyLane ignores them on gates that the text defines.

Braket reads the text as it is meant, but its local simulators, up to 1.41 at least, miscompute `ctrl @` between some
qubits (its issue 319); the profile `braket` avoids that. docs/openqasm.md has the table of such facts.
"""

from __future__ import annotations

from qgl.qasm.profiles.profile import Profile

_DEFINITIONS = {
    "id": "gate id q0 { U(0.0, 0.0, 0.0) q0; }",
    "x": "gate x q0 { U(pi, 0.0, pi) q0; }",
    "y": "gate y q0 { U(pi, pi/2.0, pi/2.0) q0; }",
    "z": "gate z q0 { U(0.0, 0.0, pi) q0; }",
    "h": "gate h q0 { U(pi/2.0, 0.0, pi) q0; }",
    "s": "gate s q0 { U(0.0, 0.0, pi/2.0) q0; }",
    "sdg": "gate sdg q0 { U(0.0, 0.0, -pi/2.0) q0; }",
    "t": "gate t q0 { U(0.0, 0.0, pi/4.0) q0; }",
    "tdg": "gate tdg q0 { U(0.0, 0.0, -pi/4.0) q0; }",
    "rx": "gate rx(arg0) q0 { U(arg0, -pi/2.0, pi/2.0) q0; }",
    "ry": "gate ry(arg0) q0 { U(arg0, 0.0, 0.0) q0; }",
    "rz": "gate rz(arg0) q0 { gphase(-arg0/2.0); U(0.0, 0.0, arg0) q0; }",
    "p": "gate p(arg0) q0 { U(0.0, 0.0, arg0) q0; }",
    "u3": "gate u3(arg0, arg1, arg2) q0 { U(arg0, arg1, arg2) q0; }",
    "cz": "gate cz q0, q1 { ctrl @ U(0.0, 0.0, pi) q0, q1; }",
    "cp": "gate cp(arg0) q0, q1 { ctrl @ U(0.0, 0.0, arg0) q0, q1; }",
    "cx": "gate cx q0, q1 { U(pi/2.0, 0.0, pi) q1; ctrl @ U(0.0, 0.0, pi) q0, q1; U(pi/2.0, 0.0, pi) q1; }",
    "crz": "gate crz(arg0) q0, q1 { U(0.0, 0.0, -arg0/2.0) q0; ctrl @ U(0.0, 0.0, arg0) q0, q1; }",
}
_OTHER_NAMES = {"u3": ("u", 0), "cz": ("z", 1), "cp": ("p", 1), "cx": ("x", 1), "crz": ("rz", 1)}

PORTABLE = Profile(
    name="portable",
    summary="one text that Qiskit, PennyLane and Amazon Braket load; measurements before the end are deferred",
    native={_OTHER_NAMES.get(name, (name, 0)): name for name in _DEFINITIONS},
    definitions=_DEFINITIONS,
    resets=True,
    own_register=True,
    readers=(
        "Qiskit prints the outcome with c[0] last; PennyLane: qml.probs(wires=['q[0]', 'q[1]', ...]) has q[0] first.",
    ),
)
