"""Questions to a model by name: each of them is one query, put by `answers`, which a model has."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import NothingSucceeds
from qgl.observables import pauli_sum
from qgl.parameters import Params
from qgl.program.program import Program
from qgl.query import (
    Elements,
    Expectation,
    GivenBases,
    GivenOutcomes,
    GivenStrings,
    Marginals,
    Numbers,
    Probabilities,
    Query,
    Samples,
    State,
    Success,
)
from qgl.questions import bits, checked_pauli_words, is_traced, pauli_bases, random_key, whole
from qgl.questions import regions as checked_regions

if TYPE_CHECKING:
    from qgl.readings import Readings

Array = jax.Array


class Questions(ABC):
    """What can be asked of a model; `params`, `x` and `condition` are those of `qgl.model.Model`."""

    program: Program

    @functools.cached_property
    @abstractmethod
    def readings(self) -> Readings:
        """How questions are put to the circuit."""

    @property
    def width(self) -> int:
        """Number of visible qubits."""
        return len(self.program.visible)

    @abstractmethod
    def answers(
        self,
        params: Params,
        queries: Iterable[Query],
        condition: ArrayLike | None = None,
        key: Array | None = None,
        given: Mapping[Query, ArrayLike] | None = None,
    ) -> dict[Query, Any]:
        """Answers to several queries of `qgl.query`; see `qgl.model.Model`."""

    def answer(self, params: Params, query: Query, condition: ArrayLike | None = None, key: Array | None = None) -> Any:
        """The answer to one query."""
        return self.answers(params, (query,), condition, key)[query]

    def probabilities(self, params: Params, condition: ArrayLike | None = None) -> Array:
        """p(x) of every string, shape (2^n,), index big-endian."""
        result: Array = self.answer(params, Probabilities(), condition)
        return result

    def log_prob(
        self,
        params: Params,
        x: ArrayLike | Sequence[str | bytes],
        condition: ArrayLike | None = None,
        *,
        bases: ArrayLike | None = None,
    ) -> Array:
        """log p(x) in nats, shape (batch,). Strings are whole numbers 0 and 1, or texts: `["011", "100"]`.

        With `bases`, shape (batch, n), the bits are those of measurements in Pauli bases, 1 to 3 for X, Y and Z.
        """
        rows = bits(x, "x", self.width)
        if bases is not None:
            given = pauli_bases(bases, "bases", (len(rows), self.width))
            outcomes = GivenOutcomes(len(rows))
            stacked = jnp.stack([given, rows.astype(jnp.uint8)], axis=-1)
            log_p: Array = self.answers(params, (outcomes,), condition, given={outcomes: stacked})[outcomes]
            return log_p
        query = GivenStrings(len(rows))
        result: Array = self.answers(params, (query,), condition, given={query: rows})[query]
        return result

    def sample(
        self,
        params: Params,
        key: Array,
        shots: int,
        condition: ArrayLike | None = None,
        *,
        bases: ArrayLike | None = None,
    ) -> Array:
        """`shots` strings drawn from p, shape (shots, n), uint8.

        With `bases`, shape (shots, n), each is of a measurement in Pauli bases of its own, 1 to 3 for X, Y and Z.

        Raises:
            QglError: QGL0923, outcomes that the program requires do not come.
        """
        from qgl.postselection import least_success

        shots, key = whole(shots, "shots", 1), random_key(key)
        query: Query = Samples(shots)
        given: dict[Query, Any] = {}
        if bases is not None:
            query = GivenBases(shots)
            given[query] = pauli_bases(bases, "bases", (shots, self.width))
        asked = (query, Success()) if self.readings.required else (query,)
        answers = self.answers(params, asked, condition, key, given)
        success = answers.get(Success())
        if success is not None and not is_traced(success) and not float(success) > least_success(success.dtype):
            raise QglError([NothingSucceeds(None)])
        result: Array = answers[query]
        return result

    def expectation(self, params: Params, pauli_words: Any, condition: ArrayLike | None = None) -> Array:
        """Expectations of Pauli words, shape (pauli_words,), or of a sum of them, shape ().

        A Pauli word is written `"ZZII"`, `"Z0 Z1"`, `{"Z": [0, 1]}` or `{0: "Z", 1: "Z"}`; a sum is an operator of
        PennyLane or a `SparsePauliOp` of Qiskit. The circuit is cut down to the light cone of the letters other than I.

        Raises:
            ValueError: what is no Pauli word on the visible qubits, or a sum that is not Hermitian.
        """
        weighted = pauli_sum(pauli_words, self.width)
        letters = checked_pauli_words(pauli_words, self.width) if weighted is None else weighted[0]
        result: Array = self.answer(params, Expectation.of(letters), condition)
        if weighted is None:
            return result
        with jax.enable_x64(result.dtype == jnp.float64):
            return jnp.dot(result, weighted[1].astype(result.dtype))

    def marginals(
        self, params: Params, regions: Sequence[Sequence[int]], condition: ArrayLike | None = None
    ) -> tuple[Array, ...]:
        """Reduced density matrices of regions of visible positions, each of shape (2^k, 2^k).

        The circuit is cut down to the light cone of the regions.

        Raises:
            ValueError: a position that there is not, or one twice in a region.
        """
        query = Marginals(checked_regions(regions, self.width))
        result: tuple[Array, ...] = self.answer(params, query, condition)
        return result

    def state(self, params: Params, condition: ArrayLike | None = None) -> Array:
        """The density matrix of the visible register, shape (2^n, 2^n)."""
        result: Array = self.answer(params, State(), condition)
        return result

    def ensemble(self, params: Params, condition: ArrayLike | None = None, *, key: Array | None = None) -> Array:
        """The state of the visible register for each label: values of `latent` inputs, and of kept outcomes.

        Shape (labels, 2^n), amplitudes, where all of these states are pure, else (labels, 2^n, 2^n), density matrices.
        They are not normalised: squared norms and traces are the weights of the labels, which add up to 1. Values of
        `latent` inputs come first, each with all kept outcomes, the first measured most significant. Outcomes that are
        drawn (`keep drawn`) are drawn by the `key`, or without one by the seed of the program's training.
        """
        result: Array = self.answer(params, Elements(self.readings.labels), condition, key)
        return result

    def success(self, params: Params, condition: ArrayLike | None = None) -> Array:
        """The probability that a run has the outcomes that `postselect` requires, a scalar; 1 where it requires none.

        Other answers are of the runs that have them; they are NaN where this is 0 to rounding.
        """
        if not self.readings.required:
            return jnp.ones(())
        result: Array = self.answer(params, Success(), condition)
        return result

    def outputs(
        self,
        params: Params,
        condition: ArrayLike | None = None,
        *,
        shots: int | None = None,
        key: Array | None = None,
    ) -> dict[str, Array]:
        """The numbers of every `output`, for each label: by name, arrays of shape (labels, *declared dimensions).

        Labels are those of `ensemble`, in its order; numbers of one that does not come are NaN. They are exact;
        with `shots`, and a `key`, means and probabilities are those of so many draws each, without a gradient.

        Raises:
            ValueError: the program declares no output.
        """
        query = Numbers(None if shots is None else whole(shots, "shots", 1))
        numbers: Array = self.answer(params, query, condition, key)[1]
        return self.program.outputs.named(numbers)

    def weights(self, params: Params, condition: ArrayLike | None = None) -> Array:
        """The weight of each label of `outputs`, shape (labels,): they add up to 1."""
        result: Array = self.answer(params, Numbers(), condition)[0]
        return result
