"""Training from the strings that an engine gives: parameter-shift rules and SPSA.

A step asks for circuits (traced), the engine draws (on the host), and the loss is made of what came back (traced), so
that everything else of training stays as it is. All randomness comes from the key of the step.
"""

from __future__ import annotations

import functools
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qgl.check.settings.anew import anew_faults
from qgl.check.settings.shots import shot_faults
from qgl.diagnostics.hardware import failed
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Engine, Strings, Task
from qgl.hardware.run import answered
from qgl.hardware.shifts import shifted_circuit
from qgl.ir.circuit import Circuit
from qgl.kernels.expressions import evaluate
from qgl.model import Model
from qgl.plan.expressions import ExpressionBuilder
from qgl.program.calls.gradients import SPSA
from qgl.program.program import TrainSettings
from qgl.train.strings import Estimator, Means, PauliWords
from qgl.train.trainable import Params

_GROUPS = 10  # of the strings of a circuit; pairs within a group are left out of the loss, a tenth of all
_TOGETHER = 1 << 28  # bytes of strings and inputs in one task

Array = jax.Array
Random = np.random.Generator
Numbers = NDArray[np.float64]


class Rule(Protocol):
    """How a gradient is made of strings."""

    def ask(self, params: Params, key: Array) -> Array:
        """Inputs of circuits; traced."""
        ...

    def measure(self, points: Numbers, key: Array) -> tuple[Numbers, Numbers]:
        """Values of the terms, shape (terms,), and what the rule needs of their derivatives."""
        ...

    def blank(self) -> tuple[Numbers, Numbers]:
        """Zeros of the shapes that `measure` gives."""
        ...

    def moves(self, params: Params, key: Array, derivatives: Array) -> Array:
        """Something whose derivative by the parameters is that of the terms, shape (terms,); traced."""
        ...


class FromShots:
    """The loss and the gradient of a model from an engine's strings; see `qgl.train.trainable.Measured`.

    Raises:
        QglError: the objective or the settings do not go with shots (QGL1160, QGL1161, QGL0908), or an `evolve` or a
            generator has no shift rule (QGL1163, QGL1164).
    """

    def __init__(self, model: Model, settings: TrainSettings, engine: Engine) -> None:
        program = model.program
        faults = list(shot_faults(settings, program.objective, program.data))
        faults += anew_faults(program.parameters, settings)
        if faults:
            raise QglError(faults)
        assert settings.from_shots is not None
        self.model = model
        gradient = settings.from_shots
        sampler = Sampler(model, engine, gradient.shots)
        if isinstance(gradient, SPSA):
            self.rule: Rule = Spsa(model, sampler, gradient.step, gradient.directions)
        else:
            self.rule = ParameterShift(model, sampler)

    def ask(self, params: Params, key: Array) -> Array:
        """What a step wants to know; traced."""
        return self.rule.ask(params, key)

    def measure(self, points: Numbers, key: Array) -> tuple[Numbers, Numbers]:
        """What the engine says to it; on the host."""
        return self.rule.measure(np.asarray(points, np.float64), key)

    def blank(self) -> tuple[Numbers, Numbers]:
        """Zeros of the shapes that `measure` gives."""
        return self.rule.blank()

    def terms(
        self, params: Params, key: Array, measured: tuple[ArrayLike, ArrayLike]
    ) -> tuple[Array, dict[str, Array]]:
        """The loss and its terms as measured; their derivatives by `params` are those that were measured."""
        values, derivatives = (jnp.asarray(array, real_of(self.model)) for array in measured)
        moves = self.rule.moves(params, key, derivatives)
        values = values + moves - jax.lax.stop_gradient(moves)
        named = dict(zip((term.label for term in self.model.objectives), values, strict=True))
        total = sum((term.weight * named[term.label] for term in self.model.objectives), jnp.zeros((), values.dtype))
        return total, named


