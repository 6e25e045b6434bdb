"""Baselines: classical models that are fitted to the rows of the objective and stand beside the circuit."""

from __future__ import annotations

from qgl.program.calls.arguments import NOT_NEGATIVE, Flag, Integer, Interval, Number
from qgl.program.calls.call import Call, Kind, argument, arguments, call, written
from qgl.record import record


@record
class BaselineCall(Call):
    """A call of a baseline."""

    @property
    def label(self) -> str:
        """`hmm(states = 4)`: as a program would write it, with its size, and what is not at its default."""
        defaults = arguments(type(self)(span=self.span))
        given = [
            f"{name} = {written(value)}"
            for name, value in arguments(self).items()
            if name in _SIZES or defaults[name] != value
        ]
        return f"{self.name}({', '.join(given)})" if given else self.name


_SIZES = ("order", "states", "units")  # what a table of results always says of a baseline


def _stationary() -> bool:
    return argument(Flag(), "whether all columns share their tables; else each has its own", default=False)


@call("independent")
class Independent(BaselineCall):
    """Independent columns with the frequencies of the data."""


@call("markov")
class Markov(BaselineCall):
    """A Markov chain over the columns in their order, by counting."""

    order: int = argument(Integer(0, 12), "how many columns before a column its distribution depends on", default=1)
    smoothing: float = argument(
        NOT_NEGATIVE, "added to each count of samples; a distribution is taken as it is", default=0.5
    )
    stationary: bool = _stationary()


@call("hmm")
class HMM(BaselineCall):
    """A hidden Markov model over the columns in their order, by expectation maximisation."""

    states: int = argument(Integer(1, 64), "states of the memory", default=4)
    restarts: int = argument(Integer(1, 100), "random starts, the best of which is kept", default=4)
    steps: int | None = argument(
        Integer(1, 100_000),
        "steps of each start at most; by default 200, or as many fewer of many rows as let the fit end in seconds",
        default=None,
    )
    stationary: bool = _stationary()


@call("rbm")
class RBM(BaselineCall):
    """A restricted Boltzmann machine on the bits, by persistent contrastive divergence."""

    units: int = argument(Integer(1, 1024), "hidden units", default=8)
    rate: float = argument(
        Number(Interval(0.0, 1.0, open_low=True)), "step size at the start; it falls to 0", default=0.5
    )
    steps: int = argument(Integer(1, 1_000_000), "steps, each on a batch of 100 rows", default=3000)


BASELINES: Kind[BaselineCall] = Kind("baseline", "baseline", (Independent, Markov, HMM, RBM))
