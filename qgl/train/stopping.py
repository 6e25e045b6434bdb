"""When a seed is finished: its loss met the target, has not got better for a while, or is not a number; or `early`."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qgl.diagnostics.runs import NonFiniteLoss
from qgl.program.calls.objectives import KL, NLL
from qgl.program.calls.optimizers import LBFGS
from qgl.program.calls.stops import Plateau, StopCall, Target
from qgl.program.calls.strategies import BY_GRADIENT
from qgl.program.operations import is_required
from qgl.program.program import TrainSettings
from qgl.program.rolled import patterns
from qgl.runs.history import History
from qgl.runs.seed_status import FAILED, PLATEAU, RUNNING, TARGET
from qgl.train.trainable import Trainable


@dataclass(frozen=True, slots=True)
class StopRule:
    """`target(value)` and `plateau(patience, tolerance)`, any number of each; for `early` see `qgl.train.watch`.

    A plateau holds, per rule, the best loss so far and the number of steps since the loss fell below it by more than
    `tolerance`; the seed is finished when that number reaches `patience`.
    """

    target: float | None
    plateaus: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, calls: tuple[StopCall, ...]) -> StopRule:
        targets = [call.value for call in calls if isinstance(call, Target)]
        plateaus = [(call.patience, call.tolerance) for call in calls if isinstance(call, Plateau)]
        return cls(max(targets, default=None), tuple(plateaus))

    def initial(self, loss: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Best losses and steps since, each of shape (plateaus,), before the first step."""
        count = len(self.plateaus)
        return jnp.full(count, jnp.inf, dtype=loss.dtype), jnp.zeros(count, dtype=jnp.int32)

    def judge(
        self, loss: jax.Array, finite: jax.Array, best: jax.Array, since: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Status, best losses and steps since, once `loss` of a running seed is known."""
        tolerance = jnp.asarray([t for _, t in self.plateaus], dtype=loss.dtype)
        patience = jnp.asarray([p for p, _ in self.plateaus], dtype=jnp.int32)
        better = loss < best - tolerance
        best = jnp.where(better, loss, best)
        since = jnp.where(better, 0, since + 1)
        status = jnp.where(jnp.any(since >= patience), PLATEAU, RUNNING)
        if self.target is not None:
            status = jnp.where(loss <= self.target, TARGET, status)
        return jnp.where(finite, status, FAILED).astype(jnp.int32), best, since


def not_finite(model: Trainable, settings: TrainSettings, history: History, first: int) -> NonFiniteLoss:
    """Why no seed is left, with likely causes; `first` is the step that the history begins with."""
    last = int(np.argmax(np.all(history.status == FAILED, axis=1)))
    seeds = tuple(int(seed) for seed in np.flatnonzero(history.status[last] == FAILED))
    where = "gradient" if np.isfinite(history.loss[last]).any() else "loss"
    causes = []
    if settings.strategy_name in BY_GRADIENT and not isinstance(settings.optimizer, LBFGS):
        causes.append("the rate is too large (lower it, or add `clip 1.0;`)")
    if any(isinstance(term.call, NLL | KL) for term in model.program.objective):
        causes.append("a string of the data has probability 0 in the model")
    if any(map(is_required, patterns(model.program.operations))):
        causes.append("the outcomes that `postselect` requires hardly come (`report success`)")
    causes.append("a parameter is at the edge of a function's domain (`log`, `sqrt`, division)")
    if model.precision == "single":
        causes.append("numbers beyond single precision (try `precision double;`)")
    return NonFiniteLoss(settings.span, last + first, seeds, where, tuple(causes))
