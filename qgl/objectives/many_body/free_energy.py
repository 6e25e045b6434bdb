"""The free energy of the visible state, which the thermal state of a Hamiltonian minimises.

The entropy is that of the whole state, or, with `markov`, put together from those of neighbouring qubits: the sum over
qubits of S(the qubit and `radius` before it) - S(those before it). By strong subadditivity a conditional entropy given
fewer qubits is no smaller, so this is at least the entropy, and the free energy that comes of it at most that of the
state.

Source: D. Poulin and M. Hastings, Markov entropy decomposition, PRL 106, 080403, 2011.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.objectives.markov_nll import windows
from qgl.objectives.model import Deterministic
from qgl.objectives.regions import stacked
from qgl.objectives.states import entropies
from qgl.program.calls import objectives, reports
from qgl.program.calls.entropies import Markov
from qgl.program.calls.operators import SpinTerms
from qgl.query import LETTERS, Expectation, Marginals, Query, State

Array = jax.Array


@dataclass(frozen=True, eq=False)
class Energy:
    """Tr(rho H) from the expectations of Pauli words."""

    query: Expectation = field(repr=False)
    coefficients: NDArray[np.float64] = field(repr=False)
    constant: float

    @classmethod
    def of(cls, spins: SpinTerms) -> Energy:
        terms = [(coefficient, pauli_word) for coefficient, pauli_word in spins.terms if pauli_word]
        places = [[place for place, _ in pauli_word] for _, pauli_word in terms]
        letters = [[LETTERS.index(letter) for _, letter in pauli_word] for _, pauli_word in terms]
        query = Expectation.sparse(ragged.table(places, -1), ragged.table(letters, 0, np.uint8))
        constant = sum(coefficient for coefficient, pauli_word in spins.terms if not pauli_word)
        return cls(query, np.array([number for number, _ in terms]), constant)

    def value(self, means: Array) -> Array:
        return jnp.asarray(self.coefficients, means.dtype) @ means + self.constant


@dataclass(frozen=True, eq=False)
class FreeEnergy(Deterministic):
    """Tr(rho H) - S / beta; `radius` of the Markov entropy, None for the entropy of the whole state."""

    energy: Energy
    width: int
    beta: float
    radius: int | None

    name = "free_energy"

    @cached_property
    def states(self) -> State | Marginals:
        """Asks for what the entropy is taken of."""
        return State() if self.radius is None else Marginals(windows(self.width, self.radius + 1))

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.energy.query, self.states)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        return self.energy.value(answers[self.energy.query]) - self.entropy(answers[self.states]) / self.beta

    def entropy(self, answer: Array) -> Array:
        """S in nats, a scalar, of the answer to `states`."""
        if self.radius is None:
            return entropies(answer[None])[0]
        rho = stacked(answer)
        size = rho.shape[1] // 2
        before = jnp.einsum("wasbs->wab", rho[1:].reshape(-1, size, 2, size, 2))
        widened = jnp.pad(before, ((0, 0), (0, size), (0, size)))  # by zeros, so that one decomposition serves for all
        found = entropies(jnp.concatenate([rho, widened]))
        return jnp.sum(found[: len(rho)]) - jnp.sum(found[len(rho) :])


def free_energy(call: objectives.FreeEnergy | reports.FreeEnergy) -> FreeEnergy:
    """The objective `free_energy(hamiltonian, beta, entropy)`."""
    spins, beta, entropy = call.hamiltonian, call.beta, call.entropy
    assert spins is not None and beta is not None  # the checker has seen to it
    return FreeEnergy(Energy.of(spins), spins.width, beta, entropy.radius if isinstance(entropy, Markov) else None)
