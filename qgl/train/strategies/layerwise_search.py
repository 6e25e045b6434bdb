"""The search of layer after layer: the `random` inputs of a layer are drawn many times, and the best draw is frozen.

Step k draws the inputs of layer k and judges each draw by the loss of the circuit that ends with this layer. The layers
before it are frozen, those after it are absent. Parameters that the program declares beside them stay as they are drawn
at the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.check.layers import Layers, layers_of
from qgl.check.program import TrainSettings
from qgl.diagnostics.model import QglError
from qgl.model import Model
from qgl.parameters import sample
from qgl.train.history import History
from qgl.train.methods import Terms
from qgl.train.stopping import PLATEAU, RUNNING
from qgl.train.strategies.candidates import judged, together
from qgl.train.strategies.common import Common, choose
from qgl.train.strategies.strategy import Record, State, Verdict
from qgl.train.trainable import Params, Trainable


class LayerwiseSearch(Common):
    """A step searches one layer. What is handed out are the patterns of the last layer that was searched.

    Raises:
        QglError: QGL0751, the program has no layers.
        ValueError: the model is no `qgl.Model`, or the strategy is not that of its program.
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings)
        if not isinstance(model, Model) or settings.strategy is None:
            raise ValueError("a search by layers needs a qgl.Model, and its settings")
        layers = layers_of(model.program)
        if not isinstance(layers, Layers):
            raise QglError([layers])
        self._whole, self.layers = model, layers
        self._draws: int = settings.strategy.arguments["draws"]
        self._laws = {each.name: each for each in model.program.parameters if each.name in layers.names}
        self._together = together(model, settings.seeds)
        self._stochastic = True  # the last circuit is handed out: losses of circuits of other lengths are not compared
        self._first: dict[int, Model] = {}
        self._steps: dict[int, Any] = {}

    @property
    def moves(self) -> Mapping[str, bool]:
        return {name: name in self._laws for name in self._model.trainable}

    def model_at(self, step: int) -> Model:
        """The circuit after so many steps: its layers that have been searched."""
        if step >= self.layers.count:
            return self._whole
        if step not in self._first:
            program = self._whole.program
            cut = replace(program, operations=program.operations[: self.layers.starts[step]])
            self._first[step] = Model(cut, precision=self._whole.precision)
        return self._first[step]

    def compile(self, state: State) -> State:
        """Nothing: each layer is compiled when it is searched."""
        return state

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """See `Strategy.advance`."""
        records = [_record(state)]
        for number in range(step, step + count):
            if not (np.asarray(state.status) == RUNNING).any():
                break
            state = self._compiled(min(number, self.layers.count))(state, self._seeds, np.int32(number))
            records.append(_record(state))
        return state, History(*jax.tree.map(lambda *rows: np.stack(rows)[1:], *records))

    def verdict(self, state: State, step: int) -> Verdict:
        """The patterns with the loss of the whole circuit; layers that were not reached are as they were drawn."""
        params = {**state.fixed, **state.kept}
        keys = jax.vmap(lambda seed: self._step_key(seed, jnp.int32(step)))(self._seeds)
        loss, terms = jax.jit(jax.vmap(self._model.terms))(params, keys)
        return Verdict(*jax.device_get((params, loss, terms)))

    def _compiled(self, layer: int) -> Any:
        if layer not in self._steps:

            def all_of(state: State, seeds: jax.Array, step: jax.Array) -> State:
                if len(seeds) == 1:  # in batches of one, XLA 0.10 crashes on some products
                    alone = self._search(jax.tree.map(lambda array: array[0], state), seeds[0], step, layer)
                    return jax.tree.map(lambda array: array[None], alone)  # type: ignore[no-any-return]
                after: State = jax.vmap(lambda one, seed: self._search(one, seed, step, layer))(state, seeds)
                return after

            self._steps[layer] = jax.jit(all_of)
        return self._steps[layer]

    def _search(self, state: State, seed: jax.Array, step: jax.Array, layer: int) -> State:
        if layer == self.layers.count:  # a run is asked for more steps than there are layers
            return state._replace(status=jnp.full_like(state.status, PLATEAU))
        own, drawn = jax.random.split(self._step_key(seed, step))
        model = self.model_at(layer + 1)

        def loss(candidate: Params) -> tuple[jax.Array, Terms]:
            return model.terms({**state.fixed, **candidate}, drawn)

        best = judged(loss, self._candidates(state.trained, own, layer), self._together).best()
        after = self._seen(state, best.params, best.loss, best.terms, None)
        return choose(state.status == RUNNING, after, state)  # type: ignore[no-any-return]

    def _candidates(self, params: Params, key: jax.Array, layer: Any) -> Params:
        """`params` as often as there are draws, each with other numbers for the layer."""
        found = {}
        for number, (name, declared) in enumerate(self._laws.items()):
            shape = (self._draws, *declared.shape[1:])
            rows = sample(declared.distribution, jax.random.fold_in(key, number), shape)
            repeated = jnp.broadcast_to(params[name], (self._draws, *declared.shape))
            found[name] = repeated.at[:, layer].set(rows)
        return found

    def _memory(self, trained: Params, loss: jax.Array, terms: Terms) -> Any:
        return ()


def _record(state: State) -> Record:
    record: Record = jax.tree.map(np.asarray, Record.of(state))
    return record
