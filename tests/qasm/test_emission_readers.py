"""Whole texts in their readers: the distribution of the output bits, with reset, measurement, branches and open
inputs.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from cirq.contrib.qasm_import.exception import QasmException
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from numpy.typing import NDArray

from qgl.expression import Input, Real, apply
from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from qgl.qasm import PROFILES, emission, emit
from qgl.qasm.profiles.braket import BRAKET
from tests.qasm.consumers import consumers_of, dumped, written
from tests.qasm.readers import (
    as_bit_strings,
    braket_distribution,
    braket_simulator_distribution,
    parse,
    pennylane_distribution,
    qiskit_distribution,
    qubits_of,
    with_product_formulas,
)
from tests.reference.density import probabilities
from tests.reference.programs import (
    EVERYTHING,
    op,
    parameter,
    program_of,
    programs,
    random_inputs,
    random_program,
)

SMALL = replace(EVERYTHING, visible=(1, 2), hidden=(0, 1), operations=(1, 6), live=4)


def check(program: Program, inputs: NDArray[np.float64], largest: int = 10) -> None:
    """Every profile, as written and optimised, in all its readers; once as it is, once by the reference parser."""
    program = with_product_formulas(program)
    expected = probabilities(as_bit_strings(program), inputs)
    for profile, record in PROFILES.items():
        for optimise in (True,) if record.machine else (False, True):
            text = written(Circuit.of(program), inputs, profile, optimise=optimise)
            again = dumped(text) if optimise else text
            if not record.branches:
                assert "if (" not in text
                assert not re.search(r"measure (?!q;)", text)
            for consumer in consumers_of(profile):
                if consumer.reaches(text, largest):
                    message = f"{consumer}\n{text}"
                    np.testing.assert_allclose(consumer.distribution(again, {}), expected, atol=1e-7, err_msg=message)


@given(program=programs(SMALL))
@hypothesis_settings(max_examples=5)
def test_random_programs_keep_their_distribution_in_every_reader(program: Program) -> None:
    assume(program.operations)
    check(program, random_inputs(5))


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.slow if seed % 2 else ()) for seed in range(12)])
def test_programs_drawn_from_a_seed_keep_their_distribution_in_every_reader(seed: int) -> None:
    check(random_program(seed, SMALL), random_inputs(seed))


def test_a_discarded_qubit_is_reset_and_serves_the_next_fresh_one() -> None:
    program = program_of(
        1,
        0,
        *(
            step
            for wire, angle in ((1, 0.8), (2, 1.9), (3, 0.4))
            for step in (op("fresh", wire), op("ry", wire, args=(angle,)), op("cx", wire, 0), op("discard", wire))
        ),
    )
    for profile, reset in (("portable", "reset w0;"), ("qiskit", "reset w[0];")):
        text = emit(Circuit.of(program), np.zeros(0), profile)
        assert qubits_of(text) == 2
        assert text.count(reset) == 2
        np.testing.assert_allclose(qiskit_distribution(text), probabilities(program), atol=1e-12)
        apart = emit(Circuit.of(program), np.zeros(0), profile, reuse=False)
        assert qubits_of(apart) == 4
        assert "reset " not in apart
        np.testing.assert_allclose(qiskit_distribution(apart), probabilities(program), atol=1e-12)
    np.testing.assert_allclose(
        braket_distribution(emit(Circuit.of(program), np.zeros(0))), probabilities(program), atol=1e-9
    )
    np.testing.assert_allclose(
        pennylane_distribution(emit(Circuit.of(program), np.zeros(0))), probabilities(program), atol=1e-9
    )


def test_hidden_and_discarded_qubits_are_never_measured_into_the_output() -> None:
    program = program_of(2, 2, op("h", 2), op("cx", 2, 0), op("h", 3), op("fresh", 4), op("cx", 0, 4), op("discard", 4))
    for profile in ("portable", "qiskit"):
        text = emit(Circuit.of(program), np.zeros(0), profile)
        assert re.findall(r"^[^/\n]*measure.*", text, re.MULTILINE) == ["c = measure q;"]
        assert "bit[2] c;" in text


FEED_FORWARD = program_of(
    2,
    1,
    op("ry", 0, args=(0.9,)),
    op("measure", 0, bit=0),
    op("rx", 1, args=(0.7,), condition=((0, True),)),
    op("ry", 2, args=(1.1,)),
    op("measure", 2, bit=1),
    op("x", 1, condition=((0, False), (1, True))),
    op("reset", 0, condition=((1, True),)),
    op("h", 0),
    op("measure", 0),
    op("h", 0),
)


def test_mid_circuit_measurement_branches_and_reset_survive_in_qiskit() -> None:
    text = emit(Circuit.of(FEED_FORWARD), np.zeros(0), "qiskit")
    assert "m[0] = measure q[0];" in text
    assert "if (m[0]) {" in text
    assert "if (!m[0]) {" in text
    assert "reset q[0];" in text
    np.testing.assert_allclose(qiskit_distribution(text), probabilities(FEED_FORWARD), atol=1e-12)


def test_the_portable_text_defers_measurement() -> None:
    text = emit(Circuit.of(FEED_FORWARD), np.zeros(0), "portable")
    for distribution in (qiskit_distribution(text), braket_distribution(text), pennylane_distribution(text)):
        np.testing.assert_allclose(distribution, probabilities(FEED_FORWARD), atol=1e-7)


OPEN = (parameter("θ", 2, 2), parameter("p", 2, constraint="probability"), parameter("lambda"))


def open_program() -> Program:
    t = [Real(0.0, ((1.0, Input(0, k)),)) for k in range(4)]
    p = [Real(0.0, ((1.0, Input(1, k)),)) for k in range(2)]
    scale = Real(0.0, ((1.0, Input(2, 0)),))
    return program_of(
        2,
        0,
        op("rx", 0, args=(2.0 * t[0] + 0.5,)),
        op("ry", 1, args=(-t[1] * t[2] - 0.25,)),
        op("rzz", 0, 1, args=(t[3] / (2.0 + scale),)),
        op("rx", 0, args=(1.5 * scale,)),
        op("bit_flip", 0, args=(p[0],)),
        op("depolarizing", 1, args=(0.5 * p[1],)),
        op("rx", 1, args=(apply("multiply", t[0] + t[1], scale - 1.0),)),
        parameters=OPEN,
    )


@pytest.mark.parametrize("profile", [name for name, profile in PROFILES.items() if profile.inputs])
def test_open_inputs_keep_their_names_and_meaning(profile: str) -> None:
    program = open_program()
    inputs = np.array([0.3, -1.2, 0.8, 2.1, 0.2, 0.7, 0.6])
    result = emission(Circuit.of(program), None, profile)
    parse(result.text)
    assert list(result.inputs) == re.findall(r"^input float\[64\] (\w+);", result.text, re.MULTILINE)
    assert {"theta_0_0", "theta_1_1", "lambda_", "flip_0"} <= set(result.inputs)
    assert "input float[64] flip_0;  // 2.0*asin(sqrt(p[0]))" in result.text
    values = result.bindings(inputs)
    expected = probabilities(program, inputs)
    for consumer in consumers_of(profile):
        if consumer.inputs:
            np.testing.assert_allclose(
                consumer.distribution(result.text, values), expected, atol=1e-7, err_msg=str(consumer)
            )
        else:
            with pytest.raises(QasmException):
                consumer.distribution(result.text, values)


def test_braket_reads_functions_of_open_inputs() -> None:
    a = Real(0.0, ((1.0, Input(0, 0)),))
    unary = [apply(name, 0.25 * a) for name in BRAKET.functions if name != "power"]
    inner = apply("sin", apply("power", apply("cos", a), 2.0) + 1.0) + 2.0 * apply("power", a, a)
    program = program_of(
        len(unary) + 1,
        0,
        *(op("rx", k, args=(angle + 0.5,)) for k, angle in enumerate([*unary, inner])),
        parameters=[parameter("a")],
    )
    result = emission(Circuit.of(program), None, "braket")
    found = braket_simulator_distribution(dumped(result.text), {"a": 0.7})
    bound = braket_simulator_distribution(emit(Circuit.of(program), np.array([0.7]), "braket"))
    np.testing.assert_allclose(found, bound, atol=1e-9)


def test_an_input_that_is_not_a_number_stays_open() -> None:
    program = open_program()
    inputs = np.array([0.3, -1.2, 0.8, 2.1, 0.2, 0.7, np.nan])
    result = emission(Circuit.of(program), inputs, "portable")
    assert list(result.inputs) == ["lambda_"]
    np.testing.assert_allclose(
        braket_distribution(result.text, {"lambda_": 0.6}),
        probabilities(program, np.array([*inputs[:-1], 0.6])),
        atol=1e-7,
    )


def test_the_first_visible_qubit_is_the_first_output_bit() -> None:
    program = program_of(3, 0, op("x", 0))
    text = emit(Circuit.of(program), np.zeros(0))
    for distribution in (qiskit_distribution(text), braket_distribution(text), pennylane_distribution(text)):
        assert np.argmax(distribution) == 0b100


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "ibm"])
def test_the_same_circuit_gives_the_same_text(profile: str) -> None:
    circuit = Circuit.of(random_program(7, SMALL, evolve=False))
    inputs = random_inputs(7)
    assert emit(circuit, inputs, profile) == emit(circuit, inputs, profile)
