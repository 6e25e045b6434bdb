"""Unitary operations as the gates that a profile has, global phase included.

A decomposition is a list of `Part`s. Where a gate is B A B^-1, only A needs the controls that the gate is under: the
parts of B are marked as its frame. Everything under many controls comes down to phases `p` under controls, and these
to `p` under one control and `x` under fewer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qgl.check.program import Operation
from qgl.expression import Real, real
from qgl.gates import GATES

Angles = tuple[Real, ...]
HALF = math.pi / 2


@dataclass(frozen=True, slots=True)
class Step:
    """A gate of `qgl.gates` (or `gphase`) on wires of which the first `controls` are controls."""

    gate: str
    wires: tuple[int, ...]
    angles: Angles = ()
    controls: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a decomposition, on wires numbered from 0. A part of a frame is not controlled with the whole."""

    gate: str
    wires: tuple[int, ...]
    angles: Angles = ()
    frame: bool = False


def lower(step: Step, takes: Callable[[str, int], bool]) -> Iterator[Step]:
    """`step` as steps that a profile takes, in order of application; nothing for a rotation by 0."""
    gate = GATES.get(step.gate)
    if gate is not None and gate.target is not None:
        step = Step(gate.target, step.wires, step.angles, step.controls + gate.controls)
    if step.angles == (Real(0.0),):  # every gate of one angle is the identity there
        return
    if takes(step.gate, step.controls):
        yield step
        return
    controls, targets = step.wires[: step.controls], step.wires[step.controls :]
    if step.gate == "p" and step.controls > 1:
        for simpler in _with_fewer_controls(controls, targets[0], step.angles[0]):
            yield from lower(simpler, takes)
        return
    for part in decompose(step.gate, step.angles):
        wires = tuple(targets[wire] for wire in part.wires)
        if part.gate == "gphase" and controls and not part.frame:
            yield from lower(Step("p", controls, part.angles, len(controls) - 1), takes)
        elif part.frame:
            yield from lower(Step(part.gate, wires, part.angles), takes)
        else:
            yield from lower(Step(part.gate, (*controls, *wires), part.angles, len(controls)), takes)


def decompose(gate: str, angles: Angles) -> list[Part]:
    """One level of the decomposition of a gate that is not a controlled one of `qgl.gates`."""
    word = GATES[gate].generator
    if word is not None and len(word) > 1:
        return pauli_parts(word, -0.5 * angles[0])
    return _RULES[gate](angles) if gate in _RULES else [_gate("p", _PHASES[gate])]


def _with_fewer_controls(controls: tuple[int, ...], target: int, a: Real) -> list[Step]:
    """A phase on |1...1>: half of it where the last control is one, and the target, and so on."""
    *others, last = controls
    flip = Step("x", controls, (), len(others))
    return [
        Step("p", (last, target), (0.5 * a,), 1),
        flip,
        Step("p", (last, target), (-0.5 * a,), 1),
        flip,
        Step("p", (*others, target), (0.5 * a,), len(others)),
    ]


def pauli_parts(word: str, a: Real) -> list[Part]:
    """exp(i a P) for a word P of `XYZ` on wires 0, 1, ...: to the Z basis, parities onto the last wire, a rotation."""
    last = len(word) - 1
    into = [Part(g, (k,), (), True) for k, letter in enumerate(word) for g in _TO_Z[letter]]
    out = [Part(_UNDO[part.gate], part.wires, (), True) for part in reversed(into)]
    ladder = [Part("cx", (k, last), (), True) for k in range(last)]
    return [*into, *ladder, Part("rz", (last,), (-2.0 * a,)), *reversed(ladder), *out]


def pauli_step(wires: tuple[int, ...], word: str, a: Real, controls: int = 0) -> list[Step]:
    """exp(i a P) under controls, as the rotation gate of that word if there is one."""
    targets = wires[controls:]
    if len(word) == 1 or word in ("XX", "YY", "ZZ", "ZX"):
        return [Step(f"r{word.lower()}", wires, (-2.0 * a,), controls)]
    steps = []
    for part in pauli_parts(word, a):
        own = tuple(targets[wire] for wire in part.wires)
        if part.frame:
            steps.append(Step(part.gate, own, part.angles))
        else:
            steps.append(Step(part.gate, (*wires[:controls], *own), part.angles, controls))
    return steps


