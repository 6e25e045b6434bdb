"""Jobs on the disk: written before they are sent, sent once, gone on with by whoever comes next."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import qgl
from qgl.cli.main import app
from qgl.diagnostics.jobs import DamagedJob
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Engine, RemoteEngine, Strings, Task, TextEngine
from qgl.jobs import dispatch, draft, show, store
from qgl.jobs.dispatch import begin, carry_on
from qgl.jobs.record import Job, Request
from qgl.jobs.store import JobFolder
from qgl.model import Model
from qgl.runs.files import sealed
from qgl.runs.folder import RunFolder
from qgl.runs.reload import model_of
from qgl.runs.run import Run
from tests.jobs.engines import Lost, Service, Texts, UniformBits

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAM = """
data rows = strings(["000", "011", "110"]);
visible v[3];
model { ry(?) v; cz v[0], v[1]; cz v[1], v[2]; ry(?) v; }
objective nll(rows);
train { optimizer adam(rate = 0.1); steps 3; }
"""
MIXTURE = """
data rows = strings(["00", "11"]);
visible v[2];
latent z[1] ~ bernoulli(0.25);
param a : angle;
model { ry(a + 3.0 * z[0]) v; }
objective nll(rows);
train { optimizer adam(rate = 0.1); steps 2; }
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "run"
    qgl.loads(PROGRAM).train(out=path, display="quiet", pictures=False)
    return path


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A run without jobs."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.fixture(scope="module")
def model(trained: Path) -> Model:
    return model_of(trained)


def drafted(run: Path, model: Model, engine: Engine | RemoteEngine, shots: int = 100, **asked: Any) -> draft.Draft:
    return draft.draft(Run.load(run), model, Request(engine.name, shots, **asked), engine)


def done(run: Path, model: Model, engine: Engine | RemoteEngine, shots: int = 100, **asked: Any) -> JobFolder:
    folder = begin(run, drafted(run, model, engine, shots, **asked))
    carry_on(folder, engine)
    return folder


