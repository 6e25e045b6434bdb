"""Circuits fitted to machines: they stand on the machine, their texts are read again, their distributions are the
program's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.hardware.machines.fitted_text import fitted_text
from qgl.hardware.machines.isa import load_isa
from qgl.hardware.machines.machine import Fitted, fit
from qgl.hardware.machines.target import Machine, resolve
from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from qgl.source import Source
from tests.qasm.readers import as_bit_strings, braket_distribution, parse, qiskit_distribution, with_product_formulas
from tests.reference.density import probabilities
from tests.reference.programs import EVERYTHING, op, program_of, random_inputs, random_program

EXAMPLES = Path(__file__).parents[3] / "examples"
Distribution = NDArray[np.float64]


@lru_cache
def example(name: str, **constants: int) -> Program:
    path = EXAMPLES / f"{name}.qgl"
    return analyse(Source(path.name, path.read_text(encoding="utf-8")), FolderEnvironment(EXAMPLES), constants).program


def angles(program: Program, seed: int = 0) -> Distribution:
    size = sum(parameter.size for parameter in program.parameters)
    return np.random.default_rng(seed).uniform(0.1, 0.9, size)


def instructions(
    circuit: Any, numbers: dict[Any, int] | None = None, depth: int = 0
) -> Iterator[tuple[Any, list[int], int]]:
    """Every operation with the machine's qubits that it acts on, and how many `if`s are around it."""
    numbers = {qubit: k for k, qubit in enumerate(circuit.qubits)} if numbers is None else numbers
    for instruction in circuit.data:
        qubits = [numbers[qubit] for qubit in instruction.qubits]
        yield instruction.operation, qubits, depth
        if instruction.operation.name == "if_else":
            for block in instruction.operation.blocks:
                yield from instructions(block, dict(zip(block.qubits, qubits, strict=True)), depth + 1)


def check_text(text: str, machine: Machine) -> Any:
    """The text is OpenQASM 3, is read again, and stands on the machine; the circuit that was read."""
    parse(text)
    assert "\nqubit" not in text
    circuit = load_isa(text)
    for operation, qubits, depth in instructions(circuit):
        assert depth <= 1
        if operation.name == "if_else":
            assert machine.has("if_else")
            assert depth == 0
        else:
            parameters = None if operation.name in ("measure", "reset") else operation.params
            assert machine.target.instruction_supported(operation.name, qubits, parameters=parameters), (
                operation,
                qubits,
            )
            assert type(operation) is type(machine.target.operation_from_name(operation.name))
    return circuit


def distribution_of(program: Program, inputs: Distribution) -> Distribution:
    return probabilities(as_bit_strings(program), inputs)


@pytest.mark.parametrize(
    ("seed", "machine"), [(0, "fake_torino"), (1, "fake_torino"), (3, "fake_sherbrooke"), (4, "fake_fractional")]
)
def test_random_programs_keep_their_distribution_on_a_machine(seed: int, machine: str) -> None:
    small = replace(EVERYTHING, visible=(2, 3), hidden=(0, 1), operations=(5, 9), live=4)
    program, inputs = with_product_formulas(random_program(seed, small)), random_inputs(seed)
    fitted = fit(Circuit.of(program), inputs, resolve(machine), optimise=seed % 2 == 0)
    for trial in fitted.trials:
        text = Fitted(fitted.machine, (trial,)).text()
        check_text(text, fitted.machine)
        np.testing.assert_allclose(qiskit_distribution(text), distribution_of(program, inputs), atol=1e-7, err_msg=text)


NAMES = [("channel", {}), ("feedforward", {}), ("sequence", {"length": 2})]


@pytest.mark.parametrize(("name", "constants"), NAMES, ids=[name for name, _ in NAMES])
def test_examples_keep_their_distribution_on_a_machine(name: str, constants: dict[str, int]) -> None:
    program = example(name, **constants)
    inputs = angles(program)
    text, report = fitted_text(Circuit.of(program), inputs, "ibm", "fake_torino")
    check_text(text, resolve("fake_torino"))
    np.testing.assert_allclose(qiskit_distribution(text), distribution_of(program, inputs), atol=1e-7)
    assert report[0] in text


def test_rows_of_open_inputs_are_bound_after_fitting() -> None:
    program = example("channel", n=3, depth=1)
    fitted = fit(Circuit.of(program), None, resolve("fake_torino"))
    for seed in (1, 2):
        inputs = angles(program, seed)
        np.testing.assert_allclose(
            qiskit_distribution(fitted.text(inputs)), distribution_of(program, inputs), atol=1e-7
        )
    with pytest.raises(ValueError, match="open inputs"):
        fitted.text()


def test_the_same_seed_gives_the_same_text() -> None:
    program = example("feedforward")
    one, other = (fit(Circuit.of(program), angles(program), resolve("fake_torino")).text() for _ in range(2))
    assert one == other


# ---------------------------------------------------------------- what the machine lacks, and what does not fit


