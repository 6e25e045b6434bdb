"""A state goes through a table of steps in one loop.

In reverse mode the loop runs backwards and un-applies the steps, so that memory is that of a few states. Cotangents
follow JAX: for y = U x the cotangent of x is U^T times that of y.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.kernels.arrays import product, row_of, squared
from qgl.kernels.pauli_words import apply_pauli_word, flip, index, walsh
from qgl.kernels.rounding import perturbed
from qgl.kernels.state.evolution import Hamiltonian, evolve, pull_back
from qgl.kernels.state.transpositions import Mover
from qgl.plan.state.tables import BLOCK, DIAGONAL, EVOLVE, MASKED, PAULI, RESET, Indices, Tables

Parameters = dict[str, jax.Array]
Row = dict[str, jax.Array]


_NAMES = {
    BLOCK: ("block",),
    MASKED: ("block",),
    PAULI: ("pauli",),
    DIAGONAL: ("diagonal",),
    EVOLVE: ("evolve", "time"),
    RESET: ("draw",),
}


class _Kernel:
    """Forward and backward rules of each kind of step of one program."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.mover = Mover(tables.steps.moves)
        self.rows = 2**tables.products.width
        self.size = 2**tables.axes
        self.kinds = [int(kind) for kind in np.unique(tables.steps.kind)]
        steps = tables.steps
        self.columns: dict[str, NDArray[np.int32]] = {
            "kind": np.searchsorted(self.kinds, steps.kind).astype(np.int32),
            "row": steps.row,
            "move": steps.move,
            "mask": steps.mask,
        }

    def positions(self, name: str) -> Indices:
        """Positions of the steps that take rows of `name`; the rows count up from 0."""
        return self.tables.steps.positions(*(kind for kind, names in _NAMES.items() if name in names))

    def forward(self, kind: int, row: Row, step: Row, state: jax.Array) -> jax.Array:
        if kind in (BLOCK, MASKED):
            return self._block(kind, row["block"], step, state)
        if kind == RESET:
            return self._reset(row["draw"], step["mask"], state)
        number = step["row"]
        if kind == PAULI:
            return self._pauli_word(number, row["pauli"], state)
        if kind == DIAGONAL:
            return state * jnp.exp(1j * self._phases(number, row["diagonal"]))
        return evolve(self._hamiltonian(number), row["evolve"], row["time"], state)

    def _block(self, kind: int, matrix: jax.Array, step: Row, state: jax.Array) -> jax.Array:
        moved = self.mover.apply(step["move"], state).reshape(self.rows, -1)
        applied = product(moved, matrix, (0, 1)).reshape(-1)
        return self._masked(step, applied, moved.T.reshape(-1)) if kind == MASKED else applied

    def _masked(self, step: Row, changed: jax.Array, unchanged: jax.Array) -> jax.Array:
        mask = step["mask"]
        return jnp.where(index(self.size) & mask == mask, changed, unchanged)

    def _pauli_word(self, number: jax.Array, angle: jax.Array, state: jax.Array) -> jax.Array:
        table = self.tables.pauli_words
        x, z, ys, controls = (
            row_of(jnp.asarray(column), number)
            for column in (table.pauli_words.x, table.pauli_words.z, table.pauli_words.ys, table.controls)
        )
        rotated = jnp.cos(angle) * state + 1j * jnp.sin(angle) * apply_pauli_word(state, x, z, ys)
        return jnp.where(index(self.size) & controls == controls, rotated, state)

    def _reset(self, draw: jax.Array, mask: jax.Array, state: jax.Array) -> jax.Array:
        """The bit `mask` has the outcome that the uniform number `draw` picks, and is put to 0.

        The norm stays what it was, but its derivative is kept: it is that of the outcome's log probability.
        """
        one = index(self.size) & mask != 0
        weights = lax.stop_gradient(squared(state))
        ones, zeros = jnp.sum(jnp.where(one, weights, 0)), jnp.sum(jnp.where(one, 0, weights))
        picked = draw * (zeros + ones) < ones
        tiny = float(np.finfo(weights.dtype).tiny)
        scale = jnp.sqrt((zeros + ones) / jnp.maximum(jnp.where(picked, ones, zeros), tiny))
        return jnp.where(one, 0, jnp.where(picked, flip(state, mask), state)) * scale

    def _phases(self, number: jax.Array, angles: jax.Array) -> jax.Array:
        masks = row_of(jnp.asarray(self.tables.diagonals.z), number)
        return walsh(jnp.zeros(self.size, angles.dtype).at[masks].add(angles))

    def _hamiltonian(self, number: jax.Array) -> Hamiltonian:
        table = self.tables.evolutions
        x, z, ys = (
            row_of(jnp.asarray(column), number)
            for column in (table.pauli_words.x, table.pauli_words.z, table.pauli_words.ys)
        )
        return Hamiltonian(
            row_of(jnp.asarray(table.diagonal), number), x, z, ys, row_of(jnp.asarray(table.controls), number)
        )

    def backward(
        self, kind: int, row: Row, step: Row, state: jax.Array, gradient: jax.Array
    ) -> tuple[jax.Array, jax.Array, Row]:
        """From the state after a step and its cotangent: both before the step, and the cotangent of `row`."""
        if kind == BLOCK:
            return self._block_backward(row["block"], step, state, gradient)
        if kind == DIAGONAL:
            return self._diagonal_backward(row["diagonal"], step, state, gradient)
        if kind == EVOLVE:
            hamiltonian = self._hamiltonian(step["row"])
            before, cotangent, (coefficients, time) = pull_back(
                hamiltonian, row["evolve"], row["time"], state, gradient
            )
            return before, cotangent, {"evolve": coefficients, "time": time}
        if kind == MASKED:
            before = self._unmask(row["block"], step, state)
        else:
            before = self.forward(kind, {name: -angle for name, angle in row.items()}, step, state)
        _, pull = jax.vjp(lambda r, s: self.forward(kind, r, step, s), row, before)
        row_gradient, state_gradient = pull(gradient)
        return before, state_gradient, row_gradient

    def _diagonal_backward(
        self, angles: jax.Array, step: Row, state: jax.Array, gradient: jax.Array
    ) -> tuple[jax.Array, jax.Array, Row]:
        phase = jnp.exp(1j * self._phases(step["row"], angles))
        cotangents = walsh(-(gradient * state).imag)
        masks = row_of(jnp.asarray(self.tables.diagonals.z), step["row"])
        return state * phase.conj(), gradient * phase, {"diagonal": cotangents[masks]}

    def _unmask(self, matrix: jax.Array, step: Row, state: jax.Array) -> jax.Array:
        after = state.reshape(-1, self.rows)
        undone = product(after, matrix.conj(), (1, 0))
        before = self._masked(step, undone.reshape(-1), state).reshape(after.shape).T.reshape(-1)
        return self.mover.undo(step["move"], before)

    def _block_backward(
        self, matrix: jax.Array, step: Row, state: jax.Array, gradient: jax.Array
    ) -> tuple[jax.Array, jax.Array, Row]:
        after, cotangent = state.reshape(-1, self.rows), gradient.reshape(-1, self.rows)
        before = product(matrix.conj(), after, (0, 1))
        cotangent_before = product(matrix, cotangent, (0, 1))
        matrix_gradient = product(cotangent, before, (0, 1))
        undo = partial(self.mover.undo, step["move"])
        return undo(before.reshape(-1)), undo(cotangent_before.reshape(-1)), {"block": matrix_gradient}

    def dispatch(self, branch: Any, parameters: Parameters, step: Row, *operands: jax.Array) -> Any:
        """Calls `branch(kind, row, step, *operands)` for the kind of a step."""

        def call(kind: int) -> Any:
            def run_branch(step: Row, operands: tuple[jax.Array, ...]) -> Any:
                row = {name: row_of(parameters[name], step["row"]) for name in _NAMES[kind]}
                return branch(kind, row, step, *operands)

            return run_branch

        if len(self.kinds) == 1:
            return call(self.kinds[0])(step, operands)
        return lax.switch(step["kind"], [call(kind) for kind in self.kinds], step, operands)


