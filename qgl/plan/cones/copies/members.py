"""The classes of cones of a few Pauli words with the members that all of their copies have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distinct import distinct_rows
from qgl.plan.cones.copies.representatives import Representatives
from qgl.plan.cones.kinds import Kinds
from qgl.plan.cones.survey import Survey
from qgl.query import Expectation

Ints = NDArray[np.int64]
Values = tuple[int, int, list[int]]  # of a class its first value, the stride of members, and its Pauli words


@dataclass(frozen=True, eq=False)
class Members:
    """Whose copies are which members.

    survey   of the few Pauli words; the members of its classes are those of all copies
    few      the few, and which of them and of their copies the pieces of each Pauli word are
    numbers  of each class, for each member that the few have, the members that its copies are, shape (copies,)
    """

    survey: Survey
    few: Representatives
    numbers: tuple[tuple[Ints, ...], ...]

    def factors(self, query: Expectation, values: Mapping[int, Values]) -> NDArray[np.int32]:
        """Where the factors of the words of a query are among all values, shape (pauli_words, factors); 0 is the
        number one.
        """
        pieces, of_pauli_word = self.survey.factors[self.few.query].max(axis=1), self.few.of_pauli_word[query]
        table = np.zeros(of_pauli_word.shape[:2], np.int32)
        for number, piece in enumerate(pieces.tolist()):
            kind, member, pauli_word = self.survey.values[piece]
            first, stride, own = values[kind]
            at = of_pauli_word[:, :, 0] == number
            table[at] = first + self.numbers[kind][member][of_pauli_word[at][:, 1]] * stride + own[pauli_word]
        return table


def with_copies(survey: Survey, kinds: Kinds, few: Representatives) -> Members:
    """Gives the classes of the cones of a few Pauli words the members that the copies of these words have."""
    sources = [next(iter(number.terms))[1] for number in kinds.numbers]
    inputs = np.array([getattr(atom, "element", 0) for atom in sources], np.int64)
    numbers = []
    for one in survey.classes:
        parts, sizes = [], []
        for row in one.rows:
            used = inputs[list(row)]
            if row:
                cone = int(np.searchsorted(few.firsts, used[0], side="right")) - 1
                parts.append(few.inputs[cone][:, used - few.firsts[cone]])
            else:  # of no inputs: all copies of whatever is like it are one member
                parts.append(np.zeros((max(map(len, few.inputs)), 0), np.int64))
            sizes.append(len(parts[-1]))
        together = np.concatenate(parts)
        first, number = distinct_rows(together)
        one.table = together[first]
        numbers.append(tuple(np.split(number, np.cumsum(sizes)[:-1])))
    return Members(survey, few, tuple(numbers))
