"""What the strategies of qgl share: the state before the first step, what is made of a loss that was seen, the end."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.model import Model
from qgl.parameters import Bits
from qgl.program.program import TrainSettings
from qgl.runs.history import History
from qgl.runs.seed_results import SeedResults
from qgl.runs.seed_status import RUNNING
from qgl.train.kept import programs
from qgl.train.methods import Terms, choose
from qgl.train.stopping import StopRule
from qgl.train.strategies.strategy import State, run_key, start_keys, step_key
from qgl.train.trainable import Params, Trainable


class Common(ABC):
    """Most of a `Strategy`; what is left is how it remembers and how it advances.

    of_settings: whether the model and the settings are all that it is made of.
    """

    of_settings: ClassVar[bool] = True

    def __init__(self, model: Trainable, settings: TrainSettings) -> None:
        self._model, self._stochastic = model, model.stochastic
        self._rule = StopRule.of(settings.stop)
        self._seed = settings.seed
        self._seeds = np.arange(settings.seeds, dtype=np.int32)
        self._start = model.start if isinstance(model, Model) else None
        form = model.form if isinstance(model, Model) else None
        told = replace(settings, seed=0, span=None, watch=(), every=1, checkpoint=1, time_limit=None)
        self._settings = replace(told, seed=settings.seed)
        self._form = None if form is None else (type(self), form, tuple(sorted(model.trainable.items())), told)

    @property
    def moves(self) -> Mapping[str, bool]:
        """For each name of the parameters, whether the strategy moves it."""
        return self._model.trainable

    @abstractmethod
    def _memory(self, trained: Params, loss: jax.Array, terms: Terms) -> Any:
        """The memory of one seed before the first step; `loss` and `terms` give types and shapes only. Traced."""

    @abstractmethod
    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """See `Strategy.advance`."""

    def initial(self) -> State:
        """See `Strategy.initial`."""
        begin = self._begin
        name = "initial" if self._start is None else "initial, given"
        made = functools.partial(self._kept, name, jax.vmap(self._initial), self._shape, *begin)
        start = self._shared((name, self._form), made)
        state: State = start(*begin)
        return state

    def shape(self) -> State:
        """See `Strategy.shape`."""
        return self._shape()

    def _shape(self) -> State:
        """Shapes and types of what `_initial` gives."""
        shape: State = jax.eval_shape(jax.vmap(self._initial), *self._begin)
        return shape

    @property
    def _begin(self) -> tuple[NDArray[np.int32], Params | Bits | None]:
        """What `_initial` is called with, of all seeds: their numbers, and given parameters or random bits of these."""
        model = self._model
        if self._start is not None or not isinstance(model, Model):
            return self._seeds, self._start
        return self._seeds, model.parameters.bits(start_keys(self._seed, self._seeds))

    @property
    def is_kept(self) -> bool:
        """Whether an earlier process has made the steps of this strategy, and this one has memory for them."""
        return False

    def model_of(self, state: State, seed: int, step: int) -> Trainable:
        """See `Strategy.model_of`."""
        return self._model

    def results(self, state: State, step: int) -> SeedResults:
        """See `Strategy.results`."""
        after, _ = self.advance(state, step, 1)
        return SeedResults(*jax.device_get(({**after.fixed, **after.kept}, after.kept_loss, after.kept_terms)))

    def _shared(self, name: Hashable, make: Callable[[], Any]) -> Any:
        """What is compiled under a name: by an earlier stage of the same form, if there was one."""
        if self._form is None or not isinstance(self._model, Model):
            return make()
        if name not in self._model.programs:
            self._model.programs[name] = make()
        return self._model.programs[name]

    def _kept(
        self, name: str, function: Callable[..., Any], result: Callable[[], Any], *arguments: Any
    ) -> Callable[..., Any]:
        """A function of this strategy, compiled, and kept for later processes."""
        return programs.compiled(self._identity, name, function, arguments, result, self._process)

    @functools.cached_property
    def _identity(self) -> bytes | None:
        """What its programs are kept by; None where model and settings are not all that they are made of."""
        model = self._model
        whole = type(model) is Model and model.drawing is None and model.program.train.approximate is None
        if not whole or not self.of_settings:
            return None
        return programs.identity((type(self), model.program, model.precision, self._settings))

    def _process(self) -> int:
        """Bytes of a process that trains so."""
        from qgl.report.weighing import process, weigh_objective

        assert isinstance(self._model, Model)
        return process(weigh_objective(self._model), self._model.program, self._settings)

    def _held(self, state: State) -> dict[str, Any]:
        """What a step takes beside the state and does not change, by names that no parameter has.

        Every array has a leading axis of seeds.
        """
        if not isinstance(self._model, Model):
            return {}
        params = jax.tree.map(np.asarray, {**state.fixed, **state.trained})
        each = [
            self._model.held({name: value[seed] for name, value in params.items()}) for seed in range(len(self._seeds))
        ]
        held: dict[str, Any] = jax.tree.map(lambda *rows: np.stack(rows), *each)
        return held

    # ------------------------------------------------------------ one seed

    def _initial(self, seed: jax.Array, start: Params | Bits | None) -> State:
        params = self._params(seed, start)
        moves = self.moves
        trained = {name: value for name, value in params.items() if moves[name]}
        fixed = {name: value for name, value in params.items() if not moves[name]}
        loss, terms = self._unseen(params)
        zero = jnp.zeros((), dtype=jnp.int32)
        best, since = self._rule.initial(loss)
        return State(
            trained=trained,
            fixed=fixed,
            memory=self._memory(trained, loss, terms),
            kept=trained,
            kept_loss=loss,
            kept_terms=terms,
            status=zero + RUNNING,
            loss=loss,
            terms=terms,
            gradient_norm=loss,
            plateau_best=best,
            plateau_since=since,
        )

    def _params(self, seed: jax.Array, start: Params | Bits | None) -> Params:
        """Where a seed begins: at `start` as it was given, or as these random bits draw it; other models draw it."""
        if self._start is not None and start is not None:
            return {name: jnp.asarray(value) for name, value in start.items()}
        if isinstance(self._model, Model) and start is not None:
            return self._model.parameters.drawn(start)
        return self._model.init(run_key(self._seed, seed, 0))

    def _unseen(self, params: Params) -> tuple[jax.Array, Terms]:
        """The loss and its terms before they are seen: infinite. Those of a model have a known type, and tracing all of
        it for that would be a tenth of a second start.
        """
        if isinstance(self._model, Model) and type(self)._terms is Common._terms:
            number = jnp.asarray(jnp.inf, jnp.float64 if self._model.precision == "double" else jnp.float32)
            return number, {term.label: number for term in self._model.objectives}
        held = self._model.held_blank() if isinstance(self._model, Model) else {}
        shapes = jax.eval_shape(
            lambda params: self._terms(params, run_key(self._seed, 0, 0), self._blank()), {**params, **held}
        )
        unseen: tuple[jax.Array, Terms] = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.inf, leaf.dtype), shapes)
        return unseen

    def _step_key(self, seed: Any, step: Any) -> jax.Array:
        return step_key(self._seed, seed, step)

    def _blank(self) -> Any:
        """What `_terms` takes beside parameters and key."""
        return None

    def _terms(self, params: Params, key: jax.Array, measured: Any) -> tuple[jax.Array, Terms]:
        return self._model.terms(params, key)

    def _seen(
        self,
        state: State,
        params: Params,
        loss: jax.Array,
        terms: Terms,
        norm: jax.Array | None,
        may_plateau: jax.Array | bool = True,
    ) -> State:
        """The state with what was seen at `params` written down, and the seed stopped if that is called for.

        norm: of the gradient; None where there is no gradient.
        may_plateau: whether a plateau may stop the seed; where not, none has begun.
        """
        finite = jnp.isfinite(loss) & (True if norm is None else jnp.isfinite(norm))
        status, best, since = self._rule.judge(
            loss,
            finite,
            jnp.where(may_plateau, state.plateau_best, jnp.inf),
            jnp.where(may_plateau, state.plateau_since, 0),
        )
        keep = finite & (self._stochastic | (loss < state.kept_loss))
        kept, kept_loss, kept_terms = choose(
            keep, (params, loss, terms), (state.kept, state.kept_loss, state.kept_terms)
        )
        return state._replace(
            trained=params,
            kept=kept,
            kept_loss=kept_loss,
            kept_terms=kept_terms,
            status=status,
            loss=loss,
            terms=terms,
            gradient_norm=jnp.full_like(loss, jnp.nan) if norm is None else norm,
            plateau_best=best,
            plateau_since=since,
        )
