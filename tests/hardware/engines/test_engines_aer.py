"""The engine `aer`: distributions, order of bits, reuse of qubits, rows, seeds, refusals."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from qgl.diagnostics.hardware import EngineFailed, EngineNotInstalled, TooWideForEngine
from qgl.diagnostics.model import QglError
from qgl.hardware.engines import aer as aer_module
from qgl.hardware.engines.aer import Aer
from qgl.hardware.engines.engine import Task, TextEngine
from qgl.hardware.engines.qiskit_counts import strings_of
from qgl.ir.circuit import Circuit
from qgl.qasm import emission
from tests.hardware.engines.engine_distributions import SHOTS, case, distribution_of, p_value, task
from tests.reference.programs import op, program_of, random_inputs


@lru_cache
def engine() -> Aer:
    return Aer()


@pytest.mark.parametrize("seed", range(8))
def test_strings_of_random_programs_follow_their_distribution(seed: int) -> None:
    (strings,) = engine().samples(task(seed))
    assert strings.dtype == np.uint8
    assert p_value(strings, case(seed)[2]) > 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_rows_of_one_circuit_follow_their_distributions(seed: int) -> None:
    """All inputs stay open and are bound for each row, in branches too."""
    program, inputs, distribution = case(seed)
    other = random_inputs(seed + 100)
    rows = Task(Circuit.of(program), np.stack([inputs, other, inputs]), (SHOTS, SHOTS // 2, 700), seed)
    first, second, third = engine().samples(rows)
    assert [len(first), len(second), len(third)] == [SHOTS, SHOTS // 2, 700]
    assert p_value(first, distribution) > 1e-3
    assert p_value(second, distribution_of(program, other)) > 1e-3
    assert p_value(third, distribution) > 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_few_qubits_change_nothing(seed: int) -> None:
    """Qubits are measured before the end, reset and used again."""
    program, inputs, distribution = case(seed)
    most = emission(Circuit.of(program), inputs, "qiskit", optimise=True, reuse=True).width
    narrow = task(seed, max_qubits=most)
    assert engine().payload(narrow).figures["width"] == most
    assert p_value(engine().samples(narrow)[0], distribution) > 1e-3


def test_bits_come_in_the_order_of_the_program() -> None:
    """The last of the visible qubits is one; a hidden one and a bit that is kept are too."""
    measured = [op("x", 3), op("measure", 3, bit=0), op("x", 2, condition=((0, True),)), op("fresh", 4), op("x", 4)]
    program = program_of(3, 1, *measured, op("cx", 4, 2), op("cx", 4, 2))
    (strings,) = engine().samples(Task(Circuit.of(program), np.zeros((1, 0)), (10,)))
    assert (strings == [0, 0, 1]).all()


def test_counts_of_many_bits_are_strings() -> None:
    rng = np.random.default_rng(0)
    strings = strings_of({hex(1 << 70 | 1 << 3): 2, "0x8": 1}, [3, 70, 0], rng)
    assert sorted(map(tuple, strings.tolist())) == [(1, 0, 0), (1, 1, 0), (1, 1, 0)]


def test_the_same_seed_gives_the_same_strings() -> None:
    first, again, other = (engine().samples(replace(task(3), seed=seed))[0] for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()
    program, inputs, _ = case(3)
    left, right = engine().samples(Task(Circuit.of(program), np.stack([inputs, inputs]), (SHOTS, SHOTS)))
    assert (left != right).any()


def test_a_payload_shows_what_is_run() -> None:
    assert isinstance(engine(), TextEngine)
    payload = engine().payload(task(4))
    assert payload.texts[0].startswith("OPENQASM 3.0;")
    assert payload.shots == (SHOTS,)
    (strings,) = engine().run(payload, 4)
    assert (strings == engine().samples(task(4))[0]).all()


def test_what_does_not_fit_into_memory_is_refused_with_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aer_module, "available", lambda: 16 << 5)
    turns = [op("ry", k, args=(0.3,)) for k in range(6)]
    wide = program_of(6, 0, *turns, *(op("cx", k, k + 1) for k in range(5)), *(op("cx", 0, k) for k in range(2, 6)))
    with pytest.raises(QglError) as caught:
        engine().samples(Task(Circuit.of(wide), np.zeros((1, 0)), (10,)))
    (found,) = caught.value.diagnostics
    assert found == TooWideForEngine(None, "aer", 6, 16 << 6, 16 << 5)
    assert "6 qubits" in found.message
    flips = program_of(6, 0, op("h", 0), *(op("cx", 0, k) for k in range(1, 6)))
    assert len(engine().samples(Task(Circuit.of(flips), np.zeros((1, 0)), (10,)))[0]) == 10  # Clifford: no state


@pytest.mark.parametrize(("width", "max_qubits"), [(40, None), (70, None), (70, 70), (70, 2)])
def test_clifford_gates_are_simulated_however_many_qubits_they_act_on(width: int, max_qubits: int | None) -> None:
    """A GHZ state by H and CZ, and flips that a bit decides: Aer's state vectors end at thirty qubits or so."""
    chain = [gate for k in range(1, width) for gate in (op("h", k), op("cz", k - 1, k), op("h", k))]
    flips = [op("measure", width, bit=0), op("x", width - 1, condition=((0, True),))]
    program = program_of(width, 1, op("h", 0), *chain, op("x", width), *flips)
    (strings,) = engine().samples(Task(Circuit.of(program), np.zeros((1, 0)), (200,), 1, max_qubits))
    ends = strings ^ np.eye(width, dtype=np.uint8)[-1]
    assert (ends == ends[:, :1]).all()
    assert 60 < ends[:, 0].sum() < 140