def qglc(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def codes(error: pytest.ExceptionInfo[QglError]) -> list[str]:
    return [diagnostic.code for diagnostic in error.value.diagnostics]


def test_the_faces_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(UniformBits(), Engine) and not isinstance(UniformBits(), TextEngine | RemoteEngine)
    assert isinstance(Texts(), TextEngine) and not isinstance(Texts(), RemoteEngine)
    assert isinstance(Service(tmp_path / "s"), RemoteEngine)


@pytest.mark.parametrize("engine", [UniformBits(), Texts()], ids=["uniform", "texts"])
def test_a_local_job(run: Path, model: Model, engine: Engine) -> None:
    folder = done(run, model, engine, 5000)
    assert folder.job.state == "done"
    assert folder.samples().shape == (5000, 3)
    assert not list(folder.path.glob("part-*"))
    again = store.find(run, "1")
    assert again.job == folder.job and again.path.name == f"1-{engine.name}"
    assert list(again.job.times) == ["planned", "running", "done"]
    assert abs(folder.samples().mean() - 0.5) < 0.02


def test_the_text_is_written_before_anything_runs(run: Path, model: Model) -> None:
    made = drafted(run, model, Texts())
    folder = begin(run, made)
    assert (folder.path / "circuit.qasm").read_text() == made.texts[0]
    assert folder.job.state == "planned" and folder.payload().texts == made.texts
    engine = Texts()
    carry_on(folder, engine)
    assert engine.calls == list(made.texts)


def test_a_job_reads_back_as_it_was_written(run: Path, model: Model) -> None:
    folder = begin(run, drafted(run, model, Texts(), condition=None, words=("ZZI",), repeat=2))
    assert JobFolder.open(folder.path).job == folder.job


def test_killed_in_the_middle_and_fetched(run: Path, model: Model, tmp_path: Path) -> None:
    whole = done(Path(shutil.copytree(run, tmp_path / "whole")), model, Texts(), 8000)
    command = [sys.executable, str(HERE / "job_child.py"), str(run), "8000", "0.3"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(3):
            child.stdout.readline()
        with pytest.raises(QglError) as locked:
            carry_on(store.find(run, "1"), Texts())
        assert codes(locked) == ["QGL1132"] and str(child.pid) in str(locked.value)
        assert "running" in show.status(store.find(run, "1"))
        child.send_signal(signal.SIGKILL)
    folder = store.find(run, "1")
    assert folder.job.state == "running" and folder.job.parts == 7
    kept = folder.parts_kept
    assert 2 <= kept <= 3
    assert "broken off" in show.status(folder)
    engine = Texts()
    carry_on(folder, engine)
    assert len(engine.calls) == 7 - kept
    np.testing.assert_array_equal(folder.samples(), whole.samples())


def test_a_full_disk_loses_nothing(run: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = done(Path(shutil.copytree(run, tmp_path / "whole")), model, Texts(), 3000)
    folder, engine = begin(run, drafted(run, model, Texts(), 3000)), Texts()
    left = [2]

    def replaced(source: Any, target: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        Path(source).rename(target)

    with monkeypatch.context() as patch:
        patch.setattr("qgl.runs.files.atomic.os.replace", replaced)
        with pytest.raises(QglError) as full:
            carry_on(folder, engine)
    assert codes(full) == ["QGL0905"]
    assert store.find(run, "1").job.state == "running" and folder.parts_kept == 1
    assert not list(folder.path.glob(".*.tmp"))
    carry_on(folder, engine)
    np.testing.assert_array_equal(folder.samples(), whole.samples())


def test_no_folder_is_left_on_a_full_disk(run: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Any, target: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("qgl.runs.files.atomic.os.replace", refuse)
    with pytest.raises(QglError) as full:
        begin(run, drafted(run, model, Texts()))
    assert codes(full) == ["QGL0905"]
    assert {path.name for path in store.folder_of(run).iterdir()} <= {".lock"}


def test_an_engine_that_fails_is_believed(run: Path, model: Model) -> None:
    class Broken(UniformBits):
        def samples(self, task: Task) -> list[Strings]:
            return [np.full((shots, task.width), 2, np.uint8) for shots in task.shots]

    folder = begin(run, drafted(run, model, Broken()))
    with pytest.raises(QglError) as wrong:
        carry_on(folder, Broken())
    assert codes(wrong) == ["QGL1106"]
    assert store.find(run, "1").job.state == "failed"
    carry_on(folder, UniformBits())  # once it is mended
    assert folder.job.state == "done"


def test_another_engine_does_not_go_on_with_it(run: Path, model: Model) -> None:
    folder = begin(run, drafted(run, model, Texts()))
    with pytest.raises(QglError) as other:
        carry_on(folder, UniformBits())
    assert codes(other) == ["QGL1135"]


def test_a_run_that_is_training_can_be_run(run: Path, model: Model) -> None:
    before = {path: path.read_bytes() for path in run.glob("*.safetensors")}
    with RunFolder.open(run):
        assert done(run, model, UniformBits()).job.state == "done"
    assert {path: path.read_bytes() for path in run.glob("*.safetensors")} == before


# ------------------------------------------------------------ the same again


def test_the_same_request_is_found(run: Path, model: Model) -> None:
    first = done(run, model, UniformBits())
    trained = Run.load(run)

    def there(**changes: Any) -> JobFolder | None:
        asked = replace(Request("uniform", 100), **changes)
        return store.same_request(run, draft.key_for(trained, model, asked))

    found = there()
    assert found is not None and found.job == first.job
    assert there(seed=1) is None and there(shots=101) is None and there(repeat=1) is None
    assert there(readout=True) is None and there(engine="texts") is None


def test_repeats_draw_other_strings(run: Path, model: Model) -> None:
    first = done(run, model, UniformBits())
    assert dispatch.next_repeat(run, first.job.request) == 1
    second = done(run, model, UniformBits(), repeat=1)
    assert dispatch.next_repeat(run, first.job.request) == 2
    assert second.path.name == "2-uniform"
    assert not np.array_equal(first.samples(), second.samples())


def test_a_failed_job_does_not_stand_in_the_way(run: Path, model: Model, tmp_path: Path) -> None:
    service = Service(tmp_path / "service", status="failed")
    folder = begin(run, drafted(run, model, service))
    with pytest.raises(QglError) as failed:
        carry_on(folder, service)
    assert codes(failed) == ["QGL1134"] and "the service says failed" in str(failed.value)
    assert store.same_request(run, folder.job.key) is None
    with pytest.raises(QglError):
        carry_on(folder, service)  # and nothing is sent
    assert len(service.sent) == 1


# ------------------------------------------------------------ remote engines


def test_a_remote_job_waits_and_is_fetched(run: Path, model: Model, tmp_path: Path) -> None:
    service = Service(tmp_path / "service", status="waiting")
    folder = begin(run, drafted(run, model, service))
    carry_on(folder, service)
    assert (folder.job.state, folder.job.said) == ("sent", "the service says waiting")
    service.now = "done"
    carry_on(store.find(run, "1"), service)
    carry_on(store.find(run, "1"), service)
    folder = store.find(run, "1")
    assert folder.job.state == "done" and folder.samples().shape == (100, 3)
    assert len(service.sent) == 1 and service.asked == 0
    assert list(folder.job.times) == ["planned", "sending", "sent", "done"]


def lost(run: Path, model: Model, service: Service) -> JobFolder:
    """A job whose client was killed while it was being sent."""
    folder = begin(run, drafted(run, model, service))
    with pytest.raises(Lost):
        carry_on(folder, service)
    found = store.find(run, "1")
    assert found.job.state == "sending" and found.job.service == ""
    service.dies = ""
    return found


def test_lost_between_sending_and_writing_is_not_sent_twice(run: Path, model: Model, tmp_path: Path) -> None:
    service = Service(tmp_path / "service", dies="after")
    folder = lost(run, model, service)
    carry_on(folder, service)
    assert folder.job.state == "done" and folder.job.service == "job-0"
    assert len(service.sent) == 1 and service.asked == 1


def test_lost_before_it_arrived_is_sent_once_the_service_has_had_time(run: Path, model: Model, tmp_path: Path) -> None:
    service = Service(tmp_path / "service", dies="before")
    folder = lost(run, model, service)
    with pytest.raises(QglError) as doubt:
        carry_on(folder, service)
    assert codes(doubt) == ["QGL1133"] and len(service.sent) == 0
    before = (datetime.now(UTC) - timedelta(seconds=dispatch.SETTLED + 1)).isoformat(timespec="seconds")
    folder.save(replace(folder.job, times={**folder.job.times, "sending": before}))
    carry_on(folder, service)
    assert folder.job.state == "done" and len(service.sent) == 1 and service.asked == 2


def test_fewer_strings_than_were_paid_for_are_kept(run: Path, model: Model, tmp_path: Path) -> None:
    folder = done(run, model, Service(tmp_path / "service", missing=10))
    assert folder.samples().shape == (90, 3)
    assert folder.job.said == "90 of 100 strings came back"


def test_what_is_no_array_of_strings_is_refused(run: Path, model: Model, tmp_path: Path) -> None:
    class Garbled(Service):
        def collect(self, job: str, payload: Any) -> Sequence[Strings]:
            return [array[:, :2] for array in super().collect(job, payload)]

    service = Garbled(tmp_path / "service")
    folder = begin(run, drafted(run, model, service))
    with pytest.raises(QglError) as wrong:
        carry_on(folder, service)
    assert codes(wrong) == ["QGL1106"]
    assert store.find(run, "1").job.state == "sent"  # it can be fetched again


# ------------------------------------------------------------ mixtures


def test_elements_of_a_mixture_are_texts_of_their_own(tmp_path: Path) -> None:
    trained = qgl.loads(MIXTURE).train(out=tmp_path / "run", display="quiet", pictures=False)
    folder = done(tmp_path / "run", trained.model, Texts(), 1000)
    shots = [item.shots for item in folder.job.items]
    assert len(shots) == 2 and sum(shots) == 1000 and 200 < min(shots) < 300
    assert folder.samples().shape == (1000, 2)
    with pytest.raises(QglError) as refused:
        drafted(tmp_path / "run", trained.model, Texts(), readout=True)
    assert codes(refused) == ["QGL1151"]


# ------------------------------------------------------------ damage


def damage(folder: JobFolder, name: str, content: bytes) -> None:
    (folder.path / name).write_bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 1}',
        b'{"format": 99}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=["empty", "half", "list", "bare", "later", "no text", "deep"],
)
def test_a_damaged_record_is_located(run: Path, model: Model, content: bytes) -> None:
    folder, other = done(run, model, UniformBits()), done(run, model, UniformBits(), seed=1)
    damage(folder, "job.json", content)
    with pytest.raises(QglError) as damaged:
        store.find(run, "1")
    assert codes(damaged) == ["QGL1131"] and "job.json" in str(damaged.value)
    sound, faults = store.jobs_of(run)
    assert [each.job.id for each in sound] == [other.job.id] and len(faults) == 1


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("state",), "lost"),
        (("parts",), 0),
        (("parts",), 10**9),
        (("times", "planned"), [1]),
        (("items",), []),
        (("items", 0, "shots"), -1),
        (("items", 0, "file"), "../../manifest.json"),
        (("model",), {}),
        (("request", "engine"), None),
        (("times",), None),
        (("unheard",), 1),
    ],
    ids=str,
)
def test_an_edited_record_is_refused(run: Path, model: Model, place: tuple[Any, ...], value: Any) -> None:
    folder = begin(run, drafted(run, model, Texts()))
    facts = json.loads((folder.path / "job.json").read_text())
    inner = facts
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    for text in (json.dumps(facts), sealed.document(facts)):  # also with a checksum that fits
        damage(folder, "job.json", text.encode())
        with pytest.raises(QglError) as damaged:
            JobFolder.open(folder.path)
        assert codes(damaged) == ["QGL1131"]


