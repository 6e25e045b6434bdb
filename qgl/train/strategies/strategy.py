"""What a strategy of training is: the interface that the loop, the run folder and the display know.

A strategy holds one model under one set of settings. It makes a state, advances it by some steps, and says what each
seed hands out at the end. All that it carries from step to step is in the state: that is what a checkpoint saves, so
that a run which was killed goes on to the same numbers. All randomness comes from `step_key`, which knows the seed of
the run, the number of the seed and the number of the step, and nothing of how the steps are cut into calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
from numpy.typing import NDArray

from qgl import known_keys
from qgl.program.program import TrainSettings
from qgl.runs.history import History
from qgl.runs.seed_results import SeedResults
from qgl.runs.seed_status import RUNNING
from qgl.train.trainable import Params, Trainable

CAPACITY = 256  # longest chunk, in steps


class Anchor(NamedTuple):
    """Trained parameters, and an estimate of what truncation and keeping patterns do to the loss, by seeds."""

    trained: Params
    truncation: jax.Array | NDArray[np.float64]


class State(NamedTuple):
    """All that a run carries from step to step. Every array has a leading axis of seeds.

    `memory` is the strategy's own: a pytree of arrays whose shapes and types do not change. `kept` are the parameters
    to hand out: the best seen where the loss is deterministic, else the latest whose loss was finite. `loss`, `terms`
    and `gradient_norm` are those of the last step that the seed was running; a strategy without gradients has a norm of
    NaN. `anchor` is where patterns of truncated answers were found that are kept for some steps (`refresh`); None
    without.
    """

    trained: Params
    fixed: Params
    memory: Any
    kept: Params
    kept_loss: jax.Array
    kept_terms: dict[str, jax.Array]
    status: jax.Array
    loss: jax.Array
    terms: dict[str, jax.Array]
    gradient_norm: jax.Array
    plateau_best: jax.Array
    plateau_since: jax.Array
    anchor: Anchor | None = None

    def ended(self, seeds: NDArray[np.bool_], why: int) -> State:
        """The state in which those of `seeds` that were running have ended; `why`: of `qgl.runs.seed_status`."""
        before = np.asarray(self.status)
        status: Any = np.where(seeds & (before == RUNNING), why, before).astype(np.int32)
        if isinstance(self.status, jax.Array):
            status = jax.device_put(status, self.status.sharding)
        return self._replace(status=status)


class Record(NamedTuple):
    """What is written down of each step; arrays of shape (steps, seeds)."""

    loss: jax.Array
    terms: dict[str, jax.Array]
    gradient_norm: jax.Array
    status: jax.Array

    @classmethod
    def of(cls, state: State) -> Record:
        return cls(state.loss, state.terms, state.gradient_norm, state.status)


class Strategy(Protocol):
    """A way to train all seeds of a run. Seed s does not know how many others run."""

    def initial(self) -> State:
        """The state before the first step."""
        ...

    def shape(self) -> State:
        """The state's shapes and types, computing nothing."""
        ...

    def compile(self, state: State) -> State:
        """Compiles what `advance` needs; returns the state as `advance` takes it."""
        ...

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """At most `count` <= CAPACITY steps, the first of which is number `step`; fewer if all seeds have finished.

        Raises:
            QglError: who had to be asked could not answer; the state before the steps is still good.
        """
        ...

    def model_of(self, state: State, seed: int, step: int) -> Trainable:
        """The model whose reports describe a seed after `step` steps, with the parameters that the seed has there."""
        ...

    def results(self, state: State, step: int) -> SeedResults:
        """What each seed hands out when the run ends after `step` steps: the last parameters are looked at too."""
        ...


Factory = Callable[[Trainable, TrainSettings, Sequence[jax.Device]], Strategy]


def run_key(seed_of_run: int, seed: Any, use: int) -> jax.Array:
    """The key of one use that a seed makes of random numbers: 0 for its start, 1 for its steps; others are free."""
    root = jax.random.key(seed_of_run, impl="threefry2x32")
    return jax.random.fold_in(jax.random.fold_in(root, seed), use)


def start_keys(seed_of_run: int, seeds: NDArray[np.int32]) -> known_keys.Key:
    """The keys of the starts of seeds, which is the use 0 of `run_key`, shape (seeds, 2)."""
    return known_keys.folded(known_keys.folded(known_keys.of_seed(seed_of_run), seeds), 0)


def step_key(seed_of_run: int, seed: Any, step: Any) -> jax.Array:
    """The key of one step of one seed."""
    return jax.random.fold_in(run_key(seed_of_run, seed, 1), step)
