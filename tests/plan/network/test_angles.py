"""Tensors that are functions of angles, against those of the gates' matrices."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.gates import GATES
from qgl.gates.algebra import pauli_matrix
from qgl.kernels import rounding
from qgl.kernels.network.tensors import tensor_tables
from qgl.plan.matrix_pool import Recipe
from qgl.plan.network.sources import AngleSource
from qgl.plan.network.table import Network, Tensors
from qgl.plan.network.transfer import Cut, cut_tensors, pauli_transfer
from qgl.plan.network.values import Handle, ValueBuilder
from qgl.plan.state.elements import gate_bases

SMALL = sorted(name for name, gate in GATES.items() if len(gate.parameters) < 2)
OF_AN_ANGLE = [name for name in SMALL if GATES[name].parameters]
GATES_OF_WORDS = [("X", 0), ("ZX", 0), ("ZY", 1), ("YZ", 0)]
ANGLES = np.array([0.0, 1e-9, -1e-4, 0.7, np.pi / 2, np.pi, -np.pi, 3 * np.pi / 2, 2 * np.pi, 40.0])


def angle(number: int) -> Real:
    return Real(0.0, ((1.0, Input(0, number)),))


def tables_of(values: ValueBuilder, algebra: str) -> tuple[Any, Any]:
    """Where a handle's tensor lies, and the tables as a function of the inputs."""
    tables, place, pool, expressions = values.build()
    tensors = Tensors(None, None, np.zeros(0, np.int32), np.zeros(0, np.int32))  # type: ignore[arg-type]
    network = Network(algebra, np.zeros(0, np.int64), tensors, (), {}, tables, pool, expressions)
    return place, lambda inputs: tensor_tables(network, inputs)


