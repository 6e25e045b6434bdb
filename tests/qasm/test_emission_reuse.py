"""Texts in which qubits are measured early, reset and used again; texts of a light cone; their figures."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import TooFewQubits
from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from qgl.qasm import Emission, emission, sliced
from qgl.source import Source
from tests.command import qglc
from tests.qasm.cirq_reader import cirq_distribution
from tests.qasm.readers import (
    as_bit_strings,
    braket_simulator_distribution,
    parse,
    qiskit_circuit,
    qiskit_distribution,
    qubits_of,
    resets_of,
    with_product_formulas,
)
from tests.qasm.test_emission_readers import FEED_FORWARD, open_program
from tests.reference.density import density_matrix, probabilities
from tests.reference.matrices import pauli_matrix
from tests.reference.programs import EVERYTHING, UNITARY, op, program_of, random_inputs, random_program

SMALL = replace(EVERYTHING, visible=(1, 3), hidden=(0, 2), operations=(2, 8), live=4)

SEQUENCE = """
const length = 57;
hidden memory[2];
visible x[length];
param cell[length] : unitary(3);
param basis[length] : angle[3];
layer turn(a: angle[3], q: qubit) { rz(a[0]) q; ry(a[1]) q; rz(a[2]) q; }
model {
    repeat length as t {
        unitary(cell[t]) memory, x[t];
        turn(basis[t]) x[t];
    }
}
"""
CHAIN = """
const n = 12, depth = 4;
lattice chain = line(n);
visible v on chain;
channel mix(a: angle[15], b: angle[15], q: qubit, r: qubit) { fresh e; su4(a) q, e; su4(b) e, r; }
model { repeat depth as l { for (q, r) in brick(chain, l) { mix(?, ?) q, r; } } }
"""


def program(text: str, **constants: int) -> Program:
    return analyse(Source("test.qgl", text), FolderEnvironment(Path()), constants).program


def inputs_of(given: Program) -> NDArray[np.float64]:
    return np.random.default_rng(3).uniform(-2.0, 2.0, sum(parameter.size for parameter in given.parameters))


def check_figures(found: Emission) -> None:
    assert found.width == qubits_of(found.text)
    assert f"{found.width} qubit" in found.text
    if "if (" not in found.text:
        circuit = qiskit_circuit(found.text)
        assert circuit.depth() == found.depth
        assert circuit.num_nonlocal_gates() == found.two_qubit_gates


@pytest.mark.parametrize("seed", range(8))
def test_random_programs_keep_their_distribution_on_few_qubits(seed: int) -> None:
    given = with_product_formulas(random_program(seed, SMALL))
    inputs = random_inputs(seed)
    expected = probabilities(as_bit_strings(given), inputs)
    circuit = Circuit.of(given)
    for profile, distribution in (
        ("qiskit", qiskit_distribution),
        ("cirq", cirq_distribution),
        ("portable", qiskit_distribution),
    ):
        fewest = emission(circuit, inputs, profile, optimise=bool(seed % 2), reuse=True)
        for most in (None, fewest.width + 1):
            found = emission(circuit, inputs, profile, optimise=bool(seed % 2), reuse=True, max_qubits=most)
            parse(found.text)
            assert found.width <= (most or fewest.width)
            if profile != "cirq":
                check_figures(found)
            if found.width <= 8:
                np.testing.assert_allclose(distribution(found.text), expected, atol=1e-6, err_msg=found.text)
        if fewest.width > 1:
            with pytest.raises(QglError) as refusal:
                emission(circuit, inputs, profile, optimise=bool(seed % 2), max_qubits=fewest.width - 1)
            assert refusal.value.diagnostics[0].code == "QGL1008"


def test_the_sequence_takes_three_qubits_at_length_57() -> None:
    given = program(SEQUENCE)
    found = emission(Circuit.of(given), inputs_of(given), "qiskit", optimise=True, reuse=True)
    assert (found.width, found.wires) == (3, 59)
    check_figures(found)
    assert "qubit[3] q;" in found.text
    assert [int(k) for k in re.findall(r"^c\[(\d+)\] = measure ", found.text, re.MULTILINE)] == list(range(57))
    assert "c = measure" not in found.text
    assert resets_of(found.text) == 56
    # It is no deeper than with a qubit for each bit, but for the measurement and reset between two steps.
    assert found.depth <= found.wide_depth + 2 * 2 * 57


def test_a_short_sequence_has_the_distribution_of_the_model() -> None:
    given = program(SEQUENCE, length=4)
    inputs = inputs_of(given)
    expected = probabilities(given, inputs)
    for profile, distribution in (("qiskit", qiskit_distribution), ("cirq", cirq_distribution)):
        found = emission(Circuit.of(given), inputs, profile, reuse=True)
        assert found.width == 3
        np.testing.assert_allclose(distribution(found.text), expected, atol=1e-6)


def test_a_model_is_written_on_few_qubits() -> None:
    import jax

    model = qgl.loads(SEQUENCE.replace("57", "3"))
    params = model.init(jax.random.key(0))
    text = model.qasm(params, "qiskit", max_qubits=3)
    assert qubits_of(text) == 3
    np.testing.assert_allclose(qiskit_distribution(text), np.asarray(model.probabilities(params)), atol=1e-5)
    assert qubits_of(model.qasm(profile="qiskit", reuse=True)) == 3


def test_qubits_are_traded_for_depth() -> None:
    given = program(CHAIN, n=40)
    circuit, inputs = Circuit.of(given), inputs_of(given)
    texts = [emission(circuit, inputs, "qiskit", optimise=True, max_qubits=most) for most in (5, 10, 20, 40, 200)]
    assert [found.width for found in texts][:4] == [5, 10, 20, 40]
    depths = [found.depth for found in texts]
    assert depths == sorted(depths, reverse=True)
    assert depths[-1] == texts[0].wide_depth < 10
    assert "reset" not in texts[-1].text
    assert texts[-1].text.rstrip().endswith("c = measure q;")


def test_a_chain_of_channels_keeps_its_distribution_at_any_width() -> None:
    given = program(CHAIN, n=4, depth=2)
    inputs = inputs_of(given)
    expected = probabilities(given, inputs)
    for most in (4, 5, 6):
        found = emission(Circuit.of(given), inputs, "qiskit", optimise=True, max_qubits=most)
        assert found.width <= most
        np.testing.assert_allclose(qiskit_distribution(found.text), expected, atol=1e-9)


def test_too_few_qubits_are_refused_with_the_figure_and_the_line() -> None:
    given = program(SEQUENCE, length=5)
    with pytest.raises(QglError) as refusal:
        emission(Circuit.of(given), None, "qiskit", max_qubits=2)
    (fault,) = refusal.value.diagnostics
    assert isinstance(fault, TooFewQubits)
    assert (fault.width, fault.allowed, fault.least, fault.others) == (3, 2, True, ())
    assert fault.span is not None
    assert fault.span.line == 10
    with pytest.raises(QglError) as refusal:
        emission(Circuit.of(given), None, "portable", max_qubits=3)
    (fault,) = refusal.value.diagnostics
    assert isinstance(fault, TooFewQubits)
    assert fault.width == 7
    assert "qiskit" in fault.others
    assert "qiskit" in fault.help


def test_no_reuse_and_too_few_qubits_are_refused_together() -> None:
    given = program(SEQUENCE, length=5)
    with pytest.raises(QglError) as refusal:
        emission(Circuit.of(given), None, "qiskit", reuse=False, max_qubits=6)
    (fault,) = refusal.value.diagnostics
    assert "with a qubit for each wire, needs 7" in fault.message
    assert "--reuse" in fault.help


@pytest.mark.parametrize("profile", ["braket", "ionq"])
def test_where_no_qubit_is_reset_each_wire_has_its_own(profile: str) -> None:
    given = program(SEQUENCE, length=3)
    inputs = inputs_of(given)
    found = emission(Circuit.of(given), inputs, profile, reuse=True)
    assert found.width == found.wires == 5
    assert "reset" not in found.text
    if profile == "braket":
        np.testing.assert_allclose(braket_simulator_distribution(found.text), probabilities(given, inputs), atol=1e-6)
    with pytest.raises(QglError, match="QGL1008"):
        emission(Circuit.of(given), inputs, profile, max_qubits=4)


def test_the_default_is_the_order_of_the_program_with_the_output_measured_at_the_end() -> None:
    given = program(SEQUENCE, length=3)
    found = emission(Circuit.of(given), inputs_of(given), "qiskit")
    assert re.findall(r"^\w.*measure.*", found.text, re.MULTILINE) == ["c = measure q;"]
    assert "qubit[3] q;  // x[0..2]" in found.text


def test_measurements_branches_and_resets_of_the_program_are_obeyed() -> None:
    found = emission(Circuit.of(FEED_FORWARD), np.zeros(0), "qiskit", reuse=True)
    assert found.width == 1
    assert found.text.count("if (") == 4
    np.testing.assert_allclose(qiskit_distribution(found.text), probabilities(FEED_FORWARD), atol=1e-12)


def test_a_qubit_that_nothing_touches_is_measured_too() -> None:
    given = program_of(3, 0, op("x", 1))
    found = emission(Circuit.of(given), np.zeros(0), "qiskit", reuse=True)
    assert found.width == 1
    assert np.argmax(qiskit_distribution(found.text)) == 0b010


@pytest.mark.parametrize("profile", ["qiskit", "cirq"])
def test_inputs_stay_open_on_few_qubits(profile: str) -> None:
    given = open_program()
    inputs = np.array([0.3, -1.2, 0.8, 2.1, 0.2, 0.7, 0.6])
    found = emission(Circuit.of(given), None, profile, reuse=True)
    assert found.width < found.wires
    values = found.bindings(inputs)
    assert list(values) == re.findall(r"^input float\[64\] (\w+);", found.text, re.MULTILINE)
    if profile == "qiskit":
        np.testing.assert_allclose(qiskit_distribution(found.text, values), probabilities(given, inputs), atol=1e-9)


# ---------------------------------------------------------------- light cones


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("profile", ["qiskit", "portable"])
def test_a_slice_has_the_distribution_of_its_region_and_the_mean_of_its_word(seed: int, profile: str) -> None:
    features = replace(EVERYTHING if profile == "qiskit" else UNITARY, visible=(3, 3), operations=(2, 8), live=4)
    given = with_product_formulas(random_program(seed, features))
    inputs = random_inputs(seed)
    rng = np.random.default_rng(seed)
    positions = rng.permutation(3)[: int(rng.integers(1, 4))].tolist()
    letters = "".join(rng.choice(list("XYZ"), len(positions)))
    state = density_matrix(as_bit_strings(given), inputs)
    full = ["I"] * 3
    for position, letter in zip(positions, letters, strict=True):
        full[position] = letter
    mean = np.real(np.trace(state @ pauli_matrix("".join(full))))
    narrow = profile == "qiskit"

    pauli_word = emission(sliced(Circuit.of(given), positions, letters), inputs, profile, optimise=True, reuse=narrow)
    distribution = qiskit_distribution(pauli_word.text).reshape((2,) * len(positions))
    parity = sum(np.indices(distribution.shape)) % 2
    np.testing.assert_allclose((distribution * (1 - 2 * parity)).sum(), mean, atol=1e-8)

    region = emission(sliced(Circuit.of(given), positions), inputs, profile, optimise=True, reuse=narrow)
    joint = np.real(np.diagonal(state)).reshape(2, 2, 2)
    traced = tuple(k for k in range(3) if k not in positions)
    left = sorted(positions)
    expected = joint.sum(axis=traced).transpose([left.index(position) for position in positions]).ravel()
    np.testing.assert_allclose(qiskit_distribution(region.text), expected, atol=1e-8)


def test_a_slice_of_a_long_chain_is_small() -> None:
    given = program(CHAIN, n=200)
    part = sliced(Circuit.of(given), [100, 101], "XZ")
    found = emission(part, inputs_of(given), "qiskit", optimise=True, reuse=True)
    assert found.width <= 5
    assert "bit[2] c;" in found.text
    assert len(part.live_wires) < 40


# ---------------------------------------------------------------- the command line


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    path = tmp_path / "chain.qgl"
    path.write_text(CHAIN, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("observable", "first", "bits"),
    [
        ("v[3..5]", "Only the light cone of v[3], v[4], v[5]: c[k] is the k-th of them.", 3),
        ("5,3", "Only the light cone of v[5], v[3]: c[k] is the k-th of them.", 2),
        ("v[7, 1]", "Only the light cone of v[7], v[1]: c[k] is the k-th of them.", 2),
        ("Z[v[3]]*X[v[4]]", "Only the light cone of Z[v[3]]*X[v[4]].", 2),
        ("Z[v[3]] Y[v[9]]", "Only the light cone of Z[v[3]]*Y[v[9]].", 2),
        ("Z3*Z4", "Only the light cone of Z[v[3]]*Z[v[4]].", 2),
        ("Z[v]", "Only the light cone of Z[v[0]]*Z[v[1]]", 12),
        ("v", "Only the light cone of v[0], v[1]", 12),
    ],
)
def test_an_observable_is_named_by_position_or_in_the_words_of_the_program(
    chain: Path, observable: str, first: str, bits: int
) -> None:
    status, text, _ = qglc("emit", chain, "--free", "--profile", "qiskit", "--observable", observable)
    assert status == 0
    parse(text)
    assert f"// {first}" in text
    assert f"bit[{bits}] c;" in text


@pytest.mark.parametrize(
    ("observable", "wording"),
    [
        ("v[3..12]", "0 to 11"),
        ("12", "0 to 11"),
        ("w[1]", "no visible register"),
        ("Z3 v[4]", "mixes"),
        ("Z3*Z3", "named twice"),
        ("A3", "no visible register"),
        ("", "region"),
        ("v[x]", "no region"),
        ("v[[3]]", "no region"),
        ("Q[v[3]]", "no region"),
    ],
)
def test_an_observable_that_is_none_is_refused(chain: Path, observable: str, wording: str) -> None:
    status, _, errors = qglc("emit", chain, "--free", "--observable", observable)
    assert status == 2
    assert wording in " ".join(re.sub(r"[│╭╮╰╯─]", " ", errors).split())


def test_qubits_are_limited_from_the_command_line(chain: Path) -> None:
    status, text, _ = qglc("emit", chain, "--seed", "1", "--profile", "qiskit", "--max-qubits", "8")
    assert status == 0
    assert qubits_of(text) == 8
    status, _, errors = qglc("emit", chain, "--seed", "1", "--profile", "qiskit", "--max-qubits", "2")
    assert status == 1
    assert "QGL1008" in errors
    assert "chain.qgl:5" in errors


def test_conditions_and_latent_bits_stay_open_on_few_qubits(tmp_path: Path) -> None:
    path = tmp_path / "little.qgl"
    path.write_text(
        "visible v[3];\ncondition k[2];\nlatent bit_in ~ bernoulli(0.5);\nparam a[v];\n"
        "model { ry(a[0] * k[0]) v[0]; cx v[0], v[1]; ry(k[1] + bit_in) v[1]; cx v[1], v[2]; rx(a[2]) v[2]; }\n",
        encoding="utf-8",
    )
    status, text, _ = qglc("emit", path, "--seed", "1", "--profile", "qiskit", "--reuse")
    assert status == 0
    assert qubits_of(text) == 2
    assert set(re.findall(r"^input float\[64\] (\w+);", text, re.MULTILINE)) == {"k_0", "k_1", "bit_in"}
