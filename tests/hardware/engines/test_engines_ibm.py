"""The engine `ibm:MACHINE`: in the local mode of SamplerV2, and against a stand-in for the service. Noise of `aer:`."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from qiskit_aer import AerSimulator

from qgl.diagnostics.hardware import EngineFailed, EngineNotInstalled, NoAccess, UnknownJob
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.expression import Real
from qgl.hardware.engines import ibm
from qgl.hardware.engines.aer import Aer
from qgl.hardware.engines.cost import Budget, cost_of
from qgl.hardware.engines.engine import Payload, RemoteEngine, Task, TextEngine
from qgl.hardware.engines.ibm import Ibm
from qgl.hardware.engines.noise import noise_of, restricted, used_by
from qgl.hardware.engines.qiskit_counts import strings_of_bytes
from qgl.hardware.engines.services import overall, wrapped
from qgl.hardware.machines.isa import load_isa
from qgl.hardware.machines.target import Machine, resolve
from qgl.ir.circuit import Circuit
from tests.hardware.engines.engine_distributions import SHOTS, case, distribution_of, p_value
from tests.hardware.engines.engine_distributions import task as task_of_case
from tests.reference.programs import ANGLES, PARAMETERS, op, program_of, random_inputs


def turned(*angles: float, shots: tuple[int, ...]) -> Task:
    """Three visible qubits, 101 where the angle is pi and 001 where it is 0, with a hidden one that is either."""
    turn = op("rx", 0, args=(Real(0.0, ((1.0, ANGLES[0]),)),))
    gates = [turn, op("x", 2), op("h", 3), op("cx", 3, 1), op("cx", 3, 1)]
    circuit = Circuit.of(program_of(3, 1, *gates, parameters=PARAMETERS))
    inputs = np.zeros((len(angles), sum(p.size for p in PARAMETERS)))
    inputs[:, 0] = angles
    return Task(circuit, inputs, shots, seed=1)


@lru_cache
def noisy() -> Aer:
    return Aer("fake_manila")


def test_a_fake_machine_adds_its_noise_and_keeps_the_order_of_bits() -> None:
    assert isinstance(noisy(), TextEngine)
    low, high = noisy().samples(turned(0.0, np.pi, shots=(2000, 1000)))
    assert np.abs(low.mean(axis=0) - [0, 0, 1]).max() < 0.08
    assert np.abs(high.mean(axis=0) - [1, 0, 1]).max() < 0.12
    assert 0 < (low != [0, 0, 1]).mean() < 0.08


def test_texts_of_a_fake_machine_stand_on_it_and_are_what_is_run() -> None:
    task = turned(np.pi, shots=(500,))
    payload = noisy().payload(task)
    assert "$" in payload.texts[0]
    fidelity = payload.figures["fidelity"]
    assert fidelity is not None
    assert 0.8 < fidelity < 1.0
    (strings,) = noisy().samples(task)
    assert (strings == noisy().run(payload, task.seed)[0]).all()


@pytest.mark.parametrize(("errors", "wrong"), [({}, 0.0), ({"measure": 0.1}, 0.1), ({"x": 0.05}, 0.05)])
def test_noise_is_what_a_file_tells(errors: dict[str, float], wrong: float, tmp_path: Path) -> None:
    """A machine that tells no errors is perfect, one that tells some has these."""
    path = tmp_path / "machine.json"
    basis = ["rz", "sx", "x", "cz", "measure", "reset", "if_else"]
    path.write_text(json.dumps({"qubits": 2, "basis": basis, "coupling": [[0, 1]], "errors": errors}))
    flipped = Circuit.of(program_of(1, 0, op("x", 0)))
    (strings,) = Aer(str(path)).samples(Task(flipped, np.zeros((1, 0)), (4000,)))
    assert abs((1 - strings).mean() - wrong) < 0.02


def test_the_noise_on_the_used_qubits_is_all_that_a_circuit_meets() -> None:
    machine = resolve("fake_manila")
    full = noise_of(machine)
    circuit = load_isa(noisy().payload(turned(1.0, shots=(1,))).texts[0])
    used = used_by([circuit])
    assert len(used) < machine.qubits
    simulator = AerSimulator.from_backend(machine.backend)
    counts = [
        simulator.run(circuit, shots=2000, seed_simulator=1, noise_model=model).result().get_counts()
        for model in (full, restricted(full, used))
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_on_a_machine_without_errors_strings_follow_the_distribution(seed: int, tmp_path: Path) -> None:
    """Channels, branches and resets of random programs, fitted to a ring; one row, and several at once."""
    path = tmp_path / "ring.json"
    basis = ["rz", "sx", "x", "cz", "measure", "reset", "if_else"]
    ring = [[k, (k + 1) % 8] for k in range(8)]
    path.write_text(json.dumps({"qubits": 8, "basis": basis, "coupling": ring}))
    engine = Aer(str(path))
    program, inputs, distribution = case(seed)
    other = random_inputs(seed + 100)
    assert p_value(engine.samples(task_of_case(seed))[0], distribution) > 1e-3
    rows = Task(Circuit.of(program), np.stack([inputs, other]), (SHOTS, SHOTS), seed)
    first, second = engine.samples(rows)
    assert p_value(first, distribution) > 1e-3
    assert p_value(second, distribution_of(program, other)) > 1e-3


def test_bytes_of_the_service_are_strings_in_the_order_of_the_program() -> None:
    packed = np.array([[0b100, 0b1], [0, 0b10]], np.uint8)  # bit 10 and bit 0; bit 1
    strings = strings_of_bytes(packed, 11)
    assert strings[0].tolist() == [1] + [0] * 9 + [1]
    assert strings[1].tolist() == [0, 1] + [0] * 9


def test_a_job_of_the_local_mode() -> None:
    engine = Ibm("fake_manila")
    assert isinstance(engine, RemoteEngine)
    payload = engine.payload(turned(0.0, np.pi, np.pi, shots=(60, 50, 60)))
    assert payload.settings["machine"] == "fake_manila"
    assert engine.find("one") is None
    job = engine.send(payload, "one")
    assert len(job.split()) == 2  # 60 shots, and 50
    assert engine.find("one") == job == engine.send(payload, "one")
    assert engine.status(job) == ("done", "done")
    found = engine.collect(job, payload)
    assert [strings.shape for strings in found] == [(60, 3), (50, 3), (60, 3)]
    means = [np.round(strings.mean(axis=0)).tolist() for strings in found]
    assert means == [[0, 0, 1], [1, 0, 1], [1, 0, 1]]


def test_a_job_of_another_process_is_not_known() -> None:
    with pytest.raises(QglError) as caught:
        Ibm("fake_manila").status("0123")
    assert isinstance(caught.value.diagnostics[0], UnknownJob)


class Service:
    """Stands in for the service and for SamplerV2: it keeps what was sent, and fails on the second job until mended."""

    broken = True

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.target = resolve("fake_manila").target
        self.service = self

    def SamplerV2(self, mode: Any) -> Any:
        assert mode is self
        options = SimpleNamespace(environment=SimpleNamespace(job_tags=None))
        return SimpleNamespace(options=options, run=lambda pubs: self._run(list(pubs), options.environment.job_tags))

    def _run(self, pubs: list[Any], tags: list[str]) -> Any:
        if self.broken and len(self.sent) == 1:
            raise type("RequestsApiError", (Exception,), {"status_code": 401})(
                "401 Client Error: Unauthorized\nfor url"
            )
        name = f"job{len(self.sent)}"
        arrays = [np.full((shots, 1), 0b101, np.uint8) for _, _, shots in pubs]
        results = [SimpleNamespace(data={"c": SimpleNamespace(array=array, num_bits=3)}) for array in arrays]
        job = SimpleNamespace(
            job_id=lambda: name,
            tags=tags,
            status=lambda: "QUEUED",
            error_message=lambda: "a calibration ran late",
            result=lambda: results,
        )
        self.sent.append(job)
        return job

    def jobs(self, job_tags: list[str], limit: int | None) -> Iterable[Any]:
        assert limit is None
        return [job for job in self.sent if set(job_tags) <= set(job.tags)]

    def job(self, name: str) -> Any:
        return next(job for job in self.sent if job.job_id() == name)


def test_a_job_that_broke_off_is_sent_on_and_nothing_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    asked: list[str] = []

    def machine(name: str) -> Machine:
        asked.append(name)
        return Machine("ibm_manila", service.target, service)

    monkeypatch.setattr(ibm, "resolve", machine)
    engine = Ibm("ibm_manila")
    monkeypatch.setattr(engine, "_library", service)
    payload = engine.payload(turned(0.0, 1.0, 2.0, shots=(5, 6, 5)))
    assert asked == ["ibm:ibm_manila"]
    with pytest.raises(QglError) as caught:
        engine.send(payload, "tag")
    (found,) = caught.value.diagnostics
    assert isinstance(found, NoAccess)
    assert found.wording == "401 Client Error: Unauthorized"
    assert engine.find("tag") is None
    service.broken = False
    job = engine.send(payload, "tag")
    assert [one.tags for one in service.sent] == [["tag", "tag-0-of-2"], ["tag", "tag-1-of-2"]]
    assert job == engine.find("tag") == "job0 job1"
    assert engine.status(job) == ("waiting", "queued")
    assert [strings.tolist()[0] for strings in engine.collect(job, payload)] == [[1, 0, 1]] * 3
    service.sent[0].status = lambda: "ERROR"
    assert engine.status(job) == ("failed", "error: a calibration ran late, queued")
    service.sent[1].result = lambda: 1 / 0
    with pytest.raises(QglError) as caught:
        engine.collect(job, payload)
    assert isinstance(caught.value.diagnostics[0], EngineFailed)


def test_payloads_hold_no_more_than_what_is_sent() -> None:
    payload = Ibm("fake_manila").payload(turned(1.0, shots=(5,)))
    assert set(vars(payload)) == set(Payload.__dataclass_fields__)
    assert set(payload.settings) == {"engine", "machine", "options"}


def test_without_the_library_the_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qiskit_ibm_runtime", None)
    with pytest.raises(QglError) as caught:
        Ibm("fake_manila")
    (found,) = caught.value.diagnostics
    assert isinstance(found, EngineNotInstalled)
    assert found.help == "install it: pip install 'qglc[ibm]'"


def test_no_access_is_told_from_other_faults() -> None:
    ClientError = importlib.import_module("botocore.exceptions").ClientError

    def fault(error: Exception) -> Diagnostic:
        with pytest.raises(QglError) as caught, wrapped("x", "a way"):
            raise error
        return caught.value.diagnostics[0]

    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "CreateQuantumTask")
    invalid = ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, "CreateQuantumTask")
    refused = type("RequestsApiError", (Exception,), {"status_code": 400})("400: too many shots")
    assert isinstance(fault(denied), NoAccess)
    assert fault(denied).help == "a way"
    assert isinstance(fault(invalid), EngineFailed)
    assert fault(refused) == EngineFailed(None, "x", "400: too many shots")


def test_a_job_of_several_is_as_far_as_the_last() -> None:
    assert overall([("done", "done"), ("running", "running")]) == ("running", "done, running")
    assert overall([("done", "done"), ("failed", "x"), ("waiting", "")]) == ("failed", "done, x")


def test_seconds_are_by_the_formula_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    monkeypatch.setattr(ibm, "resolve", lambda name: Machine("ibm_manila", service.target, service))
    engine = Ibm("ibm_manila")
    payload = engine.payload(turned(0.0, 1.0, 2.0, shots=(5000, 6000, 5000)))
    length = payload.figures["duration"]
    assert length is not None and length > 1e-6
    cost = cost_of(engine, payload)
    assert cost is not None and cost.seconds is not None
    assert cost.seconds == pytest.approx(
        2 * 2 + 16000 * (250e-6 + length), rel=1e-6
    )  # two jobs: of 5000 shots, of 6000
    assert cost.dollars == pytest.approx(1.60 * cost.seconds)
    with pytest.raises(QglError, match="QGL1136"):
        Budget.of("5s").hold(engine.name, cost)
    Budget.of("60 s").hold(engine.name, cost)
    assert cost_of(Ibm("fake_manila"), payload) is None
