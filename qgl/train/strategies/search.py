"""Strategies that judge candidates rather than follow a gradient: one's own is a subclass with one function."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import jax

from qgl.program.program import TrainSettings
from qgl.runs.seed_status import RUNNING
from qgl.train.methods import Terms, choose
from qgl.train.strategies.candidates import Judged, judged, together
from qgl.train.strategies.compiled import Compiled
from qgl.train.strategies.strategy import State
from qgl.train.trainable import Params, Trainable

Losses = Callable[[Params], Judged]


class Search(Compiled):
    """A strategy of which a step is written for one seed, in JAX; all seeds then run together, compiled.

    See `docs/training.md` for an example. What differs between two steps must be in the parameters and the memory; what
    is random comes from the key.
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings, devices)
        self._together = together(model, settings.seeds)

    def memory(self, params: Params) -> Any:
        """What is carried from step to step, as it is before the first: a pytree of arrays; nothing by default."""
        return ()

    @abstractmethod
    def search(
        self, params: Params, memory: Any, losses: Losses, key: jax.Array, step: jax.Array
    ) -> tuple[Judged, Params, Any]:
        """One step of one seed. Traced.

        Args:
            params: where the step begins; the names that the strategy moves.
            memory: as the step before left it.
            losses: judges candidates: arrays like those of `params` with one more axis in front.
            key: of the step; the losses have one of their own.
            step: its number, from 0.

        Returns:
            what is written down as the loss of the step, one judged candidate, which is also handed out if it is the
            best; the parameters where the next step begins; the memory.
        """

    def _memory(self, trained: Params, loss: jax.Array, terms: Terms) -> Any:
        return self.memory(trained)

    def _step(self, state: State, seed: jax.Array, step: jax.Array) -> State:
        own, drawn = jax.random.split(self._step_key(seed, step))

        def loss(candidate: Params) -> tuple[jax.Array, Terms]:
            return self._terms({**state.fixed, **candidate}, drawn, None)

        def losses(candidates: Params) -> Judged:
            return judged(loss, candidates, self._together)

        seen, params, memory = self.search(state.trained, state.memory, losses, own, step)
        after = self._seen(state, seen.params, seen.loss, seen.terms, None)
        moved = after._replace(trained=params, memory=memory)
        last = choose(after.status == RUNNING, moved, after)
        return choose(state.status == RUNNING, last, state)
