"""What L-BFGS cannot train: it looks at the loss along a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeGuard

from qgl.program.calls.objectives import KL, MMD, MSE, NLL, Infidelity, ObjectiveCall
from qgl.program.calls.optimizers import LBFGS
from qgl.program.program import DataSet, Term, TrainSettings

if TYPE_CHECKING:
    from qgl.diagnostics.runs import UnfitForLineSearch


def by_row(call: ObjectiveCall, data: Mapping[str, DataSet]) -> TypeGuard[NLL | KL | MSE | Infidelity]:
    """Whether a part of the rows of the data estimates an objective."""
    given = data.get(call.data) if isinstance(call, MSE) else None
    return isinstance(call, NLL | KL | MSE | Infidelity) and (given is None or given.numbers is not None)


def estimated(terms: tuple[Term, ...], data: Mapping[str, DataSet], batch: int | None) -> bool:
    """Whether a part of the objective is drawn anew at each step: Pauli words, samples, or fewer rows than there
    are.
    """

    def drawn(call: ObjectiveCall) -> bool:
        if isinstance(call, MMD):
            return call.pauli_words is not None or call.samples is not None
        rows = data.get(call.data) if by_row(call, data) else None
        return batch is not None and rows is not None and batch < rows.count

    return any(drawn(term.call) for term in terms)


def line_search_faults(settings: TrainSettings, stochastic: bool) -> Iterator[UnfitForLineSearch]:
    """Why the optimiser of `settings` cannot train an objective, if it is one that looks along a line."""
    if not isinstance(settings.optimizer, LBFGS):
        return
    from qgl.diagnostics.runs import UnfitForLineSearch

    span = settings.optimizer.span
    if stochastic:
        way_out = "leave out `batch`, `samples` and `pauli_words` for the exact objective, or choose `adam`"
        yield UnfitForLineSearch(span, "an objective that is estimated anew at each step", way_out)
    if settings.clip is not None:
        yield UnfitForLineSearch(span, "with `clip`", "leave out `clip`: the line search bounds the steps")