def matrices(name: str, controls: int, angles: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Of a gate at angles, or exp(i a P) for a Pauli word P, under controls: shape (angles, size, size)."""
    if name in GATES:
        inner = GATES[name].matrix(np, *[angles] * len(GATES[name].parameters))
        inner = np.broadcast_to(inner, (len(angles), *inner.shape[-2:]))
    else:
        word, a = pauli_matrix(name), angles[:, None, None]
        inner = np.cos(a) * np.eye(len(word)) + 1j * np.sin(a) * word
    size = inner.shape[-1] << controls
    made = np.broadcast_to(np.eye(size, dtype=complex), (len(angles), size, size)).copy()
    made[:, size - inner.shape[-1] :, size - inner.shape[-1] :] = inner
    return made


def cuts_of(name: str, controls: int) -> list[Cut]:
    """No wire, and those under controls or of a letter that the gate commutes with."""
    letters = gate_bases(name) if name in GATES else name
    own = [(controls + k, letter) for k, letter in enumerate(letters) if letter != "*"]
    if len(own) == len(letters):
        own = own[:-1]
    cut = (*((k, "Z") for k in range(controls)), *own)
    known = tuple((place, "z" if letter == "Z" else letter) for place, letter in cut)
    return list(dict.fromkeys([(), cut, known]))


@pytest.mark.parametrize("algebra", ["amplitude", "pauli_transfer"])
def test_gates_of_at_most_one_angle(algebra: str) -> None:
    """Values to rounding, also where entries vanish, and derivatives; entries that are always zero are zero."""
    values, handles = ValueBuilder(algebra, [len(ANGLES)]), dict[tuple[str, int, Cut], list[Handle]]()
    for name, controls in [*product(SMALL, (0,)), *product(OF_AN_ANGLE, (1,)), *GATES_OF_WORDS]:
        kind, count = ("gate", len(GATES[name].parameters)) if name in GATES else ("pauli", 1)
        qubits = (GATES[name].qubits if name in GATES else len(name)) + controls
        for cut in cuts_of(name, controls) if qubits < 3 or controls else ():
            handles[name, controls, cut] = [
                values.matrix(recipe, "gate", cut, qubits - len(cut))
                for recipe in (Recipe(kind, name, 2**qubits, (angle(k),) * count, controls) for k in range(len(ANGLES)))
            ]
    place, tables = tables_of(values, algebra)
    with jax.enable_x64(True):
        made, derivative = jax.jvp(tables, (jnp.asarray(ANGLES),), (jnp.ones(len(ANGLES)),))
    single = tables(jnp.asarray(ANGLES, jnp.float32))
    made, derivative, single = ([np.asarray(table) for table in each] for each in (made, derivative, single))
    assert len(handles) > 60
    for (name, controls, cut), own in handles.items():
        table, rows = place(own[0])[0], np.array([place(handle)[1] for handle in own])
        at, step = partial(reference, algebra, name, controls, cut), 1e-5
        np.testing.assert_allclose(made[table][rows], at(ANGLES), rtol=0, atol=4e-15)
        difference = (at(ANGLES + step) - at(ANGLES - step)) / (2 * step)
        np.testing.assert_allclose(derivative[table][rows], difference, rtol=0, atol=1e-9)
        always = np.abs(at(np.linspace(0.1, 12, 23))).max(axis=0) < 1e-14
        assert not np.any(made[table][rows][:, always])
        rounded = at(ANGLES.astype(np.float32).astype(float))
        np.testing.assert_allclose(single[table][rows], rounded, rtol=0, atol=2e-6)


def reference(algebra: str, name: str, controls: int, cut: Cut, angles: Any) -> Any:
    """The tensors by the gate's matrices, shape (angles, ...)."""
    whole = matrices(name, controls, angles)
    qubits = whole.shape[-1].bit_length() - 1
    maps = cut_tensors(np.einsum, whole, qubits, cut)
    letters = [letter for _, letter in cut]
    return maps if algebra == "amplitude" else pauli_transfer(np.einsum, maps, letters, qubits - len(cut))


@pytest.mark.parametrize("algebra", ["amplitude", "pauli_transfer"])
@pytest.mark.parametrize("kinds", [3, 14])
def test_runs_on_a_wire(algebra: str, kinds: int) -> None:
    """Few patterns, which are made as one tensor with rotations by 0 in the gaps, and many, which are products."""
    rng = np.random.default_rng(kinds)
    names = [["rx", "rz"], ["rx"], ["h", "rz", "sx"], ["rx", "rz", "rx", "p", "rx"], ["su2", "rz", "rx"]]
    if kinds > len(names):
        names += [[str(name) for name in rng.choice(["rx", "ry", "t", "p", "u"], 4)] for _ in range(kinds)]
    values, runs, count = ValueBuilder(algebra, [400]), [], 0
    for run in (names[k] for k in [*range(len(names)), 0, 0, 1, 2]):
        handles, whole = list[Handle](), np.eye(2)
        for name in run:
            used = len(GATES[name].parameters)
            recipe = Recipe("gate", name, 2, tuple(map(angle, range(count, count + used))))
            handles.append(values.matrix(recipe, "gate", (), 1))
            whole = whole_of(name, np.arange(count, count + used)) @ whole
            count += used
        runs.append((values.run(handles), whole))
    inputs = INPUTS[:400]
    place, tables = tables_of(values, algebra)
    with jax.enable_x64(True):
        made = tables(jnp.asarray(inputs))
    for handle, whole in runs:
        expected = whole[None] if algebra == "amplitude" else pauli_transfer(np.einsum, whole[None], (), 1)
        table, row = place(handle)
        np.testing.assert_allclose(made[table][row], expected[0], rtol=0, atol=1e-14)


INPUTS = np.random.default_rng(5).normal(size=400)


def whole_of(name: str, numbers: Any) -> Any:
    """The matrix of a gate whose angles are these of `INPUTS`."""
    return GATES[name].matrix(np, *INPUTS[numbers])


@pytest.mark.parametrize("algebra", ["amplitude", "pauli_transfer"])
def test_perturbed_tensors_stay_maps_of_density_matrices(algebra: str) -> None:
    """What tells remainders changes every tensor by some units in the last place, and leaves rare events as rare."""
    values = ValueBuilder(algebra, [1])
    handle = values.matrix(Recipe("gate", "rx", 2, (angle(0),)), "gate", (), 1)
    fixed = values.matrix(Recipe("gate", "h", 2), "gate", (), 1)
    place, tables = tables_of(values, algebra)
    rare = 1e-6
    with jax.enable_x64(True):
        plain = tables(jnp.asarray([rare]))
        with rounding._perturbing(jnp.asarray(3, jnp.uint32)):
            made = tables(jnp.asarray([rare]))
    for each in (handle, fixed):
        table, row = place(each)
        own, other = np.asarray(made[table][row]), np.asarray(plain[table][row])
        assert np.any(own != other)
        np.testing.assert_allclose(own, other, rtol=0, atol=80 * np.finfo(float).eps)
    table, row = place(handle)
    own = np.asarray(made[table][row])
    once = abs(own[1, 0]) ** 2 if algebra == "amplitude" else (own[0, 0] + own[0, 3] - own[3, 0] - own[3, 3]) / 2
    np.testing.assert_allclose(once, rare**2 / 4, rtol=1e-2 if algebra == "pauli_transfer" else 1e-13)


def test_rotations_with_and_without_others_are_one_source() -> None:
    """rx and rz, rx alone, rz alone: nothing is left to multiply, or to make in the pool."""
    values = ValueBuilder("pauli_transfer", [4])
    for first, run in enumerate((["rx", "rz"], ["rx"], ["rz"])):
        recipes = [Recipe("gate", name, 2, (angle(first + k),)) for k, name in enumerate(run)]
        values.run([values.matrix(recipe, "gate", (), 1) for recipe in recipes])
    (table,), _, pool, _ = values.build()
    (source,) = table.sources
    assert isinstance(source, AngleSource)
    assert (source.rows, len(source.constants), table.runs, pool.groups) == (3, 9, (), ())
