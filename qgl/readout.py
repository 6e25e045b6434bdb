"""Numbers that outputs hand out, one row for each label: what is read of the state, and what is made of that.

Outcomes that are kept or required are read out as well, as qubits after the visible ones. What is read of the state
that comes with an outcome, times the probability of that outcome, is the mean of a Pauli word times a projector, which
is a sum over the Z words of the outcomes, and a joint distribution of bits. So every method answers that answers Pauli
words and regions, each in its light cone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.kernels.expressions import evaluate
from qgl.plan.expressions import ExpressionBuilder, Expressions
from qgl.postselection import least_success, subsets, times_outcomes
from qgl.program.outputs import Outputs
from qgl.program.program import Parameter
from qgl.query import LETTERS, Expectation, Marginals, Numbers, Query

Array = jax.Array


class Readout:
    """How the numbers of a program's outputs are had.

    outputs     what is read, and what is made of it, of inputs and of the numbers read
    parameters  of the program
    width       visible qubits
    labels      outcomes that are kept, read out right after the visible qubits
    required    those that are required, read out after these
    """

    def __init__(
        self, outputs: Outputs, parameters: Sequence[Parameter], width: int, labels: int, required: tuple[bool, ...]
    ) -> None:
        self.outputs, self.parameters = outputs, parameters
        self.width, self.labels, self.required = width, labels, required

    @property
    def queries(self) -> tuple[Query, ...]:
        """All that is put to the circuit in which outcomes are read out."""
        return tuple(query for query in (self._means, self._chances, self._labels) if query is not None)

    def numbers(
        self, found: Mapping[Query, Any], inputs: Array, key: Array | None, query: Numbers
    ) -> tuple[Array, Array]:
        """Probabilities of the labels and of success, shape (2^labels,), and their numbers, shape (2^labels, size).

        The numbers of a label that does not come, but for rounding, are NaN, as are probabilities under what does not
        come with it. With `shots` every mean is one of so many draws of 1 and -1, and every distribution the
        frequencies in so many, independent of each other.
        """
        chances, means, regions = self._joint(found)
        least = least_success(chances.dtype)
        comes = chances > least
        each = jnp.where(comes, chances, 1)[:, None]
        # over a small chance what rounding leaves of 0 is no small number any more: a root of it would be NaN
        read = [_mean(means / each), *(_probability(region / each) for region in regions)]
        if query.shots is not None:
            assert key is not None
            read = _drawn(read, key, query.shots)
        under = least / each if query.shots is None else jnp.zeros_like(each)
        read[1:] = [conditional(*pair, under) for pair in zip(read[1:], self.outputs.given, strict=True)]
        return jnp.where(comes, chances, 0), jnp.where(
            comes[:, None], self.made(jnp.concatenate(read, axis=1), inputs, query.updates), jnp.nan
        )

    def made(self, read: Array, inputs: Array, updates: bool = False) -> Array:
        """The numbers that are made of what is read, shape (labels, read), and of inputs: shape (labels, size).

        With `updates` those that `again` sets inputs to come after the declared ones. What is NaN makes NaN, with no
        derivative, so that numbers which are not used harm none.
        """
        expressions, rows = self._built
        rows = rows if updates else rows[: self.outputs.size]

        def numbers(read: Array, inputs: Array) -> Array:
            return jax.vmap(lambda row: evaluate(expressions, jnp.concatenate([inputs, row])))(read)[:, rows]

        if not any(self.outputs.given):
            return numbers(read, inputs)
        lacking = jnp.isnan(numbers(*jax.lax.stop_gradient((read, inputs))))
        return jnp.where(lacking, jnp.nan, numbers(jnp.where(jnp.isnan(read), 0.5, read), inputs))

    # ------------------------------------------------------------ what is asked

    @property
    def _count(self) -> int:
        return self.labels + len(self.required)

    @property
    def _outcomes(self) -> tuple[int, ...]:
        return tuple(range(self.width, self.width + self._count))

    @cached_property
    def _means(self) -> Expectation | None:
        pauli_words = self.outputs.pauli_words
        if not pauli_words:
            return None
        places = ragged.table([[place for place, _ in each] for each in pauli_words], -1)
        letters = ragged.table([[LETTERS.index(letter) for _, letter in each] for each in pauli_words], 0, np.uint8)
        return times_outcomes(Expectation.sparse(places, letters), self.width, self._outcomes, self._count)

    @cached_property
    def _chances(self) -> Marginals | None:
        regions = tuple((*map(self._shifted, region), *self._outcomes) for region in self.outputs.regions)
        return Marginals(regions, bits=True) if regions else None

    @cached_property
    def _labels(self) -> Marginals | None:
        """The query whose answer has the probabilities of all outcomes."""
        return Marginals((self._outcomes,), bits=True) if self._count else None

    def _shifted(self, place: int) -> int:
        return place if place < self.width else place + self._count

    # ------------------------------------------------------------ what comes back

    def _joint(self, found: Mapping[Query, Any]) -> tuple[Array, Array, list[Array]]:
        """Probabilities of labels, and what is read times them: means, shape (labels, words), and distributions."""
        dtype = jax.tree.leaves([found[query] for query in self.queries])[0].dtype
        means, regions = jnp.zeros((2**self.labels, 0), dtype), []
        if self._means is not None:
            signs = (-1.0) ** (subsets(self._count) @ subsets(self._count).T) / 2**self._count
            means = self._succeeded((found[self._means].reshape(-1, 2**self._count) @ jnp.asarray(signs, dtype)).T)
        if self._chances is not None:
            answers = found[self._chances]
            regions = [
                self._succeeded(answers[k].reshape(-1, 2**self._count).T) for k in range(len(self.outputs.regions))
            ]
        if self._labels is None:
            return jnp.ones(1, dtype), means, regions
        return self._succeeded(found[self._labels][0][:, None])[:, 0], means, regions

    def _succeeded(self, table: Array) -> Array:
        """Of rows for all outcomes, those of the outcomes that are required: shape (2^labels, columns)."""
        code = sum(1 << k for k, value in enumerate(reversed(self.required)) if value)
        return table.reshape(2**self.labels, 2 ** len(self.required), -1)[:, code]

    @cached_property
    def _built(self) -> tuple[Expressions, NDArray[np.int32]]:
        outputs = self.outputs
        builder = ExpressionBuilder(
            [each.size for each in self.parameters], (len(outputs.pauli_words), outputs.chances)
        )
        made = outputs.made
        rows = [builder.row(number) for output in made for number in output.numbers]
        return builder.build(), np.array(rows, np.int32)


def _mean(read: Array) -> Array:
    """Means that rounding has carried beyond -1 or 1 put back."""
    return jnp.where(read < -1, -1, jnp.where(read > 1, 1, read))


def _probability(read: Array) -> Array:
    """Probabilities that rounding has carried beyond 0 or 1 put back; at 0 they are least, and have no derivative."""
    return jnp.where(read <= 0, 0, jnp.where(read > 1, 1, read))


def conditional(joint: Array, given: int, least: Array) -> Array:
    """Joint distributions of bits, shape (labels, 2^bits), made conditional on the first `given` of them.

    Where these have a value whose probability is not above `least`, shape (labels, 1), the numbers are NaN.
    """
    if not given:
        return joint
    rows = joint.reshape(len(joint), 1 << given, -1)
    chances = jnp.sum(rows, axis=2, keepdims=True)
    comes = chances > least[..., None]
    return jnp.where(comes, rows / jnp.where(comes, chances, 1), jnp.nan).reshape(joint.shape)


def _drawn(read: Sequence[Array], key: Array, shots: int) -> list[Array]:
    """Means, and then distributions, each from `shots` draws of its own; all of shape (labels, numbers)."""
    means, *regions = (jnp.asarray(jax.lax.stop_gradient(each)) for each in read)
    heads = jax.random.binomial(jax.random.fold_in(key, 0), shots, jnp.clip((1 + means) / 2, 0, 1))
    drawn = [(2 * heads / shots - 1).astype(means.dtype)]
    for k, region in enumerate(regions):
        chances = jnp.maximum(region, 0)
        chances = chances / jnp.sum(chances, axis=1, keepdims=True)
        counts = jax.random.multinomial(jax.random.fold_in(key, k + 1), shots, chances)
        drawn.append((counts / shots).astype(region.dtype))
    return drawn
