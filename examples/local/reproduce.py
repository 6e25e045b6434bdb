"""Measures the figures of local diffusion: python -m examples.local.reproduce [--quick] [--only PART]."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

import qgl
from examples.local.drawn import discrepancy, entropy_of_noise, moments_apart, nearest, show
from examples.local.pixels import by_itself, chances, cross_entropy
from examples.local.solvable import peak, recovery_error, windows
from examples.published import PICTURES, Ours, main
from qgl.report.report import measure
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "local"
STRENGTHS = (0.1, 0.2, 0.3, 0.4)
CASES = tuple(itertools.product(STRENGTHS, (1, 2, 3), (0.1, 0.5)))  # p, sites of B, noise on A
FAR = 7  # sites of C
TORI = ((8, 2), (16, 4), (32, 8), (64, 16))  # side, radius
PARTS = (0.5, 0.1, 0.01)  # of the peak, as thresholds of windows
GAPS = (0.01, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)  # of the noise on digits, those that are told


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
    for side, radius in TORI[: 1 if quick else None]:
        p, information = peak(side, radius)
        figures |= {f"peak_{side}": Ours(information), f"at_{side}": Ours(p)}
    return figures


def bounds(quick: bool) -> Mapping[str, Ours]:
    """How often the error of local recovery is within what the theorem allows."""
    both = [recovery_error(p, b, FAR, noise) for p, b, noise in CASES]
    error, information = recovery_error(0.2, 1, FAR, 0.5)
    held = sum(error <= information for error, information in both)
    return {"held": Ours(float(held), note=f"of {len(both)}"), "error": Ours(error), "bound": Ours(information)}


def concurrence(quick: bool) -> Mapping[str, Ours]:
    """The windows in which denoising is not local and in which the bit is decided."""
    cases = [(side, radius, part * peak(side, radius)[1]) for side, radius in TORI for part in PARTS]
    both = [windows(*case) for case in cases]
    held = sum(decided[0] <= first and last <= decided[1] for (first, last), decided in both)
    ends = zip(("local_from", "local_to", "decided_from", "decided_to"), sum(windows(8, 2, 1e-3), ()), strict=True)
    return {"windows_held": Ours(float(held), note=f"of {len(both)}"), **{name: Ours(p) for name, p in ends}}


def gaps(quick: bool) -> Mapping[str, Ours]:
    """What a denoiser of digits loses by seeing neighbours only, and what the digit adds, by strength of the noise."""
    small: dict[str, Any] = {"p": [0.2], "count": 200, "times": 1} if quick else {}
    model = qgl.load(HERE / "gap.qgl", **small)
    rows = {row.name.split(", ", 1)[1]: row for row in measure(model, {}, model.program.reports, bare=True)}
    found = {(name.split("p = ")[1].split(",")[0], name.rsplit(", ", 1)[1]): row for name, row in rows.items()}

    def told(p: float, part: str) -> Ours:
        row = found[f"{p:g}", part]
        return Ours(row.value, note=f"+- {row.error:.1g}")

    def largest(part: str) -> Ours:
        return Ours(float(max((row.value or 0.0, p) for (p, own), row in found.items() if own == part)[1]))

    figures = {f"gap_{round(100 * p)}": told(p, "around 1") for p in ((0.2,) if quick else GAPS)}
    figures |= {"wide_20": told(0.2, "around 2"), "label_20": told(0.2, "of the label")}
    return figures | {"gap_at": largest("around 1"), "label_at": largest("of the label")}


def step(quick: bool) -> Mapping[str, Ours]:
    """What a clean pixel costs after the trained step, and by its noisy bit alone, twelve times for each unseen row."""
    small: dict[str, Any] = {"side": 3, "count": 200, "updates": 4} if quick else {}
    model = qgl.load(HERE / "step.qgl", **small)
    side, p = int(model.program.constants["side"]), float(model.program.constants["p"])
    run = train(model, display="quiet")
    data = model.program.data
    seen = data["seen"].rows
    pictures, count = data["pictures"].rows, len(seen)
    order = np.random.default_rng(0).permutation(len(pictures))  # as `subset` draws
    assert (pictures[np.sort(order[:count])] == seen).all()
    clean = np.tile(pictures[order[count:]], (12, 1))
    noisy = clean ^ (np.random.default_rng(5).random(clean.shape) < p)
    alone = cross_entropy(by_itself(seen, noisy, p), clean)
    own = cross_entropy(chances(run.params, noisy, side), clean)
    return {"alone": Ours(alone), "step": Ours(own), "gain": Ours(alone - own)}


def path(quick: bool) -> Mapping[str, Ours]:
    """What unseen digits cost by paths of local steps, and what is drawn along the path of eight."""
    small: dict[str, Any] = {"side": 3, "count": 200, "times": 1, "updates": 4} if quick else {}
    figures: dict[str, Ours] = {}
    for key, steps in {"few": 2, "half": 4}.items():
        figures[f"path_{key}"] = Ours(_trained_path(small | {"steps": steps})[2])
    model, params, bound = _trained_path(small)
    data, n = model.program.data, int(model.program.constants["n"])
    seen, unseen = data["seen"].rows, data["unseen"].rows
    ones = (seen.sum(axis=0) + 0.5) / (len(seen) + 1)
    alone = float(-np.log(np.where(unseen == 1, ones, 1 - ones)).sum(axis=1).mean())
    figures |= {"path_alone": Ours(alone), "path": Ours(bound), "path_gain": Ours(alone - bound)}
    drawn = np.asarray(model.sample(params, jax.random.key(0), 2_000)).reshape(2_000, -1, n)
    independent = (np.random.default_rng(0).random((2_000, n)) < ones).astype(np.uint8)
    for key, pictures in {"path": drawn[:, -1], "alone": independent, "seen": seen}.items():
        pixels, pairs = moments_apart(pictures, unseen)
        told = {"pixels": pixels, "pairs": pairs, "mmd": discrepancy(pictures, unseen)}
        figures |= {f"{measure}_{key}": Ours(value) for measure, value in told.items()}
    for key, pictures in {"path": drawn[:, -1], "alone": independent, "unseen": unseen}.items():
        figures[f"near_{key}"] = Ours(nearest(pictures, seen))
    if not quick:
        show(PICTURES / "systems-local-path.png", drawn[:7], unseen, int(model.program.constants["side"]))
    return figures


def wide(quick: bool) -> Mapping[str, Ours]:
    """What unseen digits cost by a path whose steps see 24 pixels around and not eight."""
    small: dict[str, Any] = {"side": 3, "count": 200, "times": 1, "updates": 4} if quick else {}
    return {"path_wide": Ours(_trained_path(small | {"reach": 2})[2])}


def _trained_path(constants: Mapping[str, Any]) -> tuple[qgl.Model, dict[str, jax.Array], float]:
    """The path at some constants, trained, and its bound of what an unseen digit costs, in nats."""
    model = qgl.load(HERE / "path.qgl", **constants)
    run = train(model, display="quiet")
    (row,) = measure(model, run.params, model.program.reports, bare=True)
    steps = int(model.program.constants["steps"])
    p = tuple((t / steps) ** 1.5 / 2 for t in range(1, steps + 1))
    return model, run.params, float(row.value or 0.0) - entropy_of_noise(p, int(model.program.constants["n"]))


if __name__ == "__main__":
    main(NAME, solvable, peaks, bounds, concurrence, gaps, step, path, wide)
