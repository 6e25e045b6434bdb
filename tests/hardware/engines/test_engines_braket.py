"""The engines `braket-local` and `braket:ARN`, the latter against stand-ins for the service."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from qgl.diagnostics.hardware import EngineFailed, EngineNotInstalled, NoAccess, TooWideForEngine, UnknownJob
from qgl.diagnostics.model import QglError
from qgl.hardware.engines import braket_local
from qgl.hardware.engines.braket_local import BraketLocal
from qgl.hardware.engines.braket_remote import BraketRemote
from qgl.hardware.engines.cost import Budget, cost_of
from qgl.hardware.engines.engine import RemoteEngine, Task, TextEngine
from qgl.ir.circuit import Circuit
from tests.hardware.engines.engine_distributions import SHOTS, case, p_value, task
from tests.reference.programs import op, program_of

ARN = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"


@lru_cache
def engine() -> BraketLocal:
    return BraketLocal()


def asymmetric(*shots: int) -> Task:
    """Three visible qubits that are always 101, with a hidden one that is either."""
    gates = [op("x", 2), op("h", 3), op("cx", 3, 0), op("x", 0), op("cx", 3, 0)]
    return Task(Circuit.of(program_of(3, 1, *gates)), np.zeros((len(shots), 0)), shots)


@pytest.mark.parametrize("seed", range(6))
def test_strings_of_random_programs_follow_their_distribution(seed: int) -> None:
    (strings,) = engine().samples(task(seed))
    assert strings.shape == (SHOTS, len(task(seed).circuit.visible))
    assert strings.dtype == np.uint8
    assert p_value(strings, case(seed)[2]) > 1e-3


def test_a_seed_gives_the_same_strings_and_a_payload_is_what_is_run() -> None:
    assert isinstance(engine(), TextEngine)
    (first,), (again,) = engine().samples(task(1)), engine().run(engine().payload(task(1)), 1)
    assert (first == again).all()
    assert (first != engine().run(engine().payload(task(1)), 2)[0]).any()


def test_texts_hold_nothing_that_its_simulators_get_wrong() -> None:
    for seed in range(6):
        (text,) = engine().payload(task(seed)).texts
        assert not re.search(r"^ *(reset|ctrl|if|m\[)", text, re.MULTILINE)


def test_what_does_not_fit_into_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(braket_local, "available", lambda: 100)
    with pytest.raises(QglError) as caught:
        engine().samples(asymmetric(5))
    assert isinstance(caught.value.diagnostics[0], TooWideForEngine)


def test_without_braket_the_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "braket.devices", None)
    with pytest.raises(QglError) as caught:
        BraketLocal()
    (found,) = caught.value.diagnostics
    assert isinstance(found, EngineNotInstalled)
    assert found.help == "install it: pip install 'qglc[braket]'"


# ------------------------------------------------------------ behind the interface of a service


def test_the_simulator_behind_the_face_of_a_service() -> None:
    remote = BraketRemote("local")
    assert isinstance(remote, RemoteEngine)
    payload = remote.payload(asymmetric(30, 20))
    assert remote.find("tag-1") is None
    job = remote.send(payload, "tag-1")
    assert remote.find("tag-1") == job == remote.send(payload, "tag-1")
    assert remote.status(job)[0] == "done"
    first, second = remote.collect(job, payload)
    assert first.shape == (30, 3)
    assert second.shape == (20, 3)
    assert (np.concatenate([first, second]) == [1, 0, 1]).all()


def test_bits_come_in_the_order_of_the_program_whatever_the_order_of_the_measurements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Answer:
        measured_qubits = (2, 0, 1)
        measurements = np.array([[1, 0, 0], [1, 1, 0]])

    class Done:
        def result(self) -> Answer:
            return Answer()

    remote = BraketRemote("local")
    monkeypatch.setattr(remote, "_task", lambda name: Done())
    (strings,) = remote.collect("one", remote.payload(asymmetric(2)))
    assert strings.tolist() == [[0, 0, 1], [1, 0, 1]]


def test_a_task_of_another_process_is_not_known() -> None:
    with pytest.raises(QglError) as caught:
        BraketRemote("local").status("0123")
    assert isinstance(caught.value.diagnostics[0], UnknownJob)


class Service:
    """Stands in for `braket.aws`: it keeps what was sent, and fails on the second text until it is mended."""

    broken = True

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.aws_session = self.braket_client = self

    def AwsDevice(self, arn: str) -> Service:
        assert arn == ARN
        return self

    def AwsQuantumTask(self, arn: str, aws_session: Service) -> Any:
        return next(task["task"] for task in self.sent if task["quantumTaskArn"] == arn)

    def run(self, program: Any, shots: int, tags: dict[str, str]) -> Any:
        from braket.devices import LocalSimulator

        if self.broken and len(self.sent) == 1:
            raise RuntimeError("ThrottlingException: too many requests\nand more")
        task = LocalSimulator("braket_sv").run(program, shots=shots)
        self.sent.append({"quantumTaskArn": task.id, "tags": tags, "task": task})
        return task

    def get_paginator(self, name: str) -> Service:
        assert name == "search_quantum_tasks"
        return self

    def paginate(self, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        assert filters[0]["values"] == [ARN]
        stranger = {"quantumTaskArn": "other", "tags": {}}
        return [{"quantumTasks": [stranger, task]} for task in self.sent]


def test_a_job_that_broke_off_is_sent_on_and_nothing_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    remote = BraketRemote(ARN)
    monkeypatch.setattr(remote, "_library", service)
    payload = remote.payload(asymmetric(5, 6, 7))
    with pytest.raises(QglError) as caught:
        remote.send(payload, "tag")
    (found,) = caught.value.diagnostics
    assert found == EngineFailed(None, f"braket:{ARN}", "ThrottlingException: too many requests")
    assert remote.find("tag") is None
    service.broken = False
    job = remote.send(payload, "tag")
    assert len(service.sent) == 3
    assert [task["tags"]["qgl-text"] for task in service.sent] == ["0 of 3", "1 of 3", "2 of 3"]
    assert BraketRemote.find(remote, "tag") == job
    assert [len(strings) for strings in remote.collect(job, payload)] == [5, 6, 7]


def test_without_an_account_the_way_to_one_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    remote = BraketRemote(ARN)
    payload = remote.payload(asymmetric(5))
    assert "cnot" in payload.texts[0]
    with pytest.raises(QglError) as caught:
        remote.send(payload, "tag")
    (found,) = caught.value.diagnostics
    assert isinstance(found, NoAccess)
    assert "region" in found.message
    assert "aws configure" in found.help


@pytest.mark.parametrize(
    ("price", "dollars"),
    [
        (SimpleNamespace(price=0.001, unit="shot"), 3 * 0.30 + 18 * 0.001),
        (SimpleNamespace(price=0.5, unit="task"), 1.5),
        (SimpleNamespace(price=0.075, unit="minute"), None),
        (None, None),
    ],
)
def test_the_price_is_what_the_service_tells_of_the_device(
    monkeypatch: pytest.MonkeyPatch, price: Any, dollars: float | None
) -> None:
    remote = BraketRemote(ARN)
    device = SimpleNamespace(properties=SimpleNamespace(service=SimpleNamespace(deviceCost=price)))
    monkeypatch.setattr(remote, "_library", SimpleNamespace(AwsDevice=lambda arn: device))
    cost = cost_of(remote, remote.payload(asymmetric(5, 6, 7)))
    assert cost is not None and cost.seconds is None
    assert cost.dollars == (None if dollars is None else pytest.approx(dollars))
    if dollars is None:
        with pytest.raises(QglError, match="unknown number of USD"):
            Budget.of("100").hold(remote.name, cost)
    else:
        Budget.of(f"{dollars + 0.01:.2f}").hold(remote.name, cost)
        with pytest.raises(QglError, match="QGL1136"):
            Budget.of(f"{dollars - 0.01:.2f}").hold(remote.name, cost)


def test_a_price_that_cannot_be_asked_for_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(arn: str) -> Any:
        raise RuntimeError("no region")

    remote = BraketRemote(ARN)
    monkeypatch.setattr(remote, "_library", SimpleNamespace(AwsDevice=refuse))
    cost = cost_of(remote, remote.payload(asymmetric(5)))
    assert cost is not None and cost.dollars is None and "no region" in str(cost)
    assert cost_of(BraketRemote("local"), remote.payload(asymmetric(5))) is None
