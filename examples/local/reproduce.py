"""Measures the figures of local diffusion: python -m examples.local.reproduce [--quick]."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import qgl
from examples.local.solvable import peak, recovery_error
from examples.published import Ours, main
from qgl.report.report import measure

HERE = Path(__file__).resolve().parent
NAME = "local"
STRENGTHS = (0.1, 0.2, 0.3, 0.4)
CASES = tuple(itertools.product(STRENGTHS, (1, 2, 3), (0.1, 0.5)))  # p, sites of B, noise on A
FAR = 7  # sites of C


def solvable(quick: bool) -> Mapping[str, Ours]:
    """The report `cmi` of the program, by strength of the noise."""
    figures = {}
    for p in STRENGTHS[2:3] if quick else STRENGTHS:
        model = qgl.load(HERE / "speciate.qgl", p=p, precision="double")
        (row,) = measure(model, {}, model.program.reports, bare=True)
        figures[f"cmi_{round(10 * p)}"] = Ours(row.value)
    return figures


def peaks(quick: bool) -> Mapping[str, Ours]:
    """Where the information is largest, by the size of the torus."""
    figures: dict[str, Ours] = {}
    for side, radius in ((8, 2),) if quick else ((8, 2), (16, 4), (32, 8), (64, 16)):
        p, information = peak(side, radius)
        figures |= {f"peak_{side}": Ours(information), f"at_{side}": Ours(p)}
    return figures


def bounds(quick: bool) -> Mapping[str, Ours]:
    """How often the error of local recovery is within what the theorem allows."""
    both = [recovery_error(p, b, FAR, noise) for p, b, noise in CASES]
    error, information = recovery_error(0.2, 1, FAR, 0.5)
    held = sum(error <= information for error, information in both)
    return {"held": Ours(float(held), note=f"of {len(both)}"), "error": Ours(error), "bound": Ours(information)}


if __name__ == "__main__":
    main(NAME, solvable, peaks, bounds)
