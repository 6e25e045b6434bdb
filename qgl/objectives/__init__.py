"""Objectives by name: each is one module and one entry here, beside its entry in `qgl.check.callables`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qgl.check.program import CallSpec, DataSet
from qgl.objectives.kl import kl
from qgl.objectives.mmd import mmd
from qgl.objectives.model import Objective
from qgl.objectives.nll import nll

__all__ = ["OBJECTIVES", "Objective", "build"]

OBJECTIVES: Mapping[str, Callable[[CallSpec, Mapping[str, DataSet], int], Objective]] = {
    "kl": kl,
    "mmd": mmd,
    "nll": nll,
}


def build(call: CallSpec, data: Mapping[str, DataSet], width: int) -> Objective:
    """The objective that a checked call names, on data sets by name, for `width` visible bits.

    Raises:
        KeyError: no such objective or data set; the checker lets none of these pass.
    """
    return OBJECTIVES[call.name](call, data, width)
