"""One line of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

NATS = "nats"
INDEPENDENT = "independent"
PARTS = ("largest", "mean")  # of moments and gaps, which have two rows


@dataclass(frozen=True, slots=True)
class Row:
    """A measured quantity, and what to hold it against.

    name      as a program writes it, and which part of it where there are several: `moments(spins), largest`
    value     None where it cannot be had this way: a likelihood from samples, an entropy of too many bits
    error     standard error of an estimate from samples; None for an exact value, but for reports on what so many
              queries give (`fidelity` and its like), whose expectation may be exact: the deviation of one such set
    floor     what a perfect model shows, see `qgl.evaluate.table.floors`; None where there is none or it is not known
    baselines what the program's baselines have, by their labels; without any, what independent columns with the
              frequencies of the data have. None where a baseline cannot say
    uniform   what the uniform distribution has: over all strings, or over the values of categorical variables
    unit      "nats", or empty for a pure number
    impossible of a likelihood, how many rows of the data the model cannot give: each is charged `query.log_floor`; None
              of other quantities
    floor_is  what `floor` is, or why there is none, in words
    truncation estimate of what truncation (`approximate`) changes; None of an exact value
    uniform_is what `uniform` is, in words
    given     of a row of one class of labelled data, its label in words; empty of all rows together, which have their
              mean
    note      why there is no value, here or of a baseline, where that is not plain
    """

    name: str
    value: float | None
    error: float | None = None
    floor: float | None = None
    baselines: Mapping[str, float | None] = field(default_factory=dict)
    uniform: float | None = None
    unit: str = ""
    note: str = ""
    impossible: int | None = None
    floor_is: str = ""
    uniform_is: str = ""
    truncation: float | None = None
    given: str = ""

    def told(self, doubts: Sequence[str]) -> Row:
        """The same; where the value is NaN there is none, and a note says why, for one of `doubts` perhaps."""
        if self.value is None or not isnan(self.value):
            return self
        note = f"{self.name}: it is no number" + (f": {', or '.join(doubts)}" if doubts else "")
        return replace(self, value=None, error=None, note="\n".join(filter(None, [note, self.note])))
