"""Undoing some of what a machine does wrong: readout errors of distributions, gate errors of expectations.

Readout is calibrated by two circuits, all that is measured in 0 and all in 1 (`qgl.hardware.calibration`), and undone
by mthree (Nation, Kang, Sundaresan and Gambetta, PRX Quantum 2, 040326 (2021)). Gate noise is amplified by folding the
gates that run (`qgl.hardware.folding`), and expectations are extrapolated to none of it by mitiq (Giurgica-Tiron and
others, arXiv 2005.10921). All work on texts, so that what was laid out on a machine stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.jobs import MitigationMissing
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Strings

Real = NDArray[np.float64]


def need(package: str, purpose: str) -> None:
    """Makes sure that a package for mitigation is installed.

    Raises:
        QglError: it is not (QGL1150).
    """
    if find_spec(package) is None:
        raise QglError([MitigationMissing(None, package, purpose)])


# ------------------------------------------------------------ readout


def readout_errors(zeros: Strings, ones: Strings) -> tuple[Real, Real]:
    """The probabilities, of each bit, to be read as 1 when it is 0 and as 0 when it is 1, shape (n,) each.

    A bit that is read wrong more often than right could not be corrected: probabilities stay below one half.
    """
    most = 0.499
    return np.minimum(zeros.mean(axis=0), most), np.minimum(1.0 - ones.mean(axis=0), most)


def corrected(rows: Strings, counts: Real, errors: tuple[Real, Real]) -> Real:
    """Probabilities of distinct strings without errors of readout, from how often each was read.

    The nearest distribution, in the Euclidean sense, to the solution of mthree on the strings that were read.

    Args:
        rows: distinct strings, shape (D, n).
        counts: how often each was read, shape (D,).
        errors: as `readout_errors` gives them.

    Returns:
        Probabilities, not negative, of sum 1, shape (D,).

    Raises:
        QglError: mthree is not installed (QGL1150).
    """
    need("mthree", "mitigation of readout")
    from mthree import M3Mitigation

    mitigation: Any = M3Mitigation(None)
    up, down = errors
    mitigation.cals_from_matrices(
        [np.array([[1 - u, d], [u, 1 - d]], dtype=np.float32) for u, d in zip(up, down, strict=True)]
    )
    width = rows.shape[1]
    names = ["".join(map(str, row[::-1])) for row in rows.tolist()]  # mthree writes the first qubit last
    counted = {name: int(count) for name, count in zip(names, counts, strict=True) if count > 0}
    quasi = mitigation.apply_correction(counted, qubits=list(range(width)))
    distribution = quasi.nearest_probability_distribution()
    estimate = np.array([max(float(distribution.get(name, 0.0)), 0.0) for name in names])
    probabilities: Real = estimate / estimate.sum()
    return probabilities


# ------------------------------------------------------------ zero noise


def extrapolated(scales: Sequence[int], values: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """An expectation at no noise from those at several scales, and its standard error.

    A straight line through two scales, a parabola through three or more, by least squares (mitiq's `PolyFactory`). The
    result is linear in the values, so that their errors come through exactly.

    Raises:
        QglError: mitiq is not installed (QGL1150).
    """
    need("mitiq", "zero-noise extrapolation")
    from mitiq.zne.inference import PolyFactory

    order = min(2, len(scales) - 1)

    def at_none(column: Sequence[float]) -> float:
        intercept: Any = PolyFactory.extrapolate(list(scales), list(column), order)
        return float(intercept)

    weights = np.array([at_none(unit) for unit in np.eye(len(scales)).tolist()])
    return at_none(values), float(np.sqrt((weights**2) @ np.square(errors)))
