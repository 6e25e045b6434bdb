"""What a report may use, and how a row of it is made, with what it is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np

from qgl.bits.distribution import distinct
from qgl.evaluate.distributions import Distribution, Drawn, ModelDistribution, Real, UnansweredError
from qgl.evaluate.emitted import Emitted
from qgl.evaluate.impossible import cannot_give, impossible_rows
from qgl.evaluate.outputs.reports import Generated, drawn_by_weight
from qgl.evaluate.row import INDEPENDENT, Row
from qgl.evaluate.table.classes import OfClass
from qgl.evaluate.table.columns import independent, uniform, uniform_text
from qgl.evaluate.table.floors import Floor
from qgl.objectives.model import Setting
from qgl.program.calls import reports as calls
from qgl.program.program import DataSet
from qgl.query import Query, Samples

_OWN_DATA = f"{INDEPENDENT}: each column by itself, with the frequencies of the data set of the row"
NO_FLOOR = Floor()


class Answerer(Protocol):
    """Answers queries about a trained model, for one value of its condition inputs if it has any.

    `given` is the array of a query that leaves it open.
    """

    def __call__(self, query: Query, condition: Any = None, given: Any = None) -> Any: ...


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a report may use: the model's distribution and answers, the data sets by name, and the distributions of
    baselines.

    baselines  by label; None where the program declares none, and independent bits stand for them
    bare       values alone are wanted, nothing to hold them against
    emitted    the circuit as it is emitted; None: not known
    generated  generates rows of outputs; None: labels of the model are drawn by their weights
    of_classes those of `baselines` that are fitted to the rows of each class of labelled data, by its number
    """

    answer: Answerer
    setting: Setting
    baselines: Mapping[str, Drawn] | None = None
    bare: bool = False
    emitted: Emitted | None = None
    generated: Callable[..., Any] | None = None
    of_classes: Sequence[Mapping[str, Drawn]] | None = None

    @cached_property
    def _known(self) -> dict[int, Evaluation]:
        return {}

    def under(self, one: OfClass) -> Evaluation:
        """That of one class: the model under its label, and its rows."""
        if one.number not in self._known:
            answer, own, generated = self.answer, one.condition, self.generated

            def answered(query: Query, condition: Any = own, given: Any = None) -> Any:
                return answer(query, own if condition is None else condition, given)

            self._known[one.number] = replace(
                self,
                setting=one.setting,
                answer=answered,
                baselines=self.baselines if self.of_classes is None else self.of_classes[one.number],
                generated=None if generated is None else partial(generated, condition=own),
                of_classes=None,
            )
        return self._known[one.number]

    @property
    def rows(self) -> Generated:
        """Generates rows of outputs."""
        return self.generated or drawn_by_weight(self.answer)

    @cached_property
    def distribution(self) -> Distribution:
        """The model's distribution; asked for only when a report needs it."""
        return ModelDistribution(self.answer, self.setting.width).distribution

    @cached_property
    def drawn(self) -> dict[int, tuple[Any, Real]]:
        """Different strings of the model, and how often each came among so many."""
        return {}

    def draw(self, count: int) -> tuple[Any, Real]:
        """The same strings for all reports."""
        if count not in self.drawn:
            rows = np.asarray(self.answer(Samples(count)), dtype=np.uint8)
            self.drawn[count] = distinct(rows, np.ones(len(rows)))[:2]
        return self.drawn[count]

    def of(self, call: calls.OfData) -> DataSet:
        assert call.data is not None  # the checker has seen to it
        return self.setting.data[call.data]

    def row(
        self,
        name: str,
        value: float | None,
        measure: Callable[[Drawn], float | None],
        *,
        data: DataSet | None = None,
        floor: Callable[[], Floor] = lambda: NO_FLOOR,
        error: float | None = None,
        unit: str = "",
        impossible: int | None = None,
    ) -> Row:
        """A value beside those of the baselines and of the uniform distribution, which `measure` takes of these.

        impossible: how many rows of `data` the model cannot give, where they are charged for; then those of the
            baselines are told too.
        """
        if self.bare:
            return Row(name, value, error, unit=unit, impossible=impossible)
        distributions: Mapping[str, Drawn] = self.baselines or {}
        if self.baselines is None and data is not None:
            distributions = {INDEPENDENT: independent(data, self.setting.columns)}
        values: dict[str, float | None] = {}
        own = _OWN_DATA if self.baselines is None and distributions else ""
        notes = [] if data is None or impossible is None else [cannot_give(name, impossible, data)]
        for label, distribution in distributions.items():
            try:
                values[label] = measure(distribution)
                if data is not None and impossible is not None:
                    notes.append(cannot_give(f"{name}, {label}", impossible_rows(distribution, data), data))
            except UnansweredError as reason:
                values[label] = None
                notes.append(f"{label}: {reason}")
        columns, least, note = self.setting.columns, floor(), "\n".join(filter(None, [*notes, own]))
        even = measure(uniform(columns))
        wording = least.wording, "" if even is None else uniform_text(columns)
        return Row(name, value, error, least.value, values, even, unit, note, impossible, *wording)
