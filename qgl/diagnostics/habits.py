"""What people write who come from Qiskit, Python or OpenQASM, and what it is called here."""

from __future__ import annotations

import re

# Other names of the same thing, taken wherever the right one is among those that could stand there.
SAME = {
    "learning_rate": "rate",
    "lr": "rate",
    "epochs": "steps",
    "epoch": "steps",
    "iterations": "steps",
    "batch_size": "batch",
    "cphase": "cp",
    "cu1": "cp",
    "u1": "p",
}

_REGISTER = "qubits are declared by `visible v[4];`, which are read out, and `hidden h[2];`, which are not"
_ANGLE = "an angle that is trained is declared, as in `param theta : angle;`, or written `?`"
_PAULI = re.compile(r"[XYZ]_?(?P<place>[0-9]{1,6})|[XYZ]{2,8}")
HINTS = {
    "qreg": _REGISTER,
    "qubit": _REGISTER,
    "creg": "visible qubits are read out at the end by themselves; within a circuit, write `measure q -> m;`",
    "gate": "a gate of your own is a layer: `layer name(a: angle, q: qubit) { rx(a) q; }`",
    "def": "a gate of your own is a layer: `layer name(a: angle, q: qubit) { rx(a) q; }`",
    "trian": "did you mean `train`?",
    "np": "numbers and functions need no module: write `pi`, `sin(x)`, `sqrt(x)`",
    "math": "numbers and functions need no module: write `pi`, `sin(x)`, `sqrt(x)`",
    "PI": "write `pi`",
    "Pi": "write `pi`",
    "theta": _ANGLE,
    **dict.fromkeys(("alpha", "beta", "gamma", "lam", "omega", "psi", "phi", "\u03b8", "\u03c6"), _ANGLE),
    **dict.fromkeys("XYZ", "a Pauli matrix has its qubit in square brackets: `Z[v[0]]`"),
    "learning_rate": "the rate is an argument of the optimizer: `optimizer adam(rate = 0.1);`",
    "range": "a range is written `0..3`, both ends included: `for k in 0..n-1 { ... }`",
    "len": "a loop over a register is `for q in v { ... }`",
    "inv": "a gate is inverted by `inverse`: `inverse s v[0];`",
}


INSTEAD = {"PI": "pi", "Pi": "pi", "trian": "train"}  # of words that one other word can take the place of


def hint(identifier: str) -> str:
    """What to write in place of a word of another language, or an empty text."""
    if identifier in HINTS or not (pauli := _PAULI.fullmatch(identifier)):
        return HINTS.get(identifier, "")
    if pauli["place"]:
        return f"write `{identifier[0]}[v[{pauli['place']}]]` for qubit {pauli['place']} of a register `v`"
    product = " * ".join(f"{letter}[v[{k}]]" for k, letter in enumerate(identifier))
    return f"a product of Pauli matrices is written `{product}`"
