"""A unitary circuit as elements on a state vector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from qgl.expression import real
from qgl.gates import GATES
from qgl.gates.algebra import all_commute
from qgl.gates.states import state_qubits
from qgl.gates.uniform import family_of
from qgl.passes.diagonal import terms
from qgl.plan.matrix_pool import Recipe
from qgl.plan.state.elements import SMALL, Element, Evolve, PauliExponential, Small, Start, gate_bases, matrix_bases
from qgl.program.operations import LIFETIME, Evolution, GateApplication, MatrixUnitary, Operation, PauliRotation

WIDEST_UNIFORM = 4  # qubits of a uniformly controlled gate that is one small matrix
_P = GATES["p"]


def dense_elements(operations: Iterable[Operation], axis_of: Mapping[int, int]) -> list[Element]:
    """Elements of unitary operations; `axis_of` gives the axis of a wire. `fresh` and `discard` are passed over."""
    return [
        element
        for operation in operations
        if not isinstance(operation, LIFETIME)
        for element in unitary_elements(operation, tuple(axis_of[wire] for wire in operation.wires))
    ]


def begun(operations: Iterable[Operation], axis_of: Mapping[int, int]) -> tuple[list[Operation], list[Start]]:
    """The operations that are left, and the states that axes begin in: those that come before all else on theirs.

    A vector is written down for each, where its gate would be a large matrix.
    """
    left: list[Operation] = []
    starts: list[Start] = []
    touched: set[int] = set()
    for operation in operations:
        axes = () if isinstance(operation, LIFETIME) else tuple(axis_of[wire] for wire in operation.wires)
        if touched.isdisjoint(axes) and prepares(operation):
            starts.append(Start(axes, operation.numbers))
        else:
            left.append(operation)
        touched.update(axes)
    return left, starts


def prepares(operation: Operation) -> bool:
    """Whether an operation takes qubits in zero to a state that is given by its amplitudes."""
    return (
        isinstance(operation, GateApplication)
        and operation.gate.name.startswith("state")
        and not operation.controls
        and not operation.condition
    )


def unitary_elements(operation: Operation, axes: tuple[int, ...]) -> list[Element]:
    """One unitary operation on `axes`, its controls first. Evolution under Pauli words that commute is a product."""
    if not isinstance(operation, Evolution):
        return [_element(part, touched) for part, touched in in_parts(operation, axes, WIDEST_UNIFORM)]
    controls, targets = axes[: operation.controls], axes[operation.controls :]
    product = rotations(operation, axes)
    if product is None:
        return [Evolve(targets, operation.terms, operation.time, controls)]
    return [_element(rotation, touched) for rotation, touched in product]


def in_parts(operation: Operation, axes: tuple[int, ...], widest: int) -> list[tuple[Operation, tuple[int, ...]]]:
    """A uniformly controlled gate, or a state, of more than `widest` qubits as rotations and `cx`, with their axes.

    One that is no product of such stays whole.
    """
    if not isinstance(operation, GateApplication):
        return [(operation, axes)]
    gate, definition = operation.gate, operation.gate.definition
    family = family_of(gate.name) is not None or state_qubits(gate.name) is not None
    if not family or gate.qubits <= widest or definition is None:
        return [(operation, axes)]
    controls, own = axes[: operation.controls], axes[operation.controls :]
    parts: list[tuple[Operation, tuple[int, ...]]] = []
    for part in definition(*operation.angles):
        held = () if part.frame else controls
        on = (*held, *(own[qubit] for qubit in part.qubits))
        angles = tuple(real(angle) for angle in part.angles)
        if part.name == "gphase":
            if held:
                phase = replace(operation, gate=_P, wires=held, angles=angles, controls=len(held) - 1)
                parts.append((phase, held))
            continue
        inner = replace(operation, gate=GATES[part.name], wires=on, angles=angles, controls=len(held))
        parts += in_parts(inner, on, widest)
    return parts


def rotations(evolution: Evolution, axes: tuple[int, ...]) -> list[tuple[PauliRotation, tuple[int, ...]]] | None:
    """Evolution under Pauli words that commute as rotations, each with its axes; None if they do not commute."""
    if not all_commute([pauli_word for _, pauli_word in evolution.terms]):
        return None
    controls, targets = axes[: evolution.controls], axes[evolution.controls :]
    product = []
    for coefficient, pauli_word in evolution.terms:
        touched = [k for k, letter in enumerate(pauli_word) if letter != "I"]
        if touched or controls:
            angle = -(evolution.time * coefficient)
            letters = "".join(pauli_word[k] for k in touched)
            on = (*controls, *(targets[k] for k in touched))
            rotation = PauliRotation(
                on, evolution.span, angle, letters, controls=evolution.controls, condition=evolution.condition
            )
            product.append((rotation, on))
    return product


def _element(operation: Operation, axes: tuple[int, ...]) -> Element:
    count = len(operation.control_wires)
    controls, targets = axes[:count], axes[count:]
    phases = terms(operation, axes)
    if isinstance(operation, PauliRotation) and (len(axes) > SMALL or not targets):
        return PauliExponential(targets, operation.pauli_word, operation.angle, controls, phases)
    inner, bases = recipe_of(operation, len(targets))
    if not controls:
        return Small(targets, bases, inner, (), phases)
    if len(axes) <= SMALL:
        return Small(axes, "Z" * len(controls) + bases, controlled(inner, len(controls)), (), phases)
    return Small(targets, bases, inner, controls, phases)


def recipe_of(operation: Operation, qubits: int) -> tuple[Recipe, str]:
    """The matrix of an operation without its controls, and its bases."""
    match operation:
        case PauliRotation(pauli_word=pauli_word):
            return Recipe("pauli", pauli_word, 2**qubits, operation.numbers), pauli_word
        case MatrixUnitary(matrix=matrix):
            return Recipe("constant", "", len(matrix), constant=matrix), matrix_bases(matrix)
        case GateApplication(gate=gate):
            return Recipe("gate", gate.name, 2**gate.qubits, operation.angles), gate_bases(gate.name)
        case _:
            raise TypeError(f"{operation.name} has no small matrix")


def controlled(recipe: Recipe, controls: int) -> Recipe:
    """The recipe of the same matrix under more significant controls."""
    size = recipe.size << controls
    if recipe.constant is None:
        return Recipe(recipe.kind, recipe.name, size, recipe.args, controls)
    matrix = np.eye(size, dtype=np.complex128)
    matrix[-recipe.size :, -recipe.size :] = recipe.constant
    return Recipe("constant", "", size, constant=matrix)
