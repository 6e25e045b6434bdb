"""Adversarial training of a circuit against a classical critic: of its strings, or of what its outputs hand out.

With logits c(x) of the critic, p the model's and q the data's distribution, the critic's cross entropy is
-sum_x q(x) log s(c(x)) - sum_x p(x) log(1 - s(c(x))), s being the logistic function, and the model's loss
-sum_x p(x) log s(c(x)) (I. Goodfellow et al., NeurIPS 2014, arXiv 1406.2661, section 3). By `wasserstein` the critic
makes sum_x q(x) c(x) - sum_x p(x) c(x) large, with bounded weights, and the model makes it small (M. Arjovsky et al.,
ICML 2017, arXiv 1701.07875). Sums are exact: over all strings, since strings that are drawn have no derivative by the
parameters that they are drawn with; or over the labels of the model's ensemble with their weights, and the data.
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
from qgl.objectives.model import Deterministic, Setting
from qgl.objectives.outputs.columns import columns_of
from qgl.program.calls.critics import MLP
from qgl.program.calls.objectives import Adversarial
from qgl.query import Numbers, Probabilities, Query

Array = jax.Array
Weights = tuple[tuple[Array, Array], ...]  # of each layer a matrix, shape (from, to), and a vector, shape (to,)
_AT_ONCE = 2**14  # strings that the critic looks at together
_ACTIVATIONS = {"relu": jax.nn.relu, "leaky_relu": jax.nn.leaky_relu, "tanh": jnp.tanh}


class Seen(NamedTuple):
    """What a critic says of the model's and of the data's points, and the probabilities of these, all vectors."""

    model: Array
    of_model: Array
    data: Array
    of_data: Array


@dataclass(frozen=True, eq=False)
class AdversarialLoss(ABC, Deterministic):
    """The loss of a model against a critic, and that of the critic against the model.

    size     how many numbers the critic looks at
    weights  of the critic; None before a strategy has given it some, and then there is no loss
    """

    call: Adversarial
    size: int
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
        """Weights to begin with: normal, of variance 2 / (units before); no offsets (He et al., arXiv 1502.01852)."""
        assert isinstance(self.call.critic, MLP)
        sizes = [self.size, *self.call.critic.widths, 1]
        keys = jax.random.split(key, len(sizes) - 1)
        return self.held(
            tuple(
                (
                    jax.random.normal(one, (before, after), dtype) * np.sqrt(2 / before).astype(dtype),
                    jnp.zeros(after, dtype),
                )
                for one, before, after in zip(keys, sizes[:-1], sizes[1:], strict=True)
            )
        )

    def held(self, weights: Weights) -> Weights:
        """Weights within their bounds, if there are any."""
        if self.call.loss != "wasserstein":
            return weights
        bound = self.call.clip
        held: Weights = jax.tree.map(lambda array: jnp.clip(array, -bound, bound), weights)
        return held

    def says(self, points: Array, weights: Weights) -> Array:
        """The logits of points, shape (points, size)."""
        assert isinstance(self.call.critic, MLP)
        activation = _ACTIVATIONS[self.call.critic.activation]
        *hidden, (matrix, offset) = weights
        for inner, own in hidden:
            points = activation(points @ inner + own)
        return (points @ matrix + offset)[:, 0]


@dataclass(frozen=True, eq=False)
class OfStrings(AdversarialLoss):
    """A critic looks at strings of `size` bits, as signs: at all of them, with the model's probabilities.

    strings       indices of the data's strings, and their probabilities `distribution`
    """

    strings: NDArray[np.int64] = field(repr=False)
    distribution: NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, call: Adversarial, setting: Setting) -> OfStrings:
        given = setting.data[call.data]
        rows, distribution, _ = distinct(given.rows, given.weights)
        return cls(call, setting.width, indices(rows), distribution)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Probabilities(),)

    def seen(self, answers: Mapping[Query, Any], weights: Weights) -> Seen:
        p, logits = answers[Probabilities()], self.logits(weights)
        of_data = jnp.asarray(self.distribution, logits.dtype)
        return Seen(logits, p, logits[jnp.asarray(self.strings)], of_data)

    def logits(self, weights: Weights) -> Array:
        """What the critic says of every string, shape (2^n,)."""
        together = min(_AT_ONCE, 2**self.size)
        firsts = jnp.arange(0, 2**self.size, together)
        shifts = jnp.arange(self.size - 1, -1, -1)

        def of_block(first: Array) -> Array:
            numbers = first + jnp.arange(together)
            signs = 1 - 2 * (numbers[:, None] >> shifts & 1)
            return self.says(signs.astype(weights[0][0].dtype), weights)

        if len(firsts) == 1:
            return of_block(firsts[0])
        blocks: Array = jax.lax.map(jax.checkpoint(of_block), firsts)
        return blocks.reshape(-1)


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
        return cls(call, rows.shape[1], rows, columns_of(setting.outputs, ()))

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
        return Seen(self.says(shown, weights), of_labels, self.says(rows, weights), even)
