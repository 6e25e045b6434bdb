"""Writes chain.npz: 5000 strings of 1000 bits from chain_teacher.qgl, and prints how likely they are to the teacher.

python examples/data/chain.py [--keep]   # --keep: write nothing, only print the likelihoods of what is there
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import numpy as np

import qgl

FOLDER = Path(__file__).resolve().parent
ROWS, TRAINING = 5000, 4600
CHUNK = 200


def main() -> None:
    model = qgl.load(FOLDER / "chain_teacher.qgl")
    teacher = model.init(jax.random.key(0))
    if "--keep" not in sys.argv[1:]:
        keys = jax.random.split(jax.random.key(1), ROWS // CHUNK)
        rows = np.concatenate([np.asarray(model.sample(teacher, key, CHUNK)) for key in keys])
        np.savez_compressed(FOLDER / "chain.npz", rows=rows.astype(np.uint8))
    rows = np.load(FOLDER / "chain.npz")["rows"]
    log_prob = np.concatenate([np.asarray(model.log_prob(teacher, chunk)) for chunk in np.split(rows, ROWS // CHUNK)])
    ones = rows.mean(axis=0)
    independent = -np.sum(rows * np.log(ones) + (1 - rows) * np.log1p(-ones), axis=1)
    for name, part in (("first 4600 rows", slice(TRAINING)), ("last 400 rows", slice(TRAINING, None))):
        values, alone = -log_prob[part], independent[part]
        error = values.std() / np.sqrt(len(values))
        print(f"{name}: teacher {values.mean():.2f} +- {error:.2f} nats a string, independent bits {alone.mean():.2f}")


if __name__ == "__main__":
    main()
