"""The contextual machine by itself, dense, and a classical input-output hidden Markov model beside it.

A token is a number below 3n: it measures Z, X or K = U X U^-1 of one of n memory qubits, which begin in |+>. The frame
of the machine is U = exp(i sum over e of phase[e] prod Z).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
IMPOSSIBLE = 1e-9  # a probability that is but rounding
_PAULI = {"Z": np.diag([1.0, -1.0]), "X": np.array([[0.0, 1.0], [1.0, 0.0]])}


def sets(n: int, order: int) -> list[tuple[int, ...]]:
    """The sets that have a phase, in the order of `subsets(m, 1..order)`."""
    return [each for size in range(1, order + 1) for each in combinations(range(n), size)]


def true_phases(n: int, order: int) -> Real:
    """Those of a controlled Z on each `order` of the qubits: pi / 2^order times a sign for each of its subsets."""
    gates = list(combinations(range(n), order))
    return np.array(
        [sum((-1) ** len(e) * np.pi / 2**order for gate in gates if set(e) <= set(gate)) for e in sets(n, order)]
    )


@dataclass(frozen=True)
class Machine:
    """`observables`, shape (3n, 2^n, 2^n): what each token measures."""

    observables: NDArray[np.complex128]

    @classmethod
    def of(cls, n: int, order: int, phases: Sequence[float] | Real) -> Machine:
        def on(letter: str, place: int) -> Any:
            return np.kron(np.kron(np.eye(2**place), _PAULI[letter]), np.eye(2 ** (n - place - 1)))

        z = [np.diag(on("Z", j)) for j in range(n)]
        exponent = sum(
            phase * np.prod([z[j] for j in e], axis=0) for phase, e in zip(phases, sets(n, order), strict=True)
        )
        frame = np.exp(1j * exponent)
        turned = [frame[:, None] * on("X", j) * frame.conj() for j in range(n)]
        return cls(np.array([*(on("Z", j) for j in range(n)), *(on("X", j) for j in range(n)), *turned], complex))

    def likelihoods(self, tokens: NDArray[np.int64], answers: NDArray[np.int64]) -> Real:
        """The probability of each row of answers, 0 and 1, to its tokens, both of shape (rows, length)."""
        size = self.observables.shape[1]
        states: NDArray[np.complex128] = np.full((len(tokens), size), size**-0.5, complex)
        for token, answer in zip(tokens.T, answers.T, strict=True):
            measured = np.einsum("rij,rj->ri", self.observables[token], states)
            states = (states + (1 - 2 * answer)[:, None] * measured) / 2
        return np.asarray(np.sum(np.abs(states) ** 2, axis=1))

    def possible(self, tokens: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All answers that each row of tokens can have, and the number of the row of each."""
        length = tokens.shape[1]
        every: NDArray[np.int64] = np.arange(2**length)[:, None] >> np.arange(length - 1, -1, -1) & 1
        chances = [self.likelihoods(np.tile(row, (2**length, 1)), every) for row in tokens]
        row, answer = np.nonzero(np.array(chances) > IMPOSSIBLE)
        return every[answer], row

    def draw(self, tokens: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
        """Answers to each row of tokens."""
        answers = np.zeros_like(tokens)
        before: Real = np.ones(len(tokens))
        for step in range(tokens.shape[1]):
            now = self.likelihoods(tokens[:, : step + 1], answers[:, : step + 1])
            answers[:, step] = random.random(len(tokens)) * before > now
            before = np.where(answers[:, step] == 1, before - now, now)
        return answers


@dataclass(frozen=True)
class InputOutputHMM:
    """P(answer, next state | state, token), shape (tokens, states, 2, states); it begins in state 0.

    Source: Y. Bengio and P. Frasconi, An input output HMM architecture, NIPS 7, 427 (1995).
    """

    table: Real

    @classmethod
    def fitted(
        cls, tokens: NDArray[np.int64], answers: NDArray[np.int64], states: int, kinds: int, steps: int, seed: int
    ) -> InputOutputHMM:
        """By expectation maximisation, from a random table; 0.01 is added to each count."""
        table = np.random.default_rng(seed).dirichlet(np.ones(2 * states), (kinds, states))
        model = cls(table.reshape(kinds, states, 2, states))
        for _ in range(steps):
            counts = np.full(model.table.shape, 0.01)
            forward, backward = model._passes(tokens, answers)
            total = forward[-1].sum(axis=1)
            for k in range(tokens.shape[1]):
                moves = model.table[tokens[:, k], :, answers[:, k]]
                expected = forward[k][:, :, None] * moves * backward[k + 1][:, None] / total[:, None, None]
                np.add.at(counts.transpose(0, 2, 1, 3), (tokens[:, k], answers[:, k]), expected)
            model = cls(counts / counts.sum(axis=(2, 3), keepdims=True))
        return model

    def likelihoods(self, tokens: NDArray[np.int64], answers: NDArray[np.int64]) -> Real:
        """The probability of each row of answers."""
        forward, _ = self._passes(tokens, answers)
        return np.asarray(forward[-1].sum(axis=1))

    def draw(self, tokens: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
        """Answers to each row of tokens."""
        states = self.table.shape[1]
        state, answers = np.zeros(len(tokens), int), np.zeros_like(tokens)
        for k in range(tokens.shape[1]):
            total = np.cumsum(self.table[tokens[:, k], state].reshape(len(tokens), -1), axis=1)
            drawn = (random.random(len(tokens))[:, None] > total[:, :-1]).sum(axis=1)
            answers[:, k], state = drawn // states, drawn % states
        return answers

    def _passes(self, tokens: NDArray[np.int64], answers: NDArray[np.int64]) -> tuple[list[Real], list[Real]]:
        """Probabilities of what came by then and the state, and of what comes after given it, at each step."""
        states, length = self.table.shape[1], tokens.shape[1]
        forward: list[Real] = [np.tile(np.eye(states)[0], (len(tokens), 1))]
        backward: list[Real] = [np.ones((len(tokens), states))]
        for k in range(length):
            forward.append(np.einsum("rs,rst->rt", forward[-1], self.table[tokens[:, k], :, answers[:, k]]))
        for k in reversed(range(length)):
            backward.append(np.einsum("rst,rt->rs", self.table[tokens[:, k], :, answers[:, k]], backward[-1]))
        return forward, backward[::-1]
