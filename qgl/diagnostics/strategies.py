"""Faults of strategies of training (QGL0720 to QGL0729, and in a run QGL0920 to QGL0929)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says

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


class UnusedByStrategy(Diagnostic):
    """A setting is about the gradient, and the strategy of training does not follow one."""

    strategy: str
    setting: str

    code = "QGL0720"
    wrong = _GOOD.replace("steps 100;", "steps 100; optimizer adam(rate = 0.1);")
    right = _GOOD

    message = says("the strategy `{strategy}` has no use for `{setting}`")
    help = says("leave out `{setting}`, or `strategy`")


class NoStages(Diagnostic):
    """`stagewise` trains layer by layer, and it is not clear which parameters belong to which layer.

    A parameter has layers if its elements, in order, can be cut into as many equal parts: `param theta[layers, n];` by
    its first dimension, a `?` in `repeat layers { ... }` by its iteration. Without `of`, layer 0 must stand in the
    circuit before layer 1, and so on.
    """

    reason: str
    known: tuple[str, ...]

    code = "QGL0721"
    wrong = _STAGES.replace("stagewise(layers)", "stagewise(4)")
    right = _STAGES

    message = says("the parameters have no such layers: {reason}")

    @property
    def help(self) -> str:
        return f"name those that have, `of = [...]`, among {', '.join(f'`{name}`' for name in self.known) or 'none'}"


class StagesBeyondSteps(Diagnostic):
    """The training would end before the last layer is trained: the stages take more steps than there are."""

    stages: int
    each: int
    steps: int

    code = "QGL0722"
    wrong = _STAGES.replace("stagewise(layers)", "stagewise(layers, steps = 50)")
    right = _STAGES

    message = says("{stages} stages of {each} steps are more than the {steps} steps of the training")

    @property
    def help(self) -> str:
        return f"raise `steps` of `train` to {self.stages * self.each} or more, or take shorter stages"


class TooManyForCma(Diagnostic):
    """`cma` keeps two matrices with a row and a column for each parameter, and takes one of them apart again and again.

    It is made for some hundred parameters; with more, follow the gradient.
    """

    parameters: int
    most: int

    code = "QGL0723"
    wrong = _MANY
    right = _MANY.replace("5000", "10")

    message = says("`cma` goes up to {most:,} parameters, and this program has {parameters:,}")
    help = "leave `strategy` out, so that training follows the gradient, or train fewer parameters"


_CRITIC = """\
data target = parity(3);
visible v[3];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective adversarial(target, mlp([20]));
train { strategy adversarial(opponent = adam(rate = 0.01)); steps 100; }
"""


class UnfitForCritic(Diagnostic):
    """An objective `adversarial` has one critic, which the strategy `adversarial` trains, and no other strategy does.

    Both move by first-order optimizers: the loss of each changes whenever the other one moves.
    """

    fault: str
    way_out: str

    code = "QGL0726"
    wrong = _CRITIC.replace("strategy adversarial(opponent = adam(rate = 0.01))", "strategy cma")
    right = _CRITIC

    message = says("{fault}")
    help = says("{way_out}")


class StrategyNeeded(Diagnostic):
    """A run that began with a strategy of one's own, in Python, goes on with that strategy only."""

    strategy: str

    code = "QGL0920"
    message = says("this run began with a strategy of its own, `{strategy}`")
    help = says("resume it in Python, by `train(model, strategy={strategy}, resume=...)`")


class OldState(Diagnostic):
    """The state of training that this folder holds was written by a version of qgl that wrote it in another form."""

    path: str

    code = "QGL0921"
    message = says("{path} was written by an earlier version of qgl, and training cannot go on from it")
    help = "its weights, report and samples can still be used; to train further, start a new run"


class NoGradient(Diagnostic):
    """What the objective asks is answered by nothing but a truncated sweep, which has no gradient.

    `approximate sweep(bond = ...)` serves samples and reports of a program that is trained by something else, and
    strategies that look at losses alone.
    """

    query: str

    code = "QGL0924"
    message = says("{query}: only a truncated sweep answers the objective, and it has no gradient")
    help = "train on an objective that is exact (`mmd` with `weight`, say), or take `strategy cma()`"


class StrategyNotInstalled(Diagnostic):
    """A strategy of training is made of a library that does not come with qgl and is not there."""

    strategy: str
    extra: str

    code = "QGL0922"
    message = says("the strategy `{strategy}` needs a library that is not installed")
    help = says("pip install 'qglc[{extra}]'")
