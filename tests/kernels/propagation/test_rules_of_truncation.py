"""How truncated sums differ from those of pauli-prop: a plain propagation by the rules of each gives its numbers.

pauli-prop 0.2.1 gives 0.9088490575866234 for the mean of Z_62 after six layers, with `atol = 5e-4` in Heisenberg
picture, the kicks in order of the qubits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.program import PropagationProgram
from qgl.plan.propagation.propagate import Limits
from qgl.plan.propagation.steps import Clifford, Rotation, Start, Step
from tests.check.checking import program
from tests.kernels.propagation.test_eagle import PAULI_WORD, TEXT

LAYERS, KICK, SMALLEST, PEER = 6, 0.4, 5e-4, 0.9088490575866234
PLACE = {(0, 0): 0, (1, 0): 1, (1, 1): 2, (0, 1): 3}  # bits of X and Z of a letter, to its place in IXYZ
BITS = {place: bits for bits, place in PLACE.items()}
Word = tuple[int, int]  # the wires that have X or Y, and those that have Z or Y, as bits


def images(word: Word, step: Step) -> Iterator[tuple[Word, float]]:
    """What a word becomes, backwards: words and factors, those that come in new last."""
    x, z = word
    match step:
        case Rotation(wires=(wire,)):  # rx
            yield word, np.cos(KICK) if z >> wire & 1 else 1.0
            if z >> wire & 1:
                yield (x ^ 1 << wire, z), np.sin(KICK) * (-1 if x >> wire & 1 else 1)
        case Clifford(wires=wires):
            before = 0
            for wire in wires:
                before = before << 2 | PLACE[x >> wire & 1, z >> wire & 1]
            after, sign = int(step.images[before]), float(step.signs[before])
            for wire in reversed(wires):
                own, after = BITS[after & 3], after >> 2
                x, z = (mask & ~(1 << wire) | bit << wire for mask, bit in zip((x, z), own, strict=True))
            yield (x, z), sign
        case Start(wires=wires):  # there Z is 1, and X and Y have the mean 0
            mask = sum(1 << wire for wire in wires)
            if not x & mask:
                yield (x, z & ~mask), 1.0


def mean(steps: Sequence[Step], apart: bool, late: bool) -> float:
    """The mean of Z_62.

    apart: what is new is dropped where it is small by itself, before it is added to an equal word
    late:  letters on qubits on which nothing acts before stay to the end
    """
    sums: dict[Word, float] = {(0, 1 << 62): 1.0}
    for step in (each for each in steps if not (late and isinstance(each, Start))):
        mask = sum(1 << wire for wire in step.wires)
        touched = [(word, sums.pop(word)) for word in [word for word in sums if (word[0] | word[1]) & mask]]
        changed = set()
        for word, coefficient in touched:
            for number, (image, factor) in enumerate(images(word, step)):
                if not (apart and number and abs(factor * coefficient) < SMALLEST):
                    sums[image] = sums.get(image, 0.0) + factor * coefficient
                    changed.add(image)
        for word in changed:
            if abs(sums[word]) < SMALLEST:
                del sums[word]
    return sum(each for (x, _), each in sums.items() if not x)


def test_the_rules_of_both() -> None:
    method = PauliPropagation(Limits(smallest=SMALLEST))
    prepared = method.prepare(CircuitVariants(Circuit.of(program(TEXT, layers=LAYERS)), bits_only=True))
    lowered = prepared.lower((PAULI_WORD,), "double")
    assert isinstance(lowered, PropagationProgram)
    (ours,) = lowered.means(np.full(lowered.count, KICK))
    steps = lowered.steps.steps
    assert mean(steps, apart=False, late=False) == pytest.approx(ours, abs=1e-12)
    assert mean(steps, apart=True, late=True) == pytest.approx(PEER, abs=1e-12)
    assert len({round(each, 4) for each in (ours, PEER, mean(steps, apart=True, late=False))}) == 3
