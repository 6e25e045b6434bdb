"""Draws of latent inputs for each element of a batch, and the numbers that depend on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.expression import FUNCTIONS, Input, Real
from qgl.gates.states import mixed_state
from qgl.program.program import Distribution, Parameter

Numbers = NDArray[np.float64]


class Draws:
    """Draws latents anew for each element; what is drawn goes on from batch to batch."""

    def __init__(self, latents: Sequence[tuple[int, Parameter]], rng: np.random.Generator) -> None:
        self.latents = latents
        self.rng = rng

    def of(self, elements: int) -> Callable[[Real], Numbers]:
        """The value of a number for each of so many elements, shape (elements,), or () if it depends on no draw."""
        drawn = {
            number: sample(latent.distribution, self.rng, (elements, *latent.shape)).reshape(elements, -1)
            for number, latent in self.latents
        }
        return lambda number: value_of(number, lambda atom: drawn[atom.parameter][:, atom.element])


def value_of(number: Real, inputs: Callable[[Input], Numbers]) -> Numbers:
    """The value of a number, from those of its inputs: shape () or (elements,), as theirs."""
    total: Numbers = np.asarray(number.constant)
    for coefficient, atom in number.terms:
        if isinstance(atom, Input):
            value = inputs(atom)
        else:
            arguments = [value_of(argument, inputs) for argument in atom.arguments]
            made = np.frompyfunc(FUNCTIONS[atom.name], len(arguments), 1)(*arguments)
            value = np.asarray(made, dtype=np.float64)
        total = total + coefficient * value
    return total


def sample(distribution: Distribution, rng: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
    """Numbers of a distribution; of states the last axis is that of the numbers of one."""
    match distribution.name, distribution.arguments:
        case "normal", (mean, deviation):
            return rng.normal(mean, deviation, shape)
        case "uniform", (low, high):
            return rng.uniform(low, high, shape)
        case "constant", (value,):
            return np.full(shape, value)
        case "bernoulli", (rate,):
            return np.asarray(rng.random(shape) < rate, dtype=np.float64)
        case "haar" | "hilbert_schmidt", ():
            drawn = rng.normal(size=shape)
            return np.asarray(drawn / np.linalg.norm(drawn, axis=-1, keepdims=True))
        case "mixed", ():
            return np.broadcast_to(mixed_state(shape[-1]), shape)
    raise ValueError(f"no distribution {distribution.name} of {len(distribution.arguments)} arguments")
