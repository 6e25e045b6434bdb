"""The search of layer after layer: the `random` inputs of a layer are drawn many times, and the best draw is frozen.

Step k draws the inputs of layer k and judges each draw by the loss of the circuit that ends with this layer. The layers
before it are frozen, those after it are absent. Parameters that the program declares beside them stay as they are drawn
at the start. The state of the frozen layers is what a run remembers, so that a draw costs one layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.check.settings.layers import Layers, layers_of
from qgl.diagnostics.many_body import NotInLayers, StepsBeyondLayers
from qgl.diagnostics.model import QglError
from qgl.ir.circuit import Circuit
from qgl.kernels.state.layered import LayeredRunner
from qgl.model import Model
from qgl.objectives.terms import combined
from qgl.parameters import Bits, random_bits, sample
from qgl.plan.state.layered import NotLayeredError, layered
from qgl.program.calls import strategies
from qgl.program.program import TrainSettings
from qgl.query import reads_only_bits
from qgl.runs.seed_results import SeedResults
from qgl.runs.seed_status import PLATEAU, RUNNING
from qgl.train.methods import Terms, choose
from qgl.train.strategies.candidates import judged, together
from qgl.train.strategies.compiled import Compiled
from qgl.train.strategies.frozen import Frozen
from qgl.train.strategies.strategy import State
from qgl.train.trainable import Params, Trainable


class LayerwiseSearch(Compiled):
    """A step searches one layer. What is handed out are the patterns of the last layer that was searched.

    The memory holds the state of the layers so far as the losses need it and, where training watches reports, as these
    do: of all declared qubits, in the order visible, hidden.

    Raises:
        QglError: the program has no layers (QGL0751), or fewer than steps (QGL0752).
        ValueError: the model is no `qgl.Model`, or the settings name another strategy.
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings, devices)
        if not isinstance(model, Model) or not isinstance(settings.strategy, strategies.LayerwiseSearch):
            raise ValueError("a search by layers needs a qgl.Model, and settings that name it")
        layers = layers_of(model.program)
        if not isinstance(layers, Layers):
            raise QglError([layers])
        if settings.steps > layers.count:
            raise QglError([StepsBeyondLayers(settings.span, settings.steps, layers.count)])
        self._whole, self._layers = model, layers
        self._draws = settings.strategy.draws
        self._distributions = {each.name: each for each in model.program.parameters if each.name in layers.names}
        self._together = together(model, settings.seeds)
        self._stochastic = True  # what comes last is handed out: losses of circuits of other lengths do not compare
        queries = [query for term in model.objectives for query in term.objective.queries]
        self._runners = {"loss": self._runner(model.circuit, all(map(reads_only_bits, queries)))}
        if settings.watched:
            self._runners["watched"] = self._runner(model.circuit.with_hidden_read, False)
        self._frozen: Frozen | None = None

    def _runner(self, circuit: Circuit, bits_only: bool) -> LayeredRunner:
        try:
            return LayeredRunner(layered(circuit, self._layers.names, bits_only))
        except NotLayeredError as refusal:
            raise QglError([NotInLayers(self._whole.program.train.span, str(refusal))]) from None

    @property
    def moves(self) -> Mapping[str, bool]:
        """See `Common.moves`."""
        return {name: name in self._distributions for name in self._model.trainable}

    def model_of(self, state: State, seed: int, step: int) -> Trainable:
        """The circuit of the layers so far."""
        held = jax.tree.map(np.asarray, state.memory)["watched"][seed]
        self._frozen = Frozen(self._whole, self._runners["watched"], step, held[0] + 1j * held[1], self._frozen)
        return self._frozen

    def results(self, state: State, step: int) -> SeedResults:
        """The patterns with the loss of the whole circuit; layers that were not reached are as they were drawn."""
        params = {**state.fixed, **state.kept}
        if step >= self._layers.count:
            return SeedResults(*jax.device_get((params, state.kept_loss, state.kept_terms)))
        losses = []
        for seed in self._seeds:
            key = self._step_key(seed, jnp.int32(step))
            losses.append(jax.jit(self._model.terms)({name: value[seed] for name, value in params.items()}, key))
        loss, terms = jax.tree.map(lambda *rows: np.stack(rows), *losses)
        return SeedResults(jax.device_get(params), loss, terms)

    # ------------------------------------------------------------ one seed

    def _memory(self, trained: Params, loss: jax.Array, terms: Terms) -> Any:
        return {}

    def _initial(self, seed: jax.Array, start: Params | Bits | None) -> State:
        state = super()._initial(seed, start)
        inputs = self._inputs({**state.fixed, **state.trained})
        return state._replace(memory={use: _split(one.start(inputs)) for use, one in self._runners.items()})

    def _step(self, state: State, seed: jax.Array, step: jax.Array) -> State:
        own, drawn = jax.random.split(self._step_key(seed, step))

        def loss(candidate: Params) -> tuple[jax.Array, Terms]:
            return self._loss(step, self._inputs({**state.fixed, **candidate}), state, drawn)

        best = judged(loss, self._candidates(state.trained, own, step), self._together).best()
        inputs = self._inputs({**state.fixed, **best.params})
        memory = {use: _split(self._after(use, state, inputs, step)) for use in self._runners}
        after = self._seen(state, best.params, best.loss, best.terms, None)._replace(memory=memory)
        ended = state._replace(status=jnp.full_like(state.status, PLATEAU))  # a run is asked for more steps than layers
        after = choose(step < self._layers.count, after, ended)
        return choose(state.status == RUNNING, after, state)

    def _candidates(self, params: Params, key: jax.Array, layer: Any) -> Params:
        """`params` as often as there are draws, each with other numbers for the layer."""
        candidates = {}
        for number, (name, declared) in enumerate(self._distributions.items()):
            shape = (self._draws, *declared.shape[1:])
            rows = sample(declared.distribution, random_bits(key, number, shape), shape)
            repeated = jnp.broadcast_to(params[name], (self._draws, *declared.shape))
            candidates[name] = repeated.at[:, layer].set(rows)
        return candidates

    def _inputs(self, params: Params) -> jax.Array:
        inputs: jax.Array = self._whole.parameters.inputs(params, None, jnp.zeros(()).dtype)[0]
        return inputs

    def _after(self, use: str, state: State, inputs: jax.Array, layer: Any) -> jax.Array:
        """The state after a layer."""
        before = state.memory[use]
        return self._runners[use].step(layer, inputs, before[0] + 1j * before[1])

    def _loss(self, layer: Any, inputs: jax.Array, state: State, key: jax.Array) -> tuple[jax.Array, Terms]:
        """The loss of the circuit that ends with `layer`, from the memory of those before it."""
        reached = self._after("loss", state, inputs, layer)

        def ask(queries: Any, conditions: Any, key: jax.Array | None, given: Any) -> Mapping[Any, Any]:
            asked = {query: (given or {}).get(query) for query in queries}
            return self._runners["loss"].answers(layer + 1, inputs, reached, asked, key)

        return combined(self._whole.objectives, ask, key, jnp.zeros(()).dtype)


def _split(state: jax.Array) -> jax.Array:
    """A state as real and imaginary part, as a checkpoint holds it, shape (2, states)."""
    return jnp.stack([state.real, state.imag])
