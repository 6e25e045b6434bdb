"""The Wasserstein distance of order 1 of two ensembles: the least mean cost of a coupling of their elements.

It is a linear program, solved to the end by the network simplex of POT (R. Flamary et al., JMLR 22, 78, 2021), on the
host, between parts of a compiled step. The derivatives are those of linear programs: by a cost, what the best plan
moves there; by a weight, its dual potential (D. Bertsekas, Convex Optimization Theory, 2009, section 5.4). Where
several plans or potentials are the best ones, what is given is a subgradient.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.kernels import TooManyPairs, TransportNotInstalled
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.ir.cut import summed_outcomes
from qgl.kernels.devices.host import on_host
from qgl.objectives.ensembles.comparison import EnsembleComparison, as_complex, as_real
from qgl.objectives.ensembles.similarity import similarities, weights, with_equal_weights
from qgl.objectives.model import Setting
from qgl.parameters import Parameters
from qgl.program.calls import objectives, reports
from qgl.program.calls.reports import ReportCall
from qgl.program.program import Program
from qgl.source import Span

Array = jax.Array
Real = NDArray[np.float64]
MOST_PAIRS = 2**22
_ITERATIONS = 2**31 - 1  # of the simplex, which ends by itself


@dataclass(frozen=True, eq=False)
class EnsembleTransport(EnsembleComparison):
    """The Wasserstein distance of the model's ensemble from the data's, the cost of a pair being 1 - its kernel."""

    span: Span

    name = "wasserstein"

    @classmethod
    def of(cls, call: objectives.Wasserstein | reports.Wasserstein, setting: Setting) -> EnsembleTransport:
        """Of a call whose cost is one of states."""
        assert call.data is not None
        states = setting.data[call.data].states
        assert states is not None  # the checker has seen to it
        return cls(call.kernel, setting.labels, states, call.span)

    @property
    def known(self) -> tuple[NDArray[np.float64], ...]:
        """The states."""
        return (as_real(with_equal_weights(self.states)),)

    def distance(self, model: Array) -> Array:
        """See `EnsembleComparison.distance`.

        Raises:
            QglError: the solver is not installed (QGL0627), or there are too many pairs (QGL0628).
        """
        if fault := pairs_fault(self.span, len(model), len(self.states)):
            raise QglError([fault])
        data = as_complex(self._held(model.dtype)[0])
        return least_cost(1 - similarities(model, data, self.kernel), weights(model), weights(data))


def transport_faults(program: Program, watched: Sequence[ReportCall] = ()) -> Iterator[Diagnostic]:
    """Why the distances that a program asks for, `watched` ones too, cannot be computed: told before it is trained."""
    elements = len(Parameters(program.parameters).weights) << summed_outcomes(program)
    for call in (*(term.call for term in program.objective), *program.reports, *watched):
        if isinstance(call, objectives.Wasserstein) or (isinstance(call, reports.Wasserstein) and call.of_states):
            data = None if call.data is None else program.data[call.data]
            rows = None if data is None else data.numbers if data.states is None else data.states
            if rows is not None and (fault := pairs_fault(call.span, elements, len(rows))):
                yield fault


def pairs_fault(span: Span, model: int, data: int) -> Diagnostic | None:
    """Why an ensemble of so many elements is not compared with one of so many."""
    if model * data > MOST_PAIRS:
        return TooManyPairs(span, model, data, MOST_PAIRS)
    return None if is_installed() else TransportNotInstalled(span)


def is_installed() -> bool:
    """Whether POT is, which is loaded if it is; not every thread may."""
    try:
        import ot
    except ImportError:
        return False
    return ot is not None


def plan(cost: Real, left: Real, right: Real) -> tuple[Real, Real, Real]:
    """The coupling of two distributions of least cost, and the dual potentials of their weights.

    Args:
        cost: shape (left, right).
        left: weights, which are scaled so that they add up to 1, shape (left,).
        right: the same, shape (right,).

    Returns:
        The part of the weight that goes from where to where, shape (left, right), and potentials u and v with
        u[i] + v[j] <= cost[i, j], equal where something goes. All are NaN where a number is not finite, or weights add
        up to nothing.
    """
    import ot

    fine = all(np.isfinite(each).all() for each in (cost, left, right)) and left.sum() > 0 and right.sum() > 0
    if not fine:
        return np.full(cost.shape, np.nan), np.full(left.shape, np.nan), np.full(right.shape, np.nan)
    moved, log = ot.emd(left / left.sum(), right / right.sum(), cost, log=True, numItermax=_ITERATIONS)
    return moved, log["u"], log["v"]


@jax.custom_vjp
def least_cost(cost: Array, left: Array, right: Array) -> Array:
    """The mean cost under the best coupling of two distributions, a scalar; arguments are those of `plan`."""
    return _solved(cost, left, right)[0]


def _solved(cost: Array, left: Array, right: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """The least cost, and its derivatives by cost and weights; a weight counts by its part of the sum of weights."""
    numbers = jnp.concatenate([cost.ravel(), left, right])
    answer = on_host(functools.partial(_on_host, len(left), len(right)), numbers, numbers.size)
    ends = cost.size, cost.size + len(left)
    moved, *potentials = jnp.split(answer, ends)
    by_weights = [
        (potential - jnp.sum(own * potential) / jnp.sum(own)) / jnp.sum(own)
        for own, potential in zip((left, right), potentials, strict=True)
    ]
    moved = moved.reshape(cost.shape)
    return jnp.sum(moved * cost), (moved, by_weights[0], by_weights[1])


def _on_host(left: int, right: int, numbers: Real) -> Real:
    """`plan`, of one vector of the cost and of `left` and `right` weights."""
    cost, *weights_of_both = np.split(numbers, [left * right, -right])
    return np.concatenate([each.ravel() for each in plan(cost.reshape(left, right), *weights_of_both)])


def _back(derivatives: tuple[Array, Array, Array], cotangent: Array) -> tuple[Array, Array, Array]:
    by_cost, by_left, by_right = (cotangent * each for each in derivatives)
    return by_cost, by_left, by_right


least_cost.defvjp(_solved, _back)
