"""A plan is refused where the process that it makes would not fit, alike when it is explained, trained and swept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qgl
from qgl.cli.main import app
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import amount
from qgl.plan import memory
from qgl.plan.memory import FRACTION, PROCESS, for_arrays, process_bytes
from qgl.report.weighing import CMA_MATRICES, losses_together, process, refusals, weigh_objective
from qgl.sweeps.grid import Point
from qgl.sweeps.survey import Options, survey
from qgl.train.loop import train
from qgl.train.strategies.candidates import together

PROGRAM = """\
data d = cardinality(12, 6);
visible v[12];
model { ry(?) v; for (a, b) in pairs(v) { rzz(?) a, b; } rx(?) v; }
objective kl(d);
train { steps 1; seeds %d; }
"""


def machine(root: Path, free: float, resident: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with so many bytes that may be used, of whose memory this process has some already."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemAvailable: {int(free / FRACTION / 1024) + 1} kB\n")
    (root / "proc/self/status").write_text(f"VmRSS: {resident // 1024} kB\n")
    monkeypatch.setattr(memory, "_ROOT", root)
    monkeypatch.setattr(memory, "_limits", list)


@pytest.mark.parametrize("resident", [0, 300 * 10**6, 2 * 10**9])
def test_what_is_planned_fits_as_a_process(resident: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(tmp_path, 4e9, resident, monkeypatch)
    assert process_bytes(for_arrays()) - min(resident, PROCESS) == pytest.approx(4e9, rel=1e-6)


def test_no_arrays_where_the_process_itself_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(tmp_path, PROCESS / 2, 0, monkeypatch)
    assert for_arrays() == 0


@pytest.mark.parametrize("seeds", [1, 40])
def test_a_process_that_does_not_fit_is_refused_everywhere(
    seeds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arrays alone would fit; and so would a single seed."""
    text = PROGRAM % seeds
    ((row,),) = (answer.weighed.rows for answer in weigh_objective(qgl.loads(text)))
    arrays = row.candidates[0].cost.memory * seeds
    machine(tmp_path / "machine", PROCESS + 0.95 * arrays, 0, monkeypatch)
    program = tmp_path / "p.qgl"
    program.write_text(text)
    for verb in (["explain", str(program)], ["train", str(program), "--out", str(tmp_path / "run"), "-q"]):
        result = CliRunner().invoke(app, verb)
        assert result.exit_code == 1 and "QGL0810" in result.output, result.output
    assert not (tmp_path / "run").exists()
    with pytest.raises(QglError, match="too wide to simulate"):
        train(qgl.loads(text))
    (point,) = survey(program, [Point("p", {})], Options())
    assert [fault.code for fault in point.faults] == ["QGL0810"]


def test_copies_for_seeds_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A single seed fits, forty do not; the figures are of all that are held at once."""
    monkeypatch.setattr("qgl.plan.planner.for_arrays", lambda: 10**6)
    model = qgl.loads(PROGRAM % 40)
    answers, settings = weigh_objective(model), model.program.train
    assert not refusals(answers, replace(settings, seeds=1))
    (fault,) = refusals(answers, settings)
    arrays = answers[0].weighed.rows[0].candidates[0].cost.memory * 40
    assert f"takes {amount(arrays)}" in fault.message and "for 40 seeds" in str(fault.notes)
    assert "train fewer than 40 seeds at once" in fault.help
    assert process(answers, model.program, settings) == process_bytes(arrays)


def test_candidates_run_in_batches_and_not_one_for_each_seed() -> None:
    """CMA-ES judges the candidates of all seeds in a row, as many at a time as fit into the bytes set aside."""
    model = qgl.loads(PROGRAM.replace("steps 1", "strategy cma; steps 1") % 500)
    answers, settings = weigh_objective(model), model.program.train
    (each,) = answers[0].memory
    losses = losses_together(answers, settings)
    assert losses == together(model, 1) == min(64, 2**28 // each)
    size = sum(parameter.size for parameter in model.program.parameters)
    assert process(answers, model.program, settings) == process_bytes(losses * each + 500 * CMA_MATRICES * 8 * size**2)


@pytest.mark.parametrize("elements", [1, 3, 6])
def test_elements_of_a_mixture_that_run_together_are_counted(elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    latent = f"latent z[{elements}] ~ bernoulli(0.3); model {{ for k in 0..{elements} - 1 {{ rx(pi * z[k]) v[k]; }} "
    mixture, plain = (qgl.loads(PROGRAM.replace("model {", head) % 1) for head in (latent, "model {"))
    (many,), (one,) = (weigh_objective(model)[0].memory for model in (mixture, plain))
    answers = weigh_objective(mixture)
    assert answers[0].circuits == min(8, 2**elements)
    assert many == answers[0].circuits * answers[0].weighed.rows[0].candidates[0].cost.memory > one
    monkeypatch.setattr("qgl.plan.planner.for_arrays", lambda: many - 1)
    refused = qgl.loads(mixture.program.source.text)
    (fault,) = refusals(weigh_objective(refused), refused.program.train)
    assert f"for {answers[0].circuits} circuits that run together" in str(fault.notes)
    assert "seeds at once" not in fault.help
