"""A state of a sector goes through its steps, any stretch of them, in one loop.

In reverse mode the loop runs backwards and un-applies the steps, so that memory is that of a few states. Cotangents
follow JAX: for y = U x the cotangent of x is U^T times that of y. States and cotangents have shape (D,), the number of
an operation within its group shape ().
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import complex_like, row_of, take
from qgl.kernels.expressions import evaluate
from qgl.kernels.matrices import pool_entries
from qgl.kernels.state.chebyshev import Exponential
from qgl.plan.sectors.tables import Evolutions, Group, Indices, Mixes, Phases, SectorTables

AT_ONCE = 1 << 13  # partners that are looked up together; more would not stay in the cache
Row = dict[str, jax.Array]  # what one operation takes from the inputs
Parameters = tuple[Row, ...]  # for each group, with a first axis of its operations


class Kernel(Protocol):
    """How the operations of a group are run and un-run."""

    def parameters(self, numbers: jax.Array, entries: jax.Array) -> Row:
        """What the operations of the group take from `numbers`, shape (numbers,), and from the pool, shape (entries,):
        arrays with a first axis of operations.
        """
        ...

    def forward(self, row: Row, number: jax.Array, state: jax.Array) -> jax.Array:
        """The state, shape (D,), after operation `number` of the group, which takes `row`."""
        ...

    def backward(
        self, row: Row, number: jax.Array, state: jax.Array, gradient: jax.Array
    ) -> tuple[jax.Array, jax.Array, Row]:
        """From the state after an operation and its cotangent, shapes (D,): both before, and the cotangent of `row`."""
        ...


def _of(table: Any, number: jax.Array | int) -> jax.Array:
    """One row of a table; where there is one row only, without looking."""
    return jnp.asarray(table[0]) if len(table) == 1 else row_of(jnp.asarray(table), number)


def _weighted(weights: jax.Array, signs: jax.Array, of: Callable[[jax.Array], jax.Array] = jnp.positive) -> jax.Array:
    """The sum over k of weights[k] of(signs[k]), shape (D,), of signs of shape (k, D); as numbers they take four times
    as much, so that large ones are converted row by row.
    """
    if signs.size <= AT_ONCE:
        return weights @ of(signs).astype(weights.dtype)

    def body(k: jax.Array, total: jax.Array) -> jax.Array:
        return total + weights[k] * of(signs[k]).astype(weights.dtype)

    result: jax.Array = lax.fori_loop(0, len(weights), body, jnp.zeros(signs.shape[1], weights.dtype))
    return result


def _inner_products(signs: jax.Array, numbers: jax.Array) -> jax.Array:
    """The sum over y of signs[k, y] numbers[y] for each k."""
    if signs.size <= AT_ONCE:
        return signs.astype(numbers.dtype) @ numbers
    result: jax.Array = lax.map(lambda row: jnp.sum(row.astype(numbers.dtype) * numbers), signs)
    return result


# ---------------------------------------------------------------- evolutions


class _Hamiltonian(NamedTuple):
    """A Hamiltonian, or its scaled form: energies, shape (D,), and off-diagonal entries with their amplitudes, shape
    (off_diagonals,).
    """

    gather: jax.Array
    sign: jax.Array
    phase: jax.Array
    energies: jax.Array
    amplitudes: jax.Array

    def __call__(self, state: jax.Array) -> jax.Array:
        weights = self.amplitudes * self.phase
        if self.sign.size <= AT_ONCE:
            off_diagonal = jnp.sum((weights[:, None] * self.sign) * take(state, self.gather), axis=0)
            return self.energies * state + off_diagonal

        def body(off_diagonal: jax.Array, total: jax.Array) -> jax.Array:
            return total + (weights[off_diagonal] * self.sign[off_diagonal]) * take(state, self.gather[off_diagonal])

        result: jax.Array = lax.fori_loop(0, len(weights), body, self.energies * state)
        return result

    def transposed(self, state: jax.Array) -> jax.Array:
        if jnp.iscomplexobj(self.phase):
            return self(state.conj()).conj()
        return self(state)

    def overlaps(self, left: jax.Array, right: jax.Array) -> tuple[jax.Array, jax.Array]:
        if self.sign.size <= AT_ONCE:
            joined = jnp.sum(left * self.sign * take(right, self.gather), axis=1)
        else:
            joined = lax.map(
                lambda off_diagonal: jnp.sum(left * off_diagonal[1] * take(right, off_diagonal[0])),
                (self.gather, self.sign),
            )
        return (left * right).imag, (self.phase * joined).imag

    def range(self) -> tuple[jax.Array, jax.Array]:
        """The middle of the spectrum and a bound of its distance from there, by Gershgorin's circles."""
        radius = _weighted(jnp.abs(self.amplitudes), self.sign, jnp.abs)
        low, high = jnp.min(self.energies - radius), jnp.max(self.energies + radius)
        return (low + high) / 2, (high - low) / 2


