"""The losses that a run ends with: over all rows of data, where a step draws some of them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from qgl.evaluate import in_chunks
from qgl.evaluate.conditions import in_groups
from qgl.model import Model
from qgl.objectives.batch import RowsDrawn
from qgl.parameters import Params
from qgl.runs.seed_results import SeedResults


def reevaluated(model: object, results: SeedResults) -> SeedResults:
    """`results` with every term that a part of the rows estimated, and the losses, measured over all rows.

    So the best seed is the best of all the data, and not the one whose last rows were likely.
    """
    drawn = model.objectives if isinstance(model, Model) else ()
    if not isinstance(model, Model) or not any(isinstance(term.objective, RowsDrawn) for term in drawn):
        return results
    loss, terms = np.array(results.loss, dtype=np.float64), dict(results.terms)
    for term in drawn:
        if not isinstance(term.objective, RowsDrawn) or not term.objective.stochastic:
            continue
        values = np.array(terms[term.label], dtype=np.float64)
        for seed in range(len(loss)):
            params = {name: value[seed] for name, value in results.params.items()}
            whole = term.objective.whole(functools.partial(_log_prob, model, params))
            loss[seed] += term.weight * (whole - values[seed])
            values[seed] = whole
        terms[term.label] = values
    return results._replace(loss=loss, terms=terms)


def _log_prob(
    model: Model,
    params: Params,
    rows: NDArray[np.uint8],
    bases: NDArray[np.uint8] | None,
    conditions: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    if bases is not None:
        return in_chunks.log_prob_in_bases(model, params, rows, bases)
    values = np.empty(len(rows))
    for condition, chosen in in_groups(conditions, len(rows)):
        values[chosen] = in_chunks.log_prob(model, params, rows[chosen], condition)
    return values
