"""Measures the figures of system Q: python -m examples.postselection.reproduce [--quick]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "postselection"
SMALL: dict[str, Any] = {"side": 2, "n": 2, "steps": 4, "depth": 2, "count": 500}
GENERATED = 500  # states, and pictures that a step is measured on
States = NDArray[np.complex128]


class Steps:
    """The steps of a trained program, each by itself: the first one, with the parameters of another in its place."""

    def __init__(self, params: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self.params = {name: np.asarray(value) for name, value in params.items()}
        model = qgl.load(HERE / "denoise.qgl", **{**given, "run": 1, "first": 1})

        def ask(params: dict[str, Any], state: jax.Array) -> tuple[jax.Array, jax.Array]:
            return model.ensemble(params, state)[0], model.success(params, state)

        self.ask = jax.jit(jax.vmap(ask, (None, 0)))

    def __call__(self, t: int, states: States) -> tuple[States, NDArray[np.float64]]:
        """What step t makes of states, shape (count, 2^n), and the probability that it does."""
        params = {name: np.roll(value, 1 - t, axis=0) for name, value in self.params.items()}
        parts = np.stack([states.real, states.imag], axis=-1).reshape(len(states), -1)
        made, success = self.ask(params, parts)
        return np.asarray(made, np.complex128), np.asarray(success, np.float64)


def measure(quick: bool) -> Mapping[str, Ours]:
    """All figures; the quick version has pictures of four pixels, four steps, and trains each a little.

    Step 1 is trained by itself, and all steps begin as it has become: begun near doing nothing they stay there.
    """
    given = SMALL if quick else {}
    model = qgl.load(HERE / "denoise.qgl", **given)
    short: dict[str, Any] = {"steps": 60 if quick else None, "display": "quiet", "pictures": False}
    first = train(qgl.load(HERE / "denoise.qgl", **{**given, "steps": 1}), **short)
    steps = int(model.program.constants["steps"])
    start = {name: np.repeat(value, steps, axis=0) for name, value in first.params.items()}
    run = train(model, params=start, **short)
    step, figures = Steps(run.params, given), {"fid": Ours(None, note="no network is here")}
    for t in range(1, 5):
        noisy, cleaner = (states_of(model, f"{name}({t})")[:GENERATED] for name in ("noisy", "cleaner"))
        made, success = step(t, noisy)
        figures[f"success_{t}"] = Ours(float(success.mean()))
        if t < 4:
            figures[f"nothing_{t}"] = Ours(1 - float(of_pairs(noisy, cleaner).mean()))
            figures[f"infidelity_{t}"] = Ours(1 - float(of_pairs(made, cleaner).mean()))
    random = np.random.default_rng(5)
    noise = random.normal(size=(GENERATED, 2, noisy.shape[1]))
    states = noise[:, 0] + 1j * noise[:, 1]
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    clean = rows_of(model, "clean")
    pictures = rows_of(model, "ink")[len(clean) :]
    figures["noise_fidelity"] = Ours(nearest(states, pictures))
    chances = np.ones(GENERATED)
    for t in range(SMALL["steps"] if quick else 10, 0, -1):
        states, success = step(t, states)
        chances *= success
    return figures | {
        "success_all": Ours(float(chances.mean())),
        "fidelity": Ours(nearest(states, pictures)),
        "real_fidelity": Ours(nearest(pictures, clean)),
    }


def of_pairs(one: States, other: States) -> NDArray[np.float64]:
    """Fidelities, state by state."""
    return np.asarray(np.abs(np.sum(one.conj() * other, axis=1)) ** 2)


def nearest(states: States, pictures: States) -> float:
    """The mean over states of the best fidelity with one of the pictures."""
    return float(np.mean(np.max(np.abs(states.conj() @ pictures.T) ** 2, axis=1)))


def states_of(model: qgl.Model, name: str) -> States:
    """The states of an ensemble."""
    found = model.program.data[name].states
    assert found is not None
    return found


def rows_of(model: qgl.Model, name: str) -> States:
    """The rows of a data set, each divided by its norm, as states."""
    found = model.program.data[name].numbers
    assert found is not None
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.complex128)


if __name__ == "__main__":
    main(NAME, measure)
