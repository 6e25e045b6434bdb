"""The optimisers, the schedules of their rates and the rules of their gradients, as a program calls them."""

from __future__ import annotations

from qgl.check.calls.arguments import Flag, Integer, Interval, Number, Rate
from qgl.check.calls.signature_types import NOT_NEGATIVE, POSITIVE, Parameter, Signature, optional

DECAY = Number(Interval(0.0, 1.0, open_high=True))
SCHEDULES = ("constant", "cosine", "exponential", "warmup_cosine")


def _rate(default: float) -> Parameter:
    words = "the step size, or a schedule of it"
    return optional("rate", Rate(SCHEDULES), default, words, target="learning_rate")


_B1 = optional("b1", DECAY, 0.9, "decay of the mean of gradients")
_B2 = optional("b2", DECAY, 0.999, "decay of the mean of squared gradients")
_EPS = optional("eps", POSITIVE, 1e-8, "what keeps the division by small numbers tame")
_WEIGHT_DECAY = optional("weight_decay", NOT_NEGATIVE, 1e-4, "pull of the parameters to 0")
_MOMENTUM = optional("momentum", DECAY, None, "decay of the velocity")
_NESTEROV = optional("nesterov", Flag(), False, "look ahead along the velocity")


def _optimizer(name: str, doc: str, *parameters: Parameter) -> Signature:
    return Signature("optimizer", name, doc, parameters, factory=name)


OPTIMIZERS = (
    _optimizer("adabelief", "AdaBelief (Zhuang et al. 2020).", _rate(1e-3), _B1, _B2),
    _optimizer("adagrad", "Adagrad (Duchi et al. 2011).", _rate(0.1)),
    _optimizer("adam", "Adam (Kingma and Ba 2015).", _rate(1e-2), _B1, _B2, _EPS),
    _optimizer("adamax", "Adamax (Kingma and Ba 2015).", _rate(1e-2), _B1, _B2, _EPS),
    _optimizer("adamw", "Adam with decoupled weight decay (2017).", _rate(1e-2), _B1, _B2, _EPS, _WEIGHT_DECAY),
    _optimizer("amsgrad", "AMSGrad (Reddi et al. 2018).", _rate(1e-2), _B1, _B2, _EPS),
    _optimizer("lion", "Lion (Chen et al. 2023).", _rate(1e-3), _B1, optional("b2", DECAY, 0.99, _B2.doc)),
    _optimizer("nadam", "Adam with Nesterov momentum (Dozat 2016).", _rate(1e-2), _B1, _B2, _EPS),
    _optimizer("radam", "Rectified Adam (Liu et al. 2020).", _rate(1e-2), _B1, _B2, _EPS),
    _optimizer(
        "rmsprop",
        "RMSProp (Tieleman and Hinton 2012).",
        _rate(1e-2),
        optional("decay", DECAY, 0.9, _B2.doc),
        _EPS,
        _MOMENTUM,
    ),
    _optimizer("sgd", "Gradient descent, with momentum if wanted.", _rate(1e-2), _MOMENTUM, _NESTEROV),
    _optimizer("yogi", "Yogi (Zaheer et al. 2018).", _rate(1e-2), _B1, _B2),
    _optimizer(
        "lbfgs",
        "Limited-memory BFGS with a line search; for losses without sampling noise.",
        optional("memory", Integer(1, 1000), 10, "pairs of steps that are kept", target="memory_size"),
    ),
)

_SHOTS = Parameter("shots", Integer(2, 10**7), "strings that the engine draws of each circuit")

GRADIENTS = (
    Signature("gradient", "exact", "The derivative itself, by simulation.", ()),
    Signature(
        "gradient",
        "parameter_shift",
        "Unbiased, from strings of the circuit and of two or four more for each angle (Liu and Wang 2018).",
        (_SHOTS,),
    ),
    Signature(
        "gradient",
        "spsa",
        "Differences along directions drawn at random, from strings of two circuits for each (Spall 1992).",
        (
            _SHOTS,
            optional("step", POSITIVE, 0.1, "how far the parameters are moved to both sides"),
            optional("directions", Integer(1, 10_000), 1, "directions at each step, whose mean is taken"),
        ),
    ),
)

_START = Parameter("rate", POSITIVE, "the rate at its highest", target="init_value")
_STEPS = optional("steps", Integer(1), None, "steps to the end; those of `train` by default", target="decay_steps")

SCHEDULE_TABLE = (
    Signature(
        "schedule",
        "constant",
        "The same rate at every step.",
        (Parameter("rate", POSITIVE, "the rate", target="value"),),
        factory="constant_schedule",
    ),
    Signature(
        "schedule",
        "cosine",
        "Half a period of a cosine, from the rate down to `final` times it.",
        (_START, _STEPS, optional("final", Number(Interval(0, 1)), 0.0, "final fraction of the rate", target="alpha")),
        factory="cosine_decay_schedule",
    ),
    Signature(
        "schedule",
        "exponential",
        "The rate times decay^(step / every).",
        (
            _START,
            Parameter("decay", Number(Interval(0, 1, open_low=True)), "factor", target="decay_rate"),
            optional("every", Integer(1), 1, "steps in which the factor is reached", target="transition_steps"),
        ),
        factory="exponential_decay",
    ),
    Signature(
        "schedule",
        "warmup_cosine",
        "A straight rise from 0 in `warmup` steps, then a cosine down to `final`.",
        (
            Parameter("rate", POSITIVE, "the rate at its highest", target="peak_value"),
            Parameter("warmup", Integer(1), "steps of the rise", target="warmup_steps"),
            _STEPS,
            optional("initial", NOT_NEGATIVE, 0.0, "the rate at the first step", target="init_value"),
            optional("final", NOT_NEGATIVE, 0.0, "the rate at the last step", target="end_value"),
        ),
        factory="warmup_cosine_decay_schedule",
    ),
)
