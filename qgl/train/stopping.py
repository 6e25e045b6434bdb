"""When a seed is finished: its loss met the target, has not got better for a while, or is not a number; or `early`."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from qgl.program.calls.stops import Plateau, StopCall, Target
from qgl.runs.seed_status import FAILED, PLATEAU, RUNNING, TARGET


@dataclass(frozen=True, slots=True)
class StopRule:
    """`target(value)` and `plateau(patience, tolerance)`, any number of each; for `early` see `qgl.report.watch`.

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
