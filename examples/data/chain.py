"""Writes chain.npz: 5000 strings of 1000 bits from chain_teacher.qgl, and prints how likely they are to the teacher.

python examples/data/chain.py                       # writes chain.npz anew
python examples/data/chain.py --keep                # only prints
python examples/data/chain.py --compare FILE.npz    # holds strings of a trained model against the data and the teacher
"""

from __future__ import annotations

import argparse
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

import qgl
from qgl.query import Expectation

FOLDER = Path(__file__).resolve().parent
ROWS, TRAINING = 5000, 4600
CHUNK = 200
REACH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="write nothing")
    parser.add_argument("--compare", metavar="FILE.npz", help="strings that `qglc sample` wrote")
    options = parser.parse_args()
    model = qgl.load(FOLDER / "chain_teacher.qgl")
    teacher = model.init(jax.random.key(0))
    if options.compare:
        compare(np.load(options.compare)["x"], model, teacher)
        return
    if not options.keep:
        keys = jax.random.split(jax.random.key(1), ROWS // CHUNK)
        rows = np.concatenate([np.asarray(model.sample(teacher, key, CHUNK)) for key in keys])
        np.savez_compressed(FOLDER / "chain.npz", rows=rows.astype(np.uint8))
    likelihoods(model, teacher)


def likelihoods(model: qgl.Model, teacher: dict[str, jax.Array]) -> None:
    """Prints what a string costs the teacher, and what it costs independent bits."""
    rows = np.load(FOLDER / "chain.npz")["rows"]
    log_prob = np.concatenate([np.asarray(model.log_prob(teacher, chunk)) for chunk in np.split(rows, ROWS // CHUNK)])
    ones = rows.mean(axis=0)
    independent = -np.sum(rows * np.log(ones) + (1 - rows) * np.log1p(-ones), axis=1)
    for name, part in (("first 4600 rows", slice(TRAINING)), ("last 400 rows", slice(TRAINING, None))):
        values, alone = -log_prob[part], independent[part]
        error = values.std() / np.sqrt(len(values))
        print(f"{name}: teacher {values.mean():.2f} +- {error:.2f} nats a string, independent bits {alone.mean():.2f}")


def compare(strings: NDArray[np.uint8], model: qgl.Model, teacher: dict[str, jax.Array]) -> None:
    """Prints how far <Z_a Z_b> of strings are from those of the first 4600 rows, by distance, as root mean squares.

    noise  what the difference would be if both were drawn from one distribution
    chi2   the mean square of the difference, each divided by its own variance under that distribution: 1 if nothing but
           noise
    """
    rows = np.load(FOLDER / "chain.npz")["rows"][:TRAINING]
    drawn, given = 1.0 - 2.0 * strings, 1.0 - 2.0 * rows
    print("distance  connected  strings - rows  noise   chi2  strings - teacher  rows - teacher")
    for distance in range(1, REACH + 1):
        places = np.stack([np.arange(drawn.shape[1] - distance), np.arange(distance, drawn.shape[1])], axis=1)
        exact = np.asarray(model.answer(teacher, Expectation.sparse(places.astype(np.int32))))
        of_drawn, of_given = ((z[:, :-distance] * z[:, distance:]).mean(axis=0) for z in (drawn, given))
        ones = given.mean(axis=0)
        pooled = (len(drawn) * of_drawn + len(given) * of_given) / (len(drawn) + len(given))
        variance = (1 - pooled**2) * (1 / len(drawn) + 1 / len(given))
        difference = of_drawn - of_given
        figures = (of_given - ones[:-distance] * ones[distance:], difference, np.sqrt(variance))
        connected, apart, noise, to_teacher, known = (
            np.sqrt(np.mean(values**2)) for values in (*figures, of_drawn - exact, of_given - exact)
        )
        chi2 = np.mean(difference**2 / variance)
        print(
            f"{distance:8}{connected:11.4f}{apart:16.4f}{noise:7.4f}{chi2:7.2f}{to_teacher:19.4f}{known:16.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
