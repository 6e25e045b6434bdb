"""Evolutions in the slices in which they are emitted, and a bound of what that changes.

Valid in: any circuit. Valid out: the circuit as it leaves for hardware, its evolutions being products of exponentials
of Pauli words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from qgl.expression import Real, real
from qgl.gates.algebra import all_commute
from qgl.program.operations import Evolution, Operation, PauliRotation

MOST_TERMS = 200  # of a Hamiltonian whose commutators are looked at
Masks = tuple[int, int]  # wires with X or Y, and with Z or Y
PauliSum = dict[Masks, float]


def is_sliced(operation: Operation) -> bool:
    """Whether an operation is emitted in slices that do not make the operation itself."""
    return (
        isinstance(operation, Evolution)
        and bool(operation.trotter)
        and not all_commute([pauli_word for _, pauli_word in operation.terms])
    )


def is_lost(operation: Operation) -> bool:
    """Whether an operation is an evolution that cannot be emitted, as no slices are asked for."""
    return (
        isinstance(operation, Evolution)
        and not operation.trotter
        and not all_commute([pauli_word for _, pauli_word in operation.terms])
    )


def trotterized(operations: Iterable[Operation]) -> Iterator[Operation]:
    """The operations, evolutions in slices being their slices, in the order in which the emitter writes them."""
    for operation in operations:
        if isinstance(operation, Evolution) and is_sliced(operation) and operation.trotter is not None:
            yield from _slices(operation, *operation.trotter)
        else:
            yield operation


def _slices(operation: Evolution, order: int, steps: int) -> list[Operation]:
    """Order 1: each Pauli word in its turn. Order 2: half of each Pauli word there and half of it back."""
    share = operation.time * (1.0 / steps)
    forward = [(coefficient * share, pauli_word) for coefficient, pauli_word in operation.terms]
    if order == 2:
        half = [(0.5 * angle, pauli_word) for angle, pauli_word in forward[:-1]]
        forward = [*half, forward[-1], *reversed(half)]
    return [_exponential(operation, angle, pauli_word) for angle, pauli_word in forward] * steps


def _exponential(evolution: Evolution, angle: Real, pauli_word: str) -> Operation:
    """exp(-i angle P) under the controls of the evolution."""
    controls, own = evolution.control_wires, evolution.targets
    touched = [k for k, letter in enumerate(pauli_word) if letter != "I"]
    if not touched:
        wires = (*controls, own[0])
        return replace(evolution, wires=wires, time=angle, terms=((real(1.0), "I"),), trotter=None)
    letters = "".join(pauli_word[k] for k in touched)
    wires = (*controls, *(own[k] for k in touched))
    return PauliRotation(
        wires, evolution.span, -angle, letters, controls=evolution.controls, condition=evolution.condition
    )


# ------------------------------------------------------------ the bound


def error_bound(operation: Operation, value: Callable[[Real], float]) -> float | None:
    """A bound of ||product formula - exp(-i t H)|| in the operator norm, for a value of each expression.

    With a step t/r and commutators of the terms H_1 ... H_m in order (Childs et al., Phys. Rev. X 11, 011020, 2021,
    arXiv 1912.08854, propositions 9 and 10), norms of sums of Pauli words being at most the sums of their coefficients:

        order 1: t^2 / (2 r) sum_a ||[sum_{b>a} H_b, H_a]||
        order 2: t^3 / r^2 sum_a (||[S, [S, H_a]]|| / 12 + ||[H_a, [H_a, S]]|| / 24), S = sum_{b>a} H_b

    None where there are more than `MOST_TERMS` terms.
    """
    if not isinstance(operation, Evolution) or operation.trotter is None or len(operation.terms) > MOST_TERMS:
        return None
    order, steps = operation.trotter
    time = abs(value(operation.time))
    terms = [
        {masks: value(coefficient)} for masks, (coefficient, _) in zip(_masks(operation), operation.terms, strict=True)
    ]
    total = 0.0
    for a, first in enumerate(terms):
        rest: PauliSum = {}
        for later in terms[a + 1 :]:
            for masks, coefficient in later.items():
                rest[masks] = rest.get(masks, 0.0) + coefficient
        inner = _commutator(rest, first)
        if order == 1:
            total += _norm(inner) / 2
        else:
            total += _norm(_commutator(rest, inner)) / 12 + _norm(_commutator(first, inner)) / 24
    return total * time ** (order + 1) / float(steps) ** order


def _masks(operation: Evolution) -> Iterator[Masks]:
    for _, pauli_word in operation.terms:
        x = sum(1 << k for k, letter in enumerate(pauli_word) if letter in "XY")
        z = sum(1 << k for k, letter in enumerate(pauli_word) if letter in "ZY")
        yield x, z


def _clash(one: Masks, other: Masks) -> bool:
    """Whether two Pauli words anticommute."""
    return bool(((one[0] & other[1]).bit_count() + (one[1] & other[0]).bit_count()) % 2)


def _commutator(left: PauliSum, right: PauliSum) -> PauliSum:
    """[left, right] for sums of Pauli words, each coefficient up to the same power of i.

    Two Pauli words that anticommute have the commutator 2 P Q, which is the word of the joined masks times i or -i.
    Writing a Pauli word with its masks as i^(number of Y) X^x Z^z, the sign is that of i^(y_P + y_Q - y_PQ) (-1)^(z_P .
    x_Q).
    """
    commutator: PauliSum = {}
    for p, a in left.items():
        for q, b in right.items():
            if _clash(p, q):
                joined = p[0] ^ q[0], p[1] ^ q[1]
                ys = sum((masks[0] & masks[1]).bit_count() for masks in (p, q)) - (joined[0] & joined[1]).bit_count()
                quarters = ys + 2 * (p[1] & q[0]).bit_count()  # odd, as the two anticommute
                commutator[joined] = commutator.get(joined, 0.0) + (2 * a * b if quarters % 4 == 1 else -2 * a * b)
    return commutator


def _norm(pauli_words: PauliSum) -> float:
    return sum(map(abs, pauli_words.values()))
