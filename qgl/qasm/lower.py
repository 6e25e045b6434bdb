"""Unitary operations as the gates that a profile has, global phase included.

Gates are taken apart by the definitions in their records. Everything under many controls comes down to phases `p`
under controls, and these to `p` under one control and `x` under fewer, or to `x` under one control alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qgl.expression import Real, real
from qgl.gates import GATES
from qgl.gates.definition import Part, pauli_parts
from qgl.program.operations import Evolution

Angles = tuple[Real, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A gate of `qgl.gates` (or `gphase`) on wires of which the first `controls` are controls."""

    name: str
    wires: tuple[int, ...]
    angles: Angles = ()
    controls: int = 0


def lower(step: Step, takes: Callable[[str, int], bool]) -> Iterator[Step]:
    """`step` as steps that a profile takes, in order of application; nothing for a rotation by 0."""
    gate = GATES.get(step.name)
    if gate is not None and gate.target is not None:
        step = Step(gate.target, step.wires, step.angles, step.controls + gate.controls)
    if step.angles == (Real(0.0),):  # every gate of one angle is the identity there
        return
    if takes(step.name, step.controls):
        yield step
        return
    controls, targets = step.wires[: step.controls], step.wires[step.controls :]
    if step.name == "p" and step.controls:
        few = step.controls < 3 and not takes("p", 1)
        split = _by_parities if few else _with_fewer_controls
        for simpler in split(controls, targets[0], step.angles[0]):
            yield from lower(simpler, takes)
        return
    if step.name == "z" and step.controls and takes("x", step.controls):
        yield from (Step("h", targets), Step("x", step.wires, (), step.controls), Step("h", targets))
        return
    for part in decompose(step.name, step.angles):
        wires = tuple(targets[qubit] for qubit in part.qubits)
        if part.name == "gphase" and controls and not part.frame:
            yield from lower(Step("p", controls, part.angles, len(controls) - 1), takes)
        elif part.frame:
            yield from lower(Step(part.name, wires, part.angles), takes)
        else:
            yield from lower(Step(part.name, (*controls, *wires), part.angles, len(controls)), takes)


def decompose(gate: str, angles: Angles) -> Iterator[Part]:
    """One level of the definition of a gate that is not a controlled one of `qgl.gates`."""
    definition = GATES[gate].definition
    assert definition is not None
    for part in definition(*angles):
        yield part._replace(angles=tuple(real(angle) for angle in part.angles))


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


def _by_parities(controls: tuple[int, ...], target: int, a: Real) -> list[Step]:
    """The same for one control or two, from phases on parities that `cx` computes: two `cx`, or six."""
    *outer, last = controls
    share = (1.0 if outer else 2.0) * 0.25 * a
    steps = []
    for sign, flip in zip((-1.0, 1.0, -1.0, 1.0) if outer else (-1.0, 1.0), [last, *outer] * 2, strict=False):
        steps += [Step("x", (flip, target), (), 1), Step("p", (target,), (sign * share,))]
    if outer:
        return [*steps, *_by_parities((outer[0],), last, 0.5 * a)]
    return [*steps, Step("p", (last,), (share,))]


def pauli_step(wires: tuple[int, ...], pauli_word: str, a: Real, controls: int = 0) -> list[Step]:
    """exp(i a P) under controls, as the rotation gate of that Pauli word if there is one."""
    targets = wires[controls:]
    if len(pauli_word) == 1 or pauli_word in ("XX", "YY", "ZZ", "ZX"):
        return [Step(f"r{pauli_word.lower()}", wires, (-2.0 * a,), controls)]
    steps = []
    for part in pauli_parts(pauli_word, a):
        own = tuple(targets[qubit] for qubit in part.qubits)
        if part.frame:
            steps.append(Step(part.name, own, part.angles))
        else:
            steps.append(Step(part.name, (*wires[:controls], *own), part.angles, controls))
    return steps


def trotter_steps(evolution: Evolution, order: int, steps: int) -> list[Step]:
    """exp(-i t H) as a product formula: Pauli words in order of writing, `steps` times over t/steps.

    Order 2 is the symmetric formula: half of each Pauli word forwards, then half of each Pauli word backwards.
    """
    forward = [
        (pauli_word, -1.0 / steps * (evolution.time * coefficient)) for coefficient, pauli_word in evolution.terms
    ]
    if order == 2:
        half = [(pauli_word, 0.5 * a) for pauli_word, a in forward]
        forward = [*half[:-1], *forward[-1:], *reversed(half[:-1])]
    controls, targets = evolution.control_wires, evolution.targets
    once: list[Step] = []
    for pauli_word, a in forward:
        letters = "".join(letter for letter in pauli_word if letter != "I")
        own = tuple(wire for wire, letter in zip(targets, pauli_word, strict=True) if letter != "I")
        if letters:
            once.extend(pauli_step((*controls, *own), letters, a, len(controls)))
        elif controls:
            once.append(Step("p", controls, (a,), len(controls) - 1))
        else:
            once.append(Step("gphase", (), (a,)))
    return once * steps
