"""Shots of a thousand qubits, and how near two layers of maps that learn from them come to the state that they are of.

python -m examples.maps.chain     # writes chain_shots.npz
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

import qgl
from qgl.bits.regions import map_regions
from qgl.evaluate import in_chunks
from qgl.evaluate.states.local_errors import errors_of
from qgl.model import Model
from qgl.query import Marginals
from qgl.train.loop import train

HERE = Path(__file__).resolve().parent
TEACHER = HERE.parent / "data" / "chain_teacher.qgl"
FILE = "chain_shots.npz"
LEARNT, UNSEEN, SIZE = 2000, 400, 4
FLOOR = """data shots = pauli_shots("chain_shots.npz", rows = 0..1999);
objective marginals(shots, size = 4, distance = kl);
train { optimizer adam(rate = cosine(0.02)); steps 100; }
"""
Real = NDArray[Any]
Regions = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Learnt:
    """Mean trace distances of four neighbours from their exact states.

    start, polished  before and after training
    of_maps          the sum of the trace distances of the regions of maps, after training
    unseen, error    the squared Hilbert-Schmidt distance of pairs from unseen shots, without bias
    seconds          processor time of planning and training
    """

    start: float
    polished: float
    of_maps: float
    unseen: float
    error: float
    seconds: float


def draw(folder: Path, n: int, count: int = LEARNT) -> None:
    """Writes so many measurements of the teacher of n qubits to learn from, and more that are unseen."""
    model, params = taught(n)
    bases = np.random.default_rng(0).integers(1, 4, (count + UNSEEN, n)).astype(np.uint8)
    strings = in_chunks.sample_in_bases(model, params, bases, 0)
    np.savez_compressed(folder / FILE, strings=strings, bases=bases)


def taught(n: int) -> tuple[Model, Any]:
    """The teacher of n qubits and its parameters."""
    model = qgl.load(TEACHER, n=n)
    return model, model.init(jax.random.key(0, impl="threefry2x32"))


def learn(folder: Path, n: int, count: int = LEARNT) -> Learnt:
    """What chain.qgl learns of the shots in a folder, which are of n qubits."""
    (folder / "chain.qgl").write_text((HERE / "chain.qgl").read_text(encoding="utf-8"), encoding="utf-8")
    clock = time.process_time()
    model = qgl.load(folder / "chain.qgl", n=n, count=count)
    run = train(model, display="quiet")
    seconds = time.process_time() - clock
    teacher, known = taught(n)
    begin = model.init(jax.random.key(0))
    start, polished = (float(np.mean(apart(teacher, known, model, each, in_a_row(n)))) for each in (begin, run.params))
    of_maps = sum(apart(teacher, known, model, run.params, map_regions(model.program)))
    pairs = tuple((k, k + 1) for k in range(n - 1))
    data = model.program.data["unseen"]
    unseen = errors_of(data, pairs, "hilbert_schmidt", lambda query: model.answer(run.params, query))
    error = np.std(unseen) / np.sqrt(n / 2)  # pairs side by side are independent, those that overlap are not
    return Learnt(start, polished, of_maps, float(unseen.mean()), float(error), seconds)


def floor(folder: Path, n: int) -> float:
    """The same distance of the teacher's own circuit, begun at its own parameters and trained on the same shots."""
    (folder / "floor.qgl").write_text(TEACHER.read_text(encoding="utf-8") + FLOOR, encoding="utf-8")
    teacher, known = taught(n)
    model = qgl.load(folder / "floor.qgl", n=n)
    run = train(model, params=known, display="quiet")
    return float(np.mean(apart(teacher, known, model, run.params, in_a_row(n))))


def sites(teacher: Model, known: Any) -> float:
    """The same distance of the product of the exact states of single qubits."""
    n = teacher.width
    states = np.asarray(teacher.answer(known, Marginals(in_a_row(n))))
    ones = np.asarray(teacher.answer(known, Marginals(tuple((k,) for k in range(n)))))
    products = [product(ones[k : k + SIZE]) for k in range(n - SIZE + 1)]
    return float(np.mean(trace_distances(states, np.stack(products))))


def in_a_row(n: int) -> Regions:
    """All four neighbours."""
    return tuple(tuple(range(k, k + SIZE)) for k in range(n - SIZE + 1))


def apart(teacher: Model, known: Any, model: Model, params: Any, regions: Regions) -> list[float]:
    """The trace distance of every region."""
    exact, own = teacher.answer(known, Marginals(regions)), model.answer(params, Marginals(regions))
    return [float(trace_distances(np.asarray(a), np.asarray(b))) for a, b in zip(exact, own, strict=True)]


def trace_distances(one: Real, other: Real) -> Real:
    values: Real = np.abs(np.linalg.eigvalsh(one - other)).sum(axis=-1) / 2
    return values


def product(states: Real) -> Real:
    whole: Real = np.ones((1, 1))
    for state in states:
        whole = np.kron(whole, state)
    return whole


if __name__ == "__main__":
    draw(HERE, 1000)
