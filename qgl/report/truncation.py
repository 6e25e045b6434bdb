"""How far truncated answers are from the truth.

An estimate is the difference from the answers of a finer truncation: a quarter of the least coefficient, two letters
and four times the words more. It is no bound; the one-norm of all that is dropped is one, and says nothing in practice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import TruncatedTooFar
from qgl.evaluate.row import Row
from qgl.evaluate.table.evaluation import Answerer
from qgl.model import Model
from qgl.objectives.model import Objective
from qgl.parameters import Params
from qgl.query import Query


def is_truncated(model: Model, queries: Sequence[Query]) -> bool:
    """Whether a truncated method answers one of them."""
    if model.program.train.approximate is None or not queries:
        return False
    rows = (row for weighed in model.readings.weigh(queries) for row in weighed.rows)
    return any(row.chosen == "propagation" for row in rows)


@dataclass(frozen=True)
class Recorded:
    """Answers, and takes down what was asked and answered; of a question that is asked under several conditions the
    last answer.
    """

    answer: Answerer
    known: dict[Query, Any] = field(default_factory=dict)

    def __call__(self, query: Query, condition: Any = None, given: Any = None) -> Any:
        self.known[query] = self.answer(query, condition, given)
        return self.known[query]


def largest_difference(left: Mapping[Query, Any], right: Mapping[Query, Any]) -> float:
    """Of two sets of answers to the same queries, pytrees of arrays; what only one of them has is left out."""
    common = [query for query in left if query in right]
    leaves = ([leaf for query in common for leaf in jax.tree.leaves(each[query])] for each in (left, right))
    pairs = zip(*leaves, strict=True)
    return max((float(np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0.0)) for a, b in pairs), default=0.0)


def with_estimates(model: Model, rows: Sequence[Row], finer: Sequence[Row], means: float) -> tuple[Row, ...]:
    """Rows of a report that truncated answers went into, with estimates of their errors from those of finer answers.

    means: the largest difference of the answers that went into them.
    """
    return tuple(
        row
        if row.value is None or other.value is None
        else replace(row, truncation=abs(row.value - other.value), note=_joined(row.note, _beyond(model, row, means)))
        for row, other in zip(rows, finer, strict=True)
    )


def _joined(*notes: str) -> str:
    return "\n".join(filter(None, notes))


def _beyond(model: Model, row: Row, means: float) -> str:
    tolerance = _tolerance(model)
    if tolerance is None or means <= tolerance:
        return ""
    return f"{row.name}: the error of a mean is estimated at {means:.2g}, above the tolerance of {tolerance:g}"


def _tolerance(model: Model) -> float | None:
    approximate = model.program.train.approximate
    return None if approximate is None else approximate.tolerance


@dataclass(frozen=True)
class LossError:
    """Estimates of the error of a loss and of the means that it is made of."""

    loss: float
    means: float

    def __str__(self) -> str:
        return f"the loss is truncated: its error is estimated at {self.loss:.2g}, that of a mean at {self.means:.2g}"


def loss_error(model: object, params: Params) -> LossError | None:
    """What truncation does to the loss at some parameters; None where it is exact, or drawn at random."""
    if not isinstance(model, Model) or not model.objectives or model.stochastic:
        return None
    terms = [term for term in model.objectives if is_truncated(model, term.objective.queries)]
    if not terms:
        return None
    loss = means = 0.0
    for term in terms:
        each = [_answers(one, params, term.objective) for one in (model, model.refined)]
        means = max(means, largest_difference(*each))
        coarse, fine = (float(term.objective.loss(answers, None)) for answers in each)
        loss += term.weight * (coarse - fine)
    return LossError(abs(loss), means)


def _answers(model: Model, params: Params, objective: Objective) -> dict[Query, Any]:
    """The answers that an objective makes its loss of."""
    if objective.conditions is None:
        return model.answers(params, objective.queries)
    each = [model.answers(params, objective.queries, condition) for condition in objective.conditions]
    stacked: dict[Query, Any] = jax.tree.map(lambda *rows: jnp.stack(rows), *each)
    return stacked


def within_tolerance(model: object, params: Params) -> LossError | None:
    """`loss_error` where training begins.

    Raises:
        QglError: it is above the tolerance (QGL0916).
    """
    error = loss_error(model, params)
    if error is not None and isinstance(model, Model):
        tolerance, approximate = _tolerance(model), model.program.train.approximate
        if approximate is not None and tolerance is not None and error.means > tolerance:
            raise QglError([TruncatedTooFar(approximate.span, error.means, tolerance)])
    return error
