"""Training against a critic: in every step the critic moves first, then the model, each along its own gradient.

The weights of the critic and the memories of both optimisers are the memory of a seed, which the checkpoint saves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax

from qgl.kernels.devices import mesh
from qgl.model import Model
from qgl.objectives.adversary.critics import Weights
from qgl.parameters import Bits
from qgl.program.calls.strategies import Adversarial as AdversarialCall
from qgl.program.program import TrainSettings
from qgl.query import Query
from qgl.runs.seed_status import RUNNING
from qgl.train.methods import Terms, choose
from qgl.train.optimisers import optimiser_of
from qgl.train.strategies.gradient import Gradient
from qgl.train.strategies.stagewise import unmasked
from qgl.train.strategies.strategy import State, run_key
from qgl.train.trainable import Params, Trainable

_CRITIC, _OPPONENT = 2, 3  # the uses of random numbers that its start and its steps are


class Adversarial(Gradient):
    """The state's memory is that of the model's optimiser, the critic's weights, and the memory of its optimiser.

    Losses of different steps are against different critics, so that the last parameters are handed out, not those of
    the least loss.
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings, devices)
        if not isinstance(model, Model) or not isinstance(settings.strategy, AdversarialCall):
            raise ValueError("the strategy `adversarial` trains a model of a program, against a critic")
        self._generator, self._stochastic = model, True
        self._adversary = model.adversary
        self._rounds = settings.strategy.steps
        self._opponent = optimiser_of(settings.strategy.opponent, settings.steps * self._rounds)

    def _initial(self, seed: jax.Array, start: Params | Bits | None) -> State:
        state = super()._initial(seed, start)
        critic = self._adversary.start(run_key(self._seed, seed, _CRITIC), self._real)
        return state._replace(memory=(state.memory, critic, self._opponent.init(critic)))

    def _blank(self) -> Weights:
        return self._adversary.start(jax.random.key(0), self._real)

    @property
    def _real(self) -> Any:
        return jnp.float64 if self._model.precision == "double" else jnp.float32

    def _terms(self, params: Params, key: jax.Array, measured: Weights) -> tuple[jax.Array, Terms]:
        return self._generator.terms(params, key, measured)

    def _step(self, state: State, seed: jax.Array, step: jax.Array, measured: Any = None) -> State:
        memory, critic, of_opponent = state.memory
        params, renews = {**unmasked(state.fixed), **state.trained}, self._generator.parameters.renews
        key = jax.random.fold_in(run_key(self._seed, seed, _OPPONENT), step)
        found = None if renews else self._generator.answers(params, self._adversary.queries)

        def move(number: jax.Array, carried: tuple[Weights, Any]) -> tuple[Weights, Any]:
            critic, memory = carried
            answers = self._renewed(params, jax.random.fold_in(key, number)) if found is None else found
            gradient = mesh.agreed(jax.grad(lambda weights: self._adversary.of_critic(answers, weights))(critic))
            updates, memory = self._opponent.update(gradient, memory, critic)
            return self._adversary.held(optax.apply_updates(critic, updates)), memory

        critic, of_opponent = jax.lax.fori_loop(0, self._rounds, move, (critic, of_opponent))
        moved = super()._step(state._replace(memory=memory), seed, step, critic)
        moved = moved._replace(memory=(moved.memory, critic, of_opponent))
        return choose(state.status == RUNNING, moved, state)

    def _renewed(self, params: Params, key: jax.Array) -> Mapping[Query, Any]:
        """The model's answers, latents drawn anew, as the critic meets them."""
        return self._generator.answers(self._generator.parameters.renewed(params, key), self._adversary.queries)
