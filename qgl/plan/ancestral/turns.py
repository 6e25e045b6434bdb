"""A circuit as turns of single wires, each under the control of wires that are turned no more.

From the last operation on that is not diagonal on a wire, the wire only controls, and may as well be measured there
(deferred measurement). What acts before that on the wire alone, under controls that are through with their own turns,
is a matrix for each value of the controls. If there is nothing else, amplitudes are products over wires,

    p(x) = prod_w |<x_w| U_w(x_controls) |0>|^2 ,

which is a Bayesian network (J. Pearl, Probabilistic Reasoning in Intelligent Systems, 1988) whose conditional
distributions are those of a qubit. It has no circle, since a wire's controls are through before it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires
from qgl.plan.state.state_vector import controlled, in_parts, recipe_of, rotations
from qgl.program.operations import LIFETIME, Evolution, Operation, Unitary

if TYPE_CHECKING:
    from qgl.plan.matrix_pool import Recipe

WIDEST = 4  # qubits of a matrix


class NotAncestralError(Exception):
    """The circuit is no Bayesian network of single wires; the message says why."""


@dataclass(frozen=True, eq=False, slots=True)
class Turn:
    """A matrix on `wire`, a block of `recipe` that the bits of `inside` choose, where all of `outside` are one.

    place   of the wire among the qubits of the recipe, from the first, which is most significant
    places  of the wires of `inside`
    """

    wire: int
    recipe: Recipe
    place: int
    inside: tuple[int, ...]
    places: tuple[int, ...]
    outside: tuple[int, ...]

    @property
    def controls(self) -> tuple[int, ...]:
        """The wires whose bits it depends on."""
        return (*self.inside, *self.outside)


def hold_to_turns(circuit: Circuit) -> None:
    """That a circuit of lanes may have turns, before it is unrolled to look for them.

    Raises:
        NotAncestralError: two wires are joined before one of them is through.
    """
    if circuit.lanes is None:
        return
    lanes = [lane for lane in circuit.lanes if not isinstance(lane.pattern, LIFETIME)]
    last = np.full(len(circuit.wires), -1)
    for number, lane in enumerate(lanes):
        gate = lane.numbered
        for wire in set(gate.wires) - diagonal_wires(gate):
            last[lane.wires[:, wire]] = number
    for number, lane in enumerate(lanes):
        if ((last[lane.wires] >= number).sum(axis=1) > 1).any() and len(list(_parts(lane.numbered))) == 1:
            raise _joined(lane.pattern)


def turns_of(operations: Iterable[Operation]) -> list[Turn]:
    """The turns in order.

    Raises:
        NotAncestralError: two wires are joined before one of them is through.
    """
    parts = [part for operation in operations if not isinstance(operation, LIFETIME) for part in _parts(operation)]
    last: dict[int, int] = {}
    for position, part in enumerate(parts):
        last.update((wire, position) for wire in part.wires if wire not in diagonal_wires(part))
    turns = []
    for position, part in enumerate(parts):
        unfinished = [wire for wire in part.wires if last.get(wire, -1) >= position]
        if len(unfinished) > 1:
            raise _joined(part)
        if unfinished:
            turns.append(_turn(part, unfinished[0]))
    return turns


def _joined(part: Operation) -> NotAncestralError:
    return NotAncestralError(f"`{part.name}` joins qubits of which more than one is turned there or later")


def _parts(operation: Operation) -> Iterator[Unitary]:
    """An operation as such of few qubits."""
    assert isinstance(operation, Unitary)
    if isinstance(operation, Evolution):
        product = rotations(operation, operation.wires)
        if product is None:
            raise NotAncestralError("an evolution under Pauli words that do not commute")
        yield from (rotation for rotation, _ in product)
        return
    for part, wires in in_parts(operation, operation.wires, WIDEST):
        assert isinstance(part, Unitary)
        yield replace(part, wires=wires)


def _turn(part: Unitary, wire: int) -> Turn:
    """What a part does to its one wire that is not through."""
    targets, outside = part.targets, part.control_wires
    recipe, _ = recipe_of(part, len(targets))
    if wire in outside:  # it is turned by the phase that it controls
        targets, outside = (wire, *targets), tuple(other for other in outside if other != wire)
        recipe = controlled(recipe, 1)
    if len(targets) > WIDEST:
        raise NotAncestralError(f"`{part.name}` of more than {WIDEST} qubits")
    inside = tuple(other for other in targets if other != wire)
    return Turn(wire, recipe, targets.index(wire), inside, tuple(map(targets.index, inside)), outside)
