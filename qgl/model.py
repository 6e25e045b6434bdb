"""The Python interface: a model is a checked program with functions of its parameters.

    model = qgl.load("examples/born/bars.qgl", depth=8)
    params = model.init(jax.random.key(0))
    value, gradient = model.value_and_grad(params)

All functions are pure; those that take `params` can be traced by `jax.jit`, `jax.grad` and `jax.vmap`. Parameters are
a dictionary of named arrays (see `qgl.parameters`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from qgl import compiler
from qgl.answers import Questions
from qgl.diagnostics.model import Diagnostic
from qgl.drawn import STATES, Drawing, apart
from qgl.ir.outcomes import with_all_outcomes_read
from qgl.kernels.devices import large_tables
from qgl.kernels.devices.memory import device_limit, ensure_process
from qgl.objectives.adversary.critics import Weights
from qgl.objectives.adversary.losses import AdversarialLoss
from qgl.objectives.ensembles.comparison import EnsembleComparison
from qgl.objectives.model import Objective
from qgl.objectives.terms import WeightedObjective, against, combined, known_of, terms_of, with_known
from qgl.parameters import Parameters, Params
from qgl.program.calls.gradients import Sweep
from qgl.program.program import Program
from qgl.query import Probabilities, Query, is_of_strings
from qgl.questions import check_query, checked_queries, in_reverse_mode, of_bits_only, random_key

if TYPE_CHECKING:
    from qgl.plan.model import Plan
    from qgl.readings import Readings
    from qgl.replies import Replies

Array = jax.Array


class Model(Questions):
    """A generative quantum circuit with its objective. Make one with `qgl.load`.

    `x` in the methods are bit strings, shape (batch, visible qubits), first declared qubit first. A `condition` is
    an array of shape (condition width,); it is needed exactly if the program declares `condition` inputs.

    Every question raises ValueError, in words, for parameters, strings, conditions or keys that are none of this model:
    another name, shape or type, or numbers that are not finite. What JAX traces has a shape and a type but no numbers
    yet; `log_prob` of traced strings that turn out to hold other numbers than 0 and 1 is NaN.
    """

    start: Params | None
    """Where training begins instead of at drawn parameters: an array of all seeds, `(seeds, ...)`, by name."""

    programs: dict[Hashable, Any]
    """What strategies have compiled, by name and `form`: stages of one run share it."""

    trainer: ClassVar[Callable[..., Any] | None] = None  # what `train` calls; `qgl.api` puts it here

    def __init__(
        self,
        program: Program,
        *,
        precision: str | None = None,
        warnings: Sequence[Diagnostic] = (),
        files: Mapping[str, str] | None = None,
    ) -> None:
        ensure_process()
        self.program = program
        self.files = {Path(program.source.name).name: program.source.text, **(files or {})}  # with all imports
        self.precision = precision or program.train.precision
        if self.precision not in ("single", "double"):
            raise ValueError(f"precision is 'single' or 'double', not {self.precision!r}")
        self.warnings = tuple(warnings)
        self.circuit = compiler.circuit_of(program)
        self.parameters = Parameters(program.parameters)
        self.drawing = Drawing.of(program, self.parameters)
        self._compiled: dict[Hashable, Callable[..., Any]] = {}
        self.start: Params | None = None
        self.programs: dict[Hashable, Any] = {}

    @property
    def trainable(self) -> dict[str, bool]:
        """For each entry of the parameters, whether training moves it, or some of its elements."""
        moved = self.program.moved
        each = self.parameters.trainable
        return each if moved is None else {name: may and bool(moved[name].any()) for name, may in each.items()}

    @functools.cached_property
    def stages(self) -> tuple[Model, ...]:
        """The stages of the program in order, each a model of its own with the same parameters; empty without any."""
        return tuple(Model(stage, precision=self.precision, files=self.files) for stage in self.program.stages)

    def init(self, key: Array) -> Params:
        """Parameters drawn from their declared distributions: a dictionary of real arrays of the declared shapes."""
        with self._number_type():
            made: Params = self._jit("init", self.parameters.drawn)(self.parameters.bits(random_key(key)))
            return made

    # ------------------------------------------------------------ answers

    def answers(
        self,
        params: Params,
        queries: Iterable[Query],
        condition: ArrayLike | None = None,
        key: Array | None = None,
        given: Mapping[Query, ArrayLike] | None = None,
    ) -> dict[Query, Any]:
        """Answers to several queries of `qgl.query`, planned together: work that they share is done once.

        `key` is for queries that draw random numbers, `given` for those whose strings or Pauli words come with the
        call.

        Raises:
            ValueError: a query that cannot be asked of this model, or what comes with it does not fit.
        """
        with self._number_type():
            params, condition, key = self._checked(params, condition, key)
            listed, put = checked_queries(queries, given, key, self.width, self._positions)

            def answers(
                params: Params, condition: ArrayLike | None, key: Array | None, arrays: tuple[Array | None, ...]
            ) -> tuple[Any, ...]:
                put = {query: array for query, array in zip(listed, arrays, strict=True) if array is not None}
                replies = self._replies.of(params, listed, condition, key, put)
                return tuple(replies[query] for query in listed)

            replies = self._jit(listed, answers)(params, condition, key, put)
            return {query: of_bits_only(one, rows) for query, one, rows in zip(listed, replies, put, strict=True)}

    # ------------------------------------------------------------ objective

    @functools.cached_property
    def objectives(self) -> tuple[WeightedObjective, ...]:
        """The terms of the objective, each under a label that is unique."""
        return terms_of(self.program)

    @property
    def stochastic(self) -> bool:
        """Whether the loss depends on a key, which it needs unless only latents are drawn anew by it."""
        return self.parameters.renews or any(term.objective.stochastic for term in self.objectives)

    @functools.cached_property
    def adversary(self) -> AdversarialLoss:
        """The term of the objective that has a critic.

        Raises:
            ValueError: there is none.
        """
        found = [term.objective for term in self.objectives if isinstance(term.objective, AdversarialLoss)]
        if not found:
            raise ValueError("the objective has no critic")
        return found[0]

    def terms(
        self, params: Params, key: Array | None = None, critic: Weights | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """The loss and each of its terms, unweighted. Terms with the same conditions share one run of the circuit.

        With a key, latents that are declared `draws N anew` are drawn by it; without, they are those of `params`.
        critic: the weights of the critic that an objective `adversarial` is against.

        Raises:
            ValueError: the program has no objective, or a stochastic one is given no key, or there is no critic.
        """
        with self._number_type():
            params, key = self._checked_for_loss(params, key)
            if key is not None and self.parameters.renews:
                params = self.parameters.renewed(params, key)
            return self._combined(with_known(params, against(critic, self.objectives)), params, key)

    def loss_of(self, objective: Objective, params: Params) -> Array:
        """One objective that draws nothing, the program's own or another: compiled once for all parameters."""
        term = (WeightedObjective(objective.name, 1.0, objective),)
        with self._number_type():
            own = self._jit(("loss_of", objective), lambda params: self._combined(term, params, None)[0])
            result: Array = own(self._with_held(params))
            return result

    def _combined(
        self, terms: Sequence[WeightedObjective], params: Params, key: Array | None
    ) -> tuple[Array, dict[str, Array]]:
        def ask(queries: Any, conditions: Any, key: Array | None, given: Any) -> Mapping[Query, Any]:
            return self._replies.of_each(params, queries, conditions, key, given)

        return combined(terms, ask, key, self._real)

    def loss(self, params: Params, key: Array | None = None) -> Array:
        """The objective, a scalar. A stochastic one (`samples`, `pauli_words`) needs a `key`."""
        with self._number_type():
            params, key = self._checked_for_loss(params, key)
            result: Array = self._jit("loss", lambda params, key: self.terms(params, key)[0])(params, key)
            return result

    def value_and_grad(self, params: Params, key: Array | None = None) -> tuple[Array, Params]:
        """The loss and its gradient, compiled."""

        def graded(own: Params, held: Params, key: Array | None) -> tuple[Array, Params]:
            return jax.value_and_grad(lambda moved: self.terms({**moved, **held}, key)[0])(own)

        with self._number_type():
            params, key = self._checked_for_loss(params, key)
            own, held = apart(params)
            result: tuple[Array, Params] = self._jit("value_and_grad", graded)(own, held, key)
            return result

    def train(self, **options: Any) -> Any:
        """Trains as the program's `train` block says, and gives the `qgl.runs.run.Run`.

        Options are those of `qgl.train.loop.train`.
        """
        if Model.trainer is None:
            raise RuntimeError("models that are trained come from `qgl.load`, `qgl.loads` or `qgl.Model`")
        return Model.trainer(self, **options)

    # ------------------------------------------------------------ other forms

    def qasm(
        self,
        params: Params | None = None,
        profile: str = "portable",
        condition: ArrayLike | None = None,
        *,
        reuse: bool | None = None,
        max_qubits: int | None = None,
    ) -> str:
        """OpenQASM 3 with the angles of `params` bound, or left as inputs if `params` is None.

        Kept and required outcomes are further bits of the output, which comments at the head of the text explain.
        `reuse` and `max_qubits` are those of `qgl.qasm.emit`.

        Raises:
            QglError: the profile cannot say something that the program does, or `max_qubits` are too few.
            ValueError: the model is a mixture over `latent` inputs, which no single circuit is.
        """
        from qgl.qasm import emit

        circuit, notes = with_all_outcomes_read(self.circuit)
        if params is None:
            return emit(circuit, None, profile, reuse=reuse, max_qubits=max_qubits, notes=notes)
        if self.parameters.is_mixture:
            raise ValueError("a model with latent inputs is a mixture of circuits: emit it with free parameters")
        with self._number_type():
            values = np.asarray(self.parameters.inputs(params, condition, self._real)[0], dtype=np.float64)
        return emit(circuit, values, profile, reuse=reuse, max_qubits=max_qubits, notes=notes)

    def _repr_html_(self) -> str:
        from qgl.draw import svg

        return svg(self.circuit)

    @functools.cached_property
    def emitted(self) -> Model:
        """The model whose evolutions are the slices of their `by trotter`, as hardware gets them."""
        from qgl.passes.trotter import trotterized

        program = replace(self.program, operations=tuple(trotterized(self.program.operations)))
        return Model(program, precision=self.precision)

    @functools.cached_property
    def refined(self) -> Model:
        """The model with a finer truncation, where a program allows truncated answers (`qgl.report.truncation`)."""
        settings = self.program.train
        finer = None if settings.approximate is None else settings.approximate.finer
        return Model(replace(self.program, train=replace(settings, approximate=finer)), precision=self.precision)

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

    def _jit(self, name: Hashable, function: Callable[..., Any]) -> Callable[..., Any]:
        """The compiled `function`, one for each name."""
        if name not in self._compiled:
            self._compiled[name] = in_reverse_mode(large_tables.jit(function))
        return self._compiled[name]

    def _checked(
        self, params: Params, condition: ArrayLike | None, key: Array | None
    ) -> tuple[Params, Array | None, Array | None]:
        """What comes with a question, if it fits this model."""
        key = None if key is None else random_key(key)
        return self._with_held(params, key), self.parameters.checked_condition(condition), key

    def _checked_for_loss(self, params: Params, key: Array | None) -> tuple[Params, Array | None]:
        """What comes with the loss; its conditions are those of the data."""
        if not self.objectives:
            raise ValueError("the program has no objective")
        if key is None and any(term.objective.stochastic for term in self.objectives):
            raise ValueError("this objective is stochastic: give the loss a key")
        return self._with_held(params), None if key is None else random_key(key)

    def _with_held(self, params: Params, key: Array | None = None) -> Params:
        """Checked parameters and what is held beside them; the states that enter are drawn if they are not among it."""
        if self.drawing is None and self.program.train.approximate is None:  # nothing is held
            return self.parameters.checked(params)
        own, held = apart(params) if isinstance(params, Mapping) else (params, {})
        own = self.parameters.checked(own)
        drawn = {} if self.drawing is None or STATES in held else self.drawing.held(own, self._entropy(key))
        return {**own, **held, **drawn}

    def held(self, params: Params) -> dict[str, Any]:
        """What a compiled loss takes beside the parameters, arrays by names that no parameter has.

        They are the states that enter, where outcomes are drawn, and what is known of the data: all in which stages
        of one form differ. Empty for most programs.
        """
        if self.drawing is None:
            return {}
        with self._number_type():
            return {**self.drawing.held(params, self._entropy(None)), **known_of(self.objectives)}

    def held_blank(self) -> dict[str, Any]:
        """Arrays of the shapes of `held`."""
        return {} if self.drawing is None else {**self.drawing.blank(), **known_of(self.objectives)}

    @property
    def form(self) -> Hashable:
        """What two models have the same of if one compiled loss serves both, with what each holds; None: none does."""
        objectives = [(term.label, term.weight, term.objective) for term in self.objectives]
        if self.drawing is None or self.stochastic:
            return None
        if not all(isinstance(objective, EnsembleComparison) for _, _, objective in objectives):
            return None
        terms = [(*told, each.form) for *told, each in objectives if isinstance(each, EnsembleComparison)]
        declared = [(p.kind, p.name, p.shape, p.constraint, p.draws) for p in self.program.parameters]
        return self.precision, self.drawing.form, tuple(terms), tuple(declared)

    def _entropy(self, key: Array | None) -> tuple[int, ...]:
        """What outcomes are drawn by: a key, or else the seed of the program."""
        if key is None:
            return (self.program.train.seed,)
        return tuple(np.asarray(jax.random.key_data(key)).ravel().tolist())

    @property
    def _positions(self) -> int:
        """Number of visible and hidden qubits, which Pauli words and regions may name."""
        return self.width + len(self.program.hidden)

    @functools.cached_property
    def readings(self) -> Readings:
        """How the questions of this model are put to its circuit; what is planned and compiled is kept."""
        from qgl.readings import Readings

        return Readings(
            self.circuit,
            self.program.outputs,
            self.precision,
            device_limit(),
            drawing=self.drawing,
            approximate=self.program.train.approximate,
            differentiates=self.differentiates_strings,
        )

    @functools.cached_property
    def _replies(self) -> Replies:
        from qgl.replies import Replies

        return Replies(self.readings, self.parameters, self._real)

    @functools.cached_property
    def differentiates_strings(self) -> bool:
        """Whether training takes the gradient of likelihoods of strings, where truncated sweeps are allowed."""
        settings = self.program.train
        asked = (query for term in self.objectives for query in term.objective.queries)
        return isinstance(settings.approximate, Sweep) and settings.by_gradient and any(map(is_of_strings, asked))

    def plan(self, *queries: Query) -> Plan:
        """How queries are answered that are planned together: all of bits or all of the quantum state.

        Raises:
            QglError: QGL0810, no method answers one of them within memory.
            ValueError: a query that cannot be asked of this model, or queries that are not planned together.
        """
        for query in queries:
            check_query(query, self.width, self._positions)
        shares = self.readings.shares(queries or (Probabilities(),))
        if len(shares) != 1:
            raise ValueError("these queries are not planned together: ask for the plan of each")
        return shares[0].planner.plan(shares[0].queries)
