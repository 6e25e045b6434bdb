"""The Python face: a model is a checked program with functions of its parameters.

    model = qgl.load("examples/bars.qgl", depth=8)
    params = model.init(jax.random.key(0))
    value, gradient = model.value_and_grad(params)

All functions are pure; those that take `params` can be traced by `jax.jit`, `jax.grad` and `jax.vmap`. Parameters are
a dictionary of named arrays (see `qgl.parameters`).
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qgl import compiler
from qgl.check.environment import Environment
from qgl.check.program import Program
from qgl.diagnostics.model import Diagnostic
from qgl.kernels.queries import log_of, sample
from qgl.objectives import Objective, build
from qgl.parameters import Parameters, Params
from qgl.query import Expectation, LogProb, Marginals, Probabilities, Query, State, reads_only_bits, support
from qgl.source import Source

if TYPE_CHECKING:
    from qgl.kernels.simulator import Simulator
    from qgl.plan.model import Plan
    from qgl.train.run import Run

Array = jax.Array
_BATCH = 8  # circuits of a mixture, or conditions, that run at the same time


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
class WeightedObjective:
    """One term of the loss."""

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
        self.parameters = Parameters(program.parameters)
        self._simulators: dict[tuple[frozenset[int], type[Query] | None], Simulator] = {}
        self._compiled: dict[Hashable, Callable[..., Any]] = {}

    @property
    def width(self) -> int:
        """Number of visible qubits."""
        return len(self.program.visible)

    @property
    def trainable(self) -> dict[str, bool]:
        """For each entry of the parameters, whether training moves it."""
        return self.parameters.trainable

    def init(self, key: Array) -> Params:
        """Parameters drawn from their declared laws: a dictionary of real arrays of the declared shapes."""
        with self._number_type():
            return self.parameters.init(key)

    # ------------------------------------------------------------ answers

    def answers(self, params: Params, queries: Iterable[Query], condition: ArrayLike | None = None) -> dict[Query, Any]:
        """Answers to several queries of `qgl.query` but `Samples`; the circuit runs once for all that it can."""
        asked = tuple(queries)

        def answers(params: Params, condition: ArrayLike | None) -> tuple[Any, ...]:
            found = self._answers(params, asked, condition)
            return tuple(found[query] for query in asked)

        with self._number_type():
            return dict(zip(asked, self._jit(asked, answers)(params, condition), strict=True))

    def answer(self, params: Params, query: Query, condition: ArrayLike | None = None) -> Any:
        """The answer to one query."""
        return self.answers(params, (query,), condition)[query]

    def probabilities(self, params: Params, condition: ArrayLike | None = None) -> Array:
        """p(x) of every string, shape (2^n,), index big-endian."""
        result: Array = self.answer(params, Probabilities(), condition)
        return result

    def log_prob(self, params: Params, x: ArrayLike, condition: ArrayLike | None = None) -> Array:
        """log p(x) in nats, shape (batch,)."""

        def at(params: Params, x: Array, condition: ArrayLike | None) -> Array:
            return log_of(self._answers(params, (Probabilities(),), condition)[Probabilities()], x)

        with self._number_type():
            result: Array = self._jit("log_prob", at)(params, jnp.asarray(x), condition)
            return result

    def sample(self, params: Params, key: Array, shots: int, condition: ArrayLike | None = None) -> Array:
        """`shots` strings drawn from p, shape (shots, n), uint8."""

        def drawn(params: Params, key: Array, shots: int, condition: ArrayLike | None) -> Array:
            return sample(self._answers(params, (Probabilities(),), condition)[Probabilities()], key, shots)

        with self._number_type():
            result: Array = self._jit("sample", drawn, static_argnums=2)(params, key, shots, condition)
            return result

    def expectation(self, params: Params, words: Sequence[str], condition: ArrayLike | None = None) -> Array:
        """Expectations of Pauli words, shape (words,). A word is a letter of `IXYZ` for each visible qubit.

        The circuit is cut down to the light cone of the letters other than I.

        Raises:
            ValueError: a word of another length or with other letters.
        """
        for word in words:
            if len(word) != self.width or set(word) - set("IXYZ"):
                raise ValueError(f"{word!r} is not a word of {self.width} letters of IXYZ")
        result: Array = self.answer(params, Expectation(tuple(words)), condition)
        return result

    def marginals(
        self, params: Params, regions: Sequence[Sequence[int]], condition: ArrayLike | None = None
    ) -> tuple[Array, ...]:
        """Reduced density matrices of regions of visible positions, each of shape (2^k, 2^k).

        The circuit is cut down to the light cone of the regions.

        Raises:
            ValueError: a position that there is not, or one twice in a region.
        """
        for region in regions:
            if len(set(region)) < len(region) or not set(region) <= set(range(self.width)):
                raise ValueError(f"{tuple(region)} is not a region of positions 0 to {self.width - 1}")
        query = Marginals(tuple(tuple(region) for region in regions))
        result: tuple[Array, ...] = self.answer(params, query, condition)
        return result

    def state(self, params: Params, condition: ArrayLike | None = None) -> Array:
        """The density matrix of the visible register, shape (2^n, 2^n)."""
        result: Array = self.answer(params, State(), condition)
        return result

    # ------------------------------------------------------------ objective

    @functools.cached_property
    def objectives(self) -> tuple[WeightedObjective, ...]:
        """The terms of the objective, each under a label that is unique."""
        found: Counter[str] = Counter()
        built = []
        for term in self.program.objective:
            objective = build(term.call, self.program.data, self.width)
            found[objective.name] += 1
            label = objective.name if found[objective.name] == 1 else f"{objective.name}_{found[objective.name]}"
            built.append(WeightedObjective(label, term.weight, objective))
        return tuple(built)

    @property
    def stochastic(self) -> bool:
        """Whether the loss needs a key."""
        return any(term.objective.stochastic for term in self.objectives)

    def terms(self, params: Params, key: Array | None = None) -> tuple[Array, dict[str, Array]]:
        """The loss and each of its terms, unweighted. Terms with the same conditions share one run of the circuit.

        Raises:
            ValueError: the program has no objective, or a stochastic one is given no key.
        """
        if not self.objectives:
            raise ValueError("the program has no objective")
        if self.stochastic and key is None:
            raise ValueError("this objective is stochastic: give the loss a key")
        groups: dict[bytes | None, list[tuple[int, WeightedObjective]]] = {}
        for index, term in enumerate(self.objectives):
            given = term.objective.conditions
            groups.setdefault(None if given is None else given.tobytes(), []).append((index, term))
        with self._number_type():
            values = {}
            for group in groups.values():
                queries = tuple(dict.fromkeys(query for _, term in group for query in term.objective.queries))
                answers = self._conditioned(params, queries, group[0][1].objective.conditions)
                for index, term in group:
                    subkey = None if key is None else jax.random.fold_in(key, index)
                    values[term.label] = term.objective.loss(answers, subkey)
            ordered = {term.label: values[term.label] for term in self.objectives}
            total = sum((term.weight * ordered[term.label] for term in self.objectives), jnp.zeros((), self._real))
        return total, ordered

    def loss(self, params: Params, key: Array | None = None) -> Array:
        """The objective, a scalar. A stochastic one (`samples`, `words`) needs a `key`."""
        with self._number_type():
            result: Array = self._jit("loss", lambda params, key: self.terms(params, key)[0])(params, key)
            return result

    def value_and_grad(self, params: Params, key: Array | None = None) -> tuple[Array, Params]:
        """The loss and its gradient, compiled."""
        with self._number_type():
            result: tuple[Array, Params] = self._jit("value_and_grad", jax.value_and_grad(self.loss))(params, key)
            return result

    def train(self, **options: Any) -> Run:
        """Trains as the program's `train` block says; options are those of `qgl.train.loop.train`."""
        from qgl.train.loop import train

        return train(self, **options)

    # ------------------------------------------------------------ other forms

    def qasm(self, params: Params | None = None, profile: str = "portable", condition: ArrayLike | None = None) -> str:
        """OpenQASM 3 with the angles of `params` bound, or left as inputs if `params` is None.

        Raises:
            QglError: the profile cannot say something that the program does.
            ValueError: the model is a mixture over `latent` inputs, which no single circuit is.
        """
        from qgl.qasm import emit

        if params is None:
            return emit(self.circuit, None, profile)
        if self.parameters.is_mixture:
            raise ValueError("a model with latent inputs is a mixture of circuits: emit it with free parameters")
        with self._number_type():
            values = np.asarray(self.parameters.inputs(params, condition, self._real)[0], dtype=np.float64)
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

    def _jit(self, name: Hashable, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        """The compiled `function`, one for each name."""
        if name not in self._compiled:
            self._compiled[name] = jax.jit(function, **options)
        return self._compiled[name]

    def plan(self, query: Query) -> Plan:
        """How a query is answered."""
        return self._simulator(query).plan

    def _simulator(self, query: Query) -> Simulator:
        """One for each cone of visible qubits that is asked of; one that reads bits only is smaller than others."""
        from qgl.kernels.simulator import Simulator

        kind = None if reads_only_bits(query) else type(query)
        place = support(query, self.width), kind
        if place not in self._simulators:
            whole = kind is None and len(place[0]) == self.width
            asked = Probabilities() if whole else query
            self._simulators[place] = Simulator(compiler.plan_queries(self.circuit, (asked,), self.precision))
        return self._simulators[place]

    def _answers(self, params: Params, queries: tuple[Query, ...], condition: ArrayLike | None) -> dict[Query, Any]:
        inputs = self.parameters.inputs(params, condition, self._real)
        return self._mixed(inputs, queries) if self.parameters.is_mixture else self._ask(inputs[0], queries)

    def _ask(self, inputs: Array, queries: Iterable[Query]) -> dict[Query, Any]:
        """Answers of one circuit, each simulator run once."""
        shares: dict[Simulator, list[Query]] = {}
        for query in queries:
            shares.setdefault(self._simulator(query), []).append(query)
        found: dict[Query, Any] = {}
        for simulator, share in shares.items():
            found |= simulator.answers(inputs, share)
        return found

    def _mixed(self, inputs: Array, queries: tuple[Query, ...]) -> dict[Query, Any]:
        """Answers of the mixture of the circuits of all rows of `inputs`; all but log p are linear in the state."""
        linear = tuple(Probabilities() if isinstance(query, LogProb) else query for query in queries)
        weights = jnp.asarray(self.parameters.weights, dtype=self._real)
        stacked = jax.lax.map(lambda row: self._ask(row, linear), inputs, batch_size=min(_BATCH, len(weights)))
        mixed = jax.tree.map(lambda rows: jnp.tensordot(weights.astype(rows.dtype), rows, axes=1), stacked)
        return {
            query: log_of(mixed[Probabilities()], query.rows) if isinstance(query, LogProb) else mixed[query]
            for query in queries
        }

    def _conditioned(
        self, params: Params, queries: tuple[Query, ...], conditions: NDArray[np.float64] | None
    ) -> dict[Query, Any]:
        """Answers for each row of `conditions`, stacked; without conditions, plain answers."""
        if conditions is None:
            return self._answers(params, queries, None)
        rows = jnp.asarray(conditions, dtype=self._real)
        answers: dict[Query, Any] = jax.lax.map(
            lambda row: self._answers(params, queries, row), rows, batch_size=min(_BATCH, len(rows))
        )
        return answers
