"""What comparisons of a model's ensemble with one of data share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.model import Deterministic
from qgl.program.calls.kernels import KernelCall
from qgl.query import Elements, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class EnsembleComparison(Deterministic, ABC):
    """A distance of the model's ensemble from the data's.

    kernel  of two states
    labels  qubits whose outcomes the program keeps, and does not draw
    states  the data, each as likely: amplitudes, shape (states, 2^n), or density matrices, shape (states, 2^n, 2^n)
    held    what `known` is of these, where it comes with a call; None: it is a constant of what is compiled
    """

    kernel: KernelCall
    labels: int
    states: NDArray[np.complex128] = field(repr=False)
    held: tuple[Array, ...] | None = field(default=None, repr=False, kw_only=True)

    @property
    @abstractmethod
    def known(self) -> tuple[NDArray[np.float64], ...]:
        """All that the distance takes of the data, as real arrays."""

    @abstractmethod
    def distance(self, model: Array) -> Array:
        """The distance of elements as `qgl.query.Elements` gives them, which are not normalised, from the data."""

    @property
    def form(self) -> Hashable:
        """What two comparisons have the same of if they differ by what is `known` alone."""
        return type(self), self.kernel, self.labels, self.states.shape

    def against(self, held: tuple[Array, ...]) -> Self:
        """The same against other data: what is `known` of these."""
        return replace(self, held=held)

    @property
    def query(self) -> Elements:
        """What is asked of the model."""
        return Elements(self.labels)

    @property
    def queries(self) -> tuple[Query, ...]:
        """See `Objective.queries`."""
        return (self.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        """As `Objective.loss`."""
        return self.distance(answers[self.query])

    def measured(self, model: Array | NDArray[np.complexfloating]) -> float:
        """The distance of elements that are numbers, in double precision."""
        with jax.enable_x64(True):
            return float(jax.jit(self.distance)(np.asarray(model, np.complex128)))

    def _held(self, dtype: np.dtype[np.inexact]) -> tuple[Array, ...]:
        """What is known of the data, in the real type that belongs to a type of elements."""
        real = np.finfo(dtype).dtype
        return tuple(jnp.asarray(each, real) for each in (self.known if self.held is None else self.held))


def as_real(numbers: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Complex numbers with a last axis of real and imaginary part."""
    return np.stack([numbers.real, numbers.imag], axis=-1)


def as_complex(numbers: Array) -> Array:
    """What `as_real` was made of."""
    return jax.lax.complex(numbers[..., 0], numbers[..., 1])
