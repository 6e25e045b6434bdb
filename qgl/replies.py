"""What a model answers to several queries, put together from the answers of its circuits.

A query may concern several circuits: those of a mixture, and those of several conditions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qgl.drawn import apart
from qgl.mixture import mixed, one_by_one
from qgl.parameters import Parameters, Params
from qgl.query import Query
from qgl.readings import BasesShare, DrawnShare, NumbersShare, Readings, Share

if TYPE_CHECKING:
    from qgl.kernels.simulator import Simulator

Given = Mapping[Query, Array]


@dataclass(frozen=True, eq=False)
class Replies:
    """The answers of one model.

    readings    how its queries are put to its circuit
    parameters  those of the program
    real        the type of real numbers
    """

    readings: Readings
    parameters: Parameters
    real: Any

    def of(
        self,
        params: Params,
        queries: tuple[Query, ...],
        condition: ArrayLike | None,
        key: Array | None,
        given: Given,
        simulators: Sequence[Simulator] | None = None,
    ) -> dict[Query, Any]:
        """Answers under one condition, or none. simulators: those of the shares of `queries`, where they are known."""
        if not queries:
            return {}
        params, held = apart(params)
        shares = self.readings.shares(queries)
        elements = {share.of_rows: self._elements(params, condition, share.of_rows) for share in shares}
        if simulators is None:
            first = next(iter(elements.values()))[0]
            simulators = self.readings.simulators(shares, first[0], self.parameters.varying, len(first))
        answers: dict[Query, Any] = {}
        for share, simulator in zip(shares, (each.following(held) for each in simulators), strict=True):
            inputs, weights = elements[share.of_rows]
            if isinstance(share, BasesShare):
                answers |= share.answers(simulator, inputs, weights, given[share.asked], key)
                continue
            ask = self._asker(share, simulator, given)
            if isinstance(share, DrawnShare):
                answers[share.elements] = share.drawing.answer(ask, inputs, weights, held)
                continue
            if isinstance(share, NumbersShare):
                answers |= share.answers(ask, inputs, weights, key)
                continue
            single = len(weights) == 1
            joint = ask(inputs[0], key) if single else mixed(ask, inputs, weights, share.queries, key)
            answers |= share.answers(joint, key)
        return answers

    def of_each(
        self,
        params: Params,
        queries: tuple[Query, ...],
        conditions: NDArray[np.float64] | Array | None,
        key: Array | None,
        given: Given,
    ) -> dict[Query, Any]:
        """Answers for each row of `conditions`, stacked; without conditions, plain answers.

        What comes with the queries has a row for each condition, too.
        """
        if conditions is None:
            return self.of(params, queries, None, key, given)
        rows = jnp.asarray(conditions, dtype=self.real)
        first = self.parameters.inputs(apart(params)[0], rows[0], self.real)[0]
        circuits = len(rows) * len(self.parameters.weights)
        shares, varies = self.readings.shares(queries), self.parameters.varying
        simulators = self.readings.simulators(shares, first, varies, circuits)
        listed = [query for query in queries if query in given]  # JAX sorts the keys of dictionaries

        def answers(row: tuple[Array, list[Array]]) -> dict[Query, Any]:
            own = dict(zip(listed, row[1], strict=True))
            return self.of(params, queries, row[0], key, own, simulators)

        return one_by_one(answers, (rows, [given[query] for query in listed]), queries)

    def _elements(self, params: Params, condition: ArrayLike | None, of_rows: bool) -> tuple[Array, Array]:
        """The inputs of the elements of the mixture, shape (elements, inputs), and their weights, shape (elements,)."""
        parameters = self._parameters_of_rows if of_rows else self.parameters
        return parameters.inputs(params, condition, self.real), jnp.asarray(parameters.weights, dtype=self.real)

    @functools.cached_property
    def _parameters_of_rows(self) -> Parameters:
        return Parameters(self.parameters.declared, rows=False)

    def _asker(
        self, share: Share | NumbersShare | DrawnShare, simulator: Simulator, given: Given
    ) -> Callable[[Array, Array | None], dict[Query, Any]]:
        """The answers to a share for one vector of inputs, as a function of these and a key."""
        arrays = share.given(given)
        return lambda row, key: simulator.answers(row, share.queries, key, arrays)