def _exponential(hamiltonian: _Hamiltonian, time: jax.Array) -> tuple[Exponential, _Hamiltonian, jax.Array]:
    """exp(-i H t) as exp(-i shift) times an exponential, whose generator over its bound comes second."""
    energies, amplitudes = hamiltonian.energies * time, hamiltonian.amplitudes * time
    shift, norm = hamiltonian._replace(energies=energies, amplitudes=amplitudes).range()
    exponential = Exponential.of(norm)
    bound = exponential.bound
    return exponential, hamiltonian._replace(energies=(energies - shift) / bound, amplitudes=amplitudes / bound), shift


class EvolutionKernel:
    """exp(-i H t) by a Chebyshev series on the sector, its spectrum bounded by Gershgorin's circles.

    A row: diagonal (Z words,), off_diagonal (coefficients,), time ().
    """

    def __init__(self, group: Evolutions) -> None:
        self.group = group

    def parameters(self, numbers: jax.Array, entries: jax.Array) -> Row:
        group = self.group
        return {
            "diagonal": numbers[group.diagonal],
            "off_diagonal": numbers[group.off_diagonal],
            "time": numbers[group.times],
        }

    def _hamiltonian(self, row: Row, number: jax.Array) -> tuple[_Hamiltonian, jax.Array, jax.Array]:
        group, dtype = self.group, row["time"].dtype
        structure = row_of(jnp.asarray(group.structure), number)
        phase = group.phase.real.astype(dtype) if group.real else group.phase.astype(complex_like(dtype))
        pauli_words = _of(group.pauli_words, structure)
        columns = _of(group.number, structure)
        sign = _of(group.sign, structure)
        energies = _weighted(row["diagonal"], pauli_words)
        amplitudes = row["off_diagonal"][columns]
        hamiltonian = _Hamiltonian(_of(group.gather, structure), sign, _of(phase, structure), energies, amplitudes)
        return hamiltonian, pauli_words, columns

    def forward(self, row: Row, number: jax.Array, state: jax.Array) -> jax.Array:
        hamiltonian, _, _ = self._hamiltonian(row, number)
        exponential, action, shift = _exponential(hamiltonian, row["time"])
        return jnp.exp(-1j * shift) * exponential.apply(action, state)

    def backward(
        self, row: Row, number: jax.Array, state: jax.Array, gradient: jax.Array
    ) -> tuple[jax.Array, jax.Array, Row]:
        hamiltonian, pauli_words, columns = self._hamiltonian(row, number)
        time = row["time"]
        exponential, action, shift = _exponential(hamiltonian, time)
        phase = jnp.exp(-1j * shift)
        before, cotangent, of_generator = exponential.pull_back(action, phase.conj() * state, phase * gradient)
        energies, amplitudes = of_generator
        in_time = jnp.sum(gradient * hamiltonian(state)).imag
        joined = jnp.zeros_like(row["off_diagonal"]).at[columns].add(amplitudes * time)
        diagonal = _inner_products(pauli_words, energies * time)
        return before, cotangent, {"diagonal": diagonal, "off_diagonal": joined, "time": in_time}


# ---------------------------------------------------------------- small matrices and phases


