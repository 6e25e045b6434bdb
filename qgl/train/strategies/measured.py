"""Training with an engine in every step: what it says comes in between two compiled parts of the step."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from qgl.kernels.devices.large_tables import compiled
from qgl.program.program import TrainSettings
from qgl.runs.history import History
from qgl.runs.seed_status import RUNNING
from qgl.train.strategies.gradient import Gradient
from qgl.train.strategies.strategy import Record, State
from qgl.train.trainable import Measured, Params, Trainable


class MeasuredGradient(Gradient):
    """As `Gradient`, on one device, for a loss that is measured. The seeds ask the engine one after another."""

    of_settings = False

    def __init__(self, model: Trainable, measured: Measured, settings: TrainSettings) -> None:
        super().__init__(model, settings)
        self._measured, self._stochastic = measured, True
        self._patterns = None  # strings are not truncated

    def compile(self, state: State) -> State:
        """Compiles both parts of a step."""
        step = np.zeros((), np.int32)
        answers = self._stacked([self._blank() for _ in self._seeds])
        self._ask = compiled(jax.vmap(self._asked, in_axes=(0, 0, None)), state, self._seeds, step)
        self._beside = self._held(state)
        following = jax.vmap(self._step, in_axes=(0, 0, None, 0))
        self._follow = compiled(following, self._holding(state), self._seeds, step, answers)
        return state

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """See `Strategy.advance`.

        Raises:
            QglError: the engine could not answer; the state before the steps is still good.
        """
        records = [_record(state)]
        for number in range(step, step + count):
            running = np.asarray(state.status) == RUNNING
            if not running.any():
                break
            asked, keys = self._ask(state, self._seeds, np.int32(number))
            asked = jax.tree.map(np.asarray, asked)
            answers = [
                self._measured.measure(_row(asked, seed), keys[seed]) if running[seed] else self._blank()
                for seed in range(len(self._seeds))
            ]
            state = self._alone(
                self._follow(self._holding(state), self._seeds, np.int32(number), self._stacked(answers))
            )
            records.append(_record(state))
        return state, History(*jax.tree.map(lambda *rows: np.stack(rows)[1:], *records))

    def _asked(self, state: State, seed: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        key = self._step_key(seed, step)
        return self._measured.ask({**state.fixed, **state.trained}, key), key

    def _blank(self) -> Any:
        return self._measured.blank()

    def _terms(self, params: Params, key: jax.Array, measured: Any) -> tuple[jax.Array, dict[str, jax.Array]]:
        return self._measured.terms(params, key, measured)

    def _stacked(self, answers: list[Any]) -> Any:
        """The answers of all seeds, in the type of the model's numbers."""
        return jax.tree.map(lambda *rows: np.stack(rows).astype(jax.numpy.zeros(()).dtype), *answers)


def _record(state: State) -> Record:
    record: Record = jax.tree.map(np.asarray, Record.of(state))
    return record


def _row(tree: Any, number: int) -> Any:
    return jax.tree.map(lambda array: array[number], tree)
