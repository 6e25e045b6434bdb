"""Faults of strategies of training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic


@dataclass(frozen=True)
class StrategyNeeded(Diagnostic):
    """A run that began with a strategy of one's own, in Python, goes on with that strategy only."""

    strategy: str

    code: ClassVar[str] = "QGL0920"

    @property
    def message(self) -> str:
        return f"this run began with a strategy of its own, `{self.strategy}`"

    @property
    def help(self) -> str:
        return f"resume it in Python, by `train(model, strategy={self.strategy}, resume=...)`"


@dataclass(frozen=True)
class OldState(Diagnostic):
    """The state of training that this folder holds was written by a version of qgl that wrote it in another form."""

    path: str

    code: ClassVar[str] = "QGL0921"

    @property
    def message(self) -> str:
        return f"{self.path} was written by an earlier version of qgl, and training cannot go on from it"

    @property
    def help(self) -> str:
        return "its weights, report and samples can still be used; to train further, start a new run"
