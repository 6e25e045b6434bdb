"""What a payload takes of a machine, told before it is sent: seconds of its time, and the price where one is published.

A remote engine may have a method `cost(payload)`; what has none runs here, or does not tell.

Prices that no service tells by its own interface are constants here, with the page that they are of and when it was
read. They are those of paying by use: a plan of another kind charges otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from qgl.diagnostics.jobs import OverBudget
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Payload

BRAKET_TASK = 0.30  # USD for a task of any QPU: aws.amazon.com/braket/pricing, November 2026
IBM_SECOND = 1.60  # USD, plan Pay-As-You-Go: ibm.com/quantum/pricing, November 2026
IBM_JOB = 2.0  # seconds of a job before its first shot: quantum.cloud.ibm.com/docs/guides/estimate-job-run-time
IBM_DELAY = 250e-6  # seconds before a shot, of most machines: the same page


@dataclass(frozen=True)
class Cost:
    """Of one payload.

    seconds  that the machine is held, an estimate; None if it is not known
    dollars  None if it is not known
    basis    what the price is made of, and whose word it is
    """

    seconds: float | None
    dollars: float | None
    basis: str

    def __str__(self) -> str:
        known = [] if self.seconds is None else [f"about {self.seconds:.1f} s of machine time"]
        known += ["price unknown" if self.dollars is None else f"{self.dollars:.2f} USD"]
        return f"{', '.join(known)} ({self.basis})"


@runtime_checkable
class Priced(Protocol):
    """An engine that tells what a payload takes. It may ask its service, and sends nothing."""

    def cost(self, payload: Payload) -> Cost | None:
        """None where it takes nothing of anybody's machine."""
        ...


def cost_of(engine: Any, payload: Payload) -> Cost | None:
    """What the engine tells; that it cannot tell is a cost that is not known."""
    if not isinstance(engine, Priced):
        return None
    try:
        return engine.cost(payload)
    except QglError as error:
        return Cost(None, None, error.diagnostics[0].message)


@dataclass(frozen=True)
class Budget:
    """The most that a job may take: US dollars, or seconds of machine time."""

    most: float
    unit: str

    @classmethod
    def of(cls, text: str) -> Budget:
        """`5`, `2.50` are dollars, `30s` are seconds.

        Raises:
            ValueError: it is neither.
        """
        read = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*(s?)", text.strip())
        if read is None:
            raise ValueError(f"a budget is US dollars, such as 2.50, or seconds of machine time, such as 30s: {text!r}")
        return cls(float(read[1]), "s" if read[2] else "USD")

    def hold(self, engine: str, cost: Cost | None) -> None:
        """
        Raises:
            QglError: the job takes more, or how much is not known (QGL1136).
        """
        if cost is None:
            return
        takes = cost.seconds if self.unit == "s" else cost.dollars
        if takes is None or takes > self.most:
            wording = f"an unknown number of {self.unit}" if takes is None else f"{takes:.2f} {self.unit}"
            raise QglError([OverBudget(None, engine, wording, f"{self.most:g} {self.unit}", cost.basis)])