def parameters_of(tables: Tables, blocks: jax.Array, numbers: jax.Array) -> Parameters:
    """What the steps take from the inputs: block matrices, angles, coefficients, times. `draw` comes from elsewhere.

    blocks: shape (blocks, K, K). numbers: shape (numbers,). A field has a first axis of the steps of its kind.

    Equal numbers are one number of the table, and are perturbed apart here, where each has its own part in a sum.
    """
    return {
        "block": blocks,
        "pauli": perturbed(numbers[tables.pauli_words.angles]),
        "diagonal": perturbed(numbers[tables.diagonals.angles]),
        "evolve": perturbed(numbers[tables.evolutions.coefficients]),
        "time": numbers[tables.evolutions.times],
    }


def runner(tables: Tables) -> Callable[[Parameters, jax.Array], jax.Array]:
    """The function of (parameters, state) that applies all steps.

    The state has shape (2^axes,), in the first layout before and in the last one after.
    """
    if not len(tables.steps.kind):
        return lambda parameters, state: state
    kernel = _Kernel(tables)
    return _unapplying(kernel) if tables.unitary else _checkpointed(kernel)


def _unapplying(kernel: _Kernel) -> Callable[[Parameters, jax.Array], jax.Array]:
    """Reverse mode undoes the steps; they must be unitary."""

    def forward(parameters: Parameters, state: jax.Array) -> jax.Array:
        def body(state: jax.Array, step: Row) -> tuple[jax.Array, None]:
            return kernel.dispatch(kernel.forward, parameters, step, state), None

        return lax.scan(body, state, _traced(kernel.columns))[0]

    def backward(kept: tuple[Parameters, jax.Array], gradient: jax.Array) -> tuple[Parameters, jax.Array]:
        parameters, final = kept
        names = sorted({name for kind in kernel.kinds for name in _NAMES[kind]})
        zeros = {name: jnp.zeros(parameters[name].shape[1:], parameters[name].dtype) for name in names}

        def branch(kind: int, row: Row, step: Row, state: jax.Array, gradient: jax.Array) -> Any:
            before, cotangent, row_gradient = kernel.backward(kind, row, step, state, gradient)
            return before, cotangent, zeros | row_gradient

        def body(carry: tuple[jax.Array, jax.Array], step: Row) -> tuple[tuple[jax.Array, jax.Array], Row]:
            before, cotangent, rows = kernel.dispatch(branch, parameters, step, *carry)
            return (before, cotangent), rows

        (_, cotangent), rows = lax.scan(body, (final, gradient), _traced(kernel.columns), reverse=True)
        gradients = {name: jnp.zeros_like(values) for name, values in parameters.items()}
        for name in names:
            gradients[name] = rows[name][kernel.positions(name)]
        return gradients, cotangent

    def keep(parameters: Parameters, state: jax.Array) -> tuple[jax.Array, tuple[Parameters, jax.Array]]:
        final = forward(parameters, state)
        return final, (parameters, final)

    run = jax.custom_vjp(forward)
    run.defvjp(keep, backward)
    return run


