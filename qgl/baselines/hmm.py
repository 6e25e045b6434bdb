"""Hidden Markov models over columns: stationary ones by hmmlearn; with tables of each column, by our own steps."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass

import numpy as np

from qgl.baselines.chain import ChainDistribution
from qgl.baselines.columns import Real, Table, Values

_STEPS, _WORK = 200, 3e9  # of each start, and multiplications of a fit, where the program does not say how many steps
_CLOSE = 1e-6  # nats a row by which a step must better the likelihood


@dataclass(frozen=True, eq=False)
class Found:
    """A fitted model: its distribution, its parameters, and how far its fit went."""

    distribution: ChainDistribution
    parameters: int
    note: str


def hmm(table: Table, states: int, restarts: int, steps: int | None, stationary: bool, seed: int) -> Found:
    """The best of `restarts` fits by expectation maximisation (Baum and Welch), each of at most `steps` steps.

    steps: None for 200, or as many fewer of many rows as let the fit end in seconds, which the note then tells.

    Raises:
        ImportError: stationary, and hmmlearn is not installed.
    """
    rows = len(table.repeated()) if stationary else len(table.values)
    work = rows * len(table.columns) * (states + 8) ** 2 * restarts
    allowed = steps or int(max(5, min(_STEPS, _WORK // work)))
    cut = steps is None and allowed < _STEPS
    note = f"the best of {restarts} starts of {allowed} steps" + (", cut short: `steps` asks for more" if cut else "")
    if stationary:
        distribution = _by_library(table, states, restarts, allowed, seed)
        sizes = table.columns.sizes[:1]
        moves = states * (states - 1)
    else:
        distribution = _by_columns(table, states, restarts, allowed, np.random.default_rng([seed, states]))
        sizes = table.columns.sizes
        moves = (len(sizes) - 1) * states * (states - 1)
    return Found(distribution, states - 1 + moves + sum(states * (size - 1) for size in sizes), note)


def _by_library(table: Table, states: int, restarts: int, steps: int, seed: int) -> ChainDistribution:
    from hmmlearn.hmm import CategoricalHMM

    rows, columns, size = table.repeated(), len(table.columns), table.columns.sizes[0]
    best, distributions = -np.inf, []
    log = logging.getLogger("hmmlearn")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns where there are more parameters than data, which the report tells anyway
    try:
        for start in range(restarts):
            model = CategoricalHMM(
                states,
                n_features=size,
                n_iter=steps,
                tol=_CLOSE * len(rows),
                random_state=seed + start,
                implementation="scaling",
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.fit(rows.reshape(-1, 1), [columns] * len(rows))
            emitted, moved = np.asarray(model.emissionprob_), np.asarray(model.transmat_)
            distribution = _distribution(
                table, np.asarray(model.startprob_), [moved] * (columns - 1), [emitted] * columns
            )
            likelihood = float(table.weights @ np.maximum(distribution.log_prob_of(table.values), -1e6))
            if likelihood > best:
                best, distributions = likelihood, [distribution]
    finally:
        log.setLevel(level)
    return distributions[0]


def _by_columns(table: Table, states: int, restarts: int, steps: int, random: np.random.Generator) -> ChainDistribution:
    best, distributions = -np.inf, []
    for _ in range(restarts):
        start, moves, emits = _random(table, states, random)
        before = -np.inf
        for _ in range(steps):
            start, moves, emits, likelihood = _step(table, start, moves, emits)
            if likelihood - before < _CLOSE:
                break
            before = likelihood
        distribution = _distribution(table, start, moves, emits)
        likelihood = float(table.weights @ np.maximum(distribution.log_prob_of(table.values), -1e6))
        if likelihood > best:
            best, distributions = likelihood, [distribution]
    return distributions[0]


def _random(table: Table, states: int, random: np.random.Generator) -> tuple[Real, list[Real], list[Real]]:
    """A start: near no dependence at all, but for noise that tells the states apart."""
    sizes = table.columns.sizes
    start = random.dirichlet(np.full(states, 5.0))
    moves = [random.dirichlet(np.full(states, 1.0), states) for _ in sizes[1:]]
    emits = []
    for column, size in zip(table.values.T, sizes, strict=True):
        mean = np.bincount(column, weights=table.weights, minlength=size)
        emits.append(_normalised((mean + 0.05 / size) * random.uniform(0.2, 1.0, (states, size))))
    return start, moves, emits


def _step(
    table: Table, start: Real, moves: list[Real], emits: list[Real]
) -> tuple[Real, list[Real], list[Real], float]:
    """One step of Baum and Welch on weighted rows, and the mean log-likelihood before it."""
    seen = [emit[:, column].T for emit, column in zip(emits, table.values.T, strict=True)]  # (rows, states)
    forward: list[Real] = []
    scales: list[Real] = []
    memory = start * seen[0]
    for place in range(len(seen)):
        if place:
            memory = (forward[-1] @ moves[place - 1]) * seen[place]
        scales.append(np.maximum(memory.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny))
        forward.append(memory / scales[-1])
    weights, after = table.weights[:, None], np.ones_like(memory)
    new_moves: list[Real] = []
    new_emits: list[Real] = []
    for place in reversed(range(len(seen))):
        occupied = weights * forward[place] * after
        new_emits.append(_normalised(_summed(occupied, table.values[:, place], emits[place].shape[1])))
        if place:
            coming = seen[place] * after / scales[place]
            joint = (weights * forward[place - 1]).T @ coming * moves[place - 1]
            new_moves.append(_normalised(joint))
            after = coming @ moves[place - 1].T
    likelihood = float(table.weights @ sum(np.log(scale[:, 0]) for scale in scales))
    return _normalised(occupied.sum(axis=0)[None])[0], new_moves[::-1], new_emits[::-1], likelihood


def _summed(occupied: Real, column: Values, size: int) -> Real:
    """(rows, states) summed over the rows of each value: (states, values)."""
    return np.stack([np.bincount(column, weights=each, minlength=size) for each in occupied.T])


def _normalised(table: Real) -> Real:
    """Rows that sum to 1; one that is nothing becomes uniform."""
    sums = table.sum(axis=1, keepdims=True)
    normalised: Real = np.where(sums > 0, table / np.where(sums > 0, sums, 1.0), 1 / table.shape[1])
    return normalised


def _distribution(table: Table, start: Real, moves: list[Real], emits: list[Real]) -> ChainDistribution:
    last = [np.ones((len(start), 1))]
    steps = [emit.T[:, :, None] * move for emit, move in zip(emits, [*moves, *last], strict=True)]
    return ChainDistribution(table.columns, start, tuple(steps))
