"""What an objective is: the queries it needs, and the loss it makes of the answers; and what it is made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.bits.neighbourhood import Neighbourhood
from qgl.bits.regions import Regions, map_regions
from qgl.check.declarations.categories import Columns, columns_of
from qgl.check.settings.report_requirements import start_bits
from qgl.ir.cut import summed_outcomes
from qgl.program.calls.reports import LocalErrors
from qgl.program.operations import is_required
from qgl.program.outputs import NO_OUTPUTS, Outputs
from qgl.program.picking import hidden_choices
from qgl.program.program import CriticCircuit, DataSet, Program
from qgl.program.rolled import patterns
from qgl.program.transforms import Transform
from qgl.query import Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class Setting:
    """What objectives are made for.

    data           the data sets by name
    width          number of visible bits
    neighbourhood  which of them are near each other
    batch          rows of data drawn at each evaluation; None: all of them, always
    start          the bits that the registers start in, of visible and then of hidden qubits; None: no basis state
    categories     the columns, where some are categorical variables of the program or of its data; None: plain bits
    outputs        numbers that elements hand out
    undo           what the numbers that the objective learns were made by
    choices        hidden variables whose measured values decide what happens: name, positions after the visible
                   qubits, number of values
    labels         qubits whose outcomes are kept (`measure q keep;`) and not drawn
    critic         of an objective `adversarial`, if it is a circuit
    required       whether the program requires outcomes (`postselect`)
    maps           the regions of its isometries, if a report asks for them
    """

    data: Mapping[str, DataSet]
    width: int
    neighbourhood: Neighbourhood
    batch: int | None = None
    start: tuple[int, ...] | None = None
    categories: Columns | None = None
    labels: int = 0
    outputs: Outputs = NO_OUTPUTS
    undo: tuple[Transform, ...] = ()
    choices: tuple[tuple[str, tuple[int, ...], int], ...] = ()
    critic: CriticCircuit | None = None
    required: bool = False
    maps: Regions = ()

    @classmethod
    def of(cls, program: Program) -> Setting:
        learnt = [name for term in program.objective for name in term.call.data_sets]
        columns = columns_of(program.variables, program.data.values(), len(program.visible))
        return cls(
            {name: _in_columns(data, columns, len(program.visible)) for name, data in program.data.items()},
            len(program.visible),
            Neighbourhood.of(program),
            program.train.batch,
            start_bits(program),
            columns,
            summed_outcomes(program),
            program.outputs,
            next((each.undo for each in map(program.data.__getitem__, learnt) if each.numbers is not None), ()),
            hidden_choices(program),
            next((term.critic for term in program.objective if term.critic is not None), None),
            any(map(is_required, patterns(program.operations))),
            map_regions(program) if any(map(_of_maps, (*program.reports, *program.train.watch))) else (),
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why a quantity may be no number, in words."""
        rare = ("outcomes that `postselect` requires come too rarely (`report success`)",) if self.required else ()
        return rare + (("an output is none, such as the root of a negative one",) if self.outputs.declared else ())

    @property
    def columns(self) -> Columns:
        """Categorical variables where there are any, else every bit by itself."""
        return self.categories or ((2, 1),) * self.width

    @classmethod
    def in_a_row(cls, data: Mapping[str, DataSet], width: int, batch: int | None = None) -> Setting:
        """Of bits that lie on no lattice."""
        return cls(data, width, Neighbourhood.row(width), batch)


def _of_maps(call: object) -> bool:
    return isinstance(call, LocalErrors) and call.maps


def _in_columns(data: DataSet, columns: Columns | None, width: int) -> DataSet:
    """Strings as values of the program's variables, where the data say nothing of columns themselves."""
    plain = data.categories is None and data.holds == "bits" and data.width == width
    return replace(data, categories=columns) if plain and columns is not None else data


class Objective(Protocol):
    """One term of a loss.

    name        as in the program: `nll`
    queries     what must be asked of the circuit, once per element of `conditions` if there are any
    stochastic  whether `loss` draws random numbers
    conditions  values of the condition inputs, shape (count, width), each row once; None for an unconditional model
    """

    @property
    def name(self) -> str: ...

    @property
    def queries(self) -> tuple[Query, ...]: ...

    @property
    def stochastic(self) -> bool: ...

    @property
    def conditions(self) -> NDArray[np.float64] | None: ...

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        """The arrays of the queries that leave them open, drawn anew for each evaluation of a stochastic objective.

        With conditions, each array has a leading axis (count,): what comes with the query under each of them.
        """
        ...

    def conditions_at(self, key: Array | None) -> NDArray[np.float64] | Array | None:
        """The conditions of one evaluation: `conditions`, or some of their rows, drawn anew."""
        ...

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        """The loss, a scalar, of the answers to `queries`; with conditions, answers have a leading axis (count,).

        Pure: it may be traced, differentiated and mapped. `key` is needed if the objective is stochastic.
        """
        ...


class OfAllConditions:
    """An objective that asks for all of its conditions at each evaluation; by default the model has none."""

    conditions: NDArray[np.float64] | None = None

    def conditions_at(self, key: Array | None) -> NDArray[np.float64] | Array | None:
        """As `Objective.conditions_at`."""
        return self.conditions


class Deterministic(OfAllConditions):
    """An objective that is a function of the answers alone."""

    stochastic = False

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        """As `Objective.given`."""
        return {}
