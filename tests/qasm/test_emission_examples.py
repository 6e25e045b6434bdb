"""Every example, small, in the readers of every profile, with its parameters bound and with them open."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.compiler import analyse
from qgl.data.environment import open_program
from qgl.ir.circuit import Circuit
from qgl.program.operations import Evolution
from qgl.program.program import Program
from qgl.qasm import PROFILES, emission
from tests.qasm.consumers import consumers_of, dumped, written
from tests.qasm.readers import as_bit_strings, parse
from tests.reference.density import probabilities

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL: dict[str, dict[str, Any]] = {
    "born/bars": {"rows": 2, "cols": 2, "depth": 1},
    "born/bars_from_shots": {"rows": 2, "cols": 2, "depth": 1},
    "chain1000": {"n": 4, "depth": 2},
    "channel": {"n": 3, "ones": 1, "depth": 1},
    "conditional": {"rows": 1, "cols": 2, "depth": 1},
    "digits": {"side": 2, "depth": 1},
    "feedforward": {},
    "grown": {"layers": 1},
    "hidden": {"side": 2, "units": 1, "depth": 1},
    "iqp/flips": {"n": 2, "weight": 2},
    "iqp/ising": {"n": 4},
    "iqp/local": {"rows": 2, "cols": 2},
    "latent": {"cols": 2, "depth": 1},
    "mbl/mbl": {"layers": 1},
    "memory": {"length": 2},
    "noise": {},
    "local/path": {"side": 2, "steps": 1},
    "sequence": {"length": 2},
    "two_layers": {"n": 4, "w": 1, "gap": 1},
    "walls": {"depth": 1},
    "wide": {"rows": 2, "cols": 2, "depth": 1},
}

TOO_WIDE = {
    *(
        ("density-matrix simulator", name)
        for name in ("chain1000", "feedforward", "local/path", "mbl/mbl", "noise", "walls")
    ),
    *((f"{name} {version(name)}", "noise") for name in ("cirq-ionq", "pyqasm")),
    (f"PennyLane {version('pennylane')}", "noise"),
}


def example(name: str) -> Program:
    source, environment = open_program(EXAMPLES / f"{name}.qgl")
    known = analyse(source, environment).program.constants
    program = analyse(source, environment, {k: v for k, v in SMALL[name].items() if k in known}).program
    # One short step of a product formula is as good a test as the many long ones that the program asks for.
    fewer = (
        replace(o, trotter=(2, 1), terms=o.terms[::4]) if isinstance(o, Evolution) else o for o in program.operations
    )
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
    # An open label chooses angles, and an open isometry has no gates: no text of OpenQASM has these.
    assert found - {"layers", "labels", "local_maps"} <= set(SMALL)


@lru_cache(maxsize=32)
def prepared(name: str) -> tuple[Circuit, NDArray[np.float64], NDArray[np.float64]]:
    """An example's circuit, values of its inputs, and its distribution."""
    program = example(name)
    inputs = values(program)
    return Circuit.of(program), inputs, probabilities(as_bit_strings(program), inputs)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", sorted(SMALL))
def test_an_example_keeps_its_distribution(name: str, profile: str) -> None:
    circuit, inputs, expected = prepared(name)
    text = written(circuit, inputs, profile, optimise=True)
    parse(text)
    for consumer in consumers_of(profile):
        if consumer.reaches(text):
            np.testing.assert_allclose(consumer.distribution(text, {}), expected, atol=1e-7, err_msg=str(consumer))
        else:
            assert (consumer.name.rpartition(", ")[2], name) in TOO_WIDE


@pytest.mark.parametrize("profile", [name for name, profile in PROFILES.items() if profile.inputs])
@pytest.mark.parametrize("name", sorted(SMALL))
def test_an_example_keeps_its_distribution_with_open_inputs_and_through_the_reference_parser(
    name: str, profile: str
) -> None:
    circuit, inputs, expected = prepared(name)
    free = emission(circuit, None, profile)
    again, bindings = dumped(free.text), free.bindings(inputs)
    assert list(bindings) == re.findall(r"^input float\[64\] (\w+);", again, re.MULTILINE)
    for consumer in consumers_of(profile):
        if (consumer.inputs or not bindings) and consumer.reaches(again, 10):
            np.testing.assert_allclose(
                consumer.distribution(again, bindings), expected, atol=1e-7, err_msg=str(consumer)
            )
