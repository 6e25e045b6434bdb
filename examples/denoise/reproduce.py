"""Measures the figures of system O: python -m examples.denoise.reproduce [--quick] [--only PART]."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.data.digits import pictures as all_digits
from qgl.evaluate.outputs import pictures, rows
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "denoise"
SMALL: dict[str, Any] = {"layers": 2, "levels": 20, "count": 4}
SAMPLES, FARTHEST = 200, 20
Numbers = NDArray[np.float64]


def convolution(quick: bool) -> Mapping[str, Ours]:
    """Those of the quantum convolution of QU-Net by itself, and a linear map of the same nine pixels beside it."""
    small: dict[str, Any] = {"layers": 2, "count": 4, "steps": 5} if quick else {}
    model = qgl.load(HERE / "convolution.qgl", **small)
    (row,) = train(model, model.program.train, display="quiet").report["metrics"]
    task = model.program.data["task"]
    assert task.conditions is not None and task.numbers is not None
    squares, middles = np.asarray(task.conditions), task.numbers[:, 0]
    middle = squares[:, squares.shape[1] // 2]
    factors = np.column_stack([squares, np.ones(len(squares))])
    linear = factors @ np.linalg.lstsq(factors, middles, rcond=None)[0]
    return {
        "conv_numbers": Ours(float(qgl.load(HERE / "convolution.qgl").program.parameters[-1].size)),
        "conv_mse": Ours(row["value"]),
        "conv_still": Ours(float(np.mean((middle - middles) ** 2))),
        "conv_linear": Ours(float(np.mean((linear - middles) ** 2))),
    }


def single(quick: bool) -> Mapping[str, Ours]:
    """Those of unitary single sampling: one circuit for a whole generation."""
    constants = {key: value for key, value in SMALL.items() if key != "levels"} if quick else {}
    model = qgl.load(HERE / "single.qgl", **constants)
    run = train(model, steps=5 if quick else None, display="quiet")
    noise = np.asarray(model.parameters.drawn_conditions(jax.random.key(0), SAMPLES), float)
    norms = np.linalg.norm(noise, axis=1, keepdims=True)
    states, step, distances = (noise / norms).T, unitary(model, run.params), {}
    for times in range(1, FARTHEST + 1):
        states = step @ states
        generated = np.clip(norms * np.abs(states.T), 0, 1)
        distances[times] = pictures.frechet(generated, numbers(model, "unseen"))
    best = min(distances, key=lambda times: distances[times])
    return {
        "single_infidelity": Ours(float(run.loss)),
        "single_best": Ours(float(best)),
        "single_frechet": Ours(distances[best]),
        "single_last": Ours(distances[max(distances)]),
    }


def unitary(model: qgl.Model, params: Mapping[str, Any]) -> NDArray[np.complexfloating[Any, Any]]:
    """The matrix of the circuit behind its preparation, from what it makes of basis states."""
    columns = [model.ensemble(dict(params), condition)[0] for condition in np.eye(model.parameters.condition_width)]
    return np.column_stack([np.asarray(column) for column in columns])


def step_by_step(quick: bool) -> Mapping[str, Ours]:
    """Those of Q-Dense, which is measured after every step."""
    model = qgl.load(HERE / "q_dense.qgl", **(SMALL if quick else {}))
    clock = time.process_time()
    run = train(model, steps=5 if quick else None, display="quiet")
    spent = (time.process_time() - clock) / run.steps
    report = {row["name"]: row["value"] for row in run.report["metrics"]}
    farther = qgl.load(HERE / "q_dense.qgl", **(SMALL if quick else {}) | {"generations": FARTHEST})
    count = 20 if quick else SAMPLES
    generated = rows.iterations(farther, run.params, count, 0)["picture"].reshape(FARTHEST, count, -1).astype(float)
    data, steps = numbers(model, "unseen"), model.program.data["steps"]
    assert steps.conditions is not None and steps.numbers is not None
    digit = all_digits()[1]
    ones = (digit[np.isin(digit, (0, 1))] == 1)[100:300]
    order = np.random.default_rng(0).permutation(len(data))
    return {
        "numbers": Ours(float(qgl.load(HERE / "q_dense.qgl").program.parameters[-1].size)),
        "mse": Ours(report["mse(steps, of = [picture])"]),
        "still": Ours(float(np.mean((steps.numbers - steps.conditions) ** 2))),
        **{f"frechet_{k}": Ours(pictures.frechet(generated[k - 1], data)) for k in (1, 5, 10, 20)},
        "mean": Ours(pictures.frechet(np.repeat(data.mean(axis=0)[None], 2, axis=0), data)),
        "real": Ours(pictures.frechet(*np.array_split(data[order], 2))),
        "classes": Ours(float(np.mean(ones[pictures.nearest(generated[9], data)]))),
        "fid": Ours(None, note="no network is here"),
        "milliseconds": Ours(1000 * spent, note="reports and compiling included"),
    }


def numbers(model: qgl.Model, name: str) -> Numbers:
    """The rows of a data set."""
    found = model.program.data[name].numbers
    assert found is not None
    return found


if __name__ == "__main__":
    main(NAME, step_by_step, single, convolution)