def test_a_job_is_called_as_its_folder(run: Path, model: Model) -> None:
    folder = done(run, model, UniformBits())
    path = folder.path / "job.json"
    path.write_text(sealed.document({**json.loads(path.read_text(encoding="utf-8")), "id": "../../x"}))
    assert JobFolder.open(folder.path).job.id == folder.path.name


def test_a_changed_text_is_not_run(run: Path, model: Model) -> None:
    folder, engine = begin(run, drafted(run, model, Texts())), Texts()
    damage(folder, "circuit.qasm", b"OPENQASM 3.0;\n")
    with pytest.raises(QglError) as changed:
        carry_on(folder, engine)
    assert codes(changed) == ["QGL1131"] and engine.calls == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"], ids=["empty", "zip", "array"])
def test_damaged_strings_are_located(run: Path, model: Model, content: bytes) -> None:
    folder = done(run, model, UniformBits())
    damage(folder, "samples.npz", content)
    with pytest.raises(QglError) as damaged:
        folder.samples()
    assert codes(damaged) == ["QGL1131"] and "samples.npz" in str(damaged.value)


def test_strings_of_another_width_are_not_taken(run: Path, model: Model) -> None:
    folder = done(run, model, UniformBits())
    with (folder.path / "samples.npz").open("wb") as file:
        np.savez_compressed(file, x=np.zeros((10, 4), np.uint8))
    with pytest.raises(QglError) as wrong:
        folder.samples()
    assert codes(wrong) == ["QGL1131"]


