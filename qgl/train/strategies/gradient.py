"""Training by the gradient: the optimiser of the settings, L-BFGS among them, for all parameters or stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from qgl.check.settings.stages import Stages, stages_of
from qgl.diagnostics.model import QglError
from qgl.kernels.devices import mesh
from qgl.parameters import Bits
from qgl.program.calls.strategies import Stagewise
from qgl.program.program import Program, TrainSettings
from qgl.runs.history import History
from qgl.runs.seed_status import RUNNING, TRUNCATED
from qgl.train.methods import Look, Method, Terms, choose
from qgl.train.optimisers import method
from qgl.train.strategies.compiled import Compiled
from qgl.train.strategies.patterns import ESTIMATE, Patterns
from qgl.train.strategies.stagewise import Masked, Staged, held_masks, unmasked
from qgl.train.strategies.strategy import Anchor, State
from qgl.train.trainable import Params, Trainable


class Gradient(Compiled):
    """A step looks at the loss and its gradient, and moves. The memory is that of the optimiser.

    Raises:
        QglError: there are no such stages as the settings ask for (QGL0721, QGL0722).
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings, devices)
        self._method = _method(model.program, settings)
        self._patterns = Patterns.of(model)

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """See `Strategy.advance`. Where patterns are kept, at most until they are found anew; a seed whose means are
        further from the truth there than the program allows ends with the step.
        """
        if self._patterns is None or state.anchor is None:
            return super().advance(state, step, count)
        refresh, anchor = self._patterns.refresh, state.anchor
        beyond: NDArray[np.bool_] = np.zeros(len(self._seeds), np.bool_)
        if step % refresh == 0:
            anchor, beyond = self._refreshed(state, step)
            state = state._replace(anchor=anchor)
        truncation = np.asarray(anchor.truncation)
        state, history = super().advance(state, step, 1 if beyond.any() else min(count, refresh - step % refresh))
        estimates = np.broadcast_to(truncation, history.loss.shape)
        history = replace(history, terms={**history.terms, ESTIMATE: estimates})
        if beyond.any():  # this was one step
            state = state.ended(beyond, TRUNCATED)
            history = replace(history, status=np.asarray(state.status)[None][: history.steps])
        return state, history

    def _refreshed(self, state: State, step: int) -> tuple[Anchor, NDArray[np.bool_]]:
        """Finds patterns anew, and which seeds are beyond the tolerance. What the old ones make of the loss where they
        are given up counts as truncated, too.
        """
        assert self._patterns is not None
        stale = self._loss(state, step) if step else None
        truncation, beyond = self._patterns.estimates({**state.fixed, **state.trained})
        anchor = Anchor(state.trained, truncation)
        state = state._replace(anchor=anchor)
        self._hold(self._held(state))
        if stale is not None:
            anchor = anchor._replace(truncation=truncation + np.abs(self._loss(state, step) - stale))
        return anchor, beyond

    def _loss(self, state: State, step: int) -> NDArray[np.float64]:
        """The loss of each seed, shape (seeds,), as the next step sees it."""
        return np.asarray(super().advance(state, step, 1)[1].loss[0])

    def _initial(self, seed: jax.Array, start: Params | Bits | None) -> State:
        state = super()._initial(seed, start)
        if self._patterns is None:
            return state
        return state._replace(anchor=Anchor(state.trained, jnp.zeros_like(state.loss)))

    def _held(self, state: State) -> dict[str, Any]:
        masks = held_masks(self._model.program)
        rows = {name: np.broadcast_to(mask, (len(self._seeds), *mask.shape)) for name, mask in masks.items()}
        patterns: dict[str, Any] = {}
        if self._patterns is not None and state.anchor is not None:
            patterns = self._patterns.tables({**state.fixed, **state.anchor.trained})
        return {**super()._held(state), **rows, **patterns}

    def _memory(self, trained: Params, loss: jax.Array, terms: Terms) -> Any:
        return self._method.initial(trained, loss, terms)

    def _step(self, state: State, seed: jax.Array, step: jax.Array, measured: Any = None) -> State:
        key, fixed = self._step_key(seed, step), unmasked(state.fixed)

        def terms_at(moved: Params) -> tuple[jax.Array, Terms]:
            return self._terms({**fixed, **moved}, key, measured)

        def evaluate(moved: Params) -> Any:
            return mesh.agreed(jax.value_and_grad(terms_at, has_aux=True)(moved))

        running = state.status == RUNNING
        method = Masked.of(state.fixed, self._method)
        look = method.look(state.trained, state.memory, evaluate, ~running)
        seen = self._looked(state, look)
        trained, memory = method.move(look)
        moved = seen._replace(trained=trained, memory=memory)
        return choose(running, choose(seen.status == RUNNING, moved, seen), state)

    def _looked(self, state: State, look: Look) -> State:
        norm = optax.tree.norm(look.gradient).astype(look.loss.dtype)
        seen = self._seen(state, look.params, look.loss, look.terms, norm, look.may_plateau)
        return seen._replace(memory=look.memory)


def _method(program: Program, settings: TrainSettings) -> Method:
    if not isinstance(settings.strategy, Stagewise):
        return method(settings)
    stages = stages_of(program, settings)
    if not isinstance(stages, Stages):
        raise QglError([stages])
    rest = max(1, settings.steps - stages.growing * stages.steps)
    growing, last = (method(replace(settings, steps=steps)) for steps in (stages.steps, rest))
    return Staged(stages, growing, last)
