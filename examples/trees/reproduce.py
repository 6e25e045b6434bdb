"""Measures the figures of system 13: python -m examples.trees.reproduce [--quick] [--only PART]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import qgl
from examples.published import Ours, main
from qgl.cli.emit import flat
from qgl.ir.circuit import Circuit
from qgl.model import Model
from qgl.program.program import DataSet
from qgl.qasm import emission
from qgl.train.loop import train
from qgl.train.trainable import Params

HERE = Path(__file__).resolve().parent
NAME = "trees"
DAMPING = 0.04


def width(quick: bool) -> Mapping[str, Ours]:
    """Qubits on a machine."""
    sizes: dict[str, tuple[str, dict[str, Any]]] = {
        "tree_64": ("leaves", {"depth": 3 if quick else 6}),
        "tree_128": ("leaves", {"depth": 3 if quick else 7}),
        "chain_1000": ("chain", {"length": 10 if quick else 1000}),
    }
    return {key: Ours(float(qubits(qgl.load(HERE / f"{name}.qgl", **size)))) for key, (name, size) in sizes.items()}


def generative(quick: bool) -> Mapping[str, Ours]:
    """What tree and chain learn."""
    figures = {}
    for key, name in (("tree_kl", "leaves"), ("chain_kl", "chain")):
        run = train(qgl.load(HERE / f"{name}.qgl"), steps=2 if quick else None, display="quiet")
        figures[key] = Ours(float(run.losses.min()), note=f"best of {len(run.losses)} seeds")
    return figures


def grey(quick: bool) -> Mapping[str, Ours]:
    """Pairs of digits by their shades; of the first pair what damping takes away."""
    pairs = [(0, 1), (3, 8)] if quick else [*((a, (a + 1) % 10) for a in range(10)), (3, 8)]
    found = {}
    for pair in pairs:
        model, params = learnt(quick, classes=list(pair))
        found[pair] = accuracy(model, params)
        if pair == (0, 1):
            noisy = qgl.load(HERE / "digits.qgl", classes=[0, 1], damping=DAMPING)
            lost = found[pair] - accuracy(noisy, params)
    ten = [value for pair, value in found.items() if pair != (3, 8)]
    return {
        "grey_01": Ours(found[0, 1]),
        "grey_38": Ours(found[3, 8]),
        "grey_mean": Ours(float(np.mean(ten))),
        "grey_worst": Ours(min(ten)),
        "damped": Ours(lost),
    }


def bits(quick: bool) -> Mapping[str, Ours]:
    """Black and white pixels, beside logistic regression on the same."""
    figures = {}
    for pair in ((0, 1), (3, 8)):
        model, params = learnt(quick, classes=list(pair), grey=False)
        data = model.program.data
        ours, theirs = accuracy(model, params), logistic(data["seen"], data["unseen"])
        figures[f"bits_{pair[0]}{pair[1]}"] = Ours(ours - theirs, note=f"{ours:.3f} and {theirs:.3f}")
    return figures


def qubits(model: Model) -> int:
    """Those of the text that reuses as many as it can."""
    inputs = flat(model.program, model.init(jax.random.key(0)))
    return emission(Circuit.of(model.program), inputs, "qiskit", reuse=True).width


def learnt(quick: bool, **constants: Any) -> tuple[Model, Params]:
    """A tree trained for one pair; what it does is asked for here, so that no report does."""
    source = (HERE / "digits.qgl").read_text(encoding="utf-8")
    model = qgl.loads(source[: source.index("report ")], **constants)
    return model, train(model, steps=1 if quick else None, display="quiet").params


def accuracy(model: Model, params: Params) -> float:
    """The share of the unseen pictures whose label is the likelier one."""
    data = model.program.data["unseen"]
    assert data.conditions is not None
    both = np.array([[0], [1]], np.uint8)
    log_probs = np.array([model.log_prob(params, both, condition) for condition in data.conditions])
    return float(data.weights @ ((log_probs[:, 1] > log_probs[:, 0]) == data.rows[:, 0]))


def logistic(seen: DataSet, unseen: DataSet) -> float:
    """The accuracy of logistic regression with a square penalty of weight one, as scikit-learn has it by default."""
    x, y = features(seen), 2.0 * seen.rows[:, 0] - 1

    def loss(w: NDArray[np.float64]) -> float:
        return float(np.logaddexp(0, -y * (x @ w)).sum() + w[1:] @ w[1:] / 2)

    w = minimize(loss, np.zeros(x.shape[1])).x
    return float(np.mean((features(unseen) @ w > 0) == unseen.rows[:, 0]))


def features(data: DataSet) -> NDArray[np.float64]:
    """One, and the pixels."""
    assert data.conditions is not None
    return np.column_stack([np.ones(len(data.conditions)), data.conditions])


if __name__ == "__main__":
    main(NAME, width, generative, grey, bits)
