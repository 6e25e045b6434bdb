"""A model that is asked about a state which is held, rather than one that its circuit makes of the parameters."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from qgl.kernels.final_state import Vector, read
from qgl.kernels.rounding import without_remainders
from qgl.kernels.runner import GivenArrays
from qgl.kernels.simulator import Simulator
from qgl.kernels.state.layered import LayeredRunner
from qgl.model import Model
from qgl.parameters import Params
from qgl.query import Query, support
from qgl.replies import Replies

_STATE, _LAYERS = "state that is held", "layers that made it"  # no names of parameters: they have spaces


class Frozen(Model):
    """Answers of a pure state of all declared qubits, visible ones first; those of one program are compiled once.

    runner: makes the state of the parameters by the first `layers` layers. It is run only to tell what rounding made
    of a probability.
    """

    def __init__(
        self, model: Model, runner: LayeredRunner, layers: int, state: ArrayLike, alike: Frozen | None = None
    ) -> None:
        super().__init__(model.program, precision=model.precision)
        self._runner, self._held = runner, {_STATE: state, _LAYERS: layers}
        if alike is not None:
            self._compiled = alike._compiled  # what is compiled takes the state as an argument

    def answers(self, params: Params, *queries: Any, **more: Any) -> dict[Query, Any]:
        """See `Model.answers`."""
        return super().answers({**params, **jax.tree.map(jnp.asarray, self._held)}, *queries, **more)

    def _checked(
        self, params: Params, condition: ArrayLike | None, key: jax.Array | None
    ) -> tuple[Params, jax.Array | None, jax.Array | None]:
        """The state goes past what is held against the program's declarations: it is none of its parameters."""
        declared = {name: value for name, value in params.items() if name not in self._held}
        checked, condition, key = super()._checked(declared, condition, key)
        return {**checked, **{name: params[name] for name in self._held}}, condition, key

    @functools.cached_property
    def _replies(self) -> Replies:
        return _Replies(self.readings, self.parameters, self._real, self._runner, self.width, len(self.program.hidden))


@dataclass(frozen=True, eq=False)
class _Replies(Replies):
    """Answers that are read from the state among the parameters; `visible` and `hidden` are how many qubits it has."""

    runner: LayeredRunner
    visible: int
    hidden: int

    def of(
        self,
        params: Params,
        queries: tuple[Query, ...],
        condition: ArrayLike | None,
        key: jax.Array | None,
        given: Mapping[Query, jax.Array],
        simulators: Sequence[Simulator] | None = None,
    ) -> dict[Query, Any]:
        """See `Replies.of`."""
        arrays = {query: given.get(query) for query in queries}

        def again(known: tuple[jax.Array, jax.Array], strings: GivenArrays) -> dict[Query, Any]:
            return self._read(self.runner.reached(*known), strings, None)

        declared = {name: value for name, value in params.items() if name not in (_STATE, _LAYERS)}
        inputs = self.parameters.inputs(declared, None, params[_STATE].real.dtype)[0]
        answers = self._read(params[_STATE], arrays, key)
        return without_remainders(answers, arrays, again, (params[_LAYERS], inputs))

    def _read(self, state: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        answers = {}
        for query, array in queries.items():
            beyond = max(support(query, self.visible), default=0) >= self.visible
            bits = self.hidden * beyond + self.visible
            answers[query] = read(Vector(state.reshape(2**bits, -1)), query, array, key)
        return answers
