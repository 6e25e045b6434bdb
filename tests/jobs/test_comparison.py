"""Jobs beside their models: an ideal engine agrees, a noisy one does not, and mitigation brings it nearer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

import qgl
from qgl.diagnostics.model import QglError
from qgl.hardware import mitigation
from qgl.hardware.engines.engine import Engine
from qgl.hardware.engines.table import open_engine
from qgl.hardware.folding import folded
from qgl.hardware.mitigation import corrected, extrapolated
from qgl.jobs import tables
from qgl.jobs.compare import Compared, Comparison, Gap, Measured
from qgl.jobs.dispatch import begin, carry_on
from qgl.jobs.draft import draft, weights_hash
from qgl.jobs.pauli_words import bases_of, signs
from qgl.jobs.picture import machine
from qgl.jobs.record import Request
from qgl.jobs.store import JobFolder
from qgl.model import Model
from qgl.runs.reload import model_of
from qgl.runs.run import Run
from tests.jobs.engines import UniformBits

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "walls"
    qgl.load(ROOT / "examples" / "walls.qgl").train(out=path, steps=60, display="quiet", pictures=False)
    return path


@pytest.fixture(scope="module")
def model(walls: Path) -> Model:
    return model_of(walls)


@pytest.fixture(scope="module")
def noisy() -> Engine:
    found = open_engine("aer:fake_torino")
    assert isinstance(found, Engine)
    return found


def job(run: Path, model: Model, engine: Engine, shots: int = 4096, **asked: Any) -> JobFolder:
    folder = begin(run, draft(Run.load(run), model, Request(engine.name, shots, **asked), engine))
    carry_on(folder, engine)
    return folder


def compared(run: Path, folder: JobFolder, model: Model) -> Comparison:
    return Compared(folder, model).compared(weights_hash(Run.load(run).params))


@pytest.fixture(scope="module")
def from_noise(walls: Path, model: Model, noisy: Engine) -> JobFolder:
    return job(walls, model, noisy, readout=True, words=("ZIIIZ",), scales=(1, 3, 5))


def of_model(gaps: tuple[Gap, ...], name: str) -> Gap:
    return next(gap for gap in gaps if gap.name.startswith(name))


def test_an_ideal_engine_agrees_with_the_model(walls: Path, model: Model) -> None:
    found = compared(walls, job(walls, model, _engine("aer"), words=("ZIIIZ", "XXIII", "YIIYI")), model)
    gap = of_model(found.gaps, "tv")
    assert abs(gap.beyond.value) < 4 * (gap.beyond.error or 0)
    for side in found.sides:
        if side.machine is not None and side.sampled is not None:
            error = np.hypot(side.machine.error or 0, side.sampled.error or 0)
            assert abs(side.machine.value - side.sampled.value) <= 4 * error + 1e-12, side.name
    for pauli_word in found.pauli_words:
        assert pauli_word.model is not None
        assert abs(pauli_word.machine.value - pauli_word.model) < 4 * (pauli_word.machine.error or 0) + 1e-6, (
            pauli_word.pauli_word
        )
    assert "no fault of the machine" in tables.conclusion(gap)


def _engine(name: str) -> Engine:
    found = open_engine(name)
    assert isinstance(found, Engine)
    return found


def test_a_noisy_one_does_not_and_mitigation_brings_it_nearer(walls: Path, model: Model, from_noise: JobFolder) -> None:
    found = compared(walls, from_noise, model)
    gap = of_model(found.gaps, "tv")
    assert gap.beyond.value > 4 * (gap.beyond.error or 0)
    assert gap.mitigated is not None
    assert gap.mitigated.value < gap.machine.value - 2 * (gap.machine.error or 0)
    assert gap.mitigated.value > gap.shots_alone.value  # errors of gates stay
    valid = next(side for side in found.sides if side.name.startswith("valid_rate"))
    assert valid.machine and valid.mitigated and valid.sampled
    assert valid.machine.value < valid.mitigated.value < valid.sampled.value
    assert "the machine adds" in tables.conclusion(gap)


def test_words_fade_with_the_noise_and_are_extrapolated(walls: Path, model: Model, from_noise: JobFolder) -> None:
    pauli_word = compared(walls, from_noise, model).pauli_words[0]
    assert (
        pauli_word.pauli_word == "Z[v[0]]*Z[v[4]]"
        and pauli_word.model is not None
        and pauli_word.extrapolated is not None
    )
    sizes = [abs(pauli_word.machine.value), *(abs(value.value) for _, value in pauli_word.scaled)]
    assert [scale for scale, _ in pauli_word.scaled] == [3, 5]
    assert sizes[0] > sizes[1] > sizes[2] > 0
    assert abs(pauli_word.extrapolated.value - pauli_word.model) < abs(pauli_word.machine.value - pauli_word.model)


def test_what_is_run_is_laid_out_once(from_noise: JobFolder) -> None:
    """Calibrations measure the same qubits into the same bits; folded texts have their gates three and five times."""
    texts = dict(zip(from_noise.job.items, from_noise.payload().texts, strict=True))
    distribution = next(text for item, text in texts.items() if item.role == "samples")
    measured = [line for line in distribution.splitlines() if " = measure" in line]
    for item, text in texts.items():
        if item.role == "readout":
            assert [line for line in text.splitlines() if " = measure" in line] == measured
            assert text.count("\nx $") == item.bit * len(measured)
        if item.role == "word" and item.scale > 1 and set(item.basis) == {"Z"}:
            assert text.count("\ncz ") == item.scale * distribution.count("\ncz ")
            assert [line for line in text.splitlines() if " = measure" in line] == measured


def test_a_job_that_takes_no_texts_is_compared_too(walls: Path, model: Model) -> None:
    found = compared(walls, job(walls, model, UniformBits(), words=("ZZIII", "XIIII")), model)
    gap = of_model(found.gaps, "tv")
    assert gap.beyond.value > 0.5
    assert [abs(pauli_word.machine.value) < 0.1 for pauli_word in found.pauli_words] == [True, True]
    with pytest.raises(QglError) as refused:
        job(walls, model, UniformBits(), readout=True)
    assert [fault.code for fault in refused.value.diagnostics] == ["QGL1151"]


def test_a_job_keeps_to_the_weights_that_it_ran_with(walls: Path, tmp_path: Path, model: Model) -> None:
    run = Path(shutil.copytree(walls, tmp_path / "run", ignore=shutil.ignore_patterns("jobs")))
    folder = job(run, model, _engine("statevector"))
    before = compared(run, folder, model)
    assert before.notes == ()
    model.train(resume=run, steps=61, display="quiet", pictures=False)
    after = compared(run, folder, model)
    assert "trained on since" in after.notes[0]
    assert after.gaps == before.gaps


def test_pictures_are_drawn(walls: Path, model: Model, from_noise: JobFolder) -> None:
    found = Compared(from_noise, model)
    figure = machine(found, found.compared(""))
    (axis,) = figure.axes
    assert axis.get_title(loc="left") == "aer:fake_torino, 4096 strings"
    legend = axis.get_legend()
    assert legend is not None
    assert {text.get_text() for text in legend.get_texts()} == {"data", "model", "machine", "readout mitigated"}


def test_a_long_name_of_an_engine_is_not_cut_off(model: Model, from_noise: JobFolder) -> None:
    found = Compared(from_noise, model)
    comparison = found.compared("")
    engine = "braket:arn:aws:braket:us-east-1::device/qpu/" + "a long name of a machine/" * 3
    job = replace(comparison.job, request=replace(comparison.job.request, engine=engine))
    figure = machine(found, replace(comparison, job=job))
    figure.draw_without_rendering()
    (axis,) = figure.axes
    for text in (axis.get_title(loc="left"), *(each.get_text() for each in axis.texts)):
        (artist,) = [each for each in figure.findobj(Text) if each.get_text() == text]
        box = artist.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, text


def test_wide_strings_have_moments_and_likelihoods(tmp_path: Path) -> None:
    program = """
    data rows = strings(["000000000000000001", "111111111111111111"]);
    visible v[18];
    model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
    objective nll(rows);
    train { optimizer adam(rate = 0.1); steps 2; }
    """
    run = tmp_path / "run"
    wide = qgl.loads(program).train(out=run, display="quiet", pictures=False).model
    folder = job(run, wide, _engine("statevector"), 500)
    found = compared(run, folder, wide)
    assert [gap.name.partition("(")[0] for gap in found.gaps] == ["moments", "moments", "-log p"]
    for gap in found.gaps:
        assert abs(gap.beyond.value) < 5 * (gap.beyond.error or 0)
    figure = machine(Compared(folder, wide), found)
    assert len(figure.axes) == 2


def test_errors_of_readout_are_undone_exactly_where_all_strings_are_read() -> None:
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    up, down = np.array([0.1, 0.02]), np.array([0.05, 0.2])
    distribution = np.array([0.4, 0.1, 0.2, 0.3])
    one, two = (np.array([[1 - u, d], [u, 1 - d]]) for u, d in zip(up, down, strict=True))
    read = np.kron(one, two) @ distribution
    np.testing.assert_allclose(corrected(rows, np.round(read * 10**7), (up, down)), distribution, atol=1e-4)


@pytest.mark.parametrize(
    ("gates", "reset"),
    [("h q[0];\ncx q[0], q[1];\nry(0.3) q[1];", ""), ("sx q[0];\ncz q[0], q[1];", "reset q[0];\nh q[0];")],
    ids=["gates", "reset"],
)
def test_a_fold_changes_nothing_without_noise(gates: str, reset: str) -> None:
    from qiskit import qasm3
    from qiskit.quantum_info import DensityMatrix

    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
    text = f"{head}{gates}\n{reset}\nrz(0.2) q[0];\n"

    def state(written: str) -> Any:
        return DensityMatrix.from_instruction(qasm3.loads(written)).data

    again = folded(f"{text}c = measure q;\n", 3)
    assert again.count("cz ") == 3 * text.count("cz ") and again.count("cx ") == 3 * text.count("cx ")
    assert again.count("reset") == text.count("reset") and again.count("measure") == 2
    bare = "\n".join(line for line in again.splitlines() if "measure" not in line)
    np.testing.assert_allclose(state(bare), state(text), atol=1e-9)


def test_a_branch_is_not_folded() -> None:
    text = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[1] q;\nbit[1] c;\nc[0] = measure q[0];\nif (c[0]) { x q[0]; }\n'
    )
    with pytest.raises(QglError) as refused:
        folded(text, 3)
    assert [fault.code for fault in refused.value.diagnostics] == ["QGL1152"]


def test_a_line_is_extrapolated_to_its_end() -> None:
    value, error = extrapolated([1, 3], [0.8, 0.6], [0.01, 0.02])
    assert value == pytest.approx(0.9)
    assert error == pytest.approx(np.hypot(1.5 * 0.01, 0.5 * 0.02))
    assert extrapolated([1, 3, 5], [0.9 - 0.01 * k**2 for k in (1, 3, 5)], [0.0] * 3)[0] == pytest.approx(0.9)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mitigation, "find_spec", lambda name: None)
    calls: list[Callable[[], Any]] = [
        lambda: folded("", 3),
        lambda: mitigation.extrapolated([1, 3], [1.0, 1.0], [0.0, 0.0]),
        lambda: mitigation.corrected(np.zeros((1, 1), np.uint8), np.ones(1), (np.zeros(1), np.zeros(1))),
    ]
    for call in calls:
        with pytest.raises(QglError) as missing:
            call()
        (fault,) = missing.value.diagnostics
        assert fault.code == "QGL1150" and "qglc[mitigation]" in fault.help


def test_words_that_agree_are_measured_together() -> None:
    assert bases_of(["ZIZ", "IXI", "IZI"]) == {"ZIZ": "ZXZ", "IXI": "ZXZ", "IZI": "ZZZ"}
    np.testing.assert_array_equal(signs("ZIZ", np.array([[0, 1, 0], [1, 0, 0], [1, 1, 1]], np.uint8)), [1, -1, 1])


def test_beyond_has_the_error_of_both() -> None:
    gap = Gap("tv(model)", "", Measured(0.5, 0.03), Measured(0.1, 0.04))
    assert gap.beyond.value == pytest.approx(0.4) and gap.beyond.error == pytest.approx(0.05)
    assert "adds 0.40 ± 0.05" in tables.conclusion(gap)
    assert "no fault" in tables.conclusion(replace(gap, machine=Measured(0.12, 0.03)))
