"""Measures the figures of system 14: python -m examples.mps.reproduce [--quick] [--only PART]."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.bits.distribution import distinct
from qgl.data.tensor_train.fit import Tensors, fitted, likelihood
from qgl.data.tensor_train.order import divergence as divergence_along
from qgl.data.tensor_train.order import searched
from qgl.model import Model
from qgl.program.program import StartFit
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "mps"
SETS = {"bars": (2, (2, 4, 8)), "cardinality": (4, (2, 4, 6))}  # bond of the start, bonds that are fitted
SMALL: dict[str, dict[str, Any]] = {
    "bars": {"rows": 2, "cols": 2, "order": [2, 0, 1, 3]},
    "cardinality": {"n": 4, "ones": 2},
}
RANDOM = "uniform(-pi, pi)"
STARTS = 8  # that are drawn at random
POPULATION, GENERATIONS = 20, 500  # 10,000 evaluations


def states(quick: bool) -> Mapping[str, Ours]:
    """The matrix product states themselves, and that a staircase is one of bond 2 exactly."""
    figures, differences = {}, []
    for name, (_, bonds) in SETS.items():
        for bond in bonds:
            rows, weights, tensors = state(program(name, quick, bond=bond), bond)
            figures[f"{name}_state_{bond}"] = divergence(rows, weights, tensors)
    for name in SETS:
        model = program(name, quick, bond=2)
        order = ordered(model)
        rows, weights, tensors = state(model, 2, order)
        found = np.asarray(model.probabilities(model.init(jax.random.key(0))))
        differences.append(np.abs(found - np.abs(amplitudes(tensors, order)) ** 2).max())
        if name == "bars":
            figures["bars_ordered_2"] = divergence(rows, weights, tensors)
    return figures | {"exact": Ours(float(max(differences)))}


def order(quick: bool) -> Mapping[str, Ours]:
    """What `qglc order` finds where it begins with the pixels row by row."""
    rows, weights, _ = state(program("bars", quick), 2)
    found = searched(rows, weights, 2, tuple(range(rows.shape[1])), 20 if quick else 500)
    return {"bars_searched_2": Ours(divergence_along(rows, weights, found, 2))}


def starts(quick: bool) -> Mapping[str, Ours]:
    """Where the circuit begins, beside random cells."""
    figures = {}
    for name, (bond, _) in SETS.items():
        model = program(name, quick, bond=bond)
        figures[f"{name}_start"] = Ours(float(model.loss(model.init(jax.random.key(0)))))
        model = program(name, quick, RANDOM)
        drawn = [float(model.loss(model.init(jax.random.key(seed)))) for seed in range(STARTS)]
        figures[f"{name}_random"] = Ours(min(drawn), note=f"best of {STARTS}")
    return figures


def adam(quick: bool) -> Mapping[str, Ours]:
    """After 100 steps from each of the starts."""
    figures, steps = {}, 2 if quick else 100
    for name, (bond, _) in SETS.items():
        for start, key in (("", "start"), (RANDOM, "random"), ("normal(0, 0.01)", "identity")):
            model = program(name, quick, start, bond=bond, starts=2 if start == RANDOM else 1)
            run = train(model, steps=steps, display="quiet")
            note = "best of 2 seeds" if start == RANDOM else ""
            figures[f"{name}_{key}_100"] = Ours(float(run.losses.min()), note=note)
    return figures


def cma(quick: bool) -> Mapping[str, Ours]:
    """After 10,000 evaluations of a strategy that asks for losses alone, as the paper trains."""
    figures = {}
    for start, key in (("", "start"), (RANDOM, "random")):
        strategy = f"strategy cma(population = {POPULATION}, sigma = 0.05)"
        model = program("bars", quick, start, strategy)
        run = train(model, steps=2 if quick else GENERATIONS, display="quiet")
        figures[f"bars_{key}_cma"] = Ours(float(run.losses.min()))
    return figures


def program(name: str, quick: bool, start: str = "", strategy: str = "", **constants: Any) -> Model:
    """A program with another start of all cells, or another way to train."""
    text = (HERE / f"{name}.qgl").read_text(encoding="utf-8")
    if start:
        text = re.sub(r"~ (mps\(.*?\)|constant\(0\));", f"~ {start};", text)
    if strategy:
        text = text.replace("optimizer adam(rate = 0.03)", strategy)
    return qgl.loads(text, **constants, **(SMALL[name] if quick else {}))


def state(
    model: Model, bond: int, order: Sequence[int] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.float64], Tensors]:
    """The strings of the data, in the order of the columns or another, their probabilities, and the state of a bond."""
    (data,) = model.program.data.values()
    rows, weights, _ = distinct(data.rows, data.weights)
    rows = rows[:, list(order or range(data.width))]
    return rows, weights, fitted(rows, weights, bond)


def ordered(model: Model) -> tuple[int, ...]:
    """The columns along the chain of the program's start."""
    fits = [each.distribution.fit for each in model.program.parameters if each.distribution is not None]
    (order,) = [fit.order for fit in fits if isinstance(fit, StartFit)]
    return order or tuple(range(model.width))


def divergence(rows: NDArray[np.uint8], weights: NDArray[np.float64], tensors: Tensors) -> Ours:
    """The divergence of the strings from a state."""
    return Ours(float(likelihood(tensors, rows, weights)[0] + weights @ np.log(weights)))


def amplitudes(tensors: Tensors, order: Sequence[int]) -> NDArray[np.complex128]:
    """All amplitudes of a state whose sites are the qubits in some order."""
    whole: NDArray[np.complex128] = np.ones((1, 1), np.complex128)
    for tensor in tensors:
        whole = np.einsum("xl,lsk->xsk", whole, tensor).reshape(-1, tensor.shape[2])
    return whole.reshape([2] * len(order)).transpose(np.argsort(order)).reshape(-1)


if __name__ == "__main__":
    main(NAME, states, order, starts, adam, cma)
