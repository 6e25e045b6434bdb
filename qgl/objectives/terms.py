"""The terms of a weighted sum of objectives, and which of them share one run of the circuit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.check.program import Program
from qgl.objectives import Objective, Setting, build
from qgl.query import Query

Array = jax.Array


@dataclass(frozen=True, slots=True)
class WeightedObjective:
    """One term of the loss."""

    label: str
    weight: float
    objective: Objective


def terms_of(program: Program) -> tuple[WeightedObjective, ...]:
    """The terms of a program's objective, each under a label that is unique: its name, numbered from the second on."""
    setting = Setting.of(program)
    found: Counter[str] = Counter()
    terms = []
    for term in program.objective:
        objective = build(term.call, setting)
        found[objective.name] += 1
        label = objective.name if found[objective.name] == 1 else f"{objective.name}_{found[objective.name]}"
        terms.append(WeightedObjective(label, term.weight, objective))
    return tuple(terms)


@dataclass(eq=False)
class Group:
    """Terms that are answered together, each with its key, and the arrays that come with their queries."""

    conditions: NDArray[np.float64] | None
    terms: list[tuple[WeightedObjective, Array | None]] = field(default_factory=list)
    given: dict[Query, Array] = field(default_factory=dict)

    def takes(self, conditions: NDArray[np.float64] | None, given: Mapping[Query, Array]) -> bool:
        """Whether a term with these can join."""
        if conditions is None or self.conditions is None:
            same = conditions is self.conditions
        else:
            same = np.array_equal(conditions, self.conditions)
        return same and not self.given.keys() & given.keys()


def groups(terms: Sequence[WeightedObjective], key: Array | None) -> list[Group]:
    """Terms that share one run of the circuit: of the same conditions, and never two arrays for one query."""
    found: list[Group] = []
    for index, term in enumerate(terms):
        subkey = None if key is None else jax.random.fold_in(key, index)
        given = term.objective.given(subkey)
        group = next((group for group in found if group.takes(term.objective.conditions, given)), None)
        if group is None:
            found.append(group := Group(term.objective.conditions))
        group.terms.append((term, subkey))
        group.given |= given
    return found
