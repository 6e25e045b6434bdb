"""Derivatives of expectations with respect to gate angles, from the same circuit at other angles.

An expectation is a finite Fourier series in the angle a of a gate exp(-i a G): its frequencies are the differences of
eigenvalues of G. With R frequencies w, 2 w, ..., R w, the derivative is a sum over 2 R values of the expectation itself
(Wierichs et al., Quantum 6 (2022) 677, arXiv 2107.12390, equation 25), at any shots:

    f'(a) = sum_m (-1)^(m-1) w / (4 R sin^2(w s_m / 2)) f(a + s_m),  s_m = (2 m - 1) pi / (2 R w),  m = 1 ... 2 R.

R = 1 is the two-term rule of rotations (Mitarai et al., arXiv 1803.00745; Schuld et al., arXiv 1811.11184), R = 2 at
w = 1/2 the four-term rule of controlled rotations, whose generator has eigenvalues 0 and +-1/2 (Anselmetti et al., New
J. Phys. 23 (2021) 113010, arXiv 2104.05695).

A gate of several angles is taken apart first, and so are a channel of trained strength (by its dilation) and an
`evolve` (by its product formula). An angle that stands in several gates is shifted in each of them alone, and the
derivatives are added. An operation under a measured bit has the rule that it has without: there is no coherence
between the branches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.shots import GeneratorWithoutShifts, NoShiftRule
from qgl.expression import Input, Real
from qgl.gates import GATES
from qgl.gates.algebra import all_commute
from qgl.gates.generators import generator_qubits
from qgl.gates.isometries import isometry_shape
from qgl.ir.circuit import Circuit
from qgl.ir.controls import fold, unfold
from qgl.ir.facts import is_channel
from qgl.passes.dilation import dilated
from qgl.passes.pipeline import simplify
from qgl.program.operations import Evolution, GateApplication, Operation, PauliRotation, gate, inputs_of
from qgl.program.program import Distribution, Parameter, Wire
from qgl.qasm.lower import Step, lower, trotter_steps

_P = GATES["p"]


@dataclass(frozen=True)
class ShiftRule:
    """f'(a) = sum of weights[m] * f(a + shifts[m])."""

    shifts: tuple[float, ...]
    weights: tuple[float, ...]


@lru_cache
def shift_rule(order: int, base: float) -> ShiftRule:
    """The rule for the frequencies base, 2 base, ..., order * base: 2 * order values."""
    shifts = [(2 * m - 1) * math.pi / (2 * order * base) for m in range(1, 2 * order + 1)]
    weights = [(-1) ** k * base / (4 * order * math.sin(base * shift / 2) ** 2) for k, shift in enumerate(shifts)]
    period = 2 * math.pi / base
    return ShiftRule(tuple(s - period if s > period / 2 else s for s in shifts), tuple(weights))


def rule_of(operation: Operation) -> ShiftRule:
    """The rule for the one angle of a rotation, a phase or an exponential of a Pauli word, under any number of
    controls.

    Raises:
        ValueError: the operation has no such rule; `taken_apart` leaves none of these with a trained angle.
    """
    plain = unfold(operation)
    match plain:
        case GateApplication() if plain.gate is _P:  # eigenvalues 0 and 1, whatever its controls
            return shift_rule(1, 1.0)
        case PauliRotation():
            base = 2.0
        case GateApplication() if plain.gate.generator is not None:
            base = 1.0
        case _:
            raise ValueError(f"no shift rule for {operation.name}")
    return shift_rule(2, base / 2) if plain.control_wires else shift_rule(1, base)


