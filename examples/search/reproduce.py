"""Measures the figures of architecture search: python -m examples.search.reproduce [--quick] [--only PART]."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import qgl
from examples.published import Ours, main
from qgl.expression import Input
from qgl.model import Model
from qgl.program.choices import Bits, certain, most_likely
from qgl.program.picking import choices_of
from qgl.runs.run import Run
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
NAME = "search"
EXACT = 1e-6  # nats
STARTS = 4  # of each layout that is trained by itself


def ghz2(quick: bool) -> Mapping[str, Ours]:
    """Two qubits, 8 gates in 3 places."""
    model, run = searched("ghz2", quick)
    divergences = [divergence(model, run, seed) for seed in range(len(run.losses))]
    return {
        "ghz2_paper": Ours(None, note="of a state; ours is of strings, whose phase is free"),
        "ghz2_exact": Ours(float(sum(each < EXACT for each in divergences))),
        "ghz2_kl": Ours.of_seeds(divergences),
        "ghz2_chance": Ours(min(chances(model, run.stages[-2]))),
    }


def ghz3(quick: bool) -> Mapping[str, Ours]:
    """Three qubits, 15 gates in 3 places."""
    model, run = searched("ghz3", quick)
    divergences = [divergence(model, run, seed) for seed in range(len(run.losses))]
    exact = sum(each < EXACT for each in divergences)
    return {"ghz3_exact": Ours(float(exact), note=f"of {len(divergences)} seeds")}


def bas(quick: bool) -> Mapping[str, Ours]:
    """Bars and stripes, by the search and by all layouts."""
    model, run = searched("bas", quick)
    picked = min(divergence(model, run, seed) for seed in range(len(run.losses)))
    best = best_layout(model, 3 if quick else 600)
    return {"bas_picked": Ours(picked, note="best of 8 seeds"), "bas_best": Ours(best), "bas_gap": Ours(picked - best)}


def searched(name: str, quick: bool) -> tuple[Model, Run]:
    model = qgl.load(HERE / f"{name}.qgl")
    return model, train(model, steps=1 if quick else None, display="quiet")


def params_of(run: Run, seed: int) -> dict[str, Any]:
    return {name: jnp.asarray(value[seed]) for name, value in run.all_params.items()}


def divergence(model: Model, run: Run, seed: int) -> float:
    """KL of the picked circuit of a seed, in double precision."""
    exact = Model(model.program, precision="double")
    (data,) = model.program.data.values()
    with jax.enable_x64(True):
        params = {name: jnp.asarray(value, jnp.float64) for name, value in params_of(run, seed).items()}
        log_prob = np.asarray(exact.log_prob(params, data.rows))
    return float(data.weights @ (np.log(data.weights) - log_prob))


def chances(model: Model, run: Run) -> list[float]:
    """The probability of the picked circuit of each seed in its mixture."""
    choices, names = choices_of(model.program), [each.name for each in model.program.parameters]
    found = []
    for seed in range(len(run.losses)):
        values = {name: np.ravel(value[seed]) for name, value in run.all_params.items()}

        def number(atom: Input, values: dict[str, Any] = values) -> float:
            return float(values[names[atom.parameter]][atom.element])

        found.append(float(np.prod(most_likely(choices, number)[1])))
    return found


def best_layout(model: Model, steps: int) -> float:
    """The least KL of all layouts, each trained by itself: the same circuit with certain tables, side by side."""
    choices, table = choices_of(model.program), model.program.parameters[0]
    points = []
    for layout, start in product(product(range(3), repeat=len(choices)), range(STARTS)):
        params = dict(model.init(jax.random.key(start)))
        angles = np.array(params[table.name])
        bits: Bits = {}
        for choice, value in zip(choices, layout, strict=True):
            bits |= {wire: bool(value >> k & 1) for k, wire in enumerate(reversed(choice.wires))}
        for atom, angle in certain(choices, bits):
            angles.reshape(-1)[atom.element] = angle
        points.append({**params, table.name: jnp.asarray(angles)})
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *points)
    held, moved = stacked.pop(table.name), stacked
    optimiser = optax.adam(0.05)

    def loss(own: Any, tables: Any) -> jax.Array:
        return model.loss({**own, table.name: tables})

    @jax.jit
    def step(own: Any, state: Any) -> Any:
        losses, gradients = jax.vmap(jax.value_and_grad(loss))(own, held)
        updates, state = optimiser.update(gradients, state)
        return optax.apply_updates(own, updates), state, losses

    state = optimiser.init(moved)
    for _ in range(steps):
        moved, state, losses = step(moved, state)
    return float(jnp.min(losses))


if __name__ == "__main__":
    main(NAME, ghz2, ghz3, bas)
