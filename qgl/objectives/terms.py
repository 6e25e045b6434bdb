"""The terms of a weighted sum of objectives, and which of them share one run of the circuit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.kernels.random_bits import subkeys
from qgl.objectives import Objective, Setting, build
from qgl.objectives.adversary.critics import Weights
from qgl.objectives.adversary.losses import AdversarialLoss
from qgl.objectives.ensembles.comparison import EnsembleComparison
from qgl.objectives.pauli_words import DrawnPauliWords
from qgl.program.program import Program
from qgl.query import Query

Array = jax.Array
Ask = Callable[
    [tuple[Query, ...], NDArray[np.float64] | Array | None, Array | None, Mapping[Query, Array]], Mapping[Query, Any]
]


@dataclass(frozen=True, slots=True)
class WeightedObjective:
    """One term of the loss."""

    label: str
    weight: float
    objective: Objective


def terms_of(program: Program) -> tuple[WeightedObjective, ...]:
    """The terms of a program's objective, each under a label that is unique: its name, numbered from the second on."""
    setting = Setting.of(program)
    counts: Counter[str] = Counter()
    terms = []
    for term in program.objective:
        objective = build(term.call, setting)
        counts[objective.name] += 1
        label = objective.name if counts[objective.name] == 1 else f"{objective.name}_{counts[objective.name]}"
        terms.append(WeightedObjective(label, term.weight, objective))
    return tuple(terms)


def against(critic: Weights | None, terms: Sequence[WeightedObjective]) -> tuple[WeightedObjective, ...]:
    """The terms, those that have a critic being against one with these weights."""
    if critic is None:
        return tuple(terms)
    return tuple(
        replace(term, objective=term.objective.against(critic)) if isinstance(term.objective, AdversarialLoss) else term
        for term in terms
    )


def known_of(terms: Sequence[WeightedObjective]) -> dict[str, Any]:
    """What terms that compare ensembles know of their data, as arrays, under names that no parameter has."""
    return {_known(term): term.objective.known for term in terms if isinstance(term.objective, EnsembleComparison)}


def with_known(held: Mapping[str, Any], terms: Sequence[WeightedObjective]) -> tuple[WeightedObjective, ...]:
    """The terms, with what `known_of` gives for those that it names."""
    return tuple(
        replace(term, objective=term.objective.against(held[_known(term)]))
        if isinstance(term.objective, EnsembleComparison) and _known(term) in held
        else term
        for term in terms
    )


def _known(term: WeightedObjective) -> str:
    return f"data of {term.label}"


@dataclass(eq=False)
class Group:
    """Terms that are answered together, each with its key, and the arrays that come with their queries."""

    conditions: NDArray[np.float64] | Array | None
    terms: list[tuple[WeightedObjective, Array | None]] = field(default_factory=list)
    given: dict[Query, Array] = field(default_factory=dict)

    def takes(self, conditions: NDArray[np.float64] | Array | None, given: Mapping[Query, Array]) -> bool:
        """Whether a term with these can join."""
        if isinstance(conditions, np.ndarray) and isinstance(self.conditions, np.ndarray):
            same = np.array_equal(conditions, self.conditions)
        else:  # rows that are drawn are of one term alone
            same = conditions is self.conditions
        return same and not self.given.keys() & given.keys()


def groups(terms: Sequence[WeightedObjective], key: Array | None) -> list[Group]:
    """Terms that share one run of the circuit: of the same conditions, and never two arrays for one query."""
    grouped: list[Group] = []
    own = [None] * len(terms) if key is None else subkeys(key, len(terms))
    for term, subkey in zip(terms, own, strict=True):
        given = term.objective.given(subkey)
        conditions = term.objective.conditions_at(subkey)
        group = next((group for group in grouped if group.takes(conditions, given)), None)
        if group is None:
            grouped.append(group := Group(conditions))
        group.terms.append((term, subkey))
        group.given |= given
    return grouped


def combined(
    terms: Sequence[WeightedObjective], ask: Ask, key: Array | None, real: Any
) -> tuple[Array, dict[str, Array]]:
    """The loss, of type `real`, and each of its terms, unweighted.

    ask: answers queries, given conditions (their rows stacked), a key, and the arrays of queries that leave them open.
    """
    # what the terms draw and what the methods draw comes from keys apart: run k of a method may use the
    # k-th child of its key, and so may a term
    drawn, answering = (None, None) if key is None else subkeys(key, 2)
    values: dict[str, Array] = {}
    for group in groups(terms, drawn):
        queries = tuple(dict.fromkeys(query for term, _ in group.terms for query in term.objective.queries))
        answers = ask(queries, group.conditions, answering, group.given)
        for term, subkey in group.terms:
            values[term.label] = _loss(term.objective, answers, subkey, group.given)
    ordered = {term.label: values[term.label] for term in terms}
    return sum((term.weight * ordered[term.label] for term in terms), jnp.zeros((), real)), ordered


def _loss(
    objective: Objective, answers: Mapping[Query, Array], key: Array | None, given: Mapping[Query, Array]
) -> Array:
    """The loss of one term; Pauli words that were drawn for it are not drawn again."""
    if isinstance(objective, DrawnPauliWords):
        return objective.loss_of(answers, given[objective.query])
    return objective.loss(answers, key)
