"""The losses that a run ends with: over all rows of data, where a step draws some of them."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.evaluate import in_chunks
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
        values, of_all = np.array(terms[term.label], dtype=np.float64), replace(term.objective, batch=None)
        for seed in range(len(loss)):
            params = {name: value[seed] for name, value in results.params.items()}
            if of_all.conditions is None:
                whole = of_all.whole(functools.partial(_log_prob, model, params))
            else:  # a circuit for each row, whatever memory there is
                whole = float(model.loss_of(of_all, params))
            loss[seed] += term.weight * (whole - values[seed])
            values[seed] = whole
        terms[term.label] = values
    return results._replace(loss=loss, terms=terms)


def _log_prob(
    model: Model, params: Params, rows: NDArray[np.uint8], bases: NDArray[np.uint8] | None
) -> NDArray[np.float64]:
    if bases is None:
        return in_chunks.log_prob(model, params, rows)
    return in_chunks.log_prob_in_bases(model, params, rows, bases)
