"""Adversarial training of a circuit against a classical critic, exact over all strings of bits.

With logits c(x) of the critic, p the model's and q the data's distribution, the critic's cross entropy is
-sum_x q(x) log s(c(x)) - sum_x p(x) log(1 - s(c(x))), s being the logistic function, and the model's loss
-sum_x p(x) log s(c(x)) (I. Goodfellow et al., NeurIPS 2014, arXiv 1406.2661, section 3). By `wasserstein` the critic
makes sum_x q(x) c(x) - sum_x p(x) c(x) large, with bounded weights, and the model makes it small (M. Arjovsky et al.,
ICML 2017, arXiv 1701.07875). No string is drawn: a generator of bits has no derivative by its strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices
from qgl.objectives.model import Deterministic, Setting
from qgl.program.calls.critics import MLP
from qgl.program.calls.objectives import Adversarial
from qgl.query import Probabilities, Query

Array = jax.Array
Weights = tuple[tuple[Array, Array], ...]  # of each layer a matrix, shape (from, to), and a vector, shape (to,)
_AT_ONCE = 2**14  # strings that the critic looks at together
_ACTIVATIONS = {"relu": jax.nn.relu, "leaky_relu": jax.nn.leaky_relu, "tanh": jnp.tanh}


@dataclass(frozen=True, eq=False)
class AdversarialLoss(Deterministic):
    """The loss of a model against a critic, and that of the critic against the model.

    width         number of visible bits
    strings       indices of the data's strings, and their probabilities `distribution`
    weights       of the critic; None before a strategy has given it some, and then there is no loss
    """

    call: Adversarial
    width: int
    strings: NDArray[np.int64] = field(repr=False)
    distribution: NDArray[np.float64] = field(repr=False)
    weights: Weights | None = None

    name = "adversarial"

    @classmethod
    def of(cls, call: Adversarial, setting: Setting) -> AdversarialLoss:
        given = setting.data[call.data]
        rows, distribution, _ = distinct(given.rows, given.weights)
        return cls(call, setting.width, indices(rows), distribution)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Probabilities(),)

    def against(self, weights: Weights) -> AdversarialLoss:
        """The same against a critic with these weights."""
        return replace(self, weights=weights)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        """As `Objective.loss`.

        Raises:
            ValueError: there is no critic.
        """
        if self.weights is None:
            raise ValueError("an adversarial loss is one against a critic, which `strategy adversarial` trains")
        p = answers[Probabilities()]
        logits = self.logits(self.weights)
        if self.call.loss == "wasserstein":
            return self._mean_of_data(logits) - p @ logits
        return p @ jax.nn.softplus(-logits)

    def of_critic(self, p: Array, weights: Weights) -> Array:
        """The critic's own loss, a scalar; p are the probabilities of all strings of the model, shape (2^n,)."""
        logits = self.logits(weights)
        if self.call.loss == "wasserstein":
            return p @ logits - self._mean_of_data(logits)
        return self._mean_of_data(jax.nn.softplus(-logits)) + p @ jax.nn.softplus(logits)

    def start(self, key: Array, dtype: Any) -> Weights:
        """Weights to begin with: normal, of variance 2 / (units before); no offsets (He et al., arXiv 1502.01852)."""
        assert isinstance(self.call.critic, MLP)
        sizes = [self.width, *self.call.critic.widths, 1]
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

    def logits(self, weights: Weights) -> Array:
        """What the critic says of every string, shape (2^n,)."""
        together = min(_AT_ONCE, 2**self.width)
        firsts = jnp.arange(0, 2**self.width, together)
        shifts = jnp.arange(self.width - 1, -1, -1)

        def of_block(first: Array) -> Array:
            numbers = first + jnp.arange(together)
            signs = 1 - 2 * (numbers[:, None] >> shifts & 1)
            return self._of_signs(signs.astype(weights[0][0].dtype), weights)

        if len(firsts) == 1:
            return of_block(firsts[0])
        blocks: Array = jax.lax.map(jax.checkpoint(of_block), firsts)
        return blocks.reshape(-1)

    def _of_signs(self, signs: Array, weights: Weights) -> Array:
        assert isinstance(self.call.critic, MLP)
        activation = _ACTIVATIONS[self.call.critic.activation]
        *hidden, (matrix, offset) = weights
        for inner, own in hidden:
            signs = activation(signs @ inner + own)
        return (signs @ matrix + offset)[:, 0]

    def _mean_of_data(self, values: Array) -> Array:
        return jnp.asarray(self.distribution, values.dtype) @ values[jnp.asarray(self.strings)]
