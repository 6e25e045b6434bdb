"""One step of CMA-ES by the library `cma`, as a function of arrays.

The library keeps its state in an object. What the algorithm carries from step to step are a few arrays (`Memory`); here
an object is made anew for each step, is given these arrays, samples, is told the losses, and gives the arrays back. So
a run that was killed goes on bit for bit, from arrays of fixed shapes and without a pickle; a test holds the steps
against an object that lives on. Whatever else the library remembers serves its own rules of stopping and a treatment of
badly scaled coordinates, which are turned off: training has rules of its own.

N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772; active covariance, cumulative step sizes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.strategies import StrategyNotInstalled

Array = NDArray[Any]
OPTIONS = {
    "verbose": -10,
    "seed": np.nan,  # the global random numbers of NumPy are left alone
    "CMA_mirrors": 0,
    "conditioncov_alleviate": False,
    "stall_sigma_change_on_divergence_iterations": False,
}


class Memory(NamedTuple):
    """The state of CMA-ES in n dimensions; all numbers are doubles, `counts` are whole.

    mean        (n,)
    sigma       () step size
    covariance  (n, n), in units of sigma^2
    axes        (n, n) eigenvectors, by columns, of the covariance when it was last decomposed
    lengths     (n,) roots of its eigenvalues
    paths       (2, n) evolution paths of the covariance and of the step size
    counts      (4,) steps; updates of the covariance, those when it was last decomposed; decompositions
    """

    mean: Array
    sigma: Array
    covariance: Array
    axes: Array
    lengths: Array
    paths: Array
    counts: Array


class Sampler:
    """The library's object as it is before the first step, which every step begins with a copy of.

    Raises:
        QglError: the library is not installed (QGL0922).
    """

    def __init__(self, size: int, sigma: float, population: int | None) -> None:
        try:
            import cma
        except ImportError as error:
            raise QglError([StrategyNotInstalled(None, "cma", "cma")]) from error
        options = {**OPTIONS, "AdaptSigma": cma.sigma_adaptation.CMAAdaptSigmaCSA}  # else another one from 300 on
        if population is not None:
            options["popsize"] = population
        self._template = cma.CMAEvolutionStrategy(np.zeros(size), sigma, options)
        self._template.adapt_sigma.initialize(self._template)
        self._template.timer = cma.utilities.utils.ElapsedWCTime()  # the library makes it at its first step only
        self._template.sm.randn = None  # each step brings random numbers of its own
        constants = [getattr(self._template, name) for name in ("opts", "inopts", "sp", "sp0", "gp", "logger", "const")]
        self._constants = {id(each): each for each in constants}  # which copies share

    @property
    def population(self) -> int:
        """Candidates of a step."""
        return int(self._template.popsize)

    def initial(self, mean: Array) -> Memory:
        """The memory of a search that begins at `mean`."""
        return _memory(self._template)._replace(mean=np.asarray(mean, dtype=np.float64))

    def ask(self, memory: Memory, random: np.random.Generator) -> Candidates:
        """The candidates of a step."""
        search = copy.deepcopy(self._template, dict(self._constants))
        model, (pc, ps) = search.sm, memory.paths
        search.mean, search.sigma, search.pc = memory.mean.copy(), float(memory.sigma), pc.copy()
        search.mean_old = search.mean
        search.adapt_sigma.ps = ps.copy()
        model.C, model.D = memory.covariance.copy(), memory.lengths.copy()
        model.B = np.asfortranarray(memory.axes)  # as the library has it: sums of products depend on the order
        search.countiter, model.count_tell, model.last_update, model.count_eigen = (int(n) for n in memory.counts)
        search._updateBDfromSM(model)
        model.randn = lambda *shape: random.standard_normal(shape)
        candidates = np.asarray(search.ask())

        def tell(losses: Array) -> Memory:
            search.tell(list(candidates), ranked(losses).tolist())
            return _memory(search)

        return Candidates(candidates, tell)


class Candidates(NamedTuple):
    """Candidates, shape (population, n), and the memory after their losses, shape (population,), are told."""

    candidates: Array
    tell: Callable[[Array], Memory]


def ranked(losses: Array) -> Array:
    """`losses` as doubles; one that is not a finite number becomes larger than all others. One at least is finite."""
    values = np.asarray(losses, dtype=np.float64)
    finite = np.isfinite(values)
    worst = values[finite].max()
    return np.where(finite, values, worst + max(1.0, abs(worst)))


def _memory(search: Any) -> Memory:
    model = search.sm
    counts = (search.countiter, model.count_tell, model.last_update, model.count_eigen)
    numbers = (search.mean, search.sigma, model.C, model.B, model.D, (search.pc, search.adapt_sigma.ps))
    mean, sigma, covariance, axes, lengths, paths = (np.array(n, dtype=np.float64, order="C") for n in numbers)
    return Memory(mean, sigma, covariance, axes, lengths, paths, np.array(counts, dtype=np.int64))
