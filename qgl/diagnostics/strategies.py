"""Faults of strategies of training (QGL0720 to QGL0729, and in a run QGL0920 to QGL0929)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic

_GOOD = """\
data target = parity(3);
visible v[3];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective nll(target);
train { strategy cma(population = 16); steps 100; }
"""


_STAGES = """\
const layers = 3;
data target = parity(3);
visible v[3];
model { repeat layers { ry(?) v; for (a, b) in chain(v) { cx a, b; } } }
objective nll(target);
train { strategy stagewise(layers); steps 100; }
"""


_MANY = """\
data target = parity(3);
visible v[3];
param theta[5000] : angle;
model { for k in 0..size(theta)-1 { ry(theta[k]) v[k % 3]; } }
objective nll(target);
train { strategy cma; steps 100; }
"""


@dataclass(frozen=True)
class UnusedByStrategy(Diagnostic):
    """A setting is about the gradient, and the strategy of training does not follow one."""

    strategy: str
    setting: str

    code: ClassVar[str] = "QGL0720"
    wrong: ClassVar[str] = _GOOD.replace("steps 100;", "steps 100; optimizer adam(rate = 0.1);")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"the strategy `{self.strategy}` has no use for `{self.setting}`"

    @property
    def help(self) -> str:
        return f"leave out `{self.setting}`, or `strategy`"


@dataclass(frozen=True)
class NoStages(Diagnostic):
    """`stagewise` trains layer by layer, and it is not clear which parameters belong to which layer.

    A parameter has layers if its elements, in order, can be cut into as many equal parts: `param theta[layers, n];` by
    its first dimension, a `?` in `repeat layers { ... }` by its turn. Without `of`, layer 0 must stand in the circuit
    before layer 1, and so on.
    """

    reason: str
    known: tuple[str, ...]

    code: ClassVar[str] = "QGL0721"
    wrong: ClassVar[str] = _STAGES.replace("stagewise(layers)", "stagewise(4)")
    right: ClassVar[str] = _STAGES

    @property
    def message(self) -> str:
        return f"the parameters have no such layers: {self.reason}"

    @property
    def help(self) -> str:
        return f"name those that have, `of = [...]`, among {', '.join(f'`{name}`' for name in self.known) or 'none'}"


@dataclass(frozen=True)
class StagesBeyondSteps(Diagnostic):
    """The training would end before the last layer is trained: the stages take more steps than there are."""

    stages: int
    each: int
    steps: int

    code: ClassVar[str] = "QGL0722"
    wrong: ClassVar[str] = _STAGES.replace("stagewise(layers)", "stagewise(layers, steps = 50)")
    right: ClassVar[str] = _STAGES

    @property
    def message(self) -> str:
        return f"{self.stages} stages of {self.each} steps are more than the {self.steps} steps of the training"

    @property
    def help(self) -> str:
        return f"raise `steps` of `train` to {self.stages * self.each} or more, or take shorter stages"


@dataclass(frozen=True)
class TooManyForCma(Diagnostic):
    """`cma` keeps two matrices with a row and a column for each parameter, and takes one of them apart again and again.

    It is made for some hundred parameters; with more, follow the gradient.
    """

    parameters: int
    most: int

    code: ClassVar[str] = "QGL0723"
    wrong: ClassVar[str] = _MANY
    right: ClassVar[str] = _MANY.replace("5000", "10")

    @property
    def message(self) -> str:
        return f"`cma` goes up to {self.most:,} parameters, and this program has {self.parameters:,}"

    @property
    def help(self) -> str:
        return "leave `strategy` out, so that training follows the gradient, or train fewer parameters"


@dataclass(frozen=True)
class StrategyNeeded(Diagnostic):
    """A run that began with a strategy of one's own, in Python, goes on with that strategy only."""

    strategy: str

    code: ClassVar[str] = "QGL0920"

    @property
    def message(self) -> str:
        return f"this run began with a strategy of its own, `{self.strategy}`"

    @property
    def help(self) -> str:
        return f"resume it in Python, by `train(model, strategy={self.strategy}, resume=...)`"


@dataclass(frozen=True)
class OldState(Diagnostic):
    """The state of training that this folder holds was written by a version of qgl that wrote it in another form."""

    path: str

    code: ClassVar[str] = "QGL0921"

    @property
    def message(self) -> str:
        return f"{self.path} was written by an earlier version of qgl, and training cannot go on from it"

    @property
    def help(self) -> str:
        return "its weights, report and samples can still be used; to train further, start a new run"


@dataclass(frozen=True)
class StrategyNotInstalled(Diagnostic):
    """A strategy of training is made of a library that does not come with qgl and is not there."""

    strategy: str
    extra: str

    code: ClassVar[str] = "QGL0922"

    @property
    def message(self) -> str:
        return f"the strategy `{self.strategy}` needs a library that is not installed"

    @property
    def help(self) -> str:
        return f"pip install 'qgl[{self.extra}]'"
