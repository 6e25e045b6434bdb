"""Patterns of truncated answers that are kept for some steps (`refresh`): found on the host between two calls.

Every `refresh` steps each seed finds which Pauli words are kept where it stands then, its anchor. Until the next time
its loss is the sum over the paths of these words (`qgl.plan.propagation.pattern`), a smooth function with an exact
gradient. Each circuit of a mixture, and under each condition, has a pattern of its own. The anchor is in the state, so
that a run that was killed finds the same patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import PatternTooLarge
from qgl.model import Model
from qgl.objectives.terms import groups
from qgl.train.trainable import Params, Trainable, number_type

if TYPE_CHECKING:
    from qgl.kernels.propagation.runner import PropagationRunner
    from qgl.plan.propagation.pattern import Pattern

Inputs = NDArray[Any]  # of some circuits, shape (circuits, inputs)
ESTIMATE = "truncation"  # among the terms of each step


class Patterns:
    """The patterns of all seeds at their anchors, and estimates of what truncation does to the loss there."""

    def __init__(self, model: Model, refresh: int) -> None:
        self.refresh = refresh
        self._model = model

    @classmethod
    def of(cls, model: Trainable) -> Patterns | None:
        """None if the program keeps none."""
        if not isinstance(model, Model):
            return None
        approximate = model.program.train.approximate
        return None if approximate is None or approximate.refresh is None else cls(model, approximate.refresh)

    def tables(self, params: Params) -> dict[str, Any]:
        """What steps take beside the parameters, with a leading axis of seeds.

        params: those of all seeds, arrays of shape (seeds, ...).

        Raises:
            QglError: the patterns of a seed are too large (QGL0918).
        """
        with number_type(self._model):
            circuits = [self._circuits(own) for own in _by_seed(params)]
            return {runner.name: self._tables(runner, [own[runner] for own in circuits]) for runner in circuits[0]}

    def estimates(self, params: Params) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What truncation does to the loss of each seed, shape (seeds,); NaN of a loss that is drawn at random. And
        whether the error of a mean that it is made of is beyond the tolerance.

        params: as for `tables`.
        """
        from qgl.report.truncation import loss_error

        errors = [loss_error(self._model, own) for own in _by_seed(params)]
        approximate = self._model.program.train.approximate
        tolerance = None if approximate is None else approximate.tolerance
        losses = np.array([np.nan if error is None else error.loss for error in errors])
        means = np.array([0.0 if error is None else error.means for error in errors])
        return losses, means > (np.inf if tolerance is None else tolerance)

    def _circuits(self, params: Params) -> dict[PropagationRunner, Inputs]:
        """All that truncate what the loss is made of, by words that depend on the parameters of a seed, and the inputs
        of the circuits that each is asked for: those of a mixture, under every condition, shape (circuits, inputs).
        """
        asked: dict[PropagationRunner, list[Inputs]] = {}
        for group in groups(self._model.objectives, jax.random.key(0)):
            queries = tuple(dict.fromkeys(query for term, _ in group.terms for query in term.objective.queries))
            conditions = group.terms[0][0].objective.conditions  # all of them, of which a step may draw some
            rows = [self._inputs(params, each) for each in (conditions if conditions is not None else [None])]
            for share in self._model.readings.shares(queries):
                for runner in self._model.readings.simulator(share).propagations:
                    asked.setdefault(runner, []).extend(rows)
        return {runner: self._distinct(np.concatenate(rows)) for runner, rows in asked.items()}

    def _inputs(self, params: Params, condition: NDArray[np.float64] | None) -> Inputs:
        return np.asarray(self._model.parameters.inputs(params, condition, next(iter(params.values())).dtype))

    def _distinct(self, rows: Inputs) -> Inputs:
        """Each circuit once, in order of what tells them apart."""
        varying = self._model.parameters.varying
        return rows[np.unique(rows[:, varying], axis=0, return_index=True)[1]] if varying.any() else rows[:1]

    def _tables(self, runner: PropagationRunner, seeds: list[Inputs]) -> dict[str, NDArray[Any]]:
        """Those of one runner, for the circuits of each seed; all seeds have as many."""
        from qgl.kernels.propagation.runner import CIRCUITS
        from qgl.plan.propagation.pattern import Layout, tables_of

        varying, most = self._model.parameters.varying, max(map(len, seeds))
        seeds = [rows[np.arange(most) % len(rows)] for rows in seeds]
        patterns = [self._patterns(runner, rows) for rows in seeds]
        layout = Layout.of([pattern for own in patterns for pattern in own])
        tables = [[tables_of(pattern, layout) for pattern in own] for own in patterns]
        stacked = {name: np.array([[each[name] for each in own] for own in tables]) for name in tables[0][0]}
        if not varying.any():
            return {name: table[:, 0] for name, table in stacked.items()}
        return {**stacked, CIRCUITS: np.where(varying, np.stack(seeds), np.nan)}

    def _patterns(self, runner: PropagationRunner, rows: Inputs) -> list[Pattern]:
        from qgl.plan.propagation.pattern import PatternTooLargeError
        from qgl.plan.propagation.program import MOST_NODES

        patterns: list[Pattern] = []
        left = MOST_NODES
        for row in rows:
            try:
                patterns.append(runner.pattern(jnp.asarray(row), left))
            except PatternTooLargeError:
                approximate = self._model.program.train.approximate
                span = None if approximate is None else approximate.span
                raise QglError([PatternTooLarge(span, MOST_NODES)]) from None
            left -= patterns[-1].nodes
        return patterns


def _by_seed(params: Params) -> list[Params]:
    whole = jax.tree.map(np.asarray, params)
    return [{name: value[seed] for name, value in whole.items()} for seed in range(len(next(iter(whole.values()))))]
