"""How far truncated answers are from the truth.

An estimate is the difference from the answers of a finer truncation: a quarter of the least coefficient, two letters
and four times the words more; of a sweep, twice the bond. It is no bound; for propagation the one-norm of all that is
dropped is one, and says nothing in practice. What a sweep cuts off bounds the distance of its distribution of strings
(`qgl.plan.sweep.method`); it is told beside the estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import TruncatedTooFar
from qgl.evaluate import in_chunks
from qgl.evaluate.row import Row
from qgl.evaluate.table.evaluation import Answerer
from qgl.model import Model
from qgl.objectives.model import Objective
from qgl.parameters import Params
from qgl.program.calls.gradients import Propagation, Sweep
from qgl.query import GivenStrings, LogProb, Query, Samples

if TYPE_CHECKING:
    from qgl.kernels.sweep.runner import TruncatedRunner


def is_truncated(model: Model, queries: Sequence[Query]) -> bool:
    """Whether a truncated method answers one of them."""
    return bool(why_truncated(model, queries))


def why_truncated(model: Model, queries: Sequence[Query]) -> str:
    """Why a truncated method answers one of them; "" where all answers are exact."""
    if model.program.train.approximate is None or not queries:
        return ""
    put = [in_chunks.as_put(model, query) for query in queries]
    return next((row.because for weighed in model.readings.weigh(put) for row in weighed.rows if row.because), "")


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


def with_estimates(
    model: Model, rows: Sequence[Row], finer: Sequence[Row], means: float, cut: str = ""
) -> tuple[Row, ...]:
    """Rows of a report that truncated answers went into, with estimates of their errors from those of finer answers.

    means: the largest difference of the answers that went into them. cut: what was cut off on the way, in words.
    """
    return tuple(
        row
        if row.value is None or other.value is None
        else replace(
            row, truncation=abs(row.value - other.value), note=_joined(row.note, cut, _beyond(model, row, means))
        )
        for row, other in zip(rows, finer, strict=True)
    )


STRINGS = 32  # of which it is found what a sweep cuts off


@dataclass(frozen=True)
class SweepError:
    """What a truncated sweep does to the strings that it draws.

    bond      the largest one of its chain
    distance  an estimate of a bound of the total variation distance of their distribution from the true one: the mean
              over some strings of the roots of all weights that were cut off
    nats      the mean over these of log p, less that of a finer truncation: an estimate of the relative entropy of the
              two; None where there are no likelihoods
    because   why strings are not exact
    tolerance that the program declares for the distance
    """

    bond: int
    distance: float
    nats: float | None
    because: str
    tolerance: float | None = None

    def __str__(self) -> str:
        bound = f"is at most {self.distance:.2g}" if self.distance < 1 else "has no bound"
        beyond = _above(self.distance, self.tolerance)
        parts = [f"the total variation distance of its distribution from the true one {bound}{beyond}"]
        if self.nats is not None:
            finer = f"bond {2 * self.bond}" + ("" if self.tolerance is None else f", tolerance {self.tolerance / 10:g}")
            parts.append(f"log p changes by {self.nats:.2g} nats on average at {finer}")
        return f"a truncated sweep of bond {self.bond}, as {self.because}: {', '.join(parts)}"


def sampling_error(
    model: Model, params: Params, conditions: Sequence[Any] = (None,), number: int = STRINGS
) -> SweepError | None:
    """What truncation does to strings that a model draws, `number` of them; None where an exact method draws them.

    conditions: under which they are drawn. The largest errors are told.

    Raises:
        QglError: QGL0810, no method draws any.
    """
    allowed = model.program.train.approximate
    because = why_truncated(model, (Samples(number),)) if isinstance(allowed, Sweep) else ""
    if not isinstance(allowed, Sweep) or not because:
        return None
    able = is_truncated(model, (GivenStrings(STRINGS),))
    distance, nats = 0.0, []
    for condition in conditions:
        rows, lost = _drawn(model, params, condition)
        distance = max(distance, float(lost.mean()))
        if able:
            coarse, fine = (np.asarray(each.log_prob(params, rows, condition)) for each in (model, model.refined))
            nats.append(float(np.mean(coarse - fine)))
    return SweepError(allowed.bond, distance, max(nats, key=abs, default=None), because, allowed.tolerance)


def cut_off(model: Model, params: Params, known: Mapping[Query, Any]) -> str:
    """What a truncated sweep cuts off on the way of the strings of answers, in words; "" where that is not known."""
    allowed = model.program.train.approximate
    if not isinstance(allowed, Sweep) or model.parameters.condition_width or model.readings.required:
        return ""
    rows = [query.rows for query in known if isinstance(query, LogProb)]
    if rows:
        lost = _lost(model, params, np.concatenate(rows)[:STRINGS])
    elif any(isinstance(query, Samples) for query in known):
        _, lost = _drawn(model, params, None)
    else:
        return ""
    because = why_truncated(model, tuple(known))
    cut = f"the roots of all weights that were cut off for a string add up to {lost.mean():.2g}"
    cut += _above(float(lost.mean()), allowed.tolerance)
    return f"bond {allowed.bond}, as {because}: {cut}"


def _lost(model: Model, params: Params, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The roots of what is cut off on the way of strings, added up: of a mixture, the mean of its circuits."""
    runner = _sweep_of(model, GivenStrings(len(rows)))
    weights = model.parameters.weights / model.parameters.weights.sum()
    each = [runner.lost(inputs, rows) for inputs in model.parameters.inputs(params, None, np.float32)]
    lost: NDArray[np.float64] = np.tensordot(weights, np.stack(each), axes=1)
    return lost


