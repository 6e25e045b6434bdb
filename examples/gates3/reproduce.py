"""Measures the figures of system H: python -m examples.gates3.reproduce [--quick]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import qgl
from examples.published import Ours, main
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "gates3"


def measure(quick: bool) -> Mapping[str, Ours]:
    """All figures; the quick version makes fewer steps."""
    figures: dict[str, Ours] = {}
    for program, prefix, steps in (("normal", "", 100), ("normal_from_shots", "shots_", 5)):
        model = qgl.load(HERE / f"{program}.qgl")
        settings = model.program.train
        if quick:
            settings = replace(settings, steps=steps, seeds=2)
        report = train(model, settings, display="quiet").report["metrics"]
        for name in ("kl", "tv"):
            row = next(row for row in report if row["name"] == f"{name}(levels)")
            figures[prefix + name] = Ours.of_seeds(row["seeds"])
    return figures


if __name__ == "__main__":
    main(NAME, measure)
