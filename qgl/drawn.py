"""Ensembles whose kept outcomes are drawn before a cut (`qgl.ir.cut`): the states that enter, and what comes of them.

The states are drawn on the host, by NumPy and in double precision, from parameters that are numbers: so they are the
same in every session of a run. What a compiled function needs of them, it is handed beside the parameters, under names
that no parameter has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qgl.data.processes.batch import Batch, keeps_pure
from qgl.data.processes.draws import value_of
from qgl.expression import Input
from qgl.ir.cut import Cut, cut_of
from qgl.mixture import one_by_one
from qgl.parameters import Parameters, Params
from qgl.program.program import Program
from qgl.query import Elements, Query

Array = jax.Array
STATES = "states that enter"
PLACES = "places of inputs"
_OUTCOMES = 0x6F7574  # apart from other draws of the same seed


def apart(params: Params) -> tuple[Params, dict[str, Any]]:
    """Parameters, and what is held beside them: that is named in several words."""
    held = {name: value for name, value in params.items() if " " in name}
    return {name: value for name, value in params.items() if name not in held}, held


@dataclass(frozen=True, eq=False)
class Drawing:
    """How the states that enter are drawn, and what is made of them, for the parameters of one program."""

    cut: Cut
    parameters: Parameters

    @classmethod
    def of(cls, program: Program, parameters: Parameters) -> Drawing | None:
        """None if the program keeps no outcomes that may be drawn."""
        cut = cut_of(program)
        return None if cut is None else cls(cut, parameters)

    @property
    def is_pure(self) -> bool:
        """Whether the states that enter are pure."""
        return keeps_pure(self.cut.before)

    @property
    def form(self) -> Any:
        """What two drawings have the same of if what is compiled for one serves the other."""
        return self.cut.form, self.is_pure, len(self.parameters.weights)

    def blank(self) -> dict[str, NDArray[Any]]:
        """Arrays of the shapes and types of `held`."""
        size = 2**self.cut.qubits
        shape = (len(self.parameters.weights), size, *([] if self.is_pure else [size]), 2)
        return {STATES: np.zeros(shape), PLACES: self._places}

    def held(self, params: Mapping[str, ArrayLike], entropy: tuple[int, ...]) -> dict[str, NDArray[Any]]:
        """The states that enter, their real and imaginary parts, shape (elements, 2^n, 2) or (elements, 2^n, 2^n, 2),
        and the places of the inputs of what follows among those of the program, shape (inputs,).

        Args:
            params: as those of a model.
            entropy: what outcomes are drawn by.

        Raises:
            ValueError: parameters are traced, and have no numbers yet.
        """
        if any(isinstance(value, jax.core.Tracer) for value in params.values()):
            raise ValueError("outcomes are drawn by parameters that are numbers: use `value_and_grad`, not jax.grad")
        condition = np.zeros(self.parameters.condition_width) if self.parameters.condition_width else None
        rows = np.asarray(self.parameters.inputs(dict(params), condition, jnp.result_type(float)), np.float64)  # type: ignore[arg-type]
        varying = np.any(rows != rows[:1], axis=0)
        first = self._first

        def of(atom: Input) -> NDArray[np.float64]:
            place = first[atom.parameter] + atom.element
            return rows[:, place] if varying[place] else rows[0, place]

        size = 2**self.cut.qubits
        start = np.zeros((len(rows), size) if self.is_pure else (len(rows), size, size), np.complex128)
        start.reshape(len(rows), -1)[:, 0] = 1
        rng = np.random.default_rng([*entropy, _OUTCOMES])
        batch = Batch(start, not self.is_pure, rng, lambda number: value_of(number, of))
        batch.run(self.cut.before)
        states = batch.states()
        return {STATES: np.stack([states.real, states.imag], axis=-1), PLACES: self._places}

    def answer(
        self,
        ask: Callable[[Array, Array | None], Mapping[Query, Any]],
        inputs: Array,
        weights: Array,
        held: Mapping[str, Array],
    ) -> Array:
        """The elements (`qgl.query.Elements`) of a mixture with `weights`, shape (rows,).

        Args:
            ask: the answers of the part behind the cut, from its inputs.
            inputs: of the program, shape (rows, inputs).
            weights: of the rows.
            held: what `held` gives.
        """
        query = Elements(self.cut.labels)
        own = inputs[:, held[PLACES]]
        if self.cut.varies:
            found = one_by_one(lambda row: ask(row, None), own, (query,))[query]
        else:
            found = ask(own[0], None)[query][None]
        real, imaginary = jnp.moveaxis(held[STATES].astype(inputs.dtype), -1, 0)
        return _acted(found, real + 1j * imaginary, weights)

    @property
    def _first(self) -> NDArray[np.int64]:
        sizes = [each.size for each in self.parameters.declared]
        return np.cumsum([0, *sizes])[:-1]

    @property
    def _places(self) -> NDArray[np.int32]:
        first = self._first
        return np.array([first[atom.parameter] + atom.element for atom in self.cut.inputs], np.int32)


def _acted(found: Array, states: Array, weights: Array) -> Array:
    """What maps make of states.

    Args:
        found: of each state or of all of them, and for each label, what becomes of half of normalised Bell pairs: shape
            (states or 1, labels, V * D), or (states or 1, labels, V * D, V * D).
        states: shape (states, D) or (states, D, D).
        weights: shape (states,).
    """
    size = states.shape[1]
    every = "b" if found.shape[0] > 1 else "z"  # an axis of 1, which is summed over
    split = (*found.shape[:2], found.shape[2] // size, size)
    if found.ndim == 3:
        maps = found.reshape(split) * np.sqrt(size)
        factors = weights.astype(states.dtype)
        if states.ndim == 2:
            scaled = states * jnp.sqrt(factors)[:, None]
            elements = jnp.einsum(f"{every}lxi,bi->blx", maps, scaled, precision="highest")
        else:
            scaled = states * factors[:, None, None]
            operands = maps, scaled, maps.conj()
            elements = jnp.einsum(f"{every}lxi,bij,{every}lyj->blxy", *operands, precision="highest")
    else:
        maps = found.reshape(*split, *split[2:]) * size
        mixed = states if states.ndim == 3 else states[:, :, None] * states[:, None].conj()
        scaled = mixed * weights.astype(states.dtype)[:, None, None]
        elements = jnp.einsum(f"{every}lxiyj,bij->blxy", maps, scaled, precision="highest")
    return elements.reshape(-1, *elements.shape[2:])
