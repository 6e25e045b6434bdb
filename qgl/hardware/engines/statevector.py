"""The engine `statevector`: qgl's own simulator, by the cheapest method that the planner finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np

from qgl import compiler
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Strings, Task
from qgl.ir.circuit import Circuit
from qgl.kernels.devices.memory import device_limit
from qgl.kernels.simulator import Simulator
from qgl.query import Samples

Draw = Callable[[jax.Array, jax.Array], jax.Array]

_BITS = 2**22  # of the strings that are drawn at once
_MOST = 2**18  # strings that are drawn at once
_ANSWER_BITS = 2**28  # of the strings of all rows, where these come in one call
_CIRCUITS = 8  # kept compiled


class StateVector:
    """Answers any task whose circuit the planner can sample, in single precision. It takes no count of qubits."""

    name = "statevector"

    def __init__(self) -> None:
        self._prepared = lru_cache(_CIRCUITS)(_prepared)

    def samples(self, task: Task) -> list[Strings]:
        """Strings of each row; see `Engine.samples`.

        Raises:
            QglError: QGL0810, not even one string fits into memory.
        """
        most = min(_MOST, max(1, _BITS // task.width))
        largest = max(task.shots)
        even = min(task.shots) == largest
        # rows of many lengths share one compiled program
        ready = self._prepared(task.circuit, min(most, largest if even else 1 << (largest - 1).bit_length()))
        draw, block = ready.draw, ready.block
        key = jax.random.key(task.seed, impl="threefry2x32")
        if even and block == largest and 1 < len(task.shots) <= _ANSWER_BITS // (largest * task.width):
            keys = jax.vmap(lambda row: jax.random.fold_in(jax.random.fold_in(key, row), 0))(np.arange(len(task.shots)))
            return list(np.asarray(ready.every(jnp.asarray(task.inputs, jnp.float32), keys)))
        samples = []
        for row, shots in enumerate(task.shots):
            inputs, own = jnp.asarray(task.inputs[row], jnp.float32), jax.random.fold_in(key, row)
            parts = [draw(inputs, jax.random.fold_in(own, part)) for part in range(-(-shots // block))]
            samples.append(np.concatenate([np.asarray(part, np.uint8) for part in parts])[:shots])
        return samples


@dataclass(frozen=True)
class Prepared:
    """Compiled for one circuit.

    block  how many strings are drawn at once
    draw   a block of them from inputs, shape (inputs,), and a key
    every  a block for each row of inputs, shape (rows, inputs), with a key for each
    """

    block: int
    draw: Draw
    every: Draw


def _prepared(circuit: Circuit, block: int) -> Prepared:
    """What draws `block` strings at once, or half of them, and so on, until they fit into memory.

    Raises:
        QglError: not even one does.
    """
    planner = compiler.planner(circuit, "single", device_limit())
    plan = None
    while plan is None:
        query = Samples(block)
        try:
            plan = planner.plan((query,))
        except QglError:
            if block == 1:
                raise
            block //= 2
    simulator = Simulator(plan)

    def draw(inputs: jax.Array, key: jax.Array) -> jax.Array:
        strings: jax.Array = simulator.answer(inputs, query, key)
        return strings

    every = jax.jit(lambda inputs, keys: jax.lax.map(lambda row: draw(*row), (inputs, keys)))
    return Prepared(block, jax.jit(draw), every)
