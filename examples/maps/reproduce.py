"""Measures the figures of mixed states by local maps: python -m examples.maps.reproduce [--quick] [--only PART]."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import numpy as np

import qgl
from examples.maps import chain
from examples.maps.exact import errors, one_gap
from examples.published import Ours, main
from qgl.model import Model
from qgl.runs.run import Run
from qgl.train.loop import train

EXAMPLES, HERE = Path(__file__).resolve().parents[1], Path(__file__).resolve().parent
FOURS = chain.in_a_row(10)
NAME = "maps"
CASES = ((1, 0, 1), (2, 0.05, 1), (2, 0.15, 1), (2, 0.15, 2), (4, 0.15, 2), (4, 0.3, 1), (4, 0.3, 2))  # depth, noise, w


def classical(quick: bool) -> Mapping[str, Ours]:
    """Two layers of conditional frequencies of a thousand bits."""
    model, run = two_layers(quick, smoothing=0.0)
    figures = {"seen": Ours(likelihood(model, run, "samples"))}
    for w, gap in ((2, 2), (1, 1)):
        model, run = two_layers(quick, w=w, gap=gap)
        figures[f"unseen_{w}_{gap}"] = Ours(likelihood(model, run, "unseen"))
    return figures


def rows(quick: bool) -> Mapping[str, Ours]:
    """A thousand bits by quantum maps that begin at what the rows say, and are trained on the likelihood."""
    small: dict[str, Any] = {"n": 8, "updates": 2} if quick else {}
    model = qgl.load(EXAMPLES / "local_maps.qgl", **small)
    return {"rows": Ours(likelihood(model, train(model, display="quiet"), "unseen"))}


def exact(quick: bool) -> Mapping[str, Ours]:
    """Petz maps of exact states of ten qubits."""
    figures = {}
    for depth, p, w in ((1, 0.0, 1),) if quick else CASES:
        own = errors(depth, p, w)
        for name, value in asdict(own).items():
            figures[f"{name}_{depth}_{round(100 * p)}_{w}"] = Ours(value)
    for depth in () if quick else (2, 4):
        figures |= {f"gap_{depth}_{each}": Ours(one_gap(depth, 0.15, each)) for each in range(3)}
    return figures


LIKELY, SQUARED = "marginals(shots, size = 4, distance = kl)", "marginals(shots, size = 2, distance = hilbert_schmidt)"


def ten(quick: bool) -> Mapping[str, Ours]:
    """Ten qubits from 1,600 shots by the likelihood of four neighbours, and by the squared distance of pairs."""
    (teacher, known), figures = of_ten(), {}
    text = (HERE / "learner.qgl").read_text(encoding="utf-8")
    for name, objective, updates in (("likely", LIKELY, 30), ("squared", SQUARED, 100)):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(HERE / "shots.npz", folder)
            (Path(folder) / "learner.qgl").write_text(text.replace(LIKELY, objective), encoding="utf-8")
            model = qgl.load(Path(folder) / "learner.qgl", updates=2 if quick else updates)
        run = train(model, display="quiet")
        for moment, params in (("start", model.init(jax.random.key(0))), (name, run.params)):
            figures[f"ten_{moment}"] = Ours(float(np.mean(chain.apart(teacher, known, model, params, FOURS))))
    return figures


def alone(quick: bool) -> Mapping[str, Ours]:
    """The product of the exact states of single qubits, of the same ten."""
    return {"ten_sites": Ours(chain.sites(*of_ten()))}


def of_ten() -> tuple[Model, Any]:
    """The teacher of ten qubits and its parameters."""
    teacher = qgl.load(HERE / "teacher.qgl")
    return teacher, teacher.init(jax.random.key(0, impl="threefry2x32"))


def shots(quick: bool) -> Mapping[str, Ours]:
    """A thousand qubits from 2,000 shots in random Pauli bases; what these allow, on a part of the chain."""
    n, part = (16, 16) if quick else (1000, 100)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        chain.draw(Path(one), n)
        own = chain.learn(Path(one), n)
        chain.draw(Path(other), part)
        least = chain.floor(Path(other), part)
        chain.draw(Path(other), part, count := 400 if quick else 32_000)
        many = chain.learn(Path(other), part, count)
    said = f"pairs from unseen shots: squared Hilbert-Schmidt distance {own.unseen:.4f} +- {own.error:.4f}"
    figures = {
        "shots_polished": Ours(own.polished, note=said),
        "shots_floor": Ours(least),
        "shots_many": Ours(many.polished),
    }
    values = {"start": own.start, "maps": own.of_maps, "seconds": own.seconds, "sites": chain.sites(*chain.taught(n))}
    return figures | {f"shots_{name}": Ours(value) for name, value in values.items()}


def two_layers(quick: bool, **constants: Any) -> tuple[Model, Run]:
    """The program with other constants, trained."""
    small = {"n": 10} if quick else {}  # whole periods and an interval: the last gap too has bits on its right
    model = qgl.load(EXAMPLES / "two_layers.qgl", **(small | constants))
    return model, train(model, display="quiet")


def likelihood(model: Model, run: Run, data: str) -> float:
    """The negative log-likelihood of a data set, nats a row."""
    found = model.program.data[data]
    return -float(np.average(np.asarray(model.log_prob(run.params, found.rows)), weights=found.weights))


if __name__ == "__main__":
    main(NAME, classical, rows, exact, ten, alone, shots)
