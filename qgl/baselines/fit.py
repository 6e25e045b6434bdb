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
from qgl.evaluate.table.columns import independent, numbers
from qgl.objectives import Setting
from qgl.program.calls.baselines import HMM, RBM, BaselineCall, Independent, Markov
from qgl.program.calls.call import arguments
from qgl.program.program import DataSet, Program
from qgl.source import Span


@dataclass(frozen=True, eq=False)
class Fitted:
    """A baseline after its fit.

    label       as a program would write it: `hmm(states = 4)`
    parameters  real numbers that were fitted
    seconds     how long the fit took
    note        how far the fit went, where that is not plain
    """

    label: str
    distribution: Drawn = field(repr=False)
    parameters: int
    seconds: float
    note: str = ""

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
    data = program.learnt
    if data is None or not len(data.rows):
        return ()
    default = Independent(span=Span(program.source, 0, 0))
    return tuple(_fitted(call, data, program) for call in program.baselines or (default,))


def distributions(baselines: Sequence[Fitted]) -> Mapping[str, Drawn] | None:
    """Their distributions by label; None without any."""
    return {each.label: each.distribution for each in baselines} or None


def _library(call: BaselineCall) -> tuple[str, str] | None:
    """The module and the package that a baseline is fitted by."""
    if isinstance(call, RBM):
        return "sklearn", "scikit-learn"
    if isinstance(call, HMM) and call.stationary:
        return "hmmlearn", "hmmlearn"
    return None


def _fitted(call: BaselineCall, data: DataSet, program: Program) -> Fitted:
    clock, given, note, seed = time.monotonic(), arguments(call), "", program.train.seed
    distribution: Drawn
    if isinstance(call, Markov):
        distribution, parameters = markov(Table.of(data), **given)
    elif isinstance(call, HMM):
        fitted = hmm(Table.of(data), **given, seed=seed % 2**31)
        distribution, parameters, note = fitted.distribution, fitted.parameters, fitted.note
    elif isinstance(call, RBM):
        machine = rbm(Table.of(data), **given, seed=seed % 2**31)
        distribution, parameters = machine.distribution(np.random.default_rng([seed, 1])), machine.parameters
    else:
        columns = Setting.of(program).columns
        distribution, parameters = independent(data, columns), numbers(columns)
        note = f"each column by itself, with the frequencies of `{data.name}`"
    return Fitted(call.label, distribution, parameters, time.monotonic() - clock, note)
