"""A model that is asked about a state which is held, rather than one that its circuit makes of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
from jax.typing import ArrayLike

from qgl.kernels.final_state import Vector, read
from qgl.model import Model
from qgl.parameters import Params
from qgl.query import Query, support

_STATE = "state that is held"  # no name of a parameter: it has spaces


class Frozen(Model):
    """Answers of a pure state of all declared qubits, visible ones first; those of one program are compiled once.

    Its parameters are not looked at.
    """

    def __init__(self, model: Model, state: ArrayLike, alike: Frozen | None = None) -> None:
        super().__init__(model.program, precision=model.precision)
        self._state = state
        if alike is not None:
            self._compiled = alike._compiled  # what is compiled takes the state as an argument

    def answers(self, params: Params, *asked: Any, **more: Any) -> dict[Query, Any]:
        """See `Model.answers`."""
        return super().answers({**params, _STATE: jax.numpy.asarray(self._state)}, *asked, **more)

    def _checked(
        self, params: Params, condition: ArrayLike | None, key: jax.Array | None
    ) -> tuple[Params, jax.Array | None, jax.Array | None]:
        """The state goes past what is held against the program's declarations: it is none of its parameters."""
        declared = {name: value for name, value in params.items() if name != _STATE}
        checked, condition, key = super()._checked(declared, condition, key)
        return {**checked, _STATE: params[_STATE]}, condition, key

    def _answers(
        self,
        params: Params,
        queries: tuple[Query, ...],
        condition: ArrayLike | None,
        key: jax.Array | None,
        given: Mapping[Query, jax.Array],
    ) -> dict[Query, Any]:
        answers = {}
        for query in queries:
            beyond = max(support(query, self.width), default=0) >= self.width
            bits = len(self.program.hidden) * beyond + self.width
            answers[query] = read(Vector(params[_STATE].reshape(2**bits, -1)), query, given.get(query), key)
        return answers