def trotter_steps(operation: Operation, order: int, steps: int) -> list[Step]:
    """exp(-i t H) as a product formula: words in order of writing, `steps` times over t/steps.

    Order 2 is the symmetric formula: half of each word forwards, then half of each word backwards.
    """
    time = operation.args[0]
    forward = [(word, -1.0 / steps * (time * coefficient)) for coefficient, word in operation.terms]
    if order == 2:
        half = [(word, 0.5 * a) for word, a in forward]
        forward = [*half[:-1], *forward[-1:], *reversed(half[:-1])]
    controls = operation.wires[: operation.controls]
    targets = operation.wires[operation.controls :]
    once: list[Step] = []
    for word, a in forward:
        letters = "".join(letter for letter in word if letter != "I")
        own = tuple(wire for wire, letter in zip(targets, word, strict=True) if letter != "I")
        if letters:
            once.extend(pauli_step((*controls, *own), letters, a, len(controls)))
        elif controls:
            once.append(Step("p", controls, (a,), len(controls) - 1))
        else:
            once.append(Step("gphase", (), (a,)))
    return once * steps


def commuting(words: list[str]) -> bool:
    """Whether all words commute with each other, so that the product of their exponentials is exact."""
    return all(_commute(u, v) for k, u in enumerate(words) for v in words[:k])


def _commute(u: str, v: str) -> bool:
    return sum(x != y and "I" not in (x, y) for x, y in zip(u, v, strict=True)) % 2 == 0


_TO_Z = {"X": ("h",), "Y": ("sdg", "h"), "Z": ()}
_UNDO = {"h": "h", "sdg": "s", "s": "sdg"}


def _gate(gate: str, *angles: Real | float, on: tuple[int, ...] = (0,)) -> Part:
    return Part(gate, on, tuple(real(angle) for angle in angles))


def _framed(inside: list[Part], *frame: tuple[str, float | None]) -> list[Part]:
    """`frame` on wire 0, then `inside`, then the frame undone."""
    before = [Part(g, (0,), () if a is None else (real(a),), True) for g, a in frame]
    after = [Part(g if a is not None else _UNDO[g], (0,), () if a is None else (real(-a),), True) for g, a in frame]
    return [*before, *inside, *reversed(after)]


_PHASES = {"z": math.pi, "s": HALF, "sdg": -HALF, "t": math.pi / 4, "tdg": -math.pi / 4}


def _su4(a: Angles) -> list[Part]:
    first = [_gate("su2", *a[0:3]), _gate("su2", *a[3:6], on=(1,))]
    core = [_gate(name, a[6 + k], on=(0, 1)) for k, name in enumerate(("rxx", "ryy", "rzz"))]
    return [*first, *core, _gate("su2", *a[9:12]), _gate("su2", *a[12:15], on=(1,))]


_RULES: dict[str, Callable[[Angles], list[Part]]] = {
    "id": lambda a: [],
    "x": lambda a: _framed([_gate("z")], ("h", None)),
    "y": lambda a: _framed([_gate("x")], ("sdg", None)),
    "h": lambda a: _framed([_gate("z")], ("ry", -math.pi / 4)),
    "sx": lambda a: _framed([_gate("s")], ("h", None)),
    "sxdg": lambda a: _framed([_gate("sdg")], ("h", None)),
    "rz": lambda a: [_gate("p", a[0]), Part("gphase", (), (-0.5 * a[0],))],
    "rx": lambda a: _framed([_gate("rz", a[0])], ("h", None)),
    "ry": lambda a: _framed([_gate("rx", a[0])], ("sdg", None)),
    "u": lambda a: [_gate("p", a[2]), _gate("ry", a[0]), _gate("p", a[1])],
    "su2": lambda a: [_gate("rz", a[0]), _gate("ry", a[1]), _gate("rz", a[2])],
    "swap": lambda a: [Part("cx", (1, 0), (), True), _gate("cx", on=(0, 1)), Part("cx", (1, 0), (), True)],
    "iswap": lambda a: [_gate("rxx", -HALF, on=(0, 1)), _gate("ryy", -HALF, on=(0, 1))],
    "su4": _su4,
}
