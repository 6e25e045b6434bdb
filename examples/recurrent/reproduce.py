"""Measures the figures of system 5: python -m examples.recurrent.reproduce [--quick] [--only PART]."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from examples.recurrent.machine import IMPOSSIBLE, InputOutputHMM, Machine, true_phases
from qgl.data.environment import FolderEnvironment
from qgl.model import Model
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "recurrent"
N, ORDER, LENGTH = 3, 3, 6
KINDS = 3 * N  # of tokens
DRAWN = 10_000  # sequences in which forbidden ones are looked for
ARRIVED = 1e-4  # nats above the floor

Whole = NDArray[np.int64]


def circuit(quick: bool) -> Mapping[str, Ours]:
    """The trained cell, by the sequences of the folder."""
    tokens, answers = sequences()
    exact = program().replace("batch 10; ", "")
    model = qgl.loads(exact, FolderEnvironment(HERE))
    truth = float(model.loss({"phase": jnp.asarray(true_phases(N, ORDER))}))
    floor = least(tokens, answers)
    constants: dict[str, Any] = {"count": 20} if quick else {}
    above, forbidden = learnt(qgl.load(HERE / "contextual.qgl", **constants), N, ORDER, quick)
    note = f"of {len(above)} seeds"
    return {
        "floor": Ours(floor),
        "truth": Ours(truth - floor),
        "best": Ours(float(above.min()), note=f"best {note}"),
        "reached": Ours(float(sum(above < ARRIVED)), note=note),
        "forbidden": Ours(float(forbidden), note="drawn by a dense NumPy machine of the trained phases"),
    }


def graph(quick: bool) -> Mapping[str, Ours]:
    """Order 2: the machine's frame is a graph state."""
    return of_new_sequences(3, 2, 300, 10, quick)


def four(quick: bool) -> Mapping[str, Ours]:
    """A memory of four qubits, 14 phases."""
    return of_new_sequences(4, 3, 600, 20, quick)


def of_new_sequences(n: int, order: int, count: int, batch: int, quick: bool) -> Mapping[str, Ours]:
    """What four seeds learn from new sequences of another machine."""
    count = 20 if quick else count
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "hsmt.npz", rows=rows_of(n, order, count))
        text = program().replace("batch 10;", f"batch {batch};").replace("seeds 16;", "seeds 4;")
        model = qgl.loads(text, FolderEnvironment(Path(folder)), n=n, order=order, count=count)
        above, wrong = learnt(model, n, order, quick)
    return {
        f"best_{n}_{order}": Ours(float(above.min()), note=f"best of {len(above)} seeds"),
        f"forbidden_{n}_{order}": Ours(float(wrong)),
    }


def learnt(model: Model, n: int, order: int, quick: bool) -> tuple[NDArray[np.float64], int]:
    """How far above the floor of all its sequences each seed ends, and what the best gives that is forbidden."""
    run = train(model, steps=1 if quick else None, display="quiet")
    truth, said = true_phases(n, order), model.program.data["said"]
    assert said.conditions is not None
    floor = least(tokens_of(said.conditions, n), said.rows.astype(np.int64), n, order)
    above = np.asarray(run.losses, np.float64) - floor
    best = np.asarray(run.all_params["phase"][int(np.argmin(above))], np.float64)
    random = np.random.default_rng(0)
    tokens = random.integers(0, 3 * n, (DRAWN, LENGTH))
    answers = Machine.of(n, order, best).draw(tokens, random)
    return above, forbidden(Machine.of(n, order, truth), tokens, answers)


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


def sequences() -> tuple[Whole, Whole]:
    """Tokens and answers of the folder."""
    rows = np.load(HERE / "hsmt.npz")["rows"].astype(np.int64)
    return tokens_of(rows[:, LENGTH:], N), rows[:, :LENGTH]


def tokens_of(hot: NDArray[Any], n: int) -> Whole:
    """Numbers of tokens from what is one-hot: Z, X, K, each by time and qubit."""
    blocks = hot.reshape(len(hot), 3, LENGTH, n).transpose(0, 2, 1, 3)
    return np.asarray(blocks.reshape(len(hot), LENGTH, 3 * n).argmax(axis=2), np.int64)


def rows_of(n: int, order: int, count: int) -> NDArray[np.uint8]:
    """Answers of a machine to random tokens, before these, as the data have them."""
    random = np.random.default_rng(2)
    tokens = random.integers(0, 3 * n, (count, LENGTH))
    answers = Machine.of(n, order, true_phases(n, order)).draw(tokens, random)
    hot = np.eye(3 * n)[tokens].reshape(count, LENGTH, 3, n).transpose(0, 2, 1, 3)
    return np.concatenate([answers, hot.reshape(count, -1)], axis=1).astype(np.uint8)


def least(tokens: Whole, answers: Whole, n: int = N, order: int = ORDER) -> float:
    """The negative log-likelihood of sequences by the machine that they are of, nats a sequence."""
    machine = Machine.of(n, order, true_phases(n, order))
    return float(-np.log(machine.likelihoods(tokens, answers)).mean())


def program() -> str:
    """The text of the program, without its report and the data of that."""
    text = (HERE / "contextual.qgl").read_text(encoding="utf-8")
    return re.sub(r"data possible = .*?;\n", "", text[: text.index("report ")], flags=re.DOTALL)


def forbidden(machine: Machine, tokens: Any, answers: Any) -> int:
    """How many of these answers the machine cannot give."""
    return int((machine.likelihoods(tokens, answers) < IMPOSSIBLE).sum())


if __name__ == "__main__":
    main(NAME, circuit, graph, four, classical)
