"""Targets by name and by file; what is wrong in a file is shown in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qgl.diagnostics.model import QglError
from qgl.hardware.machines.target import Machine, fake_machines, resolve

RING: dict[str, Any] = {
    "name": "ring of four",
    "qubits": 4,
    "basis": ["rz", "sx", "x", "cz", "measure", "reset", "if_else"],
    "coupling": [[0, 1], [1, 2], [2, 3], [3, 0]],
    "durations": {"rz": 0, "sx": 3.2e-8, "x": 3.2e-8, "cz": 6.8e-8, "measure": 1.5e-6, "reset": 1.7e-6},
    "errors": {"sx": 2e-4, "cz": [0.004, 0.003, 0.005, 0.004], "measure": 0.02},
    "t1": 2e-4,
    "t2": [1e-4, 2e-4, 1e-4, 2e-4],
}


def read(folder: Path, text: str) -> Machine:
    path = folder / "machine.json"
    path.write_text(text, encoding="utf-8")
    return resolve(str(path))


def refused(name: str) -> Any:
    with pytest.raises(QglError) as caught:
        resolve(name)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def test_fake_machines_with_and_without_their_prefix() -> None:
    machine = resolve("fake_torino")
    assert (machine.name, machine.qubits, machine.has("cz"), machine.has("if_else")) == ("fake_torino", 133, True, True)
    assert resolve("torino") is machine
    assert {"fake_torino", "fake_sherbrooke", "fake_lima"} <= set(fake_machines())
    assert not resolve("fake_melbourne").has("reset")


def test_machines_that_warn_are_made_in_silence() -> None:
    assert resolve("fake_nighthawk").qubits == 120


@pytest.mark.parametrize("name", ["fake_torin", "tornio", "FAKE_TORINOO"])
def test_unknown_names_show_the_nearest_and_the_list(name: str) -> None:
    diagnostic = refused(name)
    assert diagnostic.code == "QGL1120"
    assert "did you mean `fake_torino`?" in diagnostic.help
    assert "fake_sherbrooke" in diagnostic.help


def test_a_name_far_from_all_has_no_nearest() -> None:
    assert "did you mean" not in refused("no_such_thing").help


@pytest.mark.parametrize("name", ["ibm_torino", "ibm:test_machine"])
def test_machines_of_the_service_need_an_account(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(
        "qiskit_ibm_runtime.accounts.management._DEFAULT_ACCOUNT_CONFIG_JSON_FILE", str(tmp_path / "no")
    )
    diagnostic = refused(name)
    assert diagnostic.code == "QGL1122"
    assert diagnostic.target == name.removeprefix("ibm:")


def test_machines_of_the_service_come_from_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Service:
        def backend(self, name: str) -> Any:
            if name != "ibm_torino":
                raise ValueError("no backend matches the criteria.\nmore")
            return resolve("fake_torino").backend

    monkeypatch.setattr("qiskit_ibm_runtime.QiskitRuntimeService", Service)
    assert resolve("ibm_torino").qubits == 133
    diagnostic = refused("ibm_nowhere")
    assert (diagnostic.code, diagnostic.reason) == ("QGL1123", "no backend matches the criteria")


# ---------------------------------------------------------------- files


def test_a_file_says_gates_wires_times_and_errors(tmp_path: Path) -> None:
    machine = read(tmp_path, json.dumps(RING))
    target = machine.target
    assert (machine.name, machine.qubits) == ("ring of four", 4)
    assert set(target.operation_names) == set(RING["basis"])
    assert set(target["cz"]) == {(a, b) for pair in RING["coupling"] for a, b in (pair, pair[::-1])}
    assert (target["cz"][2, 1].error, target["cz"][2, 1].duration) == (0.003, 6.8e-8)
    assert (target["measure"][0,].error, target["rz"][0,].duration) == (0.02, 0.0)
    assert target["x"][1,].error is None
    assert [properties.t2 for properties in target.qubit_properties] == RING["t2"]


def test_a_file_may_say_little_and_directions(tmp_path: Path) -> None:
    text = '{"qubits": 2, "basis": ["u", "cx", "measure"], "coupling": [[1, 0]], "directed": true}'
    machine = read(tmp_path, text)
    assert machine.name == "machine"
    assert set(machine.target["cx"]) == {(1, 0)}
    assert machine.target.qubit_properties is None


BAD = [
    ('{"qubits": 4,, "basis": []}', ",", "a key must be a string|not JSON"),
    ('{"qubits": 4', "", "missing"),
    ("[1, 2]", "[1, 2]", "an object"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": []} x', "x", "after the end"),
    ('{"qubits": 2, "basis": ["measure"]}', "{", "`coupling` is missing"),
    ('{"qubits": 2, "qubits": 3}', '"qubits"', "said twice"),
    ('{"qubits": 0, "basis": ["measure"], "coupling": []}', "0", "from 1"),
    ('{"qubits": true, "basis": ["measure"], "coupling": []}', "true", "whole number"),
    ('{"qubits": 1e9, "basis": ["measure"], "coupling": []}', "1e9", "whole number"),
    ('{"qubits": 99999999999999999999, "basis": ["measure"], "coupling": []}', "9999", "from 1 to"),
    (f'{{"qubits": {"9" * 60}, "basis": ["measure"], "coupling": []}}', "9999", "from 1 to"),
    (f'{{"qubits": {"9" * 6000}, "basis": ["measure"], "coupling": []}}', "9999", "not JSON"),
    ('{"qubits": 2, "basis": ["sx"], "coupling": []}', '["sx"]', "`measure` is missing"),
    ('{"qubits": 2, "basis": ["measure", "sxx"], "coupling": []}', '"sxx"', "no gate `sxx`"),
    ('{"qubits": 2, "basis": ["measure", "ccx"], "coupling": []}', '"ccx"', "no gate `ccx`"),
    ('{"qubits": 2, "basis": ["measure", "x", "x"], "coupling": []}', '"x"', "twice"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [[0, 2]]}', "2]]", "from 0 to 1"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [[0, 0]]}', "[0, 0]", "two different"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [[0, 1], [0, 1]]}', "[0, 1]", "twice"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "t1": [1e-4]}', "[1e-4]", "2 numbers"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "t1": 1e999}', "1e999", "a number is needed"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "errors": {"measure": 2}}', "2}", "a probability"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "errors": {"sx": 0.1}}', "0.1", "not in the basis"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "cuopling": []}', "[]", "no key `cuopling`"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "name": 3}', "3", "a string"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "name": "a\\nx $0;"}', '"a', "can be printed"),
    ('{"qubits": 2, "basis": ["measure"], "coupling": [], "name": ""}', '""', "1 to 80"),
    ("[" * 40, "[", "nested"),
    ('{"qubits": 2, "basis": ["\\q"]}', '"', "not JSON"),
]


@pytest.mark.parametrize(("text", "at", "wording"), BAD, ids=range(len(BAD)))
def test_what_is_wrong_in_a_file_is_shown_in_it(text: str, at: str, wording: str, tmp_path: Path) -> None:
    with pytest.raises(QglError, match=wording) as caught:
        read(tmp_path, text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "QGL1124"
    assert diagnostic.span is not None
    assert text[diagnostic.span.start :].startswith(at)


def test_a_name_of_a_file_with_a_break_stays_one_line(tmp_path: Path) -> None:
    file = tmp_path / "a\nx $0;.json"
    file.write_text('{"qubits": 2, "basis": ["measure"], "coupling": []}')
    assert resolve(str(file)).name == "a?x $0;"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert refused(str(tmp_path / "none.json")).span is None
    (tmp_path / "latin.json").write_bytes(b'{"name": "\xff"}')
    assert "UTF-8" in refused(str(tmp_path / "latin.json")).message


@pytest.mark.parametrize(
    ("gate", "errors", "left"),
    [("cz", [0.01, 1.0, 0.01, 0.01], {(0, 1), (2, 3), (3, 0)}), ("sx", [0.0, 0.0, 0.0, 1.0], {(0, 1), (1, 2)})],
)
def test_pairs_out_of_order_are_left_out(
    gate: str, errors: list[float], left: set[tuple[int, int]], tmp_path: Path
) -> None:
    """A pair whose gate has an error of 1, and all pairs of a qubit whose gate has."""
    machine = read(tmp_path, json.dumps(RING | {"errors": {gate: errors}}))
    assert set(machine.target["cz"]) == left | {(b, a) for a, b in left}
    assert set(machine.target["sx"]) == {(0,), (1,), (2,), (3,)}
    assert machine.target.instruction_supported("if_else")
    assert machine.target.qubit_properties[3].t2 == RING["t2"][3]
    assert len(machine.backend.target["cz"]) == 8


def test_a_machine_that_tells_no_errors_but_ones_keeps_its_pairs() -> None:
    assert len(resolve("fake_kyoto").target["ecr"]) == 144