def cost(model: Model, settings: TrainSettings, steps: int) -> str:
    """What so many steps from shots will ask of the engine, in words.

    Raises:
        QglError: an `evolve` or a generator has no shift rule (QGL1163, QGL1164).
    """
    rule = settings.from_shots
    assert rule is not None
    one = 2 * rule.directions if isinstance(rule, SPSA) else 1 + len(shifted_circuit(model.circuit).shifts)
    circuits, shots = one * len(model.parameters.weights), rule.shots
    seeds = settings.seeds
    each = f" for each of {seeds} seeds" if seeds > 1 else ""
    return (
        f"{settings.engine}: {circuits:,} circuit{'s' * (circuits != 1)} a step{each}, {one * shots:,} shots; "
        f"{steps * seeds * circuits:,} circuits and {steps * seeds * one * shots:,} shots in {steps:,} steps"
    )


class Sampler:
    """Strings of an engine, and what they say of the objective.

    shots  of each element of the mixture over `latent` inputs, which share them
    """

    def __init__(self, model: Model, engine: Engine, shots: int) -> None:
        self.estimator = Estimator(model.objectives, real_of(model))
        self.engine, self.width, self.terms = engine, model.width, len(model.objectives)
        self.weights = model.parameters.weights / model.parameters.weights.sum()
        self.shots: tuple[int, ...] = tuple(max(2, round(shots * weight)) for weight in self.weights.tolist())

    @property
    def elements(self) -> int:
        """Of the mixture; 1 if there is none."""
        return len(self.weights)

    def draw(self, circuit: Circuit, rows: Numbers, elements: NDArray[np.int64], seed: int) -> list[Strings]:
        """Strings of rows of inputs, each of which belongs to one of the `elements`.

        Raises:
            QglError: the engine cannot run the circuit, failed (QGL1103, QGL0811), or broke its contract (QGL1106).
        """
        shots = tuple(self.shots[element] for element in elements)
        try:
            return answered(self.engine, Task(circuit, rows, shots, seed))
        except QglError:
            raise
        except Exception as error:
            raise QglError([failed(self.engine.name, error)]) from error

    def together(self, inputs: int) -> int:
        """How many rows go into one task."""
        return max(1, _TOGETHER // (max(self.shots) * self.width + 8 * inputs))

    def judged(self, strings: list[Strings], pauli_words: PauliWords, key: Array, rng: Random) -> tuple[Numbers, Means]:
        """Values and derivatives of the terms from strings of every element of the mixture."""
        count = min(_GROUPS, *self.shots)
        split = [np.array_split(rng.permutation(own), count) for own in strings]  # an engine may sort what it gives
        parts = []
        for number in range(count):
            means = [self.estimator.means(own[number], pauli_words) for own in split]
            parts.append(tuple(np.tensordot(self.weights, np.stack(some), axes=1) for some in zip(*means, strict=True)))
        return self.estimator.judged(parts, key)


class ParameterShift:
    """The rules of `qgl.hardware.shifts`: the circuit, and two or four more for each trained angle."""

    def __init__(self, model: Model, sampler: Sampler) -> None:
        self._model, self._sampler = model, sampler
        self._shifted = shifted_circuit(model.circuit)
        builder = ExpressionBuilder([parameter.size for parameter in model.circuit.parameters])
        self._places = np.array([builder.row(number) for number in self._shifted.numbers], np.int64)
        self._expressions = builder.build()

    def ask(self, params: Params, key: Array) -> Array:
        """The numbers of the circuit for every element of the mixture, shape (elements, numbers)."""
        inputs = self._model.parameters.inputs(params, None, real_of(self._model))
        return jax.vmap(lambda row: evaluate(self._expressions, row)[self._places])(inputs)

    def measure(self, points: Numbers, key: Array) -> tuple[Numbers, Numbers]:
        """Values of the terms and their derivatives at the points, shape (terms, elements, numbers)."""
        sampler, elements, shifts = self._sampler, self._sampler.elements, len(self._shifted.shifts)
        rng, pauli_words = _random(key), sampler.estimator.pauli_words(_objective_key(key))
        of_row = np.concatenate([np.arange(elements), np.repeat(np.arange(elements), shifts)])
        which = np.tile(np.arange(shifts), elements)
        means = np.zeros((sampler.terms, elements * shifts))
        values: Numbers
        derivatives: Means
        step = max(elements, sampler.together(points.shape[1]))
        for first in range(0, len(of_row), step):
            some = of_row[first : first + step]
            rows, start = points[some], max(0, elements - first)
            begin = first + start - elements
            rows[start:] = self._shifted.shifted(rows[start:], which[begin : begin + len(rows) - start])
            strings = sampler.draw(self._shifted.circuit, rows, some, int(rng.integers(2**31)))
            if start:
                values, derivatives = sampler.judged(strings[:start], pauli_words, _objective_key(key), rng)
            for number, own in enumerate(strings[start:], begin):
                means[:, number] = sampler.estimator.along(derivatives, own, pauli_words)
        by_number = self._shifted.derivatives(means.reshape(sampler.terms, elements, shifts))
        return values, sampler.weights[:, None] * by_number

    def blank(self) -> tuple[Numbers, Numbers]:
        terms = self._sampler.terms
        return np.zeros(terms), np.zeros((terms, self._sampler.elements, len(self._shifted.numbers)))

    def moves(self, params: Params, key: Array, derivatives: Array) -> Array:
        return jnp.tensordot(derivatives, self.ask(params, key), axes=2)


class Spsa:
    """Simultaneous perturbation (Spall, IEEE Trans. Autom. Control 37 (1992) 332): differences along random signs."""

    def __init__(self, model: Model, sampler: Sampler, step: float, directions: int) -> None:
        self._model, self._sampler, self._step, self._directions = model, sampler, step, directions

    def ask(self, params: Params, key: Array) -> Array:
        """Inputs at both ends of every direction, shape (directions, 2, elements, inputs)."""

        def at(signs: Params, side: float) -> Array:
            moved = {name: value + side * self._step * signs[name] for name, value in self._trained(params).items()}
            return self._model.parameters.inputs({**params, **moved}, None, real_of(self._model))

        return jax.vmap(lambda signs: jnp.stack([at(signs, 1.0), at(signs, -1.0)]))(self._signs(params, key))

    def measure(self, points: Numbers, key: Array) -> tuple[Numbers, Numbers]:
        """Values of the terms, and their derivatives along the directions, shape (directions, terms)."""
        sampler, elements = self._sampler, self._sampler.elements
        rng, pauli_words = _random(key), sampler.estimator.pauli_words(_objective_key(key))
        points = points.reshape(-1, elements, points.shape[-1])
        step = max(1, sampler.together(points.shape[-1]) // elements)
        values = []
        for first in range(0, len(points), step):
            rows = points[first : first + step]
            of_row = np.tile(np.arange(elements), len(rows))
            flat = rows.reshape(-1, rows.shape[-1])
            strings = sampler.draw(self._model.circuit, flat, of_row, int(rng.integers(2**31)))
            for number in range(0, len(strings), elements):
                own = strings[number : number + elements]
                values.append(sampler.judged(own, pauli_words, _objective_key(key), rng)[0])
        both = np.stack(values).reshape(self._directions, 2, -1)
        return both.mean(axis=(0, 1)), (both[:, 0] - both[:, 1]) / (2 * self._step)

    def blank(self) -> tuple[Numbers, Numbers]:
        return np.zeros(self._sampler.terms), np.zeros((self._directions, self._sampler.terms))

    def moves(self, params: Params, key: Array, derivatives: Array) -> Array:
        trained = self._trained(params)
        along: Array = jax.vmap(functools.partial(optax.tree.vdot, trained))(self._signs(params, key))
        return along @ derivatives / self._directions

    def _trained(self, params: Params) -> Params:
        return {name: value for name, value in params.items() if self._model.trainable[name]}

    def _signs(self, params: Params, key: Array) -> Params:
        """+1 or -1 for every trained number and every direction."""
        return {
            name: jax.random.rademacher(
                jax.random.fold_in(jax.random.fold_in(key, 1), place), (self._directions, *value.shape), value.dtype
            )
            for place, (name, value) in enumerate(sorted(self._trained(params).items()))
        }


def real_of(model: Model) -> Any:
    """The type of the model's numbers."""
    return jnp.float64 if model.precision == "double" else jnp.float32


def _objective_key(key: Array) -> Array:
    """For what the objective draws."""
    return jax.random.fold_in(key, 0)


def _random(key: Array) -> Random:
    """For the seeds of tasks and the order of strings."""
    return np.random.default_rng(np.asarray(jax.random.key_data(jax.random.fold_in(key, 2))).tolist())
