"""Adversarial training of a circuit against a critic: of its strings, its states, or what its outputs hand out.

With logits c(x) of the critic, p the model's and q the data's distribution, the critic's cross entropy is
-sum_x q(x) log s(c(x)) - sum_x p(x) log(1 - s(c(x))), s being the logistic function, and the model's loss
-sum_x p(x) log s(c(x)) (I. Goodfellow et al., NeurIPS 2014, arXiv 1406.2661, section 3). By `wasserstein` the critic
makes sum_x q(x) c(x) - sum_x p(x) c(x) large, with bounded weights, and the model makes it small (M. Arjovsky et al.,
ICML 2017, arXiv 1701.07875). Sums are exact: over all strings, since strings that are drawn have no derivative by the
parameters that they are drawn with; or over the labels of the model's ensemble with their weights, and the data. A
critic that is a circuit says c = log E / (1 - E), E being the probability of its outcome; by `wasserstein` 2 E - 1, so
that the largest difference of means is the trace norm of the difference of the mean states (C. Helstrom, J. Stat. Phys.
1, 231, 1969).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices
from qgl.objectives.adversary.critics import Critic, Weights, critic_of
from qgl.objectives.ensembles.similarity import weights as of_weights
from qgl.objectives.ensembles.similarity import with_equal_weights
from qgl.objectives.model import Deterministic, Setting
from qgl.objectives.outputs.columns import columns_of
from qgl.program.calls.critics import CircuitCritic
from qgl.program.calls.objectives import Adversarial
from qgl.query import Elements, Numbers, Probabilities, Query

Array = jax.Array


class Seen(NamedTuple):
    """What a critic says of the model's and of the data's points, and the probabilities of these, all vectors."""

    model: Array
    of_model: Array
    data: Array
    of_data: Array


@dataclass(frozen=True, eq=False)
class AdversarialLoss(ABC, Deterministic):
    """The loss of a model against a critic, and that of the critic against the model.

    weights  of the critic; None before a strategy has given it some, and then there is no loss
    """

    call: Adversarial
    critic: Critic = field(repr=False)
    weights: Weights | None = field(default=None, kw_only=True)

    name = "adversarial"

    @property
    @abstractmethod
    def queries(self) -> tuple[Query, ...]:
        """See `Objective.queries`."""

    @abstractmethod
    def seen(self, answers: Mapping[Query, Any], weights: Weights) -> Seen:
        """What a critic with these weights says."""

    def against(self, weights: Weights) -> AdversarialLoss:
        """The same against a critic with these weights."""
        return replace(self, weights=weights)

    def loss(self, answers: Mapping[Query, Any], key: Array | None) -> Array:
        """As `Objective.loss`.

        Raises:
            ValueError: there is no critic.
        """
        if self.weights is None:
            raise ValueError("an adversarial loss is one against a critic, which `strategy adversarial` trains")
        seen = self.seen(answers, self.weights)
        if self.call.loss == "wasserstein":
            return seen.of_data @ seen.data - seen.of_model @ seen.model
        return seen.of_model @ jax.nn.softplus(-seen.model)

    def of_critic(self, answers: Mapping[Query, Any], weights: Weights) -> Array:
        """The critic's own loss, a scalar, of the model's answers."""
        seen = self.seen(answers, weights)
        if self.call.loss == "wasserstein":
            return seen.of_model @ seen.model - seen.of_data @ seen.data
        return seen.of_data @ jax.nn.softplus(-seen.data) + seen.of_model @ jax.nn.softplus(seen.model)

    def start(self, key: Array, dtype: Any) -> Weights:
        """Weights of the critic to begin with."""
        return self.critic.start(key, dtype)

    def held(self, weights: Weights) -> Weights:
        """Weights within their bounds, if there are any."""
        return self.critic.held(weights)


@dataclass(frozen=True, eq=False)
class OfStrings(AdversarialLoss):
    """A critic looks at strings of bits: at all of them, with the model's probabilities.

    strings       indices of the data's strings, and their probabilities `distribution`
    """

    strings: NDArray[np.int64] = field(repr=False)
    distribution: NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, call: Adversarial, setting: Setting) -> OfStrings:
        given = setting.data[call.data]
        rows, distribution, _ = distinct(given.rows, given.weights)
        return cls(call, critic_of(call, setting.width, setting.critic), indices(rows), distribution)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Probabilities(),)

    def seen(self, answers: Mapping[Query, Any], weights: Weights) -> Seen:
        p, says = answers[Probabilities()], self.critic.of_strings(weights)
        return Seen(says, p, says[jnp.asarray(self.strings)], jnp.asarray(self.distribution, says.dtype))


@dataclass(frozen=True, eq=False)
class OfStates(AdversarialLoss):
    """A critic looks at the states of the model's ensemble and at those of the data.

    labels  qubits whose outcomes the program keeps, and does not draw
    states  the data, each as likely: amplitudes, shape (states, 2^n), or density matrices, shape (states, 2^n, 2^n)
    """

    labels: int
    states: NDArray[np.complex128] = field(repr=False)

    @classmethod
    def of(cls, call: Adversarial, setting: Setting) -> OfStates:
        given = setting.data[call.data]
        states = given.states if given.states is not None else np.asarray(given.state)[None]
        return cls(call, critic_of(call, setting.width, setting.critic), setting.labels, states)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Elements(self.labels),)

    def seen(self, answers: Mapping[Query, Any], weights: Weights) -> Seen:
        elements = answers[Elements(self.labels)]
        data = jnp.asarray(with_equal_weights(self.states), elements.dtype)
        of_elements, of_data = (self.critic.of_states(each, weights) for each in (elements, data))
        return Seen(of_elements, of_weights(elements), of_data, of_weights(data))


@dataclass(frozen=True, eq=False)
class OfNumbers(AdversarialLoss):
    """A critic looks at what outputs hand out with each label, and at rows of as many real numbers.

    rows     of the data, shape (rows, size)
    columns  those of the outputs that are compared
    """

    rows: NDArray[np.float64] = field(repr=False)
    columns: NDArray[np.int64] = field(repr=False)

    @classmethod
    def of(cls, call: Adversarial, setting: Setting) -> OfNumbers:
        rows = setting.data[call.data].numbers
        assert rows is not None  # whoever asks has seen to it
        return cls(call, critic_of(call, rows.shape[1]), rows, columns_of(setting.outputs, ()))

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Numbers(),)

    def seen(self, answers: Mapping[Query, Any], weights: Weights) -> Seen:
        of_labels, numbers = answers[Numbers()]
        shown = jnp.where(
            of_labels[:, None] > 0, numbers[:, self.columns], 0
        )  # labels that do not come have no numbers
        rows = jnp.asarray(self.rows, numbers.dtype)
        even = jnp.full(len(rows), 1 / len(rows), rows.dtype)
        return Seen(self.critic.of_numbers(shown, weights), of_labels, self.critic.of_numbers(rows, weights), even)


def adversarial(call: Adversarial, setting: Setting) -> AdversarialLoss:
    """The objective, whose critic looks at what there is: numbers, or states, if it is a circuit, or strings."""
    data = setting.data[call.data]
    if data.numbers is not None:
        return OfNumbers.of(call, setting)
    if isinstance(call.critic, CircuitCritic) and data.state is not None:
        return OfStates.of(call, setting)
    return OfStrings.of(call, setting)
