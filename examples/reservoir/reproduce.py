"""Measures the figures of system P: python -m examples.reservoir.reproduce [--quick]."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "reservoir"
SMALL: dict[str, Any] = {"n": 2, "window": 2, "seen": 40}
DELAY, STEP, EVERY, WAIT = 17.0, 0.1, 30, 3000  # of the series: units of time, and steps of integration
STARTS, AHEAD, WRONG = 20, 100, 0.4  # closed loops, their length, and the error that ends one, in standard deviations
Numbers = NDArray[np.float64]
Predictor = Callable[[Numbers], Numbers]  # windows, shape (rows, window) -> next values, shape (rows,)


def mackey_glass(count: int) -> Numbers:
    """x' = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x, from 1.2, every third unit of time after 300, from 0 to 1.

    By steps of Runge and Kutta of fourth order; between two steps the delayed value is their mean.
    """

    def derivative(now: float, then: float) -> float:
        return 0.2 * then / (1 + then**10) - 0.1 * now

    lag = round(DELAY / STEP)
    x = [1.2] * (lag + 1)
    for _ in range(WAIT + EVERY * count):
        now, then, after = x[-1], x[-1 - lag], x[-lag]
        middle = (then + after) / 2
        one = derivative(now, then)
        two = derivative(now + STEP / 2 * one, middle)
        three = derivative(now + STEP / 2 * two, middle)
        x.append(now + STEP / 6 * (one + 2 * two + 2 * three + derivative(now + STEP * three, after)))
    kept = np.array(x[lag + WAIT + EVERY :: EVERY])
    return np.asarray((kept - kept.min()) / (kept.max() - kept.min()))


def by_model(model: qgl.Model, found: Iterable[Mapping[str, Any]]) -> list[Predictor]:
    """What a circuit makes of windows, with each of several sets of parameters."""
    ask = jax.jit(jax.vmap(lambda params, window: model.outputs(params, window)["next"][0], (None, 0)))

    def predict(params: Mapping[str, Any], windows: Numbers) -> Numbers:
        with jax.enable_x64(True):
            return np.asarray(ask(params, windows), np.float64)

    return [partial(predict, params) for params in found]


def by_least_squares(windows: Numbers, following: Numbers, degree: int) -> Predictor:
    """An autoregression: a polynomial of the values of a window, of degree 1 or 2, fitted to rows."""

    def features(given: Numbers) -> Numbers:
        squares = [given[:, k, None] * given[:, k:] for k in range(given.shape[1])]
        return np.hstack([np.ones((len(given), 1)), given, *(squares if degree == 2 else [])])

    weights = np.linalg.lstsq(features(windows), following, rcond=None)[0]
    return lambda given: np.asarray(features(given) @ weights)


def error(predict: Predictor, windows: Numbers, following: Numbers, deviation: float) -> float:
    """Of one step: the root of the mean squared error, in standard deviations of the series."""
    return float(np.sqrt(np.mean((predict(windows) - following) ** 2)) / deviation)


def closed_loop(predict: Predictor, windows: Numbers, steps: int) -> Numbers:
    """What comes of windows whose following values are the predictor's own, shape (windows, steps)."""
    found = []
    for _ in range(steps):
        found.append(predict(windows))
        windows = np.column_stack([windows[:, 1:], found[-1]])
    return np.column_stack(found)


def horizon(generated: Numbers, truth: Numbers, deviation: float) -> float:
    """The median number of steps before a series is first wrong by more than `WRONG` deviations."""
    wrong = np.column_stack([np.abs(generated - truth) > WRONG * deviation, np.ones(len(truth), bool)])
    return float(np.median(np.argmax(wrong, axis=1)))


def measure(quick: bool) -> Mapping[str, Ours]:
    """All figures; the quick version has two qubits and a few steps."""
    model = qgl.load(HERE / "reservoir.qgl", **SMALL if quick else {})
    settings = replace(model.program.train, steps=5, seeds=1) if quick else model.program.train
    run = train(model, settings, display="quiet", pictures=False)
    series = rows_of(model, "series")[:, 0]
    past, later = (model.program.data[name] for name in ("steps", "unseen"))
    assert past.conditions is not None and later.conditions is not None
    following = rows_of(model, "steps")[:, 0]
    predictors: dict[str, list[Predictor]] = {
        "linear": [by_least_squares(past.conditions, following, 1)],
        "quadratic": [by_least_squares(past.conditions, following, 2)],
    }
    by_circuit = by_model(model, [*of_seeds(run.stages[0]), *of_seeds(run)])
    half = len(by_circuit) // 2
    predictors |= {"reservoir": by_circuit[:half], "trained": by_circuit[half:]}
    window, first = past.conditions.shape[1], len(past.conditions) + past.conditions.shape[1]
    ahead = 10 if quick else AHEAD
    begins = first + (2 if quick else 10) * np.arange(STARTS)
    starts = sliding_window_view(series, window)[begins]
    truth = sliding_window_view(series, ahead)[begins + window]
    figures: dict[str, Ours] = {}
    for name, each in predictors.items():
        errors = [error(one, later.conditions, rows_of(model, "unseen")[:, 0], series.std()) for one in each]
        spans = [horizon(closed_loop(one, starts, ahead), truth, series.std()) for one in each]
        figures |= {f"{name}_error": Ours.of_seeds(errors), f"{name}_horizon": Ours.of_seeds(spans)}
    return figures


def of_seeds(run: qgl.Run) -> list[dict[str, Any]]:
    """The parameters of each seed."""
    return [{name: value[seed] for name, value in run.all_params.items()} for seed in range(len(run.losses))]


def rows_of(model: qgl.Model, name: str) -> Numbers:
    """The rows of a data set."""
    found = model.program.data[name].numbers
    assert found is not None
    return found


if __name__ == "__main__":
    main(NAME, measure)
