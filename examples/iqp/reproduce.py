"""Every figure of the IQP circuits of arXiv 2503.02934 measured again: `python -m examples.iqp.reproduce`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import PICTURES, Ours, main
from qgl.baselines import fitted
from qgl.bits.distribution import distribution, entropy
from qgl.runs.run import Run

HERE = Path(__file__).parent
SIGMAS = {"0.6": 0.6, "1.52": 1.52, "2.83": math.sqrt(2.83)}
SMALL = {"n": 6, "weight": 3}
DRAWS = 20  # of the published estimator, each of 1000 Pauli words and 1000 strings
Real = NDArray[np.float64]
SQUARE = "at sigma = 1.68, whose square is 2.83: uniform bits have 0.053 there, as published, and 0.015 at sigma = 2.83"


@dataclass(frozen=True)
class Seen:
    """A model beside the test rows: means of all Z words of both, in the order of an index of strings."""

    p: Real
    data: Real
    rows: int

    def discrepancy(self, sigma: float) -> float:
        """MMD^2 without the bias that the finite number of test rows makes."""
        own, given = walsh(self.p), walsh(self.data)
        return float(spectrum(sigma, len(own)) @ ((own - given) ** 2 - (1 - given**2) / (self.rows - 1)))

    def biased(self, sigma: float) -> float:
        """MMD^2 to the test rows as a distribution."""
        return float(spectrum(sigma, len(self.p)) @ walsh(self.p - self.data) ** 2)

    def divergence(self) -> float:
        """KL of the test rows from the model, in nats."""
        some = self.data > 0
        return float(self.data[some] @ -np.log(self.p[some]) - entropy(self.data))


def measure(quick: bool) -> Mapping[str, Ours]:
    """The figures by the keys of published.json; quick: of 6 bits, few steps and a short strip."""
    circuit, ising = trained("ising.qgl", {**SMALL, "units": 4} if quick else {}, 100 if quick else None)
    flips, control = trained("flips.qgl", SMALL if quick else {}, 100 if quick else None)
    rows, data = ising.program.data["unseen"], distribution(ising.program.data["unseen"])
    machine = next(each for each in fitted(ising.program) if each.label.startswith("rbm"))
    distributions = {
        "iqp": np.asarray(ising.probabilities(circuit.params), np.float64),
        "flips": np.asarray(control.probabilities(flips.params), np.float64),
        "rbm": np.asarray(machine.distribution.dense(), np.float64),
        "random": np.full(len(data), 1 / len(data)),
    }
    seen = {name: Seen(p / p.sum(), data, len(rows.rows)) for name, p in distributions.items()}
    found = dict(at_each_width(seen))
    found["rbm_1.52"] = replace(found["rbm_1.52"], note=machine.wording)
    found |= dict(exactly(seen, Seen(distribution(ising.program.data["spins"]), data, len(rows.rows))))
    found["iqp_estimate"] = published_estimate(ising, circuit, rows.rows, SIGMAS["1.52"])
    found |= strip(quick)
    if not quick:
        draw(circuit, flips, seen)
    return found


def trained(name: str, constants: Mapping[str, Any], steps: int | None) -> tuple[Run, qgl.Model]:
    model = qgl.load(HERE / name, **constants)
    return model.train(steps=steps, display="quiet"), model


def at_each_width(seen: Mapping[str, Seen]) -> Iterator[tuple[str, Ours]]:
    for name, one in seen.items():
        for wording, sigma in SIGMAS.items():
            yield f"{name}_{wording}", Ours(one.discrepancy(sigma), note=SQUARE if wording == "2.83" else "")
        yield f"{name}_literal", Ours(one.discrepancy(2.83))


def exactly(seen: Mapping[str, Seen], training: Seen) -> Iterator[tuple[str, Ours]]:
    """What the paper only estimates: the discrepancy itself and the divergence, all strings counted."""
    yield "floor_exact", Ours(training.biased(SIGMAS["1.52"]))
    for name in ("iqp", "flips", "rbm"):
        yield f"{name}_exact", Ours(seen[name].biased(SIGMAS["1.52"]))
        yield f"{name}_kl", Ours(seen[name].divergence())


def published_estimate(model: qgl.Model, run: Run, rows: NDArray[np.uint8], sigma: float) -> Ours:
    """MMD^2 by 1000 Pauli words, 1000 strings and 1000 rows, unbiased, by the formula of the paper; mean of `DRAWS`."""
    width, weight = rows.shape[1], int(model.program.constants["weight"])
    sets = [members for size in range(1, weight + 1) for members in combinations(range(width), size)]
    generators = np.array([np.bincount(members, minlength=width) for members in sets])
    angles = np.asarray(run.params["theta"], np.float64)
    rng, rate, count = np.random.default_rng(0), -math.expm1(-0.5 / sigma**2) / 2, 1000
    found = []
    for _ in range(DRAWS):
        wording = (rng.random((count, width)) < rate).astype(int)
        strings, data = rng.integers(0, 2, (count, width)), rng.choice(rows, count, replace=False).astype(int)
        cosines = np.cos(2 * ((wording @ generators.T % 2) * angles) @ (-1.0) ** (generators @ strings.T))
        q, p = cosines.mean(axis=1), ((-1.0) ** (wording @ data.T)).mean(axis=1)
        squares = (q**2 - (cosines**2).mean(axis=1) / count) * count / (count - 1)
        found.append(float(np.mean(squares - 2 * q * p + (p**2 * count - 1) / (count - 1))))
    mean, error = float(np.mean(found)), float(np.std(found) / math.sqrt(DRAWS))
    return Ours(mean, mean - error, mean + error, f"mean of {DRAWS} draws, with its standard error")


def strip(quick: bool) -> dict[str, Ours]:
    """The circuit of 1000 sites: the discrepancy from unseen strings, and the Pauli words of student and teacher."""
    model = qgl.load(HERE / "local.qgl")
    run = model.train(steps=40 if quick else None, display="quiet")
    objective = next(row for row in run.report["metrics"] if row["name"].startswith("mmd"))
    angles = np.load(HERE / "local.npz")
    known = {name: angles[name] for name in ("bias", "theta")}
    (query,) = model.objectives[0].objective.queries
    ours, truth = (np.asarray(model.answer(params, query)) for params in (run.params, known))
    clock = time.monotonic()
    model.value_and_grad(run.params)
    first, clock = time.monotonic() - clock, time.monotonic()
    for _ in range(10):
        loss, _ = model.value_and_grad(run.params)
    float(loss)
    seconds = (time.monotonic() - clock) / 10
    if not quick:
        _scatter("systems-iqp-strip.png", [("", truth, ours)], "<Z> of the hidden circuit", "<Z> of ours")
    return {
        "strip_mmd": Ours(objective["value"], note=f"a perfect model has {objective['floor']:.2g}"),
        "strip_words": Ours(float(np.sqrt(np.mean((ours - truth) ** 2))), note=f"{len(ours):,} words"),
        "strip_start": Ours(first),
        "strip_step": Ours(seconds),
    }


def walsh(vector: Real) -> Real:
    """sum over x of (-1)^(x.z) vector[x], for all z."""
    table = vector.reshape((2,) * (len(vector).bit_length() - 1))
    for axis in range(table.ndim):
        zero, one = np.take(table, 0, axis), np.take(table, 1, axis)
        table = np.stack([zero + one, zero - one], axis)
    return table.reshape(-1)


def spectrum(sigma: float, size: int) -> Real:
    """The distribution of Pauli words: each bit with probability (1 - exp(-1 / (2 sigma^2))) / 2."""
    rate = -math.expm1(-0.5 / sigma**2) / 2
    ones = np.bitwise_count(np.arange(size))
    found: Real = rate**ones * (1 - rate) ** (size.bit_length() - 1 - ones)
    return found


def draw(circuit: Run, flips: Run, seen: Mapping[str, Seen]) -> None:
    """The loss over the steps, and the pair moments of test rows and models."""
    PICTURES.mkdir(exist_ok=True)
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for run, label in ((circuit, "IQP circuit"), (flips, "stochastic bit flips")):
        axes.semilogy(run.history.loss[:, 0], label=label)
    axes.set(xlabel="step", ylabel="MMD^2 on the training rows")
    axes.legend()
    figure.savefig(PICTURES / "systems-iqp-loss.png", dpi=120)
    plt.close(figure)
    width = len(seen["iqp"].p).bit_length() - 1
    pairs = [(1 << a) + (1 << b) for a, b in combinations(range(width), 2)]
    means = {name: walsh(one.p)[pairs] for name, one in seen.items()}
    test = walsh(seen["iqp"].data)[pairs]
    shown = [("IQP circuit", test, means["iqp"]), ("flips", test, means["flips"]), ("RBM", test, means["rbm"])]
    _scatter("systems-iqp-moments.png", shown, "<Z_a Z_b> of the test rows", "<Z_a Z_b> of the model")


def _scatter(name: str, shown: list[tuple[str, Real, Real]], across: str, up: str) -> None:
    figure, axes = plt.subplots(figsize=(4.5, 4), layout="constrained")
    for label, x, y in shown:
        axes.plot(x, y, ".", markersize=3, label=label)
    low, high = min(x.min() for _, x, _ in shown), max(x.max() for _, x, _ in shown)
    axes.plot([low, high], [low, high], "k-", linewidth=0.6)
    axes.set(xlabel=across, ylabel=up)
    if len(shown) > 1:
        axes.legend()
    figure.savefig(PICTURES / name, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main("iqp", measure)