FILES = ("circuit.qasm", "weights.safetensors", "samples.npz", "part-0.npz", "part-1.npz")


@pytest.fixture(scope="module")
def kept(trained: Path, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose job has every kind of file: strings, and parts that were not let go of."""
    run = Path(shutil.copytree(trained, tmp_path_factory.mktemp("kept") / "run"))
    folder = begin(run, drafted(run, model, Texts(), 2048))
    strings = [np.zeros((1024, 3), np.uint8)]
    for part in range(folder.job.parts):
        folder.keep_part(part, strings)
    folder.keep_samples(strings)
    folder.save(folder.job.at("done", "2026-01-01T00:00:00+00:00"))
    assert {path.name for path in folder.path.iterdir()} == {*FILES, "job.json"}
    return run


@pytest.mark.parametrize("name", FILES)
def test_whatever_byte_of_a_job_is_damaged_is_told_when_it_is_opened(kept: Path, name: str) -> None:
    file = store.folders(kept)[0] / name
    whole, dice = file.read_bytes(), np.random.default_rng(3)
    assert JobFolder.open(file.parent).job.state == "done"
    places = dice.integers(0, len(whole), 40).tolist()
    flipped = [whole[:k] + bytes([whole[k] ^ 1 << int(dice.integers(8))]) + whole[k + 1 :] for k in places]
    cut = [whole[:k] for k in (0, 1, len(whole) // 2, len(whole) - 1)]
    longer = [whole + b"\0", b"\0" + whole, whole + whole]
    try:
        for content in (*flipped, *cut, *longer):
            file.write_bytes(content)
            with pytest.raises(QglError) as damaged:
                JobFolder.open(file.parent)
            assert codes(damaged) == ["QGL1131"] and name in str(damaged.value)
    finally:
        file.write_bytes(whole)


def test_a_record_with_a_flipped_bit_is_told_or_says_the_same(kept: Path) -> None:
    """Between its entries JSON has blanks that say nothing: the seal is of the entries."""
    file = store.folders(kept)[0] / "job.json"
    whole, sound, told = file.read_bytes(), JobFolder.open(file.parent).job, 0
    places = np.random.default_rng(5).integers(0, len(whole), 100).tolist()
    try:
        for k in places:
            file.write_bytes(whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :])
            try:
                assert JobFolder.open(file.parent).job == sound
            except QglError as error:
                assert [fault.code for fault in error.diagnostics] == ["QGL1131"]
                told += 1
    finally:
        file.write_bytes(whole)
    assert told > 50


def test_every_file_that_is_damaged_is_named_at_once(kept: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(kept, tmp_path / "run"))
    folder = store.find(run, "1")
    for name in FILES:
        (folder.path / name).write_bytes(b"")
    _, faults = store.jobs_of(run)
    assert [Path(fault.path).name for fault in faults if isinstance(fault, DamagedJob)] == list(FILES)


@pytest.mark.parametrize("name", ["circuit.qasm", "weights.safetensors", "samples.npz"])
def test_a_file_that_is_gone_is_told(kept: Path, tmp_path: Path, name: str) -> None:
    folder = store.find(Path(shutil.copytree(kept, tmp_path / "run")), "1")
    (folder.path / name).unlink()
    with pytest.raises(QglError) as gone:
        JobFolder.open(folder.path)
    assert codes(gone) == ["QGL1131"] and name in str(gone.value) and "not there" in str(gone.value)


def test_strings_belong_to_their_job_and_their_part(kept: Path, model: Model, tmp_path: Path) -> None:
    run = Path(shutil.copytree(kept, tmp_path / "run"))
    first, other = store.find(run, "1"), done(run, model, Texts(), 2048, seed=1)
    shutil.copy(first.path / "part-0.npz", first.path / "part-1.npz")
    shutil.copy(first.path / "samples.npz", other.path / "samples.npz")
    assert [fault.code for fault in store.jobs_of(run)[1]] == ["QGL1131", "QGL1131"]


def test_no_verb_uses_or_shows_a_damaged_job(run: Path, model: Model) -> None:
    ask = ["run", str(run), "--on", "statevector", "--shots", "50"]
    assert qglc(*ask).exit_code == 0
    file = store.find(run, "1").path / "samples.npz"
    file.write_bytes(file.read_bytes() + b"\0")
    verbs = (["jobs", str(run)], ["fetch", str(run)], ["fetch", str(run), "1"], ["evaluate", str(run)], ask)
    for verb in verbs:
        result = qglc(*verb)
        assert result.exit_code == 1 and "error[QGL1131]" in result.output and "samples.npz" in result.output, verb
    assert len(store.folders(run)) == 1  # the same was not run again without a word
    assert qglc(*ask, "--repeat").exit_code == 0
    again = store.records_of(run)[-1]
    assert (again.job.id, again.job.request.repeat) == ("2-statevector", 1)


def test_a_job_without_checksums_is_of_an_earlier_version(run: Path, model: Model) -> None:
    path = done(run, model, Texts()).path / "job.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    del facts[sealed.SEAL]
    path.write_text(json.dumps({**facts, "format": 1, "versions": {"qgl": "0.0.9"}}))
    result = qglc("jobs", str(run))
    assert result.exit_code == 1 and "error[QGL0912]" in result.output and "0.0.9" in result.output


def test_there_is_no_such_job(run: Path, model: Model) -> None:
    done(run, model, UniformBits())
    with pytest.raises(QglError) as unknown:
        store.find(run, "7")
    assert codes(unknown) == ["QGL1130"]


def test_jobs_are_numbered_and_of_the_same_there_is_one(run: Path, model: Model) -> None:
    made = [drafted(run, model, UniformBits(), seed=seed) for seed in (0, 1, 2)]
    assert [begin(run, each).path.name for each in made] == ["1-uniform", "2-uniform", "3-uniform"]
    late = begin(run, drafted(run, model, UniformBits(), seed=1))  # both clients had looked, and seen nothing
    assert late.path.name == "2-uniform" and late.job.tag == made[1].job.tag
    assert len(list(store.folder_of(run).iterdir())) == 4  # and a lock


def test_what_a_listing_says(run: Path, model: Model) -> None:
    folder: JobFolder = done(run, model, Texts())
    facts = show.facts(folder)
    assert facts["state"] == "done" and facts["figures"] == {"width": 3} and facts["parts"] == [1, 1]
    assert show.figures(folder.job.figures) == "qubits 3"
    assert isinstance(folder.job, Job)
