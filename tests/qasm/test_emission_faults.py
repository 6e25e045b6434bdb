"""What a profile cannot say is refused at its line, with a way out; names and numbers of the text."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from qgl.diagnostics.model import Diagnostic, QglError
from qgl.diagnostics.qasm import (
    AngleIsNotFinite,
    EvolveWithoutTrotter,
    FunctionOfOpenInput,
    NeedsTarget,
    NoInputs,
    SynthesisNeedsQiskit,
    UnknownProfile,
)
from qgl.expression import Input, Real, apply
from qgl.ir.circuit import Circuit
from qgl.qasm import PROFILES, emission, emit
from qgl.qasm.angles import decimal
from qgl.qasm.names import RESERVED, Names
from tests.reference.programs import HERE, op, parameter, program_of, random_unitary

A = Real(0.0, ((1.0, Input(0, 0)),))
B = Real(0.0, ((1.0, Input(0, 1)),))


def refused(*operations: object, inputs: object = None, profile: str = "portable") -> Diagnostic:
    program = program_of(2, 0, *operations, parameters=[parameter("a", 2)])  # type: ignore[arg-type]
    with pytest.raises(QglError) as caught:
        emit(Circuit.of(program), inputs, profile)  # type: ignore[arg-type]
    (found,) = caught.value.diagnostics
    assert found.message
    assert found.help
    return found


@pytest.mark.parametrize("profile", ["portable", "qiskit", "cirq"])
def test_a_function_of_an_open_input_is_refused_at_its_line(profile: str) -> None:
    found = refused(op("rx", 0, args=(apply("sin", A + B),)), profile=profile)
    assert isinstance(found, FunctionOfOpenInput)
    assert found.span == HERE
    assert "sin(a[0] + a[1])" in found.message
    assert "braket" in found.help
    assert isinstance(refused(op("rx", 0, args=(apply("power", A, B),))), FunctionOfOpenInput)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_function_that_no_profile_knows_has_to_be_bound(profile: str) -> None:
    if PROFILES[profile].inputs is None:
        return
    found = refused(op("rx", 0, args=(apply("sigmoid", A),)), profile=profile)
    assert isinstance(found, FunctionOfOpenInput)
    assert "profile" not in found.help


@pytest.mark.parametrize("angle", [A, 2.0 * apply("asin", apply("sqrt", A))], ids=["input", "flip"])
def test_an_open_input_is_refused_at_its_line_where_there_are_none(angle: Real) -> None:
    found = refused(op("rx", 0, args=(angle,)), profile="ionq")
    assert isinstance(found, NoInputs)
    assert found.span == HERE
    assert "a[0]" in found.message
    assert "portable" in found.help
    assert "ibm" not in found.help
    emit(Circuit.of(program_of(1, 0, op("h", 0), parameters=[parameter("a", 2)])), None, "ionq")


@pytest.mark.parametrize(("function", "others"), [("sin", "braket"), ("sigmoid", "")])
def test_a_function_of_an_open_input_is_refused_as_such_where_there_are_none(function: str, others: str) -> None:
    found = refused(op("rx", 0, args=(apply(function, A),)), profile="ionq")
    assert isinstance(found, NoInputs)
    assert f"{function}(a[0])" in found.message
    assert ("profile" in found.help) == bool(others)
    assert others in found.help


def test_a_profile_of_a_machine_needs_a_target() -> None:
    found = refused(op("h", 0), profile="ibm")
    assert isinstance(found, NeedsTarget)
    assert "--target" in found.help


def test_a_function_of_known_inputs_is_a_number() -> None:
    program = program_of(1, 0, op("rx", 0, args=(apply("sin", A + B),)), parameters=[parameter("a", 2)])
    text = emit(Circuit.of(program), np.array([0.25, 0.5]))
    assert f"rx({decimal(float(np.sin(0.75)))}) q[0];" in text


def test_an_evolution_of_words_that_do_not_commute_needs_a_product_formula() -> None:
    found = refused(op("evolve", 0, 1, args=(1.0,), terms=((Real(1.0), "XI"), (Real(1.0), "ZZ"))))
    assert isinstance(found, EvolveWithoutTrotter)
    assert "trotter" in found.help


def test_an_angle_that_is_not_finite_is_refused() -> None:
    found = refused(op("rx", 0, args=(1.0 / (A - B),)), inputs=np.array([0.5, 0.5]))
    assert isinstance(found, AngleIsNotFinite)
    assert isinstance(refused(op("rx", 0, args=(A,)), inputs=np.array([np.inf, 0.0])), AngleIsNotFinite)


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    found = refused(profile="quil")
    assert isinstance(found, UnknownProfile)
    assert "portable" in found.help


def test_without_qiskit_a_matrix_of_two_qubits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qiskit", None)
    found = refused(op("unitary", 0, 1, matrices=random_unitary(777_777, 2)[None]))
    assert isinstance(found, SynthesisNeedsQiskit)
    emit(Circuit.of(program_of(1, 0, op("unitary", 0, matrices=random_unitary(0, 1)[None]))), np.zeros(0))


def test_inputs_of_a_wrong_shape_are_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="inputs"):
        emit(Circuit.of(program_of(1, 0)), np.zeros(3))


def test_names_are_ascii_unique_and_never_reserved() -> None:
    parameters = [
        parameter("theta", 2, 3),
        parameter("theta_1", 3),
        parameter("θ", 2, 3),
        parameter("h"),
        parameter("w0"),
        parameter("q"),
        parameter("вес"),
        parameter("Ω"),
    ]
    names = Names(parameters)
    found = [names.of(Input(k, e)) for k, p in enumerate(parameters) for e in range(p.size)]
    assert len(set(found)) == len(found)
    assert not set(found) & RESERVED
    assert all(name.isascii() and name.isidentifier() for name in found)
    assert found[0] == "theta_0_0"
    assert names.of(Input(0, 5)) == "theta_1_2"
    assert names.of(Input(7, 0)) == "Omega"
    assert "w0" not in found


@pytest.mark.parametrize("value", [0.1, -1e-05, 1e300, 3.0, float(np.float32(0.3)), -0.0, 2 / 3])
def test_decimals_read_back_exactly_and_are_never_integers(value: float) -> None:
    assert float(decimal(value)) == value
    assert "." in decimal(value) or "e" in decimal(value)
    assert decimal(-0.0) == "0.0"


def test_the_optimised_text_leaves_out_what_cannot_change_the_bits() -> None:
    program = program_of(
        1, 1, op("ry", 0, args=(0.4,)), op("rz", 0, args=(A,)), op("h", 1), parameters=[parameter("a", 2)]
    )
    result = emission(Circuit.of(program), None, optimise=True)
    assert "rz" not in result.text
    assert not result.inputs
    assert list(emission(Circuit.of(program), None).inputs) == ["a_0"]


def test_emission_does_not_import_jax() -> None:
    program = "import sys, qgl.qasm; print('jax' in sys.modules, 'qiskit' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]
