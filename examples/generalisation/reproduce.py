"""Measures the figures of system E: python -m examples.generalisation.reproduce [--quick]."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import qgl
from examples.published import PICTURES, Ours, main
from qgl.bits.distribution import strings
from qgl.evaluate import evaluate_samples, in_chunks
from qgl.evaluate.distributions import DenseDistribution
from qgl.evaluate.generalisation import Shares, Valid, expected
from qgl.model import Model
from qgl.objectives import Setting
from qgl.program.program import DataSet
from qgl.runs.run import Run
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "generalisation"
METRICS = ("exploration", "fidelity", "rate", "coverage", "precision")
SMALL: dict[str, dict[str, Any]] = {
    "cardinality": {"n": 5, "ones": 2, "eps": 0.4, "memory_size": 1},
    "early": {"n": 5, "ones": 2, "eps": 0.4, "memory_size": 1},
    "charge": {"n": 6, "ones": 3, "eps": 0.3, "depth": 2},
    "wide": {"n": 26, "ones": 8, "count": 20, "memory_size": 1},
}
STEPS = {"cardinality": 80, "early": 80, "charge": 20, "wide": 10}


def measure(quick: bool) -> Mapping[str, Ours]:
    """All figures; the quick version is of five or six bits, and of 26 where they are to be many."""
    figures = definitions()
    model, run = trained("cardinality", quick)
    losses = run.watched.values["nll(unseen)"]
    final = np.array(of_seeds(run, "nll(unseen)"))
    figures |= {
        "loss_seen": Ours.of_seeds(run.losses.tolist()),
        "loss_unseen": Ours.of_seeds(final.tolist()),
        "loss_unseen_least": Ours.of_seeds(losses.min(axis=0).tolist()),
        "overfitting": Ours.of_seeds((final - losses.min(axis=0)).tolist()),
        "agreement": Ours(agreement(model, run), note="five reports of every seed"),
    }
    figures |= {name: Ours.of_seeds(of_seeds(run, f"{name}(seen, valid)")) for name in METRICS}
    _, early = trained("early", quick)
    assert early.best_steps is not None
    figures |= {
        "early_step": Ours.of_seeds(early.best_steps.astype(float).tolist()),
        "early_loss": Ours.of_seeds(of_seeds(early, "nll(held_out)")),
        "early_fidelity": Ours.of_seeds(of_seeds(early, "fidelity(seen, valid)")),
        "early_coverage": Ours.of_seeds(of_seeds(early, "coverage(seen, valid)")),
    }
    _, charge = trained("charge", quick)
    figures |= {
        "charge_fidelity": Ours.of_seeds(of_seeds(charge, "fidelity(seen, valid)"), "by construction"),
        "charge_loss": Ours.of_seeds(of_seeds(charge, "nll(unseen)")),
        "charge_coverage": Ours.of_seeds(of_seeds(charge, "coverage(seen, valid)")),
    }
    _, wide = trained("wide", quick)
    figures |= {
        "wide_loss": Ours.of_seeds(of_seeds(wide, "nll(unseen)")),
        "wide_fidelity": Ours.of_seeds(of_seeds(wide, "fidelity(seen, valid)"), "from 10000 strings"),
        "wide_exploration": Ours.of_seeds(of_seeds(wide, "exploration(seen, valid)"), "from 10000 strings"),
    }
    return figures


def definitions() -> dict[str, Ours]:
    """What is known without a model: the uniform distribution over S, and a case of two bits by hand."""
    everything = strings(np.arange(64), 6)
    inside = everything.sum(axis=1) == 3
    valid = Valid.of(_listed(everything[inside][:3]), _listed(everything[inside]))  # eps = 3 / 20
    uniform = _shares(np.where(inside, 1 / 20, 0.0), valid)
    two = Valid.of(_listed(strings(np.array([0]), 2)), _listed(strings(np.array([0, 1, 2]), 2)))
    by_hand = _shares(np.array([0.5, 0.25, 0.0, 0.25]), two)
    values = {name: expected(name, uniform, valid, 100_000).value for name in METRICS}
    note = "divided by the 17 strings, not by 20, which a rounding of 1 - eps would give"
    return {
        "rounding": Ours(values["coverage"], note=note),
        "perfect_exploration": Ours(values["exploration"]),
        "perfect_fidelity": Ours(min(values["fidelity"] or 0.0, values["precision"] or 0.0)),
        "by_hand": Ours(expected("coverage", by_hand, two, 2).value),
    }


def _listed(rows: np.ndarray[Any, np.dtype[np.uint8]]) -> DataSet:
    return DataSet("", rows, np.full(len(rows), 1 / len(rows)), None, True, "", "")


def _shares(p: np.ndarray[Any, np.dtype[np.float64]], valid: Valid) -> Shares:
    shares = Shares.of(DenseDistribution(p), valid)
    assert shares is not None
    return shares


def trained(name: str, quick: bool) -> tuple[Model, Run]:
    """The run of one program; of the full one, its picture is kept."""
    model = qgl.load(HERE / f"{name}.qgl", **(SMALL[name] if quick else {}))
    settings = model.program.train
    if quick:
        settings = replace(settings, steps=STEPS[name], seeds=1 if name == "wide" else 2)
    if quick or name == "wide":
        return model, train(model, settings, display="quiet")
    with tempfile.TemporaryDirectory() as folder:
        run = train(model, settings, out=Path(folder) / name, display="quiet")
        picture = (Path(folder) / name / "watch.png").read_bytes()
    (PICTURES / f"systems-{NAME}-{name}.png").write_bytes(picture)
    return model, run


def of_seeds(run: Run, name: str) -> list[float]:
    """The values of a report's row of all seeds."""
    row = next(row for row in run.report["metrics"] if row["name"] == name)
    return [value for value in row["seeds"] if value is not None]


def agreement(model: Model, run: Run) -> float:
    """The largest difference of an exact expectation from 10000 strings, in standard errors of these."""
    setting, calls = Setting.of(model.program), model.program.reports[1:]
    exact = {row["name"]: row["seeds"] for row in run.report["metrics"]}
    found: list[float] = []
    for seed in range(len(run.losses)):
        params = {name: value[seed] for name, value in run.all_params.items()}
        drawn = in_chunks.sample(model, params, 10_000, 100 + seed)
        for row in evaluate_samples(calls, setting, drawn, seed):
            if row.value is not None and row.error:
                found.append(abs(row.value - exact[row.name][seed]) / row.error)
    return max(found)


if __name__ == "__main__":
    main(NAME, measure)
