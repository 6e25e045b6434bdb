"""Makes `local.npz`: strings of a hidden IQP circuit on a strip of 4 x 250 sites, and its angles.

    python -m examples.iqp.teacher

The teacher has the form of `local.qgl`, so that a perfect student exists. A strip four sites wide is contracted
exactly, row by row, so that strings are drawn from the very distribution.
"""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np

import qgl
from qgl.evaluate import in_chunks

HERE = Path(__file__).parent
BIAS, THETA = (
    (0.2, 1.0),
    (-0.6, 0.6),
)  # where the teacher's angles lie
TRAIN, UNSEEN = 2000, 1000


def teacher() -> qgl.Model:
    """The circuit of `local.qgl` without its data."""
    text = (HERE / "local.qgl").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("data", "objective", "train", "report", "//"))]
    for name, (low, high) in (("bias", BIAS), ("theta", THETA)):
        start = next(k for k, line in enumerate(lines) if line.startswith(f"param {name}["))
        lines[start] = f"{lines[start].split('~')[0]}~ uniform({low}, {high});"
    return qgl.loads("\n".join(lines))


def main() -> None:
    model = teacher()
    params = model.init(jax.random.key(2503_02934))
    rows = in_chunks.sample(model, params, TRAIN + UNSEEN, seed=1)
    bias, theta = (np.asarray(params[name], np.float32) for name in ("bias", "theta"))
    np.savez_compressed(HERE / "local.npz", train=rows[:TRAIN], unseen=rows[TRAIN:], bias=bias, theta=theta)


if __name__ == "__main__":
    main()
