"""Engines by name, qgl's own simulator as one, strings of models by engines, engines of a user's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jax
import numpy as np
import pytest

import qgl
from qgl.bits.distribution import indices
from qgl.diagnostics.hardware import UnknownEngine, WrongStrings
from qgl.diagnostics.model import QglError
from qgl.evaluate import in_chunks
from qgl.hardware import ENGINES, Engine, RemoteEngine, Task, open_engine, run, task_of
from qgl.hardware.engines.engine import Strings
from qgl.ir.circuit import Circuit
from tests.hardware.engines.engine_distributions import SHOTS, case, p_value, task
from tests.reference.density import probabilities
from tests.reference.programs import random_inputs

SEQUENCE = """
const length = 57;
hidden memory[2];
visible x[length];
param cell[length] : unitary(3);
param basis[length] : angle[3];
layer turn(a: angle[3], q: qubit) { rz(a[0]) q; ry(a[1]) q; rz(a[2]) q; }
model { repeat length as t { unitary(cell[t]) memory, x[t]; turn(basis[t]) x[t]; } }
"""
MIXTURE = """
visible v[2];
latent z[2] ~ bernoulli(0.3);
condition c;
model { ry(3.14159265 * z[0]) v[0]; ry(3.14159265 * c) v[1]; rx(0.4 * z[1]) v[1]; }
"""


@lru_cache
def opened(name: str) -> Any:
    return open_engine(name)


@pytest.mark.parametrize("name", ["statevector", "aer", "aer:fake_manila", "braket-local"])
def test_local_engines_by_name(name: str) -> None:
    engine = opened(name)
    assert engine.name == name
    assert isinstance(engine, Engine)
    assert not isinstance(engine, RemoteEngine)


@pytest.mark.parametrize(
    "name", ["ibm:ibm_torino", "ibm:fake_torino", "braket:arn:aws:braket:::device/x", "braket:local"]
)
def test_remote_engines_by_name(name: str) -> None:
    """Nothing is asked of a service until a task comes."""
    engine = open_engine(name)
    assert engine.name == name
    assert isinstance(engine, RemoteEngine)
    assert not isinstance(engine, Engine)


@pytest.mark.parametrize("name", ["are", "aer:", "statevector:x", "braket", "braket:sv1", "ibm", "ibm:", ""])
def test_other_names_are_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(QglError) as caught:
        open_engine(name)
    (found,) = caught.value.diagnostics
    assert isinstance(found, UnknownEngine)
    assert all(known in found.help for known in ENGINES)


# ------------------------------------------------------------ statevector


@pytest.mark.parametrize("seed", range(4))
def test_strings_of_random_programs_follow_their_distribution(seed: int) -> None:
    """Evolutions are those of their Hamiltonians: this engine sends no text, and needs no product formula."""
    program, inputs, _ = case(seed)
    other = random_inputs(seed + 100)
    rows = Task(Circuit.of(program), np.stack([inputs, other]), (SHOTS, SHOTS // 2), seed)
    first, second = opened("statevector").samples(rows)
    assert first.dtype == np.uint8
    assert [len(first), len(second)] == [SHOTS, SHOTS // 2]
    for strings, own in ((first, inputs), (second, other)):
        exact = probabilities(program, own).clip(0.0)
        assert p_value(strings, exact / exact.sum()) > 1e-3


def test_the_same_seed_gives_the_same_strings() -> None:
    first, again = (opened("statevector").samples(task(3))[0] for _ in range(2))
    assert (first == again).all()
    program, inputs, _ = case(3)
    left, right = opened("statevector").samples(Task(Circuit.of(program), np.stack([inputs, inputs]), (500, 500)))
    assert (left != right).any()


# ------------------------------------------------------------ models


@pytest.mark.parametrize("name", ["statevector", "aer"])
def test_a_mixture_is_rows_with_their_shares(name: str) -> None:
    model = qgl.loads(MIXTURE)
    params = model.init(jax.random.key(0))
    condition = np.array([1.0])
    drawn = task_of(model, params, SHOTS, seed=1, condition=condition)
    assert drawn.inputs.shape == (4, 3)
    assert sum(drawn.shots) == SHOTS
    strings = run(model, params, opened(name), SHOTS, seed=1, condition=condition)
    distribution = np.asarray(model.probabilities(params, condition), dtype=np.float64)
    assert p_value(strings, np.where(distribution < 1e-7, 0.0, distribution)) > 1e-3
    half = strings[: SHOTS // 2, 0].mean()
    assert 0.2 < half < 0.4  # rows are not one after the other
    assert (strings == run(model, params, opened(name), SHOTS, seed=1, condition=condition)).all()
    assert len(task_of(model, params, 1, condition=condition).shots) == 1
    with pytest.raises(ValueError, match="condition"):
        run(model, params, opened(name), SHOTS)
    with pytest.raises(ValueError, match="shots"):
        run(model, params, opened(name), 0, condition=condition)


def test_a_remote_engine_is_waited_for() -> None:
    model = qgl.loads("visible v[2];\nmodel { x v[0]; }\n")
    assert (run(model, {}, "braket:local", 20) == [1, 0]).all()


def test_a_sequence_runs_on_three_qubits() -> None:
    """Bits leave one after another."""
    model = qgl.loads(SEQUENCE, length=5)
    params = model.init(jax.random.key(0))
    narrow = task_of(model, params, 3000, seed=1, max_qubits=3)
    payload = opened("aer").payload(narrow)
    assert payload.figures["width"] == 3
    assert "reset" in payload.texts[0]
    (strings,) = opened("aer").samples(narrow)
    assert p_value(strings, np.asarray(model.probabilities(params), np.float64)) > 1e-3


@pytest.mark.slow
def test_the_sequence_of_57_bits_runs_on_three_qubits() -> None:
    """The log-likelihood of Aer's strings under the model is that of the model's own strings."""
    model = qgl.loads(SEQUENCE)
    params = model.init(jax.random.key(0))
    task = task_of(model, params, 4096, seed=1)
    assert opened("aer").payload(task).figures["width"] == 3
    (strings,) = opened("aer").samples(task)
    own = in_chunks.sample(model, params, 4096, seed=1)
    one, other = (in_chunks.log_prob(model, params, rows) for rows in (strings, own))
    error = np.sqrt((one.var() + other.var()) / 4096)
    assert error < 0.06
    assert abs(one.mean() - other.mean()) < 3.5 * error


# ------------------------------------------------------------ an engine of a user's own


class UniformBits:
    name = "uniform"

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer

    def samples(self, task: Task) -> list[Strings]:
        rng = np.random.default_rng(task.seed)
        if self.answer is not None:
            return [self.answer]
        return [rng.integers(0, 2, (shots, task.width), dtype=np.uint8) for shots in task.shots]


def test_an_engine_in_one_small_class() -> None:
    model = qgl.loads("visible v[3];\nmodel { h v; }\n")
    assert isinstance(UniformBits(), Engine)
    strings = run(model, {}, UniformBits(), 100, seed=2)
    assert strings.shape == (100, 3)
    assert len(set(indices(strings).tolist())) == 8


@pytest.mark.parametrize(
    ("answer", "wording"),
    [
        ([], "an object of type `list`"),
        (np.zeros((4, 3), np.uint8), "uint8 of shape (4, 3)"),
        (np.zeros((5, 3), np.int64), "int64 of shape (5, 3)"),
        (np.full((5, 3), 2, np.uint8), "numbers other than 0 and 1"),
    ],
)
def test_an_engine_that_breaks_its_contract_is_found_out(answer: Any, wording: str) -> None:
    model = qgl.loads("visible v[3];\nmodel { h v; }\n")
    with pytest.raises(QglError) as caught:
        run(model, {}, UniformBits(answer), 5)
    (found,) = caught.value.diagnostics
    assert found == WrongStrings(None, "uniform", 0, (5, 3), wording)
