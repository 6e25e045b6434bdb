"""How the questions that a model is asked are put to its circuit: which are planned together, and what is read out.

Five things keep questions apart: those of bits alone allow passes that others do not; those that name hidden qubits
are of another register; those of kept or required outcomes are of the circuit in which these are read out as well;
those of bits in given bases are of the circuit that turns every visible qubit at its end; and those that see few bits
of the rows that registers start from are of all rows at once, where others are of a mixture of a circuit for each row.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl import compiler
from qgl.drawn import Drawing
from qgl.ir.bases import ANGLES, with_bases_read
from qgl.ir.circuit import Circuit
from qgl.ir.outcomes import required_outcomes, with_outcomes_read
from qgl.mixture import mixed, one_by_one
from qgl.parameters import Parameters
from qgl.passes.given_bits import resolve_given
from qgl.plan.cones.method import LightCones
from qgl.plan.planner import Planner, Weighed
from qgl.postselection import Required, least_success
from qgl.program.calls.gradients import Approximation
from qgl.program.operations import is_kept, is_required
from qgl.program.outputs import Outputs
from qgl.program.rolled import patterns
from qgl.query import (
    Elements,
    Expectation,
    GivenBases,
    GivenOutcomes,
    GivenStrings,
    Marginals,
    Numbers,
    Query,
    Samples,
    Success,
    reads_only_bits,
    support,
)
from qgl.readout import Readout

if TYPE_CHECKING:
    from qgl.kernels.simulator import Simulator

Array = jax.Array


@dataclass(frozen=True)
class Share:
    """Questions that are planned together: each with the `joint` one that is put to the circuit for it."""

    planner: Planner
    joint: Mapping[Query, Query]
    required: Required | None
    of_rows: bool = False  # whether its answers are those of all rows that registers start from

    @property
    def queries(self) -> tuple[Query, ...]:
        """All that is put to the circuit."""
        own = tuple(dict.fromkeys(self.joint.values()))
        return own if self.required is None else tuple(dict.fromkeys((*own, self.required.success)))

    def weigh(self) -> Weighed:
        return self.planner.weigh(self.queries)

    def purposes(self, names: Mapping[Query, str]) -> dict[Query, str]:
        """What each query is put for, from what was asked for what."""
        found = {put: names[query] for query, put in self.joint.items()}
        if self.required is not None:
            found.setdefault(self.required.success, f"{', '.join(found.values())}: success of post-selection")
        return found

    def given(self, given: Mapping[Query, Array]) -> dict[Query, Array]:
        """The strings and words that come with `queries`, from those that come with what was asked."""
        if self.required is None:
            return {query: array for query, array in given.items() if query in self.joint}
        return {self.joint[query]: self.required.given(query, given[query]) for query in self.joint if query in given}

    def answers(self, found: Mapping[Query, Any], key: Array | None) -> dict[Query, Any]:
        """The answers to what was asked, from those to `queries`."""
        if self.required is None:
            return dict(found)
        return self.required.answers(self.joint, found, key)


@dataclass(frozen=True)
class NumbersShare:
    """Numbers that outputs hand out: what is put to the circuit of `planner` for them, `readout` says."""

    planner: Planner
    asked: tuple[Numbers, ...]
    readout: Readout
    of_rows: ClassVar[bool] = False

    @property
    def queries(self) -> tuple[Query, ...]:
        return self.readout.queries

    def weigh(self) -> Weighed:
        return self.planner.weigh(self.queries)

    def purposes(self, names: Mapping[Query, str]) -> dict[Query, str]:
        """What each query is put for, from what was asked for what."""
        return {query: ", ".join(names[numbers] for numbers in self.asked) for query in self.queries}

    def given(self, given: Mapping[Query, Array]) -> dict[Query, Array]:
        """Nothing: all that is asked is known."""
        return {}

    def answers(
        self,
        ask: Callable[[Array, Array | None], Mapping[Query, Any]],
        inputs: Array,
        weights: Array,
        key: Array | None,
    ) -> dict[Query, Any]:
        """The answers of a mixture with `weights`, shape (rows,), of the circuits of the rows of `inputs`."""

        def one(pair: tuple[Array, Array]) -> dict[Query, Any]:
            row, number = pair
            found, own = ask(row, None), None if key is None else jax.random.fold_in(key, number)
            return {query: self.readout.numbers(found, row, own, query) for query in self.asked}

        stacked = one_by_one(one, (inputs, jnp.arange(len(weights))), self.asked)
        answers: dict[Query, Any] = {}
        for query, (chances, numbers) in stacked.items():
            chances = (chances * weights[:, None]).reshape(-1)
            success = jnp.sum(chances)
            answers[query] = (
                chances / jnp.where(success > least_success(success.dtype), success, jnp.nan),
                numbers.reshape(len(chances), -1),
            )
        return answers


@dataclass(frozen=True)
class DrawnShare:
    """Elements of an ensemble of which outcomes are drawn before a cut; `planner` is that of what stands behind it."""

    planner: Planner
    elements: Elements
    drawing: Drawing
    of_rows: ClassVar[bool] = False

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.elements,)

    def weigh(self) -> Weighed:
        return self.planner.weigh(self.queries)

    def purposes(self, names: Mapping[Query, str]) -> dict[Query, str]:
        """What each query is put for, from what was asked for what."""
        return {self.elements: names[self.elements]}

    def given(self, given: Mapping[Query, Array]) -> dict[Query, Array]:
        """Nothing: all that is asked is known."""
        return {}


@dataclass(frozen=True)
class BasesShare:
    """Bits in given bases: `inner` is what is put for each row of them to the circuit with bases as its last inputs."""

    asked: GivenOutcomes | GivenBases
    inner: Share
    of_rows: ClassVar[bool] = False

    @property
    def planner(self) -> Planner:
        return self.inner.planner

    @property
    def queries(self) -> tuple[Query, ...]:
        return self.inner.queries

    def weigh(self) -> Weighed:
        return self.planner.weigh(self.queries)

    def purposes(self, names: Mapping[Query, str]) -> dict[Query, str]:
        """What each query is put for, from what was asked for what."""
        return self.inner.purposes(dict.fromkeys(self.inner.joint, names[self.asked]))

    def answers(
        self, simulator: Simulator, inputs: Array, weights: Array, rows: Array, key: Array | None
    ) -> dict[Query, Any]:
        """The answers of a mixture with `weights` of the circuits of the rows of `inputs`, for the `rows` that came."""
        outcomes, own = isinstance(self.asked, GivenOutcomes), tuple(self.inner.joint)
        angles = jnp.asarray(ANGLES, inputs.dtype)[rows[..., 0] if outcomes else rows].reshape(len(rows), -1)

        def one(row: tuple[Array, Array, Array]) -> dict[Query, Any]:
            turned, bits, number = row
            given = self.inner.given({query: bits[None] for query in own if outcomes})
            drawn = None if key is None else jax.random.fold_in(key, number)

            def ask(inputs: Array, key: Array | None) -> dict[Query, Any]:
                return simulator.answers(jnp.concatenate([inputs, turned]), self.inner.queries, key, given)

            single = len(weights) == 1
            joint = ask(inputs[0], drawn) if single else mixed(ask, inputs, weights, self.inner.queries, drawn)
            return self.inner.answers(joint, drawn)

        put = angles, rows[..., 1] if outcomes else rows, jnp.arange(len(rows))
        return {self.asked: one_by_one(one, put, own)[own[0]][:, 0]}


AnyShare = Share | NumbersShare | DrawnShare | BasesShare


class Readings:
    """All readings of one circuit, of a program with `outputs`. Planners are kept, and so are compiled plans."""

    def __init__(
        self,
        circuit: Circuit,
        outputs: Outputs,
        precision: str,
        memory_limit: int | None = None,
        told: Callable[[str], None] | None = None,
        drawing: Drawing | None = None,
        approximate: Approximation | None = None,
        differentiates: bool = False,
    ) -> None:
        self.circuit, self.drawing = resolve_given(circuit), drawing
        self._from_rows = circuit
        self.width = len(circuit.visible)
        self.labels = sum(map(is_kept, patterns(circuit.operations))) if drawing is None else drawing.cut.labels
        self.required = required_outcomes(circuit)
        self.readout = Readout(outputs, circuit.parameters, self.width, self.labels, self.required)
        self._options = precision, memory_limit, told, approximate, differentiates
        self._simulators: dict[tuple[int, tuple[Query, ...]], Simulator] = {}
        self._at_once: dict[Query, bool] = {}

    def shares(self, queries: Iterable[Query]) -> tuple[AnyShare, ...]:
        """`queries` by what keeps them apart.

        Raises:
            ValueError: one is of outcomes that the program does not keep or require, or of outputs that it lacks.
        """
        asked = tuple(queries)
        numbers = tuple(query for query in asked if isinstance(query, Numbers))
        turned = [self._in_bases(query) for query in asked if isinstance(query, GivenOutcomes | GivenBases)]
        if numbers and not self.readout.outputs.declared:
            raise ValueError("the numbers of outputs are asked, but the program declares no `output`")
        groups: dict[tuple[bool, bool, bool, bool], list[Query]] = {}
        drawn: list[DrawnShare] = []
        for query in asked:
            if isinstance(query, Numbers | GivenOutcomes | GivenBases):
                continue
            if isinstance(query, Elements) and query.labels != self.labels:
                raise ValueError(f"{query} is asked, but the program keeps {self.labels} outcomes")
            if isinstance(query, Success) and not self.required:
                raise ValueError("Success is asked, but the program requires no outcome")
            if isinstance(query, Elements) and self.drawing is not None:
                drawn.append(DrawnShare(self._behind, query, self.drawing))
                continue
            beyond = max(support(query, self.width), default=0) >= self.width
            kind = isinstance(query, Elements), self.sees_rows_at_once(query), reads_only_bits(query), beyond
            groups.setdefault(kind, []).append(query)
        shares = [self._share(labelled, at_once, group) for (labelled, at_once, *_), group in groups.items()]
        planner = self._of_labels if self.labels or self.required else self.planner
        return (*shares, *turned, *drawn, *([NumbersShare(planner, numbers, self.readout)] if numbers else []))

    def weigh(self, queries: Iterable[Query]) -> tuple[Weighed, ...]:
        """What the planner makes of each share."""
        return tuple(share.weigh() for share in self.shares(queries))

    def simulator(self, share: AnyShare) -> Simulator:
        """What runs the plan of a share."""
        from qgl.kernels.simulator import Simulator

        name = id(share.planner), share.queries
        if name not in self._simulators:
            self._simulators[name] = Simulator(share.planner.plan(share.queries))
        return self._simulators[name]

    def simulators(
        self, shares: Iterable[AnyShare], inputs: Array, varies: NDArray[np.bool_], circuits: int
    ) -> list[Simulator]:
        """What runs the plans of shares for so many circuits, what these have in common being made once.

        A share of drawn outcomes is of another circuit, whose inputs are some of these.

        Args:
            shares: of `shares`.
            inputs: those of one of the circuits, shape (inputs,).
            varies: in which of them the circuits differ, shape (inputs,).
            circuits: how many there are.
        """
        turned = jnp.zeros(2 * self.width, inputs.dtype)

        def made(share: AnyShare) -> Simulator:
            one = self.simulator(share)
            if isinstance(share, BasesShare):
                return one.sharing(jnp.concatenate([inputs, turned]), np.append(varies, np.ones(len(turned), np.bool_)))
            return one if circuits == 1 or isinstance(share, DrawnShare) else one.sharing(inputs, varies)

        return [made(share) for share in shares]

    @functools.cached_property
    def rows(self) -> int:
        """How many rows registers start from, all together."""
        each, at_once = (len(Parameters(self.circuit.parameters, rows).weights) for rows in (True, False))
        return each // at_once

    def sees_rows_at_once(self, query: Query) -> bool:
        """Whether a question is put to a circuit that starts from all rows, and not to one for each: it can be, and
        takes less time.
        """
        if self.rows == 1 or self.required or not isinstance(query, Expectation | Marginals):
            return False
        if query not in self._at_once:
            one, each = (planner.weigh((query,)).rows[0] for planner in (self._of_rows, self.planner))
            seconds = [row.candidates[0].cost.seconds if row.chosen else math.inf for row in (one, each)]
            self._at_once[query] = seconds[0] <= self.rows * seconds[1] and bool(one.chosen)
        return self._at_once[query]

    @functools.cached_property
    def _of_rows(self) -> Planner:
        planner = self._planner(self._from_rows)
        planner.methods, planner.allowed = (LightCones(of_rows=True),), None
        return planner

    @functools.cached_property
    def planner(self) -> Planner:
        """What plans for queries that no outcome makes a difference to."""
        return self._planner(self.circuit)

    @functools.cached_property
    def _of_successes(self) -> Planner:
        return self._planner(with_outcomes_read(self.circuit, is_required))

    @functools.cached_property
    def _of_labels(self) -> Planner:
        kept = with_outcomes_read(self.circuit, is_kept)
        return self._planner(with_outcomes_read(kept, is_required))

    @functools.cached_property
    def _behind(self) -> Planner:
        assert self.drawing is not None
        return self._planner(with_outcomes_read(self.drawing.cut.after, is_kept))

    @functools.cached_property
    def _of_bases(self) -> Planner:
        return self._planner(with_outcomes_read(with_bases_read(self.circuit), is_required))

    def _planner(self, circuit: Circuit) -> Planner:
        precision, limit, told, approximate, differentiates = self._options
        planner = compiler.planner(circuit, precision, limit, approximate, differentiates)
        planner.told = told or planner.told
        return planner

    def _share(self, labelled: bool, at_once: bool, queries: list[Query]) -> Share:
        if at_once:
            return Share(self._of_rows, {query: query for query in queries}, None, of_rows=True)
        if not labelled and not self.required:
            return Share(self.planner, {query: query for query in queries}, None)
        planner = self._of_labels if labelled else self._of_successes
        return self._put(planner, queries, self.labels if labelled else 0)

    def _in_bases(self, query: GivenOutcomes | GivenBases) -> BasesShare:
        inner = GivenStrings(1) if isinstance(query, GivenOutcomes) else Samples(1)
        return BasesShare(query, self._put(self._of_bases, [inner]))

    def _put(self, planner: Planner, queries: list[Query], labels: int = 0) -> Share:
        """Queries to a circuit that reads required outcomes after the visible bits and so many labels."""
        if not self.required:
            return Share(planner, {query: query for query in queries}, None)
        required = Required(self.required, self.width, self.width + labels)
        return Share(planner, {query: required.joint(query) for query in queries}, required)
