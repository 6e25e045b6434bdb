"""Distributions of inputs: what stands after `~`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgl.check.declarations.maps_distribution import NAMES as MAPS
from qgl.check.declarations.maps_distribution import maps_distribution
from qgl.check.declarations.moments_distribution import moments_distribution
from qgl.check.declarations.mps_distribution import mps_distribution
from qgl.check.declarations.near_distribution import near_distribution
from qgl.check.declarations.run_distribution import Weights, run_distribution
from qgl.check.limits import MAX_ITEMS
from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.types import Types
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.types import WrongDistribution, WrongParameter
from qgl.program.program import GIVEN, Distribution
from qgl.syntax import tree

DEFAULTS = {
    "angle": Distribution("uniform", (-math.pi, math.pi)),
    "real": Distribution("normal", (0.0, 1.0)),
    "probability": Distribution("uniform", (0.0, 1.0)),
}
ARGUMENTS = {
    "normal": ("mean", "deviation"),
    "uniform": ("low", "high"),
    "constant": ("value",),
    "bernoulli": ("probability",),
    "haar": (),
    "hilbert_schmidt": (),
    "mixed": (),
}
OF_STATES = {"state": ("haar",), "density": ("hilbert_schmidt", "mixed")}


@dataclass
class Distributions:
    reporter: Reporter
    evaluator: Evaluator
    types: Types
    weights: Weights

    def of(
        self, node: tree.Parameter, constraint: str, numbers: int | None, shape: tuple[int, ...], frame: Frame
    ) -> tuple[Distribution, int | None]:
        """(distribution, number of draws of a latent of continuous distribution) of a declaration whose type has so
        many numbers, and whose array has that `shape`.

        Raises:
            FaultyError: it does not suit the kind of input; reported.
        """
        if constraint in OF_STATES and node.kind == "param":
            text = "a state that is trained is prepared by gates, whose angles are trained"
            raise self.reporter.fault(
                WrongParameter(node.name.span, text, "declare it `latent`, `random` or `condition`")
            )
        if node.kind == "condition" and node.distribution is None:
            distribution = GIVEN
        elif node.distribution is not None:
            distribution = self._distribution(node, node.distribution, constraint, numbers, shape, frame)
        elif node.kind == "param":
            distribution = DEFAULTS[constraint]
        else:
            hint = "`~ uniform(-1, 1)`" if node.kind == "random" else "`~ bernoulli(0.5)`"
            hint = f"`~ {OF_STATES[constraint][0]}()`" if constraint in OF_STATES else hint
            text = f"`{node.name.name}` is not trained and needs a distribution"
            raise self.reporter.fault(WrongParameter(node.name.span, text, f"write {hint} behind it"))
        if distribution.name == "bernoulli" and node.kind == "param" and node.distribution is not None:
            text = "a trained parameter is a real number; `bernoulli` gives bits"
            raise self.reporter.fault(WrongDistribution(node.distribution.span, text))
        return distribution, self._draws(node, distribution, frame)

    def _draws(self, node: tree.Parameter, distribution: Distribution, frame: Frame) -> int | None:
        continuous = node.kind == "latent" and not distribution.finite
        if node.draws is None:
            return None  # of a continuous distribution too: one that only data are drawn with needs none
        if not continuous:
            text = "`draws` belongs to a `latent` of continuous distribution"
            raise self.reporter.fault(WrongParameter(node.draws.span, text, "leave it out"))
        draws = self.evaluator.integer(node.draws, frame, "a number of draws")
        if not 1 <= draws <= MAX_ITEMS:
            raise self.reporter.fault(
                WrongParameter(node.draws.span, f"a number of draws lies in 1..{MAX_ITEMS}, not {draws}")
            )
        return draws

    def _distribution(
        self,
        node: tree.Parameter,
        expression: tree.Expression,
        constraint: str,
        numbers: int | None,
        extents: tuple[int, ...],
        frame: Frame,
    ) -> Distribution:
        if not isinstance(expression, tree.Call):
            text = "a distribution is written `normal(0, 1)`, `uniform(-1, 1)`, `constant(0)` or `bernoulli(0.5)`"
            raise self.reporter.fault(WrongDistribution(expression.span, text))
        name = expression.function.name
        wanted = next((type_ for type_, names in OF_STATES.items() if name in names), None)
        if wanted != (constraint if constraint in OF_STATES else None):
            other = f"`{name}` draws states: write it for a `{wanted}(n)`"
            text = (
                other if wanted else f"a `{constraint}(n)` is drawn from `{'()` or `'.join(OF_STATES[constraint])}()`"
            )
            raise self.reporter.fault(WrongDistribution(expression.span, text))
        if name == "moments" and node.kind == "param" and constraint != "probability":
            return moments_distribution(expression, node, numbers, frame, self.evaluator, self.reporter)
        if name == "moments":
            text = "`moments` is where trained angles and real numbers start"
            raise self.reporter.fault(WrongDistribution(expression.span, text))
        shape = self.types.between(node.type, frame)
        if name == "near" and shape is not None and node.kind == "param":
            return near_distribution(expression, shape, frame, self.evaluator, self.reporter)
        if name == "near":
            raise self.reporter.fault(WrongDistribution(expression.span, "`near` is where trained isometries start"))
        if name == "mps" and node.kind == "param":
            return mps_distribution(expression, node, shape, extents, frame, self.evaluator, self.reporter)
        if name == "run" and node.kind == "param":
            reader = self.evaluator, self.reporter, self.weights
            return run_distribution(expression, node, constraint, extents, frame, *reader)
        if name in MAPS and node.kind == "param":
            return maps_distribution(expression, shape, frame, self.evaluator, self.reporter)
        if name not in ARGUMENTS:
            near = nearest(name, (*ARGUMENTS, *MAPS, "moments", "near", "mps", "run"))
            raise self.reporter.fault(
                WrongDistribution(expression.function.span, f"there is no distribution `{name}`", near)
            )
        names = ARGUMENTS[name]
        given: dict[str, tree.Expression] = dict(zip(names, expression.arguments, strict=False))
        given |= {key.name: value for key, value in expression.keywords}
        if set(given) != set(names) or len(expression.arguments) + len(expression.keywords) != len(names):
            text = f"`{name}` is written `{name}({', '.join(names)})`"
            raise self.reporter.fault(WrongDistribution(expression.span, text))
        arguments = tuple(float(self.evaluator.number(given[each], frame)) for each in names)
        fault = _fault(name, arguments, constraint)
        if shape is not None and not fault and (name == "constant" or (len(arguments) == 2 and arguments[-1] == 0)):
            fault = "the entries of an isometry cannot all start at one number; write `near(identity, 0)`"
        if fault:
            raise self.reporter.fault(WrongDistribution(expression.span, fault))
        return Distribution(name, arguments)


def _fault(name: str, arguments: tuple[float, ...], constraint: str) -> str:
    """What is wrong with the arguments of a distribution, or nothing."""
    if name == "normal" and arguments[1] < 0:
        return f"a deviation is not negative, but this is {arguments[1]:g}"
    if name == "uniform" and arguments[0] > arguments[1]:
        return f"`uniform` runs from low to high, but {arguments[0]:g} is above {arguments[1]:g}"
    if name == "bernoulli" and not 0 <= arguments[0] <= 1:
        return f"a probability lies between 0 and 1, but this is {arguments[0]:g}"
    if constraint != "probability":
        return ""
    if name == "normal":
        return "a probability is drawn from `uniform(low, high)` or `constant(value)`, within 0..1"
    if name == "constant" and not 0 < arguments[0] < 1:
        return f"a trained probability lies between 0 and 1, but starts at {arguments[0]:g}"
    if name == "uniform" and not (arguments[0] >= 0 and arguments[1] <= 1):
        return (
            f"a probability lies between 0 and 1, but this distribution runs from {arguments[0]:g} to {arguments[1]:g}"
        )
    return ""
