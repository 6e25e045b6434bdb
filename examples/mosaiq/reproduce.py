"""Measures the figures of system M: python -m examples.mosaiq.reproduce [--quick] [--only PART].

The digits of MNIST are not shipped. To measure with them, put an archive of the 28 x 28 pictures of digit 5 of its test
set, whole numbers from 0 to 255, shape (pictures, 28, 28), into this folder as `digit5.npz`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.evaluate.outputs import pictures
from qgl.model import Model
from qgl.program.calls.optimizers import SGD
from qgl.program.calls.strategies import Adversarial
from qgl.program.program import TrainSettings
from qgl.program.transforms import undone
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "mosaiq"
DIGITS = "digit5.npz"
BATCH = 8  # pictures that the authors take a distance of
SMALL: dict[str, Any] = {"parts": 2, "wide": 2, "depth": 1, "dims": 4, "order": [0, 3, 1, 2], "count": 6}
DIGIT_FIGURES = ("mean", "pca", "critic", "critic_spread", "sgd", "mmd", "mmd_spread", "narrow_spread")


def trousers_by_critic(quick: bool) -> Mapping[str, Ours]:
    """Of Fashion-MNIST; the quick version has two circuits of two qubits and a few steps."""
    figures = {"angles": Ours(float(qgl.load(HERE / "critic.qgl").program.parameters[-1].size))}
    return figures | {f"trouser_{key}": one for key, one in measured("trousers.npz", quick, ("critic",)).items()}


def trousers_by_kernel(quick: bool) -> Mapping[str, Ours]:
    """The same circuits without a critic."""
    return {f"trouser_{key}": one for key, one in measured("trousers.npz", quick, ("mmd",)).items()}


def digits(quick: bool) -> Mapping[str, Ours]:
    """Of MNIST, where they are; the quick version leaves them out."""
    if quick or not (HERE / DIGITS).exists():
        missing = Ours(None, note=f"needs `examples/mosaiq/{DIGITS}`, which is not shipped")
        return {f"digit_{key}": missing for key in DIGIT_FIGURES} | {"real_batch": missing}
    found = measured(DIGITS, quick, ("critic", "mmd", "sgd", "narrow"))
    rows = numbers(qgl.load(HERE / "critic.qgl", file=DIGITS), "pictures")
    figures = {f"digit_{key}": one for key, one in found.items()}
    return figures | {"real_batch": Ours(float(np.mean(batches(rows)))), "digit_pca": Ours(of_components())}


def measured(file: str, quick: bool, ways: tuple[str, ...]) -> dict[str, Ours]:
    """Frechet distances and spreads of pictures that are generated after training in some ways."""
    figures: dict[str, Ours] = {}
    for way in ways:
        constants = (SMALL if quick else {}) | {"file": file} | ({"bound": float(np.pi / 8)} if way == "narrow" else {})
        if way != "mmd" and file == DIGITS:
            constants["rate"] = 0.005
        model = qgl.load(HERE / ("features.qgl" if way == "mmd" else "critic.qgl"), **constants)
        settings = model.program.train
        if way == "sgd":
            settings = as_published(settings)
        if quick:
            settings = replace(settings, steps=5)
        rows = {row["name"]: row["value"] for row in train(model, settings, display="quiet").report["metrics"]}
        figures |= {way: Ours(rows["frechet(pictures)"]), f"{way}_spread": Ours(rows["spread(pictures)"])}
        figures["mean"] = Ours(rows["frechet(pictures), mean row of the data"])
    return {key: one for key, one in figures.items() if key not in ("narrow", "sgd_spread")}


def as_published(settings: TrainSettings) -> TrainSettings:
    """Gradient descent at the published rates."""
    span = settings.optimizer.span
    opponent = Adversarial(opponent=SGD(rate=0.05, span=span), span=span)
    return replace(settings, optimizer=SGD(rate=0.3, span=span), strategy=opponent)


def batches(rows: NDArray[np.float64]) -> list[float]:
    """The distance of real pictures from all, eight at a time."""
    random = np.random.default_rng(0)
    return [pictures.frechet(rows[random.choice(len(rows), BATCH, replace=False)], rows) for _ in range(20)]


def of_components() -> float:
    """The distance of the digits from what is left of them in forty components."""
    program = qgl.load(HERE / "critic.qgl", file=DIGITS).program
    features = program.data["features"]
    assert features.numbers is not None
    return pictures.frechet(undone(features.numbers, features.undo), numbers(Model(program), "pictures"))


def numbers(model: Model, name: str) -> NDArray[np.float64]:
    """The rows of a data set."""
    rows = model.program.data[name].numbers
    assert rows is not None
    return rows


if __name__ == "__main__":
    main(NAME, trousers_by_critic, trousers_by_kernel, digits)
