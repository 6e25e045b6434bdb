"""Measures the figures of quantum walks: python -m examples.walks.reproduce [--quick] [--only PART]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.bits.distribution import indices
from qgl.cli.emit import flat
from qgl.ir.circuit import Circuit
from qgl.model import Model
from qgl.program.program import DataSet
from qgl.qasm import emission
from qgl.runs.run import Run
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "walks"


def investors(quick: bool) -> Mapping[str, Ours]:
    """The notebook's walk, 15 angles."""
    _, run = trained("investors", quick)
    return {"investors": best(run), "investors_own": best(run)}


def middle(quick: bool) -> Mapping[str, Ours]:
    """A normal distribution about the start, which is its own mirror image."""
    _, shared = trained("normal", quick, mean=8.0, free=False, angles=1, starts=60)
    _, own = trained("normal", quick, mean=8.0, free=False)
    return {"shared": best(shared), "own": best(own)}


def mirror(quick: bool) -> Mapping[str, Ours]:
    """One that is not, by a walk that cannot break the symmetry."""
    model, run = trained("normal", quick, free=False)
    return {
        "mirror": Ours.of_seeds(run.losses.tolist()),
        "mirror_spread": Ours(float(np.ptp(run.losses) / run.losses.min())),
        "mirror_bound": Ours(least_of_mirrors(model.program.data["target"], 8)),
    }


def free(quick: bool) -> Mapping[str, Ours]:
    """The same by one that can, and how it leaves."""
    model, run = trained("normal", quick)
    text = emission(Circuit.of(model.program), flat(model.program, run.params), "portable")
    return {"free": best(run), "qubits": Ours(float(text.width)), "depth": Ours(float(text.depth))}


def lognormal(quick: bool) -> Mapping[str, Ours]:
    """A distribution with a long tail."""
    _, run = trained("lognormal", quick)
    return {"lognormal": best(run)}


def best(run: Run) -> Ours:
    """The error of the best seed."""
    return Ours(float(run.losses.min()), note=f"best of {len(run.losses)} seeds, median {np.median(run.losses):.2g}")


def trained(name: str, quick: bool, **constants: Any) -> tuple[Model, Run]:
    model = qgl.load(HERE / f"{name}.qgl", **constants)
    return model, train(model, steps=2 if quick else None, display="quiet")


def least_of_mirrors(target: DataSet, start: int) -> float:
    """The mean squared error of the even part of a distribution about the start, the nearest that is its own mirror."""
    q: NDArray[np.float64] = np.zeros(2**target.width)
    np.add.at(q, indices(target.rows), target.weights)
    odd = (q - q[(2 * start - np.arange(q.size)) % q.size]) / 2
    return float(np.mean(odd**2))


if __name__ == "__main__":
    main(NAME, investors, middle, mirror, free, lognormal)