@dataclass(frozen=True, eq=False)
class ShiftedCircuit:
    """A circuit whose every open number is an input of its own, and how to differentiate by those that are trained.

    circuit  its one parameter holds the numbers, shape (numbers,)
    numbers  what they are of the inputs of the program
    places   which number is shifted in each shifted circuit, shape (shifted,)
    shifts   by how much, shape (shifted,)
    weights  what its expectation counts in the derivative by that number, shape (shifted,)
    """

    circuit: Circuit
    numbers: tuple[Real, ...]
    places: NDArray[np.int64]
    shifts: NDArray[np.float64]
    weights: NDArray[np.float64]

    def shifted(self, values: NDArray[np.float64], which: NDArray[np.int64]) -> NDArray[np.float64]:
        """Rows of numbers, shape (rows, numbers), each at one of the shifts, shape (rows,)."""
        moved = values.copy()
        moved[np.arange(len(which)), self.places[which]] += self.shifts[which]
        return moved

    def derivatives(self, expectations: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives by every number, shape (..., numbers), from expectations at the shifts, shape (..., shifted)."""
        derivatives = np.zeros((*expectations.shape[:-1], len(self.numbers)))
        np.add.at(np.moveaxis(derivatives, -1, 0), self.places, np.moveaxis(self.weights * expectations, -1, 0))
        return derivatives


def shifted_circuit(circuit: Circuit) -> ShiftedCircuit:
    """`circuit`, of which only the bits are read, with a shift rule for every number that depends on a `param`.

    Raises:
        QglError: an `evolve` with trained numbers has no product formula (QGL1163), or a generator is
            trained (QGL1164).
    """
    apart = simplify(taken_apart(simplify(circuit, reads_only_bits=True)), reads_only_bits=True)
    return _numbered(apart)


def is_trained(operation: Operation, parameters: tuple[Parameter, ...]) -> bool:
    """Whether the operation depends on an element of a `param`."""
    return any(parameters[atom.parameter].kind == "param" for atom in inputs_of(operation))


def taken_apart(circuit: Circuit) -> Circuit:
    """The same circuit, in which an operation that depends on a `param` has one angle and a shift rule."""
    wires = list(circuit.wires)
    operations: list[Operation] = []
    for operation in circuit.operations:
        if is_trained(operation, circuit.parameters):
            operations.extend(_parts(operation, wires))
        else:
            operations.append(operation)
    return circuit.with_operations(operations, wires)


def _parts(operation: Operation, wires: list[Wire]) -> Iterator[Operation]:
    """The operation as ones of an angle each; fresh wires of a dilation are appended to `wires`."""
    if is_channel(operation):
        for inner in dilated(operation, wires):
            yield from _parts(inner, wires) if inner.numbers else (inner,)
        return
    if isinstance(operation, PauliRotation):
        yield operation
        return
    for step in _steps(operation):
        for simple in lower(step, _has_one_angle):
            if simple.name != "gphase":  # of the whole state, or of a branch that has no coherence with the others
                on, condition = simple.wires, operation.condition
                yield fold(gate(simple.name, on, operation.span, simple.angles, simple.controls, condition))


def _steps(operation: Operation) -> list[Step]:
    if isinstance(operation, Evolution):
        pauli_words = [pauli_word for _, pauli_word in operation.terms]
        if operation.trotter is None and not all_commute(pauli_words):
            raise QglError([NoShiftRule(operation.span, len(pauli_words))])
        return trotter_steps(operation, *(operation.trotter or (1, 1)))
    assert isinstance(operation, GateApplication)  # a constant matrix is not trained
    name, qubits = operation.gate.name, operation.gate.qubits
    if generator_qubits(name) is not None:
        raise QglError([GeneratorWithoutShifts(operation.span, qubits)])
    if isometry_shape(name) is not None:
        raise QglError([GeneratorWithoutShifts(operation.span, qubits, "isometry")])
    return [Step(name, operation.wires, operation.angles, operation.controls)]


def _has_one_angle(name: str, controls: int) -> bool:
    if name in ("p", "gphase"):
        return True
    return not GATES[name].parameters or GATES[name].generator is not None


def _numbered(circuit: Circuit) -> ShiftedCircuit:
    """Every open number as an input: one for each place of a trained one, one for all places of another."""
    numbers: list[Real] = []
    fixed: dict[Real, int] = {}
    rules: list[tuple[int, ShiftRule]] = []

    def input_number(place: int) -> Real:
        return Real(0.0, ((1.0, Input(0, place)),))

    def number(value: Real) -> Real:
        if value.is_constant:
            return value
        if value not in fixed:
            fixed[value] = len(numbers)
            numbers.append(value)
        return input_number(fixed[value])

    operations = []
    for operation in circuit.operations:
        if is_trained(operation, circuit.parameters):
            rules.append((len(numbers), rule_of(operation)))
            numbers.extend(operation.numbers)
            operations.append(operation.with_numbers([input_number(len(numbers) - 1)]))
        elif inputs_of(operation):
            operations.append(operation.with_numbers([number(value) for value in operation.numbers]))
        else:
            operations.append(operation)
    distribution, span = Distribution("constant", (0.0,)), circuit.wires[0].span
    parameter = Parameter("param", "angle", (len(numbers),), "real", distribution, None, span)
    return ShiftedCircuit(
        Circuit(circuit.wires, circuit.visible, tuple(operations), circuit.bits, (parameter,)),
        tuple(numbers),
        np.array([place for place, rule in rules for _ in rule.shifts], np.int64),
        np.array([shift for _, rule in rules for shift in rule.shifts]),
        np.array([weight for _, rule in rules for weight in rule.weights]),
    )
