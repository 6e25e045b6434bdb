"""Measures the figures of contextual recurrent cells: python -m examples.recurrent.reproduce [--quick]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

import qgl
from examples.published import Ours, main
from examples.recurrent.machine import InputOutputHMM, Machine, true_phases
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "recurrent"
N, ORDER, LENGTH = 3, 3, 6
KINDS = 3 * N  # of tokens
DRAWN = 10_000  # sequences in which forbidden ones are looked for
IMPOSSIBLE = 1e-9


def circuit(quick: bool) -> Mapping[str, Ours]:
    """The trained cell."""
    model = qgl.load(HERE / "contextual.qgl")
    truth = true_phases(N, ORDER)
    run = train(model, steps=1 if quick else None, display="quiet")
    whole = qgl.load(HERE / "contextual.qgl", count=300)
    of_all = [float(whole.loss({"phase": jnp.asarray(phases)})) for phases in run.all_params["phase"]]
    best = int(np.argmin(of_all))
    machine, random = Machine.of(N, ORDER, truth), np.random.default_rng(0)
    learnt = Machine.of(N, ORDER, np.asarray(run.all_params["phase"][best], np.float64))
    tokens = random.integers(0, KINDS, (DRAWN, LENGTH))
    note = "drawn by a dense NumPy machine of the trained phases"
    seen = floor(model.program.data["said"].rows.shape[0])
    losses = (run.losses - seen).tolist()
    return {
        "floor": Ours(floor()),
        "truth": Ours(float(whole.loss({"phase": jnp.asarray(truth)})) - floor()),
        "seen": Ours(min(losses), note=f"best of {len(losses)} seeds"),
        "best": Ours(of_all[best] - floor(), note=f"best of {len(losses)} seeds by these sequences"),
        "reached": Ours(float(sum(loss - floor() < 1e-3 for loss in of_all)), note=f"of {len(losses)}"),
        "forbidden": Ours(float(forbidden(machine, tokens, learnt.draw(tokens, random))), note=note),
    }


def classical(quick: bool) -> Mapping[str, Ours]:
    """Input-output hidden Markov models of 2, 4 and 8 states, from 3,000 sequences of the machine."""
    machine, random = Machine.of(N, ORDER, true_phases(N, ORDER)), np.random.default_rng(1)
    tokens = random.integers(0, KINDS, (40 if quick else 4000, LENGTH))
    answers = machine.draw(tokens, random)
    half = 3 * len(tokens) // 4
    least = -np.log(machine.likelihoods(tokens[half:], answers[half:])).mean()
    questions = random.integers(0, KINDS, (DRAWN, LENGTH))
    figures = {}
    for states in (2, 4, 8):
        fits = [
            InputOutputHMM.fitted(tokens[:half], answers[:half], states, KINDS, 2 if quick else 300, seed)
            for seed in range(3)
        ]
        best = max(fits, key=lambda fit: np.log(fit.likelihoods(tokens[:half], answers[:half])).mean())
        gap = -np.log(best.likelihoods(tokens[half:], answers[half:])).mean() - least
        share = forbidden(machine, questions, best.draw(questions, random)) / DRAWN
        figures[f"hmm_{states}"] = Ours(float(gap), note="best of 3 starts")
        figures[f"hmm_forbidden_{states}"] = Ours(share)
    return figures


def floor(count: int = 300) -> float:
    """The negative log-likelihood of the first rows of the data by the machine that they are of, nats a sequence."""
    rows = np.load(HERE / "hsmt.npz")["rows"][:count].astype(np.int64)
    tokens = rows[:, LENGTH:].reshape(len(rows), 3, LENGTH, N).transpose(0, 2, 1, 3).reshape(len(rows), LENGTH, KINDS)
    machine = Machine.of(N, ORDER, true_phases(N, ORDER))
    return float(-np.log(machine.likelihoods(tokens.argmax(axis=2), rows[:, :LENGTH])).mean())


def forbidden(machine: Machine, tokens: Any, answers: Any) -> int:
    """How many of these answers the machine cannot give."""
    return int((machine.likelihoods(tokens, answers) < IMPOSSIBLE).sum())


if __name__ == "__main__":
    main(NAME, circuit, classical)
