"""Training by stages: some layers move along the gradient while others are held, bit for bit.

A. Skolik, J. R. McClean, M. Mohseni, P. van der Smagt, M. Leib, "Layerwise learning for quantum neural networks",
arXiv:2006.14904. Their first phase adds layers to a shallow circuit and trains the latest of them; the second trains
larger parts of the whole circuit in turns. See `qgl.check.settings.stages` for which layers are trained when.

`Masked` holds what a `stage` of a program does not move.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.check.settings.stages import Stages
from qgl.program.program import Program
from qgl.train.methods import Evaluate, Look, Method, Terms, choose
from qgl.train.trainable import Params

_MASK = "moved elements of "


class Memory(NamedTuple):
    """What the stages carry: steps done, the parameters as they were drawn, and the memory of the optimiser."""

    done: jax.Array
    drawn: Params
    inner: Any


class Staged:
    """`growing`, a method of `qgl.train.methods`, for some of the parameters at a time; it begins anew in each stage.

    last: the method of the last stage, which goes on to the end of the training; the same but for its schedules.
    """

    def __init__(self, stages: Stages, growing: Method, last: Method) -> None:
        self._stages, self._growing, self._last = stages, growing, last

    def initial(self, params: Params, loss: jax.Array, terms: Terms) -> Memory:
        drawn = {name: params[name] for name in self._stages.sizes}
        return Memory(jnp.zeros((), dtype=jnp.int32), drawn, self._growing.initial(params, loss, terms))

    def look(self, params: Params, memory: Memory, evaluate: Evaluate, idle: jax.Array) -> Look:
        """Sets the layers that are new to the stage to what they begin with, and looks at the trained ones."""
        stage, begins = self._stage(memory.done)
        params = choose(begins, self._begun(params, memory.drawn, stage), params)
        moves = self._moves(params, stage)

        def of_moving(point: Params) -> Any:
            seen, gradient = evaluate(point)
            return seen, _where(moves, gradient, jax.tree.map(jnp.zeros_like, gradient))

        (loss, terms), _ = jax.eval_shape(evaluate, params)
        fresh = self._growing.initial(params, jnp.zeros((), loss.dtype), _zeros(terms))
        look = self._growing.look(params, choose(begins, fresh, memory.inner), of_moving, idle)
        kept = _where(moves, look.params, params)
        return look._replace(
            params=kept, memory=memory._replace(inner=look.memory), may_plateau=stage >= self._stages.growing
        )

    def move(self, look: Look) -> tuple[Params, Memory]:
        """Moves the layers that the stage trains."""
        memory: Memory = look.memory
        stage, _ = self._stage(memory.done)
        inner = look._replace(memory=memory.inner)
        is_last = (self._stages.blocks == 1) & (stage >= self._stages.growing)
        params, after = choose(is_last, self._last.move(inner), self._growing.move(inner))
        moved = _where(self._moves(look.params, stage), params, look.params)
        return moved, Memory(memory.done + 1, memory.drawn, after)

    # ------------------------------------------------------------ parts

    def _stage(self, done: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The stage of a step, and whether it begins with it. The last one goes on if all layers are one block."""
        stages = self._stages
        stage, within = done // stages.steps, done % stages.steps
        if stages.blocks > 1:
            return stage, within == 0
        return jnp.minimum(stage, stages.growing), (within == 0) & (stage <= stages.growing)

    def _row(self, stage: jax.Array) -> jax.Array:
        """The row of the table that holds for a stage."""
        growing = self._stages.growing
        return jnp.where(stage < growing, stage, growing + (stage - growing) % self._stages.blocks)

    def _begun(self, params: Params, drawn: Params, stage: jax.Array) -> Params:
        reached = jnp.asarray(self._stages.reached)
        row = self._row(stage)
        before = jnp.where(stage == 0, 0, reached[jnp.maximum(row - 1, 0)])
        begun = dict(params)
        for name, start in drawn.items():
            layer = self._layer(name, start)
            to_come = jnp.where(self._stages.from_zero & (layer >= reached[row]), 0.0, start)
            begun[name] = jnp.where((layer < before) | (stage > self._stages.growing), params[name], to_come)
        return begun

    def _moves(self, params: Params, stage: jax.Array) -> dict[str, jax.Array]:
        """For each element, whether the stage trains it."""
        low, high = jnp.asarray(self._stages.bounds)[self._row(stage)]
        return {
            name: (self._layer(name, value) >= low) & (self._layer(name, value) < high)
            if name in self._stages.sizes
            else jnp.ones(value.shape, dtype=bool)
            for name, value in params.items()
        }

    def _layer(self, name: str, value: jax.Array) -> jax.Array:
        """The layer of each element of a parameter."""
        return (jnp.arange(value.size) // self._stages.sizes[name]).reshape(value.shape)


def held_masks(program: Program) -> dict[str, NDArray[np.bool_]]:
    """For each parameter of which a program moves some elements, which, under a name that no parameter has."""
    moved = (program.moved or {}).items()
    return {f"{_MASK}{name}": mask for name, mask in moved if mask.any() and not mask.all()}


def unmasked(fixed: Mapping[str, Any]) -> dict[str, Any]:
    """What is fixed, without the masks that `held_masks` names."""
    return {name: value for name, value in fixed.items() if not name.startswith(_MASK)}


class Masked:
    """`inner`, a method of `qgl.train.methods`, for the elements that `masks` let move; the gradient of others is 0."""

    def __init__(self, masks: Mapping[str, jax.Array], inner: Method) -> None:
        self._masks, self._inner = masks, inner

    @classmethod
    def of(cls, held: Mapping[str, jax.Array], inner: Method) -> Method:
        """The method for what the masks among `held` let move: `inner` itself where there are none."""
        masks = {name.removeprefix(_MASK): mask for name, mask in held.items() if name.startswith(_MASK)}
        return cls(masks, inner) if masks else inner

    def initial(self, params: Params, loss: jax.Array, terms: Terms) -> Any:
        """See `Method.initial`."""
        return self._inner.initial(params, loss, terms)

    def look(self, params: Params, memory: Any, evaluate: Evaluate, idle: jax.Array) -> Look:
        """See `Method.look`."""

        def of_moving(point: Params) -> Any:
            seen, gradient = evaluate(point)
            return seen, self._chosen(gradient, jax.tree.map(jnp.zeros_like, gradient))

        look = self._inner.look(params, memory, of_moving, idle)
        return look._replace(params=self._chosen(look.params, params))

    def move(self, look: Look) -> tuple[Params, Any]:
        """See `Method.move`."""
        params, memory = self._inner.move(look)
        return self._chosen(params, look.params), memory

    def _chosen(self, moved: Params, held: Params) -> Params:
        return {
            name: jnp.where(self._masks[name], value, held[name]) if name in self._masks else value
            for name, value in moved.items()
        }


def _zeros(shapes: Mapping[str, Any]) -> Terms:
    return {name: jnp.zeros(leaf.shape, leaf.dtype) for name, leaf in shapes.items()}


def _where(conditions: Mapping[str, jax.Array], yes: Params, no: Params) -> Params:
    return {name: jnp.where(conditions[name], yes[name], no[name]) for name in no}