def _drawn(model: Model, params: Params, condition: Any) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Strings of a model that is swept, shape (strings, n), and the roots of what is cut off for each, added up."""
    runner = _sweep_of(model, Samples(STRINGS))
    elements, weights = model.parameters.inputs(params, condition, np.float32), model.parameters.weights
    counts = np.random.default_rng(0).multinomial(STRINGS, weights / weights.sum())
    parts = [runner.drawn(elements[k], int(counts[k]), int(k)) for k in np.flatnonzero(counts)]
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([lost for _, lost in parts])


def _sweep_of(model: Model, query: Query) -> TruncatedRunner:
    """What would sweep for a query, also where for so few strings an exact method fits into memory."""
    from qgl.kernels.simulator import Simulator
    from qgl.plan.planner import Planner
    from qgl.plan.sweep.method import TruncatedSweep

    allowed = model.program.train.approximate
    assert isinstance(allowed, Sweep)
    (share,) = model.readings.shares((query,))
    given = share.planner
    planner = Planner(
        given.circuit, given.precision, given.memory_limit, (TruncatedSweep(allowed.bond, allowed.tolerance),)
    )
    (runner,) = Simulator(planner.plan(share.queries)).sweeps
    return runner


def _above(distance: float, tolerance: float | None) -> str:
    return "" if tolerance is None or distance <= tolerance else f", above the tolerance of {tolerance:g}"


def _joined(*notes: str) -> str:
    return "\n".join(filter(None, notes))


def _beyond(model: Model, row: Row, means: float) -> str:
    tolerance = _tolerance(model)
    if tolerance is None or means <= tolerance:
        return ""
    return f"{row.name}: the error of a mean is estimated at {means:.2g}, above the tolerance of {tolerance:g}"


def _tolerance(model: Model) -> float | None:
    """Of the error of a mean of a Pauli word."""
    approximate = model.program.train.approximate
    return approximate.tolerance if isinstance(approximate, Propagation) else None


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
    given = objective.given(None)
    if objective.conditions is None:
        return model.answers(params, objective.queries, given=given)
    each = []
    for k, condition in enumerate(objective.conditions):
        own = {query: rows[k] for query, rows in given.items()}
        each.append(model.answers(params, objective.queries, condition, given=own))
    stacked: dict[Query, Any] = jax.tree.map(lambda *rows: jnp.stack(rows), *each)
    return stacked


def _conditions(objective: Objective) -> Sequence[Any]:
    return (None,) if objective.conditions is None else tuple(objective.conditions)


def within_tolerance(model: object, params: Params) -> LossError | None:
    """`loss_error` where training begins.

    Raises:
        QglError: it is above the tolerance, or what a sweep cuts off is (QGL0916).
    """
    error = loss_error(model, params)
    if error is not None and isinstance(model, Model):
        tolerance, approximate = _tolerance(model), model.program.train.approximate
        if approximate is not None and tolerance is not None and error.means > tolerance:
            raise QglError([TruncatedTooFar(approximate.span, error.means, tolerance, None)])
        if isinstance(approximate, Sweep) and approximate.tolerance is not None:
            conditions = [row for term in model.objectives for row in _conditions(term.objective)]
            distance = max(float(_drawn(model, params, row)[1].mean()) for row in conditions)
            if distance > approximate.tolerance:
                raise QglError([TruncatedTooFar(approximate.span, distance, approximate.tolerance, approximate.bond)])
    return error
