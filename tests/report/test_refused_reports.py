"""A report that no method can answer is told of before the steps, and does not stop them."""

from __future__ import annotations

import qgl
from qgl.report.display import Progress, Silent
from qgl.train.loop import train

PROGRAM = """\
data d = cardinality(40, 1);
visible v[40];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } ry(?) v; for (a, b) in chain(v) { cx a, b; } rx(?) v; }
objective nll(d);
train { steps 1; }
report cmi(v[27..31], v[32..35], v[36..39]);
"""


class Heard(Silent):
    def __init__(self) -> None:
        self.events: list[str] = []

    def note(self, text: str) -> None:
        self.events.append(text)

    def update(self, progress: Progress) -> None:
        self.events.append("step")


def test_a_refused_report_is_told_before_the_first_step() -> None:
    model, heard = qgl.loads(PROGRAM), Heard()
    model.readings.planner.memory_limit = 10**8
    run = train(model, display=heard)
    told, *after = heard.events
    assert after == ["step"] and run.steps == 1
    assert (
        "warning: report cmi(" in told and "Distributions of 1 region" in told and "no method can answer this" in told
    )
    assert "not boundary: regions of more than 8 qubits" in told
    cmi = next(metric for metric in run.report["metrics"] if metric["name"].startswith("cmi"))
    assert cmi["value"] is None and cmi["note"]