def _traced(columns: dict[str, NDArray[np.int32]]) -> Row:
    return {name: jnp.asarray(column) for name, column in columns.items()}


def _checkpointed(kernel: _Kernel) -> Callable[[Parameters, jax.Array], jax.Array]:
    """Reverse mode keeps about 2 sqrt(steps) states: the loop is cut into chunks, each computed again when needed."""
    steps = len(kernel.tables.steps.kind)
    length = math.isqrt(steps - 1) + 1
    chunks = -(-steps // length)
    real = np.arange(chunks * length) < steps
    columns = {
        name: np.pad(column, (0, chunks * length - steps)).reshape(chunks, length)
        for name, column in kernel.columns.items()
    }

    def run(parameters: Parameters, state: jax.Array) -> jax.Array:
        def body(state: jax.Array, xs: tuple[Row, jax.Array]) -> tuple[jax.Array, None]:
            step, wanted = xs
            return jnp.where(wanted, kernel.dispatch(kernel.forward, parameters, step, state), state), None

        def chunk(state: jax.Array, xs: tuple[Row, jax.Array]) -> tuple[jax.Array, None]:
            return lax.scan(body, state, xs)

        return lax.scan(jax.checkpoint(chunk), state, (columns, real.reshape(chunks, length)))[0]

    return run
