"""Draws shots.npz: 2,000 measurements of the state of teacher.qgl, every qubit in a Pauli basis drawn at random.

python -m examples.maps.teacher
"""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np

import qgl
from qgl.evaluate import in_chunks

HERE = Path(__file__).resolve().parent
SHOTS = 2000


def main() -> None:
    """Writes the archive."""
    model = qgl.load(HERE / "teacher.qgl")
    params = model.init(jax.random.key(0, impl="threefry2x32"))
    bases = np.random.default_rng(0).integers(1, 4, (SHOTS, model.width)).astype(np.uint8)
    strings = in_chunks.sample_in_bases(model, params, bases, 0)
    np.savez_compressed(HERE / "shots.npz", strings=strings, bases=bases)


if __name__ == "__main__":
    main()
