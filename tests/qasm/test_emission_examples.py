"""Every example, small, in the readers of every profile, with its parameters bound and with them open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.check.program import Program
from qgl.compiler import analyse
from qgl.data.environment import open_program
from qgl.ir.circuit import Circuit
from qgl.qasm import PROFILES, emission, emit
from tests.qasm.readers import (
    as_words,
    braket_law,
    braket_simulator_law,
    parse,
    pennylane_law,
    qiskit_law,
    qubits_of,
    resets_of,
)
from tests.reference.density import probabilities

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL: dict[str, dict[str, Any]] = {
    "bars": {"rows": 2, "cols": 2, "depth": 1},
    "chain1000": {"n": 4, "depth": 2},
    "channel": {"n": 3, "ones": 1, "depth": 1},
    "conditional": {"rows": 1, "cols": 2, "depth": 1},
    "digits": {"side": 2, "depth": 1},
    "feedforward": {},
    "hidden": {"side": 2, "units": 1, "depth": 1},
    "iqp": {"n": 4},
    "latent": {"cols": 2, "depth": 1},
    "mbl": {"layers": 1},
    "noise": {},
    "sequence": {"length": 3},
}


def example(name: str) -> Program:
    source, environment = open_program(EXAMPLES / f"{name}.qgl")
    known = analyse(source, environment).program.constants
    program = analyse(source, environment, {k: v for k, v in SMALL[name].items() if k in known}).program
    # One short step of a product formula is as good a test as the many long ones that the program asks for.
    fewer = (replace(o, trotter=(2, 1), terms=o.terms[::4]) if o.gate == "evolve" else o for o in program.operations)
    return replace(program, operations=tuple(fewer))


def values(program: Program) -> NDArray[np.float64]:
    rng = np.random.default_rng(1)
    parts = [
        rng.uniform(0.05, 0.95, p.size) if p.constraint == "probability" else rng.uniform(-2.0, 2.0, p.size)
        for p in program.parameters
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def test_every_example_is_here() -> None:
    found = {path.stem for path in EXAMPLES.glob("*.qgl") if "model" in path.read_text(encoding="utf-8").split()}
    assert found - {"layers"} == set(SMALL)


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("name", sorted(SMALL))
def test_an_example_keeps_its_law(name: str, profile: str) -> None:
    program = example(name)
    inputs = values(program)
    expected = probabilities(as_words(program), inputs)
    circuit = Circuit.of(program)
    for text, bindings in (
        (emit(circuit, inputs, profile, optimise=True), {}),
        ((free := emission(circuit, None, profile)).text, free.bindings(inputs)),
    ):
        parse(text)
        if bindings and (len(text.splitlines()) > 250 or qubits_of(text) > 10):
            continue  # the same gates as with bound parameters, which are slow enough
        if profile == "braket":
            np.testing.assert_allclose(braket_simulator_law(text, bindings), expected, atol=1e-7)
            continue
        np.testing.assert_allclose(qiskit_law(text, bindings), expected, atol=1e-7)
        if profile == "portable":
            np.testing.assert_allclose(braket_law(text, bindings), expected, atol=1e-7)
            if qubits_of(text) + resets_of(text) <= 10:
                width = len(program.visible)
                np.testing.assert_allclose(pennylane_law(text, width, bindings), expected, atol=1e-7)
