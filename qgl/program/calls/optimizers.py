"""Optimisers. Names and arguments are those of optax, whose functions they stand for, but for the rate."""

from __future__ import annotations

from qgl.program.calls import call as model
from qgl.program.calls.arguments import NOT_NEGATIVE, POSITIVE, Flag, Integer, Interval, Number
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.program.calls.schedules import SCHEDULES, ScheduleCall
from qgl.record import record

Rate = float | ScheduleCall
_DECAY = Number(Interval(0.0, 1.0, open_high=True))
_SQUARES = "decay of the mean of squared gradients"


@record
class OptimizerCall(Call):
    """A call of an optimiser."""


def _rate(default: float) -> Rate:
    return argument(model.Rate(SCHEDULES), "the step size, or a schedule of it", default=default)


def _b2(default: float = 0.999) -> float:
    return argument(_DECAY, _SQUARES, default=default)


def _eps() -> float:
    return argument(POSITIVE, "what keeps the division by small numbers tame", default=1e-8)


def _momentum() -> float | None:
    return argument(_DECAY, "decay of the velocity", default=None)


@record
class _WithoutEps(OptimizerCall):
    """Rate and two decays."""

    rate: Rate = _rate(1e-3)
    b1: float = argument(_DECAY, "decay of the mean of gradients", default=0.9)
    b2: float = _b2()


@record
class _LikeAdam(_WithoutEps):
    """The arguments of Adam."""

    rate: Rate = _rate(1e-2)
    eps: float = _eps()


@call("adabelief")
class AdaBelief(_WithoutEps):
    """AdaBelief (Zhuang et al. 2020)."""


@call("adagrad")
class Adagrad(OptimizerCall):
    """Adagrad (Duchi et al. 2011)."""

    rate: Rate = _rate(0.1)


@call("adam")
class Adam(_LikeAdam):
    """Adam (Kingma and Ba 2015)."""


@call("adamax")
class Adamax(_LikeAdam):
    """Adamax (Kingma and Ba 2015)."""


@call("adamw")
class AdamW(_LikeAdam):
    """Adam with decoupled weight decay (2017)."""

    weight_decay: float = argument(NOT_NEGATIVE, "pull of the parameters to 0", default=1e-4)


@call("amsgrad")
class AMSGrad(_LikeAdam):
    """AMSGrad (Reddi et al. 2018)."""


@call("lion")
class Lion(_WithoutEps):
    """Lion (Chen et al. 2023)."""

    b2: float = _b2(0.99)


@call("nadam")
class NAdam(_LikeAdam):
    """Adam with Nesterov momentum (Dozat 2016)."""


@call("radam")
class RAdam(_LikeAdam):
    """Rectified Adam (Liu et al. 2020)."""


@call("rmsprop")
class RMSProp(OptimizerCall):
    """RMSProp (Tieleman and Hinton 2012)."""

    rate: Rate = _rate(1e-2)
    decay: float = argument(_DECAY, _SQUARES, default=0.9)
    eps: float = _eps()
    momentum: float | None = _momentum()


@call("sgd")
class SGD(OptimizerCall):
    """Gradient descent, with momentum if wanted."""

    rate: Rate = _rate(1e-2)
    momentum: float | None = _momentum()
    nesterov: bool = argument(Flag(), "look ahead along the velocity", default=False)


@call("yogi")
class Yogi(_WithoutEps):
    """Yogi (Zaheer et al. 2018)."""

    rate: Rate = _rate(1e-2)


@call("lbfgs")
class LBFGS(OptimizerCall):
    """Limited-memory BFGS with a line search; for losses without sampling noise."""

    memory: int = argument(Integer(1, 1000), "pairs of steps that are kept", default=10)


OPTIMIZERS: Kind[OptimizerCall] = Kind(
    "optimizer",
    "optimizer",
    (
        AdaBelief,
        Adagrad,
        Adam,
        Adamax,
        AdamW,
        AMSGrad,
        Lion,
        NAdam,
        RAdam,
        RMSProp,
        SGD,
        Yogi,
        LBFGS,
    ),
)
