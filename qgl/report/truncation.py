"""How far truncated answers are from the truth.

An estimate is the difference from the answers of a finer truncation: a quarter of the least coefficient, two letters
and four times the words more. It is no bound; the one-norm of all that is dropped is one, and says nothing in practice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import TruncatedTooFar
from qgl.evaluate.exact import Answerer
from qgl.evaluate.row import Row
from qgl.model import Model
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
    """Answers, and takes down what was asked and answered."""

    answer: Answerer
    known: list[tuple[Query, Any]] = field(default_factory=list)

    def __call__(self, query: Query, condition: Any = None, given: Any = None) -> Any:
        found = self.answer(query, condition, given)
        self.known.append((query, found))
        return found

    @property
    def queries(self) -> tuple[Query, ...]:
        """What was asked, each once."""
        return tuple(dict.fromkeys(query for query, _ in self.known))


def largest_difference(left: Any, right: Any) -> float:
    """Of two answers to the same queries, pytrees of arrays."""
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
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
    means = 0.0
    for term in model.objectives:
        queries = term.objective.queries
        if not is_truncated(model, queries):
            continue
        conditions = term.objective.conditions
        for condition in (None,) if conditions is None else conditions:
            each = (one.answers(params, queries, condition) for one in (model, model.refined))
            means = max(means, largest_difference(*(list(answers.values()) for answers in each)))
    if not any(is_truncated(model, term.objective.queries) for term in model.objectives):
        return None
    return LossError(abs(float(model.loss(params)) - float(model.refined.loss(params))), means)


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
