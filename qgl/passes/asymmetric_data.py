"""Data that a program cannot learn because of a symmetry of its circuit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distribution
from qgl.diagnostics.charges import OwnMirrorImage
from qgl.diagnostics.model import Diagnostic
from qgl.passes.mirrors import MOST_WIRES, mirrors
from qgl.program.program import DataSet, Program

LEAST = 0.01  # total variation that is worth a word
_DEVIATIONS = 5.0  # by which counts of rows must differ to be no chance


def asymmetric(program: Program) -> Iterator[Diagnostic]:
    """A warning for each data set of the objective that has not a symmetry of the circuit; for one symmetry each."""
    if len(program.wires) > MOST_WIRES:
        return
    learnt = {name: term.call.span for term in reversed(program.objective) for name in term.call.data_sets}
    datasets = {name: program.data[name] for name in learnt}
    strings = [name for name, data in datasets.items() if _is_of_strings(data, len(program.visible))]
    symmetries = mirrors(program) if strings else ()
    for name in strings:
        q = distribution(datasets[name])
        for mirror in symmetries:
            distance = float(np.abs(q - q[mirror.image]).sum()) / 4
            if distance > LEAST and not _is_chance(datasets[name], q, mirror.image):
                yield OwnMirrorImage(learnt[name], name, distance, mirror.wording)
                break


def _is_of_strings(data: DataSet, width: int) -> bool:
    listed = data.rule is None or data.listed
    of_bits = data.numbers is None and data.states is None and data.conditions is None
    return listed and of_bits and data.width == width


def _is_chance(data: DataSet, q: NDArray[np.float64], image: NDArray[np.int64]) -> bool:
    """Whether rows may be drawn from a distribution with the symmetry: chi squared of equal counts in each pair."""
    if data.exact:
        return False
    count = q * len(data.rows)
    both = count + count[image]
    pairs = (both > 0) & (image > np.arange(len(image)))
    chi = float((((count - count[image]) ** 2)[pairs] / both[pairs]).sum())
    freedom = int(pairs.sum())
    return bool(chi < freedom + _DEVIATIONS * np.sqrt(2 * freedom))
