"""Objectives by name: each is one module and one entry here, beside its entry in `qgl.check.calls.callables`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qgl.objectives.kl import kl
from qgl.objectives.marginals import marginals
from qgl.objectives.markov_nll import markov_nll
from qgl.objectives.mmd import mmd
from qgl.objectives.model import Objective, Setting
from qgl.objectives.nll import nll
from qgl.program.program import CallSpec

__all__ = ["OBJECTIVES", "Objective", "Setting", "build"]

OBJECTIVES: Mapping[str, Callable[[CallSpec, Setting], Objective]] = {
    "kl": kl,
    "marginals": marginals,
    "markov_nll": markov_nll,
    "mmd": mmd,
    "nll": nll,
}


def build(call: CallSpec, setting: Setting) -> Objective:
    """The objective that a checked call names.

    Raises:
        KeyError: no such objective or data set; the checker lets none of these pass.
    """
    return OBJECTIVES[call.name](call, setting)
