"""Training from shots on the experiment of Liu and Wang (arXiv 1804.04168): bars and stripes of 3 x 3, depth 10.

    python -m benchmarks.shots --steps 500 --shots 2000 20000 --seeds 2
    python -m benchmarks.shots --times statevector aer

The first trains with Adam at rate 0.1, exactly and from shots, and prints a table in Markdown: rates of valid strings
and other figures of the trained circuit, computed exactly. The second prints what one step takes with an engine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

import qgl
from qgl.hardware import Engine, open_engine
from qgl.model import Model
from qgl.program.calls.gradients import ParameterShift
from qgl.program.calls.optimizers import Adam
from qgl.program.program import TrainSettings
from qgl.train.shots import FromShots

PROGRAM = Path(__file__).parents[1] / "examples" / "born" / "bars.qgl"
PUBLISHED = {None: 95.4, 2000: 88.6, 20_000: 92.4}  # valid strings in percent; None: exact


def settings(model: Model, shots: int | None, steps: int, seeds: int) -> TrainSettings:
    """Adam at rate 0.1, from so many shots of each circuit or exact."""
    place = model.program.train.optimizer.span
    adam = Adam(0.1, span=place)
    gradient = None if shots is None else ParameterShift(shots, span=place)
    return replace(model.program.train, optimizer=adam, gradient=gradient, steps=steps, seeds=seeds)


def rows(shots: list[int], steps: int, seeds: int) -> Iterator[str]:
    """A row of the table for the exact gradient and for each number of shots."""
    model = qgl.load(PROGRAM)
    data = model.program.data["patterns"]
    yield "| shots | valid strings, P | O | KL, O | loss, O | processor time of a step, O |"
    yield "|---|---|---|---|---|---|"
    for count in (None, *shots):
        before = time.process_time()
        run = model.train(settings=settings(model, count, steps, seeds), display="plain")
        seconds = (time.process_time() - before) / (steps * seeds)
        found = []
        for seed in range(seeds):
            params = {name: values[seed] for name, values in run.all_params.items()}
            q = np.exp(np.asarray(model.log_prob(params, data.rows), np.float64))
            found.append((100 * q.sum(), data.weights @ np.log(data.weights / q), float(model.loss(params))))
        valid, kl, loss = (
            ", ".join(format(value, form) for value in values)
            for values, form in zip(zip(*found, strict=True), (".1f", ".3f", ".1e"), strict=True)
        )
        published = f"{PUBLISHED[count]} %" if count in PUBLISHED else ""
        yield f"| {count or 'exact'} | {published} | {valid} % | {kl} | {loss} | {1e3 * seconds:.0f} ms |"


def seconds_of_a_step(name: str, shots: int) -> tuple[float, float]:
    """Wall-clock and processor seconds of one gradient, the best of three after the first."""
    model = qgl.load(PROGRAM)
    engine = open_engine(name)
    assert isinstance(engine, Engine)
    loss = FromShots(model, settings(model, shots, 1, 1), engine)
    key = jax.random.key(0)
    asked = np.asarray(loss.ask(model.init(key), key))
    found = []
    for _ in range(4):
        wall, busy = time.perf_counter(), time.process_time()
        loss.measure(asked, key)
        found.append((time.perf_counter() - wall, time.process_time() - busy))
    return min(found[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--shots", type=int, nargs="*", default=[2000, 20_000])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--times", nargs="*", metavar="ENGINE", help="what one step takes, instead of training")
    given = parser.parse_args()
    if given.times is None:
        for row in rows(given.shots, given.steps, given.seeds):
            print(row, flush=True)
        return
    for name in given.times:
        for count in given.shots:
            wall, busy = seconds_of_a_step(name, count)
            print(f"{name}, {count} shots: {wall:.2f} s, {busy:.2f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