class MixKernel:
    """Small matrices, gates on a few qubits. A row: matrix (elements,), row by row."""

    def __init__(self, group: Mixes) -> None:
        self.group = group

    def parameters(self, numbers: jax.Array, entries: jax.Array) -> Row:
        where = self.group.at[:, None] + np.arange(self.group.elements, dtype=np.int32)
        return {"matrix": entries.at[where].get(mode="clip")}

    def _weights(self, row: Row, number: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        structure = row_of(jnp.asarray(self.group.structure), number)
        entry, matrix = _of(self.group.entry, structure), row["matrix"]
        known = jnp.asarray(np.array([0, 1]), matrix.dtype)
        return jnp.concatenate([known, matrix])[entry], _of(self.group.gather, structure), entry

    def forward(self, row: Row, number: jax.Array, state: jax.Array) -> jax.Array:
        weights, gather, _ = self._weights(row, number)
        return _applied(weights, gather, state)

    def backward(
        self, row: Row, number: jax.Array, state: jax.Array, gradient: jax.Array
    ) -> tuple[jax.Array, jax.Array, Row]:
        weights, gather, entry = self._weights(row, number)
        crossed = take(weights[1:], (jnp.arange(len(gather))[:, None], gather))
        transposed = jnp.concatenate([weights[:1], crossed])
        before = _applied(transposed.conj(), gather, state)
        joined = jnp.concatenate([(gradient * before)[None], gradient * take(before, gather)])
        flat = jnp.zeros(2 + row["matrix"].shape[0], joined.dtype).at[entry].add(joined)
        return before, _applied(transposed, gather, gradient), {"matrix": flat[2:]}


def _applied(weights: jax.Array, gather: jax.Array, state: jax.Array) -> jax.Array:
    return weights[0] * state + jnp.sum(weights[1:] * take(state, gather), axis=0)


class DiagonalKernel:
    """exp(i sum angle * Z word), runs of diagonal operations. A row: angle (terms,)."""

    def __init__(self, group: Phases) -> None:
        self.group = group

    def parameters(self, numbers: jax.Array, entries: jax.Array) -> Row:
        return {"angle": numbers[self.group.angles]}

    def _signs(self, number: jax.Array) -> jax.Array:
        return jnp.asarray(self.group.signs)[_of(self.group.pauli_words, number)]

    def forward(self, row: Row, number: jax.Array, state: jax.Array) -> jax.Array:
        return state * jnp.exp(1j * _weighted(row["angle"], self._signs(number)))

    def backward(
        self, row: Row, number: jax.Array, state: jax.Array, gradient: jax.Array
    ) -> tuple[jax.Array, jax.Array, Row]:
        signs = self._signs(number)
        phase = jnp.exp(1j * _weighted(row["angle"], signs))
        return state * phase.conj(), gradient * phase, {"angle": -_inner_products(signs, (gradient * state).imag)}


KERNELS: Mapping[type[Group], Callable[[Any], Kernel]] = {
    Evolutions: EvolutionKernel,
    Mixes: MixKernel,
    Phases: DiagonalKernel,
}


# ---------------------------------------------------------------- all steps


class Steps:
    """The steps of one circuit."""

    def __init__(self, tables: SectorTables) -> None:
        self.tables = tables
        self.kernels = [KERNELS[type(group)](group) for group in tables.groups]
        self._stretch = self._with_reverse()

    def parameters(self, inputs: jax.Array) -> Parameters:
        """What the operations take from the inputs, shape (inputs,)."""
        numbers = evaluate(self.tables.expressions, inputs)
        entries = pool_entries(self.tables.pool, numbers)
        return tuple(kernel.parameters(numbers, entries) for kernel in self.kernels)

    def start(self, inputs: jax.Array) -> jax.Array:
        """The state before the first step, shape (D,), in the precision of the inputs."""
        return jnp.zeros(self.tables.size, complex_like(inputs.dtype)).at[self.tables.start].set(1)

    def run(
        self, parameters: Parameters, state: jax.Array, first: int | jax.Array = 0, last: int | jax.Array | None = None
    ) -> jax.Array:
        """The state, shape (D,), after steps `first` to `last`, the last not among them; both may be known at run time
        only.
        """
        if not len(self.tables.kind):
            return state
        end = len(self.tables.kind) if last is None else last
        return self._stretch(parameters, state, jnp.asarray(first, jnp.int32), jnp.asarray(end, jnp.int32))

    def _dispatch(self, branch: Callable[..., Any], step: jax.Array, parameters: Parameters, *operands: Any) -> Any:
        """`branch(group, row, number, *operands)` for the group of a step."""
        number = jnp.asarray(self.tables.row)[step]

        def call(group: int) -> Callable[..., Any]:
            def run_branch(number: jax.Array, operands: tuple[Any, ...]) -> Any:
                row = {name: row_of(values, number) for name, values in parameters[group].items()}
                return branch(group, row, number, *operands)

            return run_branch

        if len(self.kernels) == 1:
            return call(0)(number, operands)
        kind = jnp.asarray(self.tables.kind)[step]
        return lax.switch(kind, [call(group) for group in range(len(self.kernels))], number, operands)

    def _with_reverse(self) -> Callable[..., jax.Array]:
        def forward(parameters: Parameters, state: jax.Array, first: jax.Array, last: jax.Array) -> jax.Array:
            def branch(group: int, row: Row, number: jax.Array, state: jax.Array) -> jax.Array:
                return self.kernels[group].forward(row, number, state)

            final: jax.Array = lax.fori_loop(
                first, last, lambda step, state: self._dispatch(branch, step, parameters, state), state
            )
            return final

        def keep(
            parameters: Parameters, state: jax.Array, first: jax.Array, last: jax.Array
        ) -> tuple[jax.Array, tuple[Any, ...]]:
            final = forward(parameters, state, first, last)
            return final, (parameters, final, first, last)

        def backward(kept: tuple[Any, ...], gradient: jax.Array) -> tuple[Any, ...]:
            parameters, final, first, last = kept

            def branch(
                group: int, row: Row, number: jax.Array, state: jax.Array, cotangent: jax.Array, total: Parameters
            ) -> Any:
                before, cotangent, cotangents = self.kernels[group].backward(row, number, state, cotangent)
                added = {name: total[group][name].at[number].add(cotangents[name]) for name in cotangents}
                return before, cotangent, (*total[:group], added, *total[group + 1 :])

            def body(done: jax.Array, carry: tuple[Any, ...]) -> Any:
                return self._dispatch(branch, last - 1 - done, parameters, *carry)

            nothing = jax.tree.map(jnp.zeros_like, parameters)
            _, cotangent, total = lax.fori_loop(0, last - first, body, (final, gradient, nothing))
            return total, cotangent, None, None

        run = jax.custom_vjp(forward)
        run.defvjp(keep, backward)
        return run


def stretch_of(cuts: Indices, steps: int, k: jax.Array) -> tuple[jax.Array, jax.Array]:
    """First and last step, shapes (), of piece k of a circuit that is cut before `cuts`, shape (cuts,)."""
    bounds = jnp.asarray(np.append(cuts, steps).astype(np.int32))
    return bounds[k], bounds[k + 1]