def nested() -> Program:
    """A branch inside a branch, by bits that another branch asks about as well."""
    return program_of(
        4,
        0,
        *(op("ry", k, args=(0.7 + 0.4 * k,)) for k in range(3)),
        *(op("measure", k, bit=k) for k in range(3)),
        op("x", 3, condition=((0, True), (1, False))),
        op("ry", 3, args=(0.9,), condition=((0, True), (1, False))),
        op("ry", 3, args=(0.5,), condition=((1, True), (2, True))),
        op("rx", 3, args=(0.3,), condition=((2, False),)),
        op("h", 3),
    )


@pytest.mark.parametrize("optimise", [True, False])
def test_branches_inside_of_branches_are_made_flat(optimise: bool) -> None:
    program, machine = nested(), resolve("fake_torino")
    fitted = fit(Circuit.of(program), np.zeros(0), machine, optimise=optimise, reuse=False)
    text = fitted.text()
    check_text(text, machine)
    assert "if (together_0 ==" in text
    np.testing.assert_allclose(qiskit_distribution(text), distribution_of(program, np.zeros(0)), atol=1e-7)


def test_a_machine_without_branches_and_resets_gets_neither(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    path.write_text(
        json.dumps({"qubits": 8, "basis": ["rz", "sx", "cx", "measure"], "coupling": [[k, k + 1] for k in range(7)]})
    )
    machine, program = resolve(str(path)), nested()
    fitted = fit(Circuit.of(program), np.zeros(0), machine)
    check_text(fitted.text(), machine)
    np.testing.assert_allclose(qiskit_distribution(fitted.text()), distribution_of(program, np.zeros(0)), atol=1e-7)
    assert (fitted.figures.duration, fitted.figures.fidelity) == (None, None)
    with pytest.raises(QglError, match="QGL1126"):
        fit(Circuit.of(program), np.zeros(0), machine, reuse=True)


def test_a_circuit_too_wide_is_refused_unless_qubits_are_used_again() -> None:
    program, machine = example("sequence", length=6), resolve("fake_lima")
    fitted = fit(Circuit.of(program), angles(program), machine)
    assert fitted.figures.width <= 5
    assert {trial.form for trial in fitted.trials} == {"capped", "narrow"}
    with pytest.raises(QglError, match=r"QGL1125.*needs 8 qubits at once, and 5 are to be had on `fake_lima`"):
        fit(Circuit.of(program), angles(program), machine, reuse=False)
    with pytest.raises(QglError, match=r"QGL1125.*2 are to be had"):
        fit(Circuit.of(program), angles(program), machine, max_qubits=2)


@pytest.mark.parametrize(
    ("profile", "target", "code"),
    [("ibm", None, "QGL1007"), ("cirq", "fake_sherbrooke", "QGL1127"), ("imb", "fake_torino", "QGL1001")],
)
def test_profiles_and_targets_that_do_not_go_together(profile: str, target: str | None, code: str) -> None:
    program = example("feedforward")
    with pytest.raises(QglError, match=code):
        fitted_text(Circuit.of(program), angles(program), profile, target)


def test_open_inputs_are_refused_by_name() -> None:
    with pytest.raises(QglError, match=r"QGL1006.*flip_0 has no value"):
        fitted_text(Circuit.of(example("feedforward")), None, "ibm", "fake_torino")


@pytest.mark.parametrize("profile", ["portable", "braket", "cirq", "ionq"])
def test_other_profiles_write_the_gates_of_the_machine_on_its_pairs(profile: str) -> None:
    program, machine = nested(), resolve("fake_lima")
    inputs = np.zeros(0)
    text, report = fitted_text(Circuit.of(program), inputs, profile, "fake_lima")
    distribution = {"braket": braket_distribution, "portable": braket_distribution}.get(profile, qiskit_distribution)
    np.testing.assert_allclose(distribution(text), distribution_of(program, inputs), atol=1e-7, err_msg=text)
    assert f"// {report[0]}" in text
    names = {name: place for place, name in _places(text)}
    used = re.findall(r"^(?:cx|cnot) (\w+\[\d+\]), (\w+\[\d+\]);", text, re.MULTILINE)
    assert used
    assert all(machine.target.instruction_supported("cx", (names[a], names[b])) for a, b in used)


def _places(text: str) -> Iterator[tuple[int, str]]:
    """The machine's qubit that each qubit of a text stands for, as its comments tell."""
    for register, told in re.findall(r"^qubit\[\d+\] (\w+);  // (.*)$", text, re.MULTILINE):
        numbers = [
            number
            for low, high in re.findall(r"\$\[(\d+)(?:\.\.(\d+))?\]", told)
            for number in range(int(low), int(high or low) + 1)
        ]
        yield from ((number, f"{register}[{k}]") for k, number in enumerate(numbers))
    yield from ((int(place), f"w[{k}]") for k, place in re.findall(r"^// w\[(\d+)\]: \$\[(\d+)\]", text, re.MULTILINE))


def test_what_qiskit_cannot_fit_is_told_in_its_words(tmp_path: Path) -> None:
    path = tmp_path / "flips.json"
    path.write_text('{"qubits": 4, "basis": ["x", "cz", "measure"], "coupling": [[0, 1], [1, 2], [2, 3]]}')
    with pytest.raises(QglError, match=r"QGL1128.*`flips`: Unable to translate"):
        fit(Circuit.of(nested()), np.zeros(0), resolve(str(path)))