def test_a_gate_that_is_not_clifford_in_a_branch_is_seen() -> None:
    turn = [op("measure", 0, bit=0), op("u", 1, args=(0.3, 0.2, 0.1), condition=((0, True),))]
    pairs = [op("cz", a, b) for a in range(60) for b in range(a)]
    program = program_of(60, 0, *(op("h", k) for k in range(60)), *pairs, *turn, *(op("h", k) for k in range(60)))
    with pytest.raises(QglError, match=r"QGL1104.*60 qubits"):
        engine().samples(Task(Circuit.of(program), np.zeros((1, 0)), (10,), 0, 60))


def test_what_is_far_too_wide_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    aer = engine()
    monkeypatch.setitem(sys.modules, "qiskit_qasm3_import", None)
    monkeypatch.setattr(aer_module, "available", lambda: 16 << 25)
    pairs = [op("rzz", a, b, args=(0.3,)) for a in range(30) for b in range(a)]
    turns = [op("rx", a, args=(0.3,)) for a in range(30)]
    with pytest.raises(QglError) as caught:
        aer.samples(Task(Circuit.of(program_of(30, 0, *turns, *pairs, *turns)), np.zeros((1, 0)), (10,)))
    assert caught.value.diagnostics == (TooWideForEngine(None, "aer", 30, 16 << 30, 16 << 25),)


def test_without_aer_the_engine_is_refused_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qiskit_aer", None)
    with pytest.raises(QglError) as caught:
        Aer()
    (found,) = caught.value.diagnostics
    assert isinstance(found, EngineNotInstalled)
    assert found.help == "install it: pip install 'qglc[aer]'"


def test_what_aer_says_is_passed_on() -> None:
    payload = engine().payload(task(4))
    text = payload.texts[0].replace("OPENQASM 3.0;", "OPENQASM 3.0;\ninput float[64] left_open;")
    text = text.replace("c = measure q;", "rx(left_open) q[0];\nc = measure q;")
    with pytest.raises(QglError) as caught:
        engine().run(replace(payload, texts=(text,)), 0)
    assert isinstance(caught.value.diagnostics[0], EngineFailed)
