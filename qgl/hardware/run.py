"""Strings of a model by an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qgl.hardware.engines.contract import checked
from qgl.hardware.engines.engine import Engine, RemoteEngine, Strings, Task
from qgl.hardware.engines.table import open_engine
from qgl.hardware.engines.waiting import patient

if TYPE_CHECKING:
    from jax.typing import ArrayLike

    from qgl.model import Model
    from qgl.parameters import Params


def task_of(
    model: Model,
    params: Params,
    shots: int,
    *,
    seed: int = 0,
    condition: ArrayLike | None = None,
    max_qubits: int | None = None,
) -> Task:
    """The task of drawing `shots` strings from a model.

    A model with `latent` inputs is a mixture of circuits: each element is a row with its share of the shots, drawn
    with the seed; elements that get none are left out.

    Args:
        condition: shape (condition width,); needed exactly if the program declares `condition` inputs.
        max_qubits: see `Task`.

    Raises:
        ValueError: no shots, or a condition is missing or of another width.
    """
    if shots < 1:
        raise ValueError(f"shots is at least 1, not {shots}")
    inputs = np.asarray(model.parameters.inputs(params, condition, np.float32), dtype=np.float64)
    weights = model.parameters.weights
    shares = np.random.default_rng(seed).multinomial(shots, weights / weights.sum())
    drawn = np.flatnonzero(shares)
    return Task(model.circuit, inputs[drawn], tuple(int(share) for share in shares[drawn]), seed, max_qubits)


def answered(engine: Engine, task: Task) -> list[Strings]:
    """What the engine answers, held to its contract.

    Raises:
        QglError: QGL1106 or QGL1108, it is something else than a list of arrays of bits of the shapes that are wanted.
    """
    return checked(engine.name, engine.samples(task), task.shots, task.width)


def together(strings: Sequence[Strings], seed: int) -> Strings:
    """The strings of the rows of a mixture as one array, in random order."""
    joined = np.concatenate(list(strings))
    return joined if len(strings) == 1 else np.random.default_rng([seed, 1]).permutation(joined)


def run(
    model: Model,
    params: Params,
    engine: Engine | RemoteEngine | str,
    shots: int,
    *,
    seed: int = 0,
    condition: ArrayLike | None = None,
    max_qubits: int | None = None,
) -> Strings:
    """`shots` strings of a model by an engine or the engine of a name. Shape (shots, visible qubits), uint8.

    Other arguments are as in `task_of`.

    A remote engine is waited for. What is to outlive this process is run by `qglc run`, which keeps jobs on the disk.

    Raises:
        QglError: QGL11xx, the engine cannot run the circuit, failed, or broke its contract.
    """
    task = task_of(model, params, shots, seed=seed, condition=condition, max_qubits=max_qubits)
    opened = open_engine(engine) if isinstance(engine, str) else engine
    return together(answered(patient(opened), task), seed)
