"""Measures the figures of system 12: python -m examples.tokens.reproduce [--quick] [--only PART].

The RNA is not shipped. Where the variable RNA names the file (`RNA=/path/to/rna.npz make reproduce-tokens`), it is
measured too.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

import qgl
from examples.published import Ours, main
from examples.tokens.vocabulary import LETTERS, START, draw, negative_log_likelihood
from qgl.baselines.fit import fitted
from qgl.cli.emit import flat
from qgl.data.environment import FolderEnvironment
from qgl.evaluate import metrics
from qgl.ir.circuit import Circuit
from qgl.model import Model
from qgl.objectives import Setting
from qgl.qasm import emission
from qgl.train.loop import train
from qgl.train.trainable import Params

HERE = Path(__file__).resolve().parent
NAME = "tokens"
NOT_SHIPPED = "not measured: the rows are not shipped; RNA=/path/to/rna.npz measures it"
SAMPLES = 20_000
FAST = 0.3  # a rate of Adam at which the chain of the RNA without embedding ends lower


def vocabulary(quick: bool) -> Mapping[str, Ours]:
    """Letters of a hidden Markov model, with embedding and without."""
    truth = negative_log_likelihood(draw()[6000:])
    figures = {"truth": Ours(truth)}
    for key, embedded in (("embedded", True), ("plain", False)):
        model, params = trained("hmm", HERE, quick, embedded=embedded)
        figures[key] = Ours(of(model, params, "unseen") - truth)
        if embedded:
            drawn = np.asarray(model.sample(params, jax.random.key(0), SAMPLES)).reshape(SAMPLES, -1, 2) @ [2, 1]
            shares = np.bincount(drawn.ravel(), minlength=4) / drawn.size
            figures["shares"] = Ours(float(np.abs(shares - START @ LETTERS).max()))
    return figures


def machine(quick: bool) -> Mapping[str, Ours]:
    """How many qubits a sequence takes: those of memory, site and letter."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "rna.npz", rows=np.zeros((7291, 113), np.uint8))  # in place of those
        shutil.copy(HERE / "rna.qgl", folder)
        model = qgl.load(Path(folder) / "rna.qgl", length=4 if quick else 24)
        inputs = flat(model.program, model.init(jax.random.key(0)))
        return {"qubits": Ours(float(emission(Circuit.of(model.program), inputs, "qiskit", reuse=True).width))}


def rna(quick: bool) -> Mapping[str, Ours]:
    """The alignment, where its file is at hand, at the program's rate and at a larger one."""
    path = os.environ.get("RNA")
    if not path:
        keys = ("plain", "embedded", "gain", "unseen", "plain_fast", "embedded_fast", "gain_fast")
        return {f"rna_{key}": Ours(None, note=NOT_SHIPPED) for key in keys}
    figures: dict[str, Ours] = {}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, Path(folder) / "rna.npz")
        shutil.copy(HERE / "rna.qgl", folder)
        for ending, more in (("", {}), ("_fast", {"rate": FAST})):
            plain = of(*trained("rna", Path(folder), quick, embedded=False, **more), "seen")
            model, params = trained("rna", Path(folder), quick, **more)
            embedded = of(model, params, "seen")
            own = {"plain": plain, "embedded": embedded, "gain": plain - embedded}
            figures |= {f"rna_{key}{ending}": Ours(value) for key, value in own.items()}
            if not ending:
                figures["rna_unseen"] = Ours(of(model, params, "unseen"))
    return figures


def wide(quick: bool) -> Mapping[str, Ours]:
    """All columns of the alignment, in 300 steps of 64 rows."""
    path = os.environ.get("RNA")
    if not path:
        return {f"wide_{key}": Ours(None, note=NOT_SHIPPED) for key in ("seen", "unseen", "shares")}
    with tempfile.TemporaryDirectory() as folder:
        text = whole(Path(folder), path)
        (Path(folder) / "rna.qgl").write_text(text, encoding="utf-8")
        model, params = trained("rna", Path(folder), quick, **columns(quick))
    drawn = np.asarray(model.sample(params, jax.random.key(0), SAMPLES // 10)).reshape(-1, 2) @ [2, 1]
    letters = model.program.data["rna"].rows.reshape(-1, 2) @ [2, 1]
    shares = [np.bincount(each, minlength=4) / each.size for each in (drawn, letters)]
    return {
        "wide_seen": Ours(of(model, params, "seen")),
        "wide_unseen": Ours(of(model, params, "unseen")),
        "wide_shares": Ours(float(np.abs(shares[0] - shares[1]).max())),
    }


def chains(quick: bool) -> Mapping[str, Ours]:
    """Classical chains that are fitted to the same rows."""
    path = os.environ.get("RNA")
    if not path:
        return {f"wide_{key}": Ours(None, note=NOT_SHIPPED) for key in ("markov", "hmm", "hmm_seen")}
    with tempfile.TemporaryDirectory() as folder:
        text = whole(Path(folder), path)
        fits = f"baseline markov(order = 1), hmm(states = 16, restarts = 2, steps = {2 if quick else 200});"
        program = qgl.loads(
            text[: text.index("report ")] + fits, FolderEnvironment(Path(folder)), **columns(quick)
        ).program
    data = Setting.of(program).data
    chain, hidden = fitted(program)
    return {
        "wide_markov": Ours(metrics.nll(chain.distribution, data["unseen"])),
        "wide_hmm": Ours(metrics.nll(hidden.distribution, data["unseen"]), note=hidden.note),
        "wide_hmm_seen": Ours(metrics.nll(hidden.distribution, data["seen"])),
    }


def columns(quick: bool) -> dict[str, Any]:
    return {"first": 0, "length": 6 if quick else 113}


def whole(folder: Path, path: str) -> str:
    """The program of the alignment with 300 steps of 64 rows, whose data lie in the folder."""
    shutil.copy(path, folder / "rna.npz")
    text = (HERE / "rna.qgl").read_text(encoding="utf-8")
    assert "steps 600; batch 256;" in text
    return text.replace("steps 600; batch 256;", "steps 300; batch 64;")


def trained(name: str, folder: Path, quick: bool, **constants: Any) -> tuple[Model, Params]:
    """A program trained, in `quick` for two steps. Its likelihoods are asked for here, so that no report does."""
    text = (folder / f"{name}.qgl").read_text(encoding="utf-8")
    model = qgl.loads(text[: text.index("report ")], FolderEnvironment(folder), **constants)
    return model, train(model, steps=2 if quick else None, display="quiet").params


def of(model: Model, params: Params, data: str) -> float:
    """The mean negative log-likelihood of the rows of a data set."""
    rows = model.program.data[data].rows
    return float(-np.mean(np.concatenate([model.log_prob(params, part) for part in np.array_split(rows, 4)])))


if __name__ == "__main__":
    main(NAME, vocabulary, machine, rna, wide, chains)
