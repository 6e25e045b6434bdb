"""Patterns of truncated answers that are kept for some steps (`refresh`): found on the host between two calls.

Every `refresh` steps each seed finds which Pauli words are kept where it stands then, its anchor. Until the next time
its loss is the sum over the paths of these words (`qgl.plan.propagation.pattern`), a smooth function with an exact
gradient. The anchor is in the state, so that a run that was killed finds the same patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
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
            QglError: a pattern is too large (QGL0918).
        """
        with number_type(self._model):
            return {runner.name: self._tables(runner, _by_seed(params)) for runner in self._runners()}

    def estimates(self, params: Params) -> NDArray[np.float64]:
        """What truncation does to the loss of each seed, shape (seeds,); NaN of a loss that is drawn at random.

        params: as for `tables`.
        """
        from qgl.report.truncation import loss_error

        errors = [loss_error(self._model, own) for own in _by_seed(params)]
        return np.array([np.nan if error is None else error.loss for error in errors])

    def _runners(self) -> list[PropagationRunner]:
        """All that truncate what the loss is made of, by words that depend on the parameters."""
        found: list[PropagationRunner] = []
        for group in groups(self._model.objectives, jax.random.key(0)):
            queries = tuple(dict.fromkeys(query for term, _ in group.terms for query in term.objective.queries))
            for share in self._model.readings.shares(queries):
                found += self._model.readings.simulator(share).propagations
        return found

    def _tables(self, runner: PropagationRunner, seeds: list[Params]) -> dict[str, NDArray[Any]]:
        from qgl.plan.propagation.pattern import Layout, tables_of

        patterns = [self._pattern(runner, params) for params in seeds]
        layout = Layout.of(patterns)
        tables = [tables_of(pattern, layout) for pattern in patterns]
        return {name: np.stack([own[name] for own in tables]) for name in tables[0]}

    def _pattern(self, runner: PropagationRunner, params: Params) -> Pattern:
        from qgl.plan.propagation.pattern import PatternTooLargeError

        (inputs,) = self._model.parameters.inputs(params, None, next(iter(params.values())).dtype)
        try:
            return runner.pattern(inputs)
        except PatternTooLargeError as error:
            approximate = self._model.program.train.approximate
            span = None if approximate is None else approximate.span
            raise QglError([PatternTooLarge(span, error.most)]) from None


def _by_seed(params: Params) -> list[Params]:
    whole = jax.tree.map(np.asarray, params)
    return [{name: value[seed] for name, value in whole.items()} for seed in range(len(next(iter(whole.values()))))]
