"""Applications of gates: names of OpenQASM's standard libraries, modifiers, and what each becomes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qgl.gates import GATES
from qgl.qasm.reading.numbers import Number, Refused, literal

_SAME = """
id x y z h s sdg t tdg sx sxdg rx ry rz p u u2 swap cx cy cz ch cp crx cry crz cu ccx cswap rzz rxx
"""
# Of stdgates.inc, and of qelib1.inc as far as Qiskit reads it.
STANDARD = {name: name for name in _SAME.split()} | {
    "phase": "p",
    "cphase": "cp",
    "u1": "p",
    "cu1": "cp",
    "u3": "u",
    "cu3": "ctrl u",
    "csx": "ctrl sx",
    "c3x": "ctrl(3) x",
    "c3sqrtx": "ctrl(3) sx",
    "c4x": "ctrl(4) x",
}
BUILT_IN = {"U": "u", "CX": "cx"}
PHASED = {"U", "u", "u2", "u3"}  # whose global phase readers do not agree on
MOST_REPEATED = 1000  # times that `pow` repeats a gate


@dataclass(frozen=True)
class Application:
    """A gate as it stands in the text: its parts in qgl's words, before its modifiers are worked in."""

    name: str  # of OpenQASM
    called: str  # of qgl, perhaps with controls before it
    arguments: tuple[Number, ...]
    qubits: tuple[str, ...]
    modifiers: tuple[tuple[str, int], ...]  # (inv | pow | ctrl | negctrl, power or number of controls)
    phased: bool  # whether readers do not agree on its global phase

    @property
    def controls(self) -> list[bool]:
        """For each leading qubit that is a control, whether it acts at one."""
        at_one: list[bool] = []
        for kind, count in self.modifiers:
            at_one += [kind == "ctrl"] * count if kind in ("ctrl", "negctrl") else []
        return at_one


def lines(applied: Application) -> list[str]:
    """The statements of one application.

    Raises:
        Refused: qgl has no words for it, or readers differ on it.
    """
    controls = applied.controls
    if controls and applied.phased:
        raise Refused(f"`{applied.name}` under a control, on whose phase readers of OpenQASM differ,")
    power = math.prod(count for kind, count in applied.modifiers if kind == "pow")
    if abs(power) > MOST_REPEATED:
        raise Refused(f"a power of {power}")
    inverted = (sum(kind == "inv" for kind, _ in applied.modifiers) + (power < 0)) % 2 == 1
    flips = [f"x {qubit};" for qubit, at_one in zip(applied.qubits, controls, strict=False) if not at_one]
    prefix = f"ctrl({len(controls)}) " if len(controls) > 1 else "ctrl " * len(controls)
    prefix += "inverse " * inverted
    numbers = f"({', '.join(number.text for number in applied.arguments)})" if applied.arguments else ""
    line = f"{prefix}{applied.called}{numbers} {', '.join(applied.qubits)};"
    return [*flips, *[line] * abs(power), *flips]


def arguments_of(called: str) -> int:
    """How many numbers a gate takes that `STANDARD` or `BUILT_IN` name."""
    return len(GATES[called.split()[-1]].parameters)


def phase(angle: Number, controls: Sequence[str], any_qubit: str) -> list[str]:
    """`gphase(angle)` under `controls`; without any, as a phase of both states of `any_qubit`, if there is one."""
    if controls:
        ctrl = "" if len(controls) == 1 else "ctrl " if len(controls) == 2 else f"ctrl({len(controls) - 1}) "
        return [f"{ctrl}p({angle.text}) {', '.join(controls)};"]
    one = f"p({angle.text}) {any_qubit};"
    return [one, f"x {any_qubit};", one, f"x {any_qubit};"] if any_qubit else []


def is_phased(name: str, arguments: Sequence[Number]) -> bool:
    """Whether readers differ on the global phase of a standard gate: of `U` only where it rotates."""
    return name in PHASED and not (name == "U" and bool(arguments) and arguments[0].value == 0)


def modifiers(node: Any, number_of: Any) -> tuple[tuple[str, int], ...]:
    """The modifiers of an application, outermost first.

    Raises:
        Refused: a power is no integer, or a number of controls no constant.
    """
    pairs = []
    for modifier in node.modifiers:
        kind = modifier.modifier.name
        count = literal(1) if modifier.argument is None else number_of(modifier.argument)
        if kind == "pow" and not isinstance(count.value, int):
            raise Refused("a power that is no constant integer")
        pairs.append((kind, count.integer()))
    return tuple(pairs)
