"""The Python face: a model is a checked program with functions of its parameters.

    model = qgl.load("examples/bars.qgl", depth=8)
    params = model.init(jax.random.key(0))
    value, gradient = model.value_and_grad(params)

All functions are pure; those that take `params` can be traced by `jax.jit`, `jax.grad` and `jax.vmap`.

Parameters are a dictionary of named arrays, a JAX pytree. It holds the trained parameters (`param` and `?`) and,
beside them, what was drawn once for the run (`random`, and the draws of a `latent`); the latter get a gradient of zero.
What is stored for a probability is its logit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl import compiler
from qgl.check.environment import Environment
from qgl.check.program import Distribution, Parameter, Program
from qgl.diagnostics.model import Diagnostic
from qgl.objectives import Objective, build
from qgl.query import Expectation as ExpectationQuery
from qgl.query import LogProb, Marginals, Probabilities, Query, State, reads_only_bits
from qgl.source import Source

if TYPE_CHECKING:
    from qgl.kernels.simulator import Simulator
    from qgl.plan.model import Plan
    from qgl.train.run import Run

Array = jax.Array
Params = dict[str, Array]


def load(path: str | Path, *, precision: str | None = None, **constants: Any) -> Model:
    """The model of a `.qgl` file, its constants overridden by keyword.

    Args:
        path: the file; data and imports are found beside it.
        precision: "single" (float32, complex64) or "double"; None takes what the program says.

    Raises:
        QglError: the program has faults, or its data cannot be read.
    """
    from qgl.data.environment import open_program

    source, environment = open_program(Path(path))
    return loads(source, environment, precision=precision, **constants)


def loads(
    source: Source | str, environment: Environment | None = None, *, precision: str | None = None, **constants: Any
) -> Model:
    """The model of program text. Without an `environment`, data and imports are found in the current folder."""
    from qgl.data.environment import FolderEnvironment

    if isinstance(source, str):
        source = Source("<text>", source)
    environment = environment or FolderEnvironment(Path.cwd())
    analysed = compiler.analyse(source, environment, constants)
    files = environment.texts if isinstance(environment, FolderEnvironment) else {}
    return Model(analysed.program, precision=precision, warnings=analysed.warnings, files=files)


@dataclass(frozen=True, slots=True)
class _WeightedObjective:
    label: str
    weight: float
    objective: Objective


class Model:
    """A generative quantum circuit with its objective. Make one with `qgl.load`.

    `x` in the methods are bit strings, shape (batch, visible qubits), first declared qubit first. A `condition` is
    an array of shape (condition width,); it is needed exactly if the program declares `condition` inputs.
    """

    def __init__(
        self,
        program: Program,
        *,
        precision: str | None = None,
        warnings: Sequence[Diagnostic] = (),
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.program = program
        self.files = {Path(program.source.name).name: program.source.text, **(files or {})}  # with all imports
        self.precision = precision or program.train.precision
        if self.precision not in ("single", "double"):
            raise ValueError(f"precision is 'single' or 'double', not {self.precision!r}")
        self.warnings = tuple(warnings)
        self.circuit = compiler.circuit_of(program)
        self._simulators: dict[bool, Simulator] = {}

    @property
    def width(self) -> int:
        """Number of visible qubits."""
        return len(self.program.visible)

    # ------------------------------------------------------------ parameters

    def init(self, key: Array) -> Params:
        """Parameters drawn from their declared laws: a dictionary of real arrays of the declared shapes."""
        with self._number_type():
            return {
                parameter.name: _draw(parameter, jax.random.fold_in(key, index))
                for index, parameter in enumerate(self.program.parameters)
                if _is_stored(parameter)
            }

    @functools.cached_property
    def trainable(self) -> dict[str, bool]:
        """For each entry of the parameters, whether training moves it."""
        return {p.name: p.kind == "param" for p in self.program.parameters if _is_stored(p)}

    def values(self, params: Params, condition: Array | None = None) -> Array:
        """Values of all inputs in order of declaration, one row per element of the mixture.

        Shape (rows, inputs): one row unless the program has `latent` inputs. Probabilities stand as themselves.
        """
        rows = self._mixture_bits.shape[0] * self._draws
        columns, bit = [], 0
        for parameter in self.program.parameters:
            column: Array
            match parameter.kind:
                case "param":
                    raw = jnp.ravel(params[parameter.name])
                    column = jax.nn.sigmoid(raw) if parameter.constraint == "probability" else raw
                case "random":
                    column = jax.lax.stop_gradient(jnp.ravel(params[parameter.name]))
                case "condition":
                    if condition is None:
                        raise ValueError(f"the model is conditional: give `condition` for {parameter.name!r}")
                    start = self._condition_offsets[parameter.name]
                    column = jnp.asarray(condition)[start : start + parameter.size]
                case _ if parameter.draws is None:
                    bits = self._mixture_bits[:, bit : bit + parameter.size]
                    bit += parameter.size
                    columns.append(jnp.repeat(jnp.asarray(bits, dtype=self._real), self._draws, axis=0))
                    continue
                case _:
                    drawn = jax.lax.stop_gradient(params[parameter.name]).reshape(parameter.draws, -1)
                    columns.append(jnp.tile(drawn, (rows // parameter.draws, 1)))
                    continue
            columns.append(jnp.broadcast_to(column.astype(self._real), (rows, column.shape[0])))
        if not columns:
            return jnp.zeros((rows, 0), dtype=self._real)
        return jnp.concatenate(columns, axis=1)

    # ------------------------------------------------------------ answers

    def answer(self, params: Params, query: Query, condition: Array | None = None) -> Array:
        """The answer to any query of `qgl.query` that is linear in the state, or `LogProb`."""
        simulator = self._simulator(query)
        if isinstance(query, LogProb) and self._is_mixture:
            probabilities = self.answer(params, Probabilities(), condition)
            return jnp.log(probabilities[_index(jnp.asarray(query.rows))])
        values = self.values(params, condition)
        if not self._is_mixture:
            return simulator.answer(values[0], query)
        weights = jnp.asarray(self._mixture_weights, dtype=self._real)
        answers = jax.lax.map(lambda row: simulator.answer(row, query), values, batch_size=min(8, len(weights)))
        return jax.tree.map(lambda stacked: jnp.tensordot(weights.astype(stacked.dtype), stacked, axes=1), answers)

    def probabilities(self, params: Params, condition: Array | None = None) -> Array:
        """p(x) of every string, shape (2^n,), index big-endian."""
        with self._number_type():
            return self.answer(params, Probabilities(), condition)

    def log_prob(self, params: Params, x: Array, condition: Array | None = None) -> Array:
        """log p(x) in nats, shape (batch,)."""
        with self._number_type():
            if self._is_mixture:
                return jnp.log(self.answer(params, Probabilities(), condition)[_index(jnp.asarray(x))])
            return self._simulator(Probabilities()).log_prob(self.values(params, condition)[0], x)

    def sample(self, params: Params, key: Array, shots: int, condition: Array | None = None) -> Array:
        """`shots` strings drawn from p, shape (shots, n), uint8."""
        with self._number_type():
            if self._is_mixture:
                p = self.answer(params, Probabilities(), condition)
                index = jax.random.choice(key, p.shape[0], (shots,), p=p)
                return (index[:, None] >> jnp.arange(self.width - 1, -1, -1) & 1).astype(jnp.uint8)
            return self._simulator(Probabilities()).sample(self.values(params, condition)[0], key, shots)

    def expectation(self, params: Params, words: Sequence[str], condition: Array | None = None) -> Array:
        """Expectations of Pauli words, shape (words,). A word is a letter of `IXYZ` for each visible qubit."""
        with self._number_type():
            return self.answer(params, ExpectationQuery(tuple(words)), condition)

    def marginals(
        self, params: Params, regions: Sequence[Sequence[int]], condition: Array | None = None
    ) -> tuple[Array, ...]:
        """Reduced density matrices of regions of visible positions, each of shape (2^k, 2^k)."""
        with self._number_type():
            query = Marginals(tuple(tuple(region) for region in regions))
            answers: tuple[Array, ...] = self.answer(params, query, condition)  # type: ignore[assignment]
            return answers

    def state(self, params: Params, condition: Array | None = None) -> Array:
        """The density matrix of the visible register, shape (2^n, 2^n)."""
        with self._number_type():
            return self.answer(params, State(), condition)

    # ------------------------------------------------------------ objective

    @functools.cached_property
    def objectives(self) -> tuple[_WeightedObjective, ...]:
        """The terms of the objective, each under a label that is unique."""
        found: dict[str, int] = {}
        built = []
        for term in self.program.objective:
            objective = build(term.call, self.program.data, self.width)
            found[objective.name] = found.get(objective.name, 0) + 1
            label = objective.name if found[objective.name] == 1 else f"{objective.name}_{found[objective.name]}"
            built.append(_WeightedObjective(label, term.weight, objective))
        return tuple(built)

    @property
    def stochastic(self) -> bool:
        """Whether the loss needs a key."""
        return any(term.objective.stochastic for term in self.objectives)

    def terms(self, params: Params, key: Array | None = None) -> tuple[Array, dict[str, Array]]:
        """The loss and each of its terms, unweighted.

        Raises:
            ValueError: the program has no objective, or a stochastic one is given no key.
        """
        if not self.objectives:
            raise ValueError("the program has no objective")
        if self.stochastic and key is None:
            raise ValueError("this objective is stochastic: give the loss a key")
        cache: dict[tuple[Query, bytes | None], Array] = {}
        total, values = jnp.zeros((), dtype=self._real), {}
        for index, term in enumerate(self.objectives):
            answers = {query: self._cached(cache, params, query, term.objective) for query in term.objective.queries}
            subkey = None if key is None else jax.random.fold_in(key, index)
            values[term.label] = term.objective.loss(answers, subkey)
            total = total + term.weight * values[term.label]
        return total, values

    def loss(self, params: Params, key: Array | None = None) -> Array:
        """The objective, a scalar. A stochastic one (`samples`, `words`) needs a `key`."""
        with self._number_type():
            return self.terms(params, key)[0]

    @functools.cached_property
    def value_and_grad(self) -> Callable[..., tuple[Array, Params]]:
        """`value_and_grad(params, key=None)`: the loss and its gradient, compiled."""
        compiled = jax.jit(jax.value_and_grad(lambda params, key: self.terms(params, key)[0]))

        def value_and_grad(params: Params, key: Array | None = None) -> tuple[Array, Params]:
            with self._number_type():
                value, gradient = compiled(params, key)
            return value, gradient

        return value_and_grad

    def train(self, **options: Any) -> Run:
        """Trains as the program's `train` block says; options are those of `qgl.train.loop.train`."""
        from qgl.train.loop import train

        return train(self, **options)

    # ------------------------------------------------------------ other forms

    def qasm(self, params: Params | None = None, profile: str = "portable", condition: Array | None = None) -> str:
        """OpenQASM 3 with the angles of `params` bound, or left as inputs if `params` is None.

        Raises:
            QglError: the profile cannot say something that the program does.
            ValueError: the model is a mixture over `latent` inputs, which no single circuit is.
        """
        from qgl.qasm import emit

        if params is None:
            return emit(self.circuit, None, profile)
        if self._is_mixture:
            raise ValueError("a model with latent inputs is a mixture of circuits: emit it with free parameters")
        with self._number_type():
            values = np.asarray(self.values(params, condition)[0], dtype=np.float64)
        return emit(self.circuit, values, profile)

    def _repr_html_(self) -> str:
        from qgl.draw import svg

        return svg(self.circuit)

    # ------------------------------------------------------------ parts

    @property
    def _real(self) -> Any:
        return jnp.float64 if self.precision == "double" else jnp.float32

    @contextmanager
    def _number_type(self) -> Iterator[None]:
        """Double precision is on only inside of a double model's own functions, never as a side effect."""
        if self.precision == "double":
            with jax.enable_x64(True):
                yield
        else:
            yield

    def plan(self, query: Query) -> Plan:
        """How a query is answered."""
        return self._simulator(query).plan

    def _simulator(self, query: Query) -> Simulator:
        """Queries that read bits only may be answered by a smaller circuit than those that need phases."""
        from qgl.kernels.simulator import Simulator

        bits = reads_only_bits(query)
        if bits not in self._simulators:
            asked = (Probabilities(),) if bits else (State(),) if isinstance(query, State) else (query,)
            self._simulators[bits] = Simulator(compiler.plan_queries(self.circuit, asked, self.precision))
        return self._simulators[bits]

    def _cached(
        self, cache: dict[tuple[Query, bytes | None], Array], params: Params, query: Query, objective: Objective
    ) -> Array:
        conditions = objective.conditions
        label = None if conditions is None else np.ascontiguousarray(conditions).tobytes()
        if (query, label) not in cache:
            cache[query, label] = (
                self.answer(params, query)
                if conditions is None
                else jax.lax.map(
                    lambda row: self.answer(params, query, row),
                    jnp.asarray(conditions, dtype=self._real),
                    batch_size=min(8, len(conditions)),
                )
            )
        return cache[query, label]

    @functools.cached_property
    def _condition_offsets(self) -> dict[str, int]:
        offsets, at = {}, 0
        for parameter in self.program.parameters:
            if parameter.kind == "condition":
                offsets[parameter.name] = at
                at += parameter.size
        return offsets

    @property
    def _latents(self) -> list[Parameter]:
        return [p for p in self.program.parameters if p.kind == "latent"]

    @property
    def _is_mixture(self) -> bool:
        return bool(self._latents)

    @functools.cached_property
    def _draws(self) -> int:
        """Draws of latents of continuous law; all have the same number, drawn together."""
        return max((p.draws for p in self._latents if p.draws is not None), default=1)

    @functools.cached_property
    def _mixture_bits(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """All values of the latent bits, shape (2^bits, bits)."""
        bits = sum(p.size for p in self._latents if p.draws is None)
        return (np.arange(2**bits)[:, None] >> np.arange(bits - 1, -1, -1) & 1).astype(np.uint8)

    @functools.cached_property
    def _mixture_weights(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Probability of each row of `values`, shape (2^bits * draws,)."""
        rates = [rate for p in self._latents if p.draws is None for rate in [p.distribution.arguments[0]] * p.size]
        law = np.prod(np.where(self._mixture_bits, rates, 1.0 - np.asarray(rates)), axis=1) if rates else np.ones(1)
        return np.repeat(law / self._draws, self._draws)


def _is_stored(parameter: Parameter) -> bool:
    return parameter.kind in ("param", "random") or (parameter.kind == "latent" and parameter.draws is not None)


def _draw(parameter: Parameter, key: Array) -> Array:
    """An array from the declared law; for a trained probability, the logit of what was drawn."""
    shape = parameter.shape if parameter.draws is None else (parameter.draws, *parameter.shape)
    drawn = _sample(parameter.distribution, key, shape)
    if parameter.constraint == "probability" and parameter.kind == "param":
        return jax.scipy.special.logit(jnp.clip(drawn, 1e-6, 1 - 1e-6))
    return drawn


def _sample(law: Distribution, key: Array, shape: tuple[int, ...]) -> Array:
    match law.name, law.arguments:
        case "normal", (mean, deviation):
            return mean + deviation * jax.random.normal(key, shape)
        case "uniform", (low, high):
            return jax.random.uniform(key, shape, minval=low, maxval=high)
        case "constant", (value,):
            return jnp.full(shape, value, dtype=jnp.result_type(float))
        case "bernoulli", (rate,):
            return jax.random.bernoulli(key, rate, shape).astype(jnp.result_type(float))
    raise ValueError(f"no law {law.name} of {len(law.arguments)} arguments")


def _index(x: Array) -> Array:
    """State indices of bit strings, shape (batch, n) -> (batch,)."""
    n = x.shape[-1]
    if n > 31 and not jax.config.jax_enable_x64:  # an int32 holds 31 bits
        raise ValueError(f"{n} bits do not index a probability vector")
    place = jnp.asarray([1 << k for k in range(n - 1, -1, -1)])
    return x.astype(place.dtype) @ place
