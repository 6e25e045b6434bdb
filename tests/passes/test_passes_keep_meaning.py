"""Every pass, and all of them in a row, against the reference on random programs: coherences and phases included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.ir.facts import is_channel, is_unitary
from qgl.passes.allocation.lifetimes import tighten
from qgl.passes.cancellation import cancel_pairs
from qgl.passes.dead_code import drop_dead, live_parameters
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.passes.known_states import resolve_known
from qgl.passes.light_cone import light_cone
from qgl.passes.pipeline import standard
from qgl.program.program import Program
from tests.reference.density import density_matrix, probabilities
from tests.reference.matrices import Matrix
from tests.reference.programs import EVERYTHING, UNITARY, Features, random_inputs, random_program

STATE_PASSES: dict[str, Callable[[Circuit], Circuit]] = {
    "cancel_pairs": cancel_pairs,
    "dilate": dilate,
    "defer": defer,
    "resolve_known": resolve_known,
    "drop_dead": lambda circuit: drop_dead(circuit, False),
    "tighten": tighten,
    "dilate_defer": lambda circuit: defer(dilate(circuit)),
    "standard": lambda circuit: standard(circuit, False),
    "keep_channels": lambda circuit: standard(circuit, False, keep_channels=True),
}
BIT_PASSES: dict[str, Callable[[Circuit], Circuit]] = {
    "defer": lambda circuit: defer(circuit, True),
    "drop_dead": lambda circuit: drop_dead(circuit, True),
    "standard": lambda circuit: standard(circuit, True),
    "keep_channels": lambda circuit: standard(circuit, True, keep_channels=True),
}
PERMUTATIONS = tuple(
    name
    for name, gate in GATES.items()
    if np.allclose(np.abs(gate.matrix(np, *np.ones(len(gate.parameters)))).max(axis=0), 1)
)
CLASSICAL = (*PERMUTATIONS, "h", "su2", "su4", "u", "cry")
PLAIN = Features(pauli_words=False, evolve=False, constants=False, nonlinear=False, operations=(3, 16), hidden=(0, 2))
FEATURES = {
    "unitary": UNITARY,
    "everything": EVERYTHING,
    "classical": replace(
        PLAIN,
        gates=CLASSICAL,
        pauli_words=True,
        inputs=False,
        measure=True,
        reset=True,
        fresh=True,
    ),
    "feedback": replace(PLAIN, gates=("h", "x", "cx", "rz", "ry", "swap"), fresh=True, measure=True, reset=True),
    "noisy": replace(
        PLAIN,
        visible=(1, 2),
        hidden=(0, 1),
        operations=(3, 12),
        gates=("h", "x", "rz", "cx"),
        measure=True,
        channels=True,
        kraus=True,
        controls=False,
    ),
}
COUNT = 60


@cache
def case(features: str, seed: int) -> tuple[Program, NDArray[np.float64], Matrix]:
    """A random program, its inputs and its state."""
    program = random_program(seed, FEATURES[features], live=4)
    inputs = random_inputs(seed)
    return program, inputs, density_matrix(program, inputs)


def is_valid(circuit: Circuit) -> bool:
    """No wire is used before its allocation or after its release, and none is allocated or released twice."""
    born: set[int] = set()
    ended: set[int] = set()
    for operation in circuit.operations:
        if len(set(operation.wires)) < len(operation.wires) or ended & set(operation.wires):
            return False
        for wire in operation.wires:
            if operation.name == "fresh":
                if wire in born:
                    return False
            elif wire not in born and circuit.wires[wire].kind == "fresh":
                return False
            born.add(wire)
        if operation.name == "discard":
            ended.update(operation.wires)
    return not ended & set(circuit.visible)


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("name", STATE_PASSES)
def test_state_is_kept(name: str, features: str) -> None:
    for seed in range(COUNT):
        program, inputs, state = case(features, seed)
        changed = STATE_PASSES[name](Circuit.of(program))
        assert is_valid(changed), seed
        assert np.allclose(density_matrix(changed, inputs), state, atol=1e-10), seed


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("name", BIT_PASSES)
def test_distribution_is_kept(name: str, features: str) -> None:
    for seed in range(COUNT):
        program, inputs, state = case(features, seed)
        changed = BIT_PASSES[name](Circuit.of(program))
        assert is_valid(changed), seed
        assert np.allclose(probabilities(changed, inputs), np.diagonal(state), atol=1e-10), seed


@settings(max_examples=40)
@given(st.integers(100, 10_000))
def test_standard_form(seed: int) -> None:
    """Only unitary gates, fresh and discard are left; parameters that went are parameters without effect."""
    program = random_program(seed, EVERYTHING, live=4)
    for bits in (False, True):
        changed = standard(Circuit.of(program), bits)
        assert all(is_unitary(o) or o.name in ("fresh", "discard") for o in changed.operations)
        assert not any(o.condition for o in changed.operations)
        assert live_parameters(changed) <= live_parameters(Circuit.of(program))
        kept = standard(Circuit.of(program), bits, keep_channels=True)
        assert all(is_unitary(o) or is_channel(o) or o.name in ("fresh", "discard") for o in kept.operations)


def reduced(rho: Matrix, positions: tuple[int, ...]) -> Matrix:
    n = int(np.log2(len(rho)))
    letters = [chr(97 + k) for k in range(2 * n)]
    rows, columns = letters[:n], letters[n:]
    for k in range(n):
        if k not in positions:
            columns[k] = rows[k]
    out = [rows[k] for k in positions] + [columns[k] for k in positions]
    text = f"{''.join(rows + columns)}->{''.join(out)}"
    return np.asarray(np.einsum(text, rho.reshape((2,) * (2 * n))).reshape(2 ** len(positions), -1))


@pytest.mark.parametrize("features", FEATURES)
def test_light_cone_gives_the_reduced_state(features: str) -> None:
    for seed in range(COUNT):
        program, inputs, whole = case(features, seed)
        circuit = Circuit.of(program)
        n = len(program.visible)
        for positions in {(0,), (n - 1,), (n - 1, 0) if n > 1 else (0,)}:
            cone = light_cone(circuit, positions)
            assert is_valid(cone)
            assert np.allclose(density_matrix(cone, inputs), reduced(whole, positions), atol=1e-10), seed
