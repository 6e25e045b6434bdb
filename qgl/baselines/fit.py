"""Fitting the baselines that a program declares."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qgl.baselines.boltzmann import rbm
from qgl.baselines.columns import Table
from qgl.baselines.hmm import hmm
from qgl.baselines.markov import markov
from qgl.diagnostics.baselines import BaselineNotInstalled
from qgl.diagnostics.model import QglError
from qgl.evaluate.distributions import Drawn
from qgl.evaluate.table.classes import rows_of_class
from qgl.evaluate.table.columns import independent, numbers
from qgl.objectives import Setting
from qgl.program.calls.baselines import HMM, RBM, BaselineCall, Independent, Markov
from qgl.program.calls.call import arguments
from qgl.program.program import DataSet, Program
from qgl.source import Span


@dataclass(frozen=True, eq=False)
class Fitted:
    """A baseline after its fit.

    label          as a program would write it: `hmm(states = 4)`
    distributions  the one; or, of labelled data, that of each class by its number, None of a class without rows
    parameters     real numbers that were fitted
    seconds        how long the fit took
    note           how far the fit went, where that is not plain
    """

    label: str
    distributions: tuple[Drawn | None, ...] = field(repr=False)
    parameters: int
    seconds: float
    note: str = ""

    @property
    def distribution(self) -> Drawn:
        """The one, of data without labels."""
        (one,) = self.distributions
        assert one is not None
        return one

    @property
    def wording(self) -> str:
        """`152 parameters, fitted in 1.2 s`, and the note."""
        shown = f"{self.parameters:,} parameter{'s' * (self.parameters != 1)}, fitted in {self.seconds:.1f} s"
        return f"{shown}, {self.note}" if self.note else shown

    @property
    def facts(self) -> dict[str, Any]:
        """For `report.json`."""
        known = {"name": self.label, "parameters": self.parameters, "seconds": round(self.seconds, 3)}
        return {**known, "words": self.wording}


def missing(program: Program) -> tuple[BaselineNotInstalled, ...]:
    """The baselines of a program whose library is not installed."""
    faults = []
    for call in program.baselines:
        needed = _library(call)
        if needed is not None and importlib.util.find_spec(needed[0]) is None:
            faults.append(BaselineNotInstalled(call.span, call.label, needed[1]))
    return tuple(faults)


def fitted(program: Program) -> tuple[Fitted, ...]:
    """The baselines of a program, or independent columns where it declares none, of its objective's first data set.

    The same program gives the same distributions: random numbers come from its `seed`. Nothing for an objective without
    data.

    Raises:
        QglError: a library is not installed (QGL0740).
    """
    faults = missing(program)
    if faults:
        raise QglError(faults)
    if program.learnt is None or not len(program.learnt.rows):
        return ()
    data = Setting.of(program).data[program.learnt.name]
    default = Independent(span=Span(program.source, 0, 0))
    return tuple(_fitted(call, data, program) for call in program.baselines or (default,))


def distributions(baselines: Sequence[Fitted], number: int = 0) -> Mapping[str, Drawn] | None:
    """Their distributions by label, of labelled data those of the class with this number; None without any."""
    each = {one.label: one.distributions[number] for one in baselines}
    return {label: own for label, own in each.items() if own is not None} if each else None


def of_classes(baselines: Sequence[Fitted]) -> tuple[Mapping[str, Drawn], ...] | None:
    """Of labelled data, the distributions of each class by its number; None of other data, or without any."""
    count = min((len(each.distributions) for each in baselines), default=1)
    return tuple(distributions(baselines, number) or {} for number in range(count)) if count > 1 else None


def _library(call: BaselineCall) -> tuple[str, str] | None:
    """The module and the package that a baseline is fitted by."""
    if isinstance(call, RBM):
        return "sklearn", "scikit-learn"
    if isinstance(call, HMM) and call.stationary:
        return "hmmlearn", "hmmlearn"
    return None


def _fitted(call: BaselineCall, data: DataSet, program: Program) -> Fitted:
    clock, labels = time.monotonic(), data.labels
    if labels is None or data.conditions is None:
        distribution, parameters, note = _fit(call, data, program)
        return Fitted(call.label, (distribution,), parameters, time.monotonic() - clock, note)
    there = set(data.conditions[:, 0].astype(int).tolist())
    fits = {number: _fit(call, rows_of_class(data, number), program) for number in sorted(there)}
    each = tuple(fits[number][0] if number in there else None for number in range(len(labels.names)))
    note = "; ".join(filter(None, [f"for each of {len(there)} labels by itself", next(iter(fits.values()))[2]]))
    return Fitted(call.label, each, sum(fit[1] for fit in fits.values()), time.monotonic() - clock, note)


def _fit(call: BaselineCall, data: DataSet, program: Program) -> tuple[Drawn, int, str]:
    """A distribution, how many parameters it has, and how far its fit went."""
    given, seed = arguments(call), program.train.seed
    if isinstance(call, Markov):
        return *markov(Table.of(data), **given), ""
    if isinstance(call, HMM):
        model = hmm(Table.of(data), **given, seed=seed % 2**31)
        return model.distribution, model.parameters, model.note
    if isinstance(call, RBM):
        machine = rbm(Table.of(data), **given, seed=seed % 2**31)
        spare = any(size < 2**width for size, width in data.categories or ())
        note = "of the bits, codes that stand for no value among them" if spare else ""
        return machine.distribution(np.random.default_rng([seed, 1])), machine.parameters, note
    columns = Setting.of(program).columns
    note = f"each column by itself, with the frequencies of `{data.name}`"
    return independent(data, columns), numbers(columns), note
